/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-hello-barrier.h"

#include <string.h>

#include "tool-hello-path.h"
#include "tool-hello-word.h"

/*
 * Tells which firewall drops what one side sends, and how it is opened.
 *
 * The kernel refuses a datagram that its own firewall drops on the way out
 * (EPERM), and counts segments of TCP that it could not send again. What came
 * in and reached no program, it counts as received and not delivered.
 */

/* Other traffic that is dropped meanwhile counts, too; a dialler tries more
 * often than this. */
#define FEW 6

/* ---- commands ---- */

typedef enum
{
  IN,
  OUT
} Direction;

typedef struct
{
  const ToolHelloEvidence *side; /* whose firewall it is */
  Direction direction;
  const char *protocol; /* "udp", "tcp" */
  gboolean is_source;   /* the port is that of who sends */
} Hole;

static char *
dup_nft (const Hole *hole)
{
  const char *chain =
    hole->direction == IN ? hole->side->chain_in : hole->side->chain_out;

  return g_strdup_printf ("nft insert rule %s %s %s %u accept",
                          tool_hello_words (chain, "FAMILY TABLE CHAIN"),
                          hole->protocol, hole->is_source ? "sport" : "dport",
                          hole->side->port);
}

static char *
dup_iptables (const Hole *hole, const char *start)
{
  return g_strdup_printf ("%s %s -p %s --%s %u -j ACCEPT", start,
                          hole->direction == IN ? "INPUT" : "OUTPUT",
                          hole->protocol, hole->is_source ? "sport" : "dport",
                          hole->side->port);
}

static char *
dup_direct (const Hole *hole)
{
  g_autofree char *start =
    g_strdup_printf ("firewall-cmd --direct --add-rule %s filter",
                     hole->side->is_ipv6 ? "ipv6" : "ipv4");
  g_autofree char *end = dup_iptables (hole, "0");
  const char *chain = hole->direction == IN ? "INPUT" : "OUTPUT";

  return g_strdup_printf ("%s %s 0 %s", start, chain,
                          end + strlen ("0 ") + strlen (chain) + 1);
}

static char *
dup_command (const Hole *hole)
{
  const guint port = hole->side->port;

  switch ((ToolHelloFirewall) hole->side->firewall)
    {
    case TOOL_HELLO_FIREWALLD:
      return hole->direction == IN && !hole->is_source
               ? g_strdup_printf ("firewall-cmd --add-port=%u/%s", port,
                                  hole->protocol)
               : dup_direct (hole);
    case TOOL_HELLO_UFW:
      return g_strdup_printf ("ufw allow %s proto %s from any %s%u%s",
                              hole->direction == IN ? "in" : "out",
                              hole->protocol,
                              hole->is_source ? "port " : "to any port ", port,
                              hole->is_source ? " to any" : "");
    case TOOL_HELLO_NFT:
      return dup_nft (hole);
    case TOOL_HELLO_IPTABLES:
      return dup_iptables (hole, hole->side->is_ipv6 ? "ip6tables -I"
                                                     : "iptables -I");
    case TOOL_HELLO_UNKNOWN_FIREWALL:
    case TOOL_HELLO_N_FIREWALLS:
      break;
    }
  return g_strdup ("nft list ruleset (as root, who is told more)");
}

static gboolean
find_hole (ToolHelloVerdict *verdict, const Hole *hole)
{
  const gboolean is_in = hole->direction == IN;

  return tool_hello_find (verdict, is_in ? "firewall-in" : "firewall-out",
                          hole->side, dup_command (hole),
                          "the firewall of %s drops what %s %s %s port %u",
                          hole->side->label, is_in ? "comes in" : "goes out",
                          hole->is_source ? "from"
                          : is_in         ? "for"
                                          : "to",
                          tool_hello_name_carrier (hole->side),
                          hole->side->port);
}

/* ---- what is seen ---- */

static gboolean
is_group (const ToolHelloEvidence *self)
{
  return self->role == TOOL_HELLO_MEMBER;
}

static gboolean
is_forbidden (const ToolHelloEvidence *self)
{
  const ToolHelloWayId way =
    is_group (self) ? TOOL_HELLO_GROUP : TOOL_HELLO_STREAM;

  return self->ways[way].trouble == TOOL_HELLO_FORBIDDEN;
}

/* A listener's answers are dropped while everything else leaves. */
static gboolean
withholds_answers (const ToolHelloEvidence *self,
                   const ToolHelloEvidence *other)
{
  return self->role == TOOL_HELLO_LISTENER && other != NULL &&
         other->ways[TOOL_HELLO_STREAM].trouble == TOOL_HELLO_SILENT &&
         self->n_unsent >= FEW;
}

gboolean
tool_hello_row_firewall_out (ToolHelloVerdict *verdict,
                             const ToolHelloEvidence *self,
                             const ToolHelloEvidence *other)
{
  const Hole hole = {
    .side = self,
    .direction = OUT,
    .protocol = is_group (self) ? "udp" : "tcp",
    .is_source = self->role == TOOL_HELLO_LISTENER,
  };

  return (is_forbidden (self) || withholds_answers (self, other)) &&
         find_hole (verdict, &hole);
}

gboolean
tool_hello_row_misrouted (ToolHelloVerdict *verdict,
                          const ToolHelloEvidence *self,
                          const ToolHelloEvidence *other)
{
  if (other == NULL || tool_hello_passes (self, other) ||
      other->n_misrouted < FEW)
    return FALSE;
  return tool_hello_find (
    verdict, "rp-filter", other,
    g_strdup_printf ("sysctl -w net.ipv4.conf.all.rp_filter=2 "
                     "net.ipv4.conf.%s.rp_filter=2",
                     tool_hello_word (other->interface, "default")),
    "%s refuses what comes from %s, since it would answer by another interface "
    "(rp_filter)",
    other->label, self->label);
}

/* How many at least are dropped on arrival when none of those that @self
 * sends is delivered. */
static guint
count_expected (const ToolHelloEvidence *self)
{
  return is_group (self) ? MAX (FEW, self->ways[TOOL_HELLO_GROUP].sent / 2)
                         : FEW;
}

gboolean
tool_hello_row_firewall_in (ToolHelloVerdict *verdict,
                            const ToolHelloEvidence *self,
                            const ToolHelloEvidence *other)
{
  const Hole hole = {
    .side = other,
    .direction = IN,
    .protocol = is_group (self) ? "udp" : "tcp",
    .is_source = other != NULL && other->role == TOOL_HELLO_DIALLER,
  };

  return other != NULL && !tool_hello_passes (self, other) &&
         other->n_dropped >= count_expected (self) &&
         (is_group (self) || other->n_dropped >= self->n_dropped) &&
         find_hole (verdict, &hole);
}

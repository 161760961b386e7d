/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-hello-path.h"

#include <string.h>

#include <gio/gio.h>

#include "tool-hello-word.h"

/* Tells what is wrong on the way from one side to the other, firewalls
 * excepted. */

#define UDP_IPV4 28 /* bytes of headers */
#define UDP_IPV6 48

gboolean
tool_hello_passes (const ToolHelloEvidence *self,
                   const ToolHelloEvidence *other)
{
  if (self->role == TOOL_HELLO_MEMBER)
    return other->ways[TOOL_HELLO_GROUP].heard > 0;
  return (self->role == TOOL_HELLO_DIALLER ? self : other)
           ->ways[TOOL_HELLO_STREAM]
           .sent > 0;
}

const char *
tool_hello_name_carrier (const ToolHelloEvidence *self)
{
  return self->role == TOOL_HELLO_MEMBER ? "UDP" : "TCP";
}

/* Whether a way is known to work for @self, or nobody knows. */
static gboolean
is_well (const ToolHelloEvidence *self, const ToolHelloEvidence *other)
{
  return other != NULL && tool_hello_passes (self, other) &&
         tool_hello_passes (other, self);
}

/* ---- the interface ---- */

static const struct
{
  ToolHelloFlags flag;
  const char *word;
  const char *text;    /* of the machine and the interface */
  const char *command; /* of the interface; NULL: none */
} links[] = {
  { TOOL_HELLO_NO_LINK, "interface", "%s has no interface %s",
    "ip -brief address" },
  { TOOL_HELLO_LINK_DOWN, "interface", "at %s the interface %s is down",
    "ip link set up dev %s" },
  { TOOL_HELLO_NO_CARRIER, "interface",
    "at %s the interface %s has no carrier: its cable, or what is at its other "
    "end",
    "ip -statistics link show dev %s" },
  { TOOL_HELLO_NO_MULTICAST, "interface",
    "at %s the interface %s does no multicast",
    "ip link set multicast on dev %s" },
  { TOOL_HELLO_NO_ADDRESS, "interface",
    "at %s the interface %s has no address to send from",
    "ip address add ADDRESS/24 dev %s" },
  { TOOL_HELLO_NOT_JOINED, "igmp",
    "at %s the kernel does not join the group on %s",
    "sysctl -w net.ipv4.igmp_max_memberships=20" },
};

/* The texts of the table take what they are given, in this order. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

gboolean
tool_hello_row_link (ToolHelloVerdict *verdict,
                     const ToolHelloEvidence *self,
                     const ToolHelloEvidence *other)
{
  const char *name = tool_hello_word (self->interface, "INTERFACE");

  if (is_well (self, other))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (links); i++)
    if ((self->flags & links[i].flag) != 0)
      {
        g_autofree char *text =
          g_strdup_printf (links[i].text, self->label, name);

        return tool_hello_find (verdict, links[i].word, self,
                                g_strdup_printf (links[i].command, name), "%s",
                                text);
      }
  return FALSE;
}

#pragma GCC diagnostic pop

/* ---- routes ---- */

static gboolean
has_no_route (const ToolHelloEvidence *self)
{
  if (self->role == TOOL_HELLO_MEMBER)
    return self->ways[TOOL_HELLO_GROUP].trouble == TOOL_HELLO_NO_ROUTE;
  if (self->role == TOOL_HELLO_DIALLER)
    return self->ways[TOOL_HELLO_STREAM].trouble == TOOL_HELLO_NO_ROUTE;
  return self->ways[TOOL_HELLO_UNICAST].trouble == TOOL_HELLO_NO_ROUTE;
}

/* Where the route should lead. */
static const char *
get_destination (const ToolHelloEvidence *self)
{
  if (self->role == TOOL_HELLO_MEMBER)
    return self->is_ipv6 ? "ff00::/8" : "224.0.0.0/4";
  return tool_hello_word (self->role == TOOL_HELLO_DIALLER ? self->host
                                                           : self->heard_from,
                          "ADDRESS");
}

gboolean
tool_hello_row_route (ToolHelloVerdict *verdict,
                      const ToolHelloEvidence *self,
                      const ToolHelloEvidence *other)
{
  const gboolean is_group = self->role == TOOL_HELLO_MEMBER;
  const gboolean is_multicast6 = is_group && self->is_ipv6;
  const char *to = get_destination (self);

  if (is_well (self, other) || !has_no_route (self))
    return FALSE;
  return tool_hello_find (
    verdict, "route", self,
    g_strdup_printf ("ip %sroute add %s%s dev %s%s", self->is_ipv6 ? "-6 " : "",
                     is_multicast6 ? "multicast " : "", to,
                     tool_hello_word (self->interface, "INTERFACE"),
                     is_multicast6 ? " table local" : ""),
    "%s has no route to %s%s", self->label, is_group ? "the group's " : "", to);
}

/* ---- the host ---- */

static gboolean
is_same_host (const char *one, const char *other)
{
  g_autoptr (GInetAddress) a = g_inet_address_new_from_string (one);
  g_autoptr (GInetAddress) b = g_inet_address_new_from_string (other);

  return a != NULL && b != NULL && g_inet_address_equal (a, b);
}

/* Somebody else, or nobody, has the address that is dialled. */
static gboolean
dials_another (const ToolHelloEvidence *self)
{
  return self->heard_from[0] != '\0' && self->host[0] != '\0' &&
         !is_same_host (self->heard_from, self->host);
}

gboolean
tool_hello_row_host (ToolHelloVerdict *verdict,
                     const ToolHelloEvidence *self,
                     const ToolHelloEvidence *other)
{
  const guint8 trouble = self->ways[TOOL_HELLO_STREAM].trouble;

  if (self->role != TOOL_HELLO_DIALLER ||
      self->ways[TOOL_HELLO_STREAM].sent > 0)
    return FALSE;
  if (other != NULL && dials_another (self))
    return tool_hello_find (
      verdict, "address", self,
      g_strdup_printf ("write %s for %s in the address",
                       tool_hello_word (self->heard_from, "ADDRESS"),
                       tool_hello_word (self->host, "HOST")),
      "%s dials %s, and the other side, %s, has the address %s", self->label,
      self->host, other->label, self->heard_from);
  if (trouble != TOOL_HELLO_REFUSED)
    return FALSE;
  if (other != NULL)
    return tool_hello_find (
      verdict, "firewall-in", other,
      g_strdup ("nft list ruleset (look for reject)"),
      "something refuses TCP port %u of %s in its name, though it listens: a "
      "firewall that rejects",
      self->port, other->label);
  return tool_hello_find (verdict, "nobody-listens", NULL,
                          g_strdup ("ss -ltn (there)"),
                          "nobody listens on port %u of %s", self->port,
                          self->host);
}

/* ---- multicast ---- */

static guint
count_hops (const ToolHelloEvidence *other)
{
  return other->ways[TOOL_HELLO_UNICAST].heard > 0
           ? other->ways[TOOL_HELLO_UNICAST].hops
           : 0;
}

static gboolean
find_snooping (ToolHelloVerdict *verdict,
               const ToolHelloEvidence *self,
               const ToolHelloEvidence *other)
{
  const ToolHelloEvidence *owner = self->bridge[0] != '\0'    ? self
                                   : other->bridge[0] != '\0' ? other
                                                              : NULL;

  return tool_hello_find (
    verdict, "snooping", owner,
    g_strdup_printf ("ip link set dev %s type bridge mcast_snooping 0%s",
                     owner != NULL ? tool_hello_word (owner->bridge, "BRIDGE")
                                   : "BRIDGE",
                     owner != NULL ? ""
                                   : " (or the same setting of the switch)"),
    "the network carries multicast from %s to %s, but not the group: a switch "
    "or bridge does not know that it has been joined (IGMP snooping)",
    self->label, other->label);
}

gboolean
tool_hello_row_multicast (ToolHelloVerdict *verdict,
                          const ToolHelloEvidence *self,
                          const ToolHelloEvidence *other)
{
  const ToolHelloWayId all = self->is_ipv6 ? TOOL_HELLO_ALL6 : TOOL_HELLO_ALL;

  if (other == NULL || self->role != TOOL_HELLO_MEMBER ||
      tool_hello_passes (self, other))
    return FALSE;
  if (count_hops (other) >= MAX (self->ttl, 1))
    return tool_hello_find (
      verdict, "ttl", NULL,
      g_strdup_printf ("ttl=%u in both addresses, and routers that pass "
                       "multicast on",
                       count_hops (other) + 1),
      "%u routers are between %s and %s, and the group's TTL is %u",
      count_hops (other), self->label, other->label, self->ttl);
  return other->ways[TOOL_HELLO_GROUP_SIDE].heard == 0 &&
         other->ways[all].heard > 0 && find_snooping (verdict, self, other);
}

/* ---- what nobody of the two sees ---- */

static gboolean
hears_anything (const ToolHelloEvidence *self)
{
  for (guint i = 0; i < TOOL_HELLO_N_WAYS; i++)
    if (self->ways[i].heard > 0)
      return TRUE;
  return FALSE;
}

static gboolean
hears_multicast (const ToolHelloEvidence *self)
{
  return self->ways[TOOL_HELLO_GROUP_SIDE].heard > 0 ||
         self->ways[self->is_ipv6 ? TOOL_HELLO_ALL6 : TOOL_HELLO_ALL].heard > 0;
}

gboolean
tool_hello_row_between (ToolHelloVerdict *verdict,
                        const ToolHelloEvidence *self,
                        const ToolHelloEvidence *other)
{
  if (other == NULL || tool_hello_passes (self, other))
    return FALSE;
  if (!hears_anything (other))
    return tool_hello_find (
      verdict, "one-way", other,
      g_strdup_printf ("hein doctor --hello --with %s ADDRESS",
                       tool_hello_word (other->heard_from, "HOST")),
      "%s hears %s, which hears nothing: a firewall of %s, or one between",
      self->label, other->label, other->label);
  if (self->role == TOOL_HELLO_LISTENER)
    return FALSE;
  if (self->role == TOOL_HELLO_MEMBER && !hears_multicast (other))
    return tool_hello_find (
      verdict, "multicast", NULL,
      g_strdup ("bridge link set dev PORT mcast_flood on (on the bridge, or "
                "the same setting of the switch or access point)"),
      "the network carries no multicast from %s to %s, though it carries the "
      "rest",
      self->label, other->label);
  return tool_hello_find (verdict, "between", NULL,
                          g_strdup ("nft list ruleset (on what is between)"),
                          "what %s sends to %s port %u leaves it and does not "
                          "come to %s, which other "
                          "ports do: something between drops it",
                          self->label, tool_hello_name_carrier (self),
                          self->port, other->label);
}

/* ---- size ---- */

gboolean
tool_hello_row_mtu (ToolHelloVerdict *verdict,
                    const ToolHelloEvidence *self,
                    const ToolHelloEvidence *other)
{
  const gboolean is_group = self->role == TOOL_HELLO_MEMBER;
  const guint largest =
    other == NULL
      ? 0
      : other->ways[is_group ? TOOL_HELLO_GROUP : TOOL_HELLO_UNICAST].largest;
  const guint headers = self->is_ipv6 ? UDP_IPV6 : UDP_IPV4;

  if (largest == 0 || self->needed <= largest)
    return FALSE;
  return tool_hello_find (
    verdict, "mtu", is_group ? NULL : self,
    is_group ? g_strdup_printf ("mtu=%u in both addresses", largest)
             : g_strdup_printf ("ip link set dev %s mtu %u",
                                tool_hello_word (self->interface, "INTERFACE"),
                                largest + headers),
    "from %s to %s packets of %u bytes come through, and of %u, as they are "
    "sent, "
    "none",
    self->label, other->label, largest + headers, self->needed + headers);
}

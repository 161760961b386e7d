/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "tool/tool-hello-counters.h"
#include "tool/tool-hello-firewall.h"
#include "tool/tool-hello-socket.h"
#include "tool/tool-hello-verdict.h"
#include "tool/tool-hello-ways.h"
#include "tool/tool-hello-wire.h"
#include "tool/tool-hello-word.h"

/* What two sides that do not hear each other make of what they know, and how
 * they tell each other. */

/* ---- two sides that hear each other ---- */

typedef struct
{
  ToolHelloEvidence a, b;
} Sides;

static void
set_way (ToolHelloEvidence *self, ToolHelloWayId way, guint16 heard)
{
  self->ways[way] =
    (ToolHelloWay){ .sent = 25, .heard = heard, .largest = 1400 };
}

static void
make_member (ToolHelloEvidence *self, guint8 id, const char *label)
{
  memset (self, 0, sizeof *self);
  memset (self->id, id, sizeof self->id);
  memset (self->partner, 3 - id, sizeof self->partner);
  self->stage = TOOL_HELLO_FROZEN;
  self->key = TOOL_HELLO_KEY;
  self->key_agrees = TOOL_HELLO_SAME_KEY;
  self->port = 7000;
  self->ttl = 1;
  self->needed = 1400;
  self->has_clock = 1;
  strcpy (self->label, label);
  strcpy (self->transport, "udp-multicast");
  strcpy (self->host, "239.1.2.3");
  strcpy (self->interface, "lan");
  strcpy (self->heard_from, id == 1 ? "10.0.0.2" : "10.0.0.1");
  for (guint way = 0; way < TOOL_HELLO_STREAM; way++)
    set_way (self, way, 25);
}

static void
make_members (Sides *sides)
{
  make_member (&sides->a, 1, "kirk (10.0.0.1)");
  make_member (&sides->b, 2, "spock (10.0.0.2)");
}

/* a dials b. */
static void
make_streams (Sides *sides)
{
  make_members (sides);
  sides->a.role = TOOL_HELLO_DIALLER;
  sides->b.role = TOOL_HELLO_LISTENER;
  strcpy (sides->a.transport, "tcp");
  strcpy (sides->b.transport, "tcp");
  strcpy (sides->a.host, "10.0.0.2");
  strcpy (sides->b.host, "0.0.0.0");
  sides->a.ways[TOOL_HELLO_STREAM] = (ToolHelloWay){ .sent = 1 };
}

/* ---- what is wrong with them ---- */

static void
fine (Sides *sides)
{
}

static void
sandbox (Sides *sides)
{
  sides->a.flags = TOOL_HELLO_SANDBOXED;
  strcpy (sides->a.sandbox, "flatpak:org.example.Lamps");
}

static void
other_port (Sides *sides)
{
  sides->b.port = 7001;
}

static void
down (Sides *sides)
{
  sides->a.flags = TOOL_HELLO_LINK_DOWN;
  sides->b.ways[TOOL_HELLO_GROUP].heard = 0;
}

static void
no_route (Sides *sides)
{
  sides->b.ways[TOOL_HELLO_GROUP].trouble = TOOL_HELLO_NO_ROUTE;
  sides->a.ways[TOOL_HELLO_GROUP].heard = 0;
}

static void
drops_out (Sides *sides)
{
  sides->a.ways[TOOL_HELLO_GROUP].trouble = TOOL_HELLO_FORBIDDEN;
  sides->a.firewall = TOOL_HELLO_UFW;
  sides->b.ways[TOOL_HELLO_GROUP].heard = 0;
}

static void
drops_in (Sides *sides)
{
  sides->b.ways[TOOL_HELLO_GROUP].heard = 0;
  sides->b.n_dropped = 25;
  sides->b.firewall = TOOL_HELLO_NFT;
  strcpy (sides->b.chain_in, "inet filter input");
}

static void
drops_in_firewalld (Sides *sides)
{
  drops_in (sides);
  sides->b.firewall = TOOL_HELLO_FIREWALLD;
}

static void
drops_in_iptables (Sides *sides)
{
  drops_in (sides);
  sides->b.firewall = TOOL_HELLO_IPTABLES;
}

/* What a stranger would like somebody to paste. */
static void
drops_in_evil (Sides *sides)
{
  drops_in (sides);
  strcpy (sides->b.chain_in, "inet a; reboot");
}

static void
drops_between (Sides *sides)
{
  sides->b.ways[TOOL_HELLO_GROUP].heard = 0;
}

static void
misroutes (Sides *sides)
{
  drops_in (sides);
  sides->b.n_misrouted = 25;
}

static void
far (Sides *sides)
{
  sides->a.ways[TOOL_HELLO_GROUP].heard = 0;
  sides->a.ways[TOOL_HELLO_UNICAST].hops = 2;
}

static void
snoops (Sides *sides)
{
  sides->b.ways[TOOL_HELLO_GROUP].heard = 0;
  sides->b.ways[TOOL_HELLO_GROUP_SIDE].heard = 0;
  strcpy (sides->a.bridge, "br0");
}

static void
no_multicast (Sides *sides)
{
  snoops (sides);
  sides->b.ways[TOOL_HELLO_ALL].heard = 0;
}

static void
one_way (Sides *sides)
{
  for (guint way = 0; way < TOOL_HELLO_N_WAYS; way++)
    sides->b.ways[way].heard = 0;
}

static void
small (Sides *sides)
{
  sides->b.ways[TOOL_HELLO_GROUP].largest = 1172;
}

static void
other_key (Sides *sides)
{
  sides->a.key_agrees = sides->b.key_agrees = TOOL_HELLO_OTHER_KEY;
}

static void
no_key (Sides *sides)
{
  sides->b.key = TOOL_HELLO_NO_KEY;
}

static void
other_format (Sides *sides)
{
  strcpy (sides->b.format, "format=plain");
}

static void
slow_clock (Sides *sides)
{
  sides->a.clock_ms = 3600000;
  sides->b.clock_ms = -3600003; /* not quite the same figure */
}

static void
slow_clock_with_ring (Sides *sides)
{
  slow_clock (sides);
  sides->a.key = sides->b.key = TOOL_HELLO_RING;
}

static void
refused (Sides *sides)
{
  sides->a.ways[TOOL_HELLO_STREAM] =
    (ToolHelloWay){ .trouble = TOOL_HELLO_REFUSED };
}

static void
silent (Sides *sides)
{
  sides->a.ways[TOOL_HELLO_STREAM] =
    (ToolHelloWay){ .trouble = TOOL_HELLO_SILENT };
}

static void
silent_in (Sides *sides)
{
  silent (sides);
  sides->b.n_dropped = 12;
  sides->a.n_dropped = 7; /* noise */
}

static void
silent_answers_in (Sides *sides)
{
  silent (sides);
  sides->a.n_dropped = 12;
  sides->b.n_dropped = 7;
  sides->a.firewall = TOOL_HELLO_NFT;
  strcpy (sides->a.chain_in, "ip filter INPUT");
}

static void
silent_answers_out (Sides *sides)
{
  silent (sides);
  sides->b.n_unsent = 12;
  sides->b.firewall = TOOL_HELLO_IPTABLES;
}

static void
wrong_host (Sides *sides)
{
  silent (sides);
  strcpy (sides->a.host, "10.0.0.9");
}

static void
two_listeners (Sides *sides)
{
  sides->a.role = TOOL_HELLO_LISTENER;
}

static void
keeps_local (Sides *sides)
{
  refused (sides);
  sides->b.flags = TOOL_HELLO_LOCAL;
}

static void
other_protocol (Sides *sides)
{
  strcpy (sides->b.protocol, "zmtp");
}

static const struct
{
  const char *name;
  void (*make) (Sides *sides);
  void (*spoil) (Sides *sides);
  ToolHelloOutcome outcome;
  const char *word;
  const char *where;   /* "a", "b"; NULL: both */
  const char *command; /* a part of it; NULL: none */
} table[] = {
  { "fine", make_members, fine, TOOL_HELLO_FINE, "fine", NULL, NULL },
  { "sandbox", make_members, sandbox, TOOL_HELLO_BROKEN, "sandbox", "a",
    "--share=network org.example.Lamps" },
  { "port", make_members, other_port, TOOL_HELLO_BROKEN, "address", NULL,
    "same address" },
  { "down", make_members, down, TOOL_HELLO_BROKEN, "interface", "a",
    "ip link set up dev lan" },
  { "route", make_members, no_route, TOOL_HELLO_BROKEN, "route", "b",
    "ip route add 224.0.0.0/4 dev lan" },
  { "drops-out", make_members, drops_out, TOOL_HELLO_BROKEN, "firewall-out",
    "a", "ufw allow out proto udp from any to any port 7000" },
  { "drops-in", make_members, drops_in, TOOL_HELLO_BROKEN, "firewall-in", "b",
    "nft insert rule inet filter input udp dport 7000 accept" },
  { "drops-in/firewalld", make_members, drops_in_firewalld, TOOL_HELLO_BROKEN,
    "firewall-in", "b", "firewall-cmd --add-port=7000/udp" },
  { "drops-in/iptables", make_members, drops_in_iptables, TOOL_HELLO_BROKEN,
    "firewall-in", "b", "iptables -I INPUT -p udp --dport 7000 -j ACCEPT" },
  { "drops-in/evil", make_members, drops_in_evil, TOOL_HELLO_BROKEN,
    "firewall-in", "b",
    "nft insert rule FAMILY TABLE CHAIN udp dport 7000 accept" },
  { "between", make_members, drops_between, TOOL_HELLO_BROKEN, "between", NULL,
    "nft list ruleset" },
  { "rp-filter", make_members, misroutes, TOOL_HELLO_BROKEN, "rp-filter", "b",
    "net.ipv4.conf.lan.rp_filter=2" },
  { "ttl", make_members, far, TOOL_HELLO_BROKEN, "ttl", NULL, "ttl=3" },
  { "snooping", make_members, snoops, TOOL_HELLO_BROKEN, "snooping", "a",
    "ip link set dev br0 type bridge mcast_snooping 0" },
  { "multicast", make_members, no_multicast, TOOL_HELLO_BROKEN, "multicast",
    NULL, "mcast_flood on" },
  { "one-way", make_members, one_way, TOOL_HELLO_BROKEN, "one-way", "b",
    "--with 10.0.0.1" },
  { "mtu", make_members, small, TOOL_HELLO_BROKEN, "mtu", NULL, "mtu=1172" },
  { "key", make_members, other_key, TOOL_HELLO_BROKEN, "key", "a",
    "scp -p KEYFILE 10.0.0.2:" },
  { "no-key", make_members, no_key, TOOL_HELLO_BROKEN, "key", "a",
    "key-file=KEYFILE" },
  { "format", make_members, other_format, TOOL_HELLO_BROKEN, "format", NULL,
    "format=" },
  { "clock", make_members, slow_clock, TOOL_HELLO_SUSPECT, "clock", NULL,
    "timedatectl set-ntp true" },
  { "clock/ring", make_members, slow_clock_with_ring, TOOL_HELLO_BROKEN,
    "clock", NULL, "timedatectl set-ntp true" },
  { "tcp/fine", make_streams, fine, TOOL_HELLO_FINE, "fine", NULL, NULL },
  { "tcp/refused", make_streams, refused, TOOL_HELLO_BROKEN, "firewall-in", "b",
    "reject" },
  { "tcp/silent", make_streams, silent, TOOL_HELLO_BROKEN, "between", NULL,
    "nft list ruleset" },
  { "tcp/in", make_streams, silent_in, TOOL_HELLO_BROKEN, "firewall-in", "b",
    "nft list ruleset" },
  { "tcp/answers-in", make_streams, silent_answers_in, TOOL_HELLO_BROKEN,
    "firewall-in", "a",
    "nft insert rule ip filter INPUT tcp sport 7000 accept" },
  { "tcp/answers-out", make_streams, silent_answers_out, TOOL_HELLO_BROKEN,
    "firewall-out", "b", "iptables -I OUTPUT -p tcp --sport 7000 -j ACCEPT" },
  { "tcp/host", make_streams, wrong_host, TOOL_HELLO_BROKEN, "address", "a",
    "write 10.0.0.2 for 10.0.0.9" },
  { "tcp/roles", make_streams, two_listeners, TOOL_HELLO_BROKEN, "roles", NULL,
    "for the host" },
  { "tcp/local", make_streams, keeps_local, TOOL_HELLO_BROKEN, "local", "b",
    "listen on '*'" },
  { "tcp/protocol", make_streams, other_protocol, TOOL_HELLO_BROKEN, "protocol",
    NULL, "tcp+PROTOCOL://" },
};

static void
test_verdict (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  g_auto (ToolHelloVerdict) here = { 0 };
  g_auto (ToolHelloVerdict) there = { 0 };
  const char *label = NULL;
  Sides sides;

  table[i].make (&sides);
  table[i].spoil (&sides);
  tool_hello_judge (&here, &sides.a, &sides.b);
  tool_hello_judge (&there, &sides.b, &sides.a);
  g_assert_cmpstr (here.word, ==, table[i].word);
  g_assert_cmpint (here.outcome, ==, table[i].outcome);
  if (table[i].where != NULL)
    label = table[i].where[0] == 'a' ? sides.a.label : sides.b.label;
  g_assert_cmpstr (here.where, ==, label);
  if (table[i].command == NULL)
    g_assert_null (here.command);
  else if (strstr (here.command, table[i].command) == NULL)
    g_assert_cmpstr (here.command, ==, table[i].command);
  g_assert_cmpstr (here.word, ==, there.word);
  g_assert_cmpstr (here.text, ==, there.text);
  g_assert_cmpstr (here.where, ==, there.where);
  g_assert_cmpstr (here.command, ==, there.command);
}

/* A group that A hears and B does not is the same as one that B hears and A
 * does not, with the names exchanged. */
static void
test_both_ways (void)
{
  g_auto (ToolHelloVerdict) one = { 0 };
  g_auto (ToolHelloVerdict) other = { 0 };
  Sides sides;

  make_members (&sides);
  drops_in (&sides);
  tool_hello_judge (&one, &sides.a, &sides.b);
  memset (sides.b.id, 0, sizeof sides.b.id - 1);
  tool_hello_judge (&other, &sides.a, &sides.b);
  g_assert_cmpstr (one.text, ==, other.text);
}

static void
test_alone (void)
{
  g_auto (ToolHelloVerdict) nothing = { 0 };
  g_auto (ToolHelloVerdict) route = { 0 };
  Sides sides;

  make_members (&sides);
  tool_hello_judge (&nothing, &sides.a, NULL);
  g_assert_cmpstr (nothing.word, ==, "nothing");
  g_assert_cmpint (nothing.outcome, ==, TOOL_HELLO_ALONE);
  no_route (&sides);
  tool_hello_judge (&route, &sides.b, NULL);
  g_assert_cmpstr (route.word, ==, "route");
  g_assert_cmpint (route.outcome, ==, TOOL_HELLO_BROKEN);
}

/* ---- words of commands ---- */

static void
test_words (void)
{
  static const char *const bad[] = { "",      "a;b", "a b",     "-f", "$(a)",
                                     "`a`",   "a|b", "a>b",     "'",  "a\nb",
                                     "../a'", "a&b", "\xc3\xa4" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_cmpstr (tool_hello_word (bad[i], "X"), ==, "X");
  g_assert_cmpstr (tool_hello_word ("eth0.5@if3", "X"), ==, "eth0.5@if3");
  g_assert_cmpstr (tool_hello_words ("inet filter input", "X"), ==,
                   "inet filter input");
  g_assert_cmpstr (tool_hello_words ("inet -f input", "X"), ==, "X");
  g_assert_cmpstr (tool_hello_words (" inet", "X"), ==, "X");
  g_assert_cmpstr (tool_hello_words ("inet ", "X"), ==, "X");
  g_assert_cmpstr (tool_hello_words ("a  b", "X"), ==, "X");
}

/* ---- what the system prints ---- */

static const char rules[] =
  "table bridge b {\n\tchain x {\n"
  "\t\ttype filter hook input priority 0; policy drop;\n\t}\n}\n"
  "table ip6 six {\n\tchain in {\n"
  "\t\ttype filter hook input priority 0; policy drop;\n\t}\n}\n"
  "table inet open {\n\tchain in {\n"
  "\t\ttype filter hook input priority 0; policy accept;\n"
  "\t\tudp dport 9 accept\n\t}\n}\n"
  "table ip four {\n\tchain in {\n"
  "\t\ttype filter hook input priority 10; policy accept;\n"
  "\t\tudp dport 7000 drop\n\t}\n"
  "\tchain out {\n"
  "\t\ttype filter hook output priority 10; policy drop;\n\t}\n}\n";

static void
test_rules (void)
{
  ToolHelloEvidence mine = { 0 };
  ToolHelloEvidence six = { .is_ipv6 = 1 };

  g_assert_true (tool_hello_firewall_read (&mine, rules));
  g_assert_cmpint (mine.firewall, ==, TOOL_HELLO_NFT);
  g_assert_cmpstr (mine.chain_in, ==, "ip four in");
  g_assert_cmpstr (mine.chain_out, ==, "ip four out");
  g_assert_true (tool_hello_firewall_read (&six, rules));
  g_assert_cmpstr (six.chain_in, ==, "ip6 six in");
  g_assert_cmpstr (six.chain_out, ==, "");
}

static void
test_managed (void)
{
  ToolHelloEvidence mine = { 0 };
  ToolHelloEvidence other = { 0 };
  ToolHelloEvidence none = { 0 };

  tool_hello_firewall_read (&mine, "table inet firewalld {\n\tchain a {\n"
                                   "\t\ttype filter hook input priority 0; "
                                   "policy accept;\n\t}\n}\n");
  g_assert_cmpint (mine.firewall, ==, TOOL_HELLO_FIREWALLD);
  tool_hello_firewall_read (&other, "table ip filter {\n\tchain ufw-a {\n\t}\n"
                                    "\tchain INPUT {\n\t\ttype filter hook "
                                    "input priority 0; policy drop;\n\t}\n}\n");
  g_assert_cmpint (other.firewall, ==, TOOL_HELLO_UFW);
  g_assert_false (tool_hello_firewall_read (&none, ""));
  g_assert_cmpint (none.firewall, ==, TOOL_HELLO_UNKNOWN_FIREWALL);
}

static void
test_counters (void)
{
  static const char text[] = "Ip: Forwarding InReceives\nIp: 2 4394\n"
                             "Icmp: InReceives\nIcmp: 7\n";

  g_assert_cmpint (tool_hello_counters_find (text, "Ip:", "InReceives"), ==,
                   4394);
  g_assert_cmpint (tool_hello_counters_find (text, "Icmp:", "InReceives"), ==,
                   7);
  g_assert_cmpint (tool_hello_counters_find (text, "Ip:", "Other"), ==, 0);
  g_assert_cmpint (tool_hello_counters_find ("Ip: A", "Ip:", "A"), ==, 0);
}

/* ---- the wire ---- */

static void
write_full (guint8 *data)
{
  Sides sides;

  make_streams (&sides);
  drops_in (&sides);
  sides.b.clock_ms = -3600003;
  sides.b.n_unsent = G_MAXUINT32;
  sides.b.ways[TOOL_HELLO_GROUP].largest = 65507;
  strcpy (sides.b.version, "0.9.0");
  tool_hello_wire_write (&sides.b, TOOL_HELLO_BROADCAST, data);
}

static void
test_wire (void)
{
  guint8 data[TOOL_HELLO_SIZE + 100] = { 0 };
  guint8 again[TOOL_HELLO_SIZE];
  ToolHelloEvidence read;
  ToolHelloWayId way;

  write_full (data);
  g_assert_true (tool_hello_wire_read (&read, &way, data, TOOL_HELLO_SIZE));
  g_assert_cmpint (way, ==, TOOL_HELLO_BROADCAST);
  g_assert_cmpint (read.clock_ms, ==, -3600003);
  g_assert_cmpstr (read.chain_in, ==, "inet filter input");
  tool_hello_wire_write (&read, way, again);
  g_assert_cmpmem (again, sizeof again, data, sizeof again);
  /* a probe is longer, with zeros */
  g_assert_true (tool_hello_wire_read (&read, &way, data, sizeof data));
  data[sizeof data - 1] = 1;
  g_assert_false (tool_hello_wire_read (&read, &way, data, sizeof data));
}

static gboolean
is_printable (const char *text, gsize size)
{
  for (gsize i = 0; i < size; i++)
    if (text[i] == '\0')
      return TRUE;
    else if (!g_ascii_isprint (text[i]))
      return FALSE;
  return FALSE;
}

/* What is read can be printed and judged, whatever came. */
static void
check_read (const guint8 *data, gsize size)
{
  g_auto (ToolHelloVerdict) verdict = { 0 };
  guint8 again[TOOL_HELLO_SIZE];
  ToolHelloEvidence read;
  ToolHelloWayId way;
  Sides sides;

  if (!tool_hello_wire_read (&read, &way, data, size))
    return;
  tool_hello_wire_write (&read, way, again);
  g_assert_cmpmem (again, sizeof again, data, sizeof again);
  /* tables are looked up by these */
  g_assert_cmpint (read.role, <, TOOL_HELLO_N_ROLES);
  g_assert_cmpint (read.key_agrees, <, TOOL_HELLO_N_PROOFS);
  g_assert_cmpint (read.held_us, <=, TOOL_HELLO_HELD_MAX);
  for (guint i = 0; i < TOOL_HELLO_N_WAYS; i++)
    g_assert_cmpint (read.ways[i].trouble, <, TOOL_HELLO_N_TROUBLES);
  g_assert_true (is_printable (read.label, sizeof read.label));
  g_assert_true (is_printable (read.chain_in, sizeof read.chain_in));
  g_assert_true (is_printable (read.version, sizeof read.version));
  make_members (&sides);
  tool_hello_judge (&verdict, &sides.a, &read);
  g_assert_nonnull (verdict.word);
}

static void
test_cut (void)
{
  guint8 data[TOOL_HELLO_SIZE];
  ToolHelloEvidence read;
  ToolHelloWayId way;

  write_full (data);
  for (gsize size = 0; size < sizeof data; size++)
    {
      g_autofree guint8 *cut = g_memdup2 (data, size);

      g_assert_false (tool_hello_wire_read (&read, &way, cut, size));
    }
}

static void
test_changed (void)
{
  guint8 data[TOOL_HELLO_SIZE];

  for (gsize place = 0; place < sizeof data; place++)
    for (guint value = 0; value < 256; value++)
      {
        write_full (data);
        data[place] = (guint8) value;
        check_read (data, sizeof data);
      }
}

/* ---- to whom it speaks alone ---- */

static void
owe (ToolHelloWays *ways, const char *host)
{
  struct sockaddr_storage from;

  /* whatever its port */
  g_assert_true (tool_hello_socket_address (&from, host, 1, 0));
  tool_hello_ways_owe (ways, &from);
}

static guint
count_sent (ToolHelloWays *ways, guint n_rounds)
{
  ToolHelloEvidence mine = { .stage = TOOL_HELLO_LOOKING };

  for (guint i = 0; i < n_rounds; i++)
    tool_hello_ways_send_alone (ways, &mine);
  return mine.ways[TOOL_HELLO_UNICAST].sent;
}

/* Who writes another one's address on what he sends makes nobody send more to
 * that than he has sent. */
static void
test_owed (void)
{
  g_autoptr (GInetAddress) loopback =
    g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GError) error = NULL;
  ToolHelloWays ways = { .fds = { -1, -1, -1 } };

  ways.fds[0] =
    tool_hello_socket_open (G_SOCKET_FAMILY_IPV4, loopback, 0, &error);
  g_assert_no_error (error);
  tool_hello_ways_aim (&ways, "127.0.0.2", 0, FALSE);
  g_assert_cmpuint (count_sent (&ways, 5), ==, 0);
  owe (&ways, "127.0.0.2");
  owe (&ways, "127.0.0.2");
  owe (&ways, "127.0.0.3");
  g_assert_cmpuint (count_sent (&ways, 5), ==, 2);
  owe (&ways, "127.0.0.2");
  tool_hello_ways_forget (&ways);
  g_assert_cmpuint (count_sent (&ways, 5), ==, 0);
  tool_hello_ways_aim (&ways, "127.0.0.4", 0, TRUE);
  tool_hello_ways_forget (&ways);
  g_assert_cmpuint (count_sent (&ways, 5), ==, 5);
  tool_hello_ways_close (&ways);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autofree char *path =
        g_strconcat ("/hello/verdict/", table[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_verdict);
    }
  g_test_add_func ("/hello/both-ways", test_both_ways);
  g_test_add_func ("/hello/alone", test_alone);
  g_test_add_func ("/hello/words", test_words);
  g_test_add_func ("/hello/rules", test_rules);
  g_test_add_func ("/hello/managed", test_managed);
  g_test_add_func ("/hello/counters", test_counters);
  g_test_add_func ("/hello/owed", test_owed);
  g_test_add_func ("/hello/wire/same", test_wire);
  g_test_add_func ("/hello/wire/cut", test_cut);
  g_test_add_func ("/hello/wire/changed", test_changed);
  return g_test_run ();
}

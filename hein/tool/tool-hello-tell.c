/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-hello-tell.h"

#include "tool-hello-path.h"

/* Says what each way carried, and what else both sides know, in lines of the
 * doctor's report. */

static const char *const names[TOOL_HELLO_N_WAYS] = {
  [TOOL_HELLO_GROUP] = "group",
  [TOOL_HELLO_GROUP_SIDE] = "group, other port",
  [TOOL_HELLO_ALL] = "all hosts (224.0.0.1)",
  [TOOL_HELLO_ALL6] = "all hosts (ff02::1)",
  [TOOL_HELLO_BROADCAST] = "broadcast",
  [TOOL_HELLO_UNICAST] = "unicast",
  [TOOL_HELLO_STREAM] = "TCP",
};

static const char *const troubles[TOOL_HELLO_N_TROUBLES] = {
  [TOOL_HELLO_NO_TROUBLE] = "",
  [TOOL_HELLO_FORBIDDEN] = ", forbidden by a firewall of the sender",
  [TOOL_HELLO_NO_ROUTE] = ", no route",
  [TOOL_HELLO_REFUSED] = ", refused",
  [TOOL_HELLO_SILENT] = ", no answer",
  [TOOL_HELLO_OTHER_TROUBLE] = ", the system refuses",
};

/* ---- the ways ---- */

static gboolean
is_in_use (ToolHelloWayId id, const ToolHelloTalk *talk)
{
  const ToolHelloWay *mine = &talk->mine.ways[id];
  const ToolHelloWay *theirs = &talk->theirs.ways[id];

  return mine->sent > 0 || mine->heard > 0 || mine->trouble != 0 ||
         theirs->sent > 0 || theirs->heard > 0;
}

static void
tell_way (ToolReport *report, ToolHelloWayId id, const ToolHelloTalk *talk)
{
  const ToolHelloWay *mine = &talk->mine.ways[id];
  const ToolHelloWay *theirs = &talk->theirs.ways[id];
  const gboolean is_well =
    mine->heard > 0 && (!talk->has_theirs || theirs->heard > 0);
  g_autofree char *there =
    talk->has_theirs
      ? g_strdup_printf ("; the other side has heard %u", theirs->heard)
      : g_strdup ("");

  tool_report_add (report, is_well ? TOOL_OK : TOOL_WARNING, "way", NULL,
                   "%s: sent %u%s, heard %u%s", names[id], mine->sent,
                   troubles[mine->trouble], mine->heard, there);
}

static void
tell_stream (ToolReport *report, const ToolHelloTalk *talk)
{
  const ToolHelloEvidence *mine = &talk->mine;
  const ToolHelloEvidence *dialler = mine->role == TOOL_HELLO_DIALLER ? mine
                                     : talk->has_theirs ? &talk->theirs
                                                        : NULL;
  const ToolHelloWay *way =
    dialler != NULL ? &dialler->ways[TOOL_HELLO_STREAM] : NULL;

  if (way == NULL)
    tool_report_add (report, TOOL_WARNING, "way", NULL,
                     "TCP: this side listens, and nobody has come");
  else
    tool_report_add (report, way->sent > 0 ? TOOL_OK : TOOL_WARNING, "way",
                     NULL, "TCP: %s dials %s:%u%s%s", dialler->label,
                     dialler->host, dialler->port,
                     way->sent > 0 ? ", and is connected" : "",
                     way->sent > 0 ? "" : troubles[way->trouble]);
}

static void
tell_ways (ToolReport *report, const ToolHelloTalk *talk)
{
  for (guint i = 0; i < TOOL_HELLO_N_WAYS; i++)
    if (i != TOOL_HELLO_STREAM && is_in_use (i, talk))
      tell_way (report, i, talk);
  if (talk->mine.role != TOOL_HELLO_MEMBER)
    tell_stream (report, talk);
}

/* ---- the sides ---- */

static void
tell_address (ToolReport *report, const ToolHelloEvidence *mine)
{
  static const char *const roles[] = { "is a member of", "listens on",
                                       "dials" };

  tool_report_add (report, TOOL_OK, "side", NULL,
                   "%s %s %s port %u, interface %s, MTU %u", mine->label,
                   roles[mine->role], mine->host, mine->port,
                   mine->interface[0] != '\0' ? mine->interface : "unknown",
                   mine->link_mtu);
  if ((mine->flags & TOOL_HELLO_TAKEN) != 0)
    tool_report_add (report, TOOL_OK, "port", NULL,
                     "a program listens there already: it is what is dialled");
}

static void
tell_partner (ToolReport *report, const ToolHelloTalk *talk)
{
  const ToolHelloEvidence *theirs = &talk->theirs;

  if (talk->has_theirs)
    tool_report_add (report, TOOL_OK, "partner", NULL,
                     "%s answers, with hein %s, from %s", theirs->label,
                     theirs->version,
                     talk->mine.heard_from[0] != '\0' ? talk->mine.heard_from
                                                      : "its connection");
  else
    tool_report_add (report, TOOL_WARNING, "partner",
                     "run the same on the other machine at the same time",
                     "nobody has answered");
  for (guint i = 0; i < talk->n_others; i++)
    tool_report_add (
      report, TOOL_WARNING, "partner", "run it on two machines at a time",
      "%s looks for somebody, too, and is not taken into account",
      talk->others[i].label);
}

/* ---- the rest ---- */

static void
tell_key (ToolReport *report, const ToolHelloEvidence *mine)
{
  static const char *const texts[] = {
    "not compared", "the other side has proved that it has it",
    "the other side has another one"
  };

  if (mine->key != TOOL_HELLO_NO_KEY)
    tool_report_add (report,
                     mine->key_agrees == TOOL_HELLO_OTHER_KEY ? TOOL_WARNING
                                                              : TOOL_OK,
                     "key", NULL, "%s", texts[mine->key_agrees]);
}

static void
tell_clock (ToolReport *report, const ToolHelloEvidence *mine)
{
  if (mine->has_clock)
    tool_report_add (report, TOOL_OK, "clock", NULL,
                     "that of the other side differs by %" G_GINT64_FORMAT
                     " ms",
                     mine->clock_ms);
}

static void
tell_dropped (ToolReport *report, const ToolHelloTalk *talk)
{
  const ToolHelloEvidence *mine = &talk->mine;

  if (mine->n_dropped > 0 && !talk->has_theirs)
    tool_report_add (report, TOOL_WARNING, "dropped",
                     "'nft list ruleset', as root, shows what drops them",
                     "%u packets came in meanwhile, and were dropped by this "
                     "machine",
                     mine->n_dropped);
}

/* What lasts some seconds cannot see what happens after minutes. */
static void
tell_igmp (ToolReport *report, const ToolHelloEvidence *mine)
{
  if (mine->role == TOOL_HELLO_MEMBER && !mine->is_ipv6)
    tool_report_add (
      report, TOOL_OK, "igmp", NULL,
      "whether a switch forgets the group after minutes is not seen here: it "
      "does when it snoops and nobody asks for members ('tcpdump -ni %s igmp' "
      "shows a query every 125 s)",
      mine->interface[0] != '\0' ? mine->interface : "any");
  if (mine->bridge[0] != '\0')
    tool_report_add (report, TOOL_OK, "igmp", NULL,
                     "the bridge %s of this machine snoops", mine->bridge);
}

void
tool_hello_tell (ToolReport *report,
                 const ToolHelloTalk *talk,
                 const ToolHelloVerdict *verdict)
{
  const ToolHelloEvidence *mine = &talk->mine;

  tell_address (report, mine);
  tell_partner (report, talk);
  tell_ways (report, talk);
  tell_key (report, mine);
  tell_clock (report, mine);
  tell_dropped (report, talk);
  tell_igmp (report, mine);
  tool_report_conclude (report, verdict->word, verdict->text, verdict->where,
                        verdict->command);
}

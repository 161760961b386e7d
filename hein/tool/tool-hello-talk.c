/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-hello-talk.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "tool-hello-counters.h"
#include "tool-hello-facts.h"
#include "tool-hello-key.h"
#include "tool-hello-link.h"
#include "tool-hello-stream.h"
#include "tool-hello-ways.h"

/*
 * A side looks for another one; with the first that it hears, it gathers what
 * comes by which way, for some seconds; then what it knows is frozen, and sent
 * until the other side has it and has sent its own. So both judge the same.
 *
 * What comes may be from anybody. It is as large as what is sent for it, is
 * sent at this side's own pace, and takes no memory beyond ToolHelloTalk.
 */

#define ROUND_US  (G_USEC_PER_SEC / 5)
#define GATHER_US (5 * G_USEC_PER_SEC)
#define SETTLE_US (2 * G_USEC_PER_SEC) /* for the other side to freeze, too */
#define UDP_IPV4  28                   /* bytes of headers */
#define UDP_IPV6  48
/* Of a socket, until it is seen again whether the time is over. */
#define ARRIVALS_MAX 100
#define ALONE_ROUNDS 25 /* until whoever runs this is told how to help */
#define N_LAST       5 /* rounds, so that the other side hears that it is over */

typedef struct
{
  ToolHelloTalk *talk;
  ToolDoctor *doctor;
  ToolHelloKeys *keys;
  ToolHelloStream *stream; /* NULL: a group */
  ToolHelloWays ways;
  ToolHelloArrival arrival;
  ToolHelloCounters start;
  gboolean has_with; /* an address of the other side */
  gboolean is_met;
  gboolean is_over;
  guint heard_index; /* the interface by which the other side came */
  guint round;
  gint64 end_us;
  gint64 freeze_us;
  gint64 received_us; /* when the last came */
} Talk;

/* ---- what this side knows ---- */

static guint32
get_rise (gint64 now, gint64 before)
{
  return (guint32) CLAMP (now - before, 0, G_MAXUINT32);
}

/* What comes back of packets that were too large for the way tells the kernel,
 * which tells TCP. */
static void
look_at_path (Talk *self)
{
  ToolHelloEvidence *mine = &self->talk->mine;
  const guint mtu =
    tool_hello_socket_get_path_mtu (&self->ways.targets[0].address);
  const guint headers = mine->is_ipv6 ? UDP_IPV6 : UDP_IPV4;

  if (self->stream != NULL && mtu > headers)
    mine->needed = (guint16) MIN (mine->needed, mtu - headers);
}

static void
look (Talk *self)
{
  ToolHelloEvidence *mine = &self->talk->mine;
  const ToolHelloCounters now = tool_hello_counters_read (mine->is_ipv6);

  mine->n_dropped = get_rise (now.n_dropped, self->start.n_dropped);
  mine->n_unsent = get_rise (now.n_unsent, self->start.n_unsent);
  mine->n_misrouted = get_rise (now.n_misrouted, self->start.n_misrouted);
  self->ways.index =
    tool_hello_link_look (mine, self->doctor, self->heard_index);
  if (self->ways.n_targets > 0)
    look_at_path (self);
}

static void
stamp (Talk *self)
{
  ToolHelloEvidence *mine = &self->talk->mine;

  mine->sent_us = g_get_real_time ();
  if (self->received_us > 0)
    mine->held_us =
      MIN (g_get_monotonic_time () - self->received_us, TOOL_HELLO_HELD_MAX);
}

/* As NTP has it (RFC 5905, section 8): half of what the way takes is taken
 * off. */
static void
compare_clocks (ToolHelloEvidence *mine, const ToolHelloEvidence *theirs)
{
  const gint64 now_us = g_get_real_time ();
  const gint64 there = theirs->sent_us - theirs->held_us - theirs->echoed_us;
  const gint64 back = theirs->sent_us - now_us;

  if (theirs->echoed_us == 0)
    return;
  mine->clock_ms = (there + back) / 2 / 1000;
  mine->has_clock = TRUE;
}

static void
freeze (Talk *self)
{
  look (self);
  self->talk->mine.stage = TOOL_HELLO_FROZEN;
}

/* ---- who is there ---- */

static gboolean
is_id (const guint8 *one, const guint8 *other)
{
  return memcmp (one, other, TOOL_HELLO_ID) == 0;
}

static gboolean
is_nobody (const guint8 *id)
{
  static const guint8 nobody[TOOL_HELLO_ID];

  return is_id (id, nobody);
}

static void
note_other (ToolHelloTalk *talk, const ToolHelloEvidence *other)
{
  for (guint i = 0; i < talk->n_others; i++)
    if (is_id (talk->others[i].id, other->id))
      return;
  if (talk->n_others < TOOL_HELLO_OTHERS)
    talk->others[talk->n_others++] = *other;
}

static void
meet (Talk *self, const ToolHelloEvidence *other)
{
  ToolHelloEvidence *mine = &self->talk->mine;
  const gint64 now_us = g_get_monotonic_time ();

  self->is_met = TRUE;
  self->talk->has_theirs = TRUE;
  memcpy (mine->partner, other->id, TOOL_HELLO_ID);
  mine->stage = TOOL_HELLO_GATHERING;
  tool_hello_keys_prove (self->keys, mine);
  self->freeze_us = MIN (now_us + GATHER_US, self->end_us - SETTLE_US);
}

/* Two may take to the same one at a time, and it has one partner only. */
static void
part (Talk *self)
{
  ToolHelloEvidence *mine = &self->talk->mine;

  self->is_met = FALSE;
  self->talk->has_theirs = FALSE;
  mine->stage = TOOL_HELLO_LOOKING;
  mine->has_theirs = FALSE;
  mine->heard_from[0] = '\0';
  memset (mine->partner, 0, sizeof mine->partner);
  memset (mine->ways, 0, sizeof mine->ways);
  memset (&self->talk->theirs, 0, sizeof self->talk->theirs);
  tool_hello_ways_forget (&self->ways);
}

static gboolean
is_taken (const ToolHelloEvidence *mine, const ToolHelloEvidence *other)
{
  return mine->stage == TOOL_HELLO_GATHERING && !is_nobody (other->partner) &&
         !is_id (other->partner, mine->id);
}

/* Whether @other is the one to talk with, and not somebody else's. */
static gboolean
is_partner (Talk *self, const ToolHelloEvidence *other)
{
  const ToolHelloEvidence *mine = &self->talk->mine;

  if (is_id (other->id, mine->id))
    return FALSE; /* this side itself, by multicast */
  if (!self->is_met &&
      (is_nobody (other->partner) || is_id (other->partner, mine->id)))
    meet (self, other);
  if (self->is_met && is_id (other->id, mine->partner))
    {
      if (!is_taken (mine, other))
        return TRUE;
      part (self);
    }
  note_other (self->talk, other);
  return FALSE;
}

/* ---- what comes ---- */

static void
count (Talk *self, ToolHelloWayId id, gsize size, guint8 ttl)
{
  ToolHelloEvidence *mine = &self->talk->mine;
  ToolHelloWay *way = &mine->ways[id];
  const guint sent_ttl = id == TOOL_HELLO_UNICAST || id == TOOL_HELLO_BROADCAST
                           ? TOOL_HELLO_TTL
                           : ttl;
  const guint8 hops = sent_ttl >= ttl ? (guint8) (sent_ttl - ttl) : 0;

  if (mine->stage == TOOL_HELLO_FROZEN)
    return;
  way->hops = way->heard == 0 ? hops : MIN (way->hops, hops);
  if (size <= TOOL_HELLO_SIZE && way->heard < G_MAXUINT16)
    way->heard++;
  way->largest = MAX (way->largest, (guint16) size);
}

static void
take_key (Talk *self, const ToolHelloEvidence *theirs)
{
  ToolHelloEvidence *mine = &self->talk->mine;
  const ToolHelloProof proof = tool_hello_keys_check (self->keys, mine, theirs);

  if (proof != TOOL_HELLO_UNPROVED)
    mine->key_agrees = (guint8) proof;
}

static void
take (Talk *self, const ToolHelloEvidence *theirs)
{
  ToolHelloTalk *talk = self->talk;
  ToolHelloEvidence *mine = &talk->mine;

  if (mine->stage != TOOL_HELLO_FROZEN)
    {
      take_key (self, theirs);
      compare_clocks (mine, theirs);
    }
  mine->echoed_us = theirs->sent_us;
  self->received_us = g_get_monotonic_time ();
  /* the first that is frozen is the one that both judge */
  if (!mine->has_theirs)
    talk->theirs = *theirs;
  mine->has_theirs |= theirs->stage == TOOL_HELLO_FROZEN;
  if (mine->stage == TOOL_HELLO_FROZEN && mine->has_theirs &&
      theirs->has_theirs)
    self->is_over = TRUE;
}

/* An address of the family of what is looked at says more. */
static void
note_source (Talk *self, const ToolHelloArrival *arrival)
{
  ToolHelloEvidence *mine = &self->talk->mine;
  g_autofree char *host = tool_hello_socket_dup_host (&arrival->from);
  const gboolean fits = (arrival->from.ss_family == AF_INET6) == mine->is_ipv6;

  if (mine->stage == TOOL_HELLO_FROZEN ||
      (mine->heard_from[0] != '\0' && !fits))
    return;
  g_strlcpy (mine->heard_from, host, sizeof mine->heard_from);
  self->heard_index = arrival->index;
  if (fits)
    tool_hello_ways_aim (&self->ways, host, arrival->index, FALSE);
}

/* What came to the port of the group came by that way, and nothing else. */
static gboolean
is_from_way (ToolHelloWayId way, gboolean is_group_port)
{
  return (way == TOOL_HELLO_GROUP) == is_group_port && way != TOOL_HELLO_STREAM;
}

static void
receive_from (Talk *self, int fd, gboolean is_group_port)
{
  ToolHelloEvidence theirs;
  ToolHelloWayId way;

  for (guint n = 0; n < ARRIVALS_MAX && fd >= 0; n++)
    {
      if (!tool_hello_socket_receive (fd, &self->arrival))
        return;
      if (!tool_hello_wire_read (&theirs, &way, self->arrival.data,
                                 self->arrival.size) ||
          !is_from_way (way, is_group_port) || !is_partner (self, &theirs))
        continue;
      note_source (self, &self->arrival);
      tool_hello_ways_owe (&self->ways, &self->arrival.from);
      count (self, way, self->arrival.size, self->arrival.ttl);
      take (self, &theirs);
    }
}

static void
receive (Talk *self)
{
  ToolHelloEvidence theirs;

  for (guint i = 0; i < G_N_ELEMENTS (self->ways.fds); i++)
    receive_from (self, self->ways.fds[i], i == 2);
  for (guint n = 0; n < ARRIVALS_MAX && self->stream != NULL &&
                    tool_hello_stream_receive (self->stream, &theirs);
       n++)
    if (is_partner (self, &theirs))
      {
        count (self, TOOL_HELLO_STREAM, 0, 0);
        take (self, &theirs);
      }
}

/* ---- time ---- */

static void
wait_until (Talk *self, gint64 until_us)
{
  for (;;)
    {
      struct pollfd fds[3 + TOOL_HELLO_STREAM_FDS];
      const gint64 left_us = until_us - g_get_monotonic_time ();
      guint n = 0;

      if (left_us <= 0)
        return;
      for (guint i = 0; i < G_N_ELEMENTS (self->ways.fds); i++)
        fds[n++] = (struct pollfd){ .fd = self->ways.fds[i], .events = POLLIN };
      if (self->stream != NULL)
        n += tool_hello_stream_poll (self->stream, fds + n);
      if (poll (fds, n, (int) (left_us / 1000) + 1) < 0 && errno != EINTR)
        return;
      receive (self);
    }
}

static void
run_round (Talk *self)
{
  ToolHelloEvidence *mine = &self->talk->mine;
  const gboolean is_wanted = is_id (self->talk->theirs.partner, mine->id);
  ToolHelloEvidence before = *mine;

  stamp (self);
  tool_hello_ways_send (&self->ways, mine, is_wanted, self->round);
  if (self->stream != NULL)
    tool_hello_stream_round (self->stream, mine, self->round);
  if (mine->stage == TOOL_HELLO_FROZEN)
    memcpy (mine->ways, before.ways, sizeof mine->ways);
  self->round++;
  wait_until (self, MIN (g_get_monotonic_time () + ROUND_US, self->end_us));
}

/* A side that does not hear this one is not waited for: it says no more. */
static gboolean
is_waiting (Talk *self)
{
  const gint64 now_us = g_get_monotonic_time ();
  const gboolean is_heard =
    is_id (self->talk->theirs.partner, self->talk->mine.id);

  return now_us < self->end_us && !self->is_over &&
         now_us < self->freeze_us + (is_heard ? 2 * GATHER_US : SETTLE_US);
}

/* Told early, since a side that hears nothing goes on looking for a minute. */
static void
tell_alone (gboolean has_with)
{
  fprintf (stderr,
           "nobody answers so far: run the same on the other machine%s\n",
           has_with ? ""
                    : "; if it runs there, add '--with HOST' here, the address "
                      "of that machine");
}

static void
run (Talk *self)
{
  while (g_get_monotonic_time () <
         (self->is_met ? self->freeze_us : self->end_us))
    {
      look (self);
      if (self->round == ALONE_ROUNDS && !self->is_met)
        tell_alone (self->has_with);
      run_round (self);
    }
  freeze (self);
  while (self->is_met && is_waiting (self))
    run_round (self);
  for (guint i = 0; i < N_LAST && self->is_over; i++)
    run_round (self);
}

/* ---- all of it ---- */

static void
make_id (ToolHelloEvidence *mine)
{
  const guint32 words[] = { g_random_int (), g_random_int () | 1 };

  memcpy (mine->id, words, sizeof mine->id);
}

static gboolean
prepare (Talk *self, const char *with, gboolean dials, GError **error)
{
  ToolHelloEvidence *mine = &self->talk->mine;

  make_id (mine);
  if (!tool_hello_facts_take_address (mine, self->doctor, dials, error))
    return FALSE;
  mine->key = (guint8) tool_hello_keys_get_kind (self->keys);
  tool_hello_facts_look_at_machine (mine);
  self->ways.port = mine->port;
  self->ways.index = tool_hello_link_look (mine, self->doctor, 0);
  if (mine->role == TOOL_HELLO_MEMBER)
    self->ways.group = g_inet_address_new_from_string (mine->host);
  if (mine->role == TOOL_HELLO_DIALLER)
    tool_hello_ways_aim (&self->ways, mine->host, 0, TRUE);
  self->has_with = with != NULL || mine->role == TOOL_HELLO_DIALLER;
  if (with != NULL)
    tool_hello_ways_aim (&self->ways, with, 0, TRUE);
  return TRUE;
}

static void
start (Talk *self)
{
  ToolHelloEvidence *mine = &self->talk->mine;

  if ((mine->flags & TOOL_HELLO_SANDBOXED) != 0)
    return;
  if (!tool_hello_ways_open (&self->ways, mine, NULL))
    mine->flags |= TOOL_HELLO_SANDBOXED;
  else if (mine->role != TOOL_HELLO_MEMBER)
    self->stream = tool_hello_stream_new (mine);
  self->start = tool_hello_counters_read (mine->is_ipv6);
  if ((mine->flags & TOOL_HELLO_SANDBOXED) == 0)
    run (self);
}

gboolean
tool_hello_talk (ToolHelloTalk *talk,
                 ToolDoctor *doctor,
                 const char *with,
                 gboolean dials,
                 double timeout_s,
                 GError **error)
{
  g_autofree Talk *self = g_new0 (Talk, 1);
  GError *trouble = NULL;
  g_autoptr (ToolHelloKeys) keys = tool_hello_keys_new (doctor, &trouble);
  gboolean is_done = FALSE;

  memset (talk, 0, sizeof *talk);
  self->talk = talk;
  self->doctor = doctor;
  self->keys = keys;
  self->end_us =
    g_get_monotonic_time () + (gint64) (timeout_s * G_USEC_PER_SEC);
  for (guint i = 0; i < G_N_ELEMENTS (self->ways.fds); i++)
    self->ways.fds[i] = -1;
  if (trouble != NULL)
    g_propagate_error (error, trouble);
  else
    is_done = prepare (self, with, dials, error);
  if (is_done)
    start (self);
  g_clear_pointer (&self->stream, tool_hello_stream_free);
  tool_hello_ways_close (&self->ways);
  return is_done;
}

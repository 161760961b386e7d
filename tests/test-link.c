/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

#include <string.h>

#include "core-host.h"
#include "line-pair.h"
#include "link/hein-link-close.h"
#include "link/hein-link-receive.h"
#include "link/hein-link-send.h"
#include "link/hein-link-state.h"
#include "link/hein-link.h"

/* A connection without a bus: its states, what it tells its host and in which
 * order, and what it counts in the host's limits. What stands behind its wire is
 * this test. */

typedef struct
{
  CoreHost core; /* the first member */
  HeinLinkOwner owner;
  HeinLink *left; /* that was told of last */
} Host;

static Host *
get_host (HeinLink *link)
{
  return (Host *) hein_core_of_link (link);
}

static const char *const state_names[] = {
  [HEIN_LINK_HANDSHAKE] = "handshake", [HEIN_LINK_OFFERED] = "offered",
  [HEIN_LINK_ADMITTED] = "admitted",   [HEIN_LINK_UP] = "up",
  [HEIN_LINK_FINISHING] = "finishing", [HEIN_LINK_CLOSING] = "closing",
  [HEIN_LINK_DRAINING] = "draining",   [HEIN_LINK_GONE] = "gone",
};

/* ---- what stands behind the wire ---- */

static void
put (gpointer data, const guint8 *bytes, gsize size)
{
  HeinLink *link = data;

  if (link->state >= HEIN_LINK_DRAINING)
    return;
  hein_queue_push_control (&link->queue, bytes, size);
  hein_loop_defer (link->host->loop, &link->job);
}

static gboolean
deliver_data (gpointer data,
              const char *topic,
              gsize topic_size,
              const guint8 *bytes,
              gsize size)
{
  HeinLink *link = data;

  core_host_note (&get_host (link)->core, "%.*s@%s", (int) size, bytes,
                  state_names[link->state]);
  return link->state == HEIN_LINK_UP;
}

static void
offer_name (gpointer data,
            const char *name,
            GBytes *identity,
            HeinNameRule rule)
{
  HeinLink *link = data;
  g_autoptr (GError) refusal =
    g_error_new_literal (HEIN_ERROR, HEIN_ERROR_REFUSED, "no: not here");

  link->state = HEIN_LINK_OFFERED;
  hein_link_ensure_peer (link)->name = g_strdup (name);
  hein_link_verdict (link, g_str_equal (name, "nobody") ? refusal : NULL);
}

static void
ready (gpointer data)
{
  HeinLink *link = data;

  link->state = HEIN_LINK_UP;
  link->times.deadline_us = 0;
}

static void
set_pending (gpointer data, gboolean pending)
{
  HeinLink *link = data;

  link->said.is_pending = pending;
  if (!pending && link->state == HEIN_LINK_FINISHING)
    hein_link_close (link, NULL);
}

static void
take_goodbye (gpointer data)
{
  ((HeinLink *) data)->goodbye.has_come = TRUE;
}

static void
give_back (gpointer data, HeinMessage *message, HeinAudience audience)
{
  HeinLink *link = data;
  g_autofree char *text = hein_message_dup_text (message, NULL);

  link->has_given_back = TRUE;
  core_host_note (&get_host (link)->core, "back:%s@%s", text,
                  state_names[link->state]);
}

static const HeinWireFuncs wire_funcs = {
  .put = put,
  .deliver_data = deliver_data,
  .offer_name = offer_name,
  .ready = ready,
  .set_pending = set_pending,
  .take_goodbye = take_goodbye,
  .give_back = give_back,
};

/* ---- whom a link tells ---- */

static void
settle (HeinLinkHost *host)
{
  core_host_note ((CoreHost *) host, "settle");
}

static void
set_full (HeinLinkHost *host, HeinPeer *peer, gboolean is_full)
{
  peer->is_full = is_full;
  core_host_note ((CoreHost *) host, is_full ? "full" : "room");
}

static void
pause_peer (HeinLinkHost *host, HeinPeer *peer)
{
  core_host_note ((CoreHost *) host, "pause");
  peer->arrivals.is_paused = TRUE;
  hein_link_set_paused (peer->link, TRUE);
}

/* May be called at any time, and as often as it likes. */
static void
review (HeinLinkHost *host)
{
}

static void
made (HeinLink *link)
{
  core_host_note (&get_host (link)->core, "made");
}

static HeinPeer *
make_peer (HeinLink *link)
{
  HeinPeer *peer = core_host_make_peer (&get_host (link)->core, NULL);

  core_host_note (&get_host (link)->core, "make-peer");
  return peer;
}

static void
admitted (HeinLink *link)
{
  core_host_note (&get_host (link)->core, "admitted@%s",
                  state_names[link->state]);
}

static void
left (HeinLink *link, HeinLinkState before)
{
  core_host_note (&get_host (link)->core, "left:%s@%s", state_names[before],
                  state_names[link->state]);
  get_host (link)->left = link;
}

static void
gone (HeinLink *link)
{
  core_host_note (&get_host (link)->core, "gone");
  g_queue_unlink (&link->owner->links, &link->in_owner);
}

static const HeinLinkHostFuncs host_funcs = {
  .wire_funcs = &wire_funcs,
  .settle = settle,
  .set_full = set_full,
  .pause = pause_peer,
  .review = review,
  .made = made,
  .make_peer = make_peer,
  .admitted = admitted,
  .left = left,
  .gone = gone,
};

static void
host_init (Host *self)
{
  core_host_init (&self->core, &host_funcs);
  self->owner = (HeinLinkOwner){ .data = self };
  self->left = NULL;
}

static void
host_clear (Host *self)
{
  core_host_clear (&self->core);
  g_assert_cmpuint (self->owner.links.length, ==, 0);
}

/* The link ends, by a reset; that was the test. */
static void
end_by_reset (LinePair *pair, Host *host)
{
  core_host_wait (&host->core, host->owner.links.length == 0);
  core_host_assert_calls (&host->core, "gone");
  g_assert_true (line_pair_is_reset (pair));
  line_pair_clear (pair);
  host_clear (host);
}

static guint64
count_dropped (Host *host, HeinDropReason reason)
{
  return host->core.core.host.losses.n_dropped[reason];
}

static void
begin (LinePair *pair, Host *host)
{
  line_pair_init (pair, &host->core.core.host, &host->owner, FALSE);
}

static void
hear (LinePair *pair, Host *host, const char *lines)
{
  line_pair_write (pair, lines);
  core_host_turn_on (&host->core);
}

static void
come_up (LinePair *pair, Host *host)
{
  begin (pair, host);
  hear (pair, host, "unique kirk\n");
  g_assert_cmpint (pair->link->state, ==, HEIN_LINK_UP);
  line_pair_assert (pair, "welcome\n");
  g_string_truncate (host->core.calls, 0);
}

static gboolean
send_text (LinePair *pair, const char *text, HeinOverflow overflow)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("", text);

  return hein_link_send (pair->link, message, HEIN_AUDIENCE_ALL, overflow,
                         HEIN_ENCODE_OWN, NULL);
}

/* ---- tests ---- */

static void
test_begin (void)
{
  Host host;
  LinePair pair;

  host_init (&host);
  begin (&pair, &host);
  core_host_assert_calls (&host.core, "made");
  g_assert_cmpint (pair.link->state, ==, HEIN_LINK_HANDSHAKE);
  hear (&pair, &host, "unique kirk\none\ntwo\n");
  core_host_assert_calls (&host.core, "make-peer admitted@admitted one@up "
                                      "two@up");
  line_pair_assert (&pair, "welcome\n");
  line_pair_clear (&pair);
  host_clear (&host);
}

/* The refusal is read, and what comes behind it is not: an end in order would
 * say that it was. */
static void
test_refused (void)
{
  Host host;
  LinePair pair;

  host_init (&host);
  begin (&pair, &host);
  hear (&pair, &host, "unique nobody\n");
  core_host_assert_calls (&host.core, "made make-peer left:handshake@closing");
  line_pair_write (&pair, "one\n");
  core_host_turn_on (&host.core);
  g_assert_cmpint (pair.link->state, ==, HEIN_LINK_DRAINING);
  line_pair_assert (&pair, "refused: no: not here\n");
  g_assert_false (line_pair_is_shut (&pair));
  end_by_reset (&pair, &host);
}

/* Where the protocol knows better what was read. */
static void
test_refused_in_order (void)
{
  Host host;
  LinePair pair;
  HeinProtocolClass *class;

  host_init (&host);
  begin (&pair, &host);
  class = HEIN_PROTOCOL_GET_CLASS (pair.link->protocol);
  class->ends_in_order = TRUE;
  hear (&pair, &host, "unique nobody\n");
  line_pair_assert (&pair, "refused: no: not here\n");
  core_host_assert_calls (&host.core, "made make-peer left:handshake@closing");
  g_assert_true (line_pair_is_shut (&pair));
  /* what comes behind it is not looked at */
  hear (&pair, &host, "one\n");
  core_host_assert_calls (&host.core, "");
  line_pair_clear (&pair);
  core_host_turn_on (&host.core);
  core_host_assert_calls (&host.core, "gone");
  host_clear (&host);
  class->ends_in_order = FALSE;
}

/* In order: all that was sent, then the goodbye, then the end of our side; what
 * comes until the other side ends as well still reaches the wire. */
static void
test_close (void)
{
  Host host;
  LinePair pair;

  host_init (&host);
  come_up (&pair, &host);
  g_assert_true (send_text (&pair, "one", HEIN_OVERFLOW_WAIT));
  g_assert_true (send_text (&pair, "two", HEIN_OVERFLOW_WAIT));
  hein_link_close (pair.link, NULL);
  core_host_assert_calls (&host.core, "left:up@closing");
  core_host_turn_on (&host.core);
  line_pair_assert (&pair, "one\ntwo\nbye\n");
  g_assert_true (line_pair_is_shut (&pair));
  g_assert_cmpint (pair.link->state, ==, HEIN_LINK_DRAINING);
  hear (&pair, &host, "late\n");
  core_host_assert_calls (&host.core, "late@draining");
  line_pair_clear (&pair);
  core_host_turn_on (&host.core);
  core_host_assert_calls (&host.core, "gone");
  g_assert_cmpuint (host.core.core.host.links.length, ==, 0);
  host_clear (&host);
}

/* A protocol that closes has no time any more: what it has asked for before
 * does not keep the loop awake. */
static void
test_close_with_tick (void)
{
  Host host;
  LinePair pair;
  gint64 due_us;

  host_init (&host);
  come_up (&pair, &host);
  pair.link->times.tick_us = 1;
  hein_link_close (pair.link, NULL);
  core_host_turn_on (&host.core);
  g_assert_cmpint (pair.link->state, ==, HEIN_LINK_DRAINING);
  due_us = hein_loop_get_due_us (host.core.core.host.loop);
  g_assert_cmpint (due_us, >, 1);
  line_pair_clear (&pair);
  core_host_turn_on (&host.core);
  host_clear (&host);
}

/* It waits for what is pending before it says goodbye. */
static void
test_finishing (void)
{
  Host host;
  LinePair pair;

  host_init (&host);
  come_up (&pair, &host);
  hear (&pair, &host, "pending\n");
  hein_link_close (pair.link, NULL);
  core_host_turn_on (&host.core);
  core_host_assert_calls (&host.core, "left:up@finishing");
  line_pair_assert (&pair, "");
  hear (&pair, &host, "one\ndone\n");
  /* told once that it left */
  core_host_assert_calls (&host.core, "one@finishing");
  line_pair_assert (&pair, "bye\n");
  g_assert_cmpint (pair.link->state, ==, HEIN_LINK_DRAINING);
  line_pair_clear (&pair);
  host_clear (&host);
}

/* At once: the peer leaves first, then what it has not confirmed comes back, and
 * only what did not is counted. The memory goes in a job, not within the call. */
static void
test_abort (void)
{
  Host host;
  LinePair pair;
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, 0, "shot");

  host_init (&host);
  come_up (&pair, &host);
  hear (&pair, &host, "keep\n");
  g_assert_true (send_text (&pair, "one", HEIN_OVERFLOW_WAIT));
  g_assert_true (send_text (&pair, "two", HEIN_OVERFLOW_WAIT));
  hein_link_abort (pair.link, error);
  core_host_assert_calls (&host.core, "left:up@gone back:one@gone "
                                      "back:two@gone");
  g_assert_cmpuint (count_dropped (&host, HEIN_DROP_REASON_CLOSED), ==, 0);
  g_assert_cmpstr (pair.link->error->message, ==, "shot");
  hein_link_abort (pair.link, NULL);
  core_host_assert_calls (&host.core, "");
  core_host_turn_on (&host.core);
  core_host_assert_calls (&host.core, "gone");
  line_pair_clear (&pair);
  host_clear (&host);
}

static void
test_abort_counts (void)
{
  Host host;
  LinePair pair;

  host_init (&host);
  come_up (&pair, &host);
  g_assert_true (send_text (&pair, "one", HEIN_OVERFLOW_WAIT));
  g_assert_true (send_text (&pair, "two", HEIN_OVERFLOW_WAIT));
  hein_link_abort (pair.link, NULL);
  g_assert_cmpuint (count_dropped (&host, HEIN_DROP_REASON_CLOSED), ==, 2);
  line_pair_clear (&pair);
  host_clear (&host);
}

/* What makes no sense ends the connection: nothing is said any more, and what
 * came behind it is not looked at. */
static void
test_nonsense (void)
{
  Host host;
  LinePair pair;

  host_init (&host);
  come_up (&pair, &host);
  hear (&pair, &host, "one\nnonsense\ntwo\n");
  core_host_assert_calls (&host.core, "one@up left:up@closing");
  g_assert_cmpstr (host.left->error->message, ==, "nonsense");
  line_pair_write (&pair, "three\n");
  core_host_turn_on (&host.core);
  line_pair_assert (&pair, "bye\n");
  end_by_reset (&pair, &host);
}

/* The other end is gone, without a word. */
static void
test_end_of_stream (void)
{
  Host host;
  LinePair pair;

  host_init (&host);
  come_up (&pair, &host);
  line_pair_write (&pair, "one\n");
  line_pair_clear (&pair);
  core_host_wait (&host.core, host.owner.links.length == 0);
  core_host_assert_calls (&host.core, "one@up left:up@gone gone");
  host_clear (&host);
}

/* ---- limits ---- */

static void
test_partial (void)
{
  Host host;
  LinePair pair;
  HeinLinkHost *link_host = &host.core.core.host;

  host_init (&host);
  come_up (&pair, &host);
  g_assert_cmpuint (link_host->partial_cost, ==, 0);
  hear (&pair, &host, "on");
  g_assert_cmpuint (link_host->partial_cost, >=, strlen ("on"));
  g_assert_cmpuint (link_host->partial_cost, ==, pair.link->partial->cost);
  g_assert_cmpuint (link_host->partials.length, ==, 1);
  hear (&pair, &host, "e\n");
  g_assert_cmpuint (link_host->partial_cost, ==, 0);
  g_assert_cmpuint (link_host->partials.length, ==, 0);
  hear (&pair, &host, "tw");
  g_assert_cmpuint (link_host->partials.length, ==, 1);
  hein_link_abort (pair.link, NULL);
  g_assert_cmpuint (link_host->partial_cost, ==, 0);
  g_assert_cmpuint (link_host->partials.length, ==, 0);
  line_pair_clear (&pair);
  host_clear (&host);
}

/* What a peer costs that announces 16 MiB and sends little, when there is a
 * spare block of that size. */
static gsize
announce (guint64 memory_limit)
{
  const gsize announced = 16 * 1024 * 1024;
  g_autofree char *beginning = g_strnfill (20000, 'y');
  HeinBlock *block = hein_block_new (announced);
  Host host;
  LinePair pair;
  HeinLinkHost *link_host = &host.core.core.host;
  gsize cost;

  memset (block->data, 1, announced);
  hein_block_unref (block);
  g_assert_cmpuint (hein_block_get_spare_size (), >, announced);
  host_init (&host);
  come_up (&pair, &host);
  link_host->settings.memory_limit = memory_limit;
  hear (&pair, &host, "x");
  hein_input_expect (&pair.link->input, announced);
  hear (&pair, &host, beginning);
  g_assert_cmpuint (hein_block_get_spare_size (), <, announced);
  g_assert_cmpint (pair.link->state, ==, HEIN_LINK_UP);
  cost = link_host->partial_cost;
  g_assert_cmpuint (cost, ==, pair.link->partial->cost);
  hein_link_abort (pair.link, NULL);
  line_pair_clear (&pair);
  host_clear (&host);
  hein_block_trim (G_MAXINT64);
  return cost;
}

static void
test_announced (void)
{
#ifdef __SANITIZE_ADDRESS__
  g_test_skip ("there are no spare blocks under AddressSanitizer");
  return;
#endif
  g_assert_cmpuint (announce (256 * 1024 * 1024), >, 16 * 1024 * 1024);
  /* it must not make half of memory-limit of what has not come */
  g_assert_cmpuint (announce (32 * 1024 * 1024), <, 1024 * 1024);
}

/* While too much waits to be told nothing is given to the protocol. */
static void
test_receive_limit (void)
{
  Host host;
  LinePair pair;

  host_init (&host);
  come_up (&pair, &host);
  host.core.core.host.receive_cost = host.core.core.host.receive_max;
  hear (&pair, &host, "one\n");
  core_host_assert_calls (&host.core, "pause");
  hear (&pair, &host, "two\n");
  core_host_assert_calls (&host.core, "");
  host.core.core.host.receive_cost = 0;
  pair.link->peer->arrivals.is_paused = FALSE;
  hein_link_set_paused (pair.link, FALSE);
  core_host_turn_on (&host.core);
  core_host_assert_calls (&host.core, "one@up two@up");
  line_pair_clear (&pair);
  host_clear (&host);
}

/* Its host is told once that there is no room, and once that there is again. */
static void
test_room (void)
{
  Host host;
  LinePair pair;
  g_autofree char *text = g_strnfill (10000, 'x');
  guint n_sent = 0;
  gsize n_bytes = 0;

  host_init (&host);
  host.core.core.host.settings.send_limit = 100000;
  come_up (&pair, &host);
  while (!(hein_link_ensure_peer (pair.link)->is_full))
    {
      g_assert_true (send_text (&pair, text, HEIN_OVERFLOW_WAIT));
      n_sent++;
      core_host_turn_on (&host.core);
    }
  core_host_assert_calls (&host.core, "full");
  while (pair.link->peer->is_full)
    {
      g_autofree char *lines = line_pair_read (&pair);

      n_bytes += strlen (lines);
      core_host_turn_on (&host.core);
    }
  core_host_assert_calls (&host.core, "room");
  while (n_bytes < n_sent * (strlen (text) + 1))
    {
      g_autofree char *lines = line_pair_read (&pair);

      n_bytes += strlen (lines);
      core_host_turn_on (&host.core);
    }
  g_assert_cmpuint (n_bytes, ==, n_sent * (strlen (text) + 1));
  core_host_assert_calls (&host.core, "");
  line_pair_clear (&pair);
  host_clear (&host);
}

/* Under drop-oldest there is always room: what is oldest goes, and is counted. */
static void
test_drop_oldest (void)
{
  Host host;
  LinePair pair;
  g_autofree char *text = g_strnfill (10000, 'x');

  host_init (&host);
  host.core.core.host.settings.send_limit = 100000;
  come_up (&pair, &host);
  for (guint i = 0; i < 1000; i++)
    g_assert_true (send_text (&pair, text, HEIN_OVERFLOW_DROP_OLDEST));
  g_assert_cmpuint (count_dropped (&host, HEIN_DROP_REASON_OVERFLOW), >, 0);
  g_assert_cmpuint (hein_link_get_cost (pair.link), <=, 100000 + 2 * 10000);
  line_pair_clear (&pair);
  host_clear (&host);
}

/* What was published lies on no queue before the host is asked for it. */
static void
test_settle (void)
{
  Host host;
  LinePair pair;

  host_init (&host);
  come_up (&pair, &host);
  host.core.core.host.has_run = TRUE;
  hein_link_close (pair.link, NULL);
  host.core.core.host.has_run = FALSE;
  core_host_assert_calls (&host.core, "settle left:up@closing");
  line_pair_clear (&pair);
  host_clear (&host);
}

/* Connections that were last used at different moments are due at the same, and
 * none later than its period; short periods are as they are. */
static void
test_heartbeats (void)
{
  Host host;
  LinePair pair;

  host_init (&host);
  come_up (&pair, &host);
  pair.link->said.has_heartbeat = TRUE;
  pair.link->host->settings.heartbeat_ms = 1600;
  for (gint64 i = 0; i < 100000; i += 1000)
    {
      pair.link->times.sent_us = 6400000 + i;
      g_assert_cmpint (hein_link_get_heartbeat_due (pair.link), ==, 8000000);
    }
  pair.link->times.sent_us = 6399999;
  g_assert_cmpint (hein_link_get_heartbeat_due (pair.link), ==, 7900000);
  pair.link->host->settings.heartbeat_ms = 999;
  g_assert_cmpint (hein_link_get_heartbeat_due (pair.link), ==, 7398999);
  line_pair_clear (&pair);
  host_clear (&host);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/link/begin", test_begin);
  g_test_add_func ("/link/refused", test_refused);
  g_test_add_func ("/link/refused/in-order", test_refused_in_order);
  g_test_add_func ("/link/close", test_close);
  g_test_add_func ("/link/close-with-tick", test_close_with_tick);
  g_test_add_func ("/link/finishing", test_finishing);
  g_test_add_func ("/link/abort", test_abort);
  g_test_add_func ("/link/abort-counts", test_abort_counts);
  g_test_add_func ("/link/nonsense", test_nonsense);
  g_test_add_func ("/link/end-of-stream", test_end_of_stream);
  g_test_add_func ("/link/partial", test_partial);
  g_test_add_func ("/link/announced", test_announced);
  g_test_add_func ("/link/receive-limit", test_receive_limit);
  g_test_add_func ("/link/room", test_room);
  g_test_add_func ("/link/drop-oldest", test_drop_oldest);
  g_test_add_func ("/link/settle", test_settle);
  g_test_add_func ("/link/heartbeats", test_heartbeats);
  return g_test_run ();
}

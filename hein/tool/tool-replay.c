/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "mcap/hein-mcap-envelope.h"
#include "mcap/hein-mcap-reader.h"
#include "tool-commands.h"
#include "tool-losses.h"
#include "tool-options.h"
#include "tool-progress.h"
#include "tool-session.h"
#include "tool-status.h"
#include "tool-topics.h"

/* The command `hein replay`: sends what hein record has written. */

#define BURST_MESSAGES 1024
#define BURST_BYTES    (1024 * 1024)
#define TICK_MS        500
#define LINGER_MS      60000

typedef struct
{
  ToolSession session;

  /* options */
  ToolTopics topics;
  double rate;
  gboolean is_endless;
  int wait_peers;

  /* the file */
  const char *file_name; /* borrowed */
  int fd;                /* -1: not open */
  HeinMcapReader *reader;
  guint64 first_ns; /* of the first message of this pass */
  guint64 pass_sent;

  /* while it runs */
  HeinMessage *pending; /* nullable: still to be sent */
  gint64 pending_us;    /* when; of the monotonic clock */
  gint64 start_us;      /* 0: nobody was there yet */
  guint pause_id;
  guint64 n_sent;
  guint64 n_bytes;
  guint64 n_unsendable;
  guint n_lost; /* peers */
} Replay;

static const ToolHelp help = {
  "FILE",
  "Sends the messages of a recording again, with their topics and at the\n"
  "intervals that they had.",
  "Messages wait until --wait-peers peers are there. They come from this bus,\n"
  "whoever sent them when they were recorded.\n\n"
  "A file that was cut short or is damaged is sent as far as it can be read,\n"
  "and what is wrong with it is said at the end.\n\n"
  "Exit status: 0 when everything was sent and taken, 1 failed, or the file "
  "is\n"
  "damaged, 2 wrong usage, 3 when --timeout came before.\n\n"
  "Examples:\n"
  "  hein replay today.mcap --listen tcp://localhost:7000\n"
  "  hein replay today.mcap --rate 10 --dial tcp://localhost:7000\n"
  "  hein replay today.mcap --rate 0 --topic weather \\\n"
  "    --listen tcp://localhost:7000",
};

/* ---- the file ---- */

static gboolean
open_file (Replay *self)
{
  g_autoptr (GError) error = NULL;

  self->fd = open (self->file_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (self->fd < 0)
    {
      tool_complain ("%s: %s", self->file_name, g_strerror (errno));
      return FALSE;
    }
  self->reader = hein_mcap_reader_new (self->fd, &error);
  if (self->reader == NULL)
    tool_complain ("%s: %s", self->file_name, error->message);
  return self->reader != NULL;
}

static ToolStatus
tell_damage (Replay *self)
{
  const guint64 n = hein_mcap_reader_get_n_damaged (self->reader);

  if (n > 0)
    tool_complain ("%s is damaged in %" G_GUINT64_FORMAT
                   " place%s, and what stood there was not sent",
                   self->file_name, n, n == 1 ? "" : "s");
  if (hein_mcap_reader_is_cut (self->reader))
    tool_complain ("%s was cut short: what follows is not in it",
                   self->file_name);
  if (self->n_unsendable > 0)
    tool_complain ("%" G_GUINT64_FORMAT " message%s cannot be sent by hein",
                   self->n_unsendable, self->n_unsendable == 1 ? "" : "s");
  return n > 0 || self->n_unsendable > 0 ||
             hein_mcap_reader_is_cut (self->reader)
           ? TOOL_FAILED
           : TOOL_DONE;
}

/* When the message of @time_ns is due. Time that goes back is no time at
 * all. */
static gint64
get_due_us (Replay *self, guint64 time_ns)
{
  double distance_us;

  if (self->pass_sent == 0)
    self->first_ns = time_ns;
  if (self->rate == 0 || time_ns <= self->first_ns)
    return 0;
  distance_us = (time_ns - self->first_ns) / 1e3 / self->rate;
  return distance_us < (double) (G_MAXINT64 / 4)
           ? self->start_us + (gint64) distance_us
           : G_MAXINT64;
}

static void
end_pass (Replay *self)
{
  if (self->is_endless && self->pass_sent > 0)
    {
      hein_mcap_reader_rewind (self->reader);
      self->start_us = g_get_monotonic_time ();
      self->pass_sent = 0;
    }
  else
    tool_session_end (&self->session, TOOL_DONE);
}

/* Reads on to the next message that is wanted; FALSE: there is none now. */
static gboolean
read_one (Replay *self)
{
  HeinMcapMessage recorded;
  g_autoptr (GError) error = NULL;

  while (self->pending == NULL)
    {
      if (!hein_mcap_reader_next (self->reader, &recorded, &error))
        break;
      self->pending = hein_mcap_envelope_open (recorded.channel, recorded.data,
                                               recorded.size);
      if (self->pending == NULL)
        self->n_unsendable++;
      else if (tool_topics_want (&self->topics, self->pending))
        self->pending_us = get_due_us (self, recorded.time_ns);
      else
        g_clear_pointer (&self->pending, hein_message_unref);
    }
  if (self->pending != NULL)
    return TRUE;
  if (error == NULL)
    end_pass (self);
  else
    {
      tool_complain ("%s: %s", self->file_name, error->message);
      tool_session_end (&self->session, TOOL_FAILED);
    }
  return FALSE;
}

/* ---- sending ---- */

static gboolean
on_pause_over (gpointer user_data)
{
  Replay *self = user_data;

  self->pause_id = 0;
  return G_SOURCE_REMOVE;
}

/* Returns TRUE while the next message is not due, and arranges to wake then. */
static gboolean
is_early (Replay *self)
{
  const gint64 left_us = self->pending_us - g_get_monotonic_time ();

  if (self->pending_us == 0 || left_us <= 0)
    return FALSE;
  if (self->pause_id == 0)
    {
      /* of a millisecond, the timer knows nothing */
      GSource *source = g_timeout_source_new (0);

      g_source_set_ready_time (source, self->pending_us);
      g_source_set_callback (source, on_pause_over, self, NULL);
      self->pause_id = g_source_attach (source, NULL);
      g_source_unref (source);
    }
  return TRUE;
}

/* Returns FALSE when it has to wait, or nothing is left to send. */
static gboolean
send_one (Replay *self)
{
  g_autoptr (GError) error = NULL;

  if (!read_one (self) || is_early (self))
    return FALSE;
  if (hein_bus_send (self->session.bus, self->pending, &error))
    {
      self->n_sent++;
      self->pass_sent++;
      self->n_bytes += hein_message_get_size (self->pending);
      g_clear_pointer (&self->pending, hein_message_unref);
      return TRUE;
    }
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK))
    return FALSE;
  tool_complain ("%s", error->message);
  tool_session_end (&self->session, TOOL_FAILED);
  return FALSE;
}

static void
pump (gpointer user_data)
{
  Replay *self = user_data;
  const guint64 end_bytes = self->n_bytes + BURST_BYTES;

  if (tool_session_check_end (&self->session, self->is_endless, self->n_sent) ||
      tool_session_count_takers (&self->session) < (guint) self->wait_peers)
    return;
  if (self->start_us == 0)
    self->start_us = g_get_monotonic_time ();
  for (guint i = 0; i < BURST_MESSAGES && self->n_bytes < end_bytes; i++)
    if (!send_one (self))
      return;
  g_main_context_wakeup (NULL);
}

static gboolean
on_tick (gpointer user_data)
{
  Replay *self = user_data;

  if (!self->session.is_over && tool_progress_is_wanted () &&
      !self->session.is_verbose)
    tool_progress_show_counts (tool_session_count_takers (&self->session),
                               self->n_sent, ", %.0f %% of the file",
                               100 *
                                 hein_mcap_reader_get_progress (self->reader));
  return G_SOURCE_CONTINUE;
}

/* ---- the command ---- */

static void
on_peer_removed (HeinBus *bus,
                 HeinPeer *peer,
                 const GError *error,
                 Replay *self)
{
  if (error == NULL || hein_peer_get_messages_sent (peer) == 0)
    return;
  self->n_lost++;
  tool_complain ("%s was lost: %s", hein_peer_get_name (peer), error->message);
}

/* Messages from others would fill the inbox. */
static void
on_messages (HeinBus *bus, GPtrArray *messages, gpointer user_data)
{
}

static int
finish (Replay *self)
{
  ToolSession *session = &self->session;
  ToolStatus damage;
  g_autoptr (GError) error = NULL;

  tool_progress_hide ();
  if (session->status == TOOL_TIMED_OUT)
    tool_session_complain_timeout (session, self->n_sent, "sent");
  /* closing removes every peer, which is not a loss */
  g_signal_handlers_disconnect_by_func (session->bus, on_peer_removed, self);
  if (!tool_session_close (session, LINGER_MS, &error))
    {
      tool_complain ("%s", error->message);
      if (session->status == TOOL_DONE)
        session->status = TOOL_FAILED;
    }
  if (tool_losses_tell_unsent (session->bus, 0, session->is_verbose) > 0 &&
      session->status == TOOL_DONE)
    session->status = TOOL_FAILED;
  damage = tell_damage (self);
  if (session->status == TOOL_DONE && self->n_lost > 0)
    return TOOL_FAILED;
  return session->status != TOOL_DONE ? session->status : damage;
}

static gboolean
check (Replay *self, int argc, char **argv)
{
  if (argc != 2)
    tool_complain_usage (argc < 2 ? "the file to send is missing"
                                  : "replay takes one file");
  else if (!(self->rate >= 0 && self->rate <= 1e6))
    tool_complain_usage ("--rate takes a number from 0 to 1000000");
  else if (self->wait_peers < 0)
    tool_complain_usage ("--wait-peers takes a number of at least 0");
  else
    return tool_topics_check (&self->topics);
  return FALSE;
}

static int
replay (Replay *self, const char *file_name)
{
  self->file_name = file_name;
  if (!open_file (self))
    return TOOL_FAILED;
  if (!tool_session_open (&self->session))
    return self->session.status;
  g_object_set (self->session.bus, "overflow", HEIN_OVERFLOW_WAIT, NULL);
  g_signal_connect (self->session.bus, "messages", G_CALLBACK (on_messages),
                    NULL);
  g_signal_connect (self->session.bus, "peer-removed",
                    G_CALLBACK (on_peer_removed), self);
  g_timeout_add (TICK_MS, on_tick, self);
  tool_session_run (&self->session, pump, self);
  return finish (self);
}

static void
clear (Replay *self)
{
  g_clear_pointer (&self->pending, hein_message_unref);
  g_clear_pointer (&self->reader, hein_mcap_reader_free);
  if (self->fd >= 0)
    close (self->fd);
  tool_session_clear (&self->session);
  tool_topics_clear (&self->topics);
}

int
tool_replay (int argc, char **argv)
{
  Replay self = { .rate = 1, .wait_peers = 1, .fd = -1 };
  GOptionEntry shared[TOOL_SESSION_N_OPTIONS];
  GOptionEntry topics[TOOL_TOPICS_N_OPTIONS];
  const GOptionEntry own[] = {
    { "rate", 'r', 0, G_OPTION_ARG_DOUBLE, &self.rate,
      "So many times as fast as it was; 0: as fast as peers take it; 1 unless "
      "given",
      "R" },
    { "loop", 0, 0, G_OPTION_ARG_NONE, &self.is_endless,
      "Begin again at the end, until interrupted", NULL },
    { "wait-peers", 'w', 0, G_OPTION_ARG_INT, &self.wait_peers,
      "Send while at least N peers are there; 1 unless given", "N" },
    { NULL },
  };
  const GOptionEntry *const groups[] = { shared, topics, own, NULL };
  int status = TOOL_USAGE;

  tool_session_fill_options (&self.session, shared);
  tool_topics_fill_options (&self.topics, topics);
  if (tool_parse (&help, groups, &argc, &argv) && check (&self, argc, argv))
    status = replay (&self, argv[1]);
  clear (&self);
  return status;
}

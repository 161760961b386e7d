/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mcap/hein-mcap-alarm.h"
#include "mcap/hein-mcap-player.h"
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
  char *rate_text; /* nullable: 1 */
  double rate;
  gboolean is_endless;
  int wait_peers;

  HeinMcapPlayer *player;
  GSource *alarm;  /* wakes when the next message is due */
  guint64 n_bytes; /* that were sent */
  guint n_lost;    /* peers */
} Replay;

static const ToolHelp help = {
  "FILE",
  "Sends the messages of a recording again, with their topics and at the\n"
  "intervals that they had.",
  "Messages wait until --wait-peers peers are there. They come from this bus,\n"
  "whoever sent them when they were recorded. A program under test can dial\n"
  "replay:///path/FILE itself: then they come from peers of those names.\n\n"
  "A file that was cut short or is damaged is sent as far as it can be read,\n"
  "and what is wrong with it is said at the end.\n\n"
  "Exit status: 0 when everything was sent and taken, 1 failed, or the file "
  "is\n"
  "damaged, 2 wrong usage, 3 when --timeout came before.\n\n"
  "Examples:\n"
  "  hein replay today.mcap --listen tcp://localhost:7000\n"
  "  hein replay today.mcap --rate 10 --dial tcp://localhost:7000\n"
  "  hein replay today.mcap --rate max --topic weather \\\n"
  "    --listen tcp://localhost:7000",
};

/* ---- the file ---- */

static gboolean
is_wanted (HeinMessage *message, gpointer user_data)
{
  Replay *self = user_data;

  return tool_topics_want (&self->topics, message);
}

static gboolean
open_file (Replay *self, const char *file_name)
{
  const HeinMcapPlayerOptions options = {
    .rate = self->rate,
    .is_endless = self->is_endless,
    .wants = is_wanted,
    .data = self,
  };
  g_autoptr (GError) error = NULL;

  self->player = hein_mcap_player_new (file_name, &options, &error);
  if (self->player != NULL)
    self->alarm = hein_mcap_alarm_new (&error);
  if (self->alarm == NULL)
    tool_complain ("%s", error->message);
  return self->alarm != NULL;
}

static ToolStatus
tell_faults (Replay *self)
{
  g_auto (GStrv) faults = hein_mcap_player_list_faults (self->player);

  for (guint i = 0; faults[i] != NULL; i++)
    tool_complain ("%s", faults[i]);
  return faults[0] != NULL ? TOOL_FAILED : TOOL_DONE;
}

/* Reads on to the next message that is wanted; FALSE: there is none now. */
static gboolean
read_one (Replay *self)
{
  g_autoptr (GError) error = NULL;

  switch (hein_mcap_player_look (self->player, &error))
    {
    case HEIN_MCAP_PLAYER_MESSAGE:
      return TRUE;
    case HEIN_MCAP_PLAYER_BUSY:
      g_main_context_wakeup (NULL);
      return FALSE;
    case HEIN_MCAP_PLAYER_END:
      tool_session_end (&self->session, TOOL_DONE);
      return FALSE;
    case HEIN_MCAP_PLAYER_FAILED:
    default:
      tool_complain ("%s", error->message);
      tool_session_end (&self->session, TOOL_FAILED);
      return FALSE;
    }
}

/* ---- sending ---- */

/* Returns FALSE when it has to wait, or nothing is left to send. */
static gboolean
send_one (Replay *self)
{
  HeinMessage *message;
  g_autoptr (GError) error = NULL;

  if (!read_one (self) ||
      hein_mcap_player_must_wait (self->player, self->alarm))
    return FALSE;
  message = hein_mcap_player_get_message (self->player);
  if (hein_bus_send (self->session.bus, message, &error))
    {
      self->n_bytes += hein_message_get_size (message);
      hein_mcap_player_pass (self->player);
      return TRUE;
    }
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK))
    return FALSE;
  tool_complain ("%s", error->message);
  tool_session_end (&self->session, TOOL_FAILED);
  return FALSE;
}

static guint64
count_sent (Replay *self)
{
  return hein_mcap_player_get_n_passed (self->player);
}

static void
pump (gpointer user_data)
{
  Replay *self = user_data;
  const guint64 end_bytes = self->n_bytes + BURST_BYTES;

  if (tool_session_check_end (&self->session, self->is_endless,
                              count_sent (self)) ||
      tool_session_count_takers (&self->session) < (guint) self->wait_peers)
    return;
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
                               count_sent (self), ", %.0f %% of the file",
                               100 *
                                 hein_mcap_player_get_progress (self->player));
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
  ToolStatus faults;
  g_autoptr (GError) error = NULL;

  tool_progress_hide ();
  if (session->status == TOOL_TIMED_OUT)
    tool_session_complain_timeout (session, count_sent (self), "sent");
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
  faults = tell_faults (self);
  if (session->status == TOOL_DONE && self->n_lost > 0)
    return TOOL_FAILED;
  return session->status != TOOL_DONE ? session->status : faults;
}

static gboolean
check (Replay *self, int argc, char **argv)
{
  if (argc != 2)
    tool_complain_usage (argc < 2 ? "the file to send is missing"
                                  : "replay takes one file");
  else if (self->rate_text != NULL &&
           !hein_mcap_parse_rate (self->rate_text, &self->rate))
    tool_complain_usage ("--rate takes max, or a number above 0, up to %.0f",
                         HEIN_MCAP_RATE_MAX);
  else if (self->wait_peers < 0)
    tool_complain_usage ("--wait-peers takes a number of at least 0");
  else
    return tool_topics_check (&self->topics);
  return FALSE;
}

static int
replay (Replay *self, const char *file_name)
{
  if (!open_file (self, file_name))
    return TOOL_FAILED;
  if (!tool_session_open (&self->session))
    return self->session.status;
  g_object_set (self->session.bus, "overflow", HEIN_OVERFLOW_WAIT, NULL);
  g_signal_connect (self->session.bus, "messages", G_CALLBACK (on_messages),
                    NULL);
  g_signal_connect (self->session.bus, "peer-removed",
                    G_CALLBACK (on_peer_removed), self);
  g_timeout_add (TICK_MS, on_tick, self);
  g_source_attach (self->alarm, NULL);
  tool_session_run (&self->session, pump, self);
  return finish (self);
}

static void
clear (Replay *self)
{
  if (self->alarm != NULL)
    g_source_destroy (self->alarm);
  g_clear_pointer (&self->alarm, g_source_unref);
  g_clear_pointer (&self->player, hein_mcap_player_free);
  g_free (self->rate_text);
  tool_session_clear (&self->session);
  tool_topics_clear (&self->topics);
}

int
tool_replay (int argc, char **argv)
{
  Replay self = { .rate = 1, .wait_peers = 1 };
  GOptionEntry shared[TOOL_SESSION_N_OPTIONS];
  GOptionEntry topics[TOOL_TOPICS_N_OPTIONS];
  const GOptionEntry own[] = {
    { "rate", 'r', 0, G_OPTION_ARG_STRING, &self.rate_text,
      "So many times as fast as it was; max: as fast as peers take it; 1 "
      "unless given",
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib-unix.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool-commands.h"
#include "tool-format.h"
#include "tool-intake.h"
#include "tool-losses.h"
#include "tool-options.h"
#include "tool-output.h"
#include "tool-progress.h"
#include "tool-session.h"
#include "tool-status.h"
#include "tool-topics.h"

/* The command `hein receive`: prints the messages that arrive. */

#define ANY_NUMBER      G_MININT64
#define STATUS_MS       500
#define CLOSE_LINGER_MS 1000

typedef struct
{
  ToolSession session;

  /* options */
  ToolTopics topics;
  gint64 count; /* ANY_NUMBER unless given */
  char *format_name;
  gboolean has_time;

  /* while it runs */
  ToolFormat format;
  ToolOutput output;
  ToolIntake intake;
  guint64 n_messages;
  guint64 n_bytes;

  /* the status line; its times are in microseconds */
  gint64 status_us;
  guint64 status_messages;
  guint64 status_bytes;
} Receive;

static const ToolHelp help = {
  "",
  "Prints messages as they arrive.",
  "Formats:\n"
  "  text  sender, topic and payload, separated by tabs; characters that a\n"
  "        terminal must not get are shown as \\n, \\t, \\\\ or \\xNN\n"
  "  json  an object per line; a payload that is not UTF-8 is in\n"
  "        \"payload-base64\"\n"
  "  hex   sender, topic and the payload in hexadecimal digits\n"
  "  raw   the bytes of the payload, and nothing else\n\n"
  "Messages that were lost on the way, found no room or were of no use are\n"
  "counted, and reported on standard error at the end; with --verbose also\n"
  "which ones, and when.\n\n"
  "Exit status: 0 done, 1 failed, 2 wrong usage, 3 when --timeout came before\n"
  "--count messages, or before any.\n\n"
  "An address that leaves this machine unencrypted needs ?plaintext=yes.\n\n"
  "Examples:\n"
  "  hein receive --listen tcp://localhost:7000\n"
  "  hein receive --dial tcp://localhost:7000 --topic weather --format json\n"
  "  hein receive --dial tcp://localhost:7000 --pattern 'house/*/light'\n"
  "  hein receive --dial tcp://localhost:7000 --format json --timestamp \\\n"
  "    > today.json\n"
  "  hein receive --listen 'tcp://*:7000?plaintext=yes' --count 1 --timeout 5",
};

/* ---- the status line ---- */

static void
show_status (Receive *self)
{
  gint64 now_us = g_get_monotonic_time ();
  double seconds = (now_us - self->status_us) / (double) G_USEC_PER_SEC;
  guint64 n = self->n_messages - self->status_messages;
  guint64 n_bytes = self->n_bytes - self->status_bytes;
  guint n_peers =
    hein_peers_get_n_peers (hein_bus_get_peers (self->session.bus));
  guint64 n_lost =
    hein_bus_get_n_dropped (self->session.bus, HEIN_DROP_REASON_LOST);
  g_autofree char *lost =
    n_lost > 0 ? g_strdup_printf (", %" G_GUINT64_FORMAT " lost", n_lost)
               : g_strdup ("");

  tool_progress_show_counts (n_peers, self->n_messages,
                             ", %.0f messages/s, %.3f MB/s%s", n / seconds,
                             n_bytes / seconds / 1e6, lost);
  self->status_us = now_us;
  self->status_messages = self->n_messages;
  self->status_bytes = self->n_bytes;
}

static gboolean
on_status (gpointer user_data)
{
  Receive *self = user_data;

  if (!self->session.is_over)
    show_status (self);
  return G_SOURCE_CONTINUE;
}

/* ---- taking messages ---- */

static gboolean
is_complete (Receive *self)
{
  return self->count >= 0 && self->n_messages >= (guint64) self->count;
}

/* Whoever has delivered it, and waits for a receipt, is told that it is
 * printed, or that it is not. */
static void
put_one (Receive *self, HeinMessage *message)
{
  if (is_complete (self))
    {
      hein_message_refuse (message, "it prints no more messages");
      return;
    }
  if (!tool_topics_want (&self->topics, message))
    {
      hein_message_refuse (message, "it does not print the topic");
      return;
    }
  if (self->has_time)
    tool_format_with_time (self->format, self->output.buffer, message);
  else
    self->format (self->output.buffer, message);
  self->n_messages++;
  self->n_bytes += hein_message_get_size (message);
  hein_message_acknowledge (message);
}

static void
put (gpointer user_data, GPtrArray *messages)
{
  Receive *self = user_data;

  for (guint i = 0; i < messages->len; i++)
    put_one (self, g_ptr_array_index (messages, i));
  if (is_complete (self))
    tool_session_end (&self->session, TOOL_DONE);
}

/* Whether all has been printed. */
static gboolean
flush (gpointer user_data)
{
  Receive *self = user_data;

  if (self->output.buffer->len > 0 && isatty (STDOUT_FILENO))
    tool_progress_hide ();
  if (!tool_output_flush (&self->output))
    return FALSE;
  if (self->output.error != NULL)
    tool_session_end (&self->session, TOOL_FAILED);
  else if (self->output.is_closed)
    tool_session_end (&self->session, TOOL_DONE); /* such as `| head` */
  return TRUE;
}

static void
pump (gpointer user_data)
{
  Receive *self = user_data;

  if (!tool_session_check_end (&self->session, self->count < 0,
                               self->n_messages) &&
      !tool_intake_pump (&self->intake))
    tool_output_watch (&self->output);
}

/* ---- the command ---- */

static gboolean
on_reader_gone (int fd, GIOCondition condition, gpointer user_data)
{
  Receive *self = user_data;

  tool_session_end (&self->session, TOOL_DONE);
  return G_SOURCE_REMOVE;
}

/* Ends the command when its reader is gone (`| head`), even if no message
 * comes. */
static void
watch_reader (Receive *self)
{
  struct stat info;

  if (fstat (STDOUT_FILENO, &info) == 0 && S_ISFIFO (info.st_mode))
    g_unix_fd_add (STDOUT_FILENO, G_IO_ERR, on_reader_gone, self);
}

static void
run (Receive *self)
{
  self->intake = (ToolIntake){
    .session = &self->session,
    .put = put,
    .has_room = flush,
    .user_data = self,
  };
  tool_output_init (&self->output, STDOUT_FILENO);
  watch_reader (self);
  self->status_us = g_get_monotonic_time ();
  if (tool_progress_is_wanted () && !self->session.is_verbose)
    g_timeout_add (STATUS_MS, on_status, self);
  tool_session_run (&self->session, pump, self);
}

static void
complain_timeout (Receive *self)
{
  g_autofree char *others =
    g_strdup_printf ("came, %" G_GUINT64_FORMAT " of other topics",
                     self->topics.n_hidden);

  tool_session_complain_timeout (&self->session, self->n_messages,
                                 self->topics.n_hidden > 0 ? others : "came");
}

static int
finish (Receive *self)
{
  ToolSession *session = &self->session;
  guint n_interrupts = session->n_interrupts;

  tool_progress_hide ();
  if (session->status == TOOL_TIMED_OUT)
    complain_timeout (self);
  tool_intake_stop (&self->intake);
  /* needs no linger: nothing is queued for peers on this side */
  tool_session_close (session, CLOSE_LINGER_MS, NULL);
  while (!tool_output_flush (&self->output) && n_interrupts == 0 &&
         session->n_interrupts == 0)
    {
      tool_output_watch (&self->output);
      g_main_context_iteration (NULL, TRUE);
    }
  tool_losses_tell (session->bus);
  if (self->output.error == NULL)
    return session->status;
  tool_complain ("%s", self->output.error->message);
  return TOOL_FAILED;
}

static gboolean
check (Receive *self, int argc, char **argv)
{
  if (argc > 1)
    {
      tool_complain_usage ("receive takes no argument: %s", argv[1]);
      return FALSE;
    }
  if (self->count < 1 && self->count != ANY_NUMBER)
    {
      tool_complain_usage ("--count takes a number of at least 1");
      return FALSE;
    }
  if (!tool_topics_check (&self->topics))
    return FALSE;
  self->format =
    tool_format_find (self->format_name != NULL ? self->format_name : "text");
  if (self->format != NULL && self->has_time &&
      !tool_format_has_time (self->format))
    {
      tool_complain_usage ("--timestamp does not go with --format raw");
      return FALSE;
    }
  if (self->format != NULL)
    return TRUE;
  tool_complain_usage ("--format is text, json, hex or raw, not %s",
                       self->format_name);
  return FALSE;
}

static void
clear (Receive *self)
{
  if (self->output.buffer != NULL)
    tool_output_clear (&self->output);
  tool_session_clear (&self->session);
  tool_topics_clear (&self->topics);
  g_free (self->format_name);
}

int
tool_receive (int argc, char **argv)
{
  Receive self = { .count = ANY_NUMBER };
  GOptionEntry shared[TOOL_SESSION_N_OPTIONS];
  GOptionEntry topics[TOOL_TOPICS_N_OPTIONS];
  const GOptionEntry own[] = {
    { "count", 'c', 0, G_OPTION_ARG_INT64, &self.count, "End after N messages",
      "N" },
    { "format", 'f', 0, G_OPTION_ARG_FILENAME, &self.format_name,
      "text (the default), json, hex or raw", "F" },
    { "timestamp", 0, 0, G_OPTION_ARG_NONE, &self.has_time,
      "Print when each message came, in UTC", NULL },
    { NULL },
  };
  const GOptionEntry *const groups[] = { shared, topics, own, NULL };
  int status = TOOL_USAGE;

  tool_session_fill_options (&self.session, shared);
  tool_topics_fill_options (&self.topics, topics);
  if (tool_parse (&help, groups, &argc, &argv) && check (&self, argc, argv))
    {
      const gboolean is_open = tool_session_open (&self.session);
      const gboolean is_subscribed =
        is_open && tool_topics_subscribe (&self.topics, self.session.bus);

      if (is_subscribed)
        run (&self);
      status =
        is_open && !is_subscribed ? TOOL_USAGE : (int) self.session.status;
      if (self.output.buffer != NULL)
        status = finish (&self);
    }
  clear (&self);
  return status;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "mcap/hein-mcap-recorder.h"
#include "mcap/hein-mcap-writer.h"
#include "tool-commands.h"
#include "tool-intake.h"
#include "tool-losses.h"
#include "tool-options.h"
#include "tool-progress.h"
#include "tool-session.h"
#include "tool-status.h"
#include "tool-topics.h"

/* The command `hein record`: writes the messages that arrive to a file. */

#define ANY_NUMBER      G_MININT64
#define TICK_MS         250
#define CLOSE_LINGER_MS 1000

typedef struct
{
  ToolSession session;

  /* options */
  ToolTopics topics;
  gint64 count; /* ANY_NUMBER unless given */
  char *file_name;
  char *compression_name;
  gboolean may_replace;

  /* while it runs */
  HeinMcapCompression compression;
  int fd; /* -1: not open */
  HeinMcapRecorder *recorder;
  ToolIntake intake;
  guint64 n_messages;
} Record;

static const ToolHelp help = {
  "",
  "Writes the messages that arrive to a file, with the time of each, which\n"
  "hein replay sends again.",
  "The file is in the format MCAP, which other programs read, too. Every half\n"
  "second it is brought up to date: if this command is killed, what was\n"
  "written until then can be read. A delivery is acknowledged when it is\n"
  "taken, before it is on the disk. While the disk is slower than what comes,\n"
  "messages wait, first here and then at their senders.\n\n"
  "Messages that were lost on the way, found no room or were of no use are\n"
  "counted, and reported on standard error at the end.\n\n"
  "Exit status: 0 done, 1 failed, 2 wrong usage, 3 when --timeout came before\n"
  "--count messages, or before any.\n\n"
  "Examples:\n"
  "  hein record --dial tcp://localhost:7000 --output today.mcap\n"
  "  hein record --listen tcp://localhost:7000 --pattern 'house/**' \\\n"
  "    --count 1000 --output house.mcap",
};

/* ---- taking messages ---- */

static gboolean
is_complete (Record *self)
{
  return self->count >= 0 && self->n_messages >= (guint64) self->count;
}

static void
put_one (Record *self, HeinMessage *message)
{
  if (is_complete (self))
    {
      hein_message_refuse (message, "it records no more messages");
      return;
    }
  if (!tool_topics_want (&self->topics, message))
    {
      hein_message_refuse (message, "it does not record the topic");
      return;
    }
  hein_mcap_recorder_add (self->recorder, message);
  self->n_messages++;
  hein_message_acknowledge (message);
}

static void
put (gpointer user_data, GPtrArray *messages)
{
  Record *self = user_data;

  for (guint i = 0; i < messages->len; i++)
    put_one (self, g_ptr_array_index (messages, i));
  if (is_complete (self))
    tool_session_end (&self->session, TOOL_DONE);
}

static gboolean
has_room (gpointer user_data)
{
  Record *self = user_data;

  return hein_mcap_recorder_has_room (self->recorder);
}

static void
pump (gpointer user_data)
{
  Record *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!hein_mcap_recorder_flush (self->recorder, &error))
    {
      tool_complain ("%s: %s", self->file_name, error->message);
      tool_session_end (&self->session, TOOL_FAILED);
    }
  else if (!tool_session_check_end (&self->session, self->count < 0,
                                    self->n_messages))
    tool_intake_pump (&self->intake);
}

static gboolean
on_tick (gpointer user_data)
{
  Record *self = user_data;

  if (!tool_progress_is_wanted () || self->session.is_verbose ||
      self->session.is_over)
    return G_SOURCE_CONTINUE;
  tool_progress_show_counts (hein_peers_get_n_peers (
                               hein_bus_get_peers (self->session.bus)),
                             self->n_messages, ", %.3f MB",
                             hein_mcap_recorder_get_size (self->recorder) /
                               1e6);
  return G_SOURCE_CONTINUE;
}

/* ---- the file ---- */

static gboolean
open_file (Record *self)
{
  g_autoptr (GError) error = NULL;

  self->fd = open (self->file_name,
                   O_WRONLY | O_CREAT | O_CLOEXEC |
                     (self->may_replace ? O_TRUNC : O_EXCL),
                   0666);
  if (self->fd < 0 && errno == EEXIST)
    tool_complain ("%s is there already: --force replaces it", self->file_name);
  else if (self->fd < 0)
    tool_complain ("%s: %s", self->file_name, g_strerror (errno));
  if (self->fd < 0)
    return FALSE;
  self->recorder =
    hein_mcap_recorder_new (self->fd, self->compression, NULL, &error);
  if (self->recorder == NULL)
    tool_complain ("%s: %s", self->file_name, error->message);
  return self->recorder != NULL;
}

/* Says what is in the file, and whether that is all. */
static ToolStatus
finish_file (Record *self)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = hein_mcap_recorder_finish (self->recorder, &error);
  const guint64 n = hein_mcap_recorder_get_n_written (self->recorder);

  if (close (self->fd) < 0 && ok)
    {
      g_set_error_literal (&error, G_IO_ERROR, g_io_error_from_errno (errno),
                           g_strerror (errno));
      ok = FALSE;
    }
  self->fd = -1;
  if (!ok && self->session.status != TOOL_FAILED)
    tool_complain ("%s: %s", self->file_name, error->message);
  if (n < self->n_messages)
    tool_complain ("%s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                   " messages are in it",
                   self->file_name, n, self->n_messages);
  else
    fprintf (stderr, "%s: %" G_GUINT64_FORMAT " message%s, %.3f MB\n",
             self->file_name, n, n == 1 ? "" : "s",
             hein_mcap_recorder_get_size (self->recorder) / 1e6);
  return ok ? self->session.status : TOOL_FAILED;
}

/* ---- the command ---- */

static int
finish (Record *self)
{
  ToolSession *session = &self->session;
  ToolStatus status;

  tool_progress_hide ();
  if (session->status == TOOL_TIMED_OUT)
    tool_session_complain_timeout (session, self->n_messages, "came");
  tool_intake_stop (&self->intake);
  /* needs no linger: nothing is queued for peers on this side */
  tool_session_close (session, CLOSE_LINGER_MS, NULL);
  status = finish_file (self);
  tool_losses_tell (session->bus);
  return status;
}

static gboolean
check_compression (Record *self)
{
  const char *name = self->compression_name;

  if (name == NULL || g_str_equal (name, "none"))
    self->compression = HEIN_MCAP_PLAIN;
  else if (g_str_equal (name, "zstd"))
    self->compression = HEIN_MCAP_ZSTD;
  else
    {
      tool_complain_usage ("--compress is zstd or none, not %s", name);
      return FALSE;
    }
  if (hein_mcap_can_compress (self->compression))
    return TRUE;
  tool_complain ("this hein was built without zstd");
  return FALSE;
}

static gboolean
check (Record *self, int argc, char **argv)
{
  if (argc > 1)
    tool_complain_usage ("record takes no argument: %s", argv[1]);
  else if (self->file_name == NULL || self->file_name[0] == '\0')
    tool_complain_usage ("--output is missing: the file to write to");
  else if (self->count < 1 && self->count != ANY_NUMBER)
    tool_complain_usage ("--count takes a number of at least 1");
  else
    return tool_topics_check (&self->topics) && check_compression (self);
  return FALSE;
}

static int
record (Record *self)
{
  if (!tool_session_open (&self->session))
    return self->session.status;
  if (!tool_topics_subscribe (&self->topics, self->session.bus))
    return TOOL_USAGE;
  if (!open_file (self))
    return TOOL_FAILED;
  self->intake = (ToolIntake){
    .session = &self->session,
    .put = put,
    .has_room = has_room,
    .user_data = self,
  };
  g_timeout_add (TICK_MS, on_tick, self);
  tool_session_run (&self->session, pump, self);
  return finish (self);
}

static void
clear (Record *self)
{
  g_clear_pointer (&self->recorder, hein_mcap_recorder_free);
  if (self->fd >= 0)
    close (self->fd);
  tool_session_clear (&self->session);
  tool_topics_clear (&self->topics);
  g_free (self->file_name);
  g_free (self->compression_name);
}

int
tool_record (int argc, char **argv)
{
  Record self = { .count = ANY_NUMBER, .fd = -1 };
  GOptionEntry shared[TOOL_SESSION_N_OPTIONS];
  GOptionEntry topics[TOOL_TOPICS_N_OPTIONS];
  const GOptionEntry own[] = {
    { "count", 'c', 0, G_OPTION_ARG_INT64, &self.count, "End after N messages",
      "N" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &self.file_name,
      "The file to write to", "FILE" },
    { "force", 0, 0, G_OPTION_ARG_NONE, &self.may_replace,
      "Replace the file if it is there", NULL },
    { "compress", 0, 0, G_OPTION_ARG_FILENAME, &self.compression_name,
      "zstd, or none (the default)", "METHOD" },
    { NULL },
  };
  const GOptionEntry *const groups[] = { shared, topics, own, NULL };
  int status = TOOL_USAGE;

  tool_session_fill_options (&self.session, shared);
  tool_topics_fill_options (&self.topics, topics);
  if (tool_parse (&help, groups, &argc, &argv) && check (&self, argc, argv))
    status = record (&self);
  clear (&self);
  return status;
}

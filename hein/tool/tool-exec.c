/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-exec.h"

#include <signal.h>
#include <string.h>

#include "tool-exec-lines.h"

/* Runs a shell command that answers a request. */

/* The maximum of error text that is sent to a peer, in bytes. */
#define TEXT_MAX 1024

typedef struct
{
  HeinRequest *request; /* owned */
  GSubprocess *process; /* owned; NULL: it did not start */
  gulong cancelled_id;
  ToolExecDone done;
  gpointer user_data;
} Exec;

static void
exec_free (Exec *self)
{
  g_cancellable_disconnect (hein_request_get_cancellable (self->request),
                            self->cancelled_id);
  g_clear_object (&self->process);
  g_object_unref (self->request);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Exec, exec_free)

static void
on_cancelled (GCancellable *cancellable, Exec *self)
{
  g_subprocess_send_signal (self->process, SIGTERM);
}

static GSubprocess *
spawn (const char *command, HeinRequest *request, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
    G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE |
    G_SUBPROCESS_FLAGS_STDERR_PIPE);

  g_subprocess_launcher_setenv (launcher, "HEIN_TOPIC",
                                hein_request_get_topic (request), TRUE);
  g_subprocess_launcher_setenv (launcher, "HEIN_PEER",
                                hein_peer_get_name (
                                  hein_request_get_peer (request)),
                                TRUE);
  return g_subprocess_launcher_spawn (launcher, error, "/bin/sh", "-c", command,
                                      NULL);
}

/* Returns the error output of the command, or how it ended. (transfer full) */
static char *
make_text (GBytes *complaint, int code)
{
  gsize size;
  const char *data = g_bytes_get_data (complaint, &size);
  g_autofree char *text =
    g_utf8_make_valid (size > 0 ? data : "", MIN (size, TEXT_MAX));

  g_strchomp (text);
  if (*text != '\0')
    return g_steal_pointer (&text);
  return g_strdup_printf ("the command ended with status %d", code);
}

static int
get_code (GSubprocess *process)
{
  return g_subprocess_get_if_exited (process)
           ? g_subprocess_get_exit_status (process)
           : 128 + g_subprocess_get_term_sig (process);
}

static void
on_ended (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Exec) self = data;
  g_autoptr (GBytes) output = NULL;
  g_autoptr (GBytes) complaint = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  ToolExecResult outcome = { 0 };

  if (!g_subprocess_communicate_finish (self->process, result, &output,
                                        &complaint, &error))
    {
      outcome.code = 126;
      outcome.text = error->message;
    }
  else if ((outcome.code = get_code (self->process)) == 0)
    {
      outcome.output = output;
      outcome.size = g_bytes_get_size (output);
    }
  else
    outcome.text = text = make_text (complaint, outcome.code);
  self->done (&outcome, self->user_data);
}

static void
on_lines_given (gsize size, GBytes *complaint, gpointer data)
{
  g_autoptr (Exec) self = data;
  g_autofree char *text = NULL;
  ToolExecResult outcome = { .code = get_code (self->process), .size = size };

  outcome.is_given = outcome.code == 0;
  if (!outcome.is_given)
    outcome.text = text = make_text (complaint, outcome.code);
  self->done (&outcome, self->user_data);
}

/* Deferred, as tool_exec must not call back. */
static gboolean
on_failed (gpointer data)
{
  Exec *self = data;
  char text[] = "the command cannot be started";
  const ToolExecResult outcome = { .code = 126, .text = text };

  self->done (&outcome, self->user_data);
  return G_SOURCE_REMOVE;
}

void
tool_exec (const char *command,
           HeinRequest *request,
           gboolean by_line,
           ToolExecDone done,
           gpointer user_data)
{
  Exec *self = g_new0 (Exec, 1);
  HeinMessage *message = hein_request_get_message (request);

  self->request = g_object_ref (request);
  self->done = done;
  self->user_data = user_data;
  self->process = spawn (command, request, NULL);
  if (self->process == NULL)
    {
      g_idle_add_full (G_PRIORITY_DEFAULT, on_failed, self,
                       (GDestroyNotify) exec_free);
      return;
    }
  self->cancelled_id =
    g_cancellable_connect (hein_request_get_cancellable (request),
                           G_CALLBACK (on_cancelled), self, NULL);
  if (by_line && hein_request_get_takes_parts (request))
    tool_exec_lines (self->process, request, on_lines_given, self);
  else
    g_subprocess_communicate_async (self->process,
                                    hein_message_get_payload (message), NULL,
                                    on_ended, self);
}

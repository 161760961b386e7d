/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-control.h"

#include <errno.h>
#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Asks buses on this machine what they say of themselves, as the page "Looking
 * inside" describes it for who writes a tool. That takes less than to run
 * `hein peers --json` each second: the connection stays open, and a window that
 * is closed leaves no process behind.
 */

/* For so long a bus may say nothing. */
#define SILENCE_MS     2000
#define READ_SIZE      16384
#define LINE_BYTES_MAX 65536
#define DEPTH_MAX      8
/* Of an answer; what says more is not a bus. */
#define ANSWER_MAX (16 * 1024 * 1024)

struct _MonitorControl
{
  GObject parent_instance;

  char *path;
  GSocketConnection *connection; /* nullable */
};

/* A question that is not answered yet. */
typedef struct
{
  char *what;
  MonitorControlFunc func;
  gpointer func_data;
  GCancellable *cancellable; /* of this question */
  gulong cancelled_id;
  GCancellable *outer; /* nullable: of who asks */
  guint silence_id;
  gboolean is_silent; /* it took too long */
  GString *text;      /* that has come, and is no line yet */
  gsize n_read;
  char bytes[READ_SIZE];
} Question;

G_DEFINE_FINAL_TYPE (MonitorControl, monitor_control, G_TYPE_OBJECT)

char *
monitor_control_dup_folder (GError **error)
{
  g_autofree char *folder =
    g_build_filename (g_get_user_runtime_dir (), "hein", NULL);
  struct stat info;

  if (lstat (folder, &info) != 0)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s",
                 folder, g_strerror (errno));
  else if (!S_ISDIR (info.st_mode) || info.st_uid != geteuid () ||
           (info.st_mode & 077) != 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                 "%s is not a folder of this user alone", folder);
  else
    return g_steal_pointer (&folder);
  return NULL;
}

static void
monitor_control_finalize (GObject *object)
{
  MonitorControl *self = MONITOR_CONTROL (object);

  g_free (self->path);
  g_clear_object (&self->connection);
  G_OBJECT_CLASS (monitor_control_parent_class)->finalize (object);
}

static void
monitor_control_class_init (MonitorControlClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = monitor_control_finalize;
}

static void
monitor_control_init (MonitorControl *self)
{
}

MonitorControl *
monitor_control_new (const char *path)
{
  MonitorControl *self = g_object_new (MONITOR_TYPE_CONTROL, NULL);

  self->path = g_strdup (path);
  return self;
}

/* ---- a question ---- */

static void
question_free (gpointer data)
{
  Question *self = data;

  if (self->outer != NULL)
    g_cancellable_disconnect (self->outer, self->cancelled_id);
  g_clear_object (&self->outer);
  g_clear_handle_id (&self->silence_id, g_source_remove);
  g_object_unref (self->cancellable);
  g_string_free (self->text, TRUE);
  g_free (self->what);
  g_free (self);
}

static gboolean
on_silence (gpointer data)
{
  Question *self = data;

  self->silence_id = 0;
  self->is_silent = TRUE;
  g_cancellable_cancel (self->cancellable);
  return G_SOURCE_REMOVE;
}

static void
wait_again (Question *self)
{
  g_clear_handle_id (&self->silence_id, g_source_remove);
  self->silence_id = g_timeout_add (SILENCE_MS, on_silence, self);
}

/* Takes @task and @error over. */
static void
fail (GTask *task, GError *error)
{
  MonitorControl *self = g_task_get_source_object (task);
  Question *question = g_task_get_task_data (task);

  g_clear_object (&self->connection);
  g_clear_handle_id (&question->silence_id, g_source_remove);
  if (question->is_silent)
    {
      g_clear_error (&error);
      error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                                   "does not answer");
    }
  g_task_return_error (task, error);
  g_object_unref (task);
}

/* ---- the answer ---- */

/* json-glib recurses. */
static gboolean
is_shallow (const char *line)
{
  guint depth = 0;

  for (; *line != '\0'; line++)
    if (*line == '{' || *line == '[')
      {
        if (++depth > DEPTH_MAX)
          return FALSE;
      }
    else if ((*line == '}' || *line == ']') && depth > 0)
      depth--;
  return TRUE;
}

static gboolean
read_line (Question *self, const char *line, gboolean *is_end, GError **error)
{
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object;

  if (is_shallow (line))
    node = json_from_string (line, error);
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    {
      g_clear_error (error);
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                           "what it says is not understood");
      return FALSE;
    }
  object = json_node_get_object (node);
  if (json_object_has_member (object, "error"))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "it says: %s",
                   json_object_get_string_member_with_default (object, "error",
                                                               ""));
      return FALSE;
    }
  *is_end = json_object_has_member (object, "end");
  self->func (object, self->func_data);
  return TRUE;
}

static gboolean
read_lines (Question *self, gboolean *is_end, GError **error)
{
  char *begin = self->text->str, *newline;

  while (!*is_end && (newline = strchr (begin, '\n')) != NULL)
    {
      *newline = '\0';
      if (!read_line (self, begin, is_end, error))
        return FALSE;
      begin = newline + 1;
    }
  g_string_erase (self->text, 0, begin - self->text->str);
  if (self->text->len <= LINE_BYTES_MAX && self->n_read <= ANSWER_MAX)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                       "what it says has no end");
  return FALSE;
}

static void on_read (GObject *source, GAsyncResult *result, gpointer data);

/* Takes @task over. */
static void
read_more (GTask *task)
{
  MonitorControl *self = g_task_get_source_object (task);
  Question *question = g_task_get_task_data (task);

  wait_again (question);
  g_input_stream_read_async (g_io_stream_get_input_stream (
                               G_IO_STREAM (self->connection)),
                             question->bytes, sizeof question->bytes,
                             G_PRIORITY_DEFAULT_IDLE, question->cancellable,
                             on_read, task);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  GTask *task = data;
  Question *question = g_task_get_task_data (task);
  GError *error = NULL;
  gboolean is_end = FALSE;
  const gssize size =
    g_input_stream_read_finish (G_INPUT_STREAM (source), result, &error);

  if (size == 0)
    g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED,
                         "has hung up");
  if (size > 0)
    {
      question->n_read += (gsize) size;
      g_string_append_len (question->text, question->bytes, size);
      read_lines (question, &is_end, &error);
    }
  if (error != NULL)
    {
      fail (task, error);
      return;
    }
  if (!is_end)
    {
      read_more (task);
      return;
    }
  g_clear_handle_id (&question->silence_id, g_source_remove);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;

  if (g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL,
                                        &error))
    read_more (data);
  else
    fail (data, error);
}

/* Takes @task over. */
static void
write_request (GTask *task)
{
  MonitorControl *self = g_task_get_source_object (task);
  Question *question = g_task_get_task_data (task);

  g_output_stream_write_all_async (g_io_stream_get_output_stream (
                                     G_IO_STREAM (self->connection)),
                                   question->what, strlen (question->what),
                                   G_PRIORITY_DEFAULT, question->cancellable,
                                   on_written, task);
}

/* ---- connecting ---- */

/* Whether a process of this user listens, whoever made the file. */
static gboolean
check_user (GSocketConnection *connection, GError **error)
{
  g_autoptr (GCredentials) who =
    g_socket_get_credentials (g_socket_connection_get_socket (connection),
                              error);

  if (who == NULL)
    return FALSE;
  if (g_credentials_get_unix_user (who, NULL) == geteuid ())
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                       "belongs to another user");
  return FALSE;
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  GTask *task = data;
  MonitorControl *self = g_task_get_source_object (task);
  GError *error = NULL;
  g_autoptr (GSocketConnection) connection =
    g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);

  if (connection == NULL || !check_user (connection, &error))
    {
      fail (task, error);
      return;
    }
  g_set_object (&self->connection, connection);
  write_request (task);
}

static void
on_cancelled (GCancellable *outer, GCancellable *inner)
{
  g_cancellable_cancel (inner);
}

static Question *
question_new (const char *what,
              MonitorControlFunc func,
              gpointer func_data,
              GCancellable *cancellable)
{
  Question *self = g_new0 (Question, 1);

  self->what = g_strdup_printf ("{\"hein\":1,\"ask\":\"%s\"}\n", what);
  self->func = func;
  self->func_data = func_data;
  self->text = g_string_new (NULL);
  self->cancellable = g_cancellable_new ();
  if (cancellable != NULL)
    {
      self->outer = g_object_ref (cancellable);
      self->cancelled_id =
        g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled),
                               g_object_ref (self->cancellable),
                               g_object_unref);
    }
  return self;
}

void
monitor_control_ask_async (MonitorControl *self,
                           const char *what,
                           MonitorControlFunc func,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GSocketClient) client = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  Question *question = question_new (what, func, user_data, cancellable);
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, monitor_control_ask_async);
  g_task_set_task_data (task, question, question_free);
  wait_again (question);
  if (self->connection != NULL)
    {
      write_request (task);
      return;
    }
  client = g_socket_client_new ();
  address = g_unix_socket_address_new (self->path);
  g_socket_client_connect_async (client, G_SOCKET_CONNECTABLE (address),
                                 question->cancellable, on_connected, task);
}

gboolean
monitor_control_ask_finish (MonitorControl *self,
                            GAsyncResult *result,
                            GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

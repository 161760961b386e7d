/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-exec-lines.h"

/* Gives each line that a command prints as one of many answers. */

/* The maximum of what is kept of standard error, in bytes. */
#define COMPLAINT_MAX 1024

typedef struct
{
  GSubprocess *process;    /* owned */
  HeinRequest *request;    /* owned */
  GDataInputStream *lines; /* owned */
  GBytes *line;            /* owned, nullable: waits for credit */
  GByteArray *complaint;
  guint8 chunk[COMPLAINT_MAX];
  ToolExecLinesDone done;
  gpointer user_data;
  guint n_pending; /* ways in which the process goes on */
  gsize size;
} Lines;

/* One of the ways in which the process goes on is at its end. */
static void
end_one (Lines *self)
{
  g_autoptr (GBytes) complaint = NULL;

  if (--self->n_pending > 0)
    return;
  complaint = g_byte_array_free_to_bytes (self->complaint);
  self->done (self->size, complaint, self->user_data);
  g_clear_pointer (&self->line, g_bytes_unref);
  g_object_unref (self->lines);
  g_object_unref (self->process);
  g_object_unref (self->request);
  g_free (self);
}

/* ---- standard output ---- */

static void read_line (Lines *self);

static void on_credit (GObject *source, GAsyncResult *result, gpointer data);

/* Returns FALSE when the line has to wait, or nobody wants it. */
static gboolean
give_line (Lines *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) part =
    hein_message_new (hein_request_get_topic (self->request), self->line);

  if (hein_request_reply_part (self->request, part, &error))
    {
      self->size += g_bytes_get_size (self->line);
      g_clear_pointer (&self->line, g_bytes_unref);
      return TRUE;
    }
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK))
    {
      hein_request_wait_for_credit_async (self->request, NULL, on_credit, self);
      return FALSE;
    }
  /* what the command prints from now on goes nowhere; so that it does not wait
   * for a reader */
  g_input_stream_close (G_INPUT_STREAM (self->lines), NULL, NULL);
  end_one (self);
  return FALSE;
}

static void
on_credit (GObject *source, GAsyncResult *result, gpointer data)
{
  Lines *self = data;

  hein_request_wait_for_credit_finish (HEIN_REQUEST (source), result, NULL);
  if (give_line (self))
    read_line (self);
}

static void
on_line (GObject *source, GAsyncResult *result, gpointer data)
{
  Lines *self = data;
  gsize size;
  char *line =
    g_data_input_stream_read_line_finish (self->lines, result, &size, NULL);

  if (line == NULL)
    {
      end_one (self);
      return;
    }
  self->line = g_bytes_new_take (line, size);
  if (give_line (self))
    read_line (self);
}

static void
read_line (Lines *self)
{
  g_data_input_stream_read_line_async (self->lines, G_PRIORITY_DEFAULT, NULL,
                                       on_line, self);
}

/* ---- standard error, standard input, and the end ---- */

static void read_complaint (Lines *self);

static void
on_complaint (GObject *source, GAsyncResult *result, gpointer data)
{
  Lines *self = data;
  const gssize n =
    g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);

  if (n <= 0)
    {
      end_one (self);
      return;
    }
  g_byte_array_append (self->complaint, self->chunk,
                       MIN (n, COMPLAINT_MAX - (gssize) self->complaint->len));
  read_complaint (self);
}

static void
read_complaint (Lines *self)
{
  g_input_stream_read_async (g_subprocess_get_stderr_pipe (self->process),
                             self->chunk, sizeof self->chunk,
                             G_PRIORITY_DEFAULT, NULL, on_complaint, self);
}

/* A command need not read what it is fed. */
static void
on_fed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_output_stream_splice_finish (G_OUTPUT_STREAM (source), result, NULL);
  end_one (data);
}

static void
feed (Lines *self)
{
  HeinMessage *message = hein_request_get_message (self->request);
  g_autoptr (GInputStream) payload =
    g_memory_input_stream_new_from_bytes (hein_message_get_payload (message));

  g_output_stream_splice_async (g_subprocess_get_stdin_pipe (self->process),
                                payload,
                                G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE |
                                  G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
                                G_PRIORITY_DEFAULT, NULL, on_fed, self);
}

static void
on_ended (GObject *source, GAsyncResult *result, gpointer data)
{
  g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
  end_one (data);
}

void
tool_exec_lines (GSubprocess *process,
                 HeinRequest *request,
                 ToolExecLinesDone done,
                 gpointer user_data)
{
  Lines *self = g_new0 (Lines, 1);

  self->process = g_object_ref (process);
  self->request = g_object_ref (request);
  self->lines =
    g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  self->complaint = g_byte_array_new ();
  self->done = done;
  self->user_data = user_data;
  self->n_pending = 4;
  read_line (self);
  read_complaint (self);
  feed (self);
  g_subprocess_wait_async (process, NULL, on_ended, self);
}

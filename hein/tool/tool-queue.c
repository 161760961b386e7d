/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-queue.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tool-lines.h"
#include "tool-parse.h"

/* Makes messages of command-line arguments, files, and lines of input. */

#define CHUNK_SIZE (64 * 1024)
#define JSON_MORE  (1024 * 1024)

typedef struct
{
  ToolSourceKind kind;
  const char *text; /* borrowed: the payload, or a path */
} Source;

void
tool_queue_init (ToolQueue *self)
{
  *self = (ToolQueue){ .n_passes_left = 1 };
  self->sources = g_array_new (FALSE, FALSE, sizeof (Source));
}

void
tool_queue_clear (ToolQueue *self)
{
  tool_lines_clear (&self->lines);
  g_clear_pointer (&self->sources, g_array_unref);
}

void
tool_queue_add (ToolQueue *self, ToolSourceKind kind, const char *text)
{
  Source source = { kind, text };

  g_array_append_val (self->sources, source);
}

void
tool_queue_start (ToolQueue *self,
                  const char *topic,
                  const char *type,
                  int n_passes,
                  gsize max_size)
{
  self->topic = topic;
  self->type = type;
  self->is_endless = n_passes == 0;
  self->n_passes_left = n_passes;
  self->max_size = max_size;
  /* in JSON a byte takes up to six, and there is more than the payload */
  tool_lines_init (&self->lines, STDIN_FILENO,
                   self->is_json ? 6 * max_size + JSON_MORE : max_size);
}

gboolean
tool_queue_is_empty (ToolQueue *self)
{
  return self->at >= self->sources->len;
}

static Source *
peek (ToolQueue *self)
{
  return &g_array_index (self->sources, Source, self->at);
}

void
tool_queue_watch (ToolQueue *self)
{
  if (!tool_queue_is_empty (self) && peek (self)->kind == TOOL_SOURCE_LINES)
    tool_lines_watch (&self->lines);
}

/* ---- files ---- */

static gboolean
fail (const char *path, GError **error)
{
  int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", path,
               g_strerror (code));
  return FALSE;
}

/* Returns FALSE at the end of the file, or with @error. */
static gboolean
read_chunk (int fd, const char *path, GByteArray *data, GError **error)
{
  guint used = data->len;
  gssize n;

  g_byte_array_set_size (data, used + CHUNK_SIZE);
  do
    n = read (fd, data->data + used, CHUNK_SIZE);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return fail (path, error);
  g_byte_array_set_size (data, used + n);
  return n > 0;
}

static GBytes *
read_all (int fd, const char *path, gsize max_size, GError **error)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  GError *read_error = NULL;

  while (data->len <= max_size && read_chunk (fd, path, data, &read_error))
    ;
  if (read_error == NULL && data->len > max_size)
    g_set_error (&read_error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
                 "%s: is over max-message-size, %" G_GSIZE_FORMAT " bytes",
                 path, max_size);
  if (read_error == NULL)
    return g_byte_array_free_to_bytes (g_steal_pointer (&data));
  g_propagate_error (error, read_error);
  return NULL;
}

static HeinMessage *
read_file (ToolQueue *self, const char *path, GError **error)
{
  g_autoptr (GBytes) data = NULL;
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    {
      fail (path, error);
      return NULL;
    }
  data = read_all (fd, path, self->max_size, error);
  close (fd);
  return data != NULL ? hein_message_new_typed (self->topic, self->type, data)
                      : NULL;
}

/* ---- messages ---- */

static HeinMessage *
make_message (ToolQueue *self, const char *data, gsize size, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;

  if (self->is_json)
    return tool_parse_message (data, size, self->topic, self->type,
                               &self->time_us, error);
  if (self->type == NULL)
    return hein_message_new_data (self->topic, (const guint8 *) data, size);
  bytes = g_bytes_new (data, size);
  return hein_message_new_typed (self->topic, self->type, bytes);
}

/* Returns the next line; NULL without an error when none is complete yet. */
static HeinMessage *
read_line (ToolQueue *self, GError **error)
{
  GError *read_error = NULL;
  const char *line;
  gsize size;

  do
    line = tool_lines_take (&self->lines, &size);
  while (line == NULL && tool_lines_fill (&self->lines, &read_error));
  if (read_error == NULL && line != NULL)
    {
      HeinMessage *message = make_message (self, line, size, &read_error);

      if (message != NULL)
        return message;
      g_prefix_error (&read_error, "line %" G_GUINT64_FORMAT ": ",
                      self->lines.n_lines);
    }
  if (read_error != NULL)
    g_propagate_error (error, read_error);
  return NULL;
}

static void
go_on (ToolQueue *self)
{
  self->at++;
  if (!tool_queue_is_empty (self))
    return;
  if (self->is_endless || --self->n_passes_left > 0)
    self->at = 0;
}

HeinMessage *
tool_queue_take (ToolQueue *self, GError **error)
{
  while (!tool_queue_is_empty (self))
    {
      Source *source = peek (self);
      HeinMessage *message = NULL;
      GError *text_error = NULL;

      switch (source->kind)
        {
        case TOOL_SOURCE_TEXT:
          message = make_message (self, source->text, strlen (source->text),
                                  &text_error);
          if (text_error != NULL)
            {
              g_propagate_error (error, text_error);
              return NULL;
            }
          break;
        case TOOL_SOURCE_FILE:
          message = read_file (self, source->text, error);
          break;
        case TOOL_SOURCE_LINES:
          message = read_line (self, &text_error);
          if (text_error != NULL)
            g_propagate_error (error, text_error);
          if (message != NULL || text_error != NULL || !self->lines.is_at_end)
            return message;
          break;
        }
      if (message == NULL && source->kind == TOOL_SOURCE_FILE)
        return NULL;
      go_on (self);
      if (message != NULL)
        return message;
    }
  return NULL;
}

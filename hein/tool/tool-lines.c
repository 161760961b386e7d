/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-lines.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Splits standard input into lines. */

#define CHUNK_SIZE (64 * 1024)

void
tool_lines_init (ToolLines *self, int fd, gsize max_size)
{
  *self = (ToolLines){ .fd = fd, .max_size = max_size };
}

void
tool_lines_clear (ToolLines *self)
{
  g_clear_handle_id (&self->watch_id, g_source_remove);
  g_clear_pointer (&self->buffer, g_free);
}

static const char *
take_until (ToolLines *self, gsize end, gsize skip, gsize *size)
{
  const char *line = self->buffer + self->begin;

  *size = end - self->begin;
  self->begin = self->scanned = end + skip;
  self->n_lines++;
  return line;
}

const char *
tool_lines_take (ToolLines *self, gsize *size)
{
  const char *newline = NULL;

  if (self->end > self->scanned)
    newline =
      memchr (self->buffer + self->scanned, '\n', self->end - self->scanned);
  if (newline != NULL)
    return take_until (self, newline - self->buffer, 1, size);
  self->scanned = self->end;
  /* the last line may lack its newline */
  if (self->is_at_end && self->begin < self->end)
    return take_until (self, self->end, 0, size);
  return NULL;
}

static gboolean
make_room (ToolLines *self, GError **error)
{
  gsize used = self->end - self->begin;

  if (used > self->max_size)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
                   "line %" G_GUINT64_FORMAT
                   " is over max-message-size, %" G_GSIZE_FORMAT " bytes",
                   self->n_lines + 1, self->max_size);
      return FALSE;
    }
  if (self->begin > 0 && used > 0)
    memmove (self->buffer, self->buffer + self->begin, used);
  self->scanned -= self->begin;
  self->begin = 0;
  self->end = used;
  if (self->size - used < CHUNK_SIZE)
    {
      self->size = MAX (2 * self->size, used + CHUNK_SIZE);
      self->buffer = g_realloc (self->buffer, self->size);
    }
  return TRUE;
}

static gboolean
is_readable (ToolLines *self)
{
  struct pollfd poll_fd = { .fd = self->fd, .events = POLLIN };

  return poll (&poll_fd, 1, 0) > 0;
}

gboolean
tool_lines_fill (ToolLines *self, GError **error)
{
  gssize n;

  if (self->is_at_end || !is_readable (self) || !make_room (self, error))
    return FALSE;
  n = read (self->fd, self->buffer + self->end, self->size - self->end);
  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return FALSE;
  if (n < 0)
    {
      int code = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
                   "cannot read standard input: %s", g_strerror (code));
      return FALSE;
    }
  self->end += n;
  self->is_at_end = n == 0;
  return TRUE;
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer user_data)
{
  ToolLines *self = user_data;

  self->watch_id = 0;
  return G_SOURCE_REMOVE;
}

void
tool_lines_watch (ToolLines *self)
{
  if (self->watch_id == 0)
    self->watch_id = g_unix_fd_add (self->fd, G_IO_IN | G_IO_HUP | G_IO_ERR,
                                    on_readable, self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-output.h"

#include <errno.h>
#include <glib-unix.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool-options.h"
#include "tool-status.h"

/*
 * A slow reader, such as a pager, must not block the bus, which has to answer
 * heartbeats. The descriptor may be shared with other processes, so it must not
 * be made non-blocking; but a pipe that poll() reports as writable takes
 * PIPE_BUF bytes without blocking.
 */

void
tool_output_init (ToolOutput *self, int fd)
{
  struct stat info;

  *self = (ToolOutput){ .fd = fd };
  self->buffer = g_string_sized_new (64 * 1024);
  self->is_file = fstat (fd, &info) == 0 && S_ISREG (info.st_mode);
}

void
tool_output_clear (ToolOutput *self)
{
  g_clear_handle_id (&self->watch_id, g_source_remove);
  g_clear_error (&self->error);
  g_string_free (self->buffer, TRUE);
  self->buffer = NULL;
}

static gboolean
has_room (ToolOutput *self)
{
  struct pollfd poll_fd = { .fd = self->fd, .events = POLLOUT };

  return self->is_file || poll (&poll_fd, 1, 0) > 0;
}

static void
fail (ToolOutput *self, int code)
{
  self->is_closed = TRUE;
  if (code != EPIPE && self->error == NULL)
    self->error =
      g_error_new (G_IO_ERROR, g_io_error_from_errno (code),
                   "cannot write to standard output: %s", g_strerror (code));
}

/* Returns FALSE when nothing more can be written now. */
static gboolean
write_some (ToolOutput *self, gsize max_size)
{
  gsize left = self->buffer->len - self->offset;
  gssize n =
    write (self->fd, self->buffer->str + self->offset, MIN (left, max_size));

  if (n >= 0)
    self->offset += n;
  else if (errno == EAGAIN)
    return FALSE;
  else if (errno != EINTR)
    fail (self, errno);
  return !self->is_closed;
}

static gboolean
forget_if_written (ToolOutput *self)
{
  if (!self->is_closed && self->offset < self->buffer->len)
    return FALSE;
  g_string_truncate (self->buffer, 0);
  self->offset = 0;
  return TRUE;
}

gboolean
tool_output_flush (ToolOutput *self)
{
  gsize max_size = self->is_file ? G_MAXINT32 : PIPE_BUF;

  while (!self->is_closed && self->offset < self->buffer->len)
    if (!has_room (self) || !write_some (self, max_size))
      break;
  return forget_if_written (self);
}

static gboolean
on_writable (int fd, GIOCondition condition, gpointer user_data)
{
  ToolOutput *self = user_data;

  self->watch_id = 0;
  return G_SOURCE_REMOVE;
}

void
tool_output_watch (ToolOutput *self)
{
  if (self->watch_id == 0)
    self->watch_id =
      g_unix_fd_add (self->fd, G_IO_OUT | G_IO_ERR, on_writable, self);
}

ToolStatus
tool_output_print (const char *text)
{
  ToolOutput output;
  ToolStatus status = TOOL_DONE;

  tool_output_init (&output, STDOUT_FILENO);
  g_string_append (output.buffer, text);
  while (!tool_output_flush (&output))
    {
      struct pollfd poll_fd = { .fd = output.fd, .events = POLLOUT };

      poll (&poll_fd, 1, -1);
    }
  if (output.error != NULL)
    {
      tool_complain ("%s", output.error->message);
      status = TOOL_FAILED;
    }
  tool_output_clear (&output);
  return status;
}

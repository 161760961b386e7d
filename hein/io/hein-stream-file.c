/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-stream-file.h"

#include <errno.h>
#include <unistd.h>

/* Streams over devices, which have neither flags per call nor a way to close
 * one direction. */

/* EIO from a terminal means that its other side has hung up: end of stream. */
static gssize
file_read (HeinStream *self, void *buffer, gsize size, GError **error)
{
  gssize n;

  do
    n = read (self->fd, buffer, size);
  while (n < 0 && errno == EINTR);
  if (n < 0 && errno == EIO)
    return 0;
  return hein_stream_end_call (self, n, "reading", error);
}

static gssize
file_write (HeinStream *self,
            const struct iovec *vectors,
            guint n_vectors,
            GError **error)
{
  gssize n;

  do
    n = writev (self->fd, vectors, n_vectors);
  while (n < 0 && errno == EINTR);
  return hein_stream_end_call (self, n, "writing", error);
}

static void
file_shut_down_write (HeinStream *self)
{
}

static void
file_close (HeinStream *self)
{
  close (self->fd);
  g_free (self);
}

static const HeinStreamFuncs file_funcs = {
  .read = file_read,
  .write = file_write,
  .shut_down_write = file_shut_down_write,
  .close = file_close,
};

HeinStream *
hein_stream_new_file (int fd)
{
  HeinStream *self = g_new0 (HeinStream, 1);

  self->funcs = &file_funcs;
  self->fd = fd;
  self->is_open = TRUE;
  self->lacks_end = isatty (fd);
  return self;
}

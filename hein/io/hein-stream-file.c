/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-stream-file.h"

#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Streams over devices, which have neither flags per call nor a way to close
 * one direction. */

typedef struct
{
  HeinStream stream;
  GBytes *first; /* owned, nullable: what is read before anything else */
  guint64 n_read;
} HeinFileStream;

/* A stream is the first member of its own kind. */
static HeinFileStream *
from_stream (HeinStream *stream)
{
  return (HeinFileStream *) stream;
}

static gsize
read_first (HeinFileStream *self, void *buffer, gsize size)
{
  const gsize all = g_bytes_get_size (self->first);
  const gsize n = MIN (size, all);
  g_autoptr (GBytes) first = g_steal_pointer (&self->first);

  memcpy (buffer, g_bytes_get_data (first, NULL), n);
  if (n < all)
    self->first = g_bytes_new_from_bytes (first, n, all - n);
  self->stream.has_pending = self->first != NULL;
  return n;
}

/* EIO from a terminal means that its other side has hung up: end of stream. */
static gssize
read_device (HeinStream *self, void *buffer, gsize size, GError **error)
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
file_read (HeinStream *stream, void *buffer, gsize size, GError **error)
{
  HeinFileStream *self = from_stream (stream);
  const gssize n = self->first != NULL
                     ? (gssize) read_first (self, buffer, size)
                     : read_device (stream, buffer, size, error);

  if (n > 0)
    self->n_read += n;
  return n;
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
file_close (HeinStream *stream)
{
  HeinFileStream *self = from_stream (stream);

  close (stream->fd);
  g_clear_pointer (&self->first, g_bytes_unref);
  g_free (self);
}

static const HeinStreamFuncs file_funcs = {
  .read = file_read,
  .write = file_write,
  .shut_down_write = file_shut_down_write,
  .close = file_close,
};

HeinStream *
hein_stream_new_file (int fd, GBytes *first)
{
  HeinFileStream *self = g_new0 (HeinFileStream, 1);

  self->stream.funcs = &file_funcs;
  self->stream.fd = fd;
  self->stream.is_open = TRUE;
  self->stream.lacks_end = isatty (fd);
  self->stream.has_pending = first != NULL;
  self->first = first;
  /* what still lies there was said to whoever had the line before */
  if (self->stream.lacks_end && first == NULL)
    tcflush (fd, TCIFLUSH);
  return &self->stream;
}

guint64
hein_stream_file_count_read (HeinStream *self)
{
  g_return_val_if_fail (self->funcs == &file_funcs, 0);

  return from_stream (self)->n_read;
}

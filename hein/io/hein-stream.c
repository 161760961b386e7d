/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-stream.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hein-world-net.h"

/* The plain socket as a stream, and what its errors say about the peer. */

gssize
hein_stream_end_call (HeinStream *self,
                      gssize n,
                      const char *what,
                      GError **error)
{
  int code = errno;

  if (n >= 0 || code == EAGAIN || code == EWOULDBLOCK)
    return n;
  self->code = code;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", what,
               g_strerror (code));
  return -1;
}

static gssize
socket_read (HeinStream *self, void *buffer, gsize size, GError **error)
{
  gssize n;

  do
    n = recv (self->fd, buffer, size, MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  return hein_stream_end_call (self, n, "reading", error);
}

/* send is cheaper than sendmsg, and one vector is the common case. */
static gssize
send_once (int fd, const struct iovec *vectors, guint n_vectors)
{
  const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  struct msghdr message = {
    .msg_iov = (struct iovec *) vectors,
    .msg_iovlen = n_vectors,
  };

  return n_vectors == 1 ? send (fd, vectors->iov_base, vectors->iov_len, flags)
                        : sendmsg (fd, &message, flags);
}

static gssize
socket_write (HeinStream *self,
              const struct iovec *vectors,
              guint n_vectors,
              GError **error)
{
  gssize n;

  do
    n = send_once (self->fd, vectors, n_vectors);
  while (n < 0 && errno == EINTR);
  return hein_stream_end_call (self, n, "writing", error);
}

static void
socket_shut_down_write (HeinStream *self)
{
  shutdown (self->fd, SHUT_WR);
}

static void
socket_close (HeinStream *self)
{
  close (self->fd);
  g_free (self);
}

gsize
hein_stream_count_unsent (HeinStream *self)
{
  int n = 0;

  if (G_UNLIKELY (self->fd <= HEIN_WORLD_FD_FIRST))
    return self->n_unsent +
           (hein_world != NULL
              ? hein_world->funcs->count_unsent (hein_world, self->fd)
              : 0);
  if (ioctl (self->fd, SIOCOUTQ, &n) != 0)
    n = 0;
  return self->n_unsent + n;
}

gboolean
hein_stream_was_cut (HeinStream *self)
{
  int error = 0;
  socklen_t size = sizeof error;

  if (G_UNLIKELY (self->fd <= HEIN_WORLD_FD_FIRST) && hein_world != NULL)
    error = hein_world->funcs->was_reset (hein_world, self->fd);
  /* only SO_ERROR reveals a reset that arrived after the end of the stream */
  getsockopt (self->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error != 0 || hein_stream_count_unsent (self) > 0;
}

/* A reset that comes first fails the call with ECONNRESET; writing after an
 * orderly end fails with EPIPE. */
gboolean
hein_stream_had_end (HeinStream *self, gboolean is_eof)
{
  return self->code == EPIPE || (self->code == 0 && is_eof);
}

/* Only TCP has it: a socket of a path takes the option, and ends in order. */
static gboolean
socket_reset_at_close (HeinStream *self)
{
  const struct linger at_once = { .l_onoff = 1 };
  int domain = AF_UNSPEC;
  socklen_t size = sizeof domain;

  getsockopt (self->fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
  return (domain == AF_INET || domain == AF_INET6) &&
         setsockopt (self->fd, SOL_SOCKET, SO_LINGER, &at_once,
                     sizeof at_once) == 0;
}

static const HeinStreamFuncs socket_funcs = {
  .read = socket_read,
  .write = socket_write,
  .shut_down_write = socket_shut_down_write,
  .reset_at_close = socket_reset_at_close,
  .close = socket_close,
};

HeinStream *
hein_stream_new_socket (int fd)
{
  HeinStream *self = g_new0 (HeinStream, 1);

  self->funcs = &socket_funcs;
  self->fd = fd;
  self->is_open = TRUE;
  return self;
}

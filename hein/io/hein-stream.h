/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <sys/uio.h>

G_BEGIN_DECLS

/*
 * A connected byte stream behind a small vtable, so that TLS can stand where the
 * plain socket stands. Such a layer keeps bytes of its own in both directions,
 * which the descriptor tells nothing of: who holds the stream looks at what it
 * says of itself after each call.
 */
typedef struct _HeinStream HeinStream;
typedef struct _HeinStreamFuncs HeinStreamFuncs;

struct _HeinStreamFuncs
{
  /* Goes on with what comes before the first byte, at first and whenever the
   * descriptor is ready: TRUE, and is_open, when that is done; FALSE with @error,
   * or without: it waits. NULL when it is open from the beginning. */
  gboolean (*open) (HeinStream *self, GError **error);
  /* > 0 bytes, 0 end of stream, -1 with @error, or -1 without: would block */
  gssize (*read) (HeinStream *self, void *buffer, gsize size, GError **error);
  gssize (*write) (HeinStream *self,
                   const struct iovec *vectors,
                   guint n_vectors,
                   GError **error);
  /* Hands more of n_unsent to the socket. FALSE with @error: it is broken. NULL
   * when there never is any. */
  gboolean (*flush) (HeinStream *self, GError **error);
  /* after what is unsent, and without waiting for that */
  void (*shut_down_write) (HeinStream *self);
  /* closes the descriptor and frees @self; the watch is removed before */
  void (*close) (HeinStream *self);
};

struct _HeinStream
{
  const HeinStreamFuncs *funcs;
  int fd;
  int code; /* errno of the call that failed, or 0 */

  /* what it says of itself */
  gboolean is_layer; /* FALSE: what follows never changes */
  gboolean is_open;  /* bytes may be read and written */
  gboolean
    has_pending;  /* of what was received, though the descriptor is quiet */
  gsize n_unsent; /* taken by write, and not by the socket: bytes as sent */
  const char *security; /* nullable: what proved who it is, HeinPeer:security */
  const char *name;     /* nullable: the name that was proved */
};

/* For implementations: what a call returned, with errno, as `read` says it. */
gssize hein_stream_end_call (HeinStream *self,
                             gssize n,
                             const char *what,
                             GError **error);

/* Takes @fd, which must be non-blocking. Writes never raise SIGPIPE. */
HeinStream *hein_stream_new_socket (int fd);

static inline gssize
hein_stream_read (HeinStream *self, void *buffer, gsize size, GError **error)
{
  return self->funcs->read (self, buffer, size, error);
}

static inline gssize
hein_stream_write (HeinStream *self,
                   const struct iovec *vectors,
                   guint n_vectors,
                   GError **error)
{
  return self->funcs->write (self, vectors, n_vectors, error);
}

static inline gboolean
hein_stream_open (HeinStream *self, GError **error)
{
  return self->is_open || self->funcs->open (self, error);
}

static inline gboolean
hein_stream_flush (HeinStream *self, GError **error)
{
  return self->n_unsent == 0 || self->funcs->flush (self, error);
}

/* Bytes that the other machine, or the other process, has not taken. */
gsize hein_stream_count_unsent (HeinStream *self);
/* After the other's end: whether it has not taken all that was written. */
gboolean hein_stream_was_cut (HeinStream *self);
/* When it has ended or failed: whether the other's end came before a reset, if
 * there was one. Linux resets at once what is closed with bytes that were not
 * read: so what the other machine had confirmed by then was read. */
gboolean hein_stream_had_end (HeinStream *self, gboolean is_eof);

static inline void
hein_stream_shut_down_write (HeinStream *self)
{
  self->funcs->shut_down_write (self);
}

static inline void
hein_stream_close (HeinStream *self)
{
  self->funcs->close (self);
}

G_END_DECLS

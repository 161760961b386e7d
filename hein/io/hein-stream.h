/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include <gio/gio.h>
#include <sys/uio.h>

G_BEGIN_DECLS

/*
 * A connected byte stream behind a small vtable, so that TLS can take the place
 * of the plain socket. A TLS layer buffers bytes in both directions, which
 * polling the descriptor does not reveal: after each call, the owner of a
 * stream checks the fields below by which the layer reports its state.
 */
typedef struct _HeinStream HeinStream;
typedef struct _HeinStreamFuncs HeinStreamFuncs;

/* What a handshake proved about the peer. */
typedef struct
{
  const char *security; /* nullable: what proved the peer, HeinPeer:security */
  const char *name;     /* nullable: the name that was proved */
} HeinStreamProof;

struct _HeinStreamFuncs
{
  /* Continues the handshake: called first when the stream is made, then
   * whenever the descriptor is ready. Returns TRUE, with is_open set, when it
   * is complete; FALSE with @error when it failed; FALSE without error when it
   * has to wait. NULL when there is no handshake. */
  gboolean (*open) (HeinStream *self, GError **error);
  /* Returns > 0 bytes, 0 at the end of the stream, -1 with @error, or -1
   * without an error when it would block. */
  gssize (*read) (HeinStream *self, void *buffer, gsize size, GError **error);
  gssize (*write) (HeinStream *self,
                   const struct iovec *vectors,
                   guint n_vectors,
                   GError **error);
  /* Passes more of n_unsent on to the socket. FALSE with @error when the stream
   * is broken. NULL when there is never anything unsent. */
  gboolean (*flush) (HeinStream *self, GError **error);
  /* Says what was proved, once the stream is open. NULL when nothing ever
   * is. */
  HeinStreamProof (*get_proof) (HeinStream *self);
  /* Estimates the bytes of memory that the handshake takes. NULL when there is
   * no handshake. */
  gsize (*get_memory) (HeinStream *self);
  /* Sends the end of the stream behind what is unsent, without waiting. */
  void (*shut_down_write) (HeinStream *self);
  /* See hein_stream_reset_at_close(): a layer says nothing of an end in order
   * then. NULL: there is no such thing. */
  gboolean (*reset_at_close) (HeinStream *self);
  /* Closes the descriptor and frees @self; the watch has been removed
   * before. */
  void (*close) (HeinStream *self);
};

/* There is one for each connection: with these a plain one is 24 bytes, which
 * is the least that malloc has. */
struct _HeinStream
{
  const HeinStreamFuncs *funcs;
  int fd;
  gint16 code; /* errno of the last call that failed, or 0 */

  /* state that the stream reports */
  bool is_layer : 1;     /* FALSE: the fields below never change */
  bool is_open : 1;      /* bytes may be read and written */
  bool lacks_end : 1;    /* it is a line, on which nobody sees who leaves */
  bool has_answered : 1; /* to the first whole message of a handshake */
  bool has_pending : 1; /* received bytes are buffered, whatever a poll may say;
                      * also of a device */
  gsize n_unsent;       /* encrypted bytes that the socket has not taken yet */
};

/* For implementations: turns the result @n of a system call, and errno, into
 * the result of `read`. */
gssize hein_stream_end_call (HeinStream *self,
                             gssize n,
                             const char *what,
                             GError **error);

/* Takes ownership of @fd, which must be non-blocking. Writes raise no
 * SIGPIPE. */
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

static inline HeinStreamProof
hein_stream_get_proof (HeinStream *self)
{
  return self->funcs->get_proof != NULL ? self->funcs->get_proof (self)
                                        : (HeinStreamProof){ 0 };
}

static inline gsize
hein_stream_get_memory (HeinStream *self)
{
  return self->funcs->get_memory != NULL ? self->funcs->get_memory (self) : 0;
}

/* Returns how many bytes the other machine, or process, has not taken yet. */
gsize hein_stream_count_unsent (HeinStream *self);
/* To be called after the end of the stream: returns whether the peer closed it
 * without having taken everything that was written. */
gboolean hein_stream_was_cut (HeinStream *self);
/* To be called after the stream has ended or failed: returns whether an orderly
 * end arrived before a reset, if there was a reset. Linux resets a connection
 * at once when it is closed with unread bytes: so with an orderly end, the peer
 * has read everything that it acknowledged. */
gboolean hein_stream_had_end (HeinStream *self, gboolean is_eof);

/* From now on the connection ends by a reset, whenever and however it is
 * closed: what was written and has not arrived is lost then. FALSE: this kind
 * of stream has no such thing, and is reset only when it is closed with unread
 * bytes. */
static inline gboolean
hein_stream_reset_at_close (HeinStream *self)
{
  return self->funcs->reset_at_close != NULL &&
         self->funcs->reset_at_close (self);
}

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

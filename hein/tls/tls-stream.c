/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-stream.h"

#include <string.h>
#include <unistd.h>

#include <hein/hein.h>

#include "io/hein-cursor.h"
#include "tls-carry.h"
#include "tls-end.h"
#include "tls-shake.h"
#include "tls-stream-state.h"

/* The TLS layer of a stream, on GnuTLS: reads, writes and closes it. */

/* Estimates of memory, in bytes: see tls_get_memory. */
#define SESSION_MEMORY (8 * 1024)
#define ANSWER_MEMORY  (10 * 1024)
#define OPEN_MEMORY    (10 * 1024)
#define SMALL_MAX      4096

/* What GnuTLS holds: 8 KiB for a session, 10 more while it waits for an answer,
 * and what it was told in large messages until the last of them; 10 KiB
 * afterwards. Small messages are in these figures, which are mallinfo2's of
 * 3.7.9: so all handshakes of the usual size count alike, and where memory is
 * short the oldest ends. */
static gsize
tls_get_memory (HeinStream *stream)
{
  const TlsStream *self = (const TlsStream *) stream;

  if (stream->is_open)
    return OPEN_MEMORY;
  return SESSION_MEMORY + (self->n_heard > 0 ? ANSWER_MEMORY : 0) +
         (self->n_heard > SMALL_MAX ? 2 * (gsize) self->n_heard : 0);
}

/* ---- reading ---- */

/* How many bytes to receive for @size decrypted ones. What does not fit would
 * have to be copied to be kept; small sizes are rounded up to a record, which
 * saves calls. */
static gsize
get_wanted (gsize size)
{
  const gsize n_records = size / TLS_RECORD_MAX + 1;

  return MAX (size, TLS_RECORD_MAX) + n_records * TLS_OVERHEAD_LEAST;
}

/* One system call, unless that has filled the buffer. */
static gsize
open_records (TlsStream *self, guint8 *buffer, gsize size)
{
  gsize got = 0;

  if (G_UNLIKELY (self->certified != NULL && self->certified->has_early) &&
      size > 0)
    {
      buffer[got++] = self->certified->early;
      self->certified->has_early = FALSE;
    }
  while (got < size && self->code == 0 && !self->has_heard_end)
    {
      gssize n;

      self->n_wanted = get_wanted (size - got);
      n = gnutls_record_recv (self->session, buffer + got, size - got);
      if (n > 0)
        got += n;
      else if (n == 0)
        self->has_heard_end = TRUE;
      else if (gnutls_error_is_fatal (n))
        tls_end_fail (self, n);
      /* GnuTLS also returns this after a key update */
      else if (self->is_dry && tls_sealed_get_size (&self->in) == 0)
        break;
    }
  return got;
}

static gssize
tls_read (HeinStream *stream, void *buffer, gsize size, GError **error)
{
  TlsStream *self = (TlsStream *) stream;
  gsize got;

  if (!stream->is_open)
    return 0;
  self->is_dry = FALSE;
  got = open_records (self, buffer, size);
  tls_carry_leave (self);
  tls_carry_flush (self, NULL); /* the next use of a broken socket will fail */
  /* also set at the end of the stream, if something came before it */
  stream->has_pending = got > 0 && (self->code != 0 || self->has_heard_end ||
                                    tls_carry_has_pending (self));
  if (got > 0)
    return got;
  if (self->code != 0)
    tls_end_set_error (self, error);
  return self->has_heard_end ? 0 : -1;
}

/* ---- writing ---- */

/* Returns the bytes of the next record. Large pieces, and the last one, are
 * encrypted in place; small ones are joined in @room, since a record costs as
 * much as encrypting 16 KiB. */
static const guint8 *
gather (HeinCursor *cursor, guint8 *room, gsize *size)
{
  gsize rest;
  const guint8 *data = hein_cursor_look (cursor, &rest);

  if (rest >= TLS_RECORD_MAX || cursor->n <= 1)
    {
      *size = MIN (rest, TLS_RECORD_MAX);
      hein_cursor_step (cursor, *size);
      return data;
    }
  *size = 0;
  while (*size < TLS_RECORD_MAX &&
         (data = hein_cursor_look (cursor, &rest)) != NULL)
    {
      const gsize n = MIN (TLS_RECORD_MAX - *size, rest);

      memcpy (room + *size, data, n);
      hein_cursor_step (cursor, n);
      *size += n;
    }
  return room;
}

/* Encrypts as many records as one call can send. FALSE on failure. */
static gboolean
seal (TlsStream *self, HeinCursor *cursor, gsize *taken)
{
  TlsRooms *rooms = tls_rooms_get ();

  for (guint i = 0; i < TLS_RECORDS_ATONCE; i++)
    {
      gsize size;
      const guint8 *data = gather (cursor, rooms->text, &size);
      gssize n;

      if (data == NULL)
        break;
      n = gnutls_record_send (self->session, data, size);
      if (n < 0)
        {
          tls_end_fail (self, n);
          return FALSE;
        }
      *taken += size;
    }
  return TRUE;
}

static gssize
tls_write (HeinStream *stream,
           const struct iovec *vectors,
           guint n_vectors,
           GError **error)
{
  TlsStream *self = (TlsStream *) stream;
  HeinCursor cursor = { vectors, n_vectors, 0 };
  gsize size;
  gsize taken = 0;

  if (self->code != 0)
    {
      tls_end_set_error (self, error);
      return -1;
    }
  if (stream->n_unsent > 0)
    return -1;
  while (hein_cursor_look (&cursor, &size) != NULL && stream->n_unsent == 0)
    {
      const gboolean is_sealed = seal (self, &cursor, &taken);

      if (!tls_carry_flush (self, error))
        return -1;
      if (!is_sealed)
        {
          tls_end_set_error (self, error);
          return -1;
        }
    }
  return taken;
}

static gboolean
tls_flush (HeinStream *stream, GError **error)
{
  return tls_carry_flush ((TlsStream *) stream, error);
}

/* ---- closing ---- */

static void
tls_shut_down_write (HeinStream *stream)
{
  TlsStream *self = (TlsStream *) stream;

  tls_end_tell (self);
  self->shuts = TRUE;
  tls_carry_flush (self, NULL);
}

/* Who hears that this side ends would take it for an end in order. */
static gboolean
tls_reset_at_close (HeinStream *stream)
{
  TlsStream *self = (TlsStream *) stream;

  self->has_told_end = TRUE;
  return hein_stream_reset_at_close (self->carrier);
}

static HeinStreamProof
tls_get_proof (HeinStream *stream)
{
  TlsStream *self = (TlsStream *) stream;

  if (self->certified != NULL)
    return (HeinStreamProof){
      .security = self->certified->security,
      .name = tls_certificates_are_of_hosts (self->certified->begun_with)
                ? NULL
                : self->certified->name,
    };
  return (HeinStreamProof){
    .security = self->security,
    .name = self->security != NULL && tls_keys_are_named (self->tls->keys)
              ? self->key->name
              : NULL,
  };
}

/* A forked child sends nothing: the session belongs to its parent. */
static void
tls_close (HeinStream *stream)
{
  TlsStream *self = (TlsStream *) stream;

  if (self->pid == getpid () && stream->n_unsent == 0)
    {
      tls_end_tell (self);
      tls_carry_flush (self, NULL);
    }
  if (self->session != NULL)
    gnutls_deinit (self->session);
  g_free (self->in.data);
  g_free (self->out.data);
  g_clear_pointer (&self->key, tls_key_unref);
  g_clear_pointer (&self->certified, tls_certified_free);
  g_free (self->security);
  g_free (self->cause);
  g_queue_unlink (&self->tls->streams, &self->in_tls);
  tls_keeper_unref (self->tls);
  hein_stream_close (self->carrier);
  g_free (self);
}

static const HeinStreamFuncs funcs = {
  .open = tls_shake_open,
  .read = tls_read,
  .write = tls_write,
  .flush = tls_flush,
  .get_proof = tls_get_proof,
  .get_memory = tls_get_memory,
  .shut_down_write = tls_shut_down_write,
  .reset_at_close = tls_reset_at_close,
  .close = tls_close,
};

HeinStream *
tls_stream_new (HeinTls *tls,
                HeinStream *carrier,
                gboolean is_dialled,
                const char *host)
{
  TlsStream *self = g_new0 (TlsStream, 1);

  self->stream.funcs = &funcs;
  self->stream.fd = carrier->fd;
  self->carrier = carrier;
  self->stream.is_layer = TRUE;
  self->tls = tls_keeper_ref (tls);
  self->renewed_us = hein_get_monotonic_time ();
  if (tls->certificates != NULL)
    self->certified = tls_certified_new (tls->certificates, host);
  self->in_tls.data = self;
  g_queue_push_tail_link (&tls->streams, &self->in_tls);
  self->pid = getpid ();
  self->first = -1;
  self->code = tls_keeper_make_session (tls, host, &self->session);
  if (self->code != 0)
    {
      self->session = NULL;
      return &self->stream;
    }
  gnutls_session_set_ptr (self->session, self);
  if (self->certified != NULL)
    gnutls_session_set_verify_function (self->session, tls_shake_look);
  gnutls_transport_set_ptr (self->session, self);
  gnutls_transport_set_pull_function (self->session, tls_carry_pull);
  gnutls_transport_set_vec_push_function (self->session, tls_carry_push);
  return &self->stream;
}

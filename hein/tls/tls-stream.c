/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-stream.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <hein/hein.h>

#include "tls-certified.h"
#include "tls-error.h"
#include "tls-sealed.h"

/* The TLS layer of a stream, on GnuTLS. */

/* The age at which a session gets new keys, so that who comes to know its keys
 * does not know them for ever. */
#define RENEW_AFTER_US (G_GINT64_CONSTANT (24) * 60 * 60 * G_USEC_PER_SEC)

/* Estimates of memory, in bytes: see tls_get_memory. */
#define SESSION_MEMORY (8 * 1024)
#define ANSWER_MEMORY  (10 * 1024)
#define OPEN_MEMORY    (10 * 1024)
#define SMALL_MAX      4096

/* The types of TLS records in a handshake (RFC 8446, 5.1), the size of their
 * header, and the type of the message that a dialler begins with (4). */
#define RECORD_ALERT     0x15
#define RECORD_HANDSHAKE 0x16
#define RECORD_HEADER    5
#define CLIENT_HELLO     1

/*
 * TLS 1.3 on a socket. GnuTLS gets received bytes, and hands over bytes to be
 * sent, by functions of this file: one system call receives up to 64 KiB,
 * another one sends up to four records. Bytes that the socket does not take are
 * kept here, so that GnuTLS never has to repeat a write.
 */
typedef struct
{
  HeinStream stream; /* must be the first member */
  HeinTls *tls;      /* owned */
  GList in_tls;
  gint64 renewed_us;       /* when its keys were made */
  TlsKey *key;             /* owned: the key of the peer; NULL: not known yet */
  TlsCertified *certified; /* owned; NULL: with pre-shared keys */
  gnutls_session_t session;
  char *security;         /* owned: what proved the peer's identity */
  char *cause;            /* owned, nullable: why the peer got no key */
  pid_t pid;              /* the process that owns the session */
  TlsSealed in;           /* received, not yet decrypted */
  TlsSealed out;          /* to be sent */
  int code;               /* GnuTLS error that ended the session; 0: none */
  int number;             /* errno of receiving */
  int first;              /* the first byte that arrived; -1: none */
  guint n_heard;          /* bytes that arrived before it was open */
  gsize n_wanted;         /* within a call: how many to receive at once */
  gboolean dials_too;     /* the other side has begun as a dialler does */
  gboolean is_dry;        /* within a call: the socket has no more bytes */
  gboolean has_heard_end; /* the peer has sent close_notify */
  gboolean has_told_end;
  gboolean shuts; /* shuts down the socket when everything is sent */
} TlsStream;

/* ---- functions that GnuTLS calls ---- */

static gssize
receive (TlsStream *self, guint8 *room, gsize size)
{
  gssize n;

  do
    n = recv (self->stream.fd, room, size, MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  self->is_dry = n < (gssize) size && n != 0;
  if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
    self->number = self->stream.code = errno;
  return n;
}

/* Keeps what is not TLS away from GnuTLS, so that the error can say what it
 * is. */
static gboolean
is_tls (TlsStream *self)
{
  const guint8 *data = self->in.data + self->in.begin;

  if (self->first < 0)
    {
      self->first = data[0];
      self->dials_too = self->tls->options.is_dialling &&
                        tls_sealed_get_size (&self->in) > RECORD_HEADER &&
                        data[0] == RECORD_HANDSHAKE &&
                        data[RECORD_HEADER] == CLIENT_HELLO;
    }
  return self->first == RECORD_HANDSHAKE || self->first == RECORD_ALERT;
}

static gssize
refuse (TlsStream *self, int number)
{
  gnutls_transport_set_errno (self->session, number);
  return -1;
}

static gssize
pull (gnutls_transport_ptr_t data, void *to, size_t size)
{
  TlsStream *self = data;
  TlsSealed *in = &self->in;

  if (tls_sealed_get_size (in) == 0)
    {
      TlsRooms *rooms = tls_rooms_get ();
      gssize n = -1;

      errno = EAGAIN;
      if (!self->is_dry)
        n = receive (self, rooms->in, MIN (self->n_wanted, sizeof rooms->in));
      if (n < 0)
        return refuse (self, errno);
      if (n == 0)
        return 0;
      if (!self->stream.is_open)
        self->n_heard += n;
      tls_sealed_clear (in, rooms->in);
      *in = (TlsSealed){ rooms->in, 0, n };
    }
  if (!self->stream.is_open && !is_tls (self))
    return refuse (self, EPROTO);
  size = MIN (size, tls_sealed_get_size (in));
  memcpy (to, in->data + in->begin, size);
  in->begin += size;
  return size;
}

static gssize
push (gnutls_transport_ptr_t data, const giovec_t *vectors, int n)
{
  TlsStream *self = data;
  TlsRooms *rooms = tls_rooms_get ();
  gssize sum = 0;

  self->stream.has_answered = self->n_heard > 0;
  for (int i = 0; i < n; i++)
    {
      tls_sealed_add (&self->out, rooms->out, sizeof rooms->out,
                      vectors[i].iov_base, vectors[i].iov_len);
      sum += vectors[i].iov_len;
    }
  return sum;
}

/* Notes why no key was found; the peer is not told the reason. */
static void
note_cause (TlsStream *self, const TlsIdentity *identity)
{
  g_free (self->cause);
  if (identity == NULL)
    self->cause = g_strdup ("it has a key of another kind");
  else if (strcmp (identity->instance, self->tls->options.bus_instance) == 0)
    self->cause =
      g_strdup ("it says to be this very bus: it was led back to itself, or is "
                "another one that pretends to be it");
  else if (self->tls->options.key_ring_file != NULL)
    self->cause =
      g_strdup_printf ("the ring has no such key for \"%s\"", identity->name);
  else
    self->cause = g_strdup_printf (
      "\"%s\" has another key: let both sides have a copy of the same file",
      identity->name);
}

/* A peer that has no key is given one that nobody knows, so that strangers
 * cannot find out which names are in the ring (RFC 9257, 6.1.1, and RFC 8446,
 * 4.2.11). */
int
tls_stream_find_key (gnutls_session_t session,
                     const gnutls_datum_t *text,
                     gnutls_datum_t *psk)
{
  TlsStream *self = gnutls_session_get_ptr (session);
  TlsIdentity identity;
  TlsKey *key = NULL;
  const gboolean is_one =
    tls_identity_parse (&identity, text->data, text->size);

  psk->data = gnutls_malloc (TLS_PSK_SIZE);
  psk->size = TLS_PSK_SIZE;
  if (psk->data == NULL)
    return GNUTLS_E_MEMORY_ERROR;
  if (is_one &&
      strcmp (identity.instance, self->tls->options.bus_instance) != 0)
    key = tls_keys_find (self->tls->keys, &identity);
  g_clear_pointer (&self->key, tls_key_unref);
  if (key == NULL)
    {
      note_cause (self, is_one ? &identity : NULL);
      return gnutls_rnd (GNUTLS_RND_NONCE, psk->data, psk->size);
    }
  self->key = tls_key_ref (key);
  tls_key_derive (key, text->data, text->size, psk->data);
  return 0;
}

/* What the other side has shown. */
static int
look_at_certificate (gnutls_session_t session)
{
  TlsStream *self = gnutls_session_get_ptr (session);

  g_clear_pointer (&self->cause, g_free);
  if (tls_certified_check (self->certified, self->tls->certificates, session,
                           &self->cause))
    return 0;
  return GNUTLS_E_CERTIFICATE_ERROR;
}

/* ---- sending ---- */

static gssize
send_once (TlsStream *self)
{
  gssize n;

  do
    n = send (self->stream.fd, self->out.data + self->out.begin,
              tls_sealed_get_size (&self->out), MSG_DONTWAIT | MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  return n;
}

static gboolean
flush_out (TlsStream *self, GError **error)
{
  TlsRooms *rooms = tls_rooms_get ();
  gssize n = 0;
  int number = 0;

  while (tls_sealed_get_size (&self->out) > 0 && n >= 0)
    {
      n = send_once (self);
      self->out.begin += MAX (n, 0);
    }
  if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
    {
      number = self->stream.code = errno;
      self->out.begin = self->out.end; /* discards it: the socket is broken */
    }
  tls_sealed_keep (&self->out, rooms->out);
  self->stream.n_unsent = tls_sealed_get_size (&self->out);
  if (self->stream.n_unsent == 0 && self->shuts)
    {
      self->shuts = FALSE;
      shutdown (self->stream.fd, SHUT_WR);
    }
  if (number != 0)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (number),
                 "writing: %s", g_strerror (number));
  return number == 0;
}

/* To be called before a call ends. */
static void
leave_rooms (TlsStream *self)
{
  tls_sealed_keep (&self->in, tls_rooms_get ()->in);
}

/* ---- errors ---- */

static void
set_error (TlsStream *self, GError **error)
{
  const TlsTrouble trouble = {
    .tls = self->tls,
    .session = self->session,
    .code = self->code,
    .number = self->number,
    .cause = self->cause,
    .is_open = self->stream.is_open,
    .dials_too = self->dials_too,
    .first = self->first,
  };

  tls_error_set (&trouble, error);
}

/* Sends an alert to the peer, if it can still receive one. */
static void
fail (TlsStream *self, int code)
{
  self->code = code;
  if (code == GNUTLS_E_PREMATURE_TERMINATION)
    self->stream.code = ECONNRESET; /* not an orderly end */
  if (self->session == NULL || self->number != 0 ||
      code == GNUTLS_E_FATAL_ALERT_RECEIVED ||
      code == GNUTLS_E_PREMATURE_TERMINATION)
    return;
  if (self->first >= 0 && !is_tls (self))
    gnutls_alert_send (self->session, GNUTLS_AL_FATAL,
                       GNUTLS_A_UNEXPECTED_MESSAGE);
  else
    gnutls_alert_send_appropriate (self->session, code);
}

static void
tell_end (TlsStream *self)
{
  if (!self->stream.is_open || self->code != 0 || self->has_told_end)
    return;
  self->has_told_end = TRUE;
  gnutls_bye (self->session, GNUTLS_SHUT_WR);
}

/* ---- the handshake ---- */

static gboolean
has_pending (TlsStream *self)
{
  return tls_sealed_get_size (&self->in) > 0 ||
         gnutls_record_check_pending (self->session) > 0 ||
         (self->certified != NULL && self->certified->has_early);
}

static void
name_key (TlsStream *self)
{
  if (self->key == NULL)
    self->key = tls_key_ref (self->tls->own);
  self->security = g_strconcat ("psk:", self->key->name, NULL);
}

static void
begin_stream (TlsStream *self)
{
  if (self->certified == NULL)
    name_key (self);
  self->stream.is_open = TRUE;
  self->stream.has_pending = has_pending (self);
}

/* Nothing else was offered, but this is what all rests on. */
static gboolean
has_proof (TlsStream *self)
{
  const gnutls_credentials_type_t type = gnutls_auth_get_type (self->session);

  if (self->certified != NULL)
    return type == GNUTLS_CRD_CERTIFICATE && self->certified->name != NULL;
  return type == GNUTLS_CRD_PSK &&
         (self->key != NULL || self->tls->options.is_dialling);
}

static gboolean
is_in_dry (gpointer data)
{
  TlsStream *self = data;

  return self->is_dry && tls_sealed_get_size (&self->in) == 0;
}

static int
be_content (TlsStream *self)
{
  if (self->certified == NULL)
    return 0;
  if (!self->tls->options.is_dialling)
    return tls_certified_tell (self->certified, self->session);
  return tls_certified_hear (self->certified, self->session, is_in_dry, self);
}

static int
shake_hands (TlsStream *self)
{
  int code;

  if (self->certified != NULL && self->certified->waits)
    return be_content (self);
  do
    code = gnutls_handshake (self->session);
  while (code < 0 && code != GNUTLS_E_AGAIN && !gnutls_error_is_fatal (code));
  if (code != 0)
    return code;
  return has_proof (self) ? be_content (self)
                          : GNUTLS_E_INSUFFICIENT_CREDENTIALS;
}

static gboolean
tls_open (HeinStream *stream, GError **error)
{
  TlsStream *self = (TlsStream *) stream;
  g_autoptr (GError) send_error = NULL;

  self->is_dry = FALSE;
  self->n_wanted = G_MAXSIZE;
  if (self->code == 0)
    {
      const int code = shake_hands (self);

      if (code == 0)
        begin_stream (self);
      else if (code != GNUTLS_E_AGAIN)
        fail (self, code);
    }
  flush_out (self, &send_error);
  leave_rooms (self);
  if (self->code != 0)
    set_error (self, error);
  else if (send_error != NULL)
    g_propagate_error (error, g_steal_pointer (&send_error));
  return stream->is_open && self->code == 0;
}

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
        fail (self, n);
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
  leave_rooms (self);
  flush_out (self, NULL); /* the next use of a broken socket will fail */
  /* also set at the end of the stream, if something came before it */
  stream->has_pending =
    got > 0 && (self->code != 0 || self->has_heard_end || has_pending (self));
  if (got > 0)
    return got;
  if (self->code != 0)
    set_error (self, error);
  return self->has_heard_end ? 0 : -1;
}

/* ---- writing ---- */

/* A position in an array of vectors. */
typedef struct
{
  const struct iovec *vectors;
  guint n;
  gsize offset; /* in the first of them */
} Cursor;

static void
step (Cursor *self, gsize size)
{
  self->offset += size;
  if (self->offset < self->vectors->iov_len)
    return;
  self->vectors++;
  self->n--;
  self->offset = 0;
}

/* Returns the bytes of the next record. Large pieces, and the last one, are
 * encrypted in place; small ones are joined in @room, since a record costs as
 * much as encrypting 16 KiB. */
static const guint8 *
gather (Cursor *self, guint8 *room, gsize *size)
{
  const gsize rest = self->vectors->iov_len - self->offset;
  const guint8 *data = (guint8 *) self->vectors->iov_base + self->offset;

  if (rest >= TLS_RECORD_MAX || self->n == 1)
    {
      *size = MIN (rest, TLS_RECORD_MAX);
      step (self, *size);
      return data;
    }
  *size = 0;
  while (self->n > 0 && *size < TLS_RECORD_MAX)
    {
      const gsize n =
        MIN (TLS_RECORD_MAX - *size, self->vectors->iov_len - self->offset);

      memcpy (room + *size, (guint8 *) self->vectors->iov_base + self->offset,
              n);
      *size += n;
      step (self, n);
    }
  return room;
}

/* Encrypts as many records as one call can send. FALSE on failure. */
static gboolean
seal (TlsStream *self, Cursor *cursor, gsize *taken)
{
  TlsRooms *rooms = tls_rooms_get ();

  for (guint i = 0; cursor->n > 0 && i < TLS_RECORDS_ATONCE; i++)
    {
      gsize size;
      const guint8 *data = gather (cursor, rooms->text, &size);
      const gssize n =
        size > 0 ? gnutls_record_send (self->session, data, size) : 0;

      if (n < 0)
        {
          fail (self, n);
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
  Cursor cursor = { vectors, n_vectors, 0 };
  gsize taken = 0;

  if (self->code != 0)
    {
      set_error (self, error);
      return -1;
    }
  if (stream->n_unsent > 0)
    return -1;
  while (cursor.n > 0 && stream->n_unsent == 0)
    {
      const gboolean is_sealed = seal (self, &cursor, &taken);

      if (!flush_out (self, error))
        return -1;
      if (!is_sealed)
        {
          set_error (self, error);
          return -1;
        }
    }
  return taken;
}

static gboolean
tls_flush (HeinStream *stream, GError **error)
{
  return flush_out ((TlsStream *) stream, error);
}

/* ---- closing ---- */

static void
tls_shut_down_write (HeinStream *stream)
{
  TlsStream *self = (TlsStream *) stream;

  tell_end (self);
  self->shuts = TRUE;
  flush_out (self, NULL);
}

static HeinStreamProof
tls_get_proof (HeinStream *stream)
{
  TlsStream *self = (TlsStream *) stream;

  if (self->certified != NULL)
    return (HeinStreamProof){ .security = self->certified->security,
                              .name = self->certified->name };
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
      tell_end (self);
      flush_out (self, NULL);
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
  close (stream->fd);
  g_free (self);
}

static const HeinStreamFuncs funcs = {
  .open = tls_open,
  .read = tls_read,
  .write = tls_write,
  .flush = tls_flush,
  .get_proof = tls_get_proof,
  .get_memory = tls_get_memory,
  .shut_down_write = tls_shut_down_write,
  .close = tls_close,
};

HeinStream *
tls_stream_new (HeinTls *tls, int fd, gboolean is_dialled)
{
  TlsStream *self = g_new0 (TlsStream, 1);

  self->stream.funcs = &funcs;
  self->stream.fd = fd;
  self->stream.is_layer = TRUE;
  self->tls = tls_keeper_ref (tls);
  self->renewed_us = g_get_monotonic_time ();
  if (tls->certificates != NULL)
    self->certified = tls_certified_new (tls->certificates);
  self->in_tls.data = self;
  g_queue_push_tail_link (&tls->streams, &self->in_tls);
  self->pid = getpid ();
  self->first = -1;
  self->code = tls_keeper_make_session (tls, &self->session);
  if (self->code != 0)
    {
      self->session = NULL;
      return &self->stream;
    }
  gnutls_session_set_ptr (self->session, self);
  if (self->certified != NULL)
    gnutls_session_set_verify_function (self->session, look_at_certificate);
  gnutls_transport_set_ptr (self->session, self);
  gnutls_transport_set_pull_function (self->session, pull);
  gnutls_transport_set_vec_push_function (self->session, push);
  return &self->stream;
}

/* ---- changed keys ---- */

/* A dialler whose handshake may be using the old key has to start again. */
static gboolean
is_revoked (TlsStream *self)
{
  if (self->certified != NULL)
    return tls_certified_is_revoked (self->certified, self->tls->certificates,
                                     self->session);
  return self->key != NULL ? !tls_keys_have (self->tls->keys, self->key)
                           : self->tls->options.is_dialling;
}

/* The end of the socket wakes the owner of the stream, which learns the reason
 * when it reads. */
static void
give_up (TlsStream *self)
{
  if (self->code != 0)
    return;
  g_free (self->cause);
  self->cause = g_strdup ("its key is no longer valid: the file has changed");
  if (self->stream.is_open && self->stream.n_unsent == 0)
    gnutls_alert_send (self->session, GNUTLS_AL_FATAL, GNUTLS_A_ACCESS_DENIED);
  self->code = GNUTLS_E_INSUFFICIENT_CREDENTIALS;
  flush_out (self, NULL);
  shutdown (self->stream.fd, SHUT_RDWR);
}

/* ---- new keys for an old session ---- */

/* Each side renews those that it sends with. By itself GnuTLS does so after
 * 2^24 records, which is what AES-GCM permits (RFC 8446, 5.5). */
static gint64 renew_after_us = RENEW_AFTER_US;
static int n_renewals; /* atomic */

int
tls_stream_set_renewal (gint64 after_us)
{
  renew_after_us = after_us;
  return g_atomic_int_get (&n_renewals);
}

static void
renew (TlsStream *self, gint64 now_us)
{
  int code;

  g_queue_unlink (&self->tls->streams, &self->in_tls);
  g_queue_push_tail_link (&self->tls->streams, &self->in_tls);
  self->renewed_us = now_us;
  if (!self->stream.is_open || self->code != 0 || self->has_told_end)
    return;
  if (is_revoked (self)) /* a certificate may have expired */
    {
      give_up (self);
      return;
    }
  code = gnutls_session_key_update (self->session, 0);
  if (code != 0 && gnutls_error_is_fatal (code))
    fail (self, code);
  else
    g_atomic_int_inc (&n_renewals);
  flush_out (self, NULL);
}

/* The queue is in the order of the times. */
static void
renew_old (HeinTls *tls)
{
  const gint64 now_us = g_get_monotonic_time ();

  for (guint n = tls->streams.length; n > 0; n--)
    {
      TlsStream *self = tls->streams.head->data;

      if (now_us - self->renewed_us < renew_after_us)
        break;
      renew (self, now_us);
    }
}

void
tls_stream_look (HeinTls *tls, GError **error)
{
  renew_old (tls);
  if (!tls_keeper_look (tls, error))
    return;
  for (GList *l = tls->streams.head; l != NULL; l = l->next)
    if (is_revoked (l->data))
      give_up (l->data);
}

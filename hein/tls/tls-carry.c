/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-carry.h"

#include <errno.h>
#include <string.h>

#include <hein/hein.h>

/* Receives and sends encrypted bytes, by as few system calls as possible. */

/* The types of TLS records in a handshake (RFC 8446, 5.1), the size of their
 * header, and the type of the message that a dialler begins with (4). */
#define RECORD_ALERT     0x15
#define RECORD_HANDSHAKE 0x16
#define RECORD_HEADER    5
#define CLIENT_HELLO     1

/* Bytes of a handshake: what GnuTLS would collect for one message is up to
 * 16 MiB, whatever gnutls_handshake_set_max_packet_length says. It takes 48 KiB
 * at most, and what is received with its end is up to 64 KiB more. */
#define HEARD_MAX (128 * 1024)

/* ---- receiving ---- */

static gssize
receive (TlsStream *self, guint8 *room, gsize size)
{
  gssize n;

  self->carrier->code = 0;
  n = hein_stream_read (self->carrier, room, size, NULL);
  self->is_dry = n < (gssize) size && n != 0;
  self->is_at_end = n == 0;
  if (n < 0 && self->carrier->code != 0)
    self->number = self->stream.code = self->carrier->code;
  errno = self->carrier->code != 0 ? self->carrier->code : EAGAIN;
  return n;
}

/* Keeps what is not TLS away from GnuTLS, so that the error can say what it
 * is. */
gboolean
tls_carry_is_tls (TlsStream *self)
{
  /* later the input may be empty, without a buffer */
  if (self->first < 0)
    {
      const guint8 *data = self->in.data + self->in.begin;

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

gboolean
tls_carry_has_heard_enough (TlsStream *self)
{
  return !self->stream.is_open && self->n_heard > HEARD_MAX;
}

gssize
tls_carry_pull (gnutls_transport_ptr_t data, void *to, size_t size)
{
  TlsStream *self = data;
  TlsSealed *in = &self->in;

  if (tls_sealed_get_size (in) == 0)
    {
      TlsRooms *rooms = tls_rooms_get ();
      gssize n = -1;

      errno = EAGAIN;
      if (!self->is_dry && !tls_carry_has_heard_enough (self))
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
  if (!self->stream.is_open && !tls_carry_is_tls (self))
    return refuse (self, EPROTO);
  size = MIN (size, tls_sealed_get_size (in));
  memcpy (to, in->data + in->begin, size);
  in->begin += size;
  return size;
}

gssize
tls_carry_push (gnutls_transport_ptr_t data, const giovec_t *vectors, int n)
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

/* ---- sending ---- */

static gssize
send_once (TlsStream *self)
{
  const struct iovec vector = { self->out.data + self->out.begin,
                                tls_sealed_get_size (&self->out) };

  self->carrier->code = 0;
  return hein_stream_write (self->carrier, &vector, 1, NULL);
}

gboolean
tls_carry_flush (TlsStream *self, GError **error)
{
  TlsRooms *rooms = tls_rooms_get ();
  gssize n = 0;
  int number = 0;

  while (tls_sealed_get_size (&self->out) > 0 && n >= 0)
    {
      n = send_once (self);
      self->out.begin += MAX (n, 0);
    }
  if (n < 0 && self->carrier->code != 0)
    {
      number = self->stream.code = self->carrier->code;
      self->out.begin = self->out.end; /* discards it: the socket is broken */
    }
  tls_sealed_keep (&self->out, rooms->out);
  self->stream.n_unsent = tls_sealed_get_size (&self->out);
  if (self->stream.n_unsent == 0 && self->shuts)
    {
      self->shuts = FALSE;
      hein_stream_shut_down_write (self->carrier);
    }
  if (number != 0)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (number),
                 "writing: %s", g_strerror (number));
  return number == 0;
}

void
tls_carry_leave (TlsStream *self)
{
  tls_sealed_keep (&self->in, tls_rooms_get ()->in);
}

gboolean
tls_carry_has_pending (TlsStream *self)
{
  return tls_sealed_get_size (&self->in) > 0 ||
         gnutls_record_check_pending (self->session) > 0 ||
         (self->certified != NULL && self->certified->has_early);
}

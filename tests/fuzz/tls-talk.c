/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-talk.h"

#include <string.h>
#include <sys/socket.h>

#include <gnutls/crypto.h>

#include "../../hein/tls/tls-carry.h"

#define HEADER        5
#define TAG           16
#define TLS_TALK_DATA 23
#define TLS_TALK_NEW_KEY                                                       \
  0xfe /* instead of a type: the sender changes its key, in order */
/* What may wait to be sent at most, whoever asks for answers. */
#define UNSENT_MAX (1024 * 1024)

static gnutls_session_t
get_session (TlsEnd *self)
{
  return ((TlsStream *) self->stream)->session;
}

static void
take_keys (TlsTalk *self)
{
  guint8 sequence[8];

  g_assert_cmpint (gnutls_record_get_state (get_session (&self->sender), 0,
                                            NULL, &self->iv, &self->key,
                                            sequence),
                   ==, 0);
  self->n_sent = 0;
  for (guint i = 0; i < sizeof sequence; i++)
    self->n_sent = self->n_sent << 8 | sequence[i];
}

void
tls_talk_init (TlsTalk *self, gboolean to_dialler)
{
  *self =
    (TlsTalk){ .expected = g_byte_array_new (), .held = g_byte_array_new () };
  tls_ends_init (&self->sender, !to_dialler);
  tls_ends_init (&self->hearer, to_dialler);
  if (to_dialler)
    tls_ends_meet (&self->hearer, &self->sender);
  else
    tls_ends_meet (&self->sender, &self->hearer);
  take_keys (self);
}

void
tls_talk_clear (TlsTalk *self)
{
  tls_ends_clear (&self->sender);
  tls_ends_clear (&self->hearer);
  g_byte_array_unref (self->expected);
  g_byte_array_unref (self->held);
}

/* ---- reading ---- */

static void
lose_answers (TlsTalk *self)
{
  guint8 lost[4096];

  while (recv (self->hearer.wire, lost, sizeof lost, MSG_DONTWAIT) > 0)
    ;
}

static gboolean
read_some (TlsTalk *self)
{
  guint8 data[5000];
  TlsEnd *end = &self->hearer;
  GError *error = NULL;
  const gssize n = hein_stream_read (end->stream, data,
                                     1 + self->n_read % sizeof data, &error);

  g_assert_cmpint (n, <=, (gssize) (1 + self->n_read % sizeof data));
  if (n > 0)
    {
      g_assert_cmpuint (self->n_read + n, <=, self->expected->len);
      g_assert_cmpmem (self->expected->data + self->n_read, n, data, n);
      self->n_read += n;
    }
  end->is_over = n == 0;
  tls_ends_note (end, error);
  return n > 0;
}

/* As a link does: again while there is more. */
static void
read_all (TlsTalk *self)
{
  do
    if (!read_some (self))
      break;
  while (self->hearer.stream->has_pending && !self->hearer.is_over);
  g_assert_cmpuint (self->hearer.stream->n_unsent, <=, UNSENT_MAX);
  lose_answers (self);
}

/* ---- sending ---- */

static void
give (TlsTalk *self, const guint8 *data, gsize size, gsize piece)
{
  while (size > 0 && !self->hearer.is_over)
    {
      const gssize n = send (self->hearer.wire, data, MIN (size, piece),
                             MSG_DONTWAIT | MSG_NOSIGNAL);

      if (n < 0)
        return;
      data += n;
      size -= n;
      read_all (self);
    }
}

static void
give_held (TlsTalk *self, gsize piece)
{
  give (self, self->held->data, self->held->len, piece);
  g_byte_array_set_size (self->held, 0);
}

static GByteArray *
make_plain (
  TlsTalk *self, guint8 type, guint8 flags, const guint8 *data, gsize n)
{
  static const guint8 zeros[32] = { 0 };
  GByteArray *plain = g_byte_array_new ();

  g_byte_array_append (plain, data, n);
  if ((flags & TLS_TALK_NAMELESS) != 0)
    for (gsize i = 0; i < n; i++)
      plain->data[i] = 0;
  else
    g_byte_array_append (plain, &type, 1);
  if ((flags & (TLS_TALK_PADDED | TLS_TALK_NAMELESS)) != 0)
    g_byte_array_append (plain, zeros, sizeof zeros);
  return plain;
}

/* Whatever was meant for the type, it is the last byte that is not zero. */
static void
expect (TlsTalk *self, const GByteArray *plain)
{
  guint n = plain->len;

  while (n > 0 && plain->data[n - 1] == 0)
    n--;
  if (n > 0 && plain->data[n - 1] == TLS_TALK_DATA)
    g_byte_array_append (self->expected, plain->data, n - 1);
}

/* As RFC 8446, 5.2, says; to the hearer. */
static void
seal (TlsTalk *self, const GByteArray *plain, guint8 type, guint8 flags)
{
  gsize size = plain->len + TAG;
  const guint8 header[HEADER] = { (flags & TLS_TALK_BARE) != 0 ? type
                                                               : TLS_TALK_DATA,
                                  3, 3, size >> 8, size & 0xff };
  g_autofree guint8 *record = g_malloc (HEADER + size);
  gnutls_aead_cipher_hd_t cipher;
  guint8 nonce[12];

  memcpy (record, header, HEADER);
  memcpy (nonce, self->iv.data, sizeof nonce);
  for (guint i = 0; i < 8; i++)
    nonce[4 + i] ^= self->n_sent >> (56 - 8 * i);
  self->n_sent++;
  g_assert_cmpint (gnutls_aead_cipher_init (&cipher, GNUTLS_CIPHER_AES_128_GCM,
                                            &self->key),
                   ==, 0);
  g_assert_cmpint (gnutls_aead_cipher_encrypt (cipher, nonce, sizeof nonce,
                                               header, HEADER, TAG, plain->data,
                                               plain->len, record + HEADER,
                                               &size),
                   ==, 0);
  gnutls_aead_cipher_deinit (cipher);
  if ((flags & TLS_TALK_WRONG) != 0)
    record[HEADER + size - 1] ^= 1;
  g_byte_array_append (self->held, record, HEADER + size);
  if ((flags & TLS_TALK_HELD) == 0)
    give_held (self, (flags & TLS_TALK_DRIPPED) != 0 ? 1 : G_MAXSIZE);
}

void
tls_talk_change_key (TlsTalk *self, gboolean holds)
{
  guint8 sequence[8];
  guint8 record[256];
  gssize n;

  for (guint i = 0; i < sizeof sequence; i++)
    sequence[i] = self->n_sent >> (56 - 8 * i);
  gnutls_record_set_state (get_session (&self->sender), 0, sequence);
  if (gnutls_session_key_update (get_session (&self->sender), 0) < 0)
    return;
  tls_carry_flush ((TlsStream *) self->sender.stream, NULL);
  n = recv (self->sender.wire, record, sizeof record, MSG_DONTWAIT);
  if (n > 0)
    g_byte_array_append (self->held, record, n);
  if (!holds)
    give_held (self, G_MAXSIZE);
  take_keys (self);
}

gsize
tls_talk_say (TlsTalk *self, const guint8 *data, gsize size)
{
  const guint8 type = data[0];
  const guint8 flags = data[1];
  gsize n = (flags & TLS_TALK_LARGE) != 0 ? data[2] * 256 : data[2];
  g_autoptr (GByteArray) plain = NULL;

  if (type == TLS_TALK_NEW_KEY)
    {
      tls_talk_change_key (self, FALSE);
      return 1;
    }
  n = MIN (n, size - 3);
  plain = make_plain (self, type, flags, data + 3, n);
  if ((flags & TLS_TALK_WRONG) == 0 &&
      ((flags & TLS_TALK_BARE) == 0 || type == TLS_TALK_DATA))
    expect (self, plain);
  seal (self, plain, type, flags);
  return 3 + n;
}

void
tls_talk_end (TlsTalk *self)
{
  give_held (self, G_MAXSIZE);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/socket.h>

#include <gnutls/crypto.h>

#include "../../hein/tls/tls-carry.h"
#include "fuzz.h"
#include "tls-ends.h"

/*
 * What somebody who has the key sends behind the handshake: records of any type and
 * contents, sealed by the keys of a session that two ends have made.
 *
 * The first byte says who hears it (even: who listens, odd: who dials). Then come
 * records: their type, flags, size, and that many bytes. Of the records that are
 * data, whatever comes between them, what is read is the beginning, or all.
 */

#define HEADER 5
#define TAG    16
#define DATA   23
#define NEW_KEY                                                                \
  0xfe /* instead of a type: the sender changes its key, in order */
#define PLAIN_MAX   16384
#define RECORDS_MAX 64
/* What may wait to be sent at most, whoever asks for answers. */
#define UNSENT_MAX (1024 * 1024)

enum
{
  PADDED = 1,    /* with zeros behind the type */
  WRONG = 2,     /* one bit of the tag */
  LARGE = 4,     /* the size is in units of 256 bytes */
  BARE = 8,      /* the type stands outside, too */
  DRIPPED = 16,  /* arrives byte by byte */
  NAMELESS = 32, /* nothing but zeros */
  HELD = 64      /* arrives with the next one */
};

typedef struct
{
  TlsEnd sender;
  TlsEnd hearer;
  gnutls_datum_t iv;
  gnutls_datum_t key;
  guint64 n_sent;
  GByteArray *expected; /* owned: the contents of all data */
  GByteArray *held;     /* owned: sealed, and still to be sent */
  gsize n_read;
} Talk;

static gnutls_session_t
get_session (TlsEnd *self)
{
  return ((TlsStream *) self->stream)->session;
}

static void
take_keys (Talk *self)
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

static void
talk_init (Talk *self, gboolean to_dialler)
{
  *self =
    (Talk){ .expected = g_byte_array_new (), .held = g_byte_array_new () };
  tls_ends_init (&self->sender, !to_dialler);
  tls_ends_init (&self->hearer, to_dialler);
  if (to_dialler)
    tls_ends_meet (&self->hearer, &self->sender);
  else
    tls_ends_meet (&self->sender, &self->hearer);
  take_keys (self);
}

static void
talk_clear (Talk *self)
{
  tls_ends_clear (&self->sender);
  tls_ends_clear (&self->hearer);
  g_byte_array_unref (self->expected);
  g_byte_array_unref (self->held);
}

/* ---- reading ---- */

static void
lose_answers (Talk *self)
{
  guint8 lost[4096];

  while (recv (self->hearer.wire, lost, sizeof lost, MSG_DONTWAIT) > 0)
    ;
}

static gboolean
read_some (Talk *self)
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
read_all (Talk *self)
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
give (Talk *self, const guint8 *data, gsize size, gsize piece)
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
give_held (Talk *self, gsize piece)
{
  give (self, self->held->data, self->held->len, piece);
  g_byte_array_set_size (self->held, 0);
}

static GByteArray *
make_plain (Talk *self, guint8 type, guint8 flags, const guint8 *data, gsize n)
{
  static const guint8 zeros[32] = { 0 };
  GByteArray *plain = g_byte_array_new ();

  g_byte_array_append (plain, data, n);
  if ((flags & NAMELESS) != 0)
    for (gsize i = 0; i < n; i++)
      plain->data[i] = 0;
  else
    g_byte_array_append (plain, &type, 1);
  if ((flags & (PADDED | NAMELESS)) != 0)
    g_byte_array_append (plain, zeros, sizeof zeros);
  return plain;
}

/* Whatever was meant for the type, it is the last byte that is not zero. */
static void
expect (Talk *self, const GByteArray *plain)
{
  guint n = plain->len;

  while (n > 0 && plain->data[n - 1] == 0)
    n--;
  if (n > 0 && plain->data[n - 1] == DATA)
    g_byte_array_append (self->expected, plain->data, n - 1);
}

/* As RFC 8446, 5.2, says; to the hearer. */
static void
seal (Talk *self, const GByteArray *plain, guint8 type, guint8 flags)
{
  gsize size = plain->len + TAG;
  const guint8 header[HEADER] = { (flags & BARE) != 0 ? type : DATA, 3, 3,
                                  size >> 8, size & 0xff };
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
  if ((flags & WRONG) != 0)
    record[HEADER + size - 1] ^= 1;
  g_byte_array_append (self->held, record, HEADER + size);
  if ((flags & HELD) == 0)
    give_held (self, (flags & DRIPPED) != 0 ? 1 : G_MAXSIZE);
}

static void
change_key (Talk *self)
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
  give_held (self, G_MAXSIZE);
  take_keys (self);
}

/* Returns how many bytes of the input it was. */
static gsize
say (Talk *self, const guint8 *data, gsize size)
{
  const guint8 type = data[0];
  const guint8 flags = data[1];
  gsize n = (flags & LARGE) != 0 ? data[2] * 256 : data[2];
  g_autoptr (GByteArray) plain = NULL;

  if (type == NEW_KEY)
    {
      change_key (self);
      return 1;
    }
  n = MIN (n, size - 3);
  plain = make_plain (self, type, flags, data + 3, n);
  if ((flags & WRONG) == 0 && ((flags & BARE) == 0 || type == DATA))
    expect (self, plain);
  seal (self, plain, type, flags);
  return 3 + n;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Talk talk;

  if (size < 1)
    return 0;
  talk_init (&talk, data[0] & 1);
  data++;
  size--;
  for (guint i = 0; size >= 3 && i < RECORDS_MAX && !talk.hearer.is_over; i++)
    {
      const gsize n = say (&talk, data, size);

      data += n;
      size -= n;
    }
  give_held (&talk, G_MAXSIZE);
  talk_clear (&talk);
  return 0;
}

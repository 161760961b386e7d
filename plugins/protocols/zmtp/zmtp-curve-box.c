/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-curve-box.h"

#include <string.h>

#include <sodium.h>

G_STATIC_ASSERT (CURVE_KEY_SIZE == crypto_box_PUBLICKEYBYTES);
G_STATIC_ASSERT (CURVE_KEY_SIZE == crypto_box_SECRETKEYBYTES);
G_STATIC_ASSERT (CURVE_KEY_SIZE == crypto_box_BEFORENMBYTES);
G_STATIC_ASSERT (CURVE_TAG_SIZE == crypto_box_MACBYTES);

#define NONCE_SIZE  crypto_box_NONCEBYTES
#define PREFIX_SIZE 16 /* of a nonce that ends with a short one */
#define BLOCK_SIZE  64 /* of the stream of Salsa20 */
#define CLIENT      "CurveZMQMESSAGEC"
#define SERVER      "CurveZMQMESSAGES"

void
curve_box_init (CurveBox *self, gboolean is_server)
{
  memset (self, 0, sizeof *self);
  self->is_server = is_server;
  self->out_nonce = 1;
  if (is_server)
    randombytes_buf (self->cookie_key, sizeof self->cookie_key);
  else
    crypto_box_keypair (self->own.public_key, self->own.secret_key);
}

void
curve_box_clear (CurveBox *self)
{
  sodium_memzero (self, sizeof *self);
}

/* ---- nonces ---- */

static void
make_short_nonce (guint8 nonce[NONCE_SIZE], const char *prefix, guint64 number)
{
  memcpy (nonce, prefix, PREFIX_SIZE);
  curve_put_u64 (nonce + PREFIX_SIZE, number);
}

static void
make_long_nonce (guint8 nonce[NONCE_SIZE],
                 const char *prefix,
                 const guint8 rest[CURVE_LONG_SIZE])
{
  memcpy (nonce, prefix, NONCE_SIZE - CURVE_LONG_SIZE);
  memcpy (nonce + NONCE_SIZE - CURVE_LONG_SIZE, rest, CURVE_LONG_SIZE);
}

/* Writes the random half to @place, and the whole to @nonce. */
static void
choose_long_nonce (guint8 nonce[NONCE_SIZE], const char *prefix, guint8 *place)
{
  randombytes_buf (place, CURVE_LONG_SIZE);
  make_long_nonce (nonce, prefix, place);
}

/* ---- the session ---- */

/* XSalsa20 makes a key of the first 16 bytes of the nonce, which are the same in
 * all messages of a direction: it is made once, here. */
static gboolean
begin_session (CurveBox *self)
{
  const char *out = self->is_server ? SERVER : CLIENT;
  const char *in = self->is_server ? CLIENT : SERVER;

  if (crypto_box_beforenm (self->key, self->peer_short, self->own.secret_key) !=
      0)
    return FALSE;
  sodium_memzero (self->own.secret_key, sizeof self->own.secret_key);
  crypto_core_hsalsa20 (self->out_key, (const guint8 *) out, self->key, NULL);
  crypto_core_hsalsa20 (self->in_key, (const guint8 *) in, self->key, NULL);
  return TRUE;
}

/* ---- the client ---- */

void
curve_box_write_hello (CurveBox *self,
                       const guint8 *server,
                       guint8 hello[CURVE_HELLO_SIZE])
{
  static const guint8 zeros[64];
  const guint64 number = self->out_nonce++;
  guint8 nonce[NONCE_SIZE];

  memset (hello, 0, CURVE_HELLO_SIZE);
  memcpy (hello, "\5HELLO\1", 7);
  memcpy (hello + 80, self->own.public_key, CURVE_KEY_SIZE);
  curve_put_u64 (hello + 112, number);
  make_short_nonce (nonce, "CurveZMQHELLO---", number);
  /* an invalid key of the server makes a box that nobody can open */
  if (crypto_box_beforenm (self->hello_key, server, self->own.secret_key) != 0)
    randombytes_buf (self->hello_key, sizeof self->hello_key);
  crypto_box_easy_afternm (hello + 120, zeros, sizeof zeros, nonce,
                           self->hello_key);
}

gboolean
curve_box_read_welcome (CurveBox *self, const CurveWord *welcome)
{
  guint8 nonce[NONCE_SIZE];
  guint8 plain[CURVE_KEY_SIZE + CURVE_COOKIE_SIZE];

  make_long_nonce (nonce, "WELCOME-", welcome->nonce);
  if (crypto_box_open_easy_afternm (plain, welcome->box, welcome->box_size,
                                    nonce, self->hello_key) != 0)
    return FALSE;
  sodium_memzero (self->hello_key, sizeof self->hello_key);
  memcpy (self->peer_short, plain, CURVE_KEY_SIZE);
  memcpy (self->cookie, plain + CURVE_KEY_SIZE, CURVE_COOKIE_SIZE);
  return begin_session (self);
}

/* C says that C' is its, towards this S and S' and nobody else. */
static gboolean
write_vouch (CurveBox *self,
             const CurvePair *client,
             const guint8 *server,
             guint8 vouch[CURVE_VOUCH_SIZE])
{
  guint8 nonce[NONCE_SIZE];
  guint8 plain[2 * CURVE_KEY_SIZE];

  memcpy (plain, self->own.public_key, CURVE_KEY_SIZE);
  memcpy (plain + CURVE_KEY_SIZE, server, CURVE_KEY_SIZE);
  choose_long_nonce (nonce, "VOUCH---", vouch);
  return crypto_box_easy (vouch + CURVE_LONG_SIZE, plain, sizeof plain, nonce,
                          self->peer_short, client->secret_key) == 0;
}

/* A command of a short nonce and a box, @size bytes of room behind @head. */
static GByteArray *
write_sealed (CurveBox *self,
              const guint8 *head,
              gsize head_size,
              const char *prefix,
              const guint8 *plain,
              gsize size)
{
  GByteArray *command = g_byte_array_new ();
  const guint64 number = self->out_nonce++;
  guint8 nonce[NONCE_SIZE];
  guint8 *place;

  g_byte_array_set_size (command,
                         head_size + CURVE_SHORT_SIZE + CURVE_TAG_SIZE + size);
  place = command->data + head_size;
  memcpy (command->data, head, head_size);
  curve_put_u64 (place, number);
  make_short_nonce (nonce, prefix, number);
  crypto_box_easy_afternm (place + CURVE_SHORT_SIZE, plain, size, nonce,
                           self->key);
  return command;
}

GByteArray *
curve_box_write_initiate (CurveBox *self,
                          const CurvePair *client,
                          const guint8 *server,
                          const guint8 *pairs,
                          gsize size)
{
  const gsize before = CURVE_KEY_SIZE + CURVE_VOUCH_SIZE;
  guint8 head[9 + CURVE_COOKIE_SIZE] = "\10INITIATE";
  g_autofree guint8 *plain = g_malloc (before + size);

  memcpy (head + 9, self->cookie, CURVE_COOKIE_SIZE);
  memcpy (plain, client->public_key, CURVE_KEY_SIZE);
  /* S' was tried before; a vouch that cannot be made is refused there */
  if (!write_vouch (self, client, server, plain + CURVE_KEY_SIZE))
    memset (plain + CURVE_KEY_SIZE, 0, CURVE_VOUCH_SIZE);
  memcpy (plain + before, pairs, size);
  return write_sealed (self, head, sizeof head, "CurveZMQINITIATE", plain,
                       before + size);
}

GByteArray *
curve_box_read_ready (CurveBox *self, const CurveWord *ready)
{
  GByteArray *pairs = g_byte_array_new ();
  guint8 nonce[NONCE_SIZE];

  self->in_nonce = curve_get_u64 (ready->nonce);
  make_short_nonce (nonce, "CurveZMQREADY---", self->in_nonce);
  g_byte_array_set_size (pairs, ready->box_size - CURVE_TAG_SIZE);
  if (crypto_box_open_easy_afternm (pairs->data, ready->box, ready->box_size,
                                    nonce, self->key) == 0)
    return pairs;
  g_byte_array_unref (pairs);
  return NULL;
}

/* ---- the server ---- */

gboolean
curve_box_read_hello (CurveBox *self,
                      const CurvePair *server,
                      const CurveWord *hello)
{
  guint8 nonce[NONCE_SIZE];
  guint8 plain[64];

  memcpy (self->peer_short, hello->key, CURVE_KEY_SIZE);
  self->in_nonce = curve_get_u64 (hello->nonce);
  make_short_nonce (nonce, "CurveZMQHELLO---", self->in_nonce);
  return crypto_box_beforenm (self->hello_key, self->peer_short,
                              server->secret_key) == 0 &&
         crypto_box_open_easy_afternm (plain, hello->box, hello->box_size,
                                       nonce, self->hello_key) == 0 &&
         sodium_is_zero (plain, sizeof plain);
}

/* Only the key of the cookie is kept: C' and s' are in the cookie, and come
 * back. The key belongs to this connection, so that INITIATE is useless on
 * another one. */
void
curve_box_write_welcome (CurveBox *self, guint8 welcome[CURVE_WELCOME_SIZE])
{
  guint8 nonce[NONCE_SIZE];
  guint8 plain[CURVE_KEY_SIZE + CURVE_COOKIE_SIZE];
  guint8 secret[2 * CURVE_KEY_SIZE]; /* C', s' */
  guint8 *cookie = plain + CURVE_KEY_SIZE;

  memcpy (secret, self->peer_short, CURVE_KEY_SIZE);
  crypto_box_keypair (plain, secret + CURVE_KEY_SIZE);
  choose_long_nonce (nonce, "COOKIE--", cookie);
  crypto_secretbox_easy (cookie + CURVE_LONG_SIZE, secret, sizeof secret, nonce,
                         self->cookie_key);
  memcpy (welcome, "\7WELCOME", 8);
  choose_long_nonce (nonce, "WELCOME-", welcome + 8);
  crypto_box_easy_afternm (welcome + 8 + CURVE_LONG_SIZE, plain, sizeof plain,
                           nonce, self->hello_key);
  sodium_memzero (secret, sizeof secret);
  sodium_memzero (self->hello_key, sizeof self->hello_key);
  sodium_memzero (self->peer_short, sizeof self->peer_short);
}

/* It can be opened once. */
static gboolean
read_cookie (CurveBox *self, const guint8 *cookie)
{
  guint8 nonce[NONCE_SIZE];
  guint8 secret[2 * CURVE_KEY_SIZE];
  gboolean is_ours;

  make_long_nonce (nonce, "COOKIE--", cookie);
  is_ours = crypto_secretbox_open_easy (secret, cookie + CURVE_LONG_SIZE,
                                        CURVE_COOKIE_SIZE - CURVE_LONG_SIZE,
                                        nonce, self->cookie_key) == 0;
  sodium_memzero (self->cookie_key, sizeof self->cookie_key);
  if (is_ours)
    {
      memcpy (self->peer_short, secret, CURVE_KEY_SIZE);
      memcpy (self->own.secret_key, secret + CURVE_KEY_SIZE, CURVE_KEY_SIZE);
    }
  sodium_memzero (secret, sizeof secret);
  return is_ours;
}

/* @secret is s', which begin_session() erases. */
static gboolean
check_vouch (CurveBox *self,
             const guint8 *secret,
             const guint8 *server,
             const guint8 *client,
             const guint8 *vouch)
{
  guint8 nonce[NONCE_SIZE];
  guint8 plain[2 * CURVE_KEY_SIZE];

  make_long_nonce (nonce, "VOUCH---", vouch);
  return crypto_box_open_easy (plain, vouch + CURVE_LONG_SIZE,
                               CURVE_VOUCH_SIZE - CURVE_LONG_SIZE, nonce,
                               client, secret) == 0 &&
         sodium_memcmp (plain, self->peer_short, CURVE_KEY_SIZE) == 0 &&
         sodium_memcmp (plain + CURVE_KEY_SIZE, server, CURVE_KEY_SIZE) == 0;
}

static gboolean
open_initiate (CurveBox *self, const CurveWord *initiate, guint8 *plain)
{
  const guint64 number = curve_get_u64 (initiate->nonce);
  guint8 nonce[NONCE_SIZE];

  if (number <= self->in_nonce)
    return FALSE;
  self->in_nonce = number;
  make_short_nonce (nonce, "CurveZMQINITIATE", number);
  return crypto_box_open_easy_afternm (plain, initiate->box, initiate->box_size,
                                       nonce, self->key) == 0;
}

GByteArray *
curve_box_read_initiate (CurveBox *self,
                         const CurvePair *server,
                         const CurveWord *initiate,
                         guint8 client[CURVE_KEY_SIZE])
{
  g_autoptr (GByteArray) plain = g_byte_array_new ();
  guint8 secret[CURVE_KEY_SIZE];
  gboolean ok;

  if (!read_cookie (self, initiate->cookie))
    return NULL;
  g_byte_array_set_size (plain, initiate->box_size - CURVE_TAG_SIZE);
  memcpy (secret, self->own.secret_key, sizeof secret);
  ok = begin_session (self) && open_initiate (self, initiate, plain->data) &&
       check_vouch (self, secret, server->public_key, plain->data,
                    plain->data + CURVE_KEY_SIZE);
  sodium_memzero (secret, sizeof secret);
  if (!ok)
    return NULL;
  memcpy (client, plain->data, CURVE_KEY_SIZE);
  g_byte_array_remove_range (plain, 0, CURVE_KEY_SIZE + CURVE_VOUCH_SIZE);
  return g_steal_pointer (&plain);
}

GByteArray *
curve_box_write_ready (CurveBox *self, const guint8 *pairs, gsize size)
{
  return write_sealed (self, (const guint8 *) "\5READY", 6, "CurveZMQREADY---",
                       pairs, size);
}

/* ---- messages ---- */

/*
 * crypto_secretbox with the key that begin_session() has made. Its stream is
 *
 *   32 B key of Poly1305 │ what flags and data are mixed with
 *
 * so that the first block, 64 bytes, serves both.
 */
typedef struct
{
  guint8 nonce[crypto_stream_salsa20_NONCEBYTES];
  guint8 block[BLOCK_SIZE];
} Stream;

static void
begin_stream (Stream *stream, const guint8 *key, guint64 number)
{
  curve_put_u64 (stream->nonce, number);
  crypto_stream_salsa20 (stream->block, BLOCK_SIZE, stream->nonce, key);
}

/* @from may be @to. */
static void
mix (
  Stream *stream, const guint8 *key, guint8 *to, const guint8 *from, gsize size)
{
  const gsize first = MIN (size, BLOCK_SIZE - crypto_onetimeauth_KEYBYTES);
  const guint8 *block = stream->block + crypto_onetimeauth_KEYBYTES;

  for (gsize i = 0; i < first; i++)
    to[i] = from[i] ^ block[i];
  if (size > first)
    crypto_stream_salsa20_xor_ic (to + first, from + first, size - first,
                                  stream->nonce, 1, key);
}

void
curve_box_write_message (
  CurveBox *self, guint8 flags, const guint8 *data, gsize size, guint8 *message)
{
  guint8 *tag = message + CURVE_MESSAGE_HEAD;
  guint8 *sealed = tag + CURVE_TAG_SIZE;
  Stream stream;

  memcpy (message, "\7MESSAGE", 8);
  curve_put_u64 (message + 8, self->out_nonce);
  begin_stream (&stream, self->out_key, self->out_nonce++);
  sealed[0] = flags;
  memcpy (sealed + 1, data, size);
  mix (&stream, self->out_key, sealed, sealed, size + 1);
  crypto_onetimeauth_poly1305 (tag, sealed, size + 1, stream.block);
  sodium_memzero (&stream, sizeof stream);
}

gboolean
curve_box_read_message (CurveBox *self, const CurveWord *message, guint8 *plain)
{
  const guint8 *sealed = message->box + CURVE_TAG_SIZE;
  const gsize size = message->box_size - CURVE_TAG_SIZE;
  const guint64 number = curve_get_u64 (message->nonce);
  Stream stream;
  gboolean is_good;

  /* all that we know count by one, and so one that was taken out shows */
  if (number != self->in_nonce + 1)
    return FALSE;
  begin_stream (&stream, self->in_key, number);
  is_good = crypto_onetimeauth_poly1305_verify (message->box, sealed, size,
                                                stream.block) == 0;
  if (is_good)
    {
      self->in_nonce = number;
      mix (&stream, self->in_key, plain, sealed, size);
    }
  sodium_memzero (&stream, sizeof stream);
  return is_good;
}

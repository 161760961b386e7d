/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-hash.h>

#include <string.h>
#include <sys/random.h>

/*
 * SipHash-1-3 (Aumasson and Bernstein, 2012) with a random key per process, so
 * that peers cannot choose names and topics that collide in a hash table.
 */

typedef struct
{
  guint64 v[4];
} State;

static guint64 key[2];

static void
make_key (void)
{
  static gsize is_made;

  if (G_LIKELY (!g_once_init_enter (&is_made)))
    return;
  if (getrandom (key, sizeof key, 0) != sizeof key)
    for (guint i = 0; i < G_N_ELEMENTS (key); i++)
      key[i] = (guint64) g_random_int () << 32 | g_random_int ();
  g_once_init_leave (&is_made, 1);
}

static inline guint64
rotate (guint64 value, guint n)
{
  return value << n | value >> (64 - n);
}

static inline void
stir (State *self)
{
  guint64 *v = self->v;

  v[0] += v[1];
  v[2] += v[3];
  v[1] = rotate (v[1], 13) ^ v[0];
  v[3] = rotate (v[3], 16) ^ v[2];
  v[0] = rotate (v[0], 32);
  v[2] += v[1];
  v[0] += v[3];
  v[1] = rotate (v[1], 17) ^ v[2];
  v[3] = rotate (v[3], 21) ^ v[0];
  v[2] = rotate (v[2], 32);
}

static inline void
take_in (State *self, guint64 word)
{
  self->v[3] ^= word;
  stir (self);
  self->v[0] ^= word;
}

/**
 * hein_hash_data:
 * @data: (array length=size) (nullable): bytes
 * @size: their number
 *
 * Computes a hash for tables whose keys come from outside: nobody who does not
 * know the key of this process can make data that collide. The result differs
 * from process to process.
 *
 * - Thread: any.
 *
 * Returns: the hash
 *
 * Since: 0.9
 */
guint
hein_hash_data (const guint8 *data, gsize size)
{
  State state;
  guint64 word = 0;
  guint64 hash;
  gsize i;

  make_key ();
  state =
    (State){ { key[0] ^ 0x736f6d6570736575ull, key[1] ^ 0x646f72616e646f6dull,
               key[0] ^ 0x6c7967656e657261ull,
               key[1] ^ 0x7465646279746573ull } };
  for (i = 0; i + sizeof word <= size; i += sizeof word)
    {
      memcpy (&word, data + i, sizeof word);
      take_in (&state, word);
    }
  word = 0;
  if (i < size)
    memcpy (&word, data + i, size - i);
  take_in (&state, word);
  /* the paper puts the size into the last word; a block of its own is as
   * good */
  take_in (&state, size);
  state.v[2] ^= 0xff;
  for (guint n = 0; n < 3; n++)
    stir (&state);
  hash = state.v[0] ^ state.v[1] ^ state.v[2] ^ state.v[3];
  return (guint) (hash ^ hash >> 32);
}

/**
 * hein_hash_text:
 * @text: (type utf8): a text
 *
 * Computes [func@Hein.hash_data] of a text: to be used for a #GHashTable in
 * place of g_str_hash() when its keys come from outside.
 *
 * - Thread: any.
 *
 * Returns: the hash
 *
 * Since: 0.9
 */
guint
hein_hash_text (gconstpointer text)
{
  g_return_val_if_fail (text != NULL, 0);

  return hein_hash_data (text, strlen (text));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sealed-pair.h"

#include <string.h>

McKey *
make_key (guint8 first)
{
  guint8 bytes[MC_KEY_SIZE] = { first, 1 };

  return mc_key_new (bytes);
}

McSealer *
make_sealer (McSuite suite, McKey *key, guint32 n)
{
  guint8 id[MC_SENDER_ID_SIZE] = { 0 };
  g_autoptr (GError) error = NULL;
  McSealer *self;

  memcpy (id, &n, sizeof n);
  self = mc_sealer_new (suite, suite != MC_SUITE_NONE ? key : NULL, id, &error);
  g_assert_no_error (error);
  return self;
}

static McOpener *
make_opener (Pair *pair, McAdmission admission)
{
  static const guint8 seed[MC_OPENER_SEED_SIZE] = { 7 };

  return mc_opener_new (pair->suite != MC_SUITE_NONE ? pair->ring : NULL,
                        admission, seed);
}

Pair *
pair_new (McSuite suite, McAdmission admission)
{
  Pair *self = g_new0 (Pair, 1);

  self->key = make_key (1);
  self->ring = mc_key_ring_new (0);
  g_assert_true (
    mc_key_ring_add (self->ring, self->key, 1, MC_TIME_MIN, 1000, NULL));
  self->suite = suite;
  self->sealer = make_sealer (suite, self->key, 1);
  self->opener = make_opener (self, admission);
  self->now_us = 1;
  return self;
}

void
pair_free (Pair *self)
{
  mc_sealer_free (self->sealer);
  mc_opener_free (self->opener);
  mc_key_ring_unref (self->ring);
  mc_key_unref (self->key);
  g_free (self);
}

void
use_sealer (Pair *self, guint32 n)
{
  mc_sealer_free (self->sealer);
  self->sealer = make_sealer (self->suite, self->key, n);
}

void
seal_type (Pair *self, McType type, const void *payload, gsize size)
{
  McInner header = { .type = type, .flags = MC_FIRST | MC_LAST };
  guint8 inner[ROOM];
  g_autoptr (GError) error = NULL;

  mc_inner_put (&header, inner);
  memcpy (inner + MC_INNER_SIZE, payload, size);
  self->size = mc_sealer_seal (self->sealer, NULL, inner, MC_INNER_SIZE + size,
                               self->datagram, ROOM, &error);
  g_assert_no_error (error);
}

void
seal (Pair *self, const char *text)
{
  seal_type (self, MC_DATA, text, strlen (text));
}

McDrop
open_bytes (Pair *self, const guint8 *datagram, gsize size)
{
  return mc_opener_open (self->opener, datagram, size, self->now_us,
                         self->inner, ROOM, &self->opened);
}

McDrop
open_it (Pair *self)
{
  return open_bytes (self, self->datagram, self->size);
}

McDrop
open_seq (Pair *self, guint64 seq)
{
  g_autoptr (McSealer) other =
    make_sealer (self->suite, self->key,
                 *(guint32 *) mc_sealer_get_sender_id (self->sealer));
  g_autoptr (GError) error = NULL;
  static const guint8 inner[MC_INNER_SIZE] = { 1 };

  mc_sealer_skip_to (other, seq - 1);
  self->size = mc_sealer_seal (other, NULL, inner, sizeof inner, self->datagram,
                               ROOM, &error);
  g_assert_no_error (error);
  return open_it (self);
}

void
assert_says (Pair *self, const char *text)
{
  g_assert_cmpmem (self->inner + MC_INNER_SIZE,
                   self->opened.size - MC_INNER_SIZE, text, strlen (text));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-bucket.h"

/*
 * The level is counted in millionths of a token: with whole tokens, each look
 * would round away what came in since the last one.
 */

#define PER_TOKEN ((guint64) G_USEC_PER_SEC)
#define RATE_MAX  G_GUINT64_CONSTANT (1000000000000)

void
mc_bucket_init (McBucket *self, guint64 rate, guint64 depth, gint64 now_us)
{
  self->rate = CLAMP (rate, 1, RATE_MAX);
  self->depth = CLAMP (depth, 1, RATE_MAX);
  self->level = self->depth * PER_TOKEN;
  self->filled_us = now_us;
}

/* The time may stand still or go back between two calls: then nothing comes
 * in. */
static void
fill (McBucket *self, gint64 now_us)
{
  gint64 passed = now_us - self->filled_us;

  if (passed <= 0)
    return;
  /* longer than this fills any bucket of ours, and is no overflow */
  passed = MIN (passed, 10 * G_USEC_PER_SEC);
  self->level =
    MIN (self->level + self->rate * (guint64) passed, self->depth * PER_TOKEN);
  self->filled_us = now_us;
}

gboolean
mc_bucket_take (McBucket *self, guint64 n, gint64 now_us)
{
  guint64 needed = MIN (n, self->depth) * PER_TOKEN;

  fill (self, now_us);
  if (self->level < needed)
    return FALSE;
  self->level -= needed;
  return TRUE;
}

gint64
mc_bucket_get_due (const McBucket *self, guint64 n)
{
  guint64 needed = MIN (n, self->depth) * PER_TOKEN;

  if (self->level >= needed)
    return self->filled_us;
  return self->filled_us +
         (gint64) ((needed - self->level + self->rate - 1) / self->rate);
}

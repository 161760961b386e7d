/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-answer-limit.h"

#include <string.h>

/*
 * Two buckets for each answer: that of the place which the source shares with
 * others, then that of all.
 */

void
mc_answer_limit_init (McAnswerLimit *self, guint32 key, gint64 now_us)
{
  memset (self, 0, sizeof *self);
  self->key = key;
  mc_bucket_init (&self->all, MC_ANSWERS_RATE, MC_ANSWERS_BURST, now_us);
}

/* A hash of 32 bits that spreads each bit over all (lowbias32). */
static guint32
mix (guint32 value)
{
  value = (value ^ value >> 16) * 0x7feb352d;
  value = (value ^ value >> 15) * 0x846ca68b;
  return value ^ value >> 16;
}

gboolean
mc_answer_limit_take (McAnswerLimit *self, guint32 hash, gint64 now_us)
{
  const guint place = mix (mix (hash ^ self->key) + self->key);
  McBucket *bucket = &self->places[place % MC_ANSWERS_PLACES];

  /* a bucket begins full: it need not be there before somebody comes */
  if (bucket->rate == 0)
    mc_bucket_init (bucket, MC_ANSWERS_SOURCE_RATE, MC_ANSWERS_SOURCE_BURST,
                    now_us);
  return mc_bucket_take (bucket, 1, now_us) &&
         mc_bucket_take (&self->all, 1, now_us);
}

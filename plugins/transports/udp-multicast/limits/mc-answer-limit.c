/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-answer-limit.h"

/*
 * Two buckets for each answer: that of the place which the source shares with
 * others, then that of all.
 */

void
mc_answer_limit_init (McAnswerLimit *self, guint32 key, gint64 now_us)
{
  self->key = key;
  mc_bucket_init (&self->all, MC_ANSWERS_RATE, MC_ANSWERS_BURST, now_us);
  for (guint i = 0; i < MC_ANSWERS_PLACES; i++)
    mc_bucket_init (&self->places[i], MC_ANSWERS_SOURCE_RATE,
                    MC_ANSWERS_SOURCE_BURST, now_us);
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

  return mc_bucket_take (&self->places[place % MC_ANSWERS_PLACES], 1, now_us) &&
         mc_bucket_take (&self->all, 1, now_us);
}

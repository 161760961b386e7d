/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-bucket.h"

G_BEGIN_DECLS

/*
 * How often members answer who may be anybody: so many in a second for all, and
 * for each source. Sources share a place when their hashes fall together, so
 * the memory is fixed, however many there are. The time is handed in.
 */
#define MC_ANSWERS_RATE         1000
#define MC_ANSWERS_BURST        1024
#define MC_ANSWERS_SOURCE_RATE  250
#define MC_ANSWERS_SOURCE_BURST 256
#define MC_ANSWERS_PLACES       64

typedef struct
{
  guint32 key; /* nobody outside knows which sources share a place */
  McBucket all;
  McBucket places[MC_ANSWERS_PLACES]; /* rate 0: nobody has come yet */
} McAnswerLimit;

void mc_answer_limit_init (McAnswerLimit *self, guint32 key, gint64 now_us);
/* @hash: of the source. FALSE: it is not to be answered. */
gboolean
mc_answer_limit_take (McAnswerLimit *self, guint32 hash, gint64 now_us);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-seen.h"

#include <string.h>

/* A ring of bits, one for each of the last fragments. */

void
mc_seen_begin (McSeen *self, guint64 first)
{
  memset (self->bits, 0, sizeof self->bits);
  self->first = first;
  self->end = first;
  self->n_missing = 0;
}

static guint64 *
get_word (McSeen *self, guint64 dseq)
{
  return &self->bits[dseq / 64 % G_N_ELEMENTS (self->bits)];
}

static guint64
get_bit (guint64 dseq)
{
  return G_GUINT64_CONSTANT (1) << dseq % 64;
}

void
mc_seen_extend (McSeen *self, guint64 end)
{
  if (end <= self->end)
    return;
  self->n_missing += end - self->end;
  if (end - self->end >= MC_SEEN_BITS)
    memset (self->bits, 0, sizeof self->bits);
  else
    for (guint64 dseq = self->end; dseq < end; dseq++)
      *get_word (self, dseq) &= ~get_bit (dseq);
  self->end = end;
}

McSeenResult
mc_seen_add (McSeen *self, guint64 dseq)
{
  if (dseq < self->first ||
      (dseq < self->end && self->end - dseq > MC_SEEN_BITS))
    return MC_SEEN_TOO_LATE;
  mc_seen_extend (self, dseq + 1);
  if (*get_word (self, dseq) & get_bit (dseq))
    return MC_SEEN_BEFORE;
  *get_word (self, dseq) |= get_bit (dseq);
  self->n_missing--;
  return MC_SEEN_NEW;
}

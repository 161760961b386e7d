/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-tally.h"

/*
 * Counts delivered messages on both sides of a mark that moves once a second;
 * those before it that did not arrive are lost then.
 */

/* A message that began before @position does not count among those behind
 * it. */
static guint32
get_next_ordinal (const McPosition *position)
{
  return position->index == 0 ? position->ordinal : position->ordinal + 1;
}

/* The rest of a message that has begun belongs to the open part. */
static guint64
get_first_fragment (const McPosition *position)
{
  return position->dseq - MIN (position->index, position->dseq);
}

void
mc_tally_begin (McTally *self, const McPosition *start)
{
  *self = (McTally){
    .closed = get_next_ordinal (start),
    .mark = { start->dseq, get_next_ordinal (start), 0 },
    .due_us = G_MAXINT64,
    .first = start->dseq,
  };
}

static void
set_mark (McTally *self, const McPosition *lead, gint64 now_us)
{
  self->mark = *lead;
  self->n_before += self->n_behind;
  self->n_behind = 0;
  self->due_us = now_us + MC_LATE_US;
}

void
mc_tally_extend (McTally *self, const McPosition *lead, gint64 now_us)
{
  if (self->due_us == G_MAXINT64 && lead->dseq > self->mark.dseq)
    set_mark (self, lead, now_us);
}

void
mc_tally_deliver (McTally *self, guint32 ordinal, guint n_messages)
{
  if ((gint32) (ordinal - self->mark.ordinal) >= 0)
    self->n_behind += n_messages;
  else if ((gint32) (ordinal - self->closed) >= 0)
    self->n_before += n_messages;
}

/* A sender that errs may count backwards (-1), or deliver more than it
 * counted: neither is a loss. */
static gint64
close_before (McTally *self, guint32 ordinal)
{
  const guint32 n_known = ordinal - self->closed;
  const guint32 n_there = self->n_before;

  self->closed = ordinal;
  self->n_before = 0;
  if (n_known > G_MAXINT32)
    return -1;
  return n_known > n_there ? n_known - n_there : 0;
}

gint64
mc_tally_close (McTally *self, const McPosition *lead, gint64 now_us)
{
  gint64 n;

  self->first = MAX (self->first, get_first_fragment (&self->mark));
  n = close_before (self, self->mark.ordinal);
  self->due_us = G_MAXINT64;
  mc_tally_extend (self, lead, now_us);
  return n;
}

gint64
mc_tally_end (McTally *self, const McPosition *lead)
{
  gint64 n;

  set_mark (self, lead, 0);
  self->first = MAX (self->first, lead->dseq);
  n = close_before (self, get_next_ordinal (lead));
  self->mark.ordinal = self->closed;
  self->mark.index = 0;
  self->due_us = G_MAXINT64;
  return n;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-stream.h"

#include <string.h>

/*
 * Puts messages together from fragments that come in order. What a hole cuts
 * off is found by counting messages, not fragments, since the ordinal of what
 * comes behind it is known.
 */

/* So much is allocated for a message that has begun, whatever size it
 * announces; the rest follows what came. */
#define ALLOCATED_MIN 16384

void
mc_stream_init (McStream *self,
                const McReceiverOptions *options,
                McReceiverStats *stats)
{
  *self = (McStream){ .options = options, .stats = stats };
}

void
mc_stream_break (McStream *self)
{
  if (self->data == NULL)
    return;
  mc_budget_give (self->options->budget, self->allocated);
  g_clear_pointer (&self->data, g_free);
}

void
mc_stream_clear (McStream *self)
{
  mc_stream_break (self);
}

void
mc_stream_begin (McStream *self, const McPosition *start)
{
  self->has_expected = TRUE;
  self->expected = start->index == 0 ? start->ordinal : start->ordinal + 1;
}

static void
expect (McStream *self, guint32 ordinal)
{
  guint32 n = ordinal - self->expected;
  guint32 first = self->expected;

  self->expected = ordinal;
  if (n == 0)
    return;
  if (n > G_MAXINT32) /* backwards: a sender that errs */
    {
      self->stats->n_broken++;
      return;
    }
  self->stats->n_lost += n;
  self->options->tell_lost (first, n, self->options->user_data);
}

static gboolean
continues (const McStream *self, guint32 ordinal, guint32 index)
{
  return self->data != NULL && ordinal == self->expected &&
         index == self->index;
}

void
mc_stream_arrive (McStream *self, guint32 ordinal, guint32 index)
{
  if (continues (self, ordinal, index))
    return;
  mc_stream_break (self);
  if (!self->has_expected)
    mc_stream_begin (self, &(McPosition){ 0, ordinal, index });
  /* a message that began within the hole cannot be put together any more */
  expect (self, index == 0 ? ordinal : ordinal + 1);
}

/* The message that is begun cannot be completed, though nothing is missing. */
static void
give_up (McStream *self)
{
  mc_stream_break (self);
  expect (self, self->expected + 1);
}

static gboolean
resize (McStream *self, gsize size)
{
  McBudget *budget = self->options->budget;
  guint8 *data;

  if (!mc_budget_take (budget, size - self->allocated))
    return FALSE;
  data = g_try_realloc (self->data, size);
  if (data == NULL)
    {
      mc_budget_give (budget, size - self->allocated);
      return FALSE;
    }
  self->data = data;
  self->allocated = size;
  return TRUE;
}

static gboolean
begin_message (McStream *self, const McInner *inner, const McPlace *place)
{
  self->allocated = 0;
  self->size = 0;
  self->message_size = inner->message_size;
  self->fragment_size = place->fragment_size;
  self->index = 0;
  return resize (self, MIN (inner->message_size, ALLOCATED_MIN));
}

static gboolean
append (McStream *self, GBytes *payload)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (payload, &size);
  gsize needed = self->size + size;

  if (needed > self->allocated &&
      !resize (self, MIN (self->message_size, 2 * needed)))
    return FALSE;
  memcpy (self->data + self->size, data, size);
  self->size = needed;
  self->index++;
  return TRUE;
}

static void
deliver (McStream *self,
         const McInner *inner,
         GBytes *message,
         guint n_messages)
{
  self->expected = inner->ordinal + n_messages;
  self->stats->n_delivered += n_messages;
  self->options->deliver (message, (inner->flags & MC_PACKED) != 0,
                          inner->ordinal, self->options->user_data);
}

static void
complete (McStream *self, const McInner *inner)
{
  g_autoptr (GBytes) message = NULL;

  mc_budget_give (self->options->budget, self->allocated);
  message = g_bytes_new_take (g_steal_pointer (&self->data), self->size);
  deliver (self, inner, message, 1);
}

static void
take_part (McStream *self,
           const McInner *inner,
           GBytes *payload,
           const McPlace *place)
{
  if (inner->index == 0 && !begin_message (self, inner, place))
    {
      give_up (self);
      return;
    }
  if (self->data == NULL) /* of a message that is lost */
    return;
  if (inner->message_size != self->message_size ||
      place->fragment_size != self->fragment_size)
    {
      self->stats->n_broken++;
      give_up (self);
    }
  else if (!append (self, payload))
    give_up (self);
  else if (inner->flags & MC_LAST)
    complete (self, inner);
}

void
mc_stream_take (McStream *self,
                const McInner *inner,
                GBytes *payload,
                const McPlace *place,
                gint64 now_us)
{
  mc_stream_arrive (self, inner->ordinal, inner->index);
  self->touched_us = now_us;
  if (mc_fragment_is_whole (inner))
    deliver (self, inner, payload, place->n_messages);
  else
    take_part (self, inner, payload, place);
}

void
mc_stream_tick (McStream *self, gint64 now_us)
{
  if (now_us >= mc_stream_get_deadline (self))
    give_up (self);
}

void
mc_stream_end (McStream *self)
{
  if (self->data != NULL)
    give_up (self);
}

gint64
mc_stream_get_deadline (const McStream *self)
{
  return self->data != NULL ? self->touched_us + MC_GIVE_UP_US : G_MAXINT64;
}

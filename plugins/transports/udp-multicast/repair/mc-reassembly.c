/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-reassembly.h"

#include <string.h>

#include <hein/hein.h>

/*
 * Messages of several fragments that come in any order. The memory of a message
 * is taken as a whole with its first fragment; so what waits longest gives way
 * before anything new is refused.
 */

typedef struct
{
  guint64 first; /* dseq of its first fragment: its key */
  GList link;    /* in by_age */
  guint32 ordinal;
  guint32 message_size;
  guint32 fragment_size;
  guint32 n_there;
  guint8 *data;
  gint64 touched_us;
} Open;

void
mc_reassembly_init (McReassembly *self,
                    const McReceiverOptions *options,
                    McReceiverStats *stats,
                    McTally *tally)
{
  *self = (McReassembly){ .options = options, .stats = stats, .tally = tally };
}

static gsize
get_cost (gsize message_size)
{
  return message_size + sizeof (Open) + MC_KEPT_COST;
}

/* Its data may be gone. */
static void
drop (McReassembly *self, Open *open)
{
  g_queue_unlink (&self->by_age, &open->link);
  g_hash_table_remove (self->open, &open->first);
  self->bytes -= get_cost (open->message_size);
  mc_budget_give (self->options->budget, get_cost (open->message_size));
  g_free (open->data);
  g_free (open);
}

void
mc_reassembly_clear (McReassembly *self)
{
  while (self->by_age.length > 0)
    drop (self, self->by_age.head->data);
  g_clear_pointer (&self->open, g_hash_table_unref);
}

static void
give_up_oldest (McReassembly *self)
{
  self->stats->n_incomplete++;
  drop (self, self->by_age.head->data);
}

/* The oldest make room: under loss most of those will never be whole. */
static gboolean
make_room (McReassembly *self, gsize cost)
{
  if (cost > MC_OPEN_BYTES)
    return FALSE;
  while (self->by_age.length == MC_OPEN_MESSAGES ||
         self->bytes + cost > MC_OPEN_BYTES)
    give_up_oldest (self);
  while (!mc_budget_take (self->options->budget, cost))
    {
      if (self->by_age.length == 0)
        return FALSE;
      give_up_oldest (self);
    }
  return TRUE;
}

/* A sender chooses the numbers, but not where they lie in the table. */
static guint
hash_dseq (gconstpointer dseq)
{
  return hein_hash_data (dseq, sizeof (guint64));
}

/* NULL: there is no room for it. */
static Open *
open_message (McReassembly *self, const McInner *inner, const McPlace *place)
{
  gsize cost = get_cost (inner->message_size);
  guint8 *data;
  Open *open;

  if (!make_room (self, cost))
    return NULL;
  data = g_try_malloc (inner->message_size);
  if (data == NULL)
    {
      mc_budget_give (self->options->budget, cost);
      return NULL;
    }
  open = g_new0 (Open, 1);
  open->first = inner->dseq - inner->index;
  open->ordinal = inner->ordinal;
  open->message_size = inner->message_size;
  open->fragment_size = place->fragment_size;
  open->data = data;
  open->link.data = open;
  self->bytes += cost;
  g_queue_push_tail_link (&self->by_age, &open->link);
  g_hash_table_add (self->open, open);
  return open;
}

static Open *
find (McReassembly *self, const McInner *inner, const McPlace *place)
{
  guint64 first = inner->dseq - inner->index;
  Open *open;

  if (self->open == NULL)
    self->open = g_hash_table_new (hash_dseq, g_int64_equal);
  /* an Open begins with its key */
  open = g_hash_table_lookup (self->open, &first);
  return open != NULL ? open : open_message (self, inner, place);
}

/* Whether a fragment agrees with those that came before on what the message
 * is. One that does not makes all of it worthless: nobody knows which of them
 * errs. */
static gboolean
fits (const Open *open, const McInner *inner, const McPlace *place)
{
  return open->ordinal == inner->ordinal &&
         open->message_size == inner->message_size &&
         open->fragment_size == place->fragment_size;
}

/* The message leaves the table before it is delivered: whoever gets it may do
 * anything. */
static void
complete (McReassembly *self, Open *open)
{
  guint32 ordinal = open->ordinal;
  g_autoptr (GBytes) message =
    g_bytes_new_take (g_steal_pointer (&open->data), open->message_size);

  drop (self, open);
  self->stats->n_delivered++;
  mc_tally_deliver (self->tally, ordinal, 1);
  self->options->deliver (message, FALSE, ordinal, self->options->user_data);
}

static void
add (
  McReassembly *self, Open *open, GBytes *payload, gsize offset, gint64 now_us)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (payload, &size);
  guint32 n = (open->message_size - 1) / open->fragment_size + 1;

  memcpy (open->data + offset, data, size);
  open->touched_us = now_us;
  g_queue_unlink (&self->by_age, &open->link);
  g_queue_push_tail_link (&self->by_age, &open->link);
  if (++open->n_there == n)
    complete (self, open);
}

void
mc_reassembly_take (McReassembly *self,
                    const McInner *inner,
                    GBytes *payload,
                    const McPlace *place,
                    gint64 now_us)
{
  Open *open = find (self, inner, place);

  if (open == NULL)
    self->stats->n_incomplete++;
  else if (fits (open, inner, place))
    add (self, open, payload, place->offset, now_us);
  else
    {
      self->stats->n_broken++;
      drop (self, open);
    }
}

void
mc_reassembly_tick (McReassembly *self, gint64 now_us)
{
  while (now_us >= mc_reassembly_get_deadline (self))
    give_up_oldest (self);
}

gint64
mc_reassembly_get_deadline (const McReassembly *self)
{
  const GList *oldest = self->by_age.head;

  return oldest != NULL ? ((const Open *) oldest->data)->touched_us + MC_OPEN_US
                        : G_MAXINT64;
}

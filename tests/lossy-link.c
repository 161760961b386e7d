/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "lossy-link.h"

#include "../plugins/transports/udp-multicast/datagram/mc-pack.h"

#include <string.h>

#define JITTER_US  100
#define REORDER_US 5000

static const guint8 sender_id[MC_ID_SIZE] = "the one sender ";

typedef struct
{
  gint64 at_us;
  guint64 order;
  guint from;
  guint to;
  guint8 inner[MC_INNER_SIZE];
  GBytes *payload;
} Datagram;

static void
datagram_free (gpointer data)
{
  Datagram *self = data;

  g_bytes_unref (self->payload);
  g_free (self);
}

static int
compare_datagrams (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const Datagram *one = a;
  const Datagram *other = b;

  if (one->at_us != other->at_us)
    return one->at_us < other->at_us ? -1 : 1;
  return one->order < other->order ? -1 : 1;
}

static gboolean
happens (Link *self, guint percent)
{
  return percent > 0 && (guint) g_rand_int_range (self->dice, 0, 100) < percent;
}

static void
fly (Link *self, guint from, guint to, const McInner *inner, GBytes *payload)
{
  Datagram *datagram = g_new0 (Datagram, 1);

  datagram->at_us =
    self->now_us + LINK_DELAY_US + g_rand_int_range (self->dice, 0, JITTER_US);
  if (happens (self, self->reordering))
    datagram->at_us += g_rand_int_range (self->dice, 0, REORDER_US);
  datagram->order = self->n_flown++;
  datagram->from = from;
  datagram->to = to;
  mc_inner_put (inner, datagram->inner);
  datagram->payload = g_bytes_ref (payload);
  g_sequence_insert_sorted (self->flying, datagram, compare_datagrams, NULL);
}

static void
send_to_all (Link *self, guint from, const McInner *inner, GBytes *payload)
{
  for (guint to = 0; to <= self->receivers->len; to++)
    {
      if (to == from || happens (self, self->loss))
        continue;
      fly (self, from, to, inner, payload);
      if (happens (self, self->duplication))
        fly (self, from, to, inner, payload);
    }
}

static void
on_sender_emits (const McInner *inner, GBytes *payload, gpointer user_data)
{
  send_to_all (user_data, 0, inner, payload);
}

static void
on_receiver_emits (const McInner *inner, GBytes *payload, gpointer user_data)
{
  LinkReceiver *receiver = user_data;

  if (!receiver->is_cut)
    send_to_all (receiver->link, receiver->number, inner, payload);
}

static guint32
on_receiver_draws (gpointer user_data)
{
  return g_rand_int (((LinkReceiver *) user_data)->link->dice);
}

GBytes *
link_make_message (guint32 number, gsize size)
{
  guint8 *data = g_malloc (MAX (size, 1));

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (number * 31 + i * 7 + (i >> 8));
  return g_bytes_new_take (data, size);
}

static void
check_message (LinkReceiver *self, GBytes *message, guint32 number)
{
  g_autoptr (GBytes) expected =
    link_make_message (number, self->link->get_size (number));

  g_assert_cmpuint (number, <, self->link->n_sent);
  g_assert_true (g_bytes_equal (message, expected));
  if (self->link->options.is_reliable)
    g_assert_cmpuint (number, ==, self->next++);
  else
    g_assert_true (
      g_hash_table_add (self->there, GUINT_TO_POINTER (number + 1)));
}

static void
on_deliver (GBytes *message,
            gboolean is_packed,
            guint32 ordinal,
            gpointer user_data)
{
  gsize at = 0;

  if (!is_packed)
    {
      check_message (user_data, message, ordinal);
      return;
    }
  for (;; ordinal++)
    {
      g_autoptr (GBytes) part = mc_pack_next (message, &at);

      if (part == NULL)
        return;
      check_message (user_data, part, ordinal);
    }
}

static void
on_tell_lost (guint32 first, guint32 n, gpointer user_data)
{
  LinkReceiver *self = user_data;

  g_assert_cmpuint (first, ==, self->next);
  g_assert_cmpuint (n, >, 0);
  g_assert_cmpuint (first + n, <=, self->link->n_sent);
  self->next += n;
  self->n_lost += n;
  self->n_told++;
}

Link *
link_new (gboolean is_reliable, guint fragment_size, guint64 first_dseq)
{
  Link *self = g_new0 (Link, 1);

  self->now_us = 1000000;
  self->dice = g_rand_new_with_seed (4711);
  self->flying = g_sequence_new (datagram_free);
  self->budget = (McBudget) MC_BUDGET_INIT;
  self->receivers = g_ptr_array_new ();
  self->ends = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->options = (McSenderOptions){
    .channel = 3,
    .is_reliable = is_reliable,
    .fragment_size = fragment_size,
    .first_dseq = first_dseq,
    .emit = on_sender_emits,
    .user_data = self,
  };
  memcpy (self->options.id, sender_id, MC_ID_SIZE);
  self->sender = mc_sender_new (&self->options, self->now_us);
  return self;
}

void
link_free (Link *self)
{
  for (guint i = 0; i < self->receivers->len; i++)
    {
      LinkReceiver *receiver = self->receivers->pdata[i];

      mc_receiver_free (receiver->receiver);
      g_hash_table_unref (receiver->there);
      g_hash_table_unref (receiver->heard);
      g_free (receiver);
    }
  g_assert_cmpuint (self->budget.used, ==, 0);
  g_ptr_array_unref (self->receivers);
  mc_sender_free (self->sender);
  g_sequence_free (self->flying);
  g_array_unref (self->ends);
  g_rand_free (self->dice);
  g_free (self);
}

LinkReceiver *
link_join (Link *self, gboolean begins, gboolean is_replay)
{
  LinkReceiver *receiver = g_new0 (LinkReceiver, 1);
  McReceiverOptions options = {
    .channel = self->options.channel,
    .is_reliable = self->options.is_reliable,
    .is_replay = is_replay,
    .max_message_size = 2 * 1024 * 1024,
    .budget = &self->budget,
    .emit = on_receiver_emits,
    .deliver = on_deliver,
    .tell_lost = on_tell_lost,
    .random = on_receiver_draws,
    .user_data = receiver,
  };

  memcpy (options.sender_id, sender_id, MC_ID_SIZE);
  receiver->link = self;
  receiver->receiver = mc_receiver_new (&options);
  receiver->there = g_hash_table_new (NULL, NULL);
  receiver->heard =
    g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  if (begins)
    mc_receiver_begin (receiver->receiver,
                       &(McPosition){ .dseq =
                                        MAX (self->options.first_dseq, 1) });
  g_ptr_array_add (self->receivers, receiver);
  receiver->number = self->receivers->len;
  for (guint i = 0; i < self->receivers->len; i++)
    mc_receiver_set_group_size (((LinkReceiver *) self->receivers->pdata[i])
                                  ->receiver,
                                self->receivers->len);
  return receiver;
}

static void
note_sent (Link *self, guint n, guint64 n_before)
{
  guint64 end = MAX (self->options.first_dseq, 1) +
                mc_sender_get_stats (self->sender)->n_fragments;

  g_assert_cmpuint (mc_sender_get_stats (self->sender)->n_fragments, >,
                    n_before);
  for (guint i = 0; i < n; i++)
    g_array_append_val (self->ends, end);
}

void
link_send (Link *self)
{
  guint32 number = self->n_sent++;
  g_autoptr (GBytes) message =
    link_make_message (number, self->get_size (number));
  guint64 before = mc_sender_get_stats (self->sender)->n_fragments;

  g_assert_true (mc_sender_send (self->sender, message, FALSE, self->now_us));
  if (self->options.rate == 0)
    note_sent (self, 1, before);
}

void
link_send_packed (Link *self, guint n)
{
  g_autoptr (McPacker) packer = mc_packer_new (self->options.fragment_size);
  g_autoptr (GBytes) block = NULL;
  guint64 before = mc_sender_get_stats (self->sender)->n_fragments;

  for (guint i = 0; i < n; i++, self->n_sent++)
    {
      g_autoptr (GBytes) message =
        link_make_message (self->n_sent, self->get_size (self->n_sent));

      g_assert_true (mc_packer_add (packer, message));
    }
  block = mc_packer_take (packer);
  g_assert_true (mc_sender_send (self->sender, block, TRUE, self->now_us));
  note_sent (self, n, before);
}

static void
hear (LinkReceiver *self, const McInner *inner, GBytes *payload)
{
  gint64 now_us = self->link->now_us;

  if (self->is_cut || now_us < self->ready_us)
    return;
  self->ready_us = now_us + self->interval_us;
  if (inner->type == MC_DATA)
    g_hash_table_add (self->heard, g_memdup2 (&inner->dseq, 8));
  mc_receiver_hear (self->receiver, inner, payload, now_us);
}

static void
land (Link *self, const Datagram *datagram)
{
  guint8 from[MC_ID_SIZE] = { (guint8) datagram->from, 1, 2, 3 };
  McInner inner;

  g_assert_true (mc_inner_get (datagram->inner, MC_INNER_SIZE, &inner));
  if (datagram->to > 0)
    hear (self->receivers->pdata[datagram->to - 1], &inner, datagram->payload);
  else
    mc_sender_hear_nak (self->sender, from, &inner, datagram->payload,
                        self->now_us);
}

static Datagram *
get_first (Link *self)
{
  GSequenceIter *first = g_sequence_get_begin_iter (self->flying);

  return g_sequence_iter_is_end (first) ? NULL : g_sequence_get (first);
}

static gint64
get_deadline (Link *self)
{
  gint64 deadline = mc_sender_get_deadline (self->sender);
  Datagram *first = get_first (self);

  for (guint i = 0; i < self->receivers->len; i++)
    {
      LinkReceiver *receiver = self->receivers->pdata[i];

      deadline = MIN (deadline, mc_receiver_get_deadline (receiver->receiver));
    }
  return first != NULL ? MIN (deadline, first->at_us) : deadline;
}

/* A deadline that is not moved by a tick would turn forever. */
static void
tick (Link *self)
{
  Datagram *first;

  while ((first = get_first (self)) != NULL && first->at_us <= self->now_us)
    {
      land (self, first);
      g_sequence_remove (g_sequence_get_begin_iter (self->flying));
    }
  mc_sender_tick (self->sender, self->now_us);
  g_assert_cmpint (mc_sender_get_deadline (self->sender), >, self->now_us);
  for (guint i = 0; i < self->receivers->len; i++)
    {
      McReceiver *receiver =
        ((LinkReceiver *) self->receivers->pdata[i])->receiver;

      mc_receiver_tick (receiver, self->now_us);
      g_assert_cmpint (mc_receiver_get_deadline (receiver), >, self->now_us);
    }
  g_assert_cmpuint (self->budget.used, <=, self->budget.limit);
}

void
link_run (Link *self, gint64 until_us)
{
  gint64 deadline;

  while ((deadline = get_deadline (self)) <= until_us)
    {
      self->now_us = MAX (self->now_us, deadline);
      tick (self);
    }
  self->now_us = MAX (self->now_us, until_us);
}

static gboolean
is_settled (Link *self, LinkReceiver *receiver)
{
  const McReceiverStats *stats = mc_receiver_get_stats (receiver->receiver);

  if (self->options.is_reliable)
    return receiver->next == self->n_sent;
  return stats->n_missing + g_hash_table_size (receiver->heard) ==
           mc_sender_get_stats (self->sender)->n_fragments &&
         stats->n_delivered + stats->n_lost == self->n_sent;
}

gboolean
link_is_settled (Link *self)
{
  for (guint i = 0; i < self->receivers->len; i++)
    if (!is_settled (self, self->receivers->pdata[i]))
      return FALSE;
  return get_first (self) == NULL;
}

void
link_settle (Link *self)
{
  gint64 end_us = self->now_us + 120 * G_USEC_PER_SEC;

  while (!link_is_settled (self) && self->now_us < end_us)
    link_run (self, self->now_us + 10000);
  g_assert_true (link_is_settled (self));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "lossy-link.h"

/*
 * Sender and receivers together, on a network that loses, doubles and reorders.
 * U… are the faults that a test stands for. What each does with datagrams that
 * nobody of ours sends, is in test-repair-receiver.c and test-repair-sender.c.
 */

#define FRAGMENT 64

static gsize
get_mixed_size (guint32 number)
{
  static const guint8 sizes[] = { 20, 64, 1, 65, 200, 0, 63, 128, 5, 17 };

  return sizes[number % G_N_ELEMENTS (sizes)];
}

static gsize
get_full_size (guint32 number)
{
  return FRAGMENT;
}

static McReceiverStats
get_stats (const LinkReceiver *self)
{
  return *mc_receiver_get_stats (self->receiver);
}

/* ---- the matrix (U3, U4, U5) ---- */

#define N_MESSAGES   500
#define MESSAGE_US   200
#define PACKED_EVERY 10

typedef struct
{
  guint n_receivers;
  guint loss;
  guint duplication;
  guint reordering;
} Cell;

static Link *
run_cell (const Cell *cell, gboolean is_reliable)
{
  Link *self = link_new (is_reliable, FRAGMENT, 0);

  self->get_size = get_mixed_size;
  self->loss = cell->loss;
  self->duplication = cell->duplication;
  self->reordering = cell->reordering;
  for (guint i = 0; i < cell->n_receivers; i++)
    link_join (self, TRUE, FALSE);
  while (self->n_sent < N_MESSAGES)
    {
      if (self->n_sent % PACKED_EVERY == 8) /* 5 and 17 bytes */
        link_send_packed (self, 2);
      else
        link_send (self);
      link_run (self, self->now_us + MESSAGE_US);
    }
  link_settle (self);
  return self;
}

static guint64
get_naks (Link *self)
{
  guint64 n = 0;

  for (guint i = 0; i < self->receivers->len; i++)
    n += get_stats (self->receivers->pdata[i]).n_naks;
  return n;
}

/* The link compared each message. Here: nothing was lost that did not need to
 * be, and what was, was told. */
static void
check_reliable (const Cell *cell)
{
  g_autoptr (Link) self = run_cell (cell, TRUE);
  const McSenderStats *sent = mc_sender_get_stats (self->sender);

  for (guint i = 0; i < self->receivers->len; i++)
    {
      LinkReceiver *receiver = self->receivers->pdata[i];
      McReceiverStats stats = get_stats (receiver);

      g_assert_cmpuint (stats.n_delivered + receiver->n_lost, ==, N_MESSAGES);
      g_assert_cmpuint (stats.n_lost, ==, receiver->n_lost);
      g_assert_cmpuint (stats.n_malformed + stats.n_broken, ==, 0);
      if (cell->loss < 30)
        g_assert_cmpuint (receiver->n_lost, ==, 0);
    }
  if (cell->loss == 0 && cell->reordering == 0)
    g_assert_cmpuint (get_naks (self) + sent->n_repairs, ==, 0);
  g_test_message ("loss %2u%% dup %u%% reorder %2u%% receivers %u: "
                  "%4" G_GUINT64_FORMAT " NAKs, %4" G_GUINT64_FORMAT
                  " repairs of %" G_GUINT64_FORMAT " fragments",
                  cell->loss, cell->duplication, cell->reordering,
                  cell->n_receivers, get_naks (self), sent->n_repairs,
                  sent->n_fragments);
}

/* How many messages had all their fragments come through. */
static guint
count_whole (Link *self, LinkReceiver *receiver)
{
  guint64 begin = 1;
  guint n = 0;

  for (guint i = 0; i < self->n_sent; i++)
    {
      guint64 end = g_array_index (self->ends, guint64, i);
      gboolean is_whole = TRUE;

      for (guint64 dseq = begin; dseq < end; dseq++)
        is_whole &= g_hash_table_contains (receiver->heard, &dseq);
      n += is_whole;
      if (i + 1 < self->n_sent &&
          g_array_index (self->ends, guint64, i + 1) != end)
        begin = end;
    }
  return n;
}

static void
check_best_effort (const Cell *cell)
{
  g_autoptr (Link) self = run_cell (cell, FALSE);
  const McSenderStats *sent = mc_sender_get_stats (self->sender);

  for (guint i = 0; i < self->receivers->len; i++)
    {
      LinkReceiver *receiver = self->receivers->pdata[i];
      McReceiverStats stats = get_stats (receiver);

      g_assert_cmpuint (stats.n_missing, ==,
                        sent->n_fragments -
                          g_hash_table_size (receiver->heard));
      g_assert_cmpuint (stats.n_delivered, ==, count_whole (self, receiver));
      g_assert_cmpuint (stats.n_delivered, ==,
                        g_hash_table_size (receiver->there));
      g_assert_cmpuint (stats.n_lost, ==, N_MESSAGES - stats.n_delivered);
      g_assert_cmpuint (stats.n_naks + stats.n_malformed + stats.n_late, ==, 0);
      if (cell->loss == 0)
        g_assert_cmpuint (stats.n_delivered, ==, N_MESSAGES);
    }
}

static void
test_matrix (gconstpointer check)
{
  static const guint losses[] = { 0, 1, 5, 10, 30 };
  static const guint reorderings[] = { 0, 5, 25 };
  static const guint receivers[] = { 1, 3, 8 };

  for (guint l = 0; l < G_N_ELEMENTS (losses); l++)
    for (guint d = 0; d <= 5; d += 5)
      for (guint o = 0; o < G_N_ELEMENTS (reorderings); o++)
        for (guint r = 0; r < G_N_ELEMENTS (receivers); r++)
          ((void (*) (const Cell *)) check) (
            &(Cell){ receivers[r], losses[l], d, reorderings[o] });
}

/* ---- sizes ---- */

static gsize
get_edge_size (guint32 number)
{
  static const gsize sizes[] = { 0, 1, MC_PAYLOAD, MC_PAYLOAD + 1, 1048576 };

  return sizes[number % G_N_ELEMENTS (sizes)];
}

static void
test_sizes (gconstpointer is_reliable)
{
  g_autoptr (Link) self = link_new (GPOINTER_TO_INT (is_reliable), 0, 0);
  LinkReceiver *receiver = link_join (self, TRUE, FALSE);

  self->get_size = get_edge_size;
  self->loss = self->options.is_reliable ? 10 : 0;
  self->reordering = 10;
  for (guint i = 0; i < 10; i++)
    {
      link_send (self);
      link_run (self, self->now_us + 100000);
    }
  link_settle (self);
  g_assert_cmpuint (get_stats (receiver).n_delivered, ==, 10);
  g_assert_cmpuint (mc_sender_get_stats (self->sender)->n_fragments, ==,
                    2 * (1 + 1 + 1 + 2 + 790));
}

/* Up to the last number there is. */
static void
test_last_numbers (gconstpointer is_reliable)
{
  g_autoptr (Link) self =
    link_new (GPOINTER_TO_INT (is_reliable), FRAGMENT, G_MAXUINT64 - 100);
  LinkReceiver *receiver = link_join (self, TRUE, FALSE);
  g_autoptr (GBytes) two = link_make_message (99, FRAGMENT + 1);
  g_autoptr (GBytes) one = link_make_message (99, FRAGMENT);

  self->get_size = get_full_size;
  self->loss = self->options.is_reliable ? 20 : 0;
  self->reordering = 20;
  for (guint i = 0; i < 99; i++)
    link_send (self);
  g_assert_true (mc_sender_is_exhausted (self->sender, FRAGMENT + 1));
  g_assert_false (mc_sender_send (self->sender, two, FALSE, self->now_us));
  link_send (self);
  g_assert_false (mc_sender_send (self->sender, one, FALSE, self->now_us));
  link_settle (self);
  g_assert_cmpuint (get_stats (receiver).n_delivered, ==, 100);
}

/* ---- what cannot be had (U5) ---- */

/* What the store has no more is told once, the rest is delivered. */
static void
test_store_is_trimmed (void)
{
  g_autoptr (Link) self = link_new (TRUE, FRAGMENT, 0);
  LinkReceiver *receiver = link_join (self, TRUE, FALSE);

  self->get_size = get_full_size;
  for (guint i = 0; i < 6000; i++)
    {
      receiver->is_cut = i >= 100 && i < 5900;
      link_send (self);
      link_run (self, self->now_us + MESSAGE_US);
    }
  link_settle (self);
  g_assert_cmpuint (receiver->n_told, ==, 1);
  g_assert_cmpuint (receiver->n_lost, >=, 5900 - 100 - MC_STORE_FRAGMENTS);
  g_assert_cmpuint (receiver->n_lost, <, 5900 - 100);
  g_assert_cmpuint (get_stats (receiver).n_delivered, ==,
                    6000 - receiver->n_lost);
}

/* 30 s later the store is empty, and a heartbeat says what is lost. */
static void
test_store_is_old (void)
{
  g_autoptr (Link) self = link_new (TRUE, FRAGMENT, 0);
  LinkReceiver *receiver = link_join (self, TRUE, FALSE);
  gsize bytes;

  self->get_size = get_mixed_size;
  link_send (self);
  link_run (self, self->now_us + 1000);
  receiver->is_cut = TRUE;
  for (guint i = 0; i < 9; i++)
    link_send (self);
  link_send (self);
  g_assert_cmpuint (mc_sender_get_stored (self->sender, &bytes), ==, 16);
  link_run (self, self->now_us + MC_STORE_US);
  g_assert_cmpuint (mc_sender_get_stored (self->sender, &bytes), ==, 0);
  g_assert_cmpuint (bytes, ==, 0);
  receiver->is_cut = FALSE;
  link_settle (self);
  g_assert_cmpuint (receiver->n_told, ==, 1);
  g_assert_cmpuint (receiver->n_lost, ==, 10);
}

/* Receivers that hear nothing for longer than the store lasts, now and then:
 * holes begin and end anywhere in messages and blocks. */
static void
test_outages (void)
{
  g_autoptr (Link) self = link_new (TRUE, FRAGMENT, 0);
  guint n_told = 0;

  self->get_size = get_mixed_size;
  self->loss = 5;
  self->reordering = 5;
  for (guint i = 0; i < 3; i++)
    link_join (self, TRUE, FALSE);
  while (self->n_sent < 40000)
    {
      LinkReceiver *unlucky =
        self->receivers->pdata[g_rand_int_range (self->dice, 0, 3)];

      if (g_rand_int_range (self->dice, 0, 1500) == 0)
        unlucky->is_cut = !unlucky->is_cut;
      if (self->n_sent % PACKED_EVERY == 8)
        link_send_packed (self, 2);
      else
        link_send (self);
      link_run (self, self->now_us + MESSAGE_US);
    }
  for (guint i = 0; i < 3; i++)
    ((LinkReceiver *) self->receivers->pdata[i])->is_cut = FALSE;
  link_settle (self);
  for (guint i = 0; i < 3; i++)
    {
      LinkReceiver *receiver = self->receivers->pdata[i];

      g_assert_cmpuint (get_stats (receiver).n_delivered, ==,
                        40000 - receiver->n_lost);
      n_told += receiver->n_told;
    }
  g_assert_cmpuint (n_told, >, 5);
  /* the way there and back takes less than the 10 ms it began with */
  g_assert_cmpint (mc_sender_get_grtt_us (self->sender), <, 10000);
}

/* The sender is gone: whoever misses something asks for a while, and tells. */
static void
test_sender_is_gone (void)
{
  g_autoptr (Link) self = link_new (TRUE, FRAGMENT, 0);
  LinkReceiver *receiver = link_join (self, TRUE, FALSE);

  self->get_size = get_full_size;
  link_send (self);
  self->loss = 100;
  link_send (self);
  link_send (self);
  self->loss = 0;
  link_send (self);
  link_run (self, self->now_us + 1000);
  self->loss = 100;
  link_run (self, self->now_us + MC_GIVE_UP_US);
  g_assert_cmpuint (receiver->n_told, ==, 1);
  g_assert_cmpuint (receiver->n_lost, ==, 2);
  g_assert_cmpuint (get_stats (receiver).n_delivered, ==, 2);
  g_assert_cmpuint (get_stats (receiver).n_naks, ==, MC_GIVE_UP_TRIES);
  g_assert_cmpuint (self->budget.used, ==, 0);
}

/* ---- who joins late ---- */

static void
test_late_joiner (void)
{
  g_autoptr (Link) self = link_new (TRUE, FRAGMENT, 0);
  LinkReceiver *early = link_join (self, TRUE, FALSE);
  LinkReceiver *quiet;
  LinkReceiver *busy;

  self->get_size = get_mixed_size;
  for (guint i = 0; i < 50; i++)
    link_send (self);
  link_run (self, self->now_us + 10000);
  quiet = link_join (self, FALSE, FALSE);
  quiet->next = 50;
  link_run (self, self->now_us + G_USEC_PER_SEC); /* heartbeats */
  busy = link_join (self, FALSE, FALSE);
  busy->next = 50;
  for (guint i = 0; i < 50; i++)
    {
      link_send (self);
      link_run (self, self->now_us + LINK_DELAY_US / 2);
    }
  link_settle (self);
  g_assert_cmpuint (get_stats (early).n_delivered, ==, 100);
  g_assert_cmpuint (get_stats (quiet).n_delivered, ==, 50);
  g_assert_cmpuint (get_stats (busy).n_delivered, ==, 50);
  g_assert_cmpuint (mc_sender_get_stats (self->sender)->n_naks, ==, 0);
}

/* It begins with the oldest that is there, and was told nothing before. */
static void
test_late_joiner_with_replay (gconstpointer is_busy)
{
  g_autoptr (Link) self = link_new (TRUE, FRAGMENT, 0);
  LinkReceiver *late;

  self->get_size = get_full_size;
  for (guint i = 0; i < 5000; i++)
    link_send (self);
  link_run (self, self->now_us + 10000);
  late = link_join (self, FALSE, TRUE);
  late->next = 5000 - MC_STORE_FRAGMENTS;
  if (GPOINTER_TO_INT (is_busy))
    {
      link_send (self);
      late->next++; /* that one trimmed the store */
    }
  self->loss = 5;
  link_settle (self);
  g_assert_cmpuint (late->n_lost, ==, 0);
  g_assert_cmpuint (get_stats (late).n_delivered, ==, MC_STORE_FRAGMENTS);
}

/* ---- who is slow ---- */

#define RATE 1000000

/* Returns: when the sender had sent all, in µs. */
static gint64
run_paced (gint64 interval_us, guint *n_lost)
{
  g_autoptr (Link) self = link_new (TRUE, 1000, 0);
  LinkReceiver *receiver = link_join (self, TRUE, FALSE);
  gint64 begin_us = self->now_us;
  gint64 end_us;
  gint64 seconds;

  mc_sender_free (self->sender);
  self->options.rate = RATE;
  self->sender = mc_sender_new (&self->options, self->now_us);
  self->get_size = get_full_size;
  receiver->interval_us = interval_us;
  for (guint i = 0; i < 30000; i++)
    link_send (self);
  while (mc_sender_get_queued_bytes (self->sender) > 0)
    link_run (self, self->now_us + 1000);
  end_us = self->now_us;
  receiver->interval_us = 0;
  link_settle (self);
  seconds = (self->now_us - begin_us) / G_USEC_PER_SEC + 1;
  g_assert_cmpuint (mc_sender_get_stats (self->sender)->n_repair_bytes, <=,
                    (guint64) seconds * RATE / 2 + RATE / 50);
  g_assert_cmpuint (get_stats (receiver).n_delivered, ==,
                    30000 - receiver->n_lost);
  *n_lost = receiver->n_lost;
  return end_us - begin_us;
}

/* It gets what it can, and is told the rest; the sender does not notice. */
static void
test_slow_receiver (void)
{
  guint n_fast;
  guint n_slow;
  gint64 fast_us = run_paced (0, &n_fast);
  gint64 slow_us = run_paced (1500, &n_slow);

  g_assert_cmpuint (n_fast, ==, 0);
  g_assert_cmpuint (n_slow, >, 1000);
  g_assert_cmpint (fast_us, ==, slow_us);
  /* 88 bytes each, but for the 20 ms that may be sent at once */
  g_assert_cmpint (fast_us, >=, 30000 * 88 - 21000);
  g_assert_cmpint (fast_us, <=, 30000 * 88 + 1000);
}

/* ---- figures ---- */

static void
measure (guint n_receivers, guint loss)
{
  g_autoptr (Link) self = link_new (TRUE, FRAGMENT, 0);
  const McSenderStats *sent = mc_sender_get_stats (self->sender);
  gint64 end_us;

  self->get_size = get_full_size;
  self->loss = loss;
  for (guint i = 0; i < n_receivers; i++)
    link_join (self, TRUE, FALSE);
  for (guint i = 0; i < 2000; i++)
    {
      link_send (self);
      link_run (self, self->now_us + MESSAGE_US);
    }
  end_us = self->now_us;
  link_settle (self);
  for (guint i = 0; i < n_receivers; i++)
    g_assert_cmpuint (((LinkReceiver *) self->receivers->pdata[i])->n_lost, ==,
                      0);
  /* for no receiver more than the fragments it lost, some twice */
  g_assert_cmpuint (sent->n_repairs, <, 2000 * n_receivers * loss / 50);
  g_test_message ("receivers %2u loss %2u%%: %4" G_GUINT64_FORMAT
                  " NAKs, repairs %5.1f %%, done %d ms after the last message",
                  n_receivers, loss, get_naks (self),
                  (double) sent->n_repairs / 20,
                  (int) ((self->now_us - end_us) / 1000));
}

static void
test_figures (void)
{
  measure (1, 1);
  measure (5, 10);
  measure (50, 10);
  measure (50, 30);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/repair/matrix/reliable", check_reliable, test_matrix);
  g_test_add_data_func ("/repair/matrix/best-effort", check_best_effort,
                        test_matrix);
  g_test_add_data_func ("/repair/sizes/reliable", GINT_TO_POINTER (1),
                        test_sizes);
  g_test_add_data_func ("/repair/sizes/best-effort", NULL, test_sizes);
  g_test_add_data_func ("/repair/last-numbers/reliable", GINT_TO_POINTER (1),
                        test_last_numbers);
  g_test_add_data_func ("/repair/last-numbers/best-effort", NULL,
                        test_last_numbers);
  g_test_add_func ("/repair/lost/trimmed", test_store_is_trimmed);
  g_test_add_func ("/repair/lost/old", test_store_is_old);
  g_test_add_func ("/repair/lost/outages", test_outages);
  g_test_add_func ("/repair/lost/sender-gone", test_sender_is_gone);
  g_test_add_func ("/repair/late", test_late_joiner);
  g_test_add_data_func ("/repair/late/replay", NULL,
                        test_late_joiner_with_replay);
  g_test_add_data_func ("/repair/late/replay-busy", GINT_TO_POINTER (1),
                        test_late_joiner_with_replay);
  g_test_add_func ("/repair/slow", test_slow_receiver);
  g_test_add_func ("/repair/figures", test_figures);
  return g_test_run ();
}

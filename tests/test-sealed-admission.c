/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sealed-pair.h"

/*
 * How a sender that nobody knows comes to be heard, and how it stays so when
 * the key changes.
 */

#define MS 1000

static void
seal_admit (Pair *self, const guint8 *nonce, guint64 seq)
{
  McAdmit admit = { .seq = seq };
  guint8 payload[MC_ADMIT_SIZE];

  memcpy (admit.nonce, nonce, MC_NONCE_SIZE);
  mc_admit_put (&admit, payload);
  seal_type (self, MC_ADMIT, payload, sizeof payload);
}

/* What came is an ADMIT: gives it to the opener as a caller does. */
static GPtrArray *
take_admit (Pair *self)
{
  McInner header;
  McAdmit admit;

  g_assert_true (mc_inner_get (self->inner, self->opened.size, &header));
  g_assert_cmpint (header.type, ==, MC_ADMIT);
  g_assert_true (mc_admit_get (self->inner + MC_INNER_SIZE,
                               self->opened.size - MC_INNER_SIZE, &admit));
  return mc_opener_admit (self->opener, &self->opened, &admit);
}

static GPtrArray *
answer (Pair *self, const McHello *hello, guint64 seq)
{
  g_assert_cmpmem (hello->sender_id, MC_SENDER_ID_SIZE,
                   mc_sealer_get_sender_id (self->sealer), MC_SENDER_ID_SIZE);
  seal_admit (self, hello->nonce, seq);
  g_assert_cmpint (open_it (self), ==, MC_OPENED);
  return take_admit (self);
}

static void
receive_and_hold (Pair *self)
{
  g_assert_cmpint (open_it (self), ==, MC_OPENED);
  g_assert_cmpint (self->opened.state, ==, MC_SENDER_PENDING);
  g_assert_true (mc_opener_hold (self->opener, &self->opened, self->inner));
}

static McHello
take_hello (Pair *self)
{
  McHello hello;

  g_assert_true (mc_opener_next_hello (self->opener, self->now_us, &hello));
  return hello;
}

static void
assert_no_hello (Pair *self)
{
  McHello hello;

  g_assert_false (mc_opener_next_hello (self->opener, self->now_us, &hello));
}

static McSenderState
get_state (Pair *self)
{
  return mc_opener_get_state (self->opener,
                              mc_sealer_get_sender_id (self->sealer),
                              mc_key_get_id (self->key));
}

static void
assert_held (GPtrArray *held, guint i, guint64 seq, const char *text)
{
  const McHeld *one = held->pdata[i];
  gsize size;
  const guint8 *inner = g_bytes_get_data (one->inner, &size);

  g_assert_cmpuint (one->seq, ==, seq);
  g_assert_cmpmem (inner + MC_INNER_SIZE, size - MC_INNER_SIZE, text,
                   strlen (text));
}

/* An answer as one to @asked is, with @where; returns what is left of it. */
static McAdmit
admit_from (Pair *self, const McHello *asked, const guint8 *where)
{
  McAdmit admit = { .seq = 1 };
  g_autoptr (GPtrArray) held = NULL;

  memcpy (admit.nonce, asked->nonce, MC_NONCE_SIZE);
  memcpy (admit.where, where, MC_WHERE_SIZE);
  held = mc_opener_admit (self->opener, &self->opened, &admit);
  g_assert_nonnull (held);
  return admit;
}

/* Only the address that it was asked about can be its own. */
static void
test_where (void)
{
  static const guint8 first[MC_WHERE_SIZE] = { 1 },
                      later[MC_WHERE_SIZE] = { 2 };

  for (guint is_honest = 0; is_honest < 2; is_honest++)
    {
      g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_ASK);
      McHello hello;
      McAdmit admit;

      seal (pair, "1");
      receive_and_hold (pair);
      mc_opener_set_where (pair->opener, &pair->opened, first);
      hello = take_hello (pair);
      g_assert_cmpmem (hello.where, MC_WHERE_SIZE, first, MC_WHERE_SIZE);
      mc_opener_set_where (pair->opener, &pair->opened, later);
      admit = admit_from (pair, &hello, is_honest ? first : later);
      g_assert_cmpint (mc_admit_has_where (&admit), ==, is_honest);
    }
}

static void
test_admitted (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_ASK);
  g_autoptr (GPtrArray) held = NULL;
  guint8 first[ROOM];
  gsize first_size;
  McHello hello;

  g_assert_cmpint (get_state (pair), ==, MC_SENDER_UNKNOWN);
  g_assert_cmpint (mc_opener_get_due (pair->opener), ==, G_MAXINT64);
  mc_sealer_skip_to (pair->sealer, 100);
  seal (pair, "101");
  memcpy (first, pair->datagram, pair->size);
  first_size = pair->size;
  seal (pair, "102");
  receive_and_hold (pair);
  g_assert_cmpint (open_bytes (pair, first, first_size), ==, MC_OPENED);
  g_assert_true (mc_opener_hold (pair->opener, &pair->opened, pair->inner));
  g_assert_cmpint (open_bytes (pair, first, first_size), ==, MC_DROP_REPLAY);
  g_assert_cmpint (get_state (pair), ==, MC_SENDER_PENDING);
  g_assert_cmpint (mc_opener_get_due (pair->opener), ==, pair->now_us);

  hello = take_hello (pair);
  held = answer (pair, &hello, 102);
  g_assert_nonnull (held);
  g_assert_cmpuint (held->len, ==, 2);
  assert_held (held, 0, 101, "101");
  assert_held (held, 1, 102, "102");
  g_assert_cmpint (get_state (pair), ==, MC_SENDER_ADMITTED);
  g_assert_cmpuint (mc_opener_get_n_pending (pair->opener), ==, 0);

  /* only what was held, of what was before */
  g_assert_cmpint (open_seq (pair, 90), ==, MC_DROP_TOO_OLD);
  g_assert_cmpint (open_seq (pair, 102), ==, MC_DROP_TOO_OLD);
  g_assert_cmpint (open_seq (pair, 103), ==, MC_DROP_REPLAY);
  g_assert_cmpint (open_seq (pair, 104), ==, MC_OPENED);
  g_assert_cmpint (pair->opened.state, ==, MC_SENDER_ADMITTED);
  g_assert_false (mc_opener_hold (pair->opener, &pair->opened, pair->inner));
}

/* The clock in a NAK or a heartbeat says nothing any more when it is heard. */
static void
test_held_clocks (void)
{
  static const struct
  {
    McType type;
    guint32 message_size;
  } cases[] = { { MC_HEARTBEAT, 0 }, { MC_NAK, 0 }, { MC_DATA, 77 } };
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_ASK);
  g_autoptr (GPtrArray) held = NULL;
  McHello hello;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      McInner inner;

      seal_type (pair, cases[i].type, "", 0);
      g_assert_cmpint (open_it (pair), ==, MC_OPENED);
      g_assert_true (mc_inner_get (pair->inner, pair->opened.size, &inner));
      inner.message_size = 77;
      mc_inner_put (&inner, pair->inner);
      g_assert_true (mc_opener_hold (pair->opener, &pair->opened, pair->inner));
    }
  hello = take_hello (pair);
  held = answer (pair, &hello, G_N_ELEMENTS (cases));
  g_assert_cmpuint (held->len, ==, G_N_ELEMENTS (cases));
  for (guint i = 0; i < held->len; i++)
    {
      const McHeld *one = held->pdata[i];
      gsize size;
      const guint8 *bytes = g_bytes_get_data (one->inner, &size);
      McInner inner;

      g_assert_true (mc_inner_get (bytes, size, &inner));
      g_assert_cmpint (inner.type, ==, cases[i].type);
      g_assert_cmpuint (inner.message_size, ==, cases[i].message_size);
    }
}

/* At once, after 100 ms, and then every 200 ms, always with the same nonce; the
 * end is at 2 s. */
static void
test_asks_ten_times (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_ASK);
  const gint64 start_us = pair->now_us;
  static const gint64 tries[] = { 0,   100,  300,  500,  700,
                                  900, 1100, 1300, 1500, 1700 };
  McHello first, again;

  seal (pair, "hold me");
  receive_and_hold (pair);
  for (guint i = 0; i < G_N_ELEMENTS (tries); i++)
    {
      gint64 due_us = start_us + tries[i] * MS;

      g_assert_cmpint (mc_opener_get_due (pair->opener), ==, due_us);
      pair->now_us = due_us - 1;
      assert_no_hello (pair);
      pair->now_us = due_us;
      again = take_hello (pair);
      if (i == 0)
        first = again;
      g_assert_cmpmem (first.nonce, MC_NONCE_SIZE, again.nonce, MC_NONCE_SIZE);
      /* the first answer may have been taken away */
      g_assert_cmpint (again.wants_all, ==, i > 0);
      assert_no_hello (pair);
    }
  g_assert_cmpint (mc_opener_get_due (pair->opener), ==, start_us + 2000 * MS);
  mc_opener_expire (pair->opener, start_us + 2000 * MS - 1);
  g_assert_cmpuint (mc_opener_get_n_pending (pair->opener), ==, 1);
  pair->now_us = start_us + 2000 * MS;
  assert_no_hello (pair);
  mc_opener_expire (pair->opener, pair->now_us);
  g_assert_cmpint (get_state (pair), ==, MC_SENDER_UNKNOWN);
  g_assert_cmpuint (mc_opener_get_count (pair->opener, MC_DROP_UNANSWERED), ==,
                    1);
  /* the answer is too late, and is to be proven itself */
  seal_admit (pair, first.nonce, 1);
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
  g_assert_null (take_admit (pair));
}

static void
test_wrong_answers (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_ASK);
  g_autoptr (GPtrArray) held = NULL;
  McHello hello, other;

  seal (pair, "one");
  receive_and_hold (pair);
  hello = take_hello (pair);
  use_sealer (pair, 2);
  seal (pair, "two");
  receive_and_hold (pair);
  other = take_hello (pair);
  g_assert_cmpint (memcmp (hello.nonce, other.nonce, MC_NONCE_SIZE), !=, 0);

  /* that of another, one bit wrong, a number that it has not reached */
  seal_admit (pair, hello.nonce, 1);
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
  g_assert_null (take_admit (pair));
  other.nonce[15] ^= 1;
  g_assert_null (answer (pair, &other, 1));
  other.nonce[15] ^= 1;
  g_assert_null (answer (pair, &other, 1000));
  g_assert_cmpuint (mc_opener_get_n_admitted (pair->opener), ==, 0);
  held = answer (pair, &other, mc_sealer_get_seq (pair->sealer));
  g_assert_nonnull (held);
  g_assert_cmpuint (held->len, ==, 1);
  /* once is enough */
  g_assert_null (answer (pair, &other, 5));
  g_assert_cmpuint (mc_opener_get_n_pending (pair->opener), ==, 1);
}

/* U3: what was recorded of a sender that is gone, is never delivered. */
static void
test_late_joiner (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_ASK);
  guint n_hellos = 0;

  for (guint seq = 1; seq <= 1000; seq++)
    {
      McHello hello;

      pair->now_us += 10 * MS;
      mc_opener_expire (pair->opener, pair->now_us);
      g_assert_cmpint (open_seq (pair, seq), ==, MC_OPENED);
      g_assert_cmpint (pair->opened.state, ==, MC_SENDER_PENDING);
      mc_opener_hold (pair->opener, &pair->opened, pair->inner);
      while (mc_opener_next_hello (pair->opener, pair->now_us, &hello))
        n_hellos++;
    }
  /* ten seconds are five times 2 s */
  g_assert_cmpuint (n_hellos, ==, 50);
  g_assert_cmpuint (mc_opener_get_n_admitted (pair->opener), ==, 0);
}

/* Held, but so long ago that it may have been recorded. */
static void
test_old_is_not_released (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_ASK);
  g_autoptr (GPtrArray) held = NULL;
  static const guint64 seqs[] = { 2000, 2001, 10128 };
  McHello hello;

  for (guint i = 0; i < G_N_ELEMENTS (seqs); i++)
    {
      g_assert_cmpint (open_seq (pair, seqs[i]), ==, MC_OPENED);
      mc_opener_hold (pair->opener, &pair->opened, pair->inner);
    }
  hello = take_hello (pair);
  mc_sealer_skip_to (pair->sealer, 10128);
  held = answer (pair, &hello, 10128);
  g_assert_nonnull (held);
  g_assert_cmpuint (held->len, ==, 2);
  g_assert_cmpuint (((McHeld *) held->pdata[0])->seq, ==, 2001);
  g_assert_cmpuint (((McHeld *) held->pdata[1])->seq, ==, 10128);
  g_assert_cmpuint (mc_opener_get_count (pair->opener, MC_DROP_TOO_OLD), ==, 1);
}

static void
test_hold_limits (void)
{
  g_autoptr (Pair) many = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_ASK);
  g_autoptr (Pair) large = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_ASK);
  g_autofree char *text = g_strnfill (1900 - MC_INNER_SIZE, 'x');
  guint n_held = 0;

  for (guint i = 0; i < 64; i++)
    {
      seal (many, "");
      receive_and_hold (many);
    }
  seal (many, "");
  g_assert_cmpint (open_it (many), ==, MC_OPENED);
  g_assert_false (mc_opener_hold (many->opener, &many->opened, many->inner));
  g_assert_cmpuint (mc_opener_get_count (many->opener, MC_DROP_LIMIT), ==, 1);

  for (guint i = 0; i < 60; i++)
    {
      seal (large, text);
      g_assert_cmpint (open_it (large), ==, MC_OPENED);
      n_held += mc_opener_hold (large->opener, &large->opened, large->inner);
    }
  g_assert_cmpuint (n_held, ==, 96 * 1024 / 1900);
}

/* Who had the time for an answer is asked no more, even if nobody has expired it
 * yet. */
static void
test_late_is_not_asked (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_ASK);
  McHello hello;

  seal (pair, "");
  receive_and_hold (pair);
  pair->now_us += 2000 * MS - 1;
  g_assert_true (mc_opener_next_hello (pair->opener, pair->now_us, &hello));
  pair->now_us += 1000 * MS;
  g_assert_false (mc_opener_next_hello (pair->opener, pair->now_us, &hello));
}

/* While the bus is over its memory-limit nothing more is held; what is, stays. */
static void
test_held_while_tight (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_ASK);
  gsize memory;

  seal (pair, "before");
  receive_and_hold (pair);
  memory = mc_opener_get_memory (pair->opener);
  g_assert_cmpuint (memory, >, strlen ("before"));
  mc_opener_set_tight (pair->opener, TRUE);
  seal (pair, "too much");
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
  g_assert_false (mc_opener_hold (pair->opener, &pair->opened, pair->inner));
  g_assert_cmpuint (mc_opener_get_count (pair->opener, MC_DROP_LIMIT), ==, 1);
  g_assert_cmpuint (mc_opener_get_memory (pair->opener), ==, memory);
  mc_opener_set_tight (pair->opener, FALSE);
  seal (pair, "behind");
  receive_and_hold (pair);
}

/* 64 at most; a new one takes the place of the oldest, but not before that had
 * 100 ms to answer. */
static void
test_pending_limit (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_ASK);

  for (guint i = 1; i <= 64; i++)
    {
      use_sealer (pair, i);
      seal (pair, "recorded");
      receive_and_hold (pair);
    }
  use_sealer (pair, 65);
  seal (pair, "of one that lives");
  pair->now_us += 100 * MS - 1;
  g_assert_cmpint (open_it (pair), ==, MC_DROP_LIMIT);
  pair->now_us++;
  receive_and_hold (pair);
  g_assert_cmpuint (mc_opener_get_n_pending (pair->opener), ==, 64);
  g_assert_cmpuint (mc_opener_get_count (pair->opener, MC_DROP_UNANSWERED), ==,
                    1);
  use_sealer (pair, 1);
  g_assert_cmpint (get_state (pair), ==, MC_SENDER_UNKNOWN);
  use_sealer (pair, 2);
  g_assert_cmpint (get_state (pair), ==, MC_SENDER_PENDING);
}

static void
admit (Pair *pair, guint32 n)
{
  g_autoptr (GPtrArray) held = NULL;
  McHello hello;

  use_sealer (pair, n);
  seal (pair, "x");
  receive_and_hold (pair);
  hello = take_hello (pair);
  held = answer (pair, &hello, 1);
  g_assert_nonnull (held);
}

/* Whoever was forgotten is asked again, and what came before stays old. */
static void
test_evicted_is_asked (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_ASK);

  for (guint i = 1; i <= 1025; i++)
    admit (pair, i);
  g_assert_cmpuint (mc_opener_get_n_admitted (pair->opener), ==, 1024);
  use_sealer (pair, 1);
  g_assert_cmpint (get_state (pair), ==, MC_SENDER_BURIED);
  g_assert_cmpint (open_seq (pair, 2), ==, MC_DROP_TOO_OLD);
  mc_sealer_skip_to (pair->sealer, 2);
  seal (pair, "back again");
  receive_and_hold (pair);
  g_assert_cmpint (open_seq (pair, 2), ==, MC_DROP_TOO_OLD);
  {
    McHello hello = take_hello (pair);
    g_autoptr (GPtrArray) held = answer (pair, &hello, 3);

    g_assert_nonnull (held);
    assert_held (held, 0, 3, "back again");
  }
  g_assert_cmpuint (mc_opener_get_n_admitted (pair->opener), ==, 1024);
}

static void
test_codecs (void)
{
  McHello hello = { { 1, 2 }, { 3, 4 }, { 5, 6 }, TRUE }, hello_again;
  McAdmit admitted = { { 5 }, G_GUINT64_CONSTANT (0x0102030405060708), { 7 } };
  McAdmit admitted_again;
  guint8 bytes[MC_HELLO_SIZE + 1] = { 0 };

  mc_hello_put (&hello, bytes);
  g_assert_cmpuint (bytes[16], ==, 3);
  g_assert_cmpuint (bytes[32], ==, 5);
  g_assert_cmpuint (bytes[50], ==, 1);
  g_assert_true (mc_hello_get (bytes, MC_HELLO_SIZE, &hello_again));
  g_assert_cmpmem (&hello, 50, &hello_again, 50);
  g_assert_true (hello_again.wants_all);
  g_assert_false (mc_hello_get (bytes, MC_HELLO_SIZE - 1, &hello_again));
  g_assert_false (mc_hello_get (bytes, MC_HELLO_SIZE + 1, &hello_again));
  mc_admit_put (&admitted, bytes);
  g_assert_cmpuint (bytes[16], ==, 1);
  g_assert_cmpuint (bytes[23], ==, 8);
  g_assert_cmpuint (bytes[24], ==, 7);
  g_assert_true (mc_admit_get (bytes, 42, &admitted_again));
  g_assert_cmpuint (admitted_again.seq, ==, admitted.seq);
  g_assert_true (mc_admit_has_where (&admitted_again));
  g_assert_false (mc_admit_get (bytes, 41, &admitted_again));
  memset (admitted.where, 0, sizeof admitted.where);
  g_assert_false (mc_admit_has_where (&admitted));
}

/* ---- the next key ---- */

static void
add_next_key (Pair *pair, McKey *next)
{
  g_assert_true (mc_key_ring_add (pair->ring, next, 2, 1000, 2000, NULL));
}

static void
set_time (Pair *pair, gint64 now)
{
  if (mc_key_ring_set_time (pair->ring, now))
    mc_opener_set_ring (pair->opener, pair->ring);
}

/* Nobody is asked again, nothing is lost, and nothing comes twice. */
static void
test_rotation (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_ASK);
  g_autoptr (McKey) next = make_key (2);
  guint8 late[ROOM];
  gsize late_size;

  add_next_key (pair, next);
  admit (pair, 1);
  mc_sealer_set_key (pair->sealer, next);
  seal (pair, "too early");
  g_assert_cmpint (open_it (pair), ==, MC_DROP_UNKNOWN_KEY);

  set_time (pair, 990);
  mc_sealer_set_key (pair->sealer, pair->key);
  seal (pair, "late");
  memcpy (late, pair->datagram, pair->size);
  late_size = pair->size;
  set_time (pair, 1000);
  g_assert_true (mc_key_ring_get_sending (pair->ring) == next);
  mc_sealer_set_key (pair->sealer, next);
  seal (pair, "with the next key");
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
  g_assert_cmpint (pair->opened.state, ==, MC_SENDER_ADMITTED);
  assert_no_hello (pair);
  g_assert_cmpint (open_it (pair), ==, MC_DROP_REPLAY);
  g_assert_cmpint (open_bytes (pair, late, late_size), ==, MC_OPENED);
  assert_says (pair, "late");

  set_time (pair, 1059);
  g_assert_cmpint (open_bytes (pair, late, late_size), ==, MC_DROP_REPLAY);
  g_assert_cmpuint (mc_opener_get_n_admitted (pair->opener), ==, 2);
  set_time (pair, 1060);
  g_assert_cmpint (open_bytes (pair, late, late_size), ==, MC_DROP_UNKNOWN_KEY);
  g_assert_cmpuint (mc_opener_get_n_admitted (pair->opener), ==, 1);
}

/* A sender that is admitted under one key is so under the next, and what it said
 * before it was admitted is as old there. */
static void
test_rotation_keeps_floor (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_ASK);
  g_autoptr (McKey) next = make_key (2);

  add_next_key (pair, next);
  admit (pair, 1);
  set_time (pair, 1000);
  /* the same sender, whose numbers begin with 1 again */
  g_clear_pointer (&pair->sealer, mc_sealer_free);
  pair->sealer = make_sealer (MC_SUITE_XCHACHA20, next, 1);
  seal (pair, "recorded");
  g_assert_cmpint (open_it (pair), ==, MC_DROP_TOO_OLD);
  seal (pair, "new");
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
  g_assert_cmpint (pair->opened.state, ==, MC_SENDER_ADMITTED);
}

/* One that has proved nothing under one key has not under the next either. */
static void
test_rotation_admits_nobody (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_ASK);
  g_autoptr (McKey) next = make_key (2);

  add_next_key (pair, next);
  seal (pair, "x");
  receive_and_hold (pair);
  set_time (pair, 1000);
  mc_sealer_set_key (pair->sealer, next);
  seal (pair, "y");
  receive_and_hold (pair);
  g_assert_cmpuint (mc_opener_get_n_admitted (pair->opener), ==, 0);
  g_assert_cmpuint (mc_opener_get_n_pending (pair->opener), ==, 2);
}

/* What is forgotten under one key is so under the next. */
static void
test_rotation_keeps_tombstones (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_NONE);
  g_autoptr (McKey) next = make_key (2);

  add_next_key (pair, next);
  seal (pair, "x");
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
  mc_opener_end (pair->opener, mc_sealer_get_sender_id (pair->sealer));
  set_time (pair, 1500);
  g_assert_cmpuint (mc_opener_get_n_buried (pair->opener), ==, 1);
  mc_sealer_set_key (pair->sealer, next);
  seal (pair, "from beyond");
  g_assert_cmpint (open_it (pair), ==, MC_DROP_ENDED);
  /* it may have used any key of the ring, so it lies there as long as one */
  set_time (pair, 2059);
  g_assert_cmpuint (mc_opener_get_n_buried (pair->opener), ==, 1);
  set_time (pair, 2060);
  g_assert_cmpuint (mc_opener_get_n_buried (pair->opener), ==, 0);
}

static McDrop
open_with (Pair *pair, McKey *key, guint64 seq)
{
  McKey *old = pair->key;
  McDrop drop;

  pair->key = key;
  drop = open_seq (pair, seq);
  pair->key = old;
  return drop;
}

static void
crowd (Pair *pair, guint32 first, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      use_sealer (pair, first + i);
      g_assert_cmpint (open_seq (pair, 1), ==, MC_OPENED);
    }
  use_sealer (pair, 1);
}

/* One tombstone for all keys: the highest number counts. */
static void
test_forgotten_under_two_keys (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_NONE);
  g_autoptr (McKey) next = make_key (2);

  add_next_key (pair, next);
  set_time (pair, 1000);
  g_assert_cmpint (open_seq (pair, 1), ==, MC_OPENED);
  g_assert_cmpint (open_with (pair, next, 9), ==, MC_OPENED);
  g_assert_cmpint (open_seq (pair, 2), ==, MC_OPENED);
  crowd (pair, 10, 1023);
  g_assert_cmpuint (mc_opener_get_n_buried (pair->opener), ==, 1);
  g_assert_cmpint (get_state (pair), ==, MC_SENDER_ADMITTED);
  g_assert_cmpint (open_with (pair, next, 9), ==, MC_DROP_TOO_OLD);
  /* as the one under the first key, but not from as far below */
  g_assert_cmpint (open_with (pair, next, 10), ==, MC_OPENED);
  g_assert_cmpint (open_with (pair, next, 8), ==, MC_DROP_TOO_OLD);

  crowd (pair, 5000, 1024);
  g_assert_cmpint (get_state (pair), ==, MC_SENDER_BURIED);
  g_assert_cmpint (open_with (pair, next, 10), ==, MC_DROP_TOO_OLD);
  crowd (pair, 7000, 1);
  /* the one under the first key may have been forgotten last */
  g_assert_cmpint (open_with (pair, next, 11), ==, MC_OPENED);
  g_assert_cmpint (open_seq (pair, 12), ==, MC_OPENED);
  g_assert_cmpint (open_with (pair, next, 20), ==, MC_OPENED);
  g_assert_cmpint (open_seq (pair, 13), ==, MC_OPENED);
  crowd (pair, 9000, 1024);
  g_assert_cmpint (open_with (pair, next, 20), ==, MC_DROP_TOO_OLD);
  g_assert_cmpint (open_with (pair, next, 21), ==, MC_OPENED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sealed-admission/where", test_where);
  g_test_add_func ("/sealed-admission/admitted", test_admitted);
  g_test_add_func ("/sealed-admission/held-clocks", test_held_clocks);
  g_test_add_func ("/sealed-admission/asks-ten-times", test_asks_ten_times);
  g_test_add_func ("/sealed-admission/wrong-answers", test_wrong_answers);
  g_test_add_func ("/sealed-admission/late-joiner", test_late_joiner);
  g_test_add_func ("/sealed-admission/old-is-not-released",
                   test_old_is_not_released);
  g_test_add_func ("/sealed-admission/hold-limits", test_hold_limits);
  g_test_add_func ("/sealed-admission/late-is-not-asked",
                   test_late_is_not_asked);
  g_test_add_func ("/sealed-admission/held-while-tight", test_held_while_tight);
  g_test_add_func ("/sealed-admission/pending-limit", test_pending_limit);
  g_test_add_func ("/sealed-admission/evicted-is-asked", test_evicted_is_asked);
  g_test_add_func ("/sealed-admission/codecs", test_codecs);
  g_test_add_func ("/sealed-admission/rotation", test_rotation);
  g_test_add_func ("/sealed-admission/rotation-keeps-floor",
                   test_rotation_keeps_floor);
  g_test_add_func ("/sealed-admission/rotation-admits-nobody",
                   test_rotation_admits_nobody);
  g_test_add_func ("/sealed-admission/rotation-keeps-tombstones",
                   test_rotation_keeps_tombstones);
  g_test_add_func ("/sealed-admission/forgotten-under-two-keys",
                   test_forgotten_under_two_keys);
  return g_test_run ();
}

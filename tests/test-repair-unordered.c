/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../plugins/transports/udp-multicast/repair/mc-tally.h"
#include "repair-ear.h"

/*
 * One receiver of a best-effort sender, datagram by datagram, also with those
 * that no sender of ours makes. U… are the faults that a test stands for.
 */

static void
test_any_order (void)
{
  g_autoptr (Ear) self = ear_new (FALSE, 1);

  ear_whole (self, 3);
  ear_whole (self, 2);
  ear_whole (self, 3);
  ear_assert (self, "2:1 1:1 ");
  g_assert_cmpuint (ear_get_stats (self).n_missing, ==, 1);
  g_assert_cmpuint (ear_get_stats (self).n_duplicates, ==, 1);
  EAR_PART (self, 12, 9, 2);
  EAR_PART (self, 10, 9, 0);
  EAR_PART (self, 11, 9, 1);
  ear_assert (self, "9:5 ");
  ear_data (self, 13, 10, 0, MC_FIRST | MC_LAST | MC_PACKED, 6, 6);
  ear_assert (self, "p10:6 ");
  g_assert_cmpuint (ear_get_stats (self).n_delivered, ==, 3 + 3);
  ear_heartbeat (self, 20, 20, 19);
  g_assert_cmpuint (ear_get_stats (self).n_missing, ==, 1 + 6 + 6);
  g_assert_cmpuint (ear_get_stats (self).n_lost, ==, 0);
  ear_run (self, 2 * MC_LATE_US);
  g_assert_cmpuint (ear_get_stats (self).n_lost, ==, 19 - 6);
  g_assert_cmpint (mc_receiver_get_deadline (self->receiver), ==, G_MAXINT64);
}

/* U5: what is known of for a second or two and not there, is lost, and not
 * delivered any more: a message is one or the other. */
static void
test_lost_once (void)
{
  g_autoptr (Ear) self = ear_new (FALSE, 1);

  ear_whole (self, 4);
  ear_run (self, MC_LATE_US - 1);
  ear_whole (self, 1); /* late, but not too late */
  g_assert_cmpuint (ear_get_stats (self).n_lost, ==, 0);
  ear_whole (self, 7);
  ear_run (self, MC_LATE_US);
  g_assert_cmpuint (ear_get_stats (self).n_lost, ==, 2);
  ear_whole (self, 3);
  ear_whole (self, 6); /* it has been known of for a moment */
  ear_assert (self, "3:1 0:1 6:1 5:1 ");
  g_assert_cmpuint (ear_get_stats (self).n_late, ==, 1);
  ear_run (self, 2 * MC_LATE_US);
  g_assert_cmpuint (ear_get_stats (self).n_lost, ==, 3);
  ear_whole (self, 5);
  ear_assert (self, "");
  g_assert_cmpuint (ear_get_stats (self).n_delivered, ==, 4);
  g_assert_cmpint (mc_receiver_get_deadline (self->receiver), ==, G_MAXINT64);
}

/* A message that takes its time is not late, however long it takes; one of
 * which a part does not come, is lost like any other. */
static void
test_slow_message (void)
{
  g_autoptr (Ear) self = ear_new (FALSE, 1);

  EAR_PART (self, 1, 0, 0);
  ear_run (self, 3 * EAR_SECOND);
  EAR_PART (self, 2, 0, 1);
  ear_run (self, 6 * EAR_SECOND);
  EAR_PART (self, 3, 0, 2);
  ear_assert (self, "0:5 ");
  EAR_PART (self, 4, 1, 0);
  EAR_PART (self, 6, 1, 2);
  ear_run (self, 7 * EAR_SECOND);
  EAR_PART (self, 5, 1, 1); /* its end is known for less than a second */
  EAR_PART (self, 7, 2, 0);
  EAR_PART (self, 9, 2, 2);
  ear_assert (self, "1:5 ");
  ear_run (self, 20 * EAR_SECOND);
  EAR_PART (self, 8, 2, 1);
  ear_assert (self, "");
  g_assert_cmpuint (ear_get_stats (self).n_lost, ==, 1);
  g_assert_cmpuint (ear_get_stats (self).n_late, ==, 1);
  g_assert_cmpuint (self->budget.used, ==, 0);
}

/* The low 32 bits of the count go round; a sender that counts backwards, or
 * one number twice, is found out. */
static void
test_ordinals (void)
{
  g_autoptr (Ear) self = ear_new (FALSE, 0);
  const guint whole = MC_FIRST | MC_LAST;

  ear_data (self, 1, G_MAXUINT32 - 1, 0, whole, 1, 1);
  ear_data (self, 4, 1, 0, whole, 1, 1);
  ear_run (self, 2 * EAR_SECOND);
  g_assert_cmpuint (ear_get_stats (self).n_lost, ==, 2);
  ear_data (self, 5, 1, 0, whole, 1, 1);
  ear_data (self, 6, 1, 0, whole, 1, 1);
  ear_run (self, 4 * EAR_SECOND);
  g_assert_cmpuint (ear_get_stats (self).n_lost, ==, 2);
  ear_data (self, 7, G_MAXUINT32 - 5, 0, whole, 1, 1);
  ear_run (self, 6 * EAR_SECOND);
  g_assert_cmpuint (ear_get_stats (self).n_lost, ==, 2);
  g_assert_cmpuint (ear_get_stats (self).n_broken, ==, 1);
}

static void
test_ends_unordered (void)
{
  g_autoptr (Ear) self = ear_new (FALSE, 1);

  mc_receiver_end (self->receiver, self->now_us);
  ear_whole (self, 1);
  ear_whole (self, 3);
  EAR_PART (self, 5, 4, 0);
  mc_receiver_end (self->receiver, self->now_us);
  ear_assert (self, "0:1 2:1 ");
  g_assert_cmpuint (ear_get_stats (self).n_lost, ==, 3);
  g_assert_cmpuint (self->budget.used, ==, 0);
  g_assert_cmpint (mc_receiver_get_deadline (self->receiver), ==, G_MAXINT64);
  /* it was not gone after all */
  ear_whole (self, 2);
  EAR_PART (self, 6, 4, 1);
  EAR_PART (self, 7, 4, 2);
  ear_data (self, 8, 5, 0, MC_FIRST | MC_LAST, 1, 1);
  ear_assert (self, "5:1 ");
  mc_receiver_end (self->receiver, self->now_us);
  g_assert_cmpuint (ear_get_stats (self).n_lost, ==, 3);
}

/* U4: what is so late that nobody knows whether it is new. */
static void
test_too_late (void)
{
  g_autoptr (Ear) self = ear_new (FALSE, 1);

  ear_whole (self, 8193);
  ear_whole (self, 1);
  ear_whole (self, 2);
  ear_assert (self, "8192:1 1:1 ");
  g_assert_cmpuint (ear_get_stats (self).n_late, ==, 1);
  g_assert_cmpuint (ear_get_stats (self).n_missing, ==, 8191);
  ear_heartbeat (self, G_MAXUINT64, 1, 0);
  ear_whole (self, G_MAXUINT64 - 1);
  ear_whole (self, 8193);
  ear_whole (self, G_MAXUINT64 - 1);
  g_assert_cmpuint (ear_get_stats (self).n_late, ==, 2);
  g_assert_cmpuint (ear_get_stats (self).n_duplicates, ==, 1);
}

static void
test_open_messages (void)
{
  g_autoptr (Ear) self = ear_new (FALSE, 1);

  for (guint i = 0; i < 70; i++)
    {
      EAR_PART (self, 1 + 3 * i, i, 0);
      self->now_us += 1000;
    }
  g_assert_cmpuint (ear_get_stats (self).n_incomplete, ==, 6);
  EAR_PART (self, 2 + 3 * 69, 69, 1);
  ear_run (self, 68000 + MC_OPEN_US);
  g_assert_cmpuint (ear_get_stats (self).n_incomplete, ==, 69);
  EAR_PART (self, 3 + 3 * 69, 69, 2); /* it was touched, and is still there */
  ear_assert (self, "69:5 ");
  g_assert_cmpuint (self->budget.used, ==, 0);
}

/* Sizes are paid for when they are said. */
static void
test_open_bytes (void)
{
  g_autoptr (Ear) self = ear_new (FALSE, 1);

  for (guint i = 0; i < 64; i++)
    {
      ear_data (self, 1 + 2000 * i, i, 0, MC_FIRST, 1048576, 1000);
      g_assert_cmpuint (self->budget.used, <=, MC_OPEN_BYTES);
    }
  g_assert_cmpuint (ear_get_stats (self).n_incomplete, ==, 64 - 7);
  self->budget.limit = 1048576 + 1000;
  ear_data (self, 200001, 100, 0, MC_FIRST, 1048576, 1000);
  g_assert_cmpuint (self->budget.used, <=, self->budget.limit);
  self->budget.limit = 1000;
  ear_data (self, 300001, 101, 0, MC_FIRST, 1048576, 1000);
  g_assert_cmpuint (self->budget.used, ==, 0);
}

static void
test_open_contradict (void)
{
  g_autoptr (Ear) self = ear_new (FALSE, 1);

  EAR_PART (self, 1, 0, 0);
  ear_data (self, 2, 0, 1, 0, 6, 2); /* another size */
  EAR_PART (self, 3, 0, 2);
  EAR_PART (self, 4, 1, 0);
  ear_data (self, 5, 1, 1, 0, 5, 1); /* another fragment size */
  EAR_PART (self, 7, 2, 0);
  EAR_PART (self, 8, 3, 1); /* another ordinal */
  EAR_PART (self, 10, 4, 0);
  EAR_PART (self, 11, 4, 1);
  EAR_PART (self, 12, 4, 2);
  ear_assert (self, "4:5 ");
  g_assert_cmpuint (ear_get_stats (self).n_broken, ==, 3);
  ear_run (self, MC_OPEN_US);
  g_assert_cmpuint (self->budget.used, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/best-effort/any-order", test_any_order);
  g_test_add_func ("/best-effort/late", test_too_late);
  g_test_add_func ("/best-effort/lost-once", test_lost_once);
  g_test_add_func ("/best-effort/slow-message", test_slow_message);
  g_test_add_func ("/best-effort/ordinals", test_ordinals);
  g_test_add_func ("/best-effort/ends", test_ends_unordered);
  g_test_add_func ("/best-effort/open", test_open_messages);
  g_test_add_func ("/best-effort/bytes", test_open_bytes);
  g_test_add_func ("/best-effort/contradict", test_open_contradict);
  return g_test_run ();
}

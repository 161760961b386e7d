/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "repair-ear.h"

#include <string.h>

/*
 * One receiver of a reliable sender, datagram by datagram, also with those that
 * no sender of ours makes. U… are the faults that a test stands for.
 */

static void
test_in_order (void)
{
  g_autoptr (Ear) self = ear_new (TRUE, 1);

  ear_whole (self, 1);
  ear_whole (self, 4);
  ear_whole (self, 3);
  ear_assert (self, "0:1 ");
  ear_whole (self, 3);
  ear_whole (self, 1);
  ear_whole (self, 2);
  ear_assert (self, "1:1 2:1 3:1 ");
  ear_whole (self, 4);
  g_assert_cmpuint (ear_get_stats (self).n_duplicates, ==, 3);
  g_assert_cmpint (mc_receiver_get_deadline (self->receiver), ==, G_MAXINT64);
}

/* HOLD is 6 GRTT, and half of that more with each try, up to four times as long;
 * from the eighth on it doubles, up to 3 GRTT or 500 ms. */
static gint64
get_hold_us (guint n_tries, gint64 grtt_us)
{
  gint64 hold_us = 3 * grtt_us * MIN (n_tries + 2, 8);

  for (guint i = 8; i <= n_tries; i++)
    hold_us *= 2;
  return MIN (hold_us, 500000);
}

/* The dice show 0: each backoff is over at once. */
static void
test_asks_until_tries (void)
{
  g_autoptr (Ear) self = ear_new (TRUE, 1);
  gint64 hold_us = 0;

  ear_whole (self, 1);
  ear_whole (self, 4);
  ear_run (self, 0);
  ear_assert (self, "0:1 N2-3 ");
  for (guint i = 1; i < MC_GIVE_UP_TRIES; i++)
    {
      hold_us += get_hold_us (i, MC_GRTT_DEFAULT_US);
      ear_run (self, hold_us - 1);
      ear_assert (self, "");
      ear_run (self, hold_us);
      ear_assert (self, "N2-3 ");
    }
  ear_run (self, hold_us + 500000 - 1);
  ear_assert (self, "");
  ear_run (self, hold_us + 500000);
  ear_assert (self, "lost1+2 3:1 ");
  ear_whole (self, 2);
  ear_assert (self, "");
}

/* However short the way: a sender that is busy for four seconds repairs then. */
static void
test_asks_for_seconds (void)
{
  g_autoptr (Ear) self = ear_new (TRUE, 1);
  McHeartbeat heartbeat = { 2, 1, MC_GRTT_MIN_US };
  g_autoptr (GBytes) payload = mc_heartbeat_put (&heartbeat);
  g_autoptr (GString) naks = g_string_new (NULL);
  guint n = 0;

  ear_hear (self, &(McInner){ .type = MC_HEARTBEAT, .dseq = 2, .ordinal = 1 },
            payload);
  for (gint64 at_us = 0; at_us < 4 * G_USEC_PER_SEC;
       at_us += get_hold_us (++n, MC_GRTT_MIN_US))
    g_string_append (naks, "N1-1 ");
  g_assert_cmpuint (n, <, MC_GIVE_UP_TRIES);
  ear_run (self, 4 * G_USEC_PER_SEC);
  ear_assert (self, naks->str);
  ear_whole (self, 1);
  ear_assert (self, "0:1 ");
}

static void
test_asks_until_time (void)
{
  g_autoptr (Ear) self = ear_new (TRUE, 1);
  McHeartbeat heartbeat = { 3, 1, MC_GRTT_MAX_US };
  g_autoptr (GBytes) payload = mc_heartbeat_put (&heartbeat);

  ear_hear (self, &(McInner){ .type = MC_HEARTBEAT, .dseq = 3, .ordinal = 2 },
            payload);
  ear_run (self, MC_GIVE_UP_US - 1);
  ear_assert (self, "N1-2 N1-2 N1-2 N1-2 ");
  ear_run (self, MC_GIVE_UP_US);
  ear_assert (self, "lost0+2 ");
}

/* What is late within the backoff is not asked for. */
static void
test_backoff (void)
{
  g_autoptr (Ear) self = ear_new (TRUE, 1);
  gint64 alone_us;

  self->dice = 0x80000000;
  ear_whole (self, 2);
  alone_us = mc_receiver_get_deadline (self->receiver);
  ear_run (self, alone_us - 1);
  ear_whole (self, 1);
  ear_assert (self, "0:1 1:1 ");
  ear_run (self, EAR_SECOND);
  ear_assert (self, "");
  /* the same dice in a group: later, so that few ask; K·GRTT at the latest */
  mc_receiver_set_group_size (self->receiver, 50);
  ear_whole (self, 4);
  g_assert_cmpint (alone_us, >, 20000);
  g_assert_cmpint (mc_receiver_get_deadline (self->receiver) - EAR_SECOND, >,
                   alone_us + 5000);
  g_assert_cmpint (mc_receiver_get_deadline (self->receiver) - EAR_SECOND, <,
                   40000);
}

static void
test_naks_have_distance (void)
{
  g_autoptr (Ear) self = ear_new (TRUE, 1);

  ear_whole (self, 2);
  ear_run (self, 0);
  for (guint i = 2; i <= 400; i++)
    {
      ear_whole (self, 2 * i);
      ear_run (self, i * 1000);
    }
  ear_run (self, 410000);
  g_assert_cmpuint (ear_get_stats (self).n_naks, <=, 42);
  g_assert_cmpuint (ear_get_stats (self).n_naks, >, 30);
}

static void
test_nak_has_64_ranges (void)
{
  g_autoptr (Ear) self = ear_new (TRUE, 1);

  for (guint i = 1; i <= 100; i++)
    ear_whole (self, 2 * i);
  ear_run (self, 0);
  g_assert_true (g_str_has_suffix (self->said->str, " 127-127 "));
  g_string_truncate (self->said, 0);
  ear_run (self, 9999);
  ear_assert (self, "");
  ear_run (self, 10000);
  g_assert_true (g_str_has_prefix (self->said->str, "N129-129 131-131 "));
  g_assert_true (g_str_has_suffix (self->said->str, " 199-199 "));
}

/* Another asks: we do not. But one who always asks, does not silence us. */
static void
test_suppression (void)
{
  g_autoptr (Ear) self = ear_new (TRUE, 1);

  self->dice = G_MAXUINT32;
  ear_whole (self, 4);
  for (guint i = 0; i < 4; i++)
    {
      /* HOLD without a try of ours is 6 GRTT, backoff 4 */
      ear_nak (self, 2, G_MAXUINT64);
      ear_run (self, self->now_us + 60000);
    }
  g_assert_cmpuint (ear_get_stats (self).n_suppressed, ==, 4 * 2);
  g_assert_true (g_str_has_prefix (self->said->str, "N1-1 "));
  g_assert_null (strstr (self->said->str, "2-"));
  ear_nak (self, 2, G_MAXUINT64);
  ear_run (self, self->now_us + 40000);
  g_assert_cmpuint (ear_get_stats (self).n_suppressed, ==, 4 * 2);
  g_assert_nonnull (strstr (self->said->str, "2-3 "));
}

static void
test_hears_lost (void)
{
  g_autoptr (Ear) self = ear_new (TRUE, 1);

  ear_whole (self, 1);
  ear_whole (self, 3);
  ear_whole (self, 6);
  ear_lost (self, 5, 4, 0);
  ear_assert (self, "0:1 lost1+1 2:1 "); /* 4 is in a hole that goes on */
  ear_lost (self, 5, 4, 0);
  ear_run (self, self->now_us);
  ear_assert (self, "N5-5 ");
  ear_whole (self, 5);
  ear_assert (self, "lost3+1 4:1 5:1 ");
  /* all that there was is lost, and more than was known of */
  ear_lost (self, 10, 9, 0);
  ear_assert (self, "lost6+3 ");
  ear_whole (self, 10);
  ear_assert (self, "9:1 ");
  /* a heartbeat says it as well */
  ear_heartbeat (self, 13, 13, 12);
  ear_assert (self, "lost10+2 ");
  ear_lost (self, 3, 2, 0);
  ear_assert (self, "");
}

/* Messages of three fragments: a part that is lost is the message. */
static void
test_parts_are_lost (void)
{
  g_autoptr (Ear) self = ear_new (TRUE, 1);

  EAR_PART (self, 3, 0, 2);
  EAR_PART (self, 1, 0, 0);
  EAR_PART (self, 2, 0, 1);
  ear_assert (self, "0:5 ");
  EAR_PART (self, 4, 1, 0);
  EAR_PART (self, 6, 1, 2);
  EAR_PART (self, 7, 2, 0);
  ear_lost (self, 6, 1, 2); /* the middle of one */
  ear_assert (self, "lost1+1 ");
  EAR_PART (self, 8, 2, 1);
  /* the last of one and the first of another */
  ear_heartbeat (self, 12, 12, 3);
  ear_assert (self, "lost2+1 ");
  EAR_PART (self, 12, 3, 2);
  ear_assert (self, "lost3+1 ");
  EAR_PART (self, 13, 4, 0);
  EAR_PART (self, 14, 4, 1);
  ear_lost (self, 15, 4, 2); /* nothing is missing */
  ear_assert (self, "");
  EAR_PART (self, 15, 4, 2);
  ear_assert (self, "4:5 ");
}

static void
test_message_never_ends (void)
{
  g_autoptr (Ear) self = ear_new (TRUE, 1);

  EAR_PART (self, 1, 0, 0);
  EAR_PART (self, 2, 0, 1);
  ear_run (self, MC_GIVE_UP_US - 1);
  ear_assert (self, "");
  g_assert_cmpuint (self->budget.used, >, 0);
  ear_run (self, MC_GIVE_UP_US);
  ear_assert (self, "lost0+1 ");
  g_assert_cmpuint (self->budget.used, ==, 0);
  EAR_PART (self, 3, 0, 2);
  ear_whole (self, 4);
  ear_assert (self, "lost1+2 3:1 ");
}

/* Who comes in the middle of a message, begins with the next. */
static void
test_begins_in_a_message (void)
{
  g_autoptr (Ear) self = ear_new (TRUE, 0);
  g_autoptr (Ear) other = ear_new (FALSE, 0);

  EAR_PART (self, 5, 7, 1);
  EAR_PART (self, 6, 7, 2);
  ear_data (self, 7, 8, 0, MC_FIRST | MC_LAST, 3, 3);
  ear_assert (self, "8:3 ");
  EAR_PART (other, 5, 7, 1);
  EAR_PART (other, 6, 7, 2);
  EAR_PART (other, 4, 7, 0); /* that was only late */
  ear_assert (other, "7:5 ");
  g_assert_cmpuint (ear_get_stats (other).n_missing, ==, 0);
}

/* ---- a receiver of what no sender of ours says (U7) ---- */

static void
test_fragments_that_lie (gconstpointer is_reliable)
{
  static const struct
  {
    guint64 dseq;
    guint32 index;
    guint flags;
    guint32 message_size;
    gsize size;
  } bad[] = {
    { 0, 0, MC_FIRST | MC_LAST, 1, 1 },                  /* no number */
    { G_MAXUINT64, 0, MC_FIRST | MC_LAST, 1, 1 },        /* too large */
    { 5, 5, MC_LAST, 6, 1 },                             /* begins before 1 */
    { 5, 0, MC_LAST, 1, 1 },                             /* 0, not the first */
    { 5, 1, MC_FIRST, 9, 1 },                            /* first, not 0 */
    { 5, 0, MC_FIRST | MC_LAST, 2, 1 },                  /* too short */
    { 5, 0, MC_FIRST | MC_LAST, 0, 1 },                  /* too long */
    { 5, 0, MC_FIRST, 1, 1 },                            /* whole, not last */
    { 5, 0, MC_FIRST, 9, 0 },                            /* empty */
    { 5, 1, 0, 4, 2 },                                   /* last, but not so */
    { 5, 2, 0, 4, 2 },                                   /* past the end */
    { 5, 4, 0, 4, 2 },                                   /* far past it */
    { G_MAXUINT64 - 1, G_MAXUINT32, 0, G_MAXUINT32, 2 }, /* over 32 bits */
    { 5, 2, MC_LAST, 4, 1 },                             /* 3 / 2 */
    { 5, 1, MC_LAST, 4, 3 },                             /* over the others */
    { 5, 1, MC_LAST, 4, 0 },                             /* empty */
    { 5, 1, MC_LAST, 4, 4 },                             /* all of it */
    { 5, 1, MC_LAST, 4, 5 },                             /* and more */
    { 5, 0, MC_FIRST, 1048577, 1 },                      /* over the limit */
    { 5, 0, MC_FIRST | MC_PACKED, 9, 5 },                /* a part, packed */
    { 5, 0, MC_FIRST | MC_LAST | MC_PACKED, 0, 0 },      /* nothing in it */
    { 5, 0, MC_FIRST | MC_LAST | MC_PACKED, 3, 3 },      /* half a size */
  };
  g_autoptr (Ear) self = ear_new (GPOINTER_TO_INT (is_reliable), 1);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      ear_data (self, bad[i].dseq, 1, bad[i].index, bad[i].flags,
                bad[i].message_size, bad[i].size);
      g_assert_cmpuint (ear_get_stats (self).n_malformed, ==, i + 1);
    }
  g_assert_cmpuint (self->budget.used, ==, 0);
  g_assert_cmpuint (ear_get_stats (self).n_missing, ==, 0);
  ear_whole (self, 1);
  ear_assert (self, "0:1 ");
}

static void
test_wrong_mode (void)
{
  g_autoptr (Ear) reliable = ear_new (TRUE, 1);
  g_autoptr (Ear) other = ear_new (FALSE, 1);

  reliable->is_reliable = FALSE;
  other->is_reliable = TRUE;
  ear_whole (reliable, 1);
  ear_heartbeat (reliable, 9, 1, 8);
  ear_whole (other, 1);
  ear_heartbeat (other, 9, 1, 8);
  other->is_reliable = FALSE;
  ear_lost (other, 5, 4, 0);
  g_assert_cmpuint (ear_get_stats (reliable).n_malformed, ==, 2);
  g_assert_cmpuint (ear_get_stats (other).n_malformed, ==, 3);
  ear_assert (reliable, "");
  ear_assert (other, "");
}

/* The sizes change within a message: it is lost, once, and the next is not. */
static void
test_parts_contradict (void)
{
  g_autoptr (Ear) self = ear_new (TRUE, 1);

  EAR_PART (self, 1, 0, 0);
  ear_data (self, 2, 0, 1, 0, 6, 2);
  EAR_PART (self, 3, 0, 2);
  ear_assert (self, "lost0+1 ");
  EAR_PART (self, 4, 1, 0);
  ear_data (self, 5, 1, 1, 0, 5, 1);
  ear_assert (self, "lost1+1 ");
  EAR_PART (self, 6, 2, 0);
  EAR_PART (self, 7, 3, 1); /* another's */
  ear_assert (self, "lost2+2 ");
  EAR_PART (self, 8, 0, 0); /* backwards */
  EAR_PART (self, 9, 0, 1);
  EAR_PART (self, 10, 0, 2);
  ear_assert (self, "0:5 ");
  g_assert_cmpuint (ear_get_stats (self).n_broken, ==, 3);
}

/* Numbers that jump cost what 4096 fragments do, and no time. */
static void
test_numbers_jump (void)
{
  g_autoptr (Ear) self = ear_new (TRUE, 1);

  ear_heartbeat (self, 10001, 1, 10000);
  g_assert_cmpuint (self->budget.used, <, 512 * 1024);
  ear_assert (self, "");
  ear_whole (self, 10001 - 4096);
  ear_assert (self, "lost0+5904 5904:1 ");
  ear_whole (self, G_MAXUINT64 / 2);
  ear_heartbeat (self, G_MAXUINT64 - 9, G_MAXUINT64 - 9, 77);
  g_string_truncate (self->said, 0);
  ear_heartbeat (self, G_MAXUINT64, 1, 86);
  ear_run (self, self->now_us);
  g_assert_true (g_str_has_prefix (self->said->str, "N"));
  ear_lost (self, G_MAXUINT64, 86, 0);
  g_assert_true (g_str_has_suffix (self->said->str, "lost77+9 "));
  g_assert_cmpuint (self->budget.used, ==, 0);
  ear_whole (self, 5);
}

/* Too much behind a gap: the gap is given up. */
static void
test_too_much_is_kept (void)
{
  g_autoptr (Ear) self = ear_new (TRUE, 1);
  guint n = MC_REORDER_BYTES / 65000 + 2;

  for (guint i = 0; i < n; i++)
    {
      ear_data (self, 3 + 2 * i, 2 + 2 * i, 0, MC_FIRST | MC_LAST, 65000,
                65000);
      g_assert_cmpuint (self->budget.used, <=, MC_REORDER_BYTES + 256 * 1024);
    }
  ear_assert (self, "lost0+2 2:65000 lost3+1 4:65000 lost5+1 6:65000 ");
}

/* U7: nobody gets more than all may have; who finds no room, loses. */
static void
test_budget_is_shared (void)
{
  g_autoptr (Ear) self = ear_new (TRUE, 1);

  self->budget.limit = 3000;
  ear_whole (self, 2); /* 1 KiB of slots, somewhat less on 32 bits */
  g_assert_cmpuint (self->budget.used, >, 900);
  ear_data (self, 4, 3, 0, MC_FIRST | MC_LAST, 1500, 1500);
  ear_data (self, 6, 5, 0, MC_FIRST | MC_LAST, 1500, 1500);
  ear_assert (self, "lost0+1 1:1 lost2+1 3:1500 ");
  ear_data (self, 100, 99, 0, MC_FIRST | MC_LAST, 1, 1);
  ear_assert (self, "lost4+1 5:1500 lost6+93 99:1 ");
  /* what is larger cannot be put together, but told */
  ear_data (self, 101, 100, 0, MC_FIRST, 5000, 2500);
  ear_data (self, 102, 100, 1, MC_LAST, 5000, 2500);
  ear_whole (self, 103);
  ear_assert (self, "lost100+1 lost101+1 102:1 ");
  self->budget.limit = 500;
  ear_heartbeat (self, 110, 1, 109); /* no room to miss it */
  g_assert_cmpuint (self->budget.used, ==, 0);
  self->budget.limit = 5000;
  ear_heartbeat (self, 110, 1, 109);
  g_assert_cmpuint (self->budget.used, >, 0);
}

/* ---- a sender that is gone ---- */

/* What waits behind a gap is delivered, and what is missing, is told. */
static void
test_ends (void)
{
  g_autoptr (Ear) self = ear_new (TRUE, 1);

  ear_whole (self, 1);
  ear_whole (self, 3);
  ear_whole (self, 6);
  ear_heartbeat (self, 9, 1, 8);
  mc_receiver_end (self->receiver, self->now_us);
  ear_assert (self, "0:1 lost1+1 2:1 lost3+2 5:1 lost6+2 ");
  mc_receiver_end (self->receiver, self->now_us);
  ear_assert (self, "");
  g_assert_cmpuint (self->budget.used, ==, 0);
  /* it was not gone after all */
  ear_whole (self, 9);
  EAR_PART (self, 10, 9, 0);
  mc_receiver_end (self->receiver, self->now_us);
  ear_assert (self, "8:1 lost9+1 ");
  g_assert_cmpint (mc_receiver_get_deadline (self->receiver), ==, G_MAXINT64);
}

#define YES GINT_TO_POINTER (TRUE)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/receiver/in-order", test_in_order);
  g_test_add_func ("/receiver/asks/tries", test_asks_until_tries);
  g_test_add_func ("/receiver/asks/seconds", test_asks_for_seconds);
  g_test_add_func ("/receiver/asks/time", test_asks_until_time);
  g_test_add_func ("/receiver/asks/backoff", test_backoff);
  g_test_add_func ("/receiver/asks/distance", test_naks_have_distance);
  g_test_add_func ("/receiver/asks/ranges", test_nak_has_64_ranges);
  g_test_add_func ("/receiver/asks/suppression", test_suppression);
  g_test_add_func ("/receiver/lost", test_hears_lost);
  g_test_add_func ("/receiver/parts", test_parts_are_lost);
  g_test_add_func ("/receiver/never-ends", test_message_never_ends);
  g_test_add_func ("/receiver/begins", test_begins_in_a_message);
  g_test_add_data_func ("/hostile/fragments/reliable", YES,
                        test_fragments_that_lie);
  g_test_add_data_func ("/hostile/fragments/best-effort", NULL,
                        test_fragments_that_lie);
  g_test_add_func ("/hostile/mode", test_wrong_mode);
  g_test_add_func ("/hostile/parts", test_parts_contradict);
  g_test_add_func ("/hostile/jump", test_numbers_jump);
  g_test_add_func ("/hostile/kept", test_too_much_is_kept);
  g_test_add_func ("/hostile/budget", test_budget_is_shared);
  g_test_add_func ("/receiver/ends", test_ends);
  return g_test_run ();
}

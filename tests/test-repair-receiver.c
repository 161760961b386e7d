/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../plugins/transports/udp-multicast/mc-rate.h"
#include "../plugins/transports/udp-multicast/mc-receiver.h"
#include "../plugins/transports/udp-multicast/mc-tally.h"

#include <string.h>

/*
 * One receiver, datagram by datagram, also with those that no sender of ours
 * makes. U… are the faults that a test stands for.
 */

#define SECOND G_USEC_PER_SEC

static const guint8 sender_id[MC_ID_SIZE] = "0123456789abcde";

/* ---- a receiver ---- */

typedef struct
{
  gint64 now_us;
  McBudget budget;
  gboolean is_reliable;
  McReceiver *receiver;
  GString *said;
  guint32 dice;
} Ear;

static void
on_deliver (GBytes *message,
            gboolean is_packed,
            guint32 ordinal,
            gpointer user_data)
{
  g_string_append_printf (((Ear *) user_data)->said, "%s%u:%u ",
                          is_packed ? "p" : "", ordinal,
                          (guint) g_bytes_get_size (message));
}

static void
on_tell_lost (guint32 first, guint32 n, gpointer user_data)
{
  g_string_append_printf (((Ear *) user_data)->said, "lost%u+%u ", first, n);
}

static void
on_nak (const McInner *inner, GBytes *payload, gpointer user_data)
{
  McRange ranges[MC_NAK_RANGES];
  guint n = mc_nak_get (payload, ranges);
  Ear *self = user_data;

  g_assert_cmpint (inner->type, ==, MC_NAK);
  g_assert_cmpuint (n, >, 0);
  g_string_append (self->said, "N");
  for (guint i = 0; i < n; i++)
    g_string_append_printf (self->said, "%u-%u ", (guint) ranges[i].first,
                            (guint) ranges[i].last);
}

static guint32
on_random (gpointer user_data)
{
  return ((Ear *) user_data)->dice;
}

/* @start: 0: it begins with what it hears. */
static Ear *
ear_new (gboolean is_reliable, guint64 start)
{
  Ear *self = g_new0 (Ear, 1);
  McReceiverOptions options = {
    .channel = 9,
    .is_reliable = is_reliable,
    .max_message_size = 1048576,
    .budget = &self->budget,
    .emit = on_nak,
    .deliver = on_deliver,
    .tell_lost = on_tell_lost,
    .random = on_random,
    .user_data = self,
  };

  memcpy (options.sender_id, sender_id, MC_ID_SIZE);
  self->budget = (McBudget) MC_BUDGET_INIT;
  self->is_reliable = is_reliable;
  self->said = g_string_new (NULL);
  self->receiver = mc_receiver_new (&options);
  if (start > 0)
    mc_receiver_begin (self->receiver, &(McPosition){ .dseq = start });
  return self;
}

static void
ear_free (Ear *self)
{
  mc_receiver_free (self->receiver);
  g_assert_cmpuint (self->budget.used, ==, 0);
  g_string_free (self->said, TRUE);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ear, ear_free)

static void
ear_assert (Ear *self, const char *said)
{
  g_assert_cmpstr (self->said->str, ==, said);
  g_string_truncate (self->said, 0);
}

static void
ear_run (Ear *self, gint64 until_us)
{
  while (mc_receiver_get_deadline (self->receiver) <= until_us)
    {
      self->now_us =
        MAX (self->now_us, mc_receiver_get_deadline (self->receiver));
      mc_receiver_tick (self->receiver, self->now_us);
      g_assert_cmpint (mc_receiver_get_deadline (self->receiver), >,
                       self->now_us);
    }
  self->now_us = until_us;
}

static void
ear_hear (Ear *self, const McInner *inner, GBytes *payload)
{
  McInner copy = *inner;

  copy.channel = 9;
  if (self->is_reliable)
    copy.flags |= MC_RELIABLE | MC_ORDERED;
  mc_receiver_hear (self->receiver, &copy, payload, self->now_us);
}

/* A fragment of @size bytes. */
static void
ear_data (Ear *self,
          guint64 dseq,
          guint32 ordinal,
          guint32 index,
          guint flags,
          guint32 message_size,
          gsize size)
{
  g_autofree guint8 *data = g_malloc0 (size);
  g_autoptr (GBytes) payload = g_bytes_new (data, size);

  ear_hear (self,
            &(McInner){ .type = MC_DATA,
                        .dseq = dseq,
                        .ordinal = ordinal,
                        .index = index,
                        .flags = flags,
                        .message_size = message_size },
            payload);
}

/* The message of @dseq, which has one fragment. */
static void
ear_whole (Ear *self, guint64 dseq)
{
  ear_data (self, dseq, dseq - 1, 0, MC_FIRST | MC_LAST, 1, 1);
}

static void
ear_heartbeat (Ear *self, guint64 lead, guint64 trail, guint32 ordinal)
{
  McHeartbeat heartbeat = { lead, trail, MC_GRTT_DEFAULT_US };
  g_autoptr (GBytes) payload = mc_heartbeat_put (&heartbeat);

  ear_hear (self,
            &(McInner){
              .type = MC_HEARTBEAT, .dseq = lead, .ordinal = ordinal },
            payload);
}

static void
ear_lost (Ear *self, guint64 trail, guint32 ordinal, guint32 index)
{
  g_autoptr (GBytes) payload = mc_lost_put (trail);

  ear_hear (self,
            &(McInner){ .type = MC_LOST,
                        .dseq = trail,
                        .ordinal = ordinal,
                        .index = index },
            payload);
}

static void
ear_nak (Ear *self, guint64 first, guint64 last)
{
  g_autoptr (GBytes) payload =
    mc_nak_put (sender_id, &(McRange){ first, last }, 1);

  ear_hear (self, &(McInner){ .type = MC_NAK }, payload);
}

static McReceiverStats
ear_get_stats (const Ear *self)
{
  return *mc_receiver_get_stats (self->receiver);
}

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
  ear_run (self, SECOND);
  ear_assert (self, "");
  /* the same dice in a group: later, so that few ask; K·GRTT at the latest */
  mc_receiver_set_group_size (self->receiver, 50);
  ear_whole (self, 4);
  g_assert_cmpint (alone_us, >, 20000);
  g_assert_cmpint (mc_receiver_get_deadline (self->receiver) - SECOND, >,
                   alone_us + 5000);
  g_assert_cmpint (mc_receiver_get_deadline (self->receiver) - SECOND, <,
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

#define PART(ear, dseq, ordinal, index)                                        \
  ear_data (ear, dseq, ordinal, index,                                         \
            ((index) == 0 ? MC_FIRST : 0) | ((index) == 2 ? MC_LAST : 0), 5,   \
            (index) == 2 ? 1 : 2)

/* Messages of three fragments: a part that is lost is the message. */
static void
test_parts_are_lost (void)
{
  g_autoptr (Ear) self = ear_new (TRUE, 1);

  PART (self, 3, 0, 2);
  PART (self, 1, 0, 0);
  PART (self, 2, 0, 1);
  ear_assert (self, "0:5 ");
  PART (self, 4, 1, 0);
  PART (self, 6, 1, 2);
  PART (self, 7, 2, 0);
  ear_lost (self, 6, 1, 2); /* the middle of one */
  ear_assert (self, "lost1+1 ");
  PART (self, 8, 2, 1);
  /* the last of one and the first of another */
  ear_heartbeat (self, 12, 12, 3);
  ear_assert (self, "lost2+1 ");
  PART (self, 12, 3, 2);
  ear_assert (self, "lost3+1 ");
  PART (self, 13, 4, 0);
  PART (self, 14, 4, 1);
  ear_lost (self, 15, 4, 2); /* nothing is missing */
  ear_assert (self, "");
  PART (self, 15, 4, 2);
  ear_assert (self, "4:5 ");
}

static void
test_message_never_ends (void)
{
  g_autoptr (Ear) self = ear_new (TRUE, 1);

  PART (self, 1, 0, 0);
  PART (self, 2, 0, 1);
  ear_run (self, MC_GIVE_UP_US - 1);
  ear_assert (self, "");
  g_assert_cmpuint (self->budget.used, >, 0);
  ear_run (self, MC_GIVE_UP_US);
  ear_assert (self, "lost0+1 ");
  g_assert_cmpuint (self->budget.used, ==, 0);
  PART (self, 3, 0, 2);
  ear_whole (self, 4);
  ear_assert (self, "lost1+2 3:1 ");
}

/* Who comes in the middle of a message, begins with the next. */
static void
test_begins_in_a_message (void)
{
  g_autoptr (Ear) self = ear_new (TRUE, 0);
  g_autoptr (Ear) other = ear_new (FALSE, 0);

  PART (self, 5, 7, 1);
  PART (self, 6, 7, 2);
  ear_data (self, 7, 8, 0, MC_FIRST | MC_LAST, 3, 3);
  ear_assert (self, "8:3 ");
  PART (other, 5, 7, 1);
  PART (other, 6, 7, 2);
  PART (other, 4, 7, 0); /* that was only late */
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

  PART (self, 1, 0, 0);
  ear_data (self, 2, 0, 1, 0, 6, 2);
  PART (self, 3, 0, 2);
  ear_assert (self, "lost0+1 ");
  PART (self, 4, 1, 0);
  ear_data (self, 5, 1, 1, 0, 5, 1);
  ear_assert (self, "lost1+1 ");
  PART (self, 6, 2, 0);
  PART (self, 7, 3, 1); /* another's */
  ear_assert (self, "lost2+2 ");
  PART (self, 8, 0, 0); /* backwards */
  PART (self, 9, 0, 1);
  PART (self, 10, 0, 2);
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
  ear_whole (self, 2); /* 1 KiB of slots */
  g_assert_cmpuint (self->budget.used, >, 1000);
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

/* ---- best-effort ---- */

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
  PART (self, 12, 9, 2);
  PART (self, 10, 9, 0);
  PART (self, 11, 9, 1);
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

  PART (self, 1, 0, 0);
  ear_run (self, 3 * SECOND);
  PART (self, 2, 0, 1);
  ear_run (self, 6 * SECOND);
  PART (self, 3, 0, 2);
  ear_assert (self, "0:5 ");
  PART (self, 4, 1, 0);
  PART (self, 6, 1, 2);
  ear_run (self, 7 * SECOND);
  PART (self, 5, 1, 1); /* its end is known for less than a second */
  PART (self, 7, 2, 0);
  PART (self, 9, 2, 2);
  ear_assert (self, "1:5 ");
  ear_run (self, 20 * SECOND);
  PART (self, 8, 2, 1);
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
  ear_run (self, 2 * SECOND);
  g_assert_cmpuint (ear_get_stats (self).n_lost, ==, 2);
  ear_data (self, 5, 1, 0, whole, 1, 1);
  ear_data (self, 6, 1, 0, whole, 1, 1);
  ear_run (self, 4 * SECOND);
  g_assert_cmpuint (ear_get_stats (self).n_lost, ==, 2);
  ear_data (self, 7, G_MAXUINT32 - 5, 0, whole, 1, 1);
  ear_run (self, 6 * SECOND);
  g_assert_cmpuint (ear_get_stats (self).n_lost, ==, 2);
  g_assert_cmpuint (ear_get_stats (self).n_broken, ==, 1);
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
  PART (self, 10, 9, 0);
  mc_receiver_end (self->receiver, self->now_us);
  ear_assert (self, "8:1 lost9+1 ");
  g_assert_cmpint (mc_receiver_get_deadline (self->receiver), ==, G_MAXINT64);
}

static void
test_ends_unordered (void)
{
  g_autoptr (Ear) self = ear_new (FALSE, 1);

  mc_receiver_end (self->receiver, self->now_us);
  ear_whole (self, 1);
  ear_whole (self, 3);
  PART (self, 5, 4, 0);
  mc_receiver_end (self->receiver, self->now_us);
  ear_assert (self, "0:1 2:1 ");
  g_assert_cmpuint (ear_get_stats (self).n_lost, ==, 3);
  g_assert_cmpuint (self->budget.used, ==, 0);
  g_assert_cmpint (mc_receiver_get_deadline (self->receiver), ==, G_MAXINT64);
  /* it was not gone after all */
  ear_whole (self, 2);
  PART (self, 6, 4, 1);
  PART (self, 7, 4, 2);
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
      PART (self, 1 + 3 * i, i, 0);
      self->now_us += 1000;
    }
  g_assert_cmpuint (ear_get_stats (self).n_incomplete, ==, 6);
  PART (self, 2 + 3 * 69, 69, 1);
  ear_run (self, 68000 + MC_OPEN_US);
  g_assert_cmpuint (ear_get_stats (self).n_incomplete, ==, 69);
  PART (self, 3 + 3 * 69, 69, 2); /* it was touched, and is still there */
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

  PART (self, 1, 0, 0);
  ear_data (self, 2, 0, 1, 0, 6, 2); /* another size */
  PART (self, 3, 0, 2);
  PART (self, 4, 1, 0);
  ear_data (self, 5, 1, 1, 0, 5, 1); /* another fragment size */
  PART (self, 7, 2, 0);
  PART (self, 8, 3, 1); /* another ordinal */
  PART (self, 10, 4, 0);
  PART (self, 11, 4, 1);
  PART (self, 12, 4, 2);
  ear_assert (self, "4:5 ");
  g_assert_cmpuint (ear_get_stats (self).n_broken, ==, 3);
  ear_run (self, MC_OPEN_US);
  g_assert_cmpuint (self->budget.used, ==, 0);
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
  g_test_add_func ("/best-effort/any-order", test_any_order);
  g_test_add_func ("/best-effort/late", test_too_late);
  g_test_add_func ("/best-effort/lost-once", test_lost_once);
  g_test_add_func ("/best-effort/slow-message", test_slow_message);
  g_test_add_func ("/best-effort/ordinals", test_ordinals);
  g_test_add_func ("/receiver/ends", test_ends);
  g_test_add_func ("/best-effort/ends", test_ends_unordered);
  g_test_add_func ("/best-effort/open", test_open_messages);
  g_test_add_func ("/best-effort/bytes", test_open_bytes);
  g_test_add_func ("/best-effort/contradict", test_open_contradict);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../plugins/transports/udp-multicast/limits/mc-nak-limit.h"
#include "../plugins/transports/udp-multicast/datagram/mc-pack.h"
#include "../plugins/transports/udp-multicast/limits/mc-bucket.h"
#include "../plugins/transports/udp-multicast/repair/mc-grtt.h"
#include "../plugins/transports/udp-multicast/repair/mc-sender.h"

#include <string.h>

/*
 * One sender, datagram by datagram, and what it is made of. U… are the faults
 * that a test stands for.
 */

#define SECOND G_USEC_PER_SEC

static const guint8 sender_id[MC_ID_SIZE] = "0123456789abcde";

/* ---- blocks of small messages ---- */

#define ASSERT_COUNT(text, expected)                                           \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autoptr (GBytes) block = g_bytes_new (text, sizeof text - 1);            \
    g_assert_cmpuint (mc_pack_count (block), ==, expected);                    \
  }                                                                            \
  G_STMT_END

static gboolean
pack (McPacker *packer, const char *text)
{
  g_autoptr (GBytes) message = g_bytes_new (text, strlen (text));

  return mc_packer_add (packer, message);
}

static void
test_pack (void)
{
  static const gsize sizes[] = { 5, 0, 1 };
  g_autoptr (McPacker) packer = mc_packer_new (12);
  g_autoptr (GBytes) block = NULL;
  gsize at = 0;

  g_assert_null (mc_packer_take (packer));
  g_assert_true (pack (packer, "hello"));
  g_assert_false (pack (packer, "worl"));
  g_assert_true (pack (packer, ""));
  g_assert_true (pack (packer, "!"));
  g_assert_false (pack (packer, ""));
  block = mc_packer_take (packer);
  g_assert_true (mc_packer_is_empty (packer));
  g_assert_cmpmem (g_bytes_get_data (block, NULL), g_bytes_get_size (block),
                   "\0\5hello\0\0\0\1!", 12);
  g_assert_cmpuint (mc_pack_count (block), ==, G_N_ELEMENTS (sizes));
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GBytes) message = mc_pack_next (block, &at);

      g_assert_cmpuint (g_bytes_get_size (message), ==, sizes[i]);
    }
  g_assert_null (mc_pack_next (block, &at));
}

/* What is over 65,535 bytes, has no size that says so. */
static void
test_pack_limits (void)
{
  g_autoptr (McPacker) packer = mc_packer_new (200000);
  g_autofree guint8 *data = g_malloc0 (65536);
  g_autoptr (GBytes) large = g_bytes_new (data, 65536);
  g_autoptr (GBytes) largest = g_bytes_new (data, 65535);

  g_assert_false (mc_packer_add (packer, large));
  g_assert_true (mc_packer_add (packer, largest));
  ASSERT_COUNT ("", 0);
  ASSERT_COUNT ("\0", 0);
  ASSERT_COUNT ("\0\0", 1);
  ASSERT_COUNT ("\0\1", 0);
  ASSERT_COUNT ("\0\1a", 1);
  ASSERT_COUNT ("\0\1ab", 0);
  ASSERT_COUNT ("\0\1a\0\0", 2);
  ASSERT_COUNT ("\0\0\377\377a", 0);
}

/* ---- payloads ---- */

static guint
count_ranges (const McRange *ranges, guint n)
{
  g_autoptr (GBytes) nak = mc_nak_put (sender_id, ranges, n);
  McRange read[MC_NAK_RANGES];
  guint n_read = mc_nak_get (nak, read);

  g_assert_cmpmem (mc_nak_get_sender (nak), MC_ID_SIZE, sender_id, MC_ID_SIZE);
  if (n_read > 0)
    g_assert_cmpmem (read, n_read * sizeof *read, ranges, n * sizeof *ranges);
  return n_read;
}

static void
test_nak_payload (void)
{
  const McRange good[] = { { 1, 3 }, { 4, 4 }, { 6, G_MAXUINT64 } };
  const McRange overlapping[] = { { 1, 3 }, { 3, 5 } };
  const McRange backwards[] = { { 4, 3 } };
  const McRange zero[] = { { 0, 3 } };
  McRange many[MC_NAK_RANGES + 1];
  g_autoptr (GBytes) whole = mc_nak_put (sender_id, good, 1);

  for (guint i = 0; i < G_N_ELEMENTS (many); i++)
    many[i] = (McRange){ 2 * i + 1, 2 * i + 1 };
  g_assert_cmpuint (count_ranges (good, 3), ==, 3);
  g_assert_cmpuint (count_ranges (overlapping, 2), ==, 0);
  g_assert_cmpuint (count_ranges (backwards, 1), ==, 0);
  g_assert_cmpuint (count_ranges (zero, 1), ==, 0);
  g_assert_cmpuint (count_ranges (good, 0), ==, 0);
  g_assert_cmpuint (count_ranges (many, MC_NAK_RANGES), ==, MC_NAK_RANGES);
  g_assert_cmpuint (count_ranges (many, MC_NAK_RANGES + 1), ==, 0);
  for (gsize size = 0; size < g_bytes_get_size (whole); size++)
    {
      g_autoptr (GBytes) cut = g_bytes_new_from_bytes (whole, 0, size);

      g_assert_cmpuint (mc_nak_get (cut, many), ==, 0);
      g_assert_true ((mc_nak_get_sender (cut) != NULL) == (size >= MC_ID_SIZE));
    }
}

static gboolean
reads_heartbeat (guint64 lead, guint64 trail)
{
  McHeartbeat heartbeat = { .lead = lead, .trail = trail, .grtt_us = 5 };
  McHeartbeat read;
  g_autoptr (GBytes) payload = mc_heartbeat_put (&heartbeat);
  g_autoptr (GBytes) cut = g_bytes_new_from_bytes (payload, 0, 19);

  g_assert_false (mc_heartbeat_get (cut, &read));
  if (!mc_heartbeat_get (payload, &read))
    return FALSE;
  g_assert_cmpuint (read.lead, ==, lead);
  g_assert_cmpuint (read.trail, ==, trail);
  g_assert_cmpuint (read.grtt_us, ==, 5);
  return TRUE;
}

static void
test_heartbeat_payload (void)
{
  g_assert_true (reads_heartbeat (1, 1));
  g_assert_true (reads_heartbeat (G_MAXUINT64, 1));
  g_assert_false (reads_heartbeat (1, 2));
  g_assert_false (reads_heartbeat (0, 0));
}

/* ---- rates ---- */

static void
test_bucket (void)
{
  McBucket bucket;

  mc_bucket_init (&bucket, 1000, 50, 0);
  g_assert_true (mc_bucket_take (&bucket, 30, 0));
  g_assert_false (mc_bucket_take (&bucket, 30, 0));
  g_assert_cmpint (mc_bucket_get_due (&bucket, 30), ==, 10000);
  g_assert_false (mc_bucket_take (&bucket, 30, 9999));
  g_assert_cmpint (mc_bucket_get_due (&bucket, 30), ==, 10000);
  g_assert_true (mc_bucket_take (&bucket, 30, 10000));
  g_assert_false (mc_bucket_take (&bucket, 1, 10000));
  /* more than its depth goes when it is full; time that jumps, fills it once */
  g_assert_true (mc_bucket_take (&bucket, 70, G_MAXINT64 - 1));
  g_assert_false (mc_bucket_take (&bucket, 1, G_MAXINT64 - 1));
  /* and time that goes back, does nothing */
  g_assert_false (mc_bucket_take (&bucket, 1, 5));
}

static void
test_grtt (void)
{
  gint64 grtt_us = MC_GRTT_DEFAULT_US;

  grtt_us = mc_grtt_measure (grtt_us, 30000);
  g_assert_cmpint (grtt_us, ==, 20000);
  grtt_us = mc_grtt_measure (grtt_us, 4000);
  g_assert_cmpint (grtt_us, ==, 19000);
  for (guint i = 0; i < 200; i++)
    grtt_us = mc_grtt_measure (grtt_us, -5);
  g_assert_cmpint (grtt_us, <, MC_GRTT_MIN_US + 16);
  for (guint i = 0; i < 200; i++)
    grtt_us = mc_grtt_measure (grtt_us, G_MAXINT64);
  g_assert_cmpint (grtt_us, >, MC_GRTT_MAX_US - 16);
  g_assert_cmpint (grtt_us, <=, MC_GRTT_MAX_US);
}

/* ---- a sender ---- */

typedef struct
{
  gint64 now_us;
  McSender *sender;
  GString *said; /* since it was looked at */
  GArray *times_us;
} Desk;

static void
on_say (const McInner *inner, GBytes *payload, gpointer user_data)
{
  Desk *self = user_data;
  McHeartbeat heartbeat;

  g_assert_cmpuint (inner->channel, ==, 9);
  g_array_append_val (self->times_us, self->now_us);
  if (inner->type == MC_HEARTBEAT)
    {
      g_assert_true (mc_heartbeat_get (payload, &heartbeat));
      g_assert_cmpuint (inner->dseq, ==, heartbeat.lead);
      g_string_append_printf (self->said, "H%u-%u ", (guint) heartbeat.trail,
                              (guint) heartbeat.lead);
    }
  else
    g_string_append_printf (self->said, "%c%u:%u.%u ", " DRHNL"[inner->type],
                            (guint) inner -> dseq, inner -> ordinal,
                            inner -> index);
}

static Desk *
desk_new (gboolean is_reliable, guint64 rate)
{
  Desk *self = g_new0 (Desk, 1);
  McSenderOptions options = { .channel = 9,
                              .is_reliable = is_reliable,
                              .fragment_size = 100,
                              .rate = rate,
                              .queue_size = 1000,
                              .emit = on_say,
                              .user_data = self };

  memcpy (options.id, sender_id, MC_ID_SIZE);
  self->said = g_string_new (NULL);
  self->times_us = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->sender = mc_sender_new (&options, 0);
  return self;
}

static void
desk_free (Desk *self)
{
  mc_sender_free (self->sender);
  g_string_free (self->said, TRUE);
  g_array_unref (self->times_us);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Desk, desk_free)

static gboolean
desk_send (Desk *self, gsize size)
{
  g_autofree guint8 *data = g_malloc0 (size);
  g_autoptr (GBytes) message = g_bytes_new (data, size);

  return mc_sender_send (self->sender, message, FALSE, self->now_us);
}

static void
desk_run (Desk *self, gint64 until_us)
{
  while (mc_sender_get_deadline (self->sender) <= until_us)
    {
      g_assert_cmpint (mc_sender_get_deadline (self->sender), >=, self->now_us);
      self->now_us = mc_sender_get_deadline (self->sender);
      mc_sender_tick (self->sender, self->now_us);
    }
  self->now_us = until_us;
}

static void
desk_assert (Desk *self, const char *said)
{
  g_assert_cmpstr (self->said->str, ==, said);
  g_string_truncate (self->said, 0);
}

static void
desk_hear (
  Desk *self, const char *from, const McRange *ranges, guint n, guint32 echo)
{
  McInner inner = { .type = MC_NAK, .channel = 9, .message_size = echo };
  guint8 id[MC_ID_SIZE] = { 0 };
  g_autoptr (GBytes) payload = mc_nak_put (sender_id, ranges, n);

  memcpy (id, from, MIN (strlen (from), MC_ID_SIZE));
  mc_sender_hear_nak (self->sender, id, &inner, payload, self->now_us);
}

static void
desk_hear_range (Desk *self, guint64 first, guint64 last)
{
  desk_hear (self, "kirk", &(McRange){ first, last }, 1, 0);
}

static void
test_heartbeats (gconstpointer is_reliable)
{
  static const gint64 ms[] = { 20, 60, 140, 300, 620, 1120, 6120, 11120 };
  gint64 begin_us = 7000;
  g_autoptr (Desk) self = desk_new (GPOINTER_TO_INT (is_reliable), 0);

  desk_run (self, begin_us);
  desk_send (self, 1);
  desk_assert (self, "D1:0.0 ");
  g_array_set_size (self->times_us, 0);
  desk_run (self, begin_us + 15 * SECOND);
  g_assert_cmpuint (self->times_us->len, ==, G_N_ELEMENTS (ms));
  for (guint i = 0; i < G_N_ELEMENTS (ms); i++)
    g_assert_cmpint (g_array_index (self->times_us, gint64, i), ==,
                     begin_us + ms[i] * 1000);
  g_assert_true (
    g_str_has_prefix (self->said->str,
                      GPOINTER_TO_INT (is_reliable) ? "H1-2 " : "H2-2 "));
  g_string_truncate (self->said, 0);
  /* new data begins again */
  desk_send (self, 1);
  desk_run (self, self->now_us + 20000);
  g_assert_true (g_str_has_prefix (self->said->str, "D2:1.0 H"));
}

/* Data that never pauses has a heartbeat every 500 ms; when it pauses, the
 * schedule is what it always is. */
static void
test_heartbeats_in_flow (void)
{
  g_autoptr (Desk) self = desk_new (TRUE, 0);

  for (guint ms = 0; ms <= 1510; ms += 10)
    {
      desk_run (self, ms * 1000);
      g_string_truncate (self->said, 0);
      desk_send (self, 1);
      if (ms % 500 == 490)
        {
          desk_run (self, (ms + 10) * 1000 - 1);
          g_assert_null (strchr (self->said->str, 'H'));
          desk_run (self, (ms + 20) * 1000 - 1);
          g_assert_nonnull (strchr (self->said->str, 'H'));
        }
    }
  g_assert_cmpuint (mc_sender_get_stats (self->sender)->n_heartbeats, ==, 3);
  desk_run (self, 1530000 - 1);
  g_assert_cmpuint (mc_sender_get_stats (self->sender)->n_heartbeats, ==, 3);
  desk_run (self, 1530000);
  g_assert_cmpuint (mc_sender_get_stats (self->sender)->n_heartbeats, ==, 4);
}

static void
test_fragments (void)
{
  g_autoptr (Desk) self = desk_new (TRUE, 0);

  desk_send (self, 0);
  desk_send (self, 100);
  desk_send (self, 101);
  desk_assert (self, "D1:0.0 D2:1.0 D3:2.0 D4:2.1 ");
}

/* Half a GRTT is waited for other NAKs; what was just sent is not sent. */
static void
test_repairs (void)
{
  g_autoptr (Desk) self = desk_new (TRUE, 0);

  for (guint i = 0; i < 5; i++)
    desk_send (self, 1);
  desk_assert (self, "D1:0.0 D2:1.0 D3:2.0 D4:3.0 D5:4.0 ");
  self->now_us += 11000;
  desk_send (self, 1);
  desk_hear_range (self, 2, 3);
  desk_run (self, self->now_us + 2000);
  desk_hear_range (self, 3, G_MAXUINT64);
  desk_run (self, self->now_us + 2999);
  desk_assert (self, "D6:5.0 ");
  desk_run (self, self->now_us + 1);
  desk_assert (self, "R2:1.0 R3:2.0 R4:3.0 R5:4.0 ");
  /* within the same GRTT nobody gets it again */
  desk_hear_range (self, 1, 3);
  desk_run (self, self->now_us + 5000);
  desk_assert (self, "R1:0.0 ");
  desk_run (self, self->now_us + 5000);
  g_string_truncate (self->said, 0);
  desk_hear_range (self, 1, 3);
  desk_run (self, self->now_us + 5000);
  desk_assert (self, "R1:0.0 R2:1.0 R3:2.0 H1-7 ");
}

static void
test_nak_for_others (void)
{
  g_autoptr (Desk) self = desk_new (TRUE, 0);
  g_autoptr (GBytes) payload = mc_nak_put (sender_id, &(McRange){ 1, 1 }, 1);
  g_autoptr (GBytes) other =
    mc_nak_put ((const guint8 *) "another sender..", &(McRange){ 1, 1 }, 1);
  g_autoptr (GBytes) cut = g_bytes_new_from_bytes (payload, 0, 15);
  McInner inner = { .type = MC_NAK, .channel = 9 };

  desk_send (self, 1);
  self->now_us = 15000;
  mc_sender_hear_nak (self->sender, sender_id, &inner, other, self->now_us);
  mc_sender_hear_nak (self->sender, sender_id, &inner, cut, self->now_us);
  inner.channel = 8;
  mc_sender_hear_nak (self->sender, sender_id, &inner, payload, self->now_us);
  g_assert_cmpuint (mc_sender_get_stats (self->sender)->n_naks, ==, 0);
  desk_run (self, 30000);
  desk_assert (self, "D1:0.0 H1-2 ");
}

/* Asked for what it has no more, it says so, but not always. */
static void
test_says_lost (void)
{
  g_autoptr (Desk) self = desk_new (TRUE, 0);

  for (guint i = 0; i < MC_STORE_FRAGMENTS + 2; i++)
    desk_send (self, 1);
  g_string_truncate (self->said, 0);
  desk_hear_range (self, 1, 1);
  desk_hear_range (self, 2, 2);
  desk_assert (self, "L3:2.0 ");
  self->now_us += 2 * MC_GRTT_DEFAULT_US - 1;
  desk_hear_range (self, 2, 2);
  desk_assert (self, "");
  self->now_us += 1;
  desk_hear_range (self, 2, 2);
  desk_assert (self, "L3:2.0 ");
  g_assert_cmpuint (mc_sender_get_stats (self->sender)->n_lost, ==, 2);
}

static void
ignore (const McInner *inner, GBytes *payload, gpointer user_data)
{
}

/* Large fragments: the store is full before it has 4096. */
static void
test_store_bytes (void)
{
  McSenderOptions options = { .is_reliable = TRUE,
                              .fragment_size = 60000,
                              .emit = ignore };
  g_autoptr (McSender) sender = mc_sender_new (&options, 0);
  g_autofree guint8 *data = g_malloc0 (1048576);
  g_autoptr (GBytes) message = g_bytes_new (data, 1048576);
  gsize bytes;

  for (guint i = 0; i < 20; i++)
    {
      g_assert_true (mc_sender_send (sender, message, FALSE, 0));
      g_assert_cmpuint (mc_sender_get_stored (sender, &bytes), <=, 150);
      g_assert_cmpuint (bytes, <=, MC_STORE_BYTES);
    }
  g_assert_cmpuint (bytes, >, MC_STORE_BYTES - 60000);
  mc_sender_tick (sender, MC_STORE_US);
  g_assert_cmpuint (mc_sender_get_stored (sender, &bytes), ==, 0);
  g_assert_cmpuint (bytes, ==, 0);
}

/* U10: whoever asks how often, a receiver is heard 100 times a second, the
 * repairs stay within their half, and a fragment within a GRTT is sent once. */
static void
test_nak_storm (void)
{
  enum
  {
    RATE = 100000
  };
  g_autoptr (Desk) self = desk_new (TRUE, RATE);
  const McSenderStats *stats = mc_sender_get_stats (self->sender);
  gint64 begin_us;
  guint64 max;

  for (guint i = 0; i < 5; i++)
    desk_send (self, 100);
  desk_run (self, SECOND);
  begin_us = self->now_us;
  for (guint i = 0; i < 20000; i++)
    {
      desk_hear (self, i % 2 == 0 ? "kirk" : "spock",
                 &(McRange){ 1, G_MAXUINT64 }, 1, 0);
      desk_run (self, begin_us + i * 100);
    }
  max = 2 * 2 * MC_NAKS_PER_SECOND; /* two receivers, two seconds */
  g_assert_cmpuint (stats->n_naks, ==, 20000);
  g_assert_cmpuint (stats->n_naks - stats->n_naks_refused, <=, max);
  g_assert_cmpuint (stats->n_naks - stats->n_naks_refused, >, max / 2);
  g_assert_cmpuint (stats->n_repair_bytes, <=, RATE + RATE / 2 / 50);
  g_assert_cmpuint (stats->n_repair_bytes, >, RATE / 2);
  g_assert_cmpuint (stats->n_repairs, <=, 5 * 2 * SECOND / MC_GRTT_DEFAULT_US);
}

/* Any number of receivers that are made up have what few may have. */
static void
test_nak_storm_of_many (void)
{
  g_autoptr (Desk) self = desk_new (TRUE, 0);
  const McSenderStats *stats = mc_sender_get_stats (self->sender);

  desk_send (self, 1);
  for (guint i = 0; i < 100000; i++)
    {
      g_autofree char *from = g_strdup_printf ("%015u", i);

      desk_hear (self, from, &(McRange){ 1, 1 }, 1, 0);
    }
  g_assert_cmpuint (stats->n_naks - stats->n_naks_refused, ==, 1024 + 10);
}

/* The echo says how long the way was, also over the end of 32 bits. */
static void
test_echo (void)
{
  g_autoptr (Desk) self = desk_new (TRUE, 0);

  desk_run (self, G_GINT64_CONSTANT (0x100000000) + 10000);
  desk_hear (self, "kirk", &(McRange){ 1, 1 }, 1, (guint32) -20000);
  g_assert_cmpint (mc_sender_get_grtt_us (self->sender), ==, 20000);
  desk_hear (self, "kirk", &(McRange){ 1, 1 }, 1, 0);
  desk_hear (self, "kirk", &(McRange){ 1, 1 }, 1, 10001); /* from the future */
  g_assert_cmpint (mc_sender_get_grtt_us (self->sender), ==, 20000);
}

/* It begins with a guess, from which the first eight measurements take it half
 * the way down; those after them a 16th. */
static void
test_first_measurements (void)
{
  g_autoptr (Desk) self = desk_new (TRUE, 0);
  gint64 before_us;

  mc_sender_measure_grtt (self->sender, 2000);
  g_assert_cmpint (mc_sender_get_grtt_us (self->sender), ==, 6000);
  mc_sender_measure_grtt (self->sender, 10000); /* up is as always */
  g_assert_cmpint (mc_sender_get_grtt_us (self->sender), ==, 8000);
  for (guint i = 2; i < 8; i++)
    mc_sender_measure_grtt (self->sender, 2000);
  before_us = mc_sender_get_grtt_us (self->sender);
  g_assert_cmpint (before_us, <, 2200);
  mc_sender_measure_grtt (self->sender, MC_GRTT_MIN_US);
  g_assert_cmpint (mc_sender_get_grtt_us (self->sender), ==,
                   before_us - (before_us - MC_GRTT_MIN_US) / 16);
}

static void
test_pacing (void)
{
  g_autoptr (Desk) self = desk_new (TRUE, 12400);

  /* 248 bytes go at once, which is two full fragments */
  g_assert_true (desk_send (self, 400));
  desk_assert (self, "D1:0.0 D2:0.1 ");
  g_assert_true (desk_send (self, 100));
  g_assert_false (desk_send (self, 300)); /* with 128 each it is over 1000 */
  desk_run (self, 9999);
  desk_assert (self, "");
  desk_run (self, 10000);
  desk_assert (self, "D3:0.2 ");
  desk_run (self, 29999);
  desk_assert (self, "D4:0.3 ");
  /* a heartbeat says what was sent, not what waits */
  desk_run (self, 30000);
  desk_assert (self, "D5:1.0 ");
  g_assert_cmpuint (mc_sender_get_queued_bytes (self->sender), ==, 0);
  g_assert_true (desk_send (self, 2000)); /* alone it may be any size */
}

/* It says that it is there, and what is new waits. */
static void
test_hold (void)
{
  g_autoptr (Desk) self = desk_new (FALSE, 0);

  mc_sender_hold (self->sender, 25000);
  g_assert_true (desk_send (self, 10));
  g_assert_true (desk_send (self, 20));
  g_assert_cmpuint (mc_sender_get_queued_bytes (self->sender), >, 30);
  desk_run (self, 24999);
  desk_assert (self, "H1-1 ");
  desk_run (self, 25000);
  desk_assert (self, "D1:0.0 D2:1.0 ");
  g_assert_cmpuint (mc_sender_get_queued_bytes (self->sender), ==, 0);
  g_assert_true (desk_send (self, 10));
  desk_assert (self, "D3:2.0 ");
}

#define YES GINT_TO_POINTER (TRUE)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pack/round-trip", test_pack);
  g_test_add_func ("/pack/limits", test_pack_limits);
  g_test_add_func ("/control/nak", test_nak_payload);
  g_test_add_func ("/control/heartbeat", test_heartbeat_payload);
  g_test_add_func ("/rate/bucket", test_bucket);
  g_test_add_func ("/rate/grtt", test_grtt);
  g_test_add_data_func ("/sender/heartbeats/reliable", YES, test_heartbeats);
  g_test_add_data_func ("/sender/heartbeats/best-effort", NULL,
                        test_heartbeats);
  g_test_add_func ("/sender/heartbeats/flow", test_heartbeats_in_flow);
  g_test_add_func ("/sender/fragments", test_fragments);
  g_test_add_func ("/sender/repairs", test_repairs);
  g_test_add_func ("/sender/nak-for-others", test_nak_for_others);
  g_test_add_func ("/sender/lost", test_says_lost);
  g_test_add_func ("/sender/store", test_store_bytes);
  g_test_add_func ("/sender/nak-storm/few", test_nak_storm);
  g_test_add_func ("/sender/nak-storm/many", test_nak_storm_of_many);
  g_test_add_func ("/sender/echo", test_echo);
  g_test_add_func ("/sender/first-measurements", test_first_measurements);
  g_test_add_func ("/sender/pacing", test_pacing);
  g_test_add_func ("/sender/hold", test_hold);
  return g_test_run ();
}

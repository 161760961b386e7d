/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "repair-ear.h"

#include <string.h>

static const guint8 sender_id[MC_ID_SIZE] = "0123456789abcde";

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

Ear *
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

void
ear_free (Ear *self)
{
  mc_receiver_free (self->receiver);
  g_assert_cmpuint (self->budget.used, ==, 0);
  g_string_free (self->said, TRUE);
  g_free (self);
}

void
ear_assert (Ear *self, const char *said)
{
  g_assert_cmpstr (self->said->str, ==, said);
  g_string_truncate (self->said, 0);
}

void
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

void
ear_hear (Ear *self, const McInner *inner, GBytes *payload)
{
  McInner copy = *inner;

  copy.channel = 9;
  if (self->is_reliable)
    copy.flags |= MC_RELIABLE | MC_ORDERED;
  mc_receiver_hear (self->receiver, &copy, payload, self->now_us);
}

void
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

void
ear_whole (Ear *self, guint64 dseq)
{
  ear_data (self, dseq, dseq - 1, 0, MC_FIRST | MC_LAST, 1, 1);
}

void
ear_heartbeat (Ear *self, guint64 lead, guint64 trail, guint32 ordinal)
{
  McHeartbeat heartbeat = { lead, trail, MC_GRTT_DEFAULT_US };
  g_autoptr (GBytes) payload = mc_heartbeat_put (&heartbeat);

  ear_hear (self,
            &(McInner){
              .type = MC_HEARTBEAT, .dseq = lead, .ordinal = ordinal },
            payload);
}

void
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

void
ear_nak (Ear *self, guint64 first, guint64 last)
{
  g_autoptr (GBytes) payload =
    mc_nak_put (sender_id, &(McRange){ first, last }, 1);

  ear_hear (self, &(McInner){ .type = MC_NAK }, payload);
}

McReceiverStats
ear_get_stats (const Ear *self)
{
  return *mc_receiver_get_stats (self->receiver);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../../plugins/transports/udp-multicast/mc-pack.h"
#include "../../plugins/transports/udp-multicast/mc-receiver.h"
#include "../../plugins/transports/udp-multicast/mc-sender.h"
#include "fuzz.h"

#include <string.h>

/*
 * The input: a script of events, for a sender and a reliable receiver that does
 * not hear it. Each event is a byte:
 *
 *   't'  2 bytes: so many ms pass
 *   's'  2 bytes: a message of that size is sent; 'p': packed
 *   'n'  1 byte from, 1 byte size, NAK payload behind the sender id
 *   'd'  an inner header, 1 byte size, payload: the receiver hears that
 *
 * Other bytes are skipped. What must hold: memory stays within its bounds, no
 * deadline stays when its time has come, NAKs can be read, the sender's numbers
 * have no holes, and in the end the receiver waits for nothing.
 */

#define FRAGMENT   100
#define BUDGET     200000
#define EVENTS_MAX 4096 /* so that no script takes long */

static const guint8 sender_id[MC_ID_SIZE] = "0123456789abcde";

typedef struct
{
  const uint8_t *data;
  size_t size;
  gint64 now_us;
  McBudget budget;
  McSender *sender;
  McReceiver *receiver;
  guint32 dice;
  guint64 lead; /* of what the sender emitted */
  guint64 n_told;
} Script;

static guint
read_number (Script *self, guint n_bytes)
{
  guint number = 0;

  for (; n_bytes > 0 && self->size > 0; n_bytes--, self->size--)
    number = number << 8 | *self->data++;
  return number;
}

/* Up to as many bytes as the next one says, which lie where no other lies. */
static GBytes *
read_bytes (Script *self)
{
  gsize size = read_number (self, 1);
  GBytes *bytes;

  size = MIN (size, self->size);
  bytes = g_bytes_new (self->data, size);
  self->data += size;
  self->size -= size;
  return bytes;
}

static void
on_sender_emits (const McInner *inner, GBytes *payload, gpointer user_data)
{
  Script *self = user_data;

  g_assert_cmpuint (g_bytes_get_size (payload), <=, FRAGMENT);
  if (inner->type == MC_DATA)
    g_assert_cmpuint (inner->dseq, ==, self->lead++);
  if (inner->type == MC_REPAIR)
    g_assert_cmpuint (inner->dseq, <, self->lead);
}

static void
on_receiver_emits (const McInner *inner, GBytes *payload, gpointer user_data)
{
  McRange ranges[MC_NAK_RANGES];

  g_assert_cmpint (inner->type, ==, MC_NAK);
  g_assert_cmpuint (mc_nak_get (payload, ranges), >, 0);
}

static void
on_deliver (GBytes *message,
            gboolean is_packed,
            guint32 ordinal,
            gpointer user_data)
{
  if (is_packed)
    g_assert_cmpuint (mc_pack_count (message), >, 0);
}

static void
on_tell_lost (guint32 first, guint32 n, gpointer user_data)
{
  g_assert_cmpuint (n, >, 0);
  ((Script *) user_data)->n_told += n;
}

static guint32
on_random (gpointer user_data)
{
  Script *self = user_data;

  return self->dice = self->dice * 1664525 + 1013904223;
}

static void
check (Script *self)
{
  gsize bytes;

  g_assert_cmpuint (self->budget.used, <=, self->budget.limit);
  g_assert_cmpuint (mc_receiver_get_stats (self->receiver)->n_lost, ==,
                    self->n_told);
  g_assert_cmpuint (mc_sender_get_stored (self->sender, &bytes), <=,
                    MC_STORE_FRAGMENTS);
  g_assert_cmpuint (bytes, <=, MC_STORE_BYTES);
}

static gint64
get_deadline (Script *self)
{
  return MIN (mc_sender_get_deadline (self->sender),
              mc_receiver_get_deadline (self->receiver));
}

/* At each deadline both are given the time, and want it later again. */
static void
pass_time (Script *self, guint ms)
{
  gint64 until_us = self->now_us + (gint64) ms * 1000;

  while (get_deadline (self) <= until_us)
    {
      self->now_us = MAX (self->now_us, get_deadline (self));
      mc_sender_tick (self->sender, self->now_us);
      mc_receiver_tick (self->receiver, self->now_us);
      g_assert_cmpint (get_deadline (self), >, self->now_us);
    }
  self->now_us = until_us;
}

static void
send_message (Script *self, gsize size)
{
  g_autofree guint8 *data = g_malloc0 (size);
  g_autoptr (GBytes) message = g_bytes_new (data, size);

  mc_sender_send (self->sender, message, FALSE, self->now_us);
}

static void
send_packed (Script *self, gsize size)
{
  g_autoptr (McPacker) packer = mc_packer_new (FRAGMENT);
  g_autofree guint8 *data = g_malloc0 (size);
  g_autoptr (GBytes) message = g_bytes_new (data, size);
  g_autoptr (GBytes) block = NULL;

  while (mc_packer_add (packer, message))
    continue;
  block = mc_packer_take (packer);
  if (block != NULL)
    mc_sender_send (self->sender, block, TRUE, self->now_us);
}

static void
hear_nak (Script *self)
{
  guint8 from[MC_ID_SIZE] = { (guint8) read_number (self, 1) };
  g_autoptr (GBytes) ranges = read_bytes (self);
  GByteArray *payload = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;
  McInner inner = { .type = MC_NAK, .message_size = on_random (self) };

  g_byte_array_append (payload, sender_id, MC_ID_SIZE);
  if (g_bytes_get_size (ranges) > 0)
    g_byte_array_append (payload, g_bytes_get_data (ranges, NULL),
                         g_bytes_get_size (ranges));
  bytes = g_byte_array_free_to_bytes (payload);
  mc_sender_hear_nak (self->sender, from, &inner, bytes, self->now_us);
  mc_receiver_hear (self->receiver, &inner, bytes, self->now_us);
}

static void
hear_datagram (Script *self)
{
  g_autoptr (GBytes) payload = NULL;
  McInner inner;

  if (!mc_inner_get (self->data, self->size, &inner))
    return;
  self->data += MC_INNER_SIZE;
  self->size -= MC_INNER_SIZE;
  payload = read_bytes (self);
  mc_receiver_hear (self->receiver, &inner, payload, self->now_us);
}

static void
run (Script *self)
{
  for (guint n = 0; self->size > 0 && n < EVENTS_MAX; n++)
    {
      guint event = read_number (self, 1);

      if (event == 't')
        pass_time (self, read_number (self, 2));
      else if (event == 's')
        send_message (self, read_number (self, 2));
      else if (event == 'p')
        send_packed (self, read_number (self, 2));
      else if (event == 'n')
        hear_nak (self);
      else if (event == 'd')
        hear_datagram (self);
      check (self);
    }
  /* whatever was missing is given up by then */
  pass_time (self, 60000);
  check (self);
  g_assert_cmpint (mc_receiver_get_deadline (self->receiver), ==, G_MAXINT64);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Script self = {
    .data = data, .size = size, .budget = { BUDGET, 0 }, .lead = 1
  };
  McSenderOptions sender = { .is_reliable = TRUE,
                             .fragment_size = FRAGMENT,
                             .rate = 1000000,
                             .queue_size = 300000,
                             .emit = on_sender_emits,
                             .user_data = &self };
  McReceiverOptions receiver = { .is_reliable = TRUE,
                                 .is_replay = size % 2 == 1,
                                 .max_message_size = 65536,
                                 .budget = &self.budget,
                                 .emit = on_receiver_emits,
                                 .deliver = on_deliver,
                                 .tell_lost = on_tell_lost,
                                 .random = on_random,
                                 .user_data = &self };

  memcpy (sender.id, sender_id, MC_ID_SIZE);
  memcpy (receiver.sender_id, sender_id, MC_ID_SIZE);
  self.sender = mc_sender_new (&sender, 0);
  self.receiver = mc_receiver_new (&receiver);
  run (&self);
  mc_receiver_free (self.receiver);
  mc_sender_free (self.sender);
  g_assert_cmpuint (self.budget.used, ==, 0);
  return 0;
}

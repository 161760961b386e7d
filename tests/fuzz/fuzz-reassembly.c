/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../../plugins/transports/udp-multicast/datagram/mc-pack.h"
#include "../../plugins/transports/udp-multicast/repair/mc-receiver.h"
#include "fuzz.h"

#include <string.h>

/*
 * The input: datagrams for a best-effort receiver, each of 12 bytes, and
 * the payload.
 *
 *   0  1  type        1  1  flags       2  2  dseq
 *   4  1  index       5  2  size of the message
 *   7  1  ordinal     8  1  by how many 100 ms later than the one before
 *   9  2  0, or how far the dseq lies from the last there is
 *  11  1  size of the payload
 *
 * Short fields, so that fragments meet. No number is delivered twice, and
 * memory stays within its bounds.
 */

#define HEADER 12
#define BUDGET 100000

typedef struct
{
  McBudget budget;
  McReceiver *receiver;
  gint64 now_us;
  gsize bytes; /* of payload, each dseq once */
  gsize delivered;
} Ear;

static void
on_deliver (GBytes *message,
            gboolean is_packed,
            guint32 ordinal,
            gpointer user_data)
{
  Ear *self = user_data;
  gsize at = 0;
  guint n = 0;

  self->delivered += g_bytes_get_size (message);
  if (!is_packed)
    return;
  for (;; n++)
    {
      g_autoptr (GBytes) part = mc_pack_next (message, &at);

      if (part == NULL)
        break;
    }
  g_assert_cmpuint (n, ==, mc_pack_count (message));
  g_assert_cmpuint (at, ==, g_bytes_get_size (message));
}

static guint
get16 (const uint8_t *data)
{
  return (guint) data[0] << 8 | data[1];
}

static void
read_inner (const uint8_t *data, McInner *inner)
{
  guint far = get16 (data + 9);

  *inner =
    (McInner){ .type = data[0] % 10,
               .flags = data[1] & 0x1f,
               .dseq = far != 0 ? G_MAXUINT64 - far + 1 : get16 (data + 2),
               .index = data[4],
               .message_size = get16 (data + 5),
               .ordinal = data[7] };
}

static void
hear (Ear *self, const uint8_t *data, gsize size)
{
  g_autoptr (GBytes) payload = g_bytes_new (data + HEADER, size);
  McInner inner;
  guint64 before = mc_receiver_get_stats (self->receiver)->n_duplicates;

  read_inner (data, &inner);
  self->now_us += data[8] * 100000;
  mc_receiver_tick (self->receiver, self->now_us);
  g_assert_cmpint (mc_receiver_get_deadline (self->receiver), >, self->now_us);
  mc_receiver_hear (self->receiver, &inner, payload, self->now_us);
  if (mc_receiver_get_stats (self->receiver)->n_duplicates == before)
    self->bytes += size;
  g_assert_cmpuint (self->budget.used, <=, self->budget.limit);
  /* nothing is delivered that was not heard, nor twice */
  g_assert_cmpuint (self->delivered, <=, self->bytes);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Ear self = { .budget = { BUDGET, 0 } };
  McReceiverOptions options = { .max_message_size = 40000,
                                .budget = &self.budget,
                                .deliver = on_deliver,
                                .user_data = &self };

  self.receiver = mc_receiver_new (&options);
  while (size >= HEADER)
    {
      gsize payload = MIN (data[HEADER - 1], size - HEADER);

      hear (&self, data, payload);
      data += HEADER + payload;
      size -= HEADER + payload;
    }
  mc_receiver_tick (self.receiver, self.now_us + MC_OPEN_US);
  g_assert_cmpuint (self.budget.used, ==, 0);
  mc_receiver_free (self.receiver);
  return 0;
}

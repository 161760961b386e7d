/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../../plugins/transports/udp-multicast/datagram/mc-pack.h"
#include "../../plugins/transports/udp-multicast/repair/mc-receiver.h"
#include "fuzz.h"
#include "repair-script.h"

/*
 * A reliable receiver of a sender that says anything. What must hold: memory
 * stays within its bounds, no deadline stays when its time has come, its NAKs can
 * be read, losses are told as often as they are counted, and in the end it waits
 * for nothing.
 */

/* What a script can make it keep is more. */
#define BUDGET 3000

typedef struct
{
  Script script;
  McBudget budget;
  McReceiver *receiver;
  guint64 n_told;
} Bed;

static void
on_emit (const McInner *inner, GBytes *payload, gpointer user_data)
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
  ((Bed *) user_data)->n_told += n;
}

static guint32
on_random (gpointer user_data)
{
  return script_roll (&((Bed *) user_data)->script);
}

static void
check (Bed *self)
{
  g_assert_cmpuint (self->budget.used, <=, self->budget.limit);
  g_assert_cmpuint (mc_receiver_get_stats (self->receiver)->n_lost, ==,
                    self->n_told);
}

/* At each deadline it is given the time, and wants it later again. */
static void
pass_time (Bed *self, guint ms)
{
  const gint64 until_us = self->script.now_us + (gint64) ms * 1000;

  while (mc_receiver_get_deadline (self->receiver) <= until_us)
    {
      self->script.now_us =
        MAX (self->script.now_us, mc_receiver_get_deadline (self->receiver));
      mc_receiver_tick (self->receiver, self->script.now_us);
      self->script.n_ticks++;
      g_assert_cmpint (mc_receiver_get_deadline (self->receiver), >,
                       self->script.now_us);
    }
  self->script.now_us = until_us;
}

static void
hear (Bed *self, gboolean is_nak)
{
  McInner inner = { .type = MC_NAK };
  g_autoptr (GBytes) payload = NULL;

  if (is_nak)
    {
      inner.message_size = script_roll (&self->script);
      script_read_nak (&self->script, &payload);
    }
  else if (script_read_inner (&self->script, &inner))
    payload = script_read_bytes (&self->script);
  if (payload != NULL)
    mc_receiver_hear (self->receiver, &inner, payload, self->script.now_us);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Bed self = { .script = script_new (data, size), .budget = { BUDGET, 0 } };
  McReceiverOptions options = { .is_reliable = TRUE,
                                .is_replay = size % 2 == 1,
                                .max_message_size = 4096,
                                .budget = &self.budget,
                                .emit = on_emit,
                                .deliver = on_deliver,
                                .tell_lost = on_tell_lost,
                                .random = on_random,
                                .user_data = &self };
  Script *script = &self.script;

  memcpy (options.sender_id, script_sender_id, MC_ID_SIZE);
  self.receiver = mc_receiver_new (&options);
  while (script_goes_on (script))
    {
      guint event = script_read_number (script, 1);

      if (event == 't')
        pass_time (&self, script_read_number (script, 2) % SCRIPT_PASS_MS);
      else if (event == 'd' || event == 'n')
        hear (&self, event == 'n');
      check (&self);
    }
  /* whatever was missing is given up by then */
  pass_time (&self, 60000);
  check (&self);
  g_assert_cmpint (mc_receiver_get_deadline (self.receiver), ==, G_MAXINT64);
  mc_receiver_free (self.receiver);
  g_assert_cmpuint (self.budget.used, ==, 0);
  return 0;
}

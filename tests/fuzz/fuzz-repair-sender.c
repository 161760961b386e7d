/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../../plugins/transports/udp-multicast/datagram/mc-pack.h"
#include "../../plugins/transports/udp-multicast/repair/mc-sender.h"
#include "fuzz.h"
#include "repair-script.h"

/*
 * A sender, and receivers that ask for what was never there. What must hold: its
 * numbers have no holes, it repairs what it sent, its store stays within its
 * bounds, and no deadline stays when its time has come.
 */

#define MESSAGE_MAX 500

typedef struct
{
  Script script;
  McSender *sender;
  guint64 lead;
} Bed;

static void
on_emit (const McInner *inner, GBytes *payload, gpointer user_data)
{
  Bed *self = user_data;

  g_assert_cmpuint (g_bytes_get_size (payload), <=, SCRIPT_FRAGMENT);
  if (inner->type == MC_DATA)
    g_assert_cmpuint (inner->dseq, ==, self->lead++);
  if (inner->type == MC_REPAIR)
    g_assert_cmpuint (inner->dseq, <, self->lead);
}

static void
pass_time (Bed *self, guint ms)
{
  const gint64 until_us = self->script.now_us + (gint64) ms * 1000;

  while (mc_sender_get_deadline (self->sender) <= until_us)
    {
      self->script.now_us =
        MAX (self->script.now_us, mc_sender_get_deadline (self->sender));
      mc_sender_tick (self->sender, self->script.now_us);
      self->script.n_ticks++;
      g_assert_cmpint (mc_sender_get_deadline (self->sender), >,
                       self->script.now_us);
    }
  self->script.now_us = until_us;
}

static void
send_message (Bed *self, gsize size)
{
  static const guint8 zeros[MESSAGE_MAX];
  g_autoptr (GBytes) message = g_bytes_new_static (zeros, size);

  mc_sender_send (self->sender, message, FALSE, self->script.now_us);
}

static void
send_packed (Bed *self, gsize size)
{
  static const guint8 zeros[MESSAGE_MAX];
  g_autoptr (McPacker) packer = mc_packer_new (SCRIPT_FRAGMENT);
  g_autoptr (GBytes) message = g_bytes_new_static (zeros, size);
  g_autoptr (GBytes) block = NULL;

  while (mc_packer_add (packer, message))
    continue;
  block = mc_packer_take (packer);
  if (block != NULL)
    mc_sender_send (self->sender, block, TRUE, self->script.now_us);
}

static void
hear_nak (Bed *self)
{
  McInner inner = { .type = MC_NAK };
  guint8 from[MC_ID_SIZE] = { 0 };
  g_autoptr (GBytes) payload = NULL;

  inner.message_size = script_roll (&self->script);
  from[0] = script_read_nak (&self->script, &payload);
  mc_sender_hear_nak (self->sender, from, &inner, payload, self->script.now_us);
}

static void
check (Bed *self)
{
  gsize bytes;

  g_assert_cmpuint (mc_sender_get_stored (self->sender, &bytes), <=,
                    MC_STORE_FRAGMENTS);
  g_assert_cmpuint (bytes, <=, MC_STORE_BYTES);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Bed self = { .script = script_new (data, size), .lead = 1 };
  McSenderOptions options = { .is_reliable = size % 2 == 0,
                              .fragment_size = SCRIPT_FRAGMENT,
                              .rate = 1000000,
                              .queue_size = 30000,
                              .emit = on_emit,
                              .user_data = &self };
  Script *script = &self.script;

  memcpy (options.id, script_sender_id, MC_ID_SIZE);
  self.sender = mc_sender_new (&options, 0);
  while (script_goes_on (script))
    {
      guint event = script_read_number (script, 1);

      if (event == 't')
        pass_time (&self, script_read_number (script, 2) % SCRIPT_PASS_MS);
      else if (event == 's')
        send_message (&self, script_read_number (script, 2) % MESSAGE_MAX);
      else if (event == 'p')
        send_packed (&self, script_read_number (script, 2) % MESSAGE_MAX);
      else if (event == 'n')
        hear_nak (&self);
      check (&self);
    }
  pass_time (&self, 100);
  check (&self);
  mc_sender_free (self.sender);
  return 0;
}

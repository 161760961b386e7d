/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../../plugins/protocols/nats/hein-nats.h"
#include "../recording-wire.h"
#include "fuzz.h"

/*
 * The input: what the server says, in pieces; each piece begins with its size in one
 * byte (0: all the rest). Where the first one has 128 or more, the address asks for TLS,
 * for a bucket where it has 96 to 127, and for a durable where it has 64 to 95. The
 * recording wire asserts what the core relies on.
 */

static void
subscribe (Recorder *self, const char *prefix, gboolean wanted)
{
  HEIN_PROTOCOL_GET_CLASS (self->protocol)
    ->subscription (self->protocol, self->wire, prefix, wanted);
}

static void
change_subscriptions (Recorder *self)
{
  const HeinNats *nats = HEIN_NATS (self->protocol);

  if (nats->durable != NULL)
    {
      /* it has one, which may not change */
      if (nats->consumer.wants == NULL)
        subscribe (self, "", TRUE);
      return;
    }
  subscribe (self, "", self->delivered->len % 2 == 0);
  subscribe (self, "a/b", self->delivered->len % 3 == 0);
  subscribe (self, "$SYS/", self->delivered->len % 3 == 1);
}

static void
say (Recorder *self)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t/u", "x");

  g_assert_true (recorder_encode (self, message, NULL));
}

/* Its answer may come, at a number that this input cannot know. */
static void
ask (Recorder *self)
{
  const HeinMessageAttributes request = { .ask = HEIN_ASK_REQUEST,
                                          .ask_id = 1 };
  g_autoptr (HeinMessage) message =
    hein_message_new_attributed_data ("t", &request, NULL, 0, NULL);

  self->awaited = 1;
  self->served = "s";
  g_assert_true (self->asks == HEIN_ASKS_NONE ||
                 recorder_encode (self, message, NULL));
}

/* The same: its inbox depends on what the recording wire says is random. */
static void
deliver (Recorder *self)
{
  const HeinMessageAttributes delivery = { .ask = HEIN_ASK_DELIVERY,
                                           .ask_id = 1 };
  g_autoptr (HeinMessage) message =
    hein_message_new_attributed_data ("t", &delivery, NULL, 0, NULL);

  g_assert_true (self->credit == 0 || recorder_encode (self, message, NULL));
}

static void
get (Recorder *self)
{
  const HeinMessageAttributes request = { .ask = HEIN_ASK_REQUEST,
                                          .ask_id = 1 };
  g_autoptr (HeinMessage) message =
    hein_message_new_attributed_data ("$hein/get/t", &request, NULL, 0, NULL);

  g_assert_true (self->asks == HEIN_ASKS_NONE ||
                 recorder_encode (self, message, NULL));
}

/* The oldest message of a durable that is left is handled, or is not. */
static void
settle (Recorder *self)
{
  self->is_busy = TRUE;
  if (g_queue_is_empty (&self->open))
    return;
  if (self->delivered->len % 2 == 0)
    recorder_settle (self, NULL);
  else
    recorder_fail (self, HEIN_ERROR_REFUSED);
}

/* What the bus does while it is up. */
static void
answer (Recorder *self)
{
  if (HEIN_NATS (self->protocol)->state == NATS_SECURES)
    HEIN_PROTOCOL_GET_CLASS (self->protocol)
      ->secured (self->protocol, self->wire);
  recorder_pass_time (self, self->delivered->len % 5 == 4 ? 15000 : 20);
  if (!self->is_ready || self->is_over)
    return;
  change_subscriptions (self);
  say (self);
  ask (self);
  deliver (self);
  get (self);
  settle (self);
  recorder_ping (self);
  self->n_sent += 3;
  g_byte_array_set_size (self->written, 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (Recorder) self =
    recorder_new (g_object_new (HEIN_TYPE_NATS, "jetstream", TRUE, "cluster",
                                TRUE, NULL),
                  TRUE, "fuzz", NULL);

  if (size > 0 && data[0] >= 0x60 && data[0] < 0x80)
    g_object_set (self->protocol, "bucket", "house", NULL);
  if (size > 0 && data[0] >= 0x40 && data[0] < 0x60)
    g_object_set (self->protocol, "stream", "s", "durable", "d", NULL);
  self->lacks_security = size > 0 && data[0] >= 0x80;
  recorder_feed_pieces (self, data, size, answer);
  return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../../plugins/protocols/mqtt/hein-mqtt.h"
#include "../recording-wire.h"
#include "fuzz.h"

/*
 * The input: one byte of options, then what the other side says, in pieces; each
 * piece begins with its size in one byte (0: all the rest). The recording wire
 * asserts what the core relies on.
 *
 * options: 1 version 3.1.1, 2 with a session; 4: this side is the broker, and
 * pieces with an odd number come from a second client.
 */

/* The number of the request that is not answered. */
#define ASKED 7

static void
subscribe (Recorder *self, const char *prefix, gboolean wanted)
{
  HEIN_PROTOCOL_GET_CLASS (self->protocol)
    ->subscription (self->protocol, self->wire, prefix, wanted);
}

static void
say (Recorder *self, HeinAsk ask, guint64 id, guint32 number)
{
  const HeinMessageAttributes attributes = { .ask = ask,
                                             .ask_id = id,
                                             .ask_number = number };
  g_autoptr (HeinMessage) message =
    hein_message_new_attributed_data ("t", &attributes, NULL, 0, NULL);

  if (self->is_held)
    return;
  g_assert_true (recorder_encode (self, message, NULL) ||
                 HEIN_MQTT (self->protocol)->limits.packet_size > 0);
}

/* What the bus says to a request that came, if the last thing that did is one. */
static void
reply (Recorder *self)
{
  const guint n = self->delivered->len;
  HeinMessage *last = n > 0 ? self->delivered->pdata[n - 1] : NULL;
  HeinMessageAttributes attributes = {
    .ask = n % 2 == 0 ? HEIN_ASK_ANSWER : HEIN_ASK_ERROR,
  };
  HeinMessageView view;
  g_autoptr (HeinMessage) message = NULL;

  if (last == NULL)
    return;
  hein_message_peek (last, &view);
  if (view.attributes == NULL || view.attributes->ask != HEIN_ASK_REQUEST)
    return;
  message =
    hein_message_new_attributed_data ("t", &attributes, NULL, 0,
                                      hein_message_get_return_path (last));
  recorder_encode (self, message, NULL);
}

/* What the bus does while it is up: of what has come, some is handled. */
static void
answer (Recorder *self)
{
  recorder_pass_time (self, 3000);
  if (!self->is_ready || self->is_over)
    return;
  subscribe (self, "", self->delivered->len % 2 == 0);
  subscribe (self, "a/b", self->delivered->len % 3 == 0);
  say (self, HEIN_ASK_NONE, 0, 0);
  say (self, HEIN_ASK_DELIVERY, self->now_us, 1);
  if (self->asks == HEIN_ASKS_ONCE)
    say (self, HEIN_ASK_REQUEST, ASKED, 1);
  self->served = self->delivered->len % 2 == 0 ? "a/b" : NULL;
  self->awaited = ASKED;
  reply (self);
  if (!g_queue_is_empty (&self->open))
    recorder_fail (self, HEIN_ERROR_FAILED);
  recorder_ping (self);
  g_byte_array_set_size (self->written, 0);
}

static Recorder *
accept (HeinMqtt *broker)
{
  HeinProtocol *protocol = g_object_new (HEIN_TYPE_MQTT, NULL);
  Recorder *self;

  HEIN_PROTOCOL_GET_CLASS (protocol)->join (protocol, HEIN_PROTOCOL (broker));
  self = recorder_new (protocol, FALSE, "fuzz", NULL);
  self->is_busy = TRUE;
  return self;
}

/* What the bus does; a client may not have subscribed to it. */
static void
serve (Recorder *self)
{
  const HeinMessageAttributes asks = { .ask = HEIN_ASK_REQUEST,
                                       .ask_id = ASKED };
  g_autoptr (HeinMessage) message = hein_message_new_text ("a/b", "x");
  g_autoptr (HeinMessage) request =
    hein_message_new_attributed_data ("a/b", &asks, NULL, 0, NULL);

  if (!self->is_ready || self->is_over || self->is_held)
    return;
  subscribe (self, "a/", self->delivered->len % 2 == 0);
  recorder_encode (self, message, NULL);
  recorder_encode (self, request, NULL);
  self->served = self->delivered->len % 2 == 0 ? "a/b" : NULL;
  self->awaited = ASKED;
  reply (self);
  if (!g_queue_is_empty (&self->open))
    recorder_fail (self, HEIN_ERROR_FAILED);
}

static void
leave (Recorder *self)
{
  HEIN_PROTOCOL_GET_CLASS (self->protocol)
    ->leaving (self->protocol, self->wire);
}

static void
be_broker (const uint8_t *data, size_t size)
{
  g_autoptr (HeinMqtt) broker = g_object_new (HEIN_TYPE_MQTT, NULL);
  g_autoptr (Recorder) first = NULL;
  g_autoptr (Recorder) second = NULL;
  HeinSecrecy secrecy = HEIN_SECRECY_NONE;
  gboolean is_second = FALSE;

  g_assert_true (
    HEIN_PROTOCOL_GET_CLASS (broker)->prepare (HEIN_PROTOCOL (broker),
                                               HEIN_ROLE_LISTEN, &secrecy,
                                               NULL));
  first = accept (broker);
  second = accept (broker);
  for (size_t i = 0; i < size; is_second = !is_second)
    {
      Recorder *self = is_second ? second : first;
      size_t piece = data[i++];

      if (piece == 0 || piece > size - i)
        piece = size - i;
      if (!self->is_over)
        recorder_feed (self, data + i, piece);
      serve (self);
      i += piece;
    }
  leave (first);
  leave (second);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const guint8 options = size > 0 ? data[0] : 0;
  g_autoptr (Recorder) self = NULL;

  if (options & 4)
    {
      be_broker (data + 1, size - 1);
      return 0;
    }
  self = recorder_new (g_object_new (HEIN_TYPE_MQTT, "version",
                                     options & 1 ? MQTT_VERSION_3_1_1
                                                 : MQTT_VERSION_5,
                                     "session-s", options & 2, NULL),
                       TRUE, "fuzz", NULL);
  self->is_busy = TRUE;
  recorder_feed_pieces (self, data + MIN (size, 1), size - MIN (size, 1),
                        answer);
  return 0;
}

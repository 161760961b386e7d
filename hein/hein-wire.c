/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-wire.h"

#include <hein/hein-message.h>

#include "hein-message-private.h"
#include "hein-wire-private.h"
#include "io/hein-copy.h"

/**
 * HeinWire:
 *
 * What a protocol may do to its connection.
 *
 * A wire outlives its connection when a script keeps it; every call does
 * nothing then.
 *
 * Since: 1.0
 */

G_DEFINE_FINAL_TYPE (HeinWire, hein_wire, G_TYPE_OBJECT)

static void
hein_wire_class_init (HeinWireClass *klass)
{
}

static void
hein_wire_init (HeinWire *self)
{
  self->bus_name = "";
  self->bus_instance = "";
}

HeinWire *
hein_wire_new (const HeinWireFuncs *funcs, gpointer data)
{
  HeinWire *self = g_object_new (HEIN_TYPE_WIRE, NULL);

  self->funcs = funcs;
  self->data = data;
  return self;
}

void
hein_wire_detach (HeinWire *self)
{
  self->data = NULL;
  self->bus_name = "";
  self->bus_instance = "";
}

/**
 * hein_wire_get_bus_name:
 * @self: a wire
 *
 * Gets the name of the bus, as its peers are to know it.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: (transfer none): 1 to 255 bytes of UTF-8
 *
 * Since: 1.0
 */
const char *
hein_wire_get_bus_name (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), NULL);

  return self->bus_name;
}

/**
 * hein_wire_get_bus_instance:
 * @self: a wire
 *
 * Gets what tells this bus from every other one, also of the same name.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: (transfer none): 32 hexadecimal digits
 *
 * Since: 1.0
 */
const char *
hein_wire_get_bus_instance (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), NULL);

  return self->bus_instance;
}

/**
 * hein_wire_get_max_message_size:
 * @self: a wire
 *
 * Gets the largest size of a message that may be delivered, in bytes.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: bytes, 1 to 1 GiB
 *
 * Since: 1.0
 */
gsize
hein_wire_get_max_message_size (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), 0);

  return self->max_message_size;
}

/**
 * hein_wire_get_silence_ms:
 * @self: a wire
 *
 * Gets after how long without a byte a peer counts as dead.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: milliseconds
 *
 * Since: 1.0
 */
guint
hein_wire_get_silence_ms (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), 0);

  return self->silence_ms;
}

/**
 * hein_wire_random:
 * @self: a wire
 *
 * Hands in randomness, since a protocol has none of its own.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: 64 random bits
 *
 * Since: 1.0
 */
guint64
hein_wire_random (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), 0);

  return self->data != NULL ? self->funcs->random (self->data) : 0;
}

/**
 * hein_wire_get_note:
 * @self: a wire
 *
 * Gets what an earlier connection of this endpoint noted.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: (transfer none) (nullable): the note
 *
 * Since: 1.0
 */
const char *
hein_wire_get_note (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), NULL);

  return self->data != NULL ? self->funcs->get_note (self->data) : NULL;
}

/**
 * hein_wire_set_note:
 * @self: a wire
 * @note: (nullable): what to remember, at most 255 bytes
 *
 * Notes something for the next connection of this endpoint.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_set_note (HeinWire *self, const char *note)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_note (self->data, note);
}

/**
 * hein_wire_put:
 * @self: a wire
 * @data: (array length=size): bytes
 * @size: how many
 *
 * Writes bytes, copied: of the message within `encode`, else between two messages, ahead of those that are queued.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_put (HeinWire *self, const guint8 *data, gsize size)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (G_LIKELY (self->encoding != NULL))
    hein_encoder_put (self->encoding, data, size);
  else if (self->data != NULL)
    self->funcs->put (self->data, data, size);
}

/**
 * hein_wire_put_bytes:
 * @self: a wire
 * @bytes: bytes
 *
 * Writes bytes like [method@Wire.put], but refers to them when they are large.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_put_bytes (HeinWire *self, GBytes *bytes)
{
  g_return_if_fail (HEIN_IS_WIRE (self));
  g_return_if_fail (bytes != NULL);

  if (self->encoding != NULL)
    hein_encoder_put_bytes (self->encoding, bytes);
  else if (self->data != NULL)
    self->funcs->put_bytes (self->data, bytes);
}

/**
 * hein_wire_put_part:
 * @self: a wire
 * @message: a message
 * @index: 0 to its number of parts - 1
 *
 * Writes one part of @message, by reference when it is large.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_put_part (HeinWire *self, HeinMessage *message, guint index)
{
  hein_wire_put_framed (self, NULL, 0, message, index);
}

static void
put_framed_slow (HeinWire *self,
                 const guint8 *head,
                 gsize head_size,
                 HeinMessage *message,
                 guint index)
{
  if (head_size > 0)
    hein_wire_put (self, head, head_size);
  if (index == 0 && message->size <= HEIN_SEGMENT_REFERENCE_MIN)
    hein_wire_put (self, hein_message_data (message), message->size);
  else
    hein_wire_put_bytes (self, hein_message_get_part (message, index));
}

/**
 * hein_wire_put_framed:
 * @self: a wire
 * @head: (array length=head_size) (nullable): bytes that go before
 * @head_size: how many
 * @message: a message
 * @index: 0 to its number of parts - 1
 *
 * Writes @head and behind it one part of @message, by reference when that is
 * large: what most protocols write, in one call.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_put_framed (HeinWire *self,
                      const guint8 *head,
                      gsize head_size,
                      HeinMessage *message,
                      guint index)
{
  guint8 *place;

  g_return_if_fail (HEIN_IS_WIRE (self));
  g_return_if_fail (message != NULL);

  if (G_UNLIKELY (self->encoding == NULL || index > 0 || head_size == 0 ||
                  message->size == 0 ||
                  message->size > HEIN_SEGMENT_REFERENCE_MIN))
    {
      put_framed_slow (self, head, head_size, message, index);
      return;
    }
  place = hein_encoder_reserve (self->encoding, head_size + message->size);
  hein_copy_short (place, head, head_size);
  memcpy (place + head_size, hein_message_data (message), message->size);
}

/**
 * hein_wire_set_encoding:
 * @self: a wire
 * @key: (nullable): a short constant text that names protocol and dialect; %NULL (the default): its own bytes
 *
 * Says with which connections this one shares encoded bytes: those of an equal @key. The same message then is encoded once for all of them, so `encode` may not change what it knows of its own connection: a protocol that waits for answers ([method@Wire.hold]) has its own bytes.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_set_encoding (HeinWire *self, const char *key)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_encoding (self->data, key);
}

/**
 * hein_wire_hold:
 * @self: a wire
 * @hold: whether to stop
 *
 * Stops and resumes `encode`, for protocols that wait for an answer before the next message. Messages wait meanwhile, within the limits of the peer.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_hold (HeinWire *self, gboolean hold)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->hold (self->data, hold);
}

/**
 * hein_wire_expect:
 * @self: a wire
 * @size: bytes, counted from the first unused one; 0: any
 *
 * Says how much the next message needs, so that `consume` is not called before so much is there, or the end.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_expect (HeinWire *self, gsize size)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->expect (self->data, size);
}

/**
 * hein_wire_deliver:
 * @self: a wire
 * @message: what arrived; its sender is set
 *
 * Gives a message to the bus.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_deliver (HeinWire *self, HeinMessage *message)
{
  g_return_if_fail (HEIN_IS_WIRE (self));
  g_return_if_fail (message != NULL);

  if (self->data != NULL)
    self->funcs->deliver (self->data, message);
}

/**
 * hein_wire_deliver_data:
 * @self: a wire
 * @topic: (array length=topic_size) (element-type guint8): valid UTF-8 without NUL, need not be terminated
 * @topic_size: 0 to 255 bytes
 * @data: (array length=size): the payload; refers to what `consume` was given when it lies there and is large, else copied
 * @size: bytes
 *
 * Gives a message of one part to the bus; the fastest way.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_deliver_data (HeinWire *self,
                        const char *topic,
                        gsize topic_size,
                        const guint8 *data,
                        gsize size)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->deliver_data (self->data, topic, topic_size, data, size);
}

/**
 * hein_wire_drop:
 * @self: a wire
 * @reason: %HEIN_DROP_INVALID for what came, %HEIN_DROP_UNSENDABLE for what the peer refused
 * @size: bytes that are lost
 * @why: what was wrong with it, for the log
 *
 * Counts a message that is lost while the connection goes on. What ends the connection is an error of `consume` instead.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_drop (HeinWire *self,
                HeinDropReason reason,
                gsize size,
                const char *why)
{
  g_return_if_fail (HEIN_IS_WIRE (self));
  g_return_if_fail (why != NULL);

  if (self->data != NULL)
    self->funcs->drop (self->data, reason, size, why);
}

/**
 * hein_wire_set_pending:
 * @self: a wire
 * @pending: whether the peer has yet to confirm something
 *
 * Says whether messages are lost when the connection ends now, although their bytes have gone out. An orderly close waits for the peer meanwhile, for `linger-ms` at most.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_set_pending (HeinWire *self, gboolean pending)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_pending (self->data, pending);
}

/**
 * hein_wire_get_audience:
 * @self: a wire
 *
 * Gets for whom the message is that is being encoded.
 *
 * - Thread: owner, within `encode`.
 *
 * Returns: for whom
 *
 * Since: 1.0
 */
HeinAudience
hein_wire_get_audience (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), HEIN_AUDIENCE_CHOSEN);

  return self->data != NULL ? self->funcs->get_audience (self->data)
                            : HEIN_AUDIENCE_CHOSEN;
}

/**
 * hein_wire_give_back:
 * @self: a wire
 * @message: what was encoded, and the peer has not confirmed
 * @audience: for whom it was
 *
 * Hands a message back to the bus within `lost`, for protocols that promise at least once. One that was for this peer alone waits for a peer of its name (and is counted as dropped when that was made up), another one goes to whom the strategy chooses that chose this peer last.
 *
 * - Thread: owner, within `lost`.
 *
 * Since: 1.0
 */
void
hein_wire_give_back (HeinWire *self,
                     HeinMessage *message,
                     HeinAudience audience)
{
  g_return_if_fail (HEIN_IS_WIRE (self));
  g_return_if_fail (message != NULL);

  if (self->data != NULL)
    self->funcs->give_back (self->data, message, audience);
}

/**
 * hein_wire_offer_name:
 * @self: a wire
 * @name: (nullable): the name; %NULL: made from @raw_identity, or made up
 * @raw_identity: (nullable): what the peer sent
 * @rule: what the protocol promises about names
 *
 * Offers the name of the peer to the bus, which answers by `admitted`: from inside this call, or within a second.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_offer_name (HeinWire *self,
                      const char *name,
                      GBytes *raw_identity,
                      HeinNameRule rule)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->offer_name (self->data, name, raw_identity, rule);
}

/**
 * hein_wire_set_instance:
 * @self: a wire
 * @instance: 32 hexadecimal digits
 *
 * Says which bus the peer is; before its name is offered.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_set_instance (HeinWire *self, const char *instance)
{
  g_return_if_fail (HEIN_IS_WIRE (self));
  g_return_if_fail (instance != NULL);

  if (self->data != NULL)
    self->funcs->set_instance (self->data, instance);
}

/**
 * hein_wire_ready:
 * @self: a wire
 *
 * Says that the peer is up; after it was admitted.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_ready (HeinWire *self)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->ready (self->data);
}

/**
 * hein_wire_set_accepts_messages:
 * @self: a wire
 * @accepts: whether it takes messages
 *
 * Says whether messages may be sent to the peer; %TRUE unless said.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_set_accepts_messages (HeinWire *self, gboolean accepts)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_accepts_messages (self->data, accepts);
}

/**
 * hein_wire_set_match:
 * @self: a wire
 * @match: what to look at
 *
 * Says what the subscriptions of the peer are compared with; without this call it gets everything.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_set_match (HeinWire *self, HeinMatch match)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_match (self->data, match);
}

/**
 * hein_wire_subscribe:
 * @self: a wire
 * @prefix: (array length=size): what it wants messages to begin with
 * @size: 0 to 255 bytes
 * @error: return location
 *
 * Adds a subscription of the peer; each prefix is counted, so that it takes as many [method@Wire.unsubscribe] to remove it.
 *
 * - Limits: 1024 prefixes for each peer.
 * - Errors: `HEIN_ERROR_REFUSED`, `HEIN_ERROR_TOO_LARGE`.
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: %FALSE with @error when there are too many
 *
 * Since: 1.0
 */
gboolean
hein_wire_subscribe (HeinWire *self,
                     const guint8 *prefix,
                     gsize size,
                     GError **error)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), FALSE);

  return self->data == NULL ||
         self->funcs->subscribe (self->data, prefix, size, error);
}

/**
 * hein_wire_unsubscribe:
 * @self: a wire
 * @prefix: (array length=size): what was subscribed
 * @size: 0 to 255 bytes
 *
 * Removes a subscription of the peer.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_unsubscribe (HeinWire *self, const guint8 *prefix, gsize size)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->unsubscribe (self->data, prefix, size);
}

/**
 * hein_wire_set_heartbeat:
 * @self: a wire
 * @heartbeat: whether the peer answers pings
 *
 * Lets the bus call `ping` when nothing was sent for 5 s ([property@Bus:heartbeat-ms]), and close after 15 s without a byte ([property@Bus:silence-ms]).
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_set_heartbeat (HeinWire *self, gboolean heartbeat)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_heartbeat (self->data, heartbeat);
}

/**
 * hein_wire_set_answers_pings:
 * @self: a wire
 * @answers: %FALSE when `ping` is a heartbeat that nobody answers
 *
 * Says whether the peer answers what `ping` says, so that it can be asked for a sign of life; %TRUE unless said.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_set_answers_pings (HeinWire *self, gboolean answers)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_answers_pings (self->data, answers);
}

/**
 * hein_wire_set_rtt_us:
 * @self: a wire
 * @rtt_us: microseconds, at least 0
 *
 * Tells the measured time to the peer and back.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_set_rtt_us (HeinWire *self, gint64 rtt_us)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_rtt_us (self->data, rtt_us);
}

/**
 * hein_wire_want_tick:
 * @self: a wire
 * @at_us: microseconds of the monotonic clock; the time of [method@Wire.get_now_us]: in the next turn
 *
 * Asks for a call of `tick` at @at_us at the latest, whatever the last one returned.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_want_tick (HeinWire *self, gint64 at_us)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->want_tick (self->data, at_us);
}

/**
 * hein_wire_get_now_us:
 * @self: a wire
 *
 * Gets the monotonic time of the turn.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: microseconds
 *
 * Since: 1.0
 */
gint64
hein_wire_get_now_us (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), 0);

  return self->data != NULL ? self->funcs->get_now_us (self->data) : 0;
}

/**
 * hein_wire_redial:
 * @self: a wire
 *
 * Closes the connection and makes it again at once, without a pause and without a word to the application.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_redial (HeinWire *self)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->redial (self->data);
}

/**
 * hein_wire_fail:
 * @self: a wire
 * @error: why; `HEIN_ERROR_REFUSED` and `HEIN_ERROR_INSECURE` are tried again only every 60 s
 *
 * Closes the connection after what was put has gone out.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 1.0
 */
void
hein_wire_fail (HeinWire *self, const GError *error)
{
  g_return_if_fail (HEIN_IS_WIRE (self));
  g_return_if_fail (error != NULL);

  if (self->data != NULL)
    self->funcs->fail (self->data, error);
}

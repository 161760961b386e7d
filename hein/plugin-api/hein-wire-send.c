/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-message.h>

#include "hein-wire-private.h"
#include "io/hein-copy.h"
#include "message/hein-message-memory.h"

/* What a protocol writes, and what becomes of messages that are sent. */

/**
 * hein_wire_put:
 * @self: a wire
 * @data: (array length=size): bytes
 * @size: their number
 *
 * Writes bytes, which are copied. Within `encode` they are part of the message;
 * elsewhere they go between two messages, ahead of those that are queued.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
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
 * Writes bytes like [method@Wire.put]; within `encode`, large ones are not
 * copied.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
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
 * Writes one part of @message, without copying it when it is large.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
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
 * @head: (array length=head_size) (nullable): bytes to write first
 * @head_size: their number
 * @message: a message
 * @index: 0 to its number of parts - 1
 *
 * Writes @head and then one part of @message, which is not copied when it is
 * large: what most protocols write, in one call.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
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
 * @key: (nullable): a short constant string that names the protocol and its
 *   dialect; %NULL (the default): not shared
 *
 * Sets with which other connections this one shares encoded messages: those of
 * an equal @key. A message is then encoded once for all of them, so that
 * `encode` must not change the state of its own connection: a protocol that
 * waits for answers ([method@Wire.hold]) cannot share. Connections whose peers
 * get the attributes of messages ([method@Wire.set_carries_attributes]) share
 * with each other, and never with the rest.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_encoding (HeinWire *self, const char *key)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_encoding (self->data, key);
}

/**
 * hein_wire_begin_sealing:
 * @self: a wire
 *
 * Makes everything that is put from now on pass the slot `seal` of the protocol
 * before it is written; what was put before is sent as it is. This cannot be
 * undone, and a second call has no effect. Messages are still put in plain
 * text, so that links with an equal key can share what was encoded
 * ([method@Wire.set_encoding]).
 *
 * - Thread: owner, in a slot of the protocol that has `seal`, before
 *   [method@Wire.ready].
 *
 * Since: 0.9
 */
void
hein_wire_begin_sealing (HeinWire *self)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->begin_sealing (self->data);
}

/**
 * hein_wire_hold:
 * @self: a wire
 * @hold: whether to stop or resume
 *
 * Stops or resumes calls to `encode`, for protocols that wait for an answer
 * before the next message. Meanwhile messages wait, within the limits of the
 * peer.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_hold (HeinWire *self, gboolean hold)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->hold (self->data, hold);
}

/**
 * hein_wire_send: (skip)
 * @self: a wire
 * @message: a message
 *
 * Sends a message to the peer, which the protocol has from another one of its
 * peers, or made: as if the bus had sent it, but without filters, and nobody
 * waits for room. Where there is none, the policy of the peer says what is
 * dropped ([property@Bus:overflow]): this message, where it says to wait. The
 * access file is asked whether the peer may receive it. What is dropped is
 * counted.
 *
 * May be called in slots of other connections of the same bus, but not while a
 * message is encoded.
 *
 * - Thread: owner, in a slot of a protocol.
 *
 * Returns: %FALSE when the message was not taken
 *
 * Since: 0.9
 */
gboolean
hein_wire_send (HeinWire *self, HeinMessage *message)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);

  return self->data != NULL && self->funcs->send (self->data, message);
}

/**
 * hein_wire_set_pending:
 * @self: a wire
 * @pending: whether the peer has still to confirm something
 *
 * Sets whether messages would be lost if the connection ended now, although
 * their bytes have been sent. Closing in order then waits for the peer, for
 * `linger-ms` at most.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_pending (HeinWire *self, gboolean pending)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_pending (self->data, pending);
}

/**
 * hein_wire_set_memory:
 * @self: a wire
 * @n_bytes: bytes, 0 at first
 *
 * Sets how much memory the protocol uses for messages of this connection, such
 * as those that the peer has yet to confirm. [method@Bus.get_memory_used]
 * includes it, and [property@Bus:memory-limit] bounds the sum: beyond it, the
 * connection that costs most is closed first. [method@Wire.get_send_limit]
 * tells how much it should be at most.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_memory (HeinWire *self, gsize n_bytes)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_memory (self->data, n_bytes);
}

/**
 * hein_wire_get_audience:
 * @self: a wire
 *
 * Gets whom the message that is being encoded is sent to.
 *
 * - Thread: owner, within `encode`.
 *
 * Returns: the audience
 *
 * Since: 0.9
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
 * @message: a message that was encoded, and that the peer has not confirmed
 * @audience: whom it was sent to
 *
 * Gives a message back to the bus within `lost`, for protocols that deliver at
 * least once. A message to this peer by name waits for a peer of that name (and
 * counts as dropped if the name was made up). For any other message, the
 * strategy that last chose this peer chooses again.
 *
 * - Thread: owner, within `lost`.
 *
 * Since: 0.9
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
 * hein_wire_set_gives_back:
 * @self: a wire
 * @gives_back: whether messages that are not sent when the connection ends are
 *   given back to the bus, and go to another peer
 *
 * Says what becomes of the messages that wait behind those that the protocol
 * has encoded, when the connection ends: they are given back as by
 * [method@Wire.give_back], or count as dropped (%HEIN_DROP_REASON_CLOSED). What
 * goes to another peer comes behind later messages there, so that only
 * protocols that promise to lose nothing give back.
 *
 * Unless this is called, protocols with the slot `lost` give back.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_gives_back (HeinWire *self, gboolean gives_back)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_gives_back (self->data, gives_back);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-message.h>

#include "hein-wire-private.h"
#include "io/hein-copy.h"
#include "message/hein-message-memory.h"

/* What a protocol writes, and what becomes of messages on their way out. */

/**
 * hein_wire_put:
 * @self: a wire
 * @data: (array length=size): bytes
 * @size: how many
 *
 * Writes bytes, copied: of the message within `encode`, else between two
 * messages, ahead of those that are queued.
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
 * Writes bytes like [method@Wire.put]; within `encode` large ones are referred
 * to, not copied.
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
 * Writes one part of @message, by reference when it is large.
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
 * @key: (nullable): a short constant text that names protocol and dialect;
 *   %NULL (the default): its own bytes
 *
 * Says with which connections this one shares encoded bytes: those of an equal
 * @key. The same message then is encoded once for all of them, so `encode` may
 * not change what it knows of its own connection: a protocol that waits for
 * answers ([method@Wire.hold]) has its own bytes.
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
 * What is put from now on, messages and all else, passes the slot `seal` of the
 * protocol before it is written; what was put so far goes as it is. There is no
 * way back, and a second call does nothing. Messages are still put in the
 * clear, so that links with an equal key share what was encoded
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
 * @hold: whether to stop
 *
 * Stops and resumes `encode`, for protocols that wait for an answer before the
 * next message. Messages wait meanwhile, within the limits of the peer.
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
 * hein_wire_set_pending:
 * @self: a wire
 * @pending: whether the peer has yet to confirm something
 *
 * Says whether messages are lost when the connection ends now, although their
 * bytes have gone out. An orderly close waits for the peer meanwhile, for
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
 * Says how much memory the protocol holds for messages of this connection, such
 * as those that the peer has yet to confirm: [method@Bus.get_memory_used]
 * includes it, [property@Bus:memory-limit] bounds the sum, and the connection
 * that costs most goes first.
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
 * Gets for whom the message is that is being encoded.
 *
 * - Thread: owner, within `encode`.
 *
 * Returns: for whom
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
 * @message: what was encoded, and the peer has not confirmed
 * @audience: for whom it was
 *
 * Hands a message back to the bus within `lost`, for protocols that promise at
 * least once. One that was for this peer alone waits for a peer of its name
 * (and is counted as dropped when that was made up), another one goes to whom
 * the strategy chooses that chose this peer last.
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

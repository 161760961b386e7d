/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-wire-private.h"

/* What a protocol makes of the bytes that come. */

/**
 * hein_wire_expect:
 * @self: a wire
 * @size: bytes, counted from the first unused one; 0: any
 *
 * Says how much the next message needs, so that `consume` is not called before
 * so much is there, or the end.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
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
 * Gives a message to the bus. The application takes it later: the slot
 * `handled` of the protocol tells when. What confirms a message to the peer
 * before that may confirm one that is lost, with the process or the bus.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: %FALSE when nobody will take it, because the connection closes;
 *   `handled` is not called for it
 *
 * Since: 0.9
 */
gboolean
hein_wire_deliver (HeinWire *self, HeinMessage *message)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);

  return self->data != NULL && self->funcs->deliver (self->data, message);
}

/**
 * hein_wire_deliver_data:
 * @self: a wire
 * @topic: (array length=topic_size) (element-type guint8): valid UTF-8 without
 *   NUL, need not be terminated
 * @topic_size: 0 to 255 bytes
 * @data: (array length=size): the payload; refers to what `consume` was given
 *   when it lies there and is large, else copied
 * @size: bytes
 *
 * Gives a message of one part to the bus, like [method@Wire.deliver]; the
 * fastest way.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: %FALSE when nobody will take it, because the connection closes
 *
 * Since: 0.9
 */
gboolean
hein_wire_deliver_data (HeinWire *self,
                        const char *topic,
                        gsize topic_size,
                        const guint8 *data,
                        gsize size)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), FALSE);

  return self->data != NULL &&
         self->funcs->deliver_data (self->data, topic, topic_size, data, size);
}

/**
 * hein_wire_drop:
 * @self: a wire
 * @reason: %HEIN_DROP_REASON_INVALID for what came,
 *   %HEIN_DROP_REASON_UNSENDABLE for what the peer refused
 * @size: bytes that are lost
 * @why: what was wrong with it, for the log
 *
 * Counts a message that is lost while the connection goes on. What ends the
 * connection is an error of `consume` instead.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-wire-private.h"

/* What a protocol makes of the bytes that arrive. */

/**
 * hein_wire_expect:
 * @self: a wire
 * @size: bytes, counted from the first unused one; 0: unknown
 *
 * Sets how many bytes the next message needs, so that `consume` is not called
 * before these have arrived, or the connection has ended.
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
 * @message: the message that arrived; its sender gets set
 *
 * Delivers a message to the bus. The application takes it later. A protocol
 * that acknowledges messages delivers them with `ask` %HEIN_ASK_DELIVERY and a
 * number in their attributes; the slot `settled` says then what became of them.
 * One that acknowledges a message before that may acknowledge one that is lost
 * when the process ends or the bus closes.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: %FALSE when nobody will take the message, because the connection is
 *   closing; `settled` is not called for it
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
 * @data: (array length=size): the payload; not copied when it is large and part
 *   of the bytes that `consume` was called with
 * @size: its size in bytes
 *
 * Delivers a message of one part to the bus, like [method@Wire.deliver]; the
 * fastest way.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: %FALSE when nobody will take the message, because the connection is
 *   closing
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
 * @reason: %HEIN_DROP_REASON_INVALID for a message that arrived,
 *   %HEIN_DROP_REASON_UNSENDABLE for one that the peer refused
 * @size: the size of the message in bytes
 * @why: what was wrong, for the log
 *
 * Counts a message as dropped while the connection goes on. A problem that
 * shall end the connection is returned as an error of `consume` instead.
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

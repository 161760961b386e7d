/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

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

static G_GNUC_NO_INLINE gboolean
deliver_as_message (HeinWire *self,
                    const char *topic,
                    gsize topic_size,
                    const guint8 *data,
                    gsize size,
                    guint64 delivery,
                    guint32 remaining_ms)
{
  const HeinMessageAttributes attributes = {
    .ask = HEIN_ASK_DELIVERY,
    .ask_number = remaining_ms,
    .ask_id = delivery,
  };
  char text[HEIN_TOPIC_MAX + 1];
  g_autoptr (HeinMessage) message = NULL;

  memcpy (text, topic, topic_size);
  text[topic_size] = '\0';
  message =
    hein_message_new_attributed_data (text, &attributes, data, size, NULL);
  return hein_wire_deliver (self, message);
}

/**
 * hein_wire_deliver_numbered: (skip)
 * @self: a wire
 * @topic: (array length=topic_size) (element-type guint8): valid UTF-8 without
 *   NUL, need not be terminated
 * @topic_size: 0 to 255 bytes
 * @data: (array length=size): the payload, copied
 * @size: its size in bytes
 * @delivery: the number of the delivery
 * @remaining_ms: how long its sender waits for a receipt, in milliseconds; 0:
 *   there is no limit
 *
 * Delivers a message of one part whose attributes are `ask`
 * %HEIN_ASK_DELIVERY, `ask_id` @delivery and `ask_number` @remaining_ms, and no
 * others, like [method@Wire.deliver]; the fastest way for those.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: %FALSE when nobody will take the message, because the connection is
 *   closing; `settled` is not called for it
 *
 * Since: 0.9
 */
gboolean
hein_wire_deliver_numbered (HeinWire *self,
                            const char *topic,
                            gsize topic_size,
                            const guint8 *data,
                            gsize size,
                            guint64 delivery,
                            guint32 remaining_ms)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), FALSE);
  g_return_val_if_fail (topic_size <= HEIN_TOPIC_MAX, FALSE);

  if (self->data == NULL)
    return FALSE;
  if (G_LIKELY (self->funcs->deliver_numbered != NULL &&
                self->funcs->deliver_numbered (self->data, topic, topic_size,
                                               data, size, delivery,
                                               remaining_ms)))
    return TRUE;
  return deliver_as_message (self, topic, topic_size, data, size, delivery,
                             remaining_ms);
}

/**
 * hein_wire_may_publish: (skip)
 * @self: a wire
 * @topic: valid UTF-8 without NUL, need not be terminated
 * @topic_size: 0 to 255 bytes
 *
 * Checks whether the access file allows the peer to publish @topic, for
 * protocols that pass messages on to other peers ([method@Wire.send]). What is
 * delivered need not be checked.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: %FALSE when it does not
 *
 * Since: 0.9
 */
gboolean
hein_wire_may_publish (HeinWire *self, const char *topic, gsize topic_size)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), FALSE);
  g_return_val_if_fail (topic != NULL || topic_size == 0, FALSE);

  return self->data != NULL &&
         self->funcs->may_publish (self->data, topic, topic_size);
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

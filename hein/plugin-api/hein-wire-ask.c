/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-message.h>

#include "hein-wire-private.h"

/* Requests, deliveries and attributes, as far as protocols carry them.
 * HeinMessageAttributes has the rest of what they encode and deliver. */

/**
 * hein_wire_set_asks: (skip)
 * @self: a wire
 * @asks: what the peer can be asked
 *
 * Sets which requests the peer understands; %HEIN_ASKS_NONE unless set: then
 * requests to it fail at once.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_asks (HeinWire *self, HeinAsks asks)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_asks (self->data, asks);
}

/**
 * hein_wire_set_carries_attributes:
 * @self: a wire
 * @carries: whether it does
 *
 * Sets whether what a message says of itself reaches the peer: its attributes
 * ([method@Message.get_attributes]), and the time until it expires
 * ([method@Message.get_expiry_ms]). %FALSE unless set: then messages that have
 * any are encoded without, and counted ([property@Peer:attributes-dropped]).
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_carries_attributes (HeinWire *self, gboolean carries)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_carries_attributes (self->data, carries);
}

/**
 * hein_wire_drop_attributes:
 * @self: a wire
 *
 * Counts a message that arrived with attributes which it cannot have here
 * ([method@Message.set_attribute] fails), and is delivered without.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_drop_attributes (HeinWire *self)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->drop_attributes (self->data);
}

/**
 * hein_wire_serves: (skip)
 * @self: a wire
 * @topic: valid UTF-8 without NUL, need not be terminated
 * @topic_size: 0 to 255 bytes
 *
 * Gets whether the application serves a topic, for protocols where what has
 * arrived may be a request or a message.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: %TRUE when the topic is served
 *
 * Since: 0.9
 */
gboolean
hein_wire_serves (HeinWire *self, const char *topic, gsize topic_size)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), FALSE);

  return self->data != NULL &&
         self->funcs->serves (self->data, topic, topic_size);
}

/**
 * hein_wire_awaits: (skip)
 * @self: a wire
 * @ask_id: the number of a request
 *
 * Gets whether the request was sent to the peer and is not answered yet, for
 * protocols where what has arrived may be an answer or a message.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: %TRUE when the request is pending
 *
 * Since: 0.9
 */
gboolean
hein_wire_awaits (HeinWire *self, guint64 ask_id)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), FALSE);

  return self->data != NULL && self->funcs->awaits (self->data, ask_id);
}

/**
 * hein_wire_get_bus_credit: (skip)
 * @self: a wire
 *
 * Gets how many deliveries of the peer this bus takes at a time
 * ([property@Bus:credit]), for protocols that tell the peer so.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: 1 to 4096
 *
 * Since: 0.9
 */
guint
hein_wire_get_bus_credit (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), 0);

  return self->credit;
}

/**
 * hein_wire_set_credit: (skip)
 * @self: a wire
 * @credit: how many deliveries the peer takes at a time
 *
 * Sets that the peer acknowledges deliveries, and how many it takes before it
 * has said what became of earlier ones; 0 unless set: then deliveries to it
 * fail at once. More than 4096 count as 4096.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_credit (HeinWire *self, guint credit)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_credit (self->data, MIN (credit, HEIN_CREDIT_MAX));
}

/**
 * hein_wire_set_credit_hint: (skip)
 * @self: a wire
 * @hint: a static string, such as "say jetstream=yes in the address"
 *
 * Sets what the error of a delivery says to do, while the peer acknowledges
 * none ([method@Wire.set_credit]); nothing unless set.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_credit_hint (HeinWire *self, const char *hint)
{
  g_return_if_fail (HEIN_IS_WIRE (self));
  g_return_if_fail (hint != NULL);

  if (self->data != NULL)
    self->funcs->set_credit_hint (self->data, hint);
}

/**
 * hein_wire_get_bus_resumes: (skip)
 * @self: a wire
 *
 * Gets whether deliveries of this bus and of the peer can go on after a cut
 * ([property@Bus:resume-ms]), for protocols that tell the peer so. Such a
 * protocol carries %HEIN_ASK_RESUME and %HEIN_ASK_RESUMED both ways.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: %TRUE unless that was switched off
 *
 * Since: 0.9
 */
gboolean
hein_wire_get_bus_resumes (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), FALSE);

  return self->resumes;
}

/**
 * hein_wire_set_resumes: (skip)
 * @self: a wire
 * @resumes: whether deliveries can go on after a cut
 *
 * Sets that the bus at the other end has said that it knows, when it is
 * connected again, which deliveries have come. It also needs an instance
 * ([method@Wire.set_instance]). To be called before the peer is ready.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_resumes (HeinWire *self, gboolean resumes)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_resumes (self->data, resumes);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-message.h>

#include "hein-wire-private.h"

/* What a protocol that carries requests says, and asks. What it is given to encode
 * and what it delivers has the rest, in HeinMessageAttributes. */

/**
 * hein_wire_set_asks: (skip)
 * @self: a wire
 * @asks: what may be asked of the peer
 *
 * Says what requests the peer understands; %HEIN_ASKS_NONE unless said: then who asks
 * it is told so at once.
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
 * hein_wire_serves: (skip)
 * @self: a wire
 * @topic: valid UTF-8 without NUL, need not be terminated
 * @topic_size: 0 to 255 bytes
 *
 * Asks whether the application serves a topic, where what came may be a request or
 * a message.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: %TRUE when it does
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
 * Asks whether that was asked of the peer and is not answered yet, where what came
 * may be an answer or a message.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: %TRUE when it was
 *
 * Since: 0.9
 */
gboolean
hein_wire_awaits (HeinWire *self, guint64 ask_id)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), FALSE);

  return self->data != NULL && self->funcs->awaits (self->data, ask_id);
}

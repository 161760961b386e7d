/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-wire-private.h"

/* How a protocol says goodbye, and what it makes of that of its peer. */

/**
 * hein_wire_is_closing:
 * @self: a wire
 *
 * Gets whether the connection closes: messages that are delivered from now on
 * are counted as dropped (%HEIN_DROP_REASON_UNHANDLED). A protocol whose peer
 * gives what is not acknowledged to another one leaves them to it, or they
 * would be counted and arrive as well.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: whether it closes
 *
 * Since: 0.9
 */
gboolean
hein_wire_is_closing (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), TRUE);

  return self->data == NULL || self->funcs->is_closing (self->data);
}

/**
 * hein_wire_count_taken:
 * @self: a wire
 *
 * Gets how many messages of the peer on this connection are done with: the
 * program has been told, or they are counted as dropped here. In
 * [vfunc@Protocol.finish] also those that wait to be told. A goodbye carries
 * it, so that the peer can count what did not arrive.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: messages, from the start of the connection
 *
 * Since: 0.9
 */
guint64
hein_wire_count_taken (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), 0);

  return self->data != NULL ? self->funcs->count_taken (self->data) : 0;
}

/**
 * hein_wire_set_confirmed:
 * @self: a wire
 * @n: messages, from the start of the connection; fewer than it said before
 *   means nothing
 *
 * Says how many messages the peer has, as it said itself. What was written
 * beyond that is in doubt (%HEIN_DROP_REASON_UNKNOWN) when the connection ends
 * without a goodbye that was awaited ([method@Wire.await_goodbye]), or by an
 * error where there is no such word; and lost (%HEIN_DROP_REASON_CLOSED) when
 * it ends with one. Without a call of it, everything is in doubt that may have
 * been on its way.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_confirmed (HeinWire *self, guint64 n)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_confirmed (self->data, n);
}

/**
 * hein_wire_count_sent:
 * @self: a wire
 *
 * Gets how many messages have been written wholly on this connection: what the
 * peer can confirm by now.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: messages, from the start of the connection
 *
 * Since: 0.9
 */
guint64
hein_wire_count_sent (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), 0);

  return self->data != NULL ? self->funcs->count_sent (self->data) : 0;
}

/**
 * hein_wire_set_in_doubt:
 * @self: a wire
 * @n_messages: how many have gone out that the peer may not have
 * @n_bytes: of their payloads
 *
 * For protocols that know themselves what is in doubt when the connection ends
 * by an error, instead of [method@Wire.set_confirmed]: what they would give
 * back ([method@Wire.give_back]) is not. Called when the last of them has been
 * put. A peer that ended in order when its machine had all of them had read
 * them.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_in_doubt (HeinWire *self, guint64 n_messages, guint64 n_bytes)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_in_doubt (self->data, n_messages, n_bytes);
}

/**
 * hein_wire_await_goodbye:
 * @self: a wire
 *
 * Says that the peer says goodbye before it ends in order, and in that how many
 * messages it has: an end without one is an error. The slot `finish` has to say
 * the same to it, with [method@Wire.count_taken].
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_await_goodbye (HeinWire *self)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->await_goodbye (self->data);
}

/**
 * hein_wire_take_goodbye:
 * @self: a wire
 *
 * Says that the goodbye of the peer has come, after
 * [method@Wire.set_confirmed].
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_take_goodbye (HeinWire *self)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->take_goodbye (self->data);
}

/**
 * hein_wire_set_drain_ms:
 * @self: a wire
 * @drain_ms: milliseconds, 10000 unless set
 *
 * Says how long a peer may be quiet after everything has gone out to it and our
 * side was shut. Most peers end then; the connection of one that does not is
 * closed when its side of the network has all bytes and this time has passed,
 * [property@Bus:linger-ms] at the latest.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_drain_ms (HeinWire *self, guint drain_ms)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_drain_ms (self->data, drain_ms);
}

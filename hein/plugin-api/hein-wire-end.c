/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-wire-private.h"

/* The end of a connection, as far as protocols deal with it. */

/**
 * hein_wire_is_closing:
 * @self: a wire
 *
 * Gets whether the connection is closing: messages that are delivered from now
 * on count as dropped (%HEIN_DROP_REASON_UNHANDLED). A protocol whose peer
 * sends unacknowledged messages to another peer must not deliver them any more,
 * since they would be counted as dropped and arrive as well.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: whether the connection is closing
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
 * Gets how many messages of the peer on this connection are settled: delivered
 * to the program, or counted as dropped here. In [vfunc@Protocol.finish] this
 * includes messages that wait for delivery. A goodbye carries the number, so
 * that the peer can count the messages that did not arrive.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: the number of messages, from the start of the connection
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
 * @n: number of messages, from the start of the connection; ignored when it is
 *   less than before
 *
 * Reports how many messages the peer has acknowledged. When the connection ends
 * without the goodbye that was awaited ([method@Wire.await_goodbye]), or, if
 * the protocol has none, by an error or before the machine of the peer has got
 * everything, later messages that were written are in doubt
 * (%HEIN_DROP_REASON_UNKNOWN). When it ends with a goodbye, they are lost
 * (%HEIN_DROP_REASON_CLOSED). A protocol that never calls this has everything
 * in doubt that may have been on its way.
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
 * hein_wire_set_confirmed_by_end:
 * @self: a wire
 * @n: number of messages, from the start of the connection; more than were sent
 *   stand for all
 *
 * Reports how many messages the peer is known to have if it ends the connection
 * in order now, without a goodbye: later ones are in doubt then
 * (%HEIN_DROP_REASON_UNKNOWN), as they are after an error. For protocols whose
 * peer confirms, sooner or later, everything it has read.
 *
 * A protocol that never calls this takes such an end for the word that all was
 * read. It is one when the peer itself has ended: its kernel resets a
 * connection with bytes that nobody has read, and hein does when it has not
 * understood what it has read, or has refused a peer
 * (`HeinProtocolClass.ends_in_order`). A program on the way, such as a
 * proxy, may have taken the bytes, and ended without passing them on.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_confirmed_by_end (HeinWire *self, guint64 n)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_confirmed_by_end (self->data, n);
}

/**
 * hein_wire_count_sent:
 * @self: a wire
 *
 * Gets how many messages have been written completely on this connection: those
 * that the peer can have acknowledged.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: the number of messages, from the start of the connection
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
 * hein_wire_count_unsent:
 * @self: a wire
 *
 * Gets how many messages were encoded for this connection, and are still to be
 * written, with one that is half written. Those that an overflow policy has
 * dropped since are neither among these nor ever among
 * [method@Wire.count_sent].
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: the number of messages
 *
 * Since: 0.9
 */
guint64
hein_wire_count_unsent (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), 0);

  return self->data != NULL ? self->funcs->count_unsent (self->data) : 0;
}

/**
 * hein_wire_check_arrived:
 * @self: a wire
 * @n_sent: how many messages the peer had sent on this connection before it
 *   said so
 *
 * Reports the number of messages that the peer says to have sent before what is
 * being read now ([method@Wire.count_sent] at its side). Those that have not
 * come are lost: they count at once (%HEIN_DROP_REASON_LOST), and not again at
 * a later call. A stream delivers all or breaks, but on a line, such as a
 * serial one, whole messages may be missing.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_check_arrived (HeinWire *self, guint64 n_sent)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->check_arrived (self->data, n_sent);
}

/**
 * hein_wire_set_in_doubt:
 * @self: a wire
 * @n_messages: how many messages were sent that the peer may not have got
 * @n_bytes: the size of their payloads
 *
 * Sets what is in doubt if the connection ends by an error, or before the
 * machine of the peer has got everything, for protocols that know it exactly;
 * the alternative to [method@Wire.set_confirmed]. Messages
 * that the protocol would give back ([method@Wire.give_back]) are not in doubt.
 * To be called when the last of the messages has been put. A peer that ends in
 * order after its machine got all of them has read them.
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
 * Declares that the peer says goodbye before it ends the connection, and
 * reports in it how many messages it got: an end without a goodbye is an error.
 * In the slot `finish` the protocol has to do the same, by
 * [method@Wire.count_taken].
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
 * Reports that the goodbye of the peer has arrived, after
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
 * Sets how long a peer may stay silent after everything was sent to it and this
 * side has shut down writing. Most peers close then. If one does not, the
 * connection is closed when the peer's machine has all bytes and this time has
 * passed, after [property@Bus:linger-ms] at the latest.
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

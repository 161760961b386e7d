/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-wire.h>

#include "base/hein-name-private.h"
#include "hein-wire-private.h"

/**
 * HeinWire:
 *
 * What a protocol may do with its connection.
 *
 * | to | there is |
 * |---|---|
 * | know its own bus | [method@Wire.get_bus_name], [method@Wire.get_bus_instance], [method@Wire.get_proved_name], [method@Wire.get_max_message_size], [method@Wire.check_message_size], [method@Wire.get_send_limit], [method@Wire.check_name], [method@Wire.get_silence_ms], [method@Wire.get_now_us], [method@Wire.random], [method@Wire.get_note], [method@Wire.set_note] |
 * | write | [method@Wire.put], [method@Wire.put_bytes], [method@Wire.put_part], [method@Wire.put_framed]; [method@Wire.set_encoding] shares encoded bytes, [method@Wire.hold] makes messages wait |
 * | read | [method@Wire.expect], [method@Wire.deliver], [method@Wire.deliver_data], [method@Wire.drop] |
 * | lose no message | [method@Wire.set_pending], [method@Wire.set_memory], [method@Wire.get_audience], [method@Wire.give_back], [method@Wire.set_gives_back], [method@Wire.set_confirmed], [method@Wire.set_confirmed_by_end], [method@Wire.set_in_doubt] |
 * | report the peer | [method@Wire.offer_name], [method@Wire.set_instance], [method@Wire.set_security], [method@Wire.ready], [method@Wire.set_accepts_messages], [method@Wire.set_match], [method@Wire.subscribe], [method@Wire.unsubscribe], [method@Wire.subscribe_pattern], [method@Wire.unsubscribe_pattern], [method@Wire.confirm_subscriptions], [method@Wire.filter] |
 * | notice a dead peer | [method@Wire.set_heartbeat], [method@Wire.set_answers_pings], [method@Wire.set_rtt_us], [method@Wire.want_tick] |
 * | end | [method@Wire.is_closing], [method@Wire.count_taken], [method@Wire.count_sent], [method@Wire.count_unsent], [method@Wire.check_arrived], [method@Wire.await_goodbye], [method@Wire.take_goodbye], [method@Wire.set_drain_ms], [method@Wire.redial], [method@Wire.fail] |
 *
 * A wire that a script keeps outlives its connection; calls have no effect
 * then.
 *
 * This API is younger than the one for applications, and may change until
 * version 1.2: programs in C define `HEIN_UNSTABLE_PLUGIN_API` before they
 * include `hein/hein.h`.
 *
 * Since: 0.9
 */

G_DEFINE_FINAL_TYPE (HeinWire, hein_wire, G_TYPE_OBJECT)

static void
hein_wire_class_init (HeinWireClass *class)
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
 * Gets the name of the bus, as its peers should know it.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: (transfer none): 1 to 255 bytes of UTF-8
 *
 * Since: 0.9
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
 * Gets an identifier that no other bus has, even one of the same name.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: (transfer none): 32 hexadecimal digits
 *
 * Since: 0.9
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
 * Gets the maximum size of a message that may be delivered.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: bytes, 1 to 1 GiB
 *
 * Since: 0.9
 */
gsize
hein_wire_get_max_message_size (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), 0);

  return self->max_message_size;
}

/**
 * hein_wire_check_message_size:
 * @self: a wire
 * @size: a size that the peer announced, or that was computed from it, in bytes
 * @overhead: how many of these bytes may not belong to the message; 0: none
 * @error: return location
 *
 * Checks a size before anything is allocated or waited for: @size must not
 * exceed the sum of [method@Wire.get_max_message_size] and @overhead.
 *
 * - Errors: `HEIN_ERROR_TOO_LARGE`, with the size and the limit.
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: %FALSE with @error when the size is too large
 *
 * Since: 0.9
 */
gboolean
hein_wire_check_message_size (HeinWire *self,
                              guint64 size,
                              gsize overhead,
                              GError **error)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), FALSE);

  if (size <= self->max_message_size ||
      size - self->max_message_size <= overhead)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
               "a message of %" G_GUINT64_FORMAT
               " bytes is over max-message-size, %" G_GSIZE_FORMAT,
               size, self->max_message_size);
  return FALSE;
}

/**
 * hein_wire_check_name:
 * @self: a wire
 * @text: (array length=size) (element-type guint8): the name as the peer sent
 *   it; need not be terminated
 * @size: its size in bytes
 * @error: return location
 *
 * Checks a name that the peer sent by the rule of [func@name_is_valid].
 * [method@Wire.offer_name] refuses invalid names as well; this function is for
 * protocols that read a name without offering it.
 *
 * - Errors: `HEIN_ERROR_PROTOCOL`, which explains the rule.
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: %FALSE with @error when the name is not valid
 *
 * Since: 0.9
 */
gboolean
hein_wire_check_name (HeinWire *self,
                      const char *text,
                      gsize size,
                      GError **error)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), FALSE);
  g_return_val_if_fail (text != NULL || size == 0, FALSE);

  return hein_name_check (text, size, HEIN_ERROR_PROTOCOL, error);
}

/**
 * hein_wire_get_send_limit:
 * @self: a wire
 *
 * Gets how much a protocol may keep of what it has sent and the peer has yet to
 * confirm: [property@Bus:send-limit], but no more than an eighth of
 * [property@Bus:memory-limit]. Who keeps that much holds further messages back
 * ([method@Wire.hold]) until some are confirmed. Otherwise what is given back
 * when the connection ends could be more than the bus may hold, and the next
 * connection would be closed for it.
 *
 * It is a limit for all messages together: one that is larger goes alone.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: bytes of memory, as [method@Wire.set_memory] counts it
 *
 * Since: 0.9
 */
gsize
hein_wire_get_send_limit (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), 0);

  return self->send_limit;
}

/**
 * hein_wire_get_silence_ms:
 * @self: a wire
 *
 * Gets after how long without a byte a peer is considered dead.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: milliseconds
 *
 * Since: 0.9
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
 * Gets random bits, since a protocol has no source of its own.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: 64 random bits
 *
 * Since: 0.9
 */
guint64
hein_wire_random (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), 0);

  return self->data != NULL ? self->funcs->random (self->data) : 0;
}

/**
 * hein_wire_get_proved_name:
 * @self: a wire
 *
 * Gets whom the stream below has proved the other side to be, as TLS with a key
 * or a certificate for each peer does. A protocol that would make up a name
 * offers %HEIN_NAME_RULE_MADE_UP then: the peer gets this one. One that is told
 * another name offers it, and the connection ends.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: (transfer none) (nullable): the name; %NULL: none was proved
 *
 * Since: 0.9
 */
const char *
hein_wire_get_proved_name (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), NULL);

  return self->data != NULL && self->funcs->get_proved_name != NULL
           ? self->funcs->get_proved_name (self->data)
           : NULL;
}

/**
 * hein_wire_get_note:
 * @self: a wire
 *
 * Gets what an earlier connection of the same endpoint noted.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: (transfer none) (nullable): the note
 *
 * Since: 0.9
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
 * Since: 0.9
 */
void
hein_wire_set_note (HeinWire *self, const char *note)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_note (self->data, note);
}

/**
 * hein_wire_want_tick:
 * @self: a wire
 * @at_us: microseconds of the monotonic clock; the result of
 *   [method@Wire.get_now_us] means the next turn
 *
 * Asks for a call of `tick` at @at_us at the latest, whatever its last call
 * returned.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
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
 * Since: 0.9
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
 * Closes the connection and dials again at once, without a pause and without
 * telling the application.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_redial (HeinWire *self)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->redial (self->data);
}

/**
 * hein_wire_redial_at_end:
 * @self: a wire
 *
 * Makes the endpoint dial again at once, as after [method@Wire.redial], if the
 * other side closes the connection without an error before the wire is ready.
 * For dialled connections whose protocol wants to try something else then,
 * which it can note by [method@Wire.set_note]. The protocol must not call this
 * in its last attempt.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_redial_at_end (HeinWire *self)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->redial_at_end (self->data);
}

/**
 * hein_wire_is_encrypted:
 * @self: a wire
 *
 * Gets whether what is put goes by TLS.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: whether it does
 *
 * Since: 0.9
 */
gboolean
hein_wire_is_encrypted (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), FALSE);

  return self->data != NULL && self->funcs->is_encrypted (self->data);
}

/**
 * hein_wire_lacks_security:
 * @self: a wire
 *
 * Gets whether the address asks for TLS, and it has not begun yet: what is put
 * now goes in the clear. Never where the protocol has no slot `begins_plain`.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: whether [method@Wire.secure] has to be called
 *
 * Since: 0.9
 */
gboolean
hein_wire_lacks_security (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), FALSE);

  return self->data != NULL && self->funcs->lacks_security (self->data);
}

/**
 * hein_wire_secure:
 * @self: a wire
 *
 * Begins TLS, the greeting in the clear being over. To be called in the slot
 * `consume`, which has to use all bytes that have arrived: more of them end the
 * connection, as anybody may have added them. The slot `secured` is called when
 * the peer has proved who it is. A protocol that does not call this never has a
 * peer where the address asks for TLS.
 *
 * - Thread: owner, in the slot `consume` of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_secure (HeinWire *self)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->secure (self->data);
}

/**
 * hein_wire_tell_places:
 * @self: a wire
 * @places: (array zero-terminated=1): hosts with their ports, such as
 *   "10.0.0.2:4222" and "[2001:db8::2]:4222"
 *
 * Tells where else the peer can be found, as it has said itself: these places
 * are dialled when the connection is lost, as those are which the address
 * names, and take the place of those that were told before.
 *
 * What is no host with a port is left out, and so is what is over 64 places. A
 * peer that is not on this machine cannot lead to it: loopback and link-local
 * addresses that it names are not dialled. Has no effect on connections that
 * were accepted, and on transports whose addresses are no hosts and ports.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_tell_places (HeinWire *self, const char *const *places)
{
  g_return_if_fail (HEIN_IS_WIRE (self));
  g_return_if_fail (places != NULL);

  if (self->data != NULL)
    self->funcs->tell_places (self->data, places);
}

/**
 * hein_wire_move_on:
 * @self: a wire
 *
 * Closes the connection in order, and dials another place at which the peer can
 * be found, when there is one: because the peer is about to end, for example.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: %FALSE when there is no other place; nothing has happened then
 *
 * Since: 0.9
 */
gboolean
hein_wire_move_on (HeinWire *self)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), FALSE);

  return self->data != NULL && self->funcs->move_on (self->data);
}

/**
 * hein_wire_fail:
 * @self: a wire
 * @error: why. `HEIN_ERROR_REFUSED`, `HEIN_ERROR_INSECURE` and
 *   `HEIN_ERROR_PROTOCOL` make a dialling endpoint wait longer before the next
 *   attempt: see [property@Bus:reconnect-failed-ms]. `HEIN_ERROR_DUPLICATE`
 *   makes it wait until a peer is gone; a protocol has to tell it from other
 *   refusals by what the peer sent
 *
 * Closes the connection after everything that was put has been sent.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_fail (HeinWire *self, const GError *error)
{
  g_return_if_fail (HEIN_IS_WIRE (self));
  g_return_if_fail (error != NULL);

  if (self->data != NULL)
    self->funcs->fail (self->data, error);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-wire.h>

#include "base/hein-name-private.h"
#include "hein-wire-private.h"

/**
 * HeinWire:
 *
 * What a protocol may do to its connection.
 *
 * | to | there is |
 * |---|---|
 * | know its side | [method@Wire.get_bus_name], [method@Wire.get_bus_instance], [method@Wire.get_max_message_size], [method@Wire.check_message_size], [method@Wire.check_name], [method@Wire.get_silence_ms], [method@Wire.get_now_us], [method@Wire.random], [method@Wire.get_note], [method@Wire.set_note] |
 * | write | [method@Wire.put], [method@Wire.put_bytes], [method@Wire.put_part], [method@Wire.put_framed]; [method@Wire.set_encoding] shares encoded bytes, [method@Wire.hold] makes messages wait |
 * | read | [method@Wire.expect], [method@Wire.deliver], [method@Wire.deliver_data], [method@Wire.drop] |
 * | be safe | of what the peer has not confirmed: [method@Wire.set_pending], [method@Wire.set_memory], [method@Wire.get_audience], [method@Wire.give_back], [method@Wire.set_confirmed], [method@Wire.set_in_doubt] |
 * | tell of the peer | [method@Wire.offer_name], [method@Wire.set_instance], [method@Wire.set_security], [method@Wire.ready], [method@Wire.set_accepts_messages], [method@Wire.set_match], [method@Wire.subscribe], [method@Wire.unsubscribe] |
 * | see that it lives | [method@Wire.set_heartbeat], [method@Wire.set_answers_pings], [method@Wire.set_rtt_us], [method@Wire.want_tick] |
 * | end | [method@Wire.is_closing], [method@Wire.count_taken], [method@Wire.count_sent], [method@Wire.await_goodbye], [method@Wire.take_goodbye], [method@Wire.set_drain_ms], [method@Wire.redial], [method@Wire.fail] |
 *
 * A wire outlives its connection when a script keeps it; every call does
 * nothing then.
 *
 * Younger than what applications use, it may change until version 1.2: programs
 * in C define `HEIN_UNSTABLE_PLUGIN_API` before they include `hein/hein.h`.
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
 * Gets the name of the bus, as its peers are to know it.
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
 * Gets what tells this bus from every other one, also of the same name.
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
 * Gets the largest size of a message that may be delivered, in bytes.
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
 * @size: what the peer says, or what came of it, in bytes
 * @overhead: bytes of these that may be other than the message; 0: none
 * @error: return location
 *
 * Checks a size before anything is allocated or waited for: @size may be
 * [method@Wire.get_max_message_size] and @overhead together.
 *
 * - Errors: `HEIN_ERROR_TOO_LARGE`, with the size and the limit.
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: %FALSE with @error when it is more
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
 * @text: (array length=size) (element-type guint8): what the peer calls itself;
 *   bytes of a stranger, which need not end with a NUL
 * @size: bytes
 * @error: return location
 *
 * Checks a name that came from the peer, by the one rule that
 * [func@name_is_valid] tells: [method@Wire.offer_name] refuses others, and so
 * does a protocol that reads a name where it offers none.
 *
 * - Errors: `HEIN_ERROR_PROTOCOL`, with the rule.
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: %FALSE with @error when nobody can be called so
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
 * hein_wire_get_silence_ms:
 * @self: a wire
 *
 * Gets after how long without a byte a peer counts as dead.
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
 * Hands in randomness, since a protocol has none of its own.
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
 * hein_wire_get_note:
 * @self: a wire
 *
 * Gets what an earlier connection of this endpoint noted.
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
 * @at_us: microseconds of the monotonic clock; the time of
 *   [method@Wire.get_now_us]: in the next turn
 *
 * Asks for a call of `tick` at @at_us at the latest, whatever the last one
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
 * Closes the connection and makes it again at once, without a pause and without
 * a word to the application.
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
 * Says that the next attempt will be another one: when the other side closes
 * the connection without a word, before the wire is ready, the endpoint dials
 * again at once, silently, as after [method@Wire.redial]. For one that dialled;
 * what is to be different is in [method@Wire.set_note]. The last attempt does
 * not say it.
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
 * hein_wire_fail:
 * @self: a wire
 * @error: why; after `HEIN_ERROR_REFUSED`, `HEIN_ERROR_INSECURE` and
 *   `HEIN_ERROR_PROTOCOL` who dialled waits longer: see
 *   [property@Bus:reconnect-failed-ms]; after `HEIN_ERROR_DUPLICATE`, which a
 *   protocol tells from other refusals by what is on its wire, until a peer is
 *   gone
 *
 * Closes the connection after what was put has gone out.
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

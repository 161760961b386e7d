/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-wire.h>

#include "hein-wire-private.h"

/**
 * HeinWire:
 *
 * What a protocol may do to its connection.
 *
 * A wire outlives its connection when a script keeps it; every call does
 * nothing then.
 *
 * Since: 0.9
 */

G_DEFINE_FINAL_TYPE (HeinWire, hein_wire, G_TYPE_OBJECT)

static void
hein_wire_class_init (HeinWireClass *klass)
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
 * @at_us: microseconds of the monotonic clock; the time of [method@Wire.get_now_us]: in the next turn
 *
 * Asks for a call of `tick` at @at_us at the latest, whatever the last one returned.
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
 * Closes the connection and makes it again at once, without a pause and without a word to the application.
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
 * hein_wire_fail:
 * @self: a wire
 * @error: why; after `HEIN_ERROR_REFUSED`, `HEIN_ERROR_INSECURE` and
 *   `HEIN_ERROR_PROTOCOL` who dialled waits longer: see
 *   [property@Bus:reconnect-failed-ms]; after `HEIN_ERROR_DUPLICATE`, which a
 *   protocol tells from other refusals by what is on its wire, until a peer is gone
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-error.h>

#include "hein-message-memory.h"
#include "hein-message-notes.h"
#include "io/hein-world.h"

/* What messages say of themselves: the public calls, and what they refuse. */

/* version, trace, span and flags, as in W3C Trace Context */
#define TRACE_PARENT_SIZE 55

/* ---- which attributes there may be ---- */

static gboolean
is_name (const char *name)
{
  const gsize size = strnlen (name, HEIN_ATTRIBUTE_NAME_MAX + 1);

  if (size == 0 || size > HEIN_ATTRIBUTE_NAME_MAX)
    return FALSE;
  for (gsize i = 0; i < size; i++)
    if (!g_ascii_isalnum (name[i]) && strchr ("-_.", name[i]) == NULL)
      return FALSE;
  return TRUE;
}

static gboolean
is_hex (const char *text, gsize size)
{
  for (gsize i = 0; i < size; i++)
    if (!g_ascii_isdigit (text[i]) && (text[i] < 'a' || text[i] > 'f'))
      return FALSE;
  return TRUE;
}

static gboolean
is_zero (const char *text, gsize size)
{
  return strspn (text, "0") >= size;
}

/* Later versions may be longer, after another dash. */
static gboolean
is_trace_parent (const char *text)
{
  const gsize size = strlen (text);
  const gboolean is_first = size >= 2 && strncmp (text, "00", 2) == 0;

  return size >= TRACE_PARENT_SIZE && text[2] == '-' && text[35] == '-' &&
         text[52] == '-' && is_hex (text, 2) && is_hex (text + 3, 32) &&
         is_hex (text + 36, 16) && is_hex (text + 53, 2) &&
         strncmp (text, "ff", 2) != 0 && !is_zero (text + 3, 32) &&
         !is_zero (text + 36, 16) &&
         (size == TRACE_PARENT_SIZE ||
          (!is_first && text[TRACE_PARENT_SIZE] == '-'));
}

static gboolean
is_text (const char *value)
{
  const gsize size = strnlen (value, HEIN_ATTRIBUTES_SIZE_MAX + 1);

  return size > HEIN_ATTRIBUTES_SIZE_MAX || /* told by what is too large */
         g_utf8_validate (value, size, NULL);
}

static gboolean
fail (GError **error, const char *format, const char *name)
{
  g_autofree char *shown = g_strescape (name, NULL);

  if (strlen (shown) > 2 * HEIN_ATTRIBUTE_NAME_MAX)
    shown[2 * HEIN_ATTRIBUTE_NAME_MAX] = '\0';
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED, format, shown);
  return FALSE;
}

static gboolean
check_pair (const char *name, const char *value, GError **error)
{
  if (!is_name (name))
    return fail (error,
                 "an attribute is called \"%s\", and a name is 1 to 64 "
                 "letters, digits, '-', '_' and '.'",
                 name);
  if (value == NULL)
    return TRUE;
  if (!is_text (value))
    return fail (error, "the attribute \"%s\" is not UTF-8", name);
  if (strcmp (name, HEIN_ATTRIBUTE_TRACE_PARENT) == 0 &&
      !is_trace_parent (value))
    return fail (error,
                 "the attribute \"%s\" is not like 00-<32 hexadecimal "
                 "digits>-<16>-<2>",
                 name);
  return TRUE;
}

static gboolean
check_limits (guint n, gsize size, GError **error)
{
  if (n <= 2 * HEIN_ATTRIBUTES_MAX && size <= HEIN_ATTRIBUTES_SIZE_MAX)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
               "%u attributes of %" G_GSIZE_FORMAT
               " bytes are over the limits of a message, %u and %u bytes",
               n / 2, size, HEIN_ATTRIBUTES_MAX, HEIN_ATTRIBUTES_SIZE_MAX);
  return FALSE;
}

/* ---- changing those of a message ---- */

static const HeinNotes *
get_notes (const HeinMessage *self)
{
  return self->extra != NULL ? self->extra->notes : NULL;
}

/* Whoever else has a message relies on that it stays as it is. */
static gboolean
is_own (HeinMessage *self)
{
  return g_atomic_int_get (&self->ref_count) == 1 && self->sender == NULL;
}

/* Returns notes that this message alone has. */
static HeinNotes *
own_notes (HeinMessage *self)
{
  HeinNotes *notes;

  if (self->extra == NULL)
    self->extra = hein_message_extra_alloc (0);
  notes = self->extra->notes;
  if (notes != NULL && g_atomic_ref_count_compare (&notes->refs, 1))
    return notes;
  self->extra->notes = hein_notes_new (notes);
  if (notes != NULL)
    hein_notes_unref (notes);
  return self->extra->notes;
}

static void
drop_empty (HeinMessage *self)
{
  const HeinNotes *notes = get_notes (self);

  if (notes != NULL && notes->n == 0 && notes->expires_us == 0 &&
      notes->priority == HEIN_PRIORITY_NORMAL)
    g_clear_pointer (&self->extra->notes, hein_notes_unref);
}

/**
 * hein_message_set_attribute:
 * @self: a message that was not sent yet
 * @name: 1 to 64 ASCII letters, digits, `-`, `_` and `.`
 * @value: (nullable): UTF-8, may be empty; %NULL removes the attribute
 * @error: return location
 *
 * Sets an attribute: text that travels with the message, beside its payload.
 *
 * Some names have a meaning: `id` ([const@ATTRIBUTE_ID]), `schema`
 * ([const@ATTRIBUTE_SCHEMA]), and `traceparent` with `tracestate`
 * ([const@ATTRIBUTE_TRACE_PARENT]), which are those of W3C Trace Context. All
 * others are the application's own.
 *
 * Between heins all attributes are carried, over `zmtp` and `inproc`, by MQTT 5
 * as user properties, and by NATS as headers. Peers that cannot have them get
 * the message without, which [property@Peer:attributes-dropped] counts.
 *
 * A message that was sent, was received, or that somebody else has a reference
 * to must not be changed.
 *
 * - Limits: 16 attributes of together 2048 bytes, in names and values.
 * - Errors: `HEIN_ERROR_FAILED` (a name that cannot be one, a value that is not
 *   UTF-8, a malformed `traceparent`), `HEIN_ERROR_TOO_LARGE`.
 * - Thread: any.
 *
 * Returns: %TRUE when it was set
 *
 * Since: 0.9
 */
gboolean
hein_message_set_attribute (HeinMessage *self,
                            const char *name,
                            const char *value,
                            GError **error)
{
  const HeinNotes *before;
  const char *old;
  HeinNotes *notes;
  gsize size;
  guint n;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (is_own (self), FALSE);

  if (!check_pair (name, value, error))
    return FALSE;
  before = get_notes (self);
  old = before != NULL ? hein_notes_find (before, name) : NULL;
  if (old == NULL && value == NULL)
    return TRUE;
  size = (before != NULL ? before->size : 0) -
         (old != NULL ? strlen (name) + strlen (old) : 0) +
         (value != NULL ? strlen (name) + strlen (value) : 0);
  n = (before != NULL ? before->n : 0) - (old != NULL ? 2 : 0) +
      (value != NULL ? 2 : 0);
  if (!check_limits (n, size, error))
    return FALSE;
  notes = own_notes (self);
  if (old != NULL)
    hein_notes_remove (notes, name);
  if (value != NULL)
    hein_notes_append (notes, name, value);
  drop_empty (self);
  return TRUE;
}

/**
 * hein_message_add_attribute: (skip)
 * @self: a message that was made just now
 * @name: text that need not end with NUL
 * @name_size: its size in bytes
 * @value: the same
 * @value_size: its size in bytes
 *
 * Sets an attribute as it came from a peer, who may say anything; for
 * protocols. Unlike [method@Message.set_attribute], an attribute that is there
 * already stays as it is.
 *
 * - Limits: those of [method@Message.set_attribute].
 * - Thread: any.
 *
 * Returns: %TRUE when the message has it now; %FALSE when it cannot have it,
 *   which [method@Wire.drop_attributes] counts
 *
 * Since: 0.9
 */
gboolean
hein_message_add_attribute (HeinMessage *self,
                            const char *name,
                            gsize name_size,
                            const char *value,
                            gsize value_size)
{
  const HeinNotes *notes;
  g_autofree char *own_name = NULL;
  g_autofree char *own_value = NULL;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (name != NULL || name_size == 0, FALSE);
  g_return_val_if_fail (value != NULL || value_size == 0, FALSE);

  notes = get_notes (self);
  /* before anything is copied: there may be many */
  if ((notes != NULL && notes->n >= 2 * HEIN_ATTRIBUTES_MAX) ||
      name_size > HEIN_ATTRIBUTE_NAME_MAX ||
      value_size > HEIN_ATTRIBUTES_SIZE_MAX ||
      (name_size > 0 && memchr (name, '\0', name_size) != NULL) ||
      (value_size > 0 && memchr (value, '\0', value_size) != NULL))
    return FALSE;
  own_name = g_strndup (name, name_size);
  own_value = g_strndup (value, value_size);
  return (notes == NULL || hein_notes_find (notes, own_name) == NULL) &&
         hein_message_set_attribute (self, own_name, own_value, NULL);
}

/**
 * hein_message_get_attribute:
 * @self: a message
 * @name: a name
 *
 * Gets an attribute, see [method@Message.set_attribute].
 *
 * - Thread: any.
 *
 * Returns: (transfer none) (nullable): its value
 *
 * Since: 0.9
 */
const char *
hein_message_get_attribute (HeinMessage *self, const char *name)
{
  const HeinNotes *notes;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);

  notes = get_notes (self);
  return notes != NULL ? hein_notes_find (notes, name) : NULL;
}

/**
 * hein_message_get_attributes:
 * @self: a message
 *
 * Gets all attributes, in the order in which they were set.
 *
 * - Thread: any.
 *
 * Returns: (transfer none) (array zero-terminated=1) (nullable): names and
 *   values by turns; %NULL when there are none
 *
 * Since: 0.9
 */
const char *const *
hein_message_get_attributes (HeinMessage *self)
{
  const HeinNotes *notes;

  g_return_val_if_fail (self != NULL, NULL);

  notes = get_notes (self);
  return notes != NULL && notes->n > 0 ? (const char *const *) notes->pairs
                                       : NULL;
}

/**
 * hein_message_set_expiry_ms:
 * @self: a message that was not sent yet
 * @expiry_ms: milliseconds from now; 0: it does not expire, the default
 *
 * Sets how long the message is of use. Whoever holds it when that time is over
 * drops it, on either side, and counts it (%HEIN_DROP_REASON_EXPIRED): while it
 * waits for a peer or for room, and where it arrives, until a handler is free
 * or the program takes it. What a program has been given does not expire.
 *
 * The time that is left travels along: over `zmtp` between heins, `inproc` and
 * NATS in milliseconds, to an MQTT 5 broker in whole seconds. Time that the
 * message spends in buffers of the kernel and on the network is not counted.
 *
 * A message that was sent, was received, or that somebody else has a reference
 * to must not be changed.
 *
 * - Limits: up to 2³² − 1 ms, 49 days.
 * - Thread: any.
 *
 * Since: 0.9
 */
void
hein_message_set_expiry_ms (HeinMessage *self, guint expiry_ms)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (is_own (self));

  if (expiry_ms == 0 && get_notes (self) == NULL)
    return;
  own_notes (self)->expires_us =
    expiry_ms > 0 ? hein_world_get_us () + (gint64) expiry_ms * 1000 : 0;
  drop_empty (self);
}

/**
 * hein_message_get_expiry_ms:
 * @self: a message
 *
 * Gets how much longer the message is of use, see
 * [method@Message.set_expiry_ms].
 *
 * - Thread: any.
 *
 * Returns: milliseconds, 0 when it has expired; -1: it does not expire
 *
 * Since: 0.9
 */
gint64
hein_message_get_expiry_ms (HeinMessage *self)
{
  gint64 left_us;

  g_return_val_if_fail (self != NULL, -1);

  if (hein_message_get_expires_us (self) == 0)
    return -1;
  left_us = hein_message_get_expires_us (self) - hein_world_get_us ();
  return left_us <= 0 ? 0 : (left_us + 999) / 1000;
}

/**
 * hein_message_set_priority:
 * @self: a message that was not sent yet
 * @priority: %HEIN_PRIORITY_NORMAL, the default, or %HEIN_PRIORITY_HIGH
 *
 * Sets whether the message overtakes others. One of high priority is sent
 * before all others that wait for the same peer, behind earlier ones of its
 * kind: among the messages of one priority, the order from a sender to a
 * receiver stays. A message that is half written is finished first, and what is
 * in the buffers of the kernel or has arrived is not overtaken. Of deliveries
 * ([method@Bus.deliver_async]), those that wait for credit or for any peer are.
 *
 * Both kinds have limits of their own: one of high priority finds room although
 * [property@Bus:send-limit] bytes of others are queued, and each policy of
 * [enum@Overflow] drops among its kind alone. With `latest` a value takes the
 * place of an older one of its topic, whatever the priority of either. When one
 * of high priority has to wait for room of its own, or for a peer that is not
 * there, it waits in the order of all.
 *
 * What is encoded is overtaken where a protocol shares encodings
 * ([method@Wire.set_encoding]), as `zmtp` does between heins and with most
 * sockets of libzmq; elsewhere only what a protocol holds back. Groups of
 * `udp-multicast` keep their order.
 *
 * A message that was sent, was received, or that somebody else has a reference
 * to must not be changed.
 *
 * - Thread: any.
 *
 * Since: 0.9
 */
void
hein_message_set_priority (HeinMessage *self, HeinPriority priority)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (priority <= HEIN_PRIORITY_HIGH);
  g_return_if_fail (is_own (self));

  if (priority == HEIN_PRIORITY_NORMAL && get_notes (self) == NULL)
    return;
  own_notes (self)->priority = priority;
  drop_empty (self);
}

/**
 * hein_message_get_priority:
 * @self: a message
 *
 * Gets whether the message overtakes others, see
 * [method@Message.set_priority]. Between heins it travels along, over `zmtp`
 * and `inproc`.
 *
 * - Thread: any.
 *
 * Returns: the priority
 *
 * Since: 0.9
 */
HeinPriority
hein_message_get_priority (HeinMessage *self)
{
  const HeinNotes *notes;

  g_return_val_if_fail (self != NULL, HEIN_PRIORITY_NORMAL);

  notes = get_notes (self);
  return notes != NULL ? notes->priority : HEIN_PRIORITY_NORMAL;
}

/**
 * hein_message_copy_attributes:
 * @self: a message that was not sent yet
 * @other: another message
 *
 * Takes over the attributes of @other, when it expires and its priority, in
 * place of those
 * of @self; for filters that give back another message, and for programs that
 * pass on what they have received. The content type is not one of them.
 *
 * - Thread: any.
 *
 * Since: 0.9
 */
void
hein_message_copy_attributes (HeinMessage *self, HeinMessage *other)
{
  const HeinNotes *notes;

  g_return_if_fail (self != NULL);
  g_return_if_fail (other != NULL);
  g_return_if_fail (self == other || is_own (self));

  notes = get_notes (other);
  if (self == other || notes == get_notes (self))
    return;
  if (self->extra == NULL)
    self->extra = hein_message_extra_alloc (0);
  g_clear_pointer (&self->extra->notes, hein_notes_unref);
  if (notes != NULL)
    self->extra->notes = hein_notes_ref ((HeinNotes *) notes);
}

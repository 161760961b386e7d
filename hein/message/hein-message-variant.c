/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "hein-message-memory.h"
#include "hein-message-new.h"

#define VARIANT_CONTENT_TYPE "application/x-gvariant"

/* Messages whose payload is a GVariant. */

/* Serialises a value: normal form, little endian. */
static GBytes *
variant_to_bytes (GVariant *value)
{
  g_autoptr (GVariant) normal = g_variant_get_normal_form (value);

#if G_BYTE_ORDER == G_BIG_ENDIAN
  {
    g_autoptr (GVariant) swapped = g_variant_byteswap (normal);

    return g_variant_get_data_as_bytes (swapped);
  }
#else
  return g_variant_get_data_as_bytes (normal);
#endif
}

/* Leaves out a type string that is too long for a content type. */
static char *
variant_content_type (GVariant *value)
{
  g_autofree char *text = g_strdup_printf (VARIANT_CONTENT_TYPE "; type=\"%s\"",
                                           g_variant_get_type_string (value));

  if (strlen (text) <= HEIN_CONTENT_TYPE_MAX)
    return g_steal_pointer (&text);
  return g_strdup (VARIANT_CONTENT_TYPE);
}

/* Returns the type that the content type names; NULL when it names none, or one
 * that a message cannot have. */
static GVariantType *
dup_named_type (const HeinMessage *self)
{
  const char *head = VARIANT_CONTENT_TYPE "; type=\"";
  const char *text =
    self->extra != NULL ? self->extra->attributes.content_type : NULL;
  g_autofree char *name = NULL;

  if (text == NULL || !g_str_has_prefix (text, head) ||
      !g_str_has_suffix (text, "\"") || strlen (text) == strlen (head))
    return NULL;
  name = g_strndup (text + strlen (head), strlen (text) - strlen (head) - 1);
  if (!g_variant_type_string_is_valid (name) ||
      !g_variant_type_is_definite (G_VARIANT_TYPE (name)))
    return NULL;
  return g_variant_type_new (name);
}

/**
 * hein_message_new_variant:
 * @topic: (nullable): 0 to 255 bytes of UTF-8; %NULL is the empty one
 * @value: (transfer none): a value; a floating reference is taken
 *
 * Makes a message of a [struct@GLib.Variant].
 *
 * The payload is the value's serialised bytes in normal form, little endian;
 * the content type is `application/x-gvariant; type="…"` with the type string,
 * which is left out when the whole would exceed 255 bytes.
 *
 * - Limits: what may be sent is limited by the bus, 16 MiB unless set.
 * - Thread: any.
 *
 * Returns: (transfer full): a message
 *
 * Since: 0.9
 */
HeinMessage *
hein_message_new_variant (const char *topic, GVariant *value)
{
  g_autoptr (GVariant) held = NULL;
  g_autoptr (GBytes) payload = NULL;
  g_autofree char *content_type = NULL;

  g_return_val_if_fail (hein_message_is_topic (topic), NULL);
  g_return_val_if_fail (value != NULL, NULL);

  held = g_variant_ref_sink (value);
  payload = variant_to_bytes (held);
  content_type = variant_content_type (held);
  return hein_message_new_typed (topic, content_type, payload);
}

/* Chooses the type to read the payload as. NULL with @error when neither the
 * caller nor the message names one, or they name different ones. */
static GVariantType *
choose_type (HeinMessage *self, const GVariantType *wanted, GError **error)
{
  g_autoptr (GVariantType) named = dup_named_type (self);

  if (wanted == NULL && named == NULL)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                   "the message does not say of what type its value is");
      return NULL;
    }
  if (wanted == NULL || named == NULL || g_variant_type_equal (named, wanted))
    return g_variant_type_copy (wanted != NULL ? wanted : named);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "the message holds a value of type %.*s, not %.*s",
               (int) g_variant_type_get_string_length (named),
               g_variant_type_peek_string (named),
               (int) g_variant_type_get_string_length (wanted),
               g_variant_type_peek_string (wanted));
  return NULL;
}

/* Converts a little-endian value. The caller must check for normal form before,
 * as the result of byteswap is always in normal form. */
static GVariant *
take_native (GVariant *wire)
{
#if G_BYTE_ORDER == G_BIG_ENDIAN
  g_autoptr (GVariant) held = wire;

  return g_variant_byteswap (held);
#else
  return wire;
#endif
}

/**
 * hein_message_dup_variant:
 * @self: a message
 * @type: (nullable): the expected type, a definite one; %NULL: the type that
 *   the content type names
 * @error: return location
 *
 * Reads the payload as a serialised [struct@GLib.Variant], little endian.
 *
 * - Errors: `HEIN_ERROR_PROTOCOL` when the payload is not in normal form, when
 *   the content type names another type, or when no type is named.
 * - Thread: any.
 *
 * Returns: (transfer full): a value, not floating
 *
 * Since: 0.9
 */
GVariant *
hein_message_dup_variant (HeinMessage *self,
                          const GVariantType *type,
                          GError **error)
{
  g_autoptr (GVariantType) chosen = NULL;
  g_autoptr (GVariant) value = NULL;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (type == NULL || g_variant_type_is_definite (type),
                        NULL);

  chosen = choose_type (self, type, error);
  if (chosen == NULL)
    return NULL;
  value = g_variant_ref_sink (
    g_variant_new_from_bytes (chosen, hein_message_get_payload (self), FALSE));
  if (g_variant_is_normal_form (value))
    return take_native (g_steal_pointer (&value));
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "payload of %" G_GSIZE_FORMAT
               " bytes are not a value of type %s in normal form",
               self->size, g_variant_get_type_string (value));
  return NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-spool-message.h"

#include <string.h>

#include <hein/hein-clock.h>
#include <hein/hein-error.h>

/*
 * A message is a GVariant, in little endian:
 *
 *   y    version, 1
 *   x    when it was posted, in milliseconds since 1970
 *   x    when it expires, in milliseconds since 1970; 0: never. The clock of
 *        the machine is the only one that goes on where a process has ended.
 *   y    priority
 *   b s  whether it is for the peer of this name
 *   s    topic
 *   s    content type; empty: none
 *   a(ss) attributes
 *   aay  parts
 */

#define FORMAT    "(yxxybsssa(ss)aay)"
#define VERSION   1
#define PARTS_MAX 65536

static gboolean
has_room_for_id (HeinMessage *message)
{
  const char *const *pairs = hein_message_get_attributes (message);
  gsize size = strlen (HEIN_ATTRIBUTE_ID) + HEIN_SPOOL_ID_MAX;
  guint n = 0;

  if (hein_message_get_attribute (message, HEIN_ATTRIBUTE_ID) != NULL)
    return TRUE;
  for (; pairs != NULL && pairs[n] != NULL; n++)
    size += strlen (pairs[n]);
  return n / 2 < HEIN_ATTRIBUTES_MAX && size <= HEIN_ATTRIBUTES_SIZE_MAX;
}

gboolean
hein_spool_message_check (HeinMessage *message, GError **error)
{
  if (hein_message_get_return_path (message) != NULL)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                         "a reply cannot be posted: who asked is not known any "
                         "more when the program has begun anew");
  else if (!has_room_for_id (message))
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
                         "the message has as many attributes as one can have, "
                         "and none of them is an id");
  else
    return TRUE;
  return FALSE;
}

/* ---- writing ---- */

static gint64
get_expiry (HeinMessage *message)
{
  const gint64 left_ms = hein_message_get_expiry_ms (message);

  return left_ms < 0 ? 0 : MAX (hein_get_real_time () / 1000 + left_ms, 1);
}

static GVariant *
write_attributes (HeinMessage *message, const char *id)
{
  const char *const *pairs = hein_message_get_attributes (message);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ss)"));
  for (guint i = 0; pairs != NULL && pairs[i] != NULL; i += 2)
    g_variant_builder_add (&builder, "(ss)", pairs[i], pairs[i + 1]);
  if (hein_message_get_attribute (message, HEIN_ATTRIBUTE_ID) == NULL)
    g_variant_builder_add (&builder, "(ss)", HEIN_ATTRIBUTE_ID, id);
  return g_variant_builder_end (&builder);
}

static GVariant *
write_parts (HeinMessage *message)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aay"));
  for (guint i = 0; i < hein_message_get_n_parts (message); i++)
    g_variant_builder_add_value (
      &builder,
      g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING,
                                hein_message_get_part (message, i), TRUE));
  return g_variant_builder_end (&builder);
}

static GVariant *
to_little_endian (GVariant *value)
{
  if (G_BYTE_ORDER == G_LITTLE_ENDIAN)
    return g_variant_ref (value);
  return g_variant_byteswap (value);
}

GBytes *
hein_spool_message_write (HeinMessage *message, const char *to, const char *id)
{
  const char *type = hein_message_get_content_type (message);
  g_autoptr (GVariant) value = g_variant_ref_sink (
    g_variant_new ("(yxxybsss@a(ss)@aay)", VERSION,
                   hein_get_real_time () / 1000, get_expiry (message),
                   hein_message_get_priority (message), to != NULL,
                   to != NULL ? to : "", hein_message_get_topic (message),
                   type != NULL ? type : "", write_attributes (message, id),
                   write_parts (message)));
  g_autoptr (GVariant) little = to_little_endian (value);

  return g_variant_get_data_as_bytes (little);
}

/* ---- reading ---- */

static GVariant *
parse (const guint8 *bytes, gsize size)
{
  g_autoptr (GBytes) copy = g_bytes_new (bytes, size);
  g_autoptr (GVariant) value = g_variant_ref_sink (
    g_variant_new_from_bytes (G_VARIANT_TYPE (FORMAT), copy, FALSE));
  g_autoptr (GVariant) native = to_little_endian (value);

  return g_variant_is_normal_form (native) ? g_steal_pointer (&native) : NULL;
}

static gboolean
read_attributes (HeinMessage *message, GVariant *attributes)
{
  GVariantIter iter;
  const char *name;
  const char *text;

  g_variant_iter_init (&iter, attributes);
  while (g_variant_iter_next (&iter, "(&s&s)", &name, &text))
    if (!hein_message_set_attribute (message, name, text, NULL))
      return FALSE;
  return TRUE;
}

static HeinMessage *
read_parts (const char *topic, const char *type, GVariant *parts)
{
  const gsize n = g_variant_n_children (parts);
  g_autoptr (GPtrArray) list = NULL;

  if (n == 0 || n > PARTS_MAX || strlen (topic) > HEIN_TOPIC_MAX ||
      strlen (type) > 255)
    return NULL;
  list = g_ptr_array_new_full (n, (GDestroyNotify) g_bytes_unref);
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) part = g_variant_get_child_value (parts, i);

      g_ptr_array_add (list, g_variant_get_data_as_bytes (part));
    }
  return hein_message_new_full (topic, type[0] != '\0' ? type : NULL,
                                (GBytes **) list->pdata, n, NULL);
}

/* FALSE: it is of no use any more. */
static gboolean
set_expiry (HeinMessage *message, gint64 expires_ms)
{
  const gint64 left_ms = expires_ms - hein_get_real_time () / 1000;

  if (expires_ms == 0)
    return TRUE;
  if (left_ms <= 0)
    return FALSE;
  /* a clock that was set back does not make it live longer than any could */
  hein_message_set_expiry_ms (message, MIN (left_ms, G_MAXUINT));
  return TRUE;
}

gboolean
hein_spool_message_read (HeinSpooled *self, const guint8 *bytes, gsize size)
{
  g_autoptr (GVariant) value = parse (bytes, size);
  g_autoptr (GVariant) attributes = NULL;
  g_autoptr (GVariant) parts = NULL;
  g_autoptr (HeinMessage) message = NULL;
  const char *to;
  const char *topic;
  const char *type;
  gboolean is_named;
  guint8 version;
  guint8 priority;
  gint64 posted_ms;
  gint64 expires_ms;

  memset (self, 0, sizeof *self);
  if (value == NULL)
    return FALSE;
  g_variant_get (value, "(yxxyb&s&s&s@a(ss)@aay)", &version, &posted_ms,
                 &expires_ms, &priority, &is_named, &to, &topic, &type,
                 &attributes, &parts);
  if (version != VERSION || priority > HEIN_PRIORITY_HIGH || posted_ms < 0 ||
      expires_ms < 0)
    return FALSE;
  message = read_parts (topic, type, parts);
  if (message == NULL || !read_attributes (message, attributes))
    return FALSE;
  hein_message_set_priority (message, priority);
  self->posted_ms = posted_ms;
  self->expires_ms = expires_ms;
  self->has_expired = !set_expiry (message, expires_ms);
  self->to = is_named ? g_strdup (to) : NULL;
  self->message = g_steal_pointer (&message);
  return TRUE;
}

void
hein_spooled_clear (HeinSpooled *self)
{
  g_clear_pointer (&self->message, hein_message_unref);
  g_clear_pointer (&self->to, g_free);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-value.h"

#include <math.h>
#include <string.h>

#include "monitor-json.h"
#include "monitor-text.h"

/* Shows payloads as text, with bounds: they come from strangers. */

/* What is larger is not decoded, but shown as it is. */
#define DECODED_MAX 65536
/* A summary is made of so many bytes. */
#define SUMMARY_MAX 160
#define HEX_MAX     2048

#define PNG_BEGIN  "\x89PNG\r\n\x1a\n"
#define JPEG_BEGIN "\xff\xd8\xff"

static gboolean
begins_with (const HeinMessageView *view, const char *text)
{
  const gsize size = strlen (text);

  return view->size >= size && memcmp (view->data, text, size) == 0;
}

static gboolean
has_type (HeinMessage *message, const char *prefix)
{
  const char *type = hein_message_get_content_type (message);

  return type != NULL &&
         g_ascii_strncasecmp (type, prefix, strlen (prefix)) == 0;
}

/* A character may be cut where the beginning of a message ends. */
static gboolean
is_text (const HeinMessageView *view)
{
  const char *text = (const char *) view->data, *end;

  if (memchr (text, '\0', view->size) != NULL)
    return FALSE;
  return g_utf8_validate_len (text, view->size, &end) ||
         (view->size - (gsize) (end - text) < 4 &&
          g_utf8_get_char_validated (end, (gssize) (view->size -
                                                    (gsize) (end - text))) ==
            (gunichar) -2);
}

MonitorValueKind
monitor_value_get_kind (HeinMessage *message)
{
  HeinMessageView view;

  hein_message_peek (message, &view);
  if (view.size == 0)
    return MONITOR_VALUE_EMPTY;
  if (has_type (message, "image/") || begins_with (&view, PNG_BEGIN) ||
      begins_with (&view, JPEG_BEGIN))
    return MONITOR_VALUE_PICTURE;
  if (has_type (message, "application/x-gvariant"))
    return MONITOR_VALUE_VARIANT;
  if (!is_text (&view))
    return MONITOR_VALUE_BYTES;
  if (has_type (message, "application/json") || *view.data == '{' ||
      *view.data == '[')
    return MONITOR_VALUE_JSON;
  return MONITOR_VALUE_TEXT;
}

const char *
monitor_value_get_kind_name (MonitorValueKind kind)
{
  static const char *const names[] = { "Empty",    "Text",    "JSON",
                                       "GVariant", "Picture", "Bytes" };

  return names[kind];
}

static GVariant *
dup_variant (HeinMessage *message)
{
  HeinMessageView view;

  hein_message_peek (message, &view);
  return view.size <= DECODED_MAX
           ? hein_message_dup_variant (message, NULL, NULL)
           : NULL;
}

/* Not yet printable, and perhaps too long. */
static char *
dup_decoded (HeinMessage *message, gsize *size)
{
  g_autoptr (GVariant) variant = NULL;
  char *text = NULL;
  HeinMessageView view;

  hein_message_peek (message, &view);
  if (has_type (message, "application/x-gvariant"))
    {
      variant = dup_variant (message);
      text = variant != NULL ? g_variant_print (variant, FALSE) : NULL;
    }
  else if (view.size <= DECODED_MAX)
    text = monitor_json_dup_pretty ((const char *) view.data, view.size);
  if (text != NULL)
    {
      *size = strlen (text);
      return text;
    }
  *size = view.size;
  return g_memdup2 (view.data, view.size);
}

char *
monitor_value_dup_text (HeinMessage *message)
{
  const MonitorValueKind kind = monitor_value_get_kind (message);
  g_autofree char *decoded = NULL;
  g_autofree char *shown = NULL;
  HeinMessageView view;
  gsize size;

  hein_message_peek (message, &view);
  if (kind == MONITOR_VALUE_EMPTY || kind == MONITOR_VALUE_PICTURE)
    return g_strdup ("");
  if (kind == MONITOR_VALUE_BYTES)
    return monitor_text_dup_hex (view.data, MIN (view.size, HEX_MAX));
  decoded = dup_decoded (message, &size);
  shown =
    monitor_text_dup_printable (decoded, MIN (size, MONITOR_VALUE_SHOWN_MAX),
                                TRUE);
  return size > MONITOR_VALUE_SHOWN_MAX ? g_strconcat (shown, "…", NULL)
                                        : g_steal_pointer (&shown);
}

/* On one line; spaces in a row become one. */
static char *
join_lines (char *text)
{
  char *to = text;

  for (const char *at = text; *at != '\0'; at++)
    if (!g_ascii_isspace (*at))
      *to++ = *at;
    else if (to > text && to[-1] != ' ')
      *to++ = ' ';
  *to = '\0';
  return text;
}

char *
monitor_value_dup_summary (HeinMessage *message)
{
  const MonitorValueKind kind = monitor_value_get_kind (message);
  g_autofree char *text = NULL;
  g_autofree char *size = NULL;
  HeinMessageView view;

  hein_message_peek (message, &view);
  size = monitor_text_dup_size (view.size);
  if (kind == MONITOR_VALUE_TEXT || kind == MONITOR_VALUE_JSON)
    text = monitor_text_dup_printable ((const char *) view.data,
                                       MIN (view.size, SUMMARY_MAX), TRUE);
  else if (kind == MONITOR_VALUE_VARIANT)
    {
      g_autofree char *whole = monitor_value_dup_text (message);

      text =
        monitor_text_dup_printable (whole, MIN (strlen (whole), SUMMARY_MAX),
                                    TRUE);
    }
  if (text != NULL)
    return join_lines (g_steal_pointer (&text));
  if (kind == MONITOR_VALUE_EMPTY)
    return g_strdup ("empty");
  return kind == MONITOR_VALUE_PICTURE ? g_strdup_printf ("picture, %s", size)
                                       : g_steal_pointer (&size);
}

static gboolean
read_variant_number (GVariant *variant, double *value)
{
  const GVariantClass class = g_variant_classify (variant);

  if (class == G_VARIANT_CLASS_DOUBLE)
    *value = g_variant_get_double (variant);
  else if (class == G_VARIANT_CLASS_BOOLEAN)
    *value = g_variant_get_boolean (variant);
  else if (class == G_VARIANT_CLASS_STRING ||
           class == G_VARIANT_CLASS_OBJECT_PATH ||
           class == G_VARIANT_CLASS_SIGNATURE ||
           g_variant_is_container (variant))
    return FALSE;
  else
    {
      /* integers are printed as such without their types, but bytes */
      g_autofree char *text = g_variant_print (variant, FALSE);

      *value = g_ascii_strtod (text, NULL);
    }
  return isfinite (*value);
}

gboolean
monitor_value_read_number (HeinMessage *message, double *value)
{
  g_autoptr (GVariant) variant = NULL;
  HeinMessageView view;

  hein_message_peek (message, &view);
  if (!has_type (message, "application/x-gvariant"))
    return monitor_text_read_number ((const char *) view.data, view.size,
                                     value);
  variant = dup_variant (message);
  return variant != NULL && read_variant_number (variant, value);
}

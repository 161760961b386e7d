/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-format.h"

#include <string.h>

#include "tool-json.h"
#include "tool-text.h"

/* Formats messages for `hein receive`: as text, payload, or JSON. */

static const char *
get_sender (HeinMessage *message)
{
  HeinPeer *peer = hein_message_get_sender (message);

  return peer != NULL ? hein_peer_get_name (peer) : "";
}

/* What proved who the sender is; it may be gone, and is known all the same. */
static const char *
get_security (HeinMessage *message)
{
  HeinPeer *peer = hein_message_get_sender (message);

  return peer != NULL ? hein_peer_get_security (peer) : "none";
}

static const guint8 *
peek_part (HeinMessage *message, guint index, gsize *size)
{
  if (index == 0)
    return hein_message_peek_data (message, size);
  return g_bytes_get_data (hein_message_get_part (message, index), size);
}

static void
append_head (GString *text, HeinMessage *message)
{
  const char *sender = get_sender (message);
  const char *topic = hein_message_get_topic (message);

  tool_text_append (text, sender, strlen (sender));
  g_string_append_c (text, '\t');
  tool_text_append (text, topic, strlen (topic));
}

static void
format_text (GString *text, HeinMessage *message)
{
  append_head (text, message);
  for (guint i = 0; i < hein_message_get_n_parts (message); i++)
    {
      gsize size;
      const guint8 *data = peek_part (message, i, &size);

      g_string_append_c (text, '\t');
      tool_text_append (text, (const char *) data, size);
    }
  g_string_append_c (text, '\n');
}

static void
format_hex (GString *text, HeinMessage *message)
{
  append_head (text, message);
  for (guint i = 0; i < hein_message_get_n_parts (message); i++)
    {
      gsize size;
      const guint8 *data = peek_part (message, i, &size);

      g_string_append_c (text, '\t');
      tool_text_append_hex (text, data, size);
    }
  g_string_append_c (text, '\n');
}

static void
format_raw (GString *text, HeinMessage *message)
{
  for (guint i = 0; i < hein_message_get_n_parts (message); i++)
    {
      gsize size;
      const guint8 *data = peek_part (message, i, &size);

      g_string_append_len (text, (const char *) data, size);
    }
}

static void
append_payload (GString *text, HeinMessage *message, guint index)
{
  gsize size;
  const guint8 *data = peek_part (message, index, &size);

  tool_json_append_payload (text, data, size);
}

static void
format_json (GString *text, HeinMessage *message)
{
  const char *type = hein_message_get_content_type (message);
  guint n = hein_message_get_n_parts (message);

  g_string_append_c (text, '{');
  tool_json_append_member (text, "sender", get_sender (message));
  tool_json_append_member (text, "security", get_security (message));
  tool_json_append_member (text, "topic", hein_message_get_topic (message));
  if (type != NULL)
    tool_json_append_member (text, "content-type", type);
  tool_json_append_attributes (text, message);
  append_payload (text, message, 0);
  if (n > 1)
    {
      tool_json_append_name (text, "more-parts");
      g_string_append_c (text, '[');
    }
  for (guint i = 1; i < n; i++)
    {
      g_string_append (text, i > 1 ? ",{" : "{");
      append_payload (text, message, i);
      g_string_append_c (text, '}');
    }
  g_string_append (text, n > 1 ? "]}\n" : "}\n");
}

ToolFormat
tool_format_find (const char *name)
{
  static const struct
  {
    const char *name;
    ToolFormat format;
  } formats[] = {
    { "text", format_text },
    { "json", format_json },
    { "hex", format_hex },
    { "raw", format_raw },
  };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (g_str_equal (name, formats[i].name))
      return formats[i].format;
  return NULL;
}

/* The clock of messages does not say what time it is. Somebody who sets the
 * clock of the machine later does not make the time go back. */
static char *
dup_time (HeinMessage *message)
{
  static gint64 offset_us;
  g_autoptr (GDateTime) time = NULL;
  g_autofree char *seconds = NULL;
  gint64 real_us;

  if (offset_us == 0)
    offset_us = g_get_real_time () - g_get_monotonic_time ();
  real_us = hein_message_get_time_us (message) + offset_us;
  time = g_date_time_new_from_unix_utc (real_us / G_USEC_PER_SEC);
  seconds = g_date_time_format (time, "%Y-%m-%dT%H:%M:%S");
  return g_strdup_printf ("%s.%06dZ", seconds,
                          (int) (real_us % G_USEC_PER_SEC));
}

gboolean
tool_format_has_time (ToolFormat format)
{
  return format != format_raw;
}

void
tool_format_with_time (ToolFormat format, GString *text, HeinMessage *message)
{
  g_autofree char *time = dup_time (message);

  if (format == format_json)
    {
      const gsize begin = text->len;
      g_autofree char *member = g_strdup_printf ("\"time\":\"%s\",", time);

      format (text, message);
      g_string_insert (text, begin + 1, member);
      return;
    }
  g_string_append_printf (text, "%s\t", time);
  format (text, message);
}

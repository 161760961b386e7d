/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-parse.h"

#include <string.h>

#include "json/hein-json.h"

/* Makes messages of JSON. */

#define TYPE_MAX 255

G_GNUC_PRINTF (2, 3)
static gboolean
refuse (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error =
      g_error_new_valist (HEIN_ERROR, HEIN_ERROR_PROTOCOL, format, arguments);
  va_end (arguments);
  return FALSE;
}

/* ---- members ---- */

/* A text without NUL; @text stays as it is where there is no such member. */
static gboolean
read_text (const HeinJsonSpan *object,
           const char *name,
           gsize max,
           GString **text,
           GError **error)
{
  HeinJsonSpan value;

  if (!hein_json_find (object->data, object->size, name, &value))
    return TRUE;
  if (value.data[0] != '"')
    return refuse (error, "\"%s\" is no text", name);
  *text = g_string_new (NULL);
  if (!hein_json_unquote (&value, *text, error))
    return FALSE;
  if (strlen ((*text)->str) != (*text)->len)
    return refuse (error, "\"%s\" has a NUL in it", name);
  if ((*text)->len > max)
    return refuse (error, "\"%s\" is over %" G_GSIZE_FORMAT " bytes", name,
                   max);
  return TRUE;
}

static GBytes *
decode (const char *text, GError **error)
{
  gsize size;
  guint8 *data = g_base64_decode (text, &size);
  g_autofree char *again = g_base64_encode (data, size);

  /* the decoder skips whatever it does not know */
  if (g_str_equal (again, text))
    return g_bytes_new_take (data, size);
  g_free (data);
  refuse (error, "\"payload-base64\" is not base64");
  return NULL;
}

/* The payload, or a further part. */
static GBytes *
read_payload (const HeinJsonSpan *object, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  HeinJsonSpan value;
  const gboolean is_encoded =
    hein_json_find (object->data, object->size, "payload-base64", &value);

  if (!is_encoded &&
      !hein_json_find (object->data, object->size, "payload", &value))
    {
      refuse (error, "there is neither \"payload\" nor \"payload-base64\"");
      return NULL;
    }
  if (value.data[0] != '"')
    {
      refuse (error, "a payload is a text");
      return NULL;
    }
  if (!hein_json_unquote (&value, text, error))
    return NULL;
  if (is_encoded)
    return decode (text->str, error);
  return g_string_free_to_bytes (g_steal_pointer (&text));
}

/* Calls read_payload for each object of an array. */
static gboolean
read_parts (const HeinJsonSpan *array, GPtrArray *parts, GError **error)
{
  HeinJsonReader reader;
  HeinJsonToken token;
  const char *begin = NULL;

  if (array->data[0] != '[')
    return refuse (error, "\"more-parts\" is no array");
  hein_json_reader_init (&reader, array->data, array->size);
  while (hein_json_reader_next (&reader, &token, error) &&
         token.kind != HEIN_JSON_END)
    {
      HeinJsonSpan part;
      GBytes *payload;

      if (reader.depth == 1 && token.kind != HEIN_JSON_BEGIN_ARRAY &&
          token.kind != HEIN_JSON_END_OBJECT)
        return refuse (error, "a part is an object");
      if (token.kind == HEIN_JSON_BEGIN_OBJECT && reader.depth == 2)
        begin = token.text.data;
      if (token.kind != HEIN_JSON_END_OBJECT || reader.depth != 1)
        continue;
      part = (HeinJsonSpan){ begin, token.text.data + 1 - begin };
      payload = read_payload (&part, error);
      if (payload == NULL)
        return FALSE;
      g_ptr_array_add (parts, payload);
    }
  return TRUE;
}

static gboolean
set_attributes (HeinMessage *message,
                const HeinJsonSpan *object,
                GError **error)
{
  g_autoptr (GString) name = g_string_new (NULL);
  HeinJsonReader reader;
  HeinJsonToken token;

  if (object->data[0] != '{')
    return refuse (error, "\"attributes\" is no object");
  hein_json_reader_init (&reader, object->data, object->size);
  while (hein_json_reader_next (&reader, &token, error) &&
         token.kind != HEIN_JSON_END)
    {
      g_autoptr (GString) value = g_string_new (NULL);

      if (token.kind == HEIN_JSON_NAME)
        {
          g_string_truncate (name, 0);
          if (!hein_json_unquote (&token.text, name, error))
            return FALSE;
        }
      else if (token.kind == HEIN_JSON_STRING)
        {
          if (!hein_json_unquote (&token.text, value, error))
            return FALSE;
          if (strlen (value->str) != value->len ||
              strlen (name->str) != name->len)
            return refuse (error, "an attribute has a NUL in it");
          if (!hein_message_set_attribute (message, name->str, value->str,
                                           error))
            return FALSE;
        }
      else if (token.text.data != object->data &&
               token.kind != HEIN_JSON_END_OBJECT)
        return refuse (error, "an attribute is a text");
    }
  return TRUE;
}

static gboolean
set_expiry (HeinMessage *message, const HeinJsonSpan *value, GError **error)
{
  const guint64 left_ms = value->size < 11 && g_ascii_isdigit (value->data[0])
                            ? g_ascii_strtoull (value->data, NULL, 10)
                            : G_MAXUINT64;

  if (left_ms > G_MAXINT32)
    return refuse (error, "\"expires-ms\" is a number from 0 to %d",
                   G_MAXINT32);
  hein_message_set_expiry_ms (message, (gint64) left_ms);
  return TRUE;
}

static gboolean
set_priority (HeinMessage *message, const HeinJsonSpan *value, GError **error)
{
  g_autofree char *text = g_strndup (value->data, value->size);

  if (g_str_equal (text, "\"high\""))
    hein_message_set_priority (message, HEIN_PRIORITY_HIGH);
  else if (!g_str_equal (text, "\"normal\""))
    return refuse (error, "\"priority\" is \"high\" or \"normal\"");
  return TRUE;
}

static gboolean
read_time (const HeinJsonSpan *object, gint64 *time_us, GError **error)
{
  g_autoptr (GString) text = NULL;
  g_autoptr (GDateTime) time = NULL;

  *time_us = 0;
  if (!read_text (object, "time", 64, &text, error))
    return FALSE;
  if (text == NULL)
    return TRUE;
  time = g_date_time_new_from_iso8601 (text->str, NULL);
  if (time == NULL)
    return refuse (error, "\"time\" is no time such as "
                          "2026-11-29T13:16:11.123456Z");
  *time_us = g_date_time_to_unix (time) * G_USEC_PER_SEC +
             g_date_time_get_microsecond (time);
  return TRUE;
}

/* ---- the message ---- */

static HeinMessage *
make (const HeinJsonSpan *object,
      const char *topic,
      const char *type,
      GError **error)
{
  g_autoptr (GPtrArray) parts =
    g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  GBytes *payload = read_payload (object, error);
  HeinJsonSpan value;

  if (payload == NULL)
    return NULL;
  g_ptr_array_add (parts, payload);
  if (hein_json_find (object->data, object->size, "more-parts", &value) &&
      !read_parts (&value, parts, error))
    return NULL;
  return hein_message_new_full (topic, type, (GBytes **) parts->pdata,
                                parts->len, NULL);
}

static gboolean
set_rest (HeinMessage *message, const HeinJsonSpan *object, GError **error)
{
  HeinJsonSpan value;

  return (!hein_json_find (object->data, object->size, "attributes", &value) ||
          set_attributes (message, &value, error)) &&
         (!hein_json_find (object->data, object->size, "expires-ms", &value) ||
          set_expiry (message, &value, error)) &&
         (!hein_json_find (object->data, object->size, "priority", &value) ||
          set_priority (message, &value, error));
}

HeinMessage *
tool_parse_message (const char *data,
                    gsize size,
                    const char *default_topic,
                    const char *default_type,
                    gint64 *time_us,
                    GError **error)
{
  const HeinJsonSpan object = { data, size };
  g_autoptr (GString) topic = NULL;
  g_autoptr (GString) type = NULL;
  g_autoptr (HeinMessage) message = NULL;

  if (!g_utf8_validate_len (data, size, NULL))
    {
      refuse (error, "it is not UTF-8");
      return NULL;
    }
  if (!hein_json_check (data, size, error) ||
      !read_text (&object, "topic", HEIN_TOPIC_MAX, &topic, error) ||
      !read_text (&object, "content-type", TYPE_MAX, &type, error) ||
      !read_time (&object, time_us, error))
    return NULL;
  message = make (&object, topic != NULL ? topic->str : default_topic,
                  type != NULL ? type->str : default_type, error);
  if (message == NULL || !set_rest (message, &object, error))
    return NULL;
  return g_steal_pointer (&message);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "soc-items.h"

#include <string.h>

#include "json/hein-json.h"
#include "soc-frames.h"
#include "soc-json.h"

static const guint8 mark[] = { 0xac, 0xbd };
static const guint8 escaped_mark[] = { 0xac, 0xbd, 0xee };
static const guint8 item_end[] = { 0xac, 0xbd, 0xac, 0xbd };

gboolean
soc_items_get_kind (const char *key, SocItemsKind *kind)
{
  static const char *const others[] = { "raw", "png", "die", "jsn", "jxn" };

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if (g_str_equal (key, others[i]))
      return FALSE;
  kind->is_list = g_str_equal (key, "lst") || g_str_equal (key, "tls");
  kind->is_typed = g_str_equal (key, "tdi") || g_str_equal (key, "tls");
  return TRUE;
}

/* ---- encoding ---- */

static void
append_item (GByteArray *body, const GString *item)
{
  g_autoptr (GBytes) escaped =
    soc_replace ((const guint8 *) item->str, item->len, mark, sizeof mark,
                 escaped_mark, sizeof escaped_mark);

  g_byte_array_append (body, g_bytes_get_data (escaped, NULL),
                       g_bytes_get_size (escaped));
  g_byte_array_append (body, item_end, sizeof item_end);
}

/* As Python's str () writes it. */
static void
append_text (GString *item, const HeinJsonToken *token)
{
  if (token->kind == HEIN_JSON_STRING)
    hein_json_unquote (&token->text, item, NULL);
  else if (token->kind == HEIN_JSON_TRUE || token->kind == HEIN_JSON_FALSE)
    g_string_append (item, token->kind == HEIN_JSON_TRUE ? "True" : "False");
  else if (token->kind == HEIN_JSON_NULL)
    g_string_append (item, "None");
  else
    g_string_append_len (item, token->text.data, token->text.size);
}

static void
append_typed (GString *item, const HeinJsonToken *token)
{
  g_autoptr (GString) typed = g_string_new (NULL);
  HeinJsonSpan quoted;

  soc_json_append_typed (typed, token->text.data, token->text.size);
  quoted = (HeinJsonSpan){ typed->str, typed->len };
  hein_json_unquote (&quoted, item, NULL);
}

static gboolean
encode_items (const SocItemsKind *kind,
              HeinJsonReader *reader,
              GByteArray *body)
{
  HeinJsonToken token;
  g_autoptr (GString) item = g_string_new (NULL);

  while (hein_json_reader_next (reader, &token, NULL) && reader->depth > 0)
    {
      if (reader->depth > 1)
        return FALSE;
      if (token.kind == HEIN_JSON_NAME)
        {
          hein_json_unquote (&token.text, item, NULL);
          g_string_append_c (item, ':');
          continue;
        }
      if (kind->is_typed)
        append_typed (item, &token);
      else
        append_text (item, &token);
      append_item (body, item);
      g_string_truncate (item, 0);
    }
  return TRUE;
}

GBytes *
soc_items_encode (const SocItemsKind *kind,
                  const char *data,
                  gsize size,
                  GError **error)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();
  const HeinJsonKind wanted =
    kind->is_list ? HEIN_JSON_BEGIN_ARRAY : HEIN_JSON_BEGIN_OBJECT;
  HeinJsonReader reader;
  HeinJsonToken token;

  hein_json_reader_init (&reader, data, size);
  if (hein_json_reader_next (&reader, &token, NULL) && token.kind == wanted &&
      encode_items (kind, &reader, body))
    return g_byte_array_free_to_bytes (g_steal_pointer (&body));
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "this key of soc takes a JSON %s of texts, numbers, booleans "
               "and nulls",
               kind->is_list ? "array" : "object");
  return NULL;
}

/* ---- decoding ---- */

static gboolean
decode_value (const SocItemsKind *kind,
              const char *value,
              gsize size,
              GString *json)
{
  g_autoptr (GString) quoted = g_string_new (NULL);

  if (!kind->is_typed)
    {
      hein_json_append_string (json, value, size);
      return TRUE;
    }
  hein_json_append_string (quoted, value, size);
  return soc_json_append_plain (json, quoted->str, quoted->len);
}

static gboolean
decode_item (const SocItemsKind *kind,
             const guint8 *data,
             gsize size,
             GString *json)
{
  g_autoptr (GBytes) item =
    soc_replace (data, size, escaped_mark, sizeof escaped_mark, mark,
                 sizeof mark);
  gsize item_size;
  const char *text = g_bytes_get_data (item, &item_size);
  const char *colon;

  if (text == NULL)
    text = "";
  if (!g_utf8_validate_len (text, item_size, NULL))
    return FALSE;
  if (json->len > 1)
    g_string_append_c (json, ',');
  if (kind->is_list)
    return decode_value (kind, text, item_size, json);
  colon = memchr (text, ':', item_size);
  if (colon == NULL)
    return FALSE;
  hein_json_append_string (json, text, colon - text);
  g_string_append_c (json, ':');
  return decode_value (kind, colon + 1, text + item_size - (colon + 1), json);
}

GBytes *
soc_items_decode (const SocItemsKind *kind, const guint8 *data, gsize size)
{
  g_autoptr (GString) json = g_string_new (kind->is_list ? "[" : "{");
  const guint8 *end = size > 0 ? data + size : data;

  while (data < end)
    {
      const guint8 *item = memmem (data, end - data, item_end, sizeof item_end);

      if (item == NULL || !decode_item (kind, data, item - data, json))
        return NULL;
      data = item + sizeof item_end;
    }
  g_string_append_c (json, kind->is_list ? ']' : '}');
  return g_string_free_to_bytes (g_steal_pointer (&json));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "soc-content.h"

#include <string.h>

#include "json/hein-json.h"
#include "soc-items.h"
#include "soc-json.h"

#define TEXT_TYPE  "text/plain"
#define BYTES_TYPE "application/octet-stream"
#define JSON_TYPE  "application/json"
#define TYPED_TYPE "application/x-soc+json"
#define KEY_TYPE   "application/x-soc"
#define KEY        "; key="
#define LAZY       "; unpack=0"

/* "application/json; key=dic": dic. FALSE: @type is not @prefix; *key is "" when
 * none is given. */
static gboolean
has_prefix (const char *type, const char *prefix, char key[4])
{
  const gsize size = strlen (prefix);

  key[0] = '\0';
  if (!g_str_has_prefix (type, prefix))
    return FALSE;
  if (type[size] == '\0')
    return TRUE;
  if (!g_str_has_prefix (type + size, KEY) ||
      strlen (type + size) != strlen (KEY) + 3)
    return FALSE;
  memcpy (key, type + size + strlen (KEY), 4);
  return soc_is_key (key);
}

/* ---- encoding ---- */

static GBytes *
encode_typed (const char *data, gsize size)
{
  GString *typed = g_string_new (NULL);

  soc_json_append_typed (typed, data, size);
  return g_string_free_to_bytes (typed);
}

static GBytes *
encode_json (HeinMessage *message, SocContent *content, GError **error)
{
  gsize size;
  const char *data = (const char *) hein_message_peek_data (message, &size);
  SocItemsKind kind;

  if (!hein_json_check (data, size, error))
    return NULL;
  if (g_str_equal (content->key, "jxn"))
    return encode_typed (data, size);
  if (soc_items_get_kind (content->key, &kind))
    return soc_items_encode (&kind, data, size, error);
  return g_bytes_ref (hein_message_get_payload (message));
}

static GBytes *
fail (const char *type, SocDialect dialect, GError **error)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "dialect %c of soc has no key for the content type %s",
               "abc"[dialect], type);
  return NULL;
}

/* With keys of its own: dialects a and b. */
static GBytes *
encode_b (HeinMessage *message,
          SocDialect dialect,
          SocContent *content,
          GError **error)
{
  const char *type = hein_message_get_content_type (message);

  if (has_prefix (type, JSON_TYPE, content->key))
    {
      if (content->key[0] == '\0')
        memcpy (content->key, "jxn", 4);
      if (dialect == SOC_DIALECT_A && !g_str_equal (content->key, "dic") &&
          !g_str_equal (content->key, "rpt"))
        return fail (type, dialect, error);
      return encode_json (message, content, error);
    }
  if (has_prefix (type, TYPED_TYPE, content->key) && content->key[0] == '\0')
    memcpy (content->key, "jxn", 4);
  else if (!has_prefix (type, KEY_TYPE, content->key) ||
           content->key[0] == '\0')
    return fail (type, dialect, error);
  return g_bytes_ref (hein_message_get_payload (message));
}

static GBytes *
encode_c (HeinMessage *message, SocContent *content, GError **error)
{
  const char *type = hein_message_get_content_type (message);
  gsize size;
  const char *data;

  memcpy (content->key, "jsn", 4);
  content->unpack = TRUE;
  if (g_str_equal (type, TYPED_TYPE))
    return g_bytes_ref (hein_message_get_payload (message));
  content->unpack = FALSE;
  if (g_str_equal (type, TYPED_TYPE LAZY))
    return g_bytes_ref (hein_message_get_payload (message));
  content->unpack = g_str_equal (type, JSON_TYPE);
  if (!content->unpack && !g_str_equal (type, JSON_TYPE LAZY))
    return fail (type, SOC_DIALECT_C, error);
  data = (const char *) hein_message_peek_data (message, &size);
  return hein_json_check (data, size, error) ? encode_typed (data, size) : NULL;
}

GBytes *
soc_content_encode (HeinMessage *message,
                    SocDialect dialect,
                    SocContent *content,
                    GError **error)
{
  const char *type = hein_message_get_content_type (message);

  memcpy (content->key, "raw", 4);
  content->unpack = FALSE;
  if (type == NULL || g_str_has_prefix (type, TEXT_TYPE) ||
      g_str_equal (type, BYTES_TYPE))
    return g_bytes_ref (hein_message_get_payload (message));
  return dialect == SOC_DIALECT_C ? encode_c (message, content, error)
                                  : encode_b (message, dialect, content, error);
}

/* ---- decoding ---- */

/* Takes @payload. */
static void
replace_body (GBytes **body, GBytes *payload)
{
  g_bytes_unref (*body);
  *body = payload;
}

/* Values that plain JSON lacks stay typed; a body that is not JSON stays as it
 * is. */
static char *
decode_typed (GBytes **body)
{
  g_autoptr (GString) plain = g_string_new (NULL);
  gsize size;
  const char *data = g_bytes_get_data (*body, &size);

  if (!soc_json_append_plain (plain, data, size))
    return g_strdup (TYPED_TYPE);
  replace_body (body, g_string_free_to_bytes (g_steal_pointer (&plain)));
  return g_strdup (JSON_TYPE);
}

static char *
decode_b (const SocFrame *frame, GBytes **body)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (*body, &size);
  SocItemsKind kind;

  if (g_str_equal (frame->key, "jxn"))
    return decode_typed (body);
  if (soc_items_get_kind (frame->key, &kind))
    {
      GBytes *json = soc_items_decode (&kind, data, size);

      if (json == NULL)
        return g_strconcat (KEY_TYPE KEY, frame->key, NULL);
      replace_body (body, json);
    }
  else if (!hein_json_check ((const char *) data, size, NULL))
    return g_strconcat (KEY_TYPE KEY, frame->key, NULL);
  return g_strconcat (JSON_TYPE KEY, frame->key, NULL);
}

char *
soc_content_decode (const SocFrame *frame, SocDialect dialect, GBytes **body)
{
  if (g_str_equal (frame->key, "raw"))
    return NULL;
  if (dialect != SOC_DIALECT_C)
    return decode_b (frame, body);
  if (!g_str_equal (frame->key, "jsn"))
    return g_strconcat (KEY_TYPE KEY, frame->key, NULL);
  return frame->unpack ? decode_typed (body) : g_strdup (TYPED_TYPE LAZY);
}

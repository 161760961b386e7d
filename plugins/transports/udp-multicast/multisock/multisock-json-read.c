/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <math.h>

#include "json/hein-json.h"
#include "multisock-base64.h"
#include "multisock-json.h"

/*
 * From JSON to the values of an object. hein/json finds the words; this file
 * says which of them multisock has.
 */

static gboolean
fail (GError **error, const char *what)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, "JSON: %s", what);
  return FALSE;
}

typedef struct
{
  HeinJsonReader reader;
  MultisockValues *values;
} Parser;

static MultisockValue *
parse_value (Parser *self, const HeinJsonToken *token, GError **error);

static gboolean
parse_integer (Parser *self,
               MultisockValue *value,
               const HeinJsonSpan *text,
               GError **error)
{
  g_autofree char *digits = g_strndup (text->data, text->size);

  errno = 0;
  value->kind = MULTISOCK_INT;
  value->integer = g_ascii_strtoll (digits, NULL, 10);
  if (errno == 0)
    return TRUE;
  value->kind = MULTISOCK_LONG;
  value->text = multisock_values_keep (self->values, text->data, text->size);
  return TRUE;
}

static gboolean
parse_number (MultisockValue *value, const HeinJsonSpan *text, GError **error)
{
  g_autofree char *digits = g_strndup (text->data, text->size);

  value->kind = MULTISOCK_FLOAT;
  value->number = g_ascii_strtod (digits, NULL);
  return isfinite (value->number) ||
         fail (error, "a number that is larger than floats are");
}

static gboolean
parse_text (Parser *self,
            MultisockValue *value,
            const HeinJsonSpan *quoted,
            GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (!hein_json_unquote (quoted, text, error))
    return FALSE;
  value->kind = MULTISOCK_TEXT;
  value->text = multisock_values_keep (self->values, text->str, text->len);
  return TRUE;
}

static gboolean
parse_array (Parser *self, MultisockValue *value, GError **error)
{
  HeinJsonToken token;

  value->kind = MULTISOCK_LIST;
  while (hein_json_reader_next (&self->reader, &token, error))
    {
      MultisockValue *item;

      if (token.kind == HEIN_JSON_END_ARRAY)
        return TRUE;
      item = parse_value (self, &token, error);
      if (item == NULL)
        return FALSE;
      multisock_value_append (value, item);
    }
  return FALSE;
}

static gboolean
parse_member (Parser *self,
              MultisockValue *dict,
              const HeinJsonToken *name,
              GError **error)
{
  MultisockValue *key =
    multisock_values_add (self->values, MULTISOCK_NONE, error);
  MultisockValue *value;
  HeinJsonToken token;

  if (key == NULL || !parse_text (self, key, &name->text, error) ||
      !hein_json_reader_next (&self->reader, &token, error))
    return FALSE;
  value = parse_value (self, &token, error);
  return value != NULL && multisock_value_set (dict, key, value, error);
}

static gboolean
parse_object (Parser *self, MultisockValue *value, GError **error)
{
  HeinJsonToken token;

  value->kind = MULTISOCK_DICT;
  while (hein_json_reader_next (&self->reader, &token, error))
    {
      if (token.kind == HEIN_JSON_END_OBJECT)
        return TRUE;
      if (!parse_member (self, value, &token, error))
        return FALSE;
    }
  return FALSE;
}

static gboolean
fill (Parser *self,
      MultisockValue *value,
      const HeinJsonToken *token,
      GError **error)
{
  switch (token->kind)
    {
    case HEIN_JSON_BEGIN_OBJECT:
      return parse_object (self, value, error);
    case HEIN_JSON_BEGIN_ARRAY:
      return parse_array (self, value, error);
    case HEIN_JSON_STRING:
      return parse_text (self, value, &token->text, error);
    case HEIN_JSON_INTEGER:
      return parse_integer (self, value, &token->text, error);
    case HEIN_JSON_NUMBER:
      return parse_number (value, &token->text, error);
    case HEIN_JSON_TRUE:
      value->kind = MULTISOCK_TRUE;
      return TRUE;
    case HEIN_JSON_FALSE:
      value->kind = MULTISOCK_FALSE;
      return TRUE;
    case HEIN_JSON_NULL:
      return TRUE;
    case HEIN_JSON_NAME:
    case HEIN_JSON_END_OBJECT:
    case HEIN_JSON_END_ARRAY:
    case HEIN_JSON_END:
    default:
      return fail (error, "no value");
    }
}

static MultisockValue *
parse_value (Parser *self, const HeinJsonToken *token, GError **error)
{
  MultisockValue *value =
    multisock_values_add (self->values, MULTISOCK_NONE, error);

  return value != NULL && fill (self, value, token, error) ? value : NULL;
}

/* Only base64 that this module would have written. */
static gboolean
restore_bytes (MultisockValues *values,
               MultisockValue *value,
               const MultisockText *text,
               GError **error)
{
  g_autoptr (GByteArray) bytes =
    multisock_base64_decode ((const guint8 *) text->data, text->size, error);
  g_autoptr (GString) again = g_string_new (NULL);

  if (bytes == NULL)
    return FALSE;
  multisock_base64_append (again, bytes->data, bytes->len, FALSE);
  if (!multisock_text_is (text, again->str))
    return fail (error, "__bytes__ that are not base64");
  value->kind = MULTISOCK_BYTES;
  value->text =
    multisock_values_keep (values,
                           bytes->len > 0 ? (const char *) bytes->data : "",
                           bytes->len);
  return TRUE;
}

static gboolean
restore_float (MultisockValue *value, const MultisockText *text, GError **error)
{
  value->kind = MULTISOCK_FLOAT;
  if (multisock_text_is (text, "nan"))
    value->number = NAN;
  else if (multisock_text_is (text, "inf"))
    value->number = INFINITY;
  else if (multisock_text_is (text, "-inf"))
    value->number = -INFINITY;
  else
    return fail (error, "a __float__ that is neither nan nor inf nor -inf");
  return TRUE;
}

static gboolean
restore_items (MultisockValues *values, MultisockValue *value, GError **error);

/* Makes of @value what its reserved key says. */
static gboolean
restore (MultisockValues *values, MultisockValue *value, GError **error)
{
  const MultisockText *key = multisock_json_get_reserved_key (value);
  MultisockValue *inner;

  if (key == NULL)
    return restore_items (values, value, error);
  inner = value->items->pdata[1];
  if (multisock_text_is (key, MULTISOCK_DICT_KEY))
    {
      MultisockValue wrapper = *value;

      if (inner->kind != MULTISOCK_DICT)
        return fail (error, "a __dict__ that is not an object");
      *value = *inner;
      *inner = wrapper;
      return restore_items (values, value, error);
    }
  if (inner->kind != MULTISOCK_TEXT)
    return fail (error, "__bytes__ or a __float__ that is not a string");
  return multisock_text_is (key, MULTISOCK_BYTES_KEY)
           ? restore_bytes (values, value, &inner->text, error)
           : restore_float (value, &inner->text, error);
}

static gboolean
restore_items (MultisockValues *values, MultisockValue *value, GError **error)
{
  for (guint i = 0; i < multisock_value_count (value); i++)
    if (!restore (values, value->items->pdata[i], error))
      return FALSE;
  return TRUE;
}

MultisockValue *
multisock_json_parse (MultisockValues *values,
                      const char *json,
                      gsize size,
                      GError **error)
{
  Parser parser = { .values = values };
  HeinJsonToken token;
  MultisockValue *value;

  if (size == 0 || !g_utf8_validate_len (json, size, NULL))
    {
      fail (error, "empty, or not UTF-8");
      return NULL;
    }
  hein_json_reader_init (&parser.reader, json, size);
  if (!hein_json_reader_next (&parser.reader, &token, error))
    return NULL;
  value = parse_value (&parser, &token, error);
  if (value == NULL || !hein_json_reader_next (&parser.reader, &token, error))
    return NULL;
  return restore (values, value, error) ? value : NULL;
}

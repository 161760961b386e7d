/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "soc-json.h"

#include <string.h>

#include "json/hein-json.h"

static void
append_span (GString *to, const HeinJsonSpan *span)
{
  g_string_append_len (to, span->data, span->size);
}

/* Between two values of one level. */
static void
append_comma (GString *to)
{
  if (to->len > 0 && strchr ("{[:", to->str[to->len - 1]) == NULL)
    g_string_append_c (to, ',');
}

static void
append_bracket (GString *to, const HeinJsonToken *token)
{
  const gboolean is_begin = token->kind == HEIN_JSON_BEGIN_OBJECT ||
                            token->kind == HEIN_JSON_BEGIN_ARRAY;

  if (is_begin)
    append_comma (to);
  append_span (to, &token->text);
}

/* The Python side decodes \u00ff and below, and crashes on anything above. That
 * is sent as UTF-8, which it takes for other letters; hein reads both. */
static void
append_text (GString *to, const HeinJsonSpan *quoted)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (!hein_json_unquote (quoted, text, NULL))
    return;
  for (const char *p = text->str; p < text->str + text->len;
       p = g_utf8_next_char (p))
    {
      const char *next = g_utf8_next_char (p);
      g_autoptr (GString) one = g_string_new (NULL);

      if (g_utf8_get_char (p) > 0xff)
        {
          g_string_append_len (to, p, next - p);
          continue;
        }
      hein_json_append_string (one, p, next - p);
      g_string_append_len (to, one->str + 1, one->len - 2);
    }
}

static void
append_typed_leaf (GString *to, const HeinJsonToken *token)
{
  append_comma (to);
  switch (token->kind)
    {
    case HEIN_JSON_STRING:
      g_string_append (to, "\"u:");
      append_text (to, &token->text);
      break;
    case HEIN_JSON_INTEGER:
    case HEIN_JSON_NUMBER:
      g_string_append (to, token->kind == HEIN_JSON_INTEGER ? "\"i:" : "\"f:");
      append_span (to, &token->text);
      break;
    case HEIN_JSON_TRUE:
    case HEIN_JSON_FALSE:
      g_string_append (to, token->kind == HEIN_JSON_TRUE ? "\"b:1" : "\"b:0");
      break;
    case HEIN_JSON_NULL:
    case HEIN_JSON_NAME:
    case HEIN_JSON_BEGIN_OBJECT:
    case HEIN_JSON_END_OBJECT:
    case HEIN_JSON_BEGIN_ARRAY:
    case HEIN_JSON_END_ARRAY:
    case HEIN_JSON_END:
    default:
      g_string_append (to, "\"n:");
    }
  g_string_append_c (to, '"');
}

static gboolean
is_bracket (const HeinJsonToken *token)
{
  return token->kind == HEIN_JSON_BEGIN_OBJECT ||
         token->kind == HEIN_JSON_END_OBJECT ||
         token->kind == HEIN_JSON_BEGIN_ARRAY ||
         token->kind == HEIN_JSON_END_ARRAY;
}

static void
append_name (GString *to, const HeinJsonToken *token)
{
  append_comma (to);
  append_span (to, &token->text);
  g_string_append_c (to, ':');
}

void
soc_json_append_typed (GString *to, const char *json, gsize size)
{
  g_autoptr (GString) typed = g_string_new (NULL);
  HeinJsonReader reader;
  HeinJsonToken token;

  hein_json_reader_init (&reader, json, size);
  while (hein_json_reader_next (&reader, &token, NULL) &&
         token.kind != HEIN_JSON_END)
    {
      if (is_bracket (&token))
        append_bracket (typed, &token);
      else if (token.kind == HEIN_JSON_NAME)
        append_name (typed, &token);
      else
        append_typed_leaf (typed, &token);
    }
  g_string_append_len (to, typed->str, typed->len);
}

static gboolean
is_number (const char *text, gsize size)
{
  HeinJsonReader reader;
  HeinJsonToken token;

  hein_json_reader_init (&reader, text, size);
  return hein_json_reader_next (&reader, &token, NULL) &&
         (token.kind == HEIN_JSON_INTEGER || token.kind == HEIN_JSON_NUMBER) &&
         token.text.size == size;
}

/* @text: "T:…", of which the letter has been looked at. */
static gboolean
append_plain_value (GString *to, const GString *text)
{
  const char *value = text->str + 2;
  const gsize size = text->len - 2;

  switch (text->str[0])
    {
    case 'b':
      g_string_append (to, value[0] == '1' ? "true" : "false");
      return size == 1 && (value[0] == '0' || value[0] == '1');
    case 'i':
    case 'f':
      g_string_append_len (to, value, size);
      return is_number (value, size);
    case 'n':
      g_string_append (to, "null");
      return size == 0;
    case 'u':
    case 's':
      hein_json_append_string (to, value, size);
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
append_plain_leaf (GString *to, const HeinJsonToken *token)
{
  g_autoptr (GString) text = g_string_new (NULL);

  append_comma (to);
  return token->kind == HEIN_JSON_STRING &&
         hein_json_unquote (&token->text, text, NULL) && text->len >= 2 &&
         text->str[1] == ':' && append_plain_value (to, text);
}

gboolean
soc_json_append_plain (GString *to, const char *json, gsize size)
{
  g_autoptr (GString) plain = g_string_new (NULL);
  HeinJsonReader reader;
  HeinJsonToken token;

  if (!hein_json_check (json, size, NULL))
    return FALSE;
  hein_json_reader_init (&reader, json, size);
  while (hein_json_reader_next (&reader, &token, NULL) &&
         token.kind != HEIN_JSON_END)
    {
      if (is_bracket (&token))
        append_bracket (plain, &token);
      else if (token.kind == HEIN_JSON_NAME)
        append_name (plain, &token);
      else if (!append_plain_leaf (plain, &token))
        return FALSE;
    }
  g_string_append_len (to, plain->str, plain->len);
  return TRUE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-json.h"

#include <string.h>

#include <hein/hein.h>

/* Reads JSON token by token, without copies, and writes strings. */

static gboolean
fail (const char *what, GError **error)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, "JSON: %s", what);
  return FALSE;
}

/* ---- reading ---- */

void
hein_json_reader_init (HeinJsonReader *self, const char *data, gsize size)
{
  /* @data may be NULL for an empty text, but pointer arithmetic on NULL is
   * undefined, even with 0 */
  if (size == 0)
    data = "";
  *self = (HeinJsonReader){ .next = data, .end = data + size };
}

static void
skip_blanks (HeinJsonReader *self)
{
  while (self->next < self->end && *self->next != '\0' &&
         strchr (" \t\n\r", *self->next) != NULL)
    self->next++;
}

static gboolean
is_in_object (HeinJsonReader *self)
{
  return self->depth > 0 && self->objects >> (self->depth - 1) & 1;
}

static gboolean
open_bracket (HeinJsonReader *self, gboolean is_object, GError **error)
{
  guint64 bit;

  if (self->depth == HEIN_JSON_DEPTH_MAX)
    return fail ("more than 64 levels", error);
  bit = (guint64) 1 << self->depth;
  self->objects = is_object ? self->objects | bit : self->objects & ~bit;
  self->depth++;
  self->wants_name = is_object;
  self->is_first = TRUE;
  self->next++;
  return TRUE;
}

static gboolean
close_bracket (HeinJsonReader *self, gboolean is_object, GError **error)
{
  if (self->depth == 0 || is_in_object (self) != is_object ||
      (!self->wants_comma && !self->is_first))
    return fail ("a bracket that closes nothing", error);
  self->depth--;
  self->next++;
  self->is_first = FALSE;
  self->wants_comma = TRUE;
  return TRUE;
}

static gboolean
read_escape (HeinJsonReader *self, GError **error)
{
  guint n = 0;

  self->next++;
  if (self->next == self->end || *self->next == '\0' ||
      strchr ("\"\\/bfnrtu", *self->next) == NULL)
    return fail ("an invalid escape", error);
  if (*self->next++ != 'u')
    return TRUE;
  while (n < 4 && self->next < self->end && g_ascii_isxdigit (*self->next))
    {
      self->next++;
      n++;
    }
  return n == 4 || fail ("\\u without four digits", error);
}

static gboolean
read_string (HeinJsonReader *self, GError **error)
{
  self->next++;
  while (self->next < self->end && *self->next != '"')
    {
      if ((guchar) *self->next < 0x20)
        return fail ("a control character in a string", error);
      if (*self->next != '\\')
        self->next++;
      else if (!read_escape (self, error))
        return FALSE;
    }
  if (self->next == self->end)
    return fail ("a string without an end", error);
  self->next++;
  return TRUE;
}

static gboolean
read_digits (HeinJsonReader *self)
{
  const char *begin = self->next;

  while (self->next < self->end && g_ascii_isdigit (*self->next))
    self->next++;
  return self->next > begin;
}

static gboolean
take (HeinJsonReader *self, const char *choices)
{
  if (self->next == self->end || *self->next == '\0' ||
      strchr (choices, *self->next) == NULL)
    return FALSE;
  self->next++;
  return TRUE;
}

static gboolean
read_number (HeinJsonReader *self, HeinJsonKind *kind, GError **error)
{
  gboolean ok;

  *kind = HEIN_JSON_INTEGER;
  take (self, "-");
  ok = take (self, "0") || read_digits (self);
  if (ok && take (self, "."))
    {
      *kind = HEIN_JSON_NUMBER;
      ok = read_digits (self);
    }
  if (ok && take (self, "eE"))
    {
      *kind = HEIN_JSON_NUMBER;
      take (self, "+-");
      ok = read_digits (self);
    }
  return ok || fail ("an invalid number", error);
}

static gboolean
read_word (HeinJsonReader *self, HeinJsonKind *kind, GError **error)
{
  static const char *const words[] = { "true", "false", "null" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      const gsize size = strlen (words[i]);

      if ((gsize) (self->end - self->next) >= size &&
          memcmp (self->next, words[i], size) == 0)
        {
          self->next += size;
          *kind = HEIN_JSON_TRUE + i;
          return TRUE;
        }
    }
  return fail ("neither a value nor a bracket", error);
}

static gboolean
read_value (HeinJsonReader *self, HeinJsonKind *kind, GError **error)
{
  switch (*self->next)
    {
    case '{':
      *kind = HEIN_JSON_BEGIN_OBJECT;
      return open_bracket (self, TRUE, error);
    case '[':
      *kind = HEIN_JSON_BEGIN_ARRAY;
      return open_bracket (self, FALSE, error);
    case '"':
      *kind = HEIN_JSON_STRING;
      break;
    default:
      *kind = HEIN_JSON_INTEGER;
    }
  self->wants_comma = TRUE;
  self->is_first = FALSE;
  if (*kind == HEIN_JSON_STRING)
    return read_string (self, error);
  if (*self->next == '-' || g_ascii_isdigit (*self->next))
    return read_number (self, kind, error);
  return read_word (self, kind, error);
}

static gboolean
read_name (HeinJsonReader *self, HeinJsonToken *token, GError **error)
{
  if (*self->next != '"')
    return fail ("a member without a name", error);
  if (!read_string (self, error))
    return FALSE;
  token->kind = HEIN_JSON_NAME;
  token->text.size = self->next - token->text.data;
  skip_blanks (self);
  if (self->next == self->end || *self->next++ != ':')
    return fail ("a name without a colon", error);
  self->wants_name = FALSE;
  self->is_first = FALSE;
  return TRUE;
}

static gboolean
read_comma (HeinJsonReader *self, GError **error)
{
  if (self->depth == 0 || *self->next != ',')
    return fail ("something between two values", error);
  self->next++;
  self->wants_comma = FALSE;
  self->wants_name = is_in_object (self);
  skip_blanks (self);
  return self->next < self->end || fail ("the end within a value", error);
}

gboolean
hein_json_reader_next (HeinJsonReader *self,
                       HeinJsonToken *token,
                       GError **error)
{
  skip_blanks (self);
  token->text = (HeinJsonSpan){ self->next, 0 };
  if (self->next == self->end)
    {
      token->kind = HEIN_JSON_END;
      return (self->depth == 0 && self->wants_comma) ||
             fail ("the end within a value", error);
    }
  if (*self->next == '}' || *self->next == ']')
    {
      token->kind =
        *self->next == '}' ? HEIN_JSON_END_OBJECT : HEIN_JSON_END_ARRAY;
      token->text.size = 1;
      return close_bracket (self, *self->next == '}', error);
    }
  if (self->wants_comma && !read_comma (self, error))
    return FALSE;
  token->text.data = self->next;
  if (self->wants_name)
    return read_name (self, token, error);
  if (!read_value (self, &token->kind, error))
    return FALSE;
  token->text.size = self->next - token->text.data;
  return TRUE;
}

gboolean
hein_json_check (const char *data, gsize size, GError **error)
{
  HeinJsonReader reader;
  HeinJsonToken token;

  if (!g_utf8_validate_len (data, size, NULL))
    return fail ("not UTF-8", error);
  hein_json_reader_init (&reader, data, size);
  do
    {
      if (!hein_json_reader_next (&reader, &token, error))
        return FALSE;
    }
  while (token.kind != HEIN_JSON_END);
  return TRUE;
}

static gboolean
is_called (const HeinJsonSpan *quoted, const char *name)
{
  g_autoptr (GString) text = g_string_new (NULL);

  return hein_json_unquote (quoted, text, NULL) && text->len == strlen (name) &&
         g_str_equal (text->str, name);
}

gboolean
hein_json_find (const char *data,
                gsize size,
                const char *name,
                HeinJsonSpan *value)
{
  HeinJsonReader reader;
  HeinJsonToken token;
  const char *begin = NULL;
  gboolean is_wanted = FALSE;
  gboolean found = FALSE;

  hein_json_reader_init (&reader, data, size);
  if (!hein_json_reader_next (&reader, &token, NULL) ||
      token.kind != HEIN_JSON_BEGIN_OBJECT)
    return FALSE;
  while (hein_json_reader_next (&reader, &token, NULL) && reader.depth > 0)
    {
      if (reader.depth == 1 && token.kind == HEIN_JSON_NAME)
        {
          is_wanted = is_called (&token.text, name);
          begin = NULL;
          continue;
        }
      if (begin == NULL)
        begin = token.text.data;
      if (reader.depth == 1 && is_wanted)
        {
          *value = (HeinJsonSpan){ begin, reader.next - begin };
          found = TRUE;
        }
    }
  return found;
}

static gunichar
read_unit (const char *digits)
{
  gunichar unit = 0;

  for (guint i = 0; i < 4; i++)
    unit = unit << 4 | g_ascii_xdigit_value (digits[i]);
  return unit;
}

/* @p: behind "\u"; FALSE for half of a surrogate pair. */
static gboolean
unquote_unicode (const char **p, const char *end, GString *to)
{
  gunichar c = read_unit (*p);

  *p += 4;
  if (c >= 0xd800 && c < 0xe000)
    {
      gunichar low = 0;

      if (c < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u')
        low = read_unit (*p + 2);
      if (low < 0xdc00 || low >= 0xe000)
        return FALSE;
      c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
      *p += 6;
    }
  if (c == 0)
    g_string_append_c (to, '\0');
  else
    g_string_append_unichar (to, c);
  return TRUE;
}

gboolean
hein_json_unquote (const HeinJsonSpan *string, GString *to, GError **error)
{
  static const char letters[] = "\"\\/bfnrt";
  static const char meanings[] = "\"\\/\b\f\n\r\t";
  const char *p = string->data + 1;
  const char *end = string->data + string->size - 1;

  while (p < end)
    {
      const char *escape = memchr (p, '\\', end - p);

      g_string_append_len (to, p, (escape != NULL ? escape : end) - p);
      if (escape == NULL)
        break;
      p = escape + 2;
      if (escape[1] != 'u')
        g_string_append_c (to, meanings[strchr (letters, escape[1]) - letters]);
      else if (!unquote_unicode (&p, end, to))
        return fail ("half a surrogate pair", error);
    }
  return TRUE;
}

/* ---- writing ---- */

static void
append_unit (GString *to, gunichar unit)
{
  g_string_append_printf (to, "\\u%04x", unit);
}

static void
append_unicode (GString *to, gunichar c)
{
  if (c < 0x10000)
    {
      append_unit (to, c);
      return;
    }
  append_unit (to, 0xd800 + ((c - 0x10000) >> 10));
  append_unit (to, 0xdc00 + ((c - 0x10000) & 0x3ff));
}

static void
append_special (GString *to, guchar c)
{
  static const char letters[] = "\"\\bfnrt";
  static const char meanings[] = "\"\\\b\f\n\r\t";
  const char *found = c != '\0' ? strchr (meanings, c) : NULL;

  if (found == NULL)
    {
      append_unit (to, c);
      return;
    }
  g_string_append_c (to, '\\');
  g_string_append_c (to, letters[found - meanings]);
}

void
hein_json_append_string (GString *to, const char *text, gsize size)
{
  const char *end = text + size;

  g_string_append_c (to, '"');
  while (text < end)
    {
      const char *plain = text;
      guchar c;

      while (plain < end && (guchar) *plain >= 0x20 && (guchar) *plain < 0x7f &&
             *plain != '"' && *plain != '\\')
        plain++;
      g_string_append_len (to, text, plain - text);
      text = plain;
      if (text == end)
        break;
      c = *text;
      if (c < 0x80)
        {
          append_special (to, c);
          text++;
        }
      else
        {
          append_unicode (to, g_utf8_get_char (text));
          text = g_utf8_next_char (text);
        }
    }
  g_string_append_c (to, '"');
}

void
hein_json_append_ascii (GString *to, const char *data, gsize size)
{
  const char *end = data + size;

  while (data < end)
    {
      guchar c = *data;

      if (c >= 0x80)
        append_unicode (to, g_utf8_get_char (data));
      else /* control characters occur between values only */
        g_string_append_c (to, c < 0x20 ? ' ' : c);
      data = g_utf8_next_char (data);
    }
}

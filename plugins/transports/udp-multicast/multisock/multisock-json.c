/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "multisock-json.h"

#include <math.h>
#include <string.h>

#include "json/hein-json.h"
#include "multisock-base64.h"

/* From the values of an object to JSON. */

const MultisockText *
multisock_json_get_reserved_key (const MultisockValue *value)
{
  const MultisockValue *key;

  if (value->kind != MULTISOCK_DICT || multisock_value_count (value) != 2)
    return NULL;
  key = value->items->pdata[0];
  return multisock_text_is (&key->text, MULTISOCK_BYTES_KEY) ||
             multisock_text_is (&key->text, MULTISOCK_FLOAT_KEY) ||
             multisock_text_is (&key->text, MULTISOCK_DICT_KEY)
           ? &key->text
           : NULL;
}

typedef struct
{
  GString *to;
  gsize max_size; /* of @to */
  guint depth;
} Writer;

static gboolean
append_value (Writer *self, const MultisockValue *value, GError **error);

static gboolean
has_room (Writer *self, gsize size, GError **error)
{
  if (self->to->len <= self->max_size && size <= self->max_size - self->to->len)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
               "an object of more than %" G_GSIZE_FORMAT " bytes of JSON",
               self->max_size);
  return FALSE;
}

static gboolean
open_bracket (Writer *self, char bracket, GError **error)
{
  if (self->depth == HEIN_JSON_DEPTH_MAX)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
                   "an object of more than %d levels", HEIN_JSON_DEPTH_MAX);
      return FALSE;
    }
  self->depth++;
  g_string_append_c (self->to, bracket);
  return TRUE;
}

static void
close_bracket (Writer *self, char bracket)
{
  self->depth--;
  g_string_append_c (self->to, bracket);
}

static gboolean
append_text (Writer *self, const MultisockText *text, GError **error)
{
  if (!has_room (self, text->size, error))
    return FALSE;
  hein_json_append_string (self->to, text->data, text->size);
  return TRUE;
}

static gboolean
open_reserved (Writer *self, const char *key, GError **error)
{
  if (!open_bracket (self, '{', error))
    return FALSE;
  g_string_append_printf (self->to, "\"%s\":", key);
  return TRUE;
}

static gboolean
append_bytes (Writer *self, const MultisockText *bytes, GError **error)
{
  if (!has_room (self, bytes->size, error) ||
      !open_reserved (self, MULTISOCK_BYTES_KEY, error))
    return FALSE;
  g_string_append_c (self->to, '"');
  multisock_base64_append (self->to, (const guint8 *) bytes->data, bytes->size,
                           FALSE);
  g_string_append_c (self->to, '"');
  close_bracket (self, '}');
  return TRUE;
}

/* With as few digits as are read back as the same, and as a float. */
static void
append_finite (GString *to, double number)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  for (guint n_digits = 15; n_digits <= 17; n_digits++)
    {
      char format[] = "%.15g";

      format[3] = '0' + n_digits % 10;
      g_ascii_formatd (text, sizeof text, format, number);
      if (g_ascii_strtod (text, NULL) == number)
        break;
    }
  g_string_append (to, text);
  if (strpbrk (text, ".e") == NULL)
    g_string_append (to, ".0");
}

static gboolean
append_float (Writer *self, double number, GError **error)
{
  if (isfinite (number))
    {
      append_finite (self->to, number);
      return TRUE;
    }
  if (!open_reserved (self, MULTISOCK_FLOAT_KEY, error))
    return FALSE;
  g_string_append_printf (self->to, "\"%s\"",
                          isnan (number) ? "nan"
                          : number > 0   ? "inf"
                                         : "-inf");
  close_bracket (self, '}');
  return TRUE;
}

static gboolean
append_array (Writer *self, const MultisockValue *value, GError **error)
{
  if (!open_bracket (self, '[', error))
    return FALSE;
  for (guint i = 0; i < multisock_value_count (value); i++)
    {
      if (i > 0)
        g_string_append_c (self->to, ',');
      if (!append_value (self, value->items->pdata[i], error))
        return FALSE;
    }
  close_bracket (self, ']');
  return TRUE;
}

static gboolean
append_members (Writer *self, const MultisockValue *value, GError **error)
{
  if (!open_bracket (self, '{', error))
    return FALSE;
  for (guint i = 0; i < multisock_value_count (value); i += 2)
    {
      const MultisockValue *key = value->items->pdata[i];

      if (i > 0)
        g_string_append_c (self->to, ',');
      if (!append_text (self, &key->text, error))
        return FALSE;
      g_string_append_c (self->to, ':');
      if (!append_value (self, value->items->pdata[i + 1], error))
        return FALSE;
    }
  close_bracket (self, '}');
  return TRUE;
}

static gboolean
append_dict (Writer *self, const MultisockValue *value, GError **error)
{
  if (multisock_json_get_reserved_key (value) == NULL)
    return append_members (self, value, error);
  if (!open_reserved (self, MULTISOCK_DICT_KEY, error) ||
      !append_members (self, value, error))
    return FALSE;
  close_bracket (self, '}');
  return TRUE;
}

/* Everything adds something to @to, so the room is a bound of the time, too,
 * when lists are in each other many times. */
static gboolean
append_value (Writer *self, const MultisockValue *value, GError **error)
{
  if (!has_room (self, 1, error))
    return FALSE;
  switch (value->kind)
    {
    case MULTISOCK_TRUE:
    case MULTISOCK_FALSE:
      g_string_append (self->to,
                       value->kind == MULTISOCK_TRUE ? "true" : "false");
      return TRUE;
    case MULTISOCK_INT:
      g_string_append_printf (self->to, "%" G_GINT64_FORMAT, value->integer);
      return TRUE;
    case MULTISOCK_LONG:
      g_string_append_len (self->to, value->text.data, value->text.size);
      return TRUE;
    case MULTISOCK_FLOAT:
      return append_float (self, value->number, error);
    case MULTISOCK_TEXT:
      return append_text (self, &value->text, error);
    case MULTISOCK_BYTES:
      return append_bytes (self, &value->text, error);
    case MULTISOCK_LIST:
    case MULTISOCK_TUPLE:
      return append_array (self, value, error);
    case MULTISOCK_DICT:
      return append_dict (self, value, error);
    case MULTISOCK_NONE:
    default:
      g_string_append (self->to, "null");
      return TRUE;
    }
}

gboolean
multisock_json_append (GString *to,
                       const MultisockValue *value,
                       gsize max_size,
                       GError **error)
{
  Writer writer = { .to = to, .max_size = max_size };

  return append_value (&writer, value, error) && has_room (&writer, 0, error);
}

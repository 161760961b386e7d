/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "multisock-pickle.h"

#include <string.h>

#include "multisock-base64.h"
#include "multisock-json.h"
#include "multisock-long.h"
#include "multisock-unpickle.h"

/*
 * Writes pickles, and holds both ways between an object and its JSON together.
 */

#define PROTO    "\x80\x04"
#define MEMOIZE  0x94
#define BATCH    1000 /* what Python puts behind one mark */
#define JSON_MAX (G_MAXINT32 / 4)

/* ---- writing ---- */

static gboolean
put_value (GByteArray *to, const MultisockValue *value, GError **error);

static void
put_byte (GByteArray *to, guint8 byte)
{
  g_byte_array_append (to, &byte, 1);
}

/* Little-endian, behind its opcode. */
static void
put_number (GByteArray *to, guint8 opcode, guint64 number, guint n_bytes)
{
  put_byte (to, opcode);
  for (guint i = 0; i < n_bytes; i++)
    put_byte (to, number >> (8 * i));
}

static void
put_long (GByteArray *to, const guint8 *bytes, gsize size)
{
  put_number (to, 0x8a, size, 1);
  g_byte_array_append (to, bytes, size);
}

static void
put_integer (GByteArray *to, gint64 integer)
{
  const guint64 bits = GUINT64_TO_LE ((guint64) integer);
  guint8 bytes[sizeof bits];

  memcpy (bytes, &bits, sizeof bits);
  if (integer >= 0 && integer <= G_MAXUINT8)
    put_number (to, 'K', integer, 1);
  else if (integer >= 0 && integer <= G_MAXUINT16)
    put_number (to, 'M', integer, 2);
  else if (integer >= G_MININT32 && integer <= G_MAXINT32)
    put_number (to, 'J', (guint64) integer, 4);
  else
    put_long (to, bytes, multisock_long_trim (bytes, sizeof bytes));
}

static gboolean
put_decimal (GByteArray *to, const MultisockText *decimal, GError **error)
{
  guint8 bytes[MULTISOCK_LONG_MAX];
  const gsize size =
    multisock_long_from_decimal (decimal->data, decimal->size, bytes, error);

  if (size == 0)
    return FALSE;
  put_long (to, bytes, size);
  return TRUE;
}

static void
put_float (GByteArray *to, double number)
{
  guint64 bits;

  memcpy (&bits, &number, sizeof bits);
  bits = GUINT64_TO_BE (bits);
  put_byte (to, 'G');
  g_byte_array_append (to, (const guint8 *) &bits, sizeof bits);
}

static void
put_sized (GByteArray *to,
           const MultisockText *text,
           guint8 short_opcode,
           guint8 opcode)
{
  if (text->size <= G_MAXUINT8)
    put_number (to, short_opcode, text->size, 1);
  else
    put_number (to, opcode, text->size, 4);
  if (text->size > 0)
    g_byte_array_append (to, (const guint8 *) text->data, text->size);
  put_byte (to, MEMOIZE);
}

/* One alone goes without a mark, more in batches. @n_each: 2 in a dict. */
static gboolean
put_items (GByteArray *to,
           const MultisockValue *value,
           guint n_each,
           const char *opcodes,
           GError **error)
{
  const guint n = multisock_value_count (value) / n_each;

  for (guint i = 0; i < n; i++)
    {
      if (n > 1 && i % BATCH == 0)
        put_byte (to, '(');
      for (guint k = 0; k < n_each; k++)
        if (!put_value (to, value->items->pdata[i * n_each + k], error))
          return FALSE;
      if (n == 1)
        put_byte (to, opcodes[0]);
      else if (i % BATCH == BATCH - 1 || i == n - 1)
        put_byte (to, opcodes[1]);
    }
  return TRUE;
}

static gboolean
put_list (GByteArray *to, const MultisockValue *value, GError **error)
{
  put_byte (to, ']');
  put_byte (to, MEMOIZE);
  return put_items (to, value, 1, "ae", error);
}

static gboolean
put_dict (GByteArray *to, const MultisockValue *value, GError **error)
{
  put_byte (to, '}');
  put_byte (to, MEMOIZE);
  return put_items (to, value, 2, "su", error);
}

/* JSON has no tuples: what reads it makes lists. */
static gboolean
put_value (GByteArray *to, const MultisockValue *value, GError **error)
{
  switch (value->kind)
    {
    case MULTISOCK_TRUE:
    case MULTISOCK_FALSE:
      put_byte (to, value->kind == MULTISOCK_TRUE ? 0x88 : 0x89);
      return TRUE;
    case MULTISOCK_INT:
      put_integer (to, value->integer);
      return TRUE;
    case MULTISOCK_LONG:
      return put_decimal (to, &value->text, error);
    case MULTISOCK_FLOAT:
      put_float (to, value->number);
      return TRUE;
    case MULTISOCK_TEXT:
      put_sized (to, &value->text, 0x8c, 'X');
      return TRUE;
    case MULTISOCK_BYTES:
      put_sized (to, &value->text, 'C', 'B');
      return TRUE;
    case MULTISOCK_LIST:
    case MULTISOCK_TUPLE:
      return put_list (to, value, error);
    case MULTISOCK_DICT:
      return put_dict (to, value, error);
    case MULTISOCK_NONE:
    default:
      put_byte (to, 'N');
      return TRUE;
    }
}

/* Python omits a frame that would be longer than its contents. */
static GBytes *
put_frame (const GByteArray *program)
{
  g_autoptr (GByteArray) to = g_byte_array_sized_new (program->len + 11);

  g_byte_array_append (to, (const guint8 *) PROTO, 2);
  if (program->len >= 4)
    put_number (to, 0x95, program->len, 8);
  g_byte_array_append (to, program->data, program->len);
  return g_byte_array_free_to_bytes (g_steal_pointer (&to));
}

GBytes *
multisock_pickle_from_json (const char *json, gsize size, GError **error)
{
  g_autoptr (MultisockValues) values = multisock_values_new ();
  g_autoptr (GByteArray) program = g_byte_array_new ();
  const MultisockValue *value;

  if (size > JSON_MAX)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
                   "more than %d bytes of JSON", JSON_MAX);
      return NULL;
    }
  value = multisock_json_parse (values, json, size, error);
  if (value == NULL || !put_value (program, value, error))
    return NULL;
  put_byte (program, '.');
  return put_frame (program);
}

GBytes *
multisock_object_from_json (const char *json, gsize size, GError **error)
{
  g_autoptr (GBytes) pickle = multisock_pickle_from_json (json, size, error);
  GString *text;

  if (pickle == NULL)
    return NULL;
  text = g_string_new (NULL);
  multisock_base64_append (text, g_bytes_get_data (pickle, NULL),
                           g_bytes_get_size (pickle), FALSE);
  return g_string_free_to_bytes (text);
}

/* ---- reading ---- */

GBytes *
multisock_pickle_to_json (const guint8 *pickle,
                          gsize size,
                          gsize max_size,
                          GError **error)
{
  g_autoptr (MultisockValues) values = multisock_values_new ();
  g_autoptr (GString) json = g_string_new (NULL);
  const MultisockValue *value =
    multisock_unpickle (values, pickle, size, error);

  if (value == NULL || !multisock_json_append (json, value, max_size, error))
    return NULL;
  return g_string_free_to_bytes (g_steal_pointer (&json));
}

GBytes *
multisock_object_to_json (const guint8 *object,
                          gsize size,
                          gsize max_size,
                          GError **error)
{
  g_autoptr (GByteArray) pickle = multisock_base64_decode (object, size, error);

  return pickle != NULL ? multisock_pickle_to_json (pickle->data, pickle->len,
                                                    max_size, error)
                        : NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "multisock-unpickle.h"

#include <string.h>

#include "multisock-base64.h"
#include "multisock-long.h"
#include "multisock-stack.h"

/*
 * A table of opcodes, and one small function for each that is followed. An
 * opcode without a function is refused, by its name, and ends the reading.
 */

#define PROTOCOL_MAX 5

typedef struct
{
  const guint8 *next;
  const guint8 *end;
  MultisockStack stack;
  gboolean is_over;
} Reader;

/* @argument: what tells opcodes of one function from each other. */
typedef gboolean (*Run) (Reader *self, guint argument, GError **error);

static gboolean
fail (GError **error, const char *what)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, "pickle: %s", what);
  return FALSE;
}

/* ---- arguments ---- */

static gboolean
take (Reader *self, guint64 size, const guint8 **bytes, GError **error)
{
  if (size > (guint64) (self->end - self->next))
    return fail (error, "the end within an opcode");
  *bytes = self->next;
  self->next += size;
  return TRUE;
}

/* Little-endian. */
static gboolean
take_number (Reader *self, guint n_bytes, guint64 *number, GError **error)
{
  const guint8 *bytes;

  if (!take (self, n_bytes, &bytes, error))
    return FALSE;
  *number = 0;
  for (guint i = n_bytes; i > 0; i--)
    *number = *number << 8 | bytes[i - 1];
  return TRUE;
}

/* Bytes behind their size. */
static gboolean
take_sized (Reader *self, guint n_bytes, MultisockText *text, GError **error)
{
  const guint8 *bytes;
  guint64 size;

  if (!take_number (self, n_bytes, &size, error) ||
      !take (self, size, &bytes, error))
    return FALSE;
  *text = (MultisockText){ (const char *) bytes, size };
  return TRUE;
}

/* ---- opcodes: constants ---- */

static gboolean
run_empty (Reader *self, guint kind, GError **error)
{
  return multisock_stack_push_new (&self->stack, kind, error) != NULL;
}

static gboolean
push_integer (Reader *self, gint64 integer, GError **error)
{
  MultisockValue *value =
    multisock_stack_push_new (&self->stack, MULTISOCK_INT, error);

  if (value == NULL)
    return FALSE;
  value->integer = integer;
  return TRUE;
}

/* Of four bytes the first bit is the sign, of fewer it is not. */
static gboolean
run_int (Reader *self, guint n_bytes, GError **error)
{
  guint64 number;

  if (!take_number (self, n_bytes, &number, error))
    return FALSE;
  return push_integer (self,
                       n_bytes == 4 ? (gint32) (guint32) number
                                    : (gint64) number,
                       error);
}

static gboolean
push_decimal (Reader *self, const guint8 *bytes, gsize size, GError **error)
{
  MultisockValue *value =
    multisock_stack_push_new (&self->stack, MULTISOCK_LONG, error);
  g_autofree char *decimal = NULL;

  if (value == NULL)
    return FALSE;
  decimal = multisock_long_to_decimal (bytes, size);
  value->text =
    multisock_values_keep (self->stack.values, decimal, strlen (decimal));
  return TRUE;
}

static gboolean
fail_integer (GError **error)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
               "pickle: an integer of more than %d bytes", MULTISOCK_LONG_MAX);
  return FALSE;
}

static gboolean
push_long (Reader *self, const MultisockText *digits, GError **error)
{
  const guint8 *bytes = (const guint8 *) digits->data;
  const gsize size = multisock_long_trim (bytes, digits->size);
  guint64 number = 0;

  if (size > MULTISOCK_LONG_MAX)
    return fail_integer (error);
  if (size > sizeof number)
    return push_decimal (self, bytes, size, error);
  if (size > 0 && bytes[size - 1] & 0x80)
    number = G_MAXUINT64;
  for (guint i = size; i > 0; i--)
    number = number << 8 | bytes[i - 1];
  return push_integer (self, (gint64) number, error);
}

/* Four bytes of size have a sign; a negative size is more than all that can
 * follow. */
static gboolean
run_long (Reader *self, guint n_bytes, GError **error)
{
  MultisockText digits;

  return take_sized (self, n_bytes, &digits, error) &&
         push_long (self, &digits, error);
}

/* Big-endian, unlike all else. */
static gboolean
run_float (Reader *self, guint n_bytes, GError **error)
{
  const guint8 *bytes;
  guint64 bits;
  MultisockValue *value;

  if (!take (self, sizeof bits, &bytes, error))
    return FALSE;
  value = multisock_stack_push_new (&self->stack, MULTISOCK_FLOAT, error);
  if (value == NULL)
    return FALSE;
  memcpy (&bits, bytes, sizeof bits);
  bits = GUINT64_FROM_BE (bits);
  memcpy (&value->number, &bits, sizeof bits);
  return TRUE;
}

static gboolean
run_bytes (Reader *self, guint n_bytes, GError **error)
{
  MultisockText text;
  MultisockValue *value;

  if (!take_sized (self, n_bytes, &text, error))
    return FALSE;
  value = multisock_stack_push_new (&self->stack, MULTISOCK_BYTES, error);
  if (value == NULL)
    return FALSE;
  value->text = text;
  return TRUE;
}

static gboolean
run_text (Reader *self, guint n_bytes, GError **error)
{
  MultisockValue *value;

  if (!run_bytes (self, n_bytes, error))
    return FALSE;
  value = multisock_stack_peek (&self->stack, 0);
  value->kind = MULTISOCK_TEXT;
  return multisock_is_utf8 ((const guint8 *) value->text.data,
                            value->text.size) ||
         fail (error, "a text that is not UTF-8");
}

/* ---- opcodes: collections ---- */

/* The last @n of the stack become a tuple. */
static gboolean
run_gather (Reader *self, guint n, GError **error)
{
  MultisockValue *value;

  if (!multisock_stack_needs (&self->stack, n, error))
    return FALSE;
  value = multisock_values_add (self->stack.values, MULTISOCK_TUPLE, error);
  if (value == NULL)
    return FALSE;
  for (guint i = n; i > 0; i--)
    multisock_value_append (value, multisock_stack_peek (&self->stack, i - 1));
  multisock_stack_drop (&self->stack, n);
  return multisock_stack_push (&self->stack, value, error);
}

/* The last @n go into the list below them. */
static gboolean
run_append (Reader *self, guint n, GError **error)
{
  MultisockValue *list;

  if (!multisock_stack_needs (&self->stack, n + 1, error))
    return FALSE;
  list = multisock_stack_peek (&self->stack, n);
  if (list->kind != MULTISOCK_LIST)
    return fail (error, "values that go into something that is not a list");
  for (guint i = n; i > 0; i--)
    multisock_value_append (list, multisock_stack_peek (&self->stack, i - 1));
  multisock_stack_drop (&self->stack, n);
  return TRUE;
}

/* The last @n, keys and values in turn, go into the dict below them. */
static gboolean
run_set (Reader *self, guint n, GError **error)
{
  MultisockValue *dict;

  if (!multisock_stack_needs (&self->stack, n + 1, error))
    return FALSE;
  dict = multisock_stack_peek (&self->stack, n);
  if (dict->kind != MULTISOCK_DICT || n % 2 != 0)
    return fail (
      error, "pairs that are none, or go into something that is not a dict");
  for (guint i = n; i > 0; i -= 2)
    if (!multisock_value_set (dict, multisock_stack_peek (&self->stack, i - 1),
                              multisock_stack_peek (&self->stack, i - 2),
                              error))
      return FALSE;
  multisock_stack_drop (&self->stack, n);
  return TRUE;
}

/* With all above the last mark. */
static gboolean
run_marked (Reader *self, guint opcode, GError **error)
{
  guint n;

  if (!multisock_stack_take_mark (&self->stack, &n, error))
    return FALSE;
  if (opcode == 't')
    return run_gather (self, n, error);
  return opcode == 'e' ? run_append (self, n, error) : run_set (self, n, error);
}

/* ---- opcodes: stack and memo ---- */

static gboolean
run_mark (Reader *self, guint argument, GError **error)
{
  return multisock_stack_put_mark (&self->stack, error);
}

/* Where nothing is above it, the mark itself goes. */
static gboolean
run_pop (Reader *self, guint argument, GError **error)
{
  guint n;

  if (multisock_stack_count (&self->stack) == 0)
    return multisock_stack_take_mark (&self->stack, &n, error);
  multisock_stack_drop (&self->stack, 1);
  return TRUE;
}

static gboolean
run_pop_mark (Reader *self, guint argument, GError **error)
{
  guint n;

  if (!multisock_stack_take_mark (&self->stack, &n, error))
    return FALSE;
  multisock_stack_drop (&self->stack, n);
  return TRUE;
}

static gboolean
run_dup (Reader *self, guint argument, GError **error)
{
  return multisock_stack_needs (&self->stack, 1, error) &&
         multisock_stack_push (&self->stack,
                               multisock_stack_peek (&self->stack, 0), error);
}

static gboolean
run_memoize (Reader *self, guint argument, GError **error)
{
  return multisock_stack_remember (&self->stack, self->stack.n_memo, error);
}

static gboolean
run_put (Reader *self, guint n_bytes, GError **error)
{
  guint64 place;

  return take_number (self, n_bytes, &place, error) &&
         multisock_stack_remember (&self->stack, place, error);
}

static gboolean
run_get (Reader *self, guint n_bytes, GError **error)
{
  guint64 place;

  return take_number (self, n_bytes, &place, error) &&
         multisock_stack_recall (&self->stack, place, error);
}

static gboolean
run_proto (Reader *self, guint argument, GError **error)
{
  guint64 version;

  return take_number (self, 1, &version, error) &&
         (version <= PROTOCOL_MAX || fail (error, "a protocol above 5"));
}

/* Only says how much Python is to read at once. */
static gboolean
run_frame (Reader *self, guint argument, GError **error)
{
  guint64 size;

  return take_number (self, 8, &size, error) &&
         (size <= (guint64) (self->end - self->next) ||
          fail (error, "the end within a frame"));
}

static gboolean
run_stop (Reader *self, guint argument, GError **error)
{
  if (!multisock_stack_is_one_value (&self->stack))
    return fail (error, "not one value at the end");
  self->is_over = TRUE;
  return TRUE;
}

/* ---- the program ---- */

/* All that there are; those without a function are refused. Some of these would
 * be harmless: sets and strings of Python 2, for which JSON has no like, and
 * what only protocol 0 has, which writes numbers as text. */
static const struct
{
  const char *name;
  Run run;
  guint argument;
} opcodes[256] = {
  ['('] = { "MARK", run_mark, 0 },
  ['.'] = { "STOP", run_stop, 0 },
  ['0'] = { "POP", run_pop, 0 },
  ['1'] = { "POP_MARK", run_pop_mark, 0 },
  ['2'] = { "DUP", run_dup, 0 },
  ['F'] = { .name = "FLOAT" },
  ['I'] = { .name = "INT" },
  ['J'] = { "BININT", run_int, 4 },
  ['K'] = { "BININT1", run_int, 1 },
  ['L'] = { .name = "LONG" },
  ['M'] = { "BININT2", run_int, 2 },
  ['N'] = { "NONE", run_empty, MULTISOCK_NONE },
  ['P'] = { .name = "PERSID" },
  ['Q'] = { .name = "BINPERSID" },
  ['R'] = { .name = "REDUCE" },
  ['S'] = { .name = "STRING" },
  ['T'] = { .name = "BINSTRING" },
  ['U'] = { .name = "SHORT_BINSTRING" },
  ['V'] = { .name = "UNICODE" },
  ['X'] = { "BINUNICODE", run_text, 4 },
  ['a'] = { "APPEND", run_append, 1 },
  ['b'] = { .name = "BUILD" },
  ['c'] = { .name = "GLOBAL" },
  ['d'] = { .name = "DICT" },
  ['}'] = { "EMPTY_DICT", run_empty, MULTISOCK_DICT },
  ['e'] = { "APPENDS", run_marked, 'e' },
  ['g'] = { .name = "GET" },
  ['h'] = { "BINGET", run_get, 1 },
  ['i'] = { .name = "INST" },
  ['j'] = { "LONG_BINGET", run_get, 4 },
  ['l'] = { .name = "LIST" },
  [']'] = { "EMPTY_LIST", run_empty, MULTISOCK_LIST },
  ['o'] = { .name = "OBJ" },
  ['p'] = { .name = "PUT" },
  ['q'] = { "BINPUT", run_put, 1 },
  ['r'] = { "LONG_BINPUT", run_put, 4 },
  ['s'] = { "SETITEM", run_set, 2 },
  ['t'] = { "TUPLE", run_marked, 't' },
  [')'] = { "EMPTY_TUPLE", run_empty, MULTISOCK_TUPLE },
  ['u'] = { "SETITEMS", run_marked, 'u' },
  ['G'] = { "BINFLOAT", run_float, 8 },
  ['B'] = { "BINBYTES", run_bytes, 4 },
  ['C'] = { "SHORT_BINBYTES", run_bytes, 1 },
  [0x80] = { "PROTO", run_proto, 0 },
  [0x81] = { .name = "NEWOBJ" },
  [0x82] = { .name = "EXT1" },
  [0x83] = { .name = "EXT2" },
  [0x84] = { .name = "EXT4" },
  [0x85] = { "TUPLE1", run_gather, 1 },
  [0x86] = { "TUPLE2", run_gather, 2 },
  [0x87] = { "TUPLE3", run_gather, 3 },
  [0x88] = { "NEWTRUE", run_empty, MULTISOCK_TRUE },
  [0x89] = { "NEWFALSE", run_empty, MULTISOCK_FALSE },
  [0x8a] = { "LONG1", run_long, 1 },
  [0x8b] = { "LONG4", run_long, 4 },
  [0x8c] = { "SHORT_BINUNICODE", run_text, 1 },
  [0x8d] = { "BINUNICODE8", run_text, 8 },
  [0x8e] = { "BINBYTES8", run_bytes, 8 },
  [0x8f] = { .name = "EMPTY_SET" },
  [0x90] = { .name = "ADDITEMS" },
  [0x91] = { .name = "FROZENSET" },
  [0x92] = { .name = "NEWOBJ_EX" },
  [0x93] = { .name = "STACK_GLOBAL" },
  [0x94] = { "MEMOIZE", run_memoize, 0 },
  [0x95] = { "FRAME", run_frame, 0 },
  [0x96] = { "BYTEARRAY8", run_bytes, 8 },
  [0x97] = { .name = "NEXT_BUFFER" },
  [0x98] = { .name = "READONLY_BUFFER" },
};

static gboolean
run_next (Reader *self, GError **error)
{
  guint8 code;

  if (self->next == self->end)
    return fail (error, "the end before STOP");
  code = *self->next++;
  if (opcodes[code].run != NULL)
    return opcodes[code].run (self, opcodes[code].argument, error);
  if (opcodes[code].name != NULL)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                 "pickle: the opcode %s, which is not among the safe ones",
                 opcodes[code].name);
  else
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                 "pickle: the opcode 0x%02x, which does not exist", code);
  return FALSE;
}

static MultisockValue *
run_all (Reader *self, GError **error)
{
  while (!self->is_over)
    if (!run_next (self, error))
      return NULL;
  if (self->next == self->end)
    return multisock_stack_peek (&self->stack, 0);
  fail (error, "bytes behind STOP");
  return NULL;
}

MultisockValue *
multisock_unpickle (MultisockValues *values,
                    const guint8 *data,
                    gsize size,
                    GError **error)
{
  Reader reader = { .next = data, .end = size > 0 ? data + size : data };
  MultisockValue *value;

  multisock_stack_init (&reader.stack, values);
  value = run_all (&reader, error);
  multisock_stack_clear (&reader.stack);
  return value;
}

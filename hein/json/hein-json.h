/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * A reader for JSON (RFC 8259) that returns tokens pointing into the text,
 * without copies and without recursion. Meant for protocols that carry JSON and
 * have to pass values on exactly: json-glib 1.6 turns 12345678901234567890 into
 * a negative number, ends a string at \u0000, accepts '0x10' and ignores what
 * follows the first value.
 */

/* The maximum nesting of objects and arrays. */
#define HEIN_JSON_DEPTH_MAX 64

typedef enum
{
  HEIN_JSON_END, /* of the text, after exactly one value */
  HEIN_JSON_BEGIN_OBJECT,
  HEIN_JSON_END_OBJECT,
  HEIN_JSON_BEGIN_ARRAY,
  HEIN_JSON_END_ARRAY,
  HEIN_JSON_NAME, /* of a member, in quotes; the colon has been read */
  HEIN_JSON_STRING,
  HEIN_JSON_INTEGER,
  HEIN_JSON_NUMBER, /* with a fraction or an exponent */
  HEIN_JSON_TRUE,
  HEIN_JSON_FALSE,
  HEIN_JSON_NULL
} HeinJsonKind;

typedef struct
{
  const char *data;
  gsize size;
} HeinJsonSpan;

typedef struct
{
  HeinJsonKind kind;
  HeinJsonSpan text; /* strings and names include their quotes */
} HeinJsonToken;

typedef struct
{
  const char *next;
  const char *end;
  guint64 objects; /* one bit per level: whether it is an object */
  guint depth;
  gboolean wants_name;  /* in an object, before a name */
  gboolean wants_comma; /* behind a value */
  gboolean is_first;    /* behind an opening bracket: may be closed */
} HeinJsonReader;

/* @data: UTF-8, which need not be valid JSON; must outlive the reader. */
void hein_json_reader_init (HeinJsonReader *self, const char *data, gsize size);
/* Reads the next token. FALSE with @error: not JSON, or nested too deeply. */
gboolean hein_json_reader_next (HeinJsonReader *self,
                                HeinJsonToken *token,
                                GError **error);

/* Checks that @data is exactly one value; FALSE with @error otherwise. */
gboolean hein_json_check (const char *data, gsize size, GError **error);
/* Gets the value of the last member called @name of the object @data, which
 * must be valid JSON; FALSE: @data is not an object, or has no such member. */
gboolean hein_json_find (const char *data,
                         gsize size,
                         const char *name,
                         HeinJsonSpan *value);
/* Appends the text of a string token, which may contain NUL; FALSE with @error
 * for half of a surrogate pair. */
gboolean
hein_json_unquote (const HeinJsonSpan *string, GString *to, GError **error);

/* Appends @text, UTF-8 that may contain NUL, as a JSON string in ASCII. */
void hein_json_append_string (GString *to, const char *text, gsize size);
/* Appends valid JSON in ASCII and on one line. */
void hein_json_append_ascii (GString *to, const char *data, gsize size);

G_END_DECLS

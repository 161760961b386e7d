/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * JSON (RFC 8259) as it lies in a text: tokens that point into it, without
 * copies and without recursion. For protocols that carry JSON, which have to
 * pass values on exactly: json-glib 1.6 turns 12345678901234567890 into a
 * negative number, ends a string at \u0000, takes '0x10' and ignores what
 * follows the first value.
 */

/* Objects and arrays within each other. */
#define HEIN_JSON_DEPTH_MAX 64

typedef enum
{
  HEIN_JSON_END, /* of the text, after one whole value */
  HEIN_JSON_BEGIN_OBJECT,
  HEIN_JSON_END_OBJECT,
  HEIN_JSON_BEGIN_ARRAY,
  HEIN_JSON_END_ARRAY,
  HEIN_JSON_NAME, /* of a member, in its quotes; the colon is taken */
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
  HeinJsonSpan text; /* strings and names with their quotes */
} HeinJsonToken;

typedef struct
{
  const char *next;
  const char *end;
  guint64 objects; /* a bit for each level: is it an object? */
  guint depth;
  gboolean wants_name;  /* in an object, before the colon */
  gboolean wants_comma; /* a value has ended */
  gboolean is_first;    /* after an opening bracket: it may close */
} HeinJsonReader;

/* @data: UTF-8 that may not be JSON; it must outlive the reader. */
void hein_json_reader_init (HeinJsonReader *self, const char *data, gsize size);
/* FALSE with @error: it is no JSON, or too deep. */
gboolean hein_json_reader_next (HeinJsonReader *self,
                                HeinJsonToken *token,
                                GError **error);

/* FALSE with @error: @data is not exactly one value. */
gboolean hein_json_check (const char *data, gsize size, GError **error);
/* The value of the last member called @name of the object @data, which has been
 * checked; FALSE: it is no object, or has none. */
gboolean hein_json_find (const char *data,
                         gsize size,
                         const char *name,
                         HeinJsonSpan *value);
/* The text that a string stands for, which may have NULs in it; FALSE with
 * @error: half a surrogate pair. */
gboolean
hein_json_unquote (const HeinJsonSpan *string, GString *to, GError **error);

/* Appends @text, UTF-8 that may have NULs in it, as a string of pure ASCII. */
void hein_json_append_string (GString *to, const char *text, gsize size);
/* Appends JSON that has been checked, in pure ASCII and on one line. */
void hein_json_append_ascii (GString *to, const char *data, gsize size);

G_END_DECLS

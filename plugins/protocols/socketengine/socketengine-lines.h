/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "json/hein-json.h"

G_BEGIN_DECLS

/*
 * A line:   {"type": "channel", "data": value} LF
 *
 * Members may come in any order and with any blanks between them, and there may
 * be others; of two with the same name the last one counts.
 */
typedef struct
{
  HeinJsonSpan type; /* a string, in its quotes */
  HeinJsonSpan data; /* any value */
} SocketengineLine;

/* ---- reading ---- */

/* @data: a line without its end. */
gboolean socketengine_line_is_blank (const char *data, gsize size);
/* FALSE with @error when it is not a line. */
gboolean socketengine_line_parse (const char *data,
                                  gsize size,
                                  SocketengineLine *line,
                                  GError **error);
/* Whether it is a string, in its quotes. */
gboolean socketengine_is_string (const HeinJsonSpan *value);
/* Whether it is a string that stands for just the bytes between its quotes. */
gboolean socketengine_is_plain (const HeinJsonSpan *value);
/* Whether it is a string that stands for @text. */
gboolean socketengine_is_text (const HeinJsonSpan *value, const char *text);

/* The number of bytes that base64 stands for; G_MAXSIZE when it is invalid or
 * empty. */
gsize socketengine_base64_get_size (const char *text, gsize size);
/* @text has been looked at. (transfer full) (nullable): no memory */
GBytes *socketengine_base64_decode (const char *text, gsize size);

/* ---- writing ---- */

/* FALSE with @error: @data is not one JSON value that fits into a line. */
gboolean
socketengine_check_value (const char *data, gsize size, GError **error);
/* All of a line but its value, which comes next; @room: for how many bytes. */
GString *socketengine_line_begin (const char *type, gsize room);
void socketengine_append_base64 (GString *line, const guint8 *data, gsize size);
/* Ends @line and takes it. (transfer full) */
GBytes *socketengine_line_end (GString *line);

G_END_DECLS

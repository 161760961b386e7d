/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * A line:   verb ┊ arguments, between spaces or tabs ┊ CR LF
 *
 * INFO and -ERR have the rest of the line as their only argument.
 */
#define NATS_LINE_MAX      65536 /* with CR LF */
#define NATS_ARGUMENTS_MAX 5

typedef struct
{
  const char *data; /* not terminated */
  gsize size;
} NatsSpan;

typedef struct
{
  NatsSpan verb;
  NatsSpan rest; /* behind the verb and blanks, without blanks at the end */
  gsize size;    /* of the line, with its end */
} NatsLine;

typedef enum
{
  NATS_LINE_OK,
  NATS_LINE_SHORT, /* not all there */
  NATS_LINE_BAD    /* too long, or no such end */
} NatsLineResult;

NatsLineResult nats_line_parse (const guint8 *data, gsize size, NatsLine *line);
/* Whether a verb or other word is @upper, which is in capitals. */
gboolean nats_span_is (const NatsSpan *self, const char *upper);
/* Splits at blanks; returns how many there are, NATS_ARGUMENTS_MAX + 1 if more
 * than fit. */
guint nats_split (const NatsSpan *rest, NatsSpan arguments[NATS_ARGUMENTS_MAX]);
/* Reads a decimal number of at most 15 digits. */
gboolean nats_span_read_number (const NatsSpan *self, guint64 *number);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-line.h"

#include <string.h>

#define DIGITS_MAX 15

static gboolean
is_blank (char c)
{
  return c == ' ' || c == '\t';
}

static gsize
count_blanks (const char *p, const char *end)
{
  const char *begin = p;

  while (p < end && is_blank (*p))
    p++;
  return p - begin;
}

static gsize
count_filled (const char *p, const char *end)
{
  const char *begin = p;

  while (p < end && !is_blank (*p))
    p++;
  return p - begin;
}

NatsLineResult
nats_line_parse (const guint8 *data, gsize size, NatsLine *line)
{
  const char *p = (const char *) data;
  const char *end = memchr (data, '\n', MIN (size, NATS_LINE_MAX));

  if (end == NULL)
    return size < NATS_LINE_MAX ? NATS_LINE_SHORT : NATS_LINE_BAD;
  line->size = end + 1 - p;
  if (end == p || *--end != '\r')
    return NATS_LINE_BAD;
  line->verb = (NatsSpan){ p, count_filled (p, end) };
  p += line->verb.size;
  p += count_blanks (p, end);
  while (end > p && is_blank (end[-1]))
    end--;
  line->rest = (NatsSpan){ p, end - p };
  return NATS_LINE_OK;
}

gboolean
nats_span_is (const NatsSpan *self, const char *upper)
{
  return strlen (upper) == self->size &&
         g_ascii_strncasecmp (self->data, upper, self->size) == 0;
}

guint
nats_split (const NatsSpan *rest, NatsSpan arguments[NATS_ARGUMENTS_MAX])
{
  const char *p = rest->data;
  const char *end = p + rest->size;
  guint n = 0;

  while (p < end)
    {
      const gsize size = count_filled (p, end);

      if (n == NATS_ARGUMENTS_MAX)
        return NATS_ARGUMENTS_MAX + 1;
      arguments[n++] = (NatsSpan){ p, size };
      p += size;
      p += count_blanks (p, end);
    }
  return n;
}

gboolean
nats_span_read_number (const NatsSpan *self, guint64 *number)
{
  *number = 0;
  if (self->size == 0 || self->size > DIGITS_MAX)
    return FALSE;
  for (gsize i = 0; i < self->size; i++)
    {
      if (!g_ascii_isdigit (self->data[i]))
        return FALSE;
      *number = *number * 10 + (self->data[i] - '0');
    }
  return TRUE;
}

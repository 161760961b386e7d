/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-headers.h"

#include <string.h>

#define VERSION          "NATS/1.0"
#define CONTENT_TYPE     "Content-Type"
#define CONTENT_TYPE_MAX 255
#define ID               "Nats-Msg-Id"
#define EXPIRY           "Hein-Expiry"
#define OPERATION        "KV-Operation"
#define ERROR            "Nats-Service-Error"
#define ERROR_CODE       "Nats-Service-Error-Code"

/* ---- to the wire ---- */

gboolean
nats_headers_has (HeinMessage *message, const HeinMessageView *view)
{
  return view->attributes != NULL &&
         (view->attributes->content_type != NULL ||
          hein_message_get_attributes (message) != NULL ||
          hein_message_get_expiry_ms (message) >= 0);
}

static gboolean
put (GString *to, const char *name, const char *value, GError **error)
{
  if (strpbrk (value, "\r\n") != NULL)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                   "the value of %s has the end of a line: a header of NATS "
                   "cannot carry it",
                   name);
      return FALSE;
    }
  g_string_append_printf (to, "%s: %s\r\n", name, value);
  return TRUE;
}

gboolean
nats_headers_write (GString *to,
                    HeinMessage *message,
                    const HeinMessageView *view,
                    GError **error)
{
  const char *content_type = view->attributes->content_type;
  const char *const *pairs = hein_message_get_attributes (message);
  const gint64 left_ms = hein_message_get_expiry_ms (message);

  g_string_append (to, VERSION "\r\n");
  if (content_type != NULL && !put (to, CONTENT_TYPE, content_type, error))
    return FALSE;
  if (left_ms >= 0)
    g_string_append_printf (to, EXPIRY ": %" G_GINT64_FORMAT "\r\n",
                            MAX (left_ms, 1));
  for (; pairs != NULL && pairs[0] != NULL; pairs += 2)
    if (!put (to, strcmp (pairs[0], HEIN_ATTRIBUTE_ID) == 0 ? ID : pairs[0],
              pairs[1], error))
      return FALSE;
  g_string_append (to, "\r\n");
  return TRUE;
}

/* An error is one line. */
void
nats_headers_write_error (GString *to,
                          HeinMessage *message,
                          const HeinMessageView *view)
{
  g_autofree char *text =
    hein_error_dup_printable ((const char *) view->data, view->size);

  g_string_append_printf (to,
                          VERSION "\r\n" ERROR ": %s\r\n" ERROR_CODE
                                  ": %u\r\n\r\n",
                          text, view->attributes->ask_number);
}

/* ---- from the wire ---- */

typedef struct
{
  NatsSpan name;
  NatsSpan value;
} Pair;

static NatsSpan
strip (const char *p, const char *end)
{
  while (p < end && (*p == ' ' || *p == '\t'))
    p++;
  while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
    end--;
  return (NatsSpan){ p, end - p };
}

/* Takes the next line, without its end; FALSE: there is none. */
static gboolean
next_line (const char **p, const char *end, NatsSpan *line)
{
  const char *newline = memchr (*p, '\n', end - *p);

  if (newline == NULL || newline == *p || newline[-1] != '\r')
    return FALSE;
  *line = (NatsSpan){ *p, newline - 1 - *p };
  *p = newline + 1;
  return TRUE;
}

/* Takes the next header; FALSE: there is none. *is_bad: it is malformed. */
static gboolean
next_pair (const char **p, const char *end, Pair *pair, gboolean *is_bad)
{
  NatsSpan line;
  const char *colon;

  *is_bad = !next_line (p, end, &line);
  if (*is_bad)
    return FALSE;
  if (line.size == 0)
    {
      *is_bad = *p < end;
      return FALSE;
    }
  colon = memchr (line.data, ':', line.size);
  *is_bad = colon == NULL || colon == line.data;
  if (*is_bad)
    return FALSE;
  pair->name = (NatsSpan){ line.data, colon - line.data };
  pair->value = strip (colon + 1, line.data + line.size);
  return TRUE;
}

static gboolean
read_status (const NatsSpan *line, guint *status)
{
  const gsize version = strlen (VERSION);
  NatsSpan digits;
  guint64 number = 0;

  if (line->size < version || memcmp (line->data, VERSION, version) != 0)
    return FALSE;
  digits = strip (line->data + version, line->data + line->size);
  if (digits.size == 0)
    return line->size == version || line->data[version] == ' ';
  digits.size = MIN (digits.size, 3);
  if (line->data[version] != ' ' || !nats_span_read_number (&digits, &number))
    return FALSE;
  *status = number;
  return TRUE;
}

static gboolean
is_own (const Pair *pair)
{
  return nats_span_is (&pair->name, CONTENT_TYPE) ||
         nats_span_is (&pair->name, EXPIRY);
}

/* Of two with one name, the first counts. */
static void
take_own (NatsHeaders *self, const Pair *pair)
{
  guint64 number;

  if (nats_span_is (&pair->name, CONTENT_TYPE) && self->content_type == NULL &&
      pair->value.size > 0 && pair->value.size <= CONTENT_TYPE_MAX &&
      memchr (pair->value.data, '\0', pair->value.size) == NULL &&
      g_utf8_validate (pair->value.data, pair->value.size, NULL))
    self->content_type = g_strndup (pair->value.data, pair->value.size);
  if (nats_span_is (&pair->name, ERROR) && self->error == NULL)
    self->error = hein_error_dup_printable (pair->value.data, pair->value.size);
  if (nats_span_is (&pair->name, OPERATION))
    self->is_gone = nats_span_is (&pair->value, "DEL") ||
                    nats_span_is (&pair->value, "PURGE");
  if (nats_span_is (&pair->name, ERROR_CODE) &&
      nats_span_read_number (&pair->value, &number))
    self->error_code = MIN (number, G_MAXINT32);
  if (nats_span_is (&pair->name, EXPIRY) && self->expiry_ms == 0 &&
      nats_span_read_number (&pair->value, &number))
    self->expiry_ms = CLAMP (number, 1, G_MAXUINT32);
}

gboolean
nats_headers_read (NatsHeaders *self, const char *data, gsize size)
{
  const char *p = data;
  const char *end = data + size;
  NatsSpan first;
  Pair pair;
  gboolean is_bad;

  *self = (NatsHeaders){ 0 };
  if (!next_line (&p, end, &first) || !read_status (&first, &self->status))
    return FALSE;
  while (next_pair (&p, end, &pair, &is_bad))
    take_own (self, &pair);
  return !is_bad;
}

gboolean
nats_headers_find (const char *data,
                   gsize size,
                   const char *upper,
                   NatsSpan *value)
{
  const char *p = data;
  const char *end = data + size;
  Pair pair;
  gboolean is_bad;

  if (!next_line (&p, end, value))
    return FALSE;
  while (next_pair (&p, end, &pair, &is_bad))
    if (nats_span_is (&pair.name, upper))
      {
        *value = pair.value;
        return TRUE;
      }
  return FALSE;
}

gboolean
nats_headers_add (const char *data, gsize size, HeinMessage *message)
{
  const char *p = data;
  const char *end = data + size;
  NatsSpan first;
  Pair pair;
  gboolean is_bad;
  gboolean ok = TRUE;

  next_line (&p, end, &first);
  while (next_pair (&p, end, &pair, &is_bad))
    {
      const gboolean is_id = nats_span_is (&pair.name, ID);

      if (!is_own (&pair) &&
          !hein_message_add_attribute (message,
                                       is_id ? HEIN_ATTRIBUTE_ID
                                             : pair.name.data,
                                       is_id ? strlen (HEIN_ATTRIBUTE_ID)
                                             : pair.name.size,
                                       pair.value.data, pair.value.size))
        ok = FALSE;
    }
  return ok;
}

void
nats_headers_clear (NatsHeaders *self)
{
  g_clear_pointer (&self->content_type, g_free);
  g_clear_pointer (&self->error, g_free);
}

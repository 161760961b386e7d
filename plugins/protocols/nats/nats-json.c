/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-json.h"

#include "nats-line.h"

/* Members and values of INFO, and of what JetStream says. */

gboolean
nats_json_is (const HeinJsonSpan *self, const char *name)
{
  const NatsSpan span = { self->data, self->size };

  return nats_span_is (&span, name);
}

gboolean
nats_json_read_flag (const HeinJsonToken *token, gboolean *flag)
{
  *flag = token->kind == HEIN_JSON_TRUE;
  return *flag || token->kind == HEIN_JSON_FALSE;
}

gboolean
nats_json_read_number (const HeinJsonToken *token, guint64 *number)
{
  const NatsSpan digits = { token->text.data, token->text.size };

  return token->kind == HEIN_JSON_INTEGER &&
         nats_span_read_number (&digits, number);
}

gboolean
nats_json_read_text (const HeinJsonToken *token, char **text)
{
  g_autoptr (GString) plain = g_string_new (NULL);

  if (token->kind != HEIN_JSON_STRING ||
      !hein_json_unquote (&token->text, plain, NULL))
    return FALSE;
  g_free (*text);
  *text = hein_error_dup_printable (plain->str, plain->len);
  return TRUE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-info.h"

#include "nats-json.h"

/* What servers have as a limit unless told otherwise. */
#define MAX_PAYLOAD 1048576

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, text);
  return FALSE;
}

/* Takes a member whose value is neither an object nor an array. */
static gboolean
take_member (NatsInfo *self,
             const HeinJsonSpan *name,
             const HeinJsonToken *value)
{
  guint64 number = 0;
  gboolean ok = TRUE;

  if (nats_json_is (name, "\"max_payload\""))
    ok = nats_json_read_number (value, &self->max_payload) &&
         self->max_payload > 0;
  else if (nats_json_is (name, "\"proto\""))
    {
      ok = nats_json_read_number (value, &number);
      self->proto = MIN (number, G_MAXUINT);
    }
  else if (nats_json_is (name, "\"headers\""))
    ok = nats_json_read_flag (value, &self->has_headers);
  else if (nats_json_is (name, "\"auth_required\""))
    ok = nats_json_read_flag (value, &self->wants_auth);
  else if (nats_json_is (name, "\"tls_required\""))
    ok = nats_json_read_flag (value, &self->wants_tls);
  else if (nats_json_is (name, "\"tls_available\""))
    ok = nats_json_read_flag (value, &self->has_tls);
  else if (nats_json_is (name, "\"ldm\""))
    ok = nats_json_read_flag (value, &self->is_leaving);
  return ok;
}

gboolean
nats_info_read (NatsInfo *self, const char *json, gsize size, GError **error)
{
  HeinJsonReader reader;
  HeinJsonToken token;
  HeinJsonSpan name = { "", 0 };

  *self = (NatsInfo){ .max_payload = MAX_PAYLOAD };
  if (!g_utf8_validate (json, size, NULL))
    return fail (error, "INFO is not UTF-8");
  hein_json_reader_init (&reader, json, size);
  if (!hein_json_reader_next (&reader, &token, error))
    return FALSE;
  if (token.kind != HEIN_JSON_BEGIN_OBJECT)
    return fail (error, "INFO is not an object");
  do
    {
      if (!hein_json_reader_next (&reader, &token, error))
        return FALSE;
      if (reader.depth != 1)
        continue;
      if (token.kind == HEIN_JSON_NAME)
        name = token.text;
      else if (!take_member (self, &name, &token))
        {
          g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                       "%.*s of INFO is malformed", (int) name.size, name.data);
          return FALSE;
        }
    }
  while (token.kind != HEIN_JSON_END);
  return TRUE;
}

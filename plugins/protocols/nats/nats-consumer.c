/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-consumer.h"

#include <string.h>

#include "json/hein-json.h"
#include "nats-json.h"

#define WAIT_US     30000000 /* unless the server says another one */
#define WAIT_MAX_US 86400000000
#define NS_PER_US   1000

gboolean
nats_consumer_is_name (const char *name)
{
  const gsize size = strlen (name);

  if (size == 0 || size > NATS_CONSUMER_NAME_MAX ||
      !g_utf8_validate (name, size, NULL))
    return FALSE;
  /* it is a level of a subject, and the name of a folder of the server */
  for (const char *p = name; *p != '\0'; p++)
    if ((guint8) *p <= ' ' || *p == 0x7f || strchr (".*>/\\", *p) != NULL)
      return FALSE;
  return TRUE;
}

/* ---- what comes ---- */

static gboolean
read_wait (const HeinJsonToken *token, gint64 *wait_us)
{
  guint64 ns = G_MAXUINT64; /* more than can be read is long enough */

  nats_json_read_number (token, &ns);
  *wait_us = MIN (ns / NS_PER_US, WAIT_MAX_US);
  return token->kind == HEIN_JSON_INTEGER && token->text.data[0] != '-';
}

static gboolean
take_config (NatsConsumer *self,
             const HeinJsonSpan *name,
             const HeinJsonToken *value)
{
  gboolean ok = TRUE;

  if (nats_json_is (name, "\"filter_subject\""))
    ok = nats_json_read_text (value, &self->filter);
  else if (nats_json_is (name, "\"ack_policy\""))
    ok = nats_json_read_text (value, &self->ack_policy);
  else if (nats_json_is (name, "\"deliver_subject\""))
    self->is_pushed = value->kind == HEIN_JSON_STRING && value->text.size > 2;
  else if (nats_json_is (name, "\"filter_subjects\""))
    self->has_filters = value->kind == HEIN_JSON_BEGIN_ARRAY;
  else if (nats_json_is (name, "\"ack_wait\""))
    ok = read_wait (value, &self->ack_wait_us);
  else if (nats_json_is (name, "\"max_batch\""))
    ok = nats_json_read_number (value, &self->max_batch);
  else if (nats_json_is (name, "\"max_expires\""))
    ok = read_wait (value, &self->max_wait_us);
  return ok;
}

static gboolean
take_error (NatsConsumer *self,
            const HeinJsonSpan *name,
            const HeinJsonToken *value)
{
  gboolean ok = TRUE;

  if (nats_json_is (name, "\"code\""))
    ok = nats_json_read_number (value, &self->code);
  else if (nats_json_is (name, "\"err_code\""))
    ok = nats_json_read_number (value, &self->error_code);
  else if (nats_json_is (name, "\"description\""))
    ok = nats_json_read_text (value, &self->description);
  return ok;
}

/* What is in an object of the object. */
static gboolean
take_inner (NatsConsumer *self,
            const HeinJsonSpan names[2],
            const HeinJsonToken *token)
{
  if (nats_json_is (&names[0], "\"config\""))
    {
      self->is_there = TRUE;
      return take_config (self, &names[1], token);
    }
  return !nats_json_is (&names[0], "\"error\"") ||
         take_error (self, &names[1], token);
}

/* Each time it is brought again, the server may wait for another while. */
static gboolean
take_backoff (NatsConsumer *self,
              const HeinJsonSpan names[2],
              const HeinJsonToken *token,
              gint64 *shortest_us)
{
  gint64 wait_us;

  if (token->kind != HEIN_JSON_INTEGER ||
      !nats_json_is (&names[0], "\"config\"") ||
      !nats_json_is (&names[1], "\"backoff\""))
    return TRUE;
  if (!read_wait (token, &wait_us))
    return FALSE;
  *shortest_us = MIN (*shortest_us, wait_us);
  return TRUE;
}

static gboolean
take_token (NatsConsumer *self,
            HeinJsonSpan names[2],
            guint depth,
            const HeinJsonToken *token,
            gint64 *shortest_us)
{
  gboolean ok = TRUE;

  if (depth >= 1 && depth <= 2 && token->kind == HEIN_JSON_NAME)
    names[depth - 1] = token->text;
  else if (depth == 2 && token->kind != HEIN_JSON_END_OBJECT)
    ok = take_inner (self, names, token);
  else if (depth == 3)
    ok = take_backoff (self, names, token, shortest_us);
  return ok;
}

gboolean
nats_consumer_read (NatsConsumer *self, const char *json, gsize size)
{
  HeinJsonSpan names[2] = { { "", 0 }, { "", 0 } }; /* at either depth */
  gint64 shortest_us = G_MAXINT64;
  HeinJsonReader reader;
  HeinJsonToken token;

  *self = (NatsConsumer){ .ack_wait_us = WAIT_US };
  if (!g_utf8_validate (json, size, NULL))
    return FALSE;
  hein_json_reader_init (&reader, json, size);
  if (!hein_json_reader_next (&reader, &token, NULL) ||
      token.kind != HEIN_JSON_BEGIN_OBJECT)
    return FALSE;
  do
    {
      const guint depth = reader.depth;

      if (!hein_json_reader_next (&reader, &token, NULL) ||
          !take_token (self, names, depth, &token, &shortest_us))
        return FALSE;
    }
  while (token.kind != HEIN_JSON_END);
  self->ack_wait_us = MIN (self->ack_wait_us, shortest_us);
  if (self->filter != NULL && *self->filter == '\0')
    g_clear_pointer (&self->filter, g_free);
  return self->is_there != (self->code > 0);
}

void
nats_consumer_clear (NatsConsumer *self)
{
  g_clear_pointer (&self->filter, g_free);
  g_clear_pointer (&self->ack_policy, g_free);
  g_clear_pointer (&self->description, g_free);
}

/* ---- what makes one ---- */

static void
append_member (GString *json, const char *name, const char *text)
{
  g_string_append_printf (json, "\"%s\":", name);
  hein_json_append_string (json, text, strlen (text));
}

void
nats_consumer_append_config (GString *json,
                             const char *stream,
                             const char *name,
                             const char *filter)
{
  g_string_append_c (json, '{');
  append_member (json, "stream_name", stream);
  g_string_append (json, ",\"config\":{");
  append_member (json, "durable_name", name);
  g_string_append (json, ",\"deliver_policy\":\"all\","
                         "\"ack_policy\":\"explicit\","
                         "\"replay_policy\":\"instant\"");
  if (filter != NULL)
    {
      g_string_append_c (json, ',');
      append_member (json, "filter_subject", filter);
    }
  g_string_append (json, "}}");
}

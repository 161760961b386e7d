/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-connect.h"

#include <string.h>

#include "json/hein-json.h"
#include "nats-ask.h"
#include "nats-bucket.h"
#include "nats-durable.h"
#include "nats-jetstream.h"
#include "nats-send.h"
#include "nats-urls.h"
#include "secret/hein-secret-password.h"

/*
 * The beginning of a connection:
 *
 *   server                 client
 *   INFO {…}
 *          TLS, if the address asks for it
 *                          CONNECT {…}
 *                          PING
 *   PONG, or -ERR '…'
 */

#define VERSION                                                                \
  G_STRINGIFY (HEIN_MAJOR_VERSION)                                             \
  "." G_STRINGIFY (HEIN_MINOR_VERSION) "." G_STRINGIFY (HEIN_MICRO_VERSION)
/* A line with secrets grows no further, so that no copies are left behind: each byte
 * of a secret may take six. */
#define LINE_ROOM (16 * HEIN_SECRET_PASSWORD_MAX)

static gboolean
refuse (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS, text);
  return FALSE;
}

gboolean
nats_connect_check (HeinNats *self, GError **error)
{
  if (self->queue_group != NULL &&
      (*self->queue_group == '\0' ||
       strlen (self->queue_group) > HEIN_TOPIC_MAX ||
       strpbrk (self->queue_group, " \t\r\n") != NULL))
    return refuse (error, "queue-group is 1 to 255 bytes without blanks");
  if (self->user != NULL && (strlen (self->user) >= HEIN_SECRET_PASSWORD_MAX ||
                             !g_utf8_validate (self->user, -1, NULL)))
    return refuse (error, "user is less than 4096 bytes of UTF-8");
  if ((self->user == NULL) != (self->password_file == NULL))
    return refuse (error, "user and password-file need each other");
  if ((self->user != NULL) + (self->token_file != NULL) +
        (self->identity.nkey_file != NULL) +
        (self->identity.creds_file != NULL) >
      1)
    return refuse (error, "give either user, token-file, nkey or creds");
  if (self->bucket != NULL && self->queue_group != NULL)
    return refuse (error, "a bucket is watched by each: leave out queue-group");
  return nats_bucket_check (self->bucket, error) &&
         nats_durable_check (self, error) &&
         hein_secret_check_password (self->password_file, error) &&
         hein_secret_check_password (self->token_file, error) &&
         nats_identity_check (&self->identity, error);
}

static void
put_text (GString *line, const char *name, const char *text)
{
  g_string_append_printf (line, ",\"%s\":", name);
  hein_json_append_string (line, text, strlen (text));
}

static gboolean
put_secret (GString *line, const char *name, const char *path, GError **error)
{
  char secret[HEIN_SECRET_PASSWORD_MAX + 1];
  gssize size;
  gboolean ok;

  if (path == NULL)
    return TRUE;
  size = hein_secret_read_password (path, secret, error);
  ok = size >= 0 && g_utf8_validate (secret, size, NULL);
  if (ok)
    {
      secret[size] = '\0';
      put_text (line, name, secret);
    }
  else if (size >= 0)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "%s: its first line is not UTF-8", path);
  hein_secret_erase (secret, sizeof secret);
  return ok;
}

static gboolean
has_secrets (const HeinNats *self)
{
  return self->password_file != NULL || self->token_file != NULL ||
         nats_identity_is_set (&self->identity);
}

static gboolean
put_connect (HeinNats *self, HeinWire *wire, GError **error)
{
  g_autoptr (GString) line = g_string_sized_new (
    has_secrets (self) ? LINE_ROOM + NATS_IDENTITY_MAX : 256);
  gboolean ok;

  g_string_append (line, "CONNECT {\"verbose\":false,\"pedantic\":false,"
                         "\"lang\":\"hein\",\"version\":\"" VERSION "\","
                         "\"protocol\":1,\"echo\":false");
  put_text (line, "name", hein_wire_get_bus_name (wire));
  if (self->info.has_headers)
    g_string_append (line, ",\"headers\":true,\"no_responders\":true");
  if (self->user != NULL)
    put_text (line, "user", self->user);
  ok = put_secret (line, "pass", self->password_file, error) &&
       put_secret (line, "auth_token", self->token_file, error) &&
       nats_identity_put (&self->identity, line, error);
  if (ok)
    {
      g_string_append (line, "}\r\n");
      hein_wire_put (wire, (const guint8 *) line->str, line->len);
    }
  hein_secret_erase (line->str, line->allocated_len);
  return ok;
}

static gboolean
check_first (HeinWire *wire,
             const NatsInfo *info,
             gboolean needs_headers,
             GError **error)
{
  const gboolean lacks_tls = hein_wire_lacks_security (wire);

  if (lacks_tls && !info->wants_tls && !info->has_tls)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                         "the server says that it has no TLS, for which the "
                         "address asks, or somebody on the way does: nothing "
                         "was sent");
  else if (info->wants_tls && !lacks_tls && !hein_wire_is_encrypted (wire))
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                         "the server wants TLS: say tls=yes in the address, "
                         "and ca-file=FILE where its certificate is of an "
                         "authority of your own");
  else if (info->proto < 1)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                         "the server is older than NATS 1.2");
  else if (needs_headers && !info->has_headers)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                         "the server has no headers, and so no buckets "
                         "and no durables");
  else
    return TRUE;
  return FALSE;
}

static gboolean
begin (HeinNats *self, HeinWire *wire, GError **error)
{
  self->state = NATS_WAITS;
  if (!put_connect (self, wire, error))
    return FALSE;
  nats_send_ping (self, wire);
  return TRUE;
}

void
nats_connect_go_on (HeinNats *self, HeinWire *wire)
{
  g_autoptr (GError) error = NULL;

  if (begin (self, wire, &error))
    return;
  self->state = NATS_OVER;
  hein_wire_fail (wire, error);
}

/* The others are for when this one is lost; it is one of them itself. */
static void
tell_others (HeinNats *self, HeinWire *wire, const NatsSpan *json)
{
  g_auto (GStrv) urls = NULL;

  if (!self->follows_cluster)
    return;
  urls = nats_urls_read (json->data, json->size);
  hein_wire_tell_places (wire, (const char *const *) urls);
}

/* A server in lame duck mode ends its connections one after the other. */
static void
take_change (HeinNats *self, HeinWire *wire, const NatsInfo *info)
{
  const gboolean was_leaving = self->info.is_leaving;

  self->info = *info;
  if (!info->is_leaving || was_leaving || self->state != NATS_UP)
    return;
  if (hein_wire_move_on (wire))
    g_info ("the server is about to end: it is left for another one");
  else
    g_info ("the server is about to end, and no other is known");
}

gboolean
nats_connect_take_info (HeinNats *self,
                        HeinWire *wire,
                        const NatsSpan *json,
                        GError **error)
{
  NatsInfo info;

  if (!nats_info_read (&info, json->data, json->size, error))
    return FALSE;
  tell_others (self, wire, json);
  if (self->state != NATS_BEGINS)
    {
      take_change (self, wire, &info);
      return TRUE;
    }
  if (!check_first (wire, &info, self->bucket != NULL || self->durable != NULL,
                    error) ||
      !nats_identity_take_info (&self->identity, json, error))
    return FALSE;
  self->info = info;
  if (!hein_wire_lacks_security (wire))
    return begin (self, wire, error);
  self->state = NATS_SECURES;
  hein_wire_secure (wire);
  return TRUE;
}

void
nats_connect_end (HeinNats *self, HeinWire *wire)
{
  self->state = NATS_OFFERED;
  hein_wire_set_match (wire, HEIN_MATCH_ALL);
  hein_wire_set_carries_attributes (wire, self->info.has_headers);
  /* without headers nobody would say that nobody answers */
  if (self->info.has_headers)
    nats_ask_begin (self, wire);
  nats_jetstream_begin (self, wire);
  hein_wire_offer_name (wire, "nats", NULL, HEIN_NAME_RULE_MADE_UP);
}

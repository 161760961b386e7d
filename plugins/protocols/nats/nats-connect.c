/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-connect.h"

#include <string.h>

#include "json/hein-json.h"
#include "nats-send.h"

/*
 * The beginning of a connection:
 *
 *   server                 client
 *   INFO {…}
 *                          CONNECT {…}
 *                          PING
 *   PONG, or -ERR '…'
 */

#define VERSION                                                                \
  G_STRINGIFY (HEIN_MAJOR_VERSION)                                             \
  "." G_STRINGIFY (HEIN_MINOR_VERSION) "." G_STRINGIFY (HEIN_MICRO_VERSION)

static void
put_connect (HeinNats *self, HeinWire *wire)
{
  g_autoptr (GString) line =
    g_string_new ("CONNECT {\"verbose\":false,"
                  "\"pedantic\":false,\"lang\":\"hein\","
                  "\"version\":\"" VERSION "\","
                  "\"protocol\":1,\"echo\":false,"
                  "\"name\":");
  const char *name = hein_wire_get_bus_name (wire);

  hein_json_append_string (line, name, strlen (name));
  g_string_append (line, "}\r\n");
  hein_wire_put (wire, (const guint8 *) line->str, line->len);
}

static gboolean
check_first (const NatsInfo *info, GError **error)
{
  const char *why = NULL;

  if (info->wants_tls)
    why = "the server wants TLS behind its first word, which hein does not "
          "know yet";
  else if (info->proto < 1)
    why = "the server is older than NATS 1.2";
  if (why == NULL)
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_REFUSED, why);
  return FALSE;
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
  if (self->state != NATS_BEGINS)
    {
      if (info.is_leaving && !self->info.is_leaving)
        g_info ("the server is about to end");
      self->info = info;
      return TRUE;
    }
  if (!check_first (&info, error))
    return FALSE;
  self->info = info;
  self->state = NATS_WAITS;
  put_connect (self, wire);
  nats_send_ping (self, wire);
  return TRUE;
}

void
nats_connect_end (HeinNats *self, HeinWire *wire)
{
  self->state = NATS_OFFERED;
  hein_wire_set_match (wire, HEIN_MATCH_ALL);
  hein_wire_offer_name (wire, "nats", NULL, HEIN_NAME_RULE_MADE_UP);
}

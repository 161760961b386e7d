/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-nats.h"

#include <gmodule.h>

#include "nats-connect.h"
#include "nats-durable.h"
#include "nats-receive.h"
#include "nats-send.h"
#include "nats-subscribe.h"
#include "nats-watch.h"
#include "options/hein-options.h"

/*
 * The client protocol of NATS (docs.nats.io); README.md has the picture.
 */

G_DEFINE_FINAL_TYPE (HeinNats, hein_nats, HEIN_TYPE_PROTOCOL)

HEIN_PLUGIN_DEFINE (
  HeinNats, hein_nats, PROTOCOL, "nats", "nats", "NATS: a client of a server")

/* ---- the slots ---- */

static gboolean
hein_nats_prepare (HeinProtocol *protocol,
                   HeinRole role,
                   HeinSecrecy *secrecy,
                   GError **error)
{
  if (role == HEIN_ROLE_DIAL)
    return nats_connect_check (HEIN_NATS (protocol), error);
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                       "hein is a client of a NATS server, and no server "
                       "itself: dial one");
  return FALSE;
}

static gboolean
hein_nats_begins_plain (HeinProtocol *protocol)
{
  return !HEIN_NATS (protocol)->shakes_first;
}

static void
hein_nats_secured (HeinProtocol *protocol, HeinWire *wire)
{
  nats_connect_go_on (HEIN_NATS (protocol), wire);
}

/* The server begins. */
static void
hein_nats_start (HeinProtocol *protocol, HeinWire *wire, gboolean dialled)
{
}

static gssize
hein_nats_consume (HeinProtocol *protocol,
                   HeinWire *wire,
                   GBytes *bytes,
                   GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  return nats_receive (HEIN_NATS (protocol), wire, data, size, error);
}

static gboolean
hein_nats_encode (HeinProtocol *protocol,
                  HeinWire *wire,
                  HeinMessage *message,
                  GError **error)
{
  return nats_send (HEIN_NATS (protocol), wire, message, error);
}

static gint64
hein_nats_tick (HeinProtocol *protocol, HeinWire *wire, gint64 now_us)
{
  HeinNats *self = HEIN_NATS (protocol);
  const gint64 flush_us = nats_send_tick (self, wire, now_us);
  const gint64 watch_us = nats_watch_tick (self, wire, now_us);
  const gint64 durable_us = nats_durable_tick (self, wire, now_us);

  nats_subscribe_review (self, wire);
  return MIN (MIN (flush_us, watch_us), durable_us);
}

static void
hein_nats_admitted (HeinProtocol *protocol,
                    HeinWire *wire,
                    const GError *refusal)
{
  HeinNats *self = HEIN_NATS (protocol);

  if (refusal != NULL)
    {
      self->state = NATS_OVER;
      hein_wire_fail (wire, refusal);
      return;
    }
  self->state = NATS_UP;
  hein_wire_set_confirmed_by_end (wire, 0);
  hein_wire_set_heartbeat (wire, TRUE);
  hein_wire_filter (wire);
  nats_subscribe_collect (self, wire, TRUE);
  hein_wire_ready (wire);
  nats_subscribe_collect (self, wire, FALSE);
}

static void
hein_nats_subscription (HeinProtocol *protocol,
                        HeinWire *wire,
                        const char *prefix,
                        gboolean wanted)
{
  nats_subscribe_change (HEIN_NATS (protocol), wire, prefix, wanted);
}

static gboolean
hein_nats_pattern (HeinProtocol *protocol,
                   HeinWire *wire,
                   const char *pattern,
                   gboolean wanted)
{
  nats_subscribe_change_pattern (HEIN_NATS (protocol), wire, pattern, wanted);
  return TRUE;
}

/* A PONG says that the server has done all that came before. */
static gboolean
hein_nats_confirm (HeinProtocol *protocol, HeinWire *wire, guint number)
{
  HeinNats *self = HEIN_NATS (protocol);

  if (self->state != NATS_UP || self->subscriptions.is_collecting)
    return FALSE;
  self->subscriptions.confirm_ping = nats_send_ping (self, wire);
  self->subscriptions.confirm_number = number;
  return TRUE;
}

static void
hein_nats_settled (HeinProtocol *protocol,
                   HeinWire *wire,
                   guint64 delivery,
                   const GError *failure)
{
  nats_durable_settle (HEIN_NATS (protocol), wire, delivery,
                       nats_open_get_outcome (failure));
}

static void
hein_nats_leaving (HeinProtocol *protocol, HeinWire *wire)
{
  nats_durable_stop (HEIN_NATS (protocol), wire);
}

static void
hein_nats_finish (HeinProtocol *protocol, HeinWire *wire)
{
  nats_durable_finish (HEIN_NATS (protocol), wire);
}

static void
hein_nats_ping (HeinProtocol *protocol, HeinWire *wire)
{
  nats_send_ping (HEIN_NATS (protocol), wire);
}

/* ---- the object ---- */

static const HeinOptionEntry options[] = {
  { .name = "user",
    .kind = HEIN_OPTION_TEXT,
    .offset = G_STRUCT_OFFSET (HeinNats, user) },
  { .name = "password-file",
    .kind = HEIN_OPTION_TEXT,
    .offset = G_STRUCT_OFFSET (HeinNats, password_file) },
  { .name = "token-file",
    .kind = HEIN_OPTION_TEXT,
    .offset = G_STRUCT_OFFSET (HeinNats, token_file) },
  { .name = "nkey",
    .kind = HEIN_OPTION_TEXT,
    .offset = G_STRUCT_OFFSET (HeinNats, identity.nkey_file) },
  { .name = "creds",
    .kind = HEIN_OPTION_TEXT,
    .offset = G_STRUCT_OFFSET (HeinNats, identity.creds_file) },
  { .name = "queue-group",
    .kind = HEIN_OPTION_TEXT,
    .offset = G_STRUCT_OFFSET (HeinNats, queue_group) },
  { .name = "subscribe",
    .kind = HEIN_OPTION_FLAG,
    .offset = G_STRUCT_OFFSET (HeinNats, subscribes),
    .value = TRUE },
  { .name = "jetstream",
    .kind = HEIN_OPTION_FLAG,
    .offset = G_STRUCT_OFFSET (HeinNats, uses_jetstream) },
  { .name = "bucket",
    .kind = HEIN_OPTION_TEXT,
    .offset = G_STRUCT_OFFSET (HeinNats, bucket) },
  { .name = "stream",
    .kind = HEIN_OPTION_TEXT,
    .offset = G_STRUCT_OFFSET (HeinNats, stream) },
  { .name = "durable",
    .kind = HEIN_OPTION_TEXT,
    .offset = G_STRUCT_OFFSET (HeinNats, durable) },
  { .name = "handshake-first",
    .kind = HEIN_OPTION_FLAG,
    .offset = G_STRUCT_OFFSET (HeinNats, shakes_first) },
  { .name = "cluster",
    .kind = HEIN_OPTION_FLAG,
    .offset = G_STRUCT_OFFSET (HeinNats, follows_cluster) },
  { NULL },
};

static void
hein_nats_finalize (GObject *object)
{
  HeinNats *self = HEIN_NATS (object);

  hein_options_clear (self, options);
  nats_subscribe_clear (self);
  nats_watch_clear (self);
  nats_durable_clear (self);
  g_free (self->identity.nonce);
  g_free (self->topic);
  g_free (self->sent.topic);
  G_OBJECT_CLASS (hein_nats_parent_class)->finalize (object);
}

static void
hein_nats_class_init (HeinNatsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  HeinProtocolClass *protocol_class = HEIN_PROTOCOL_CLASS (klass);

  object_class->finalize = hein_nats_finalize;
  protocol_class->prepare = hein_nats_prepare;
  protocol_class->start = hein_nats_start;
  protocol_class->consume = hein_nats_consume;
  protocol_class->encode = hein_nats_encode;
  protocol_class->tick = hein_nats_tick;
  protocol_class->admitted = hein_nats_admitted;
  protocol_class->subscription = hein_nats_subscription;
  protocol_class->pattern = hein_nats_pattern;
  protocol_class->ping = hein_nats_ping;
  protocol_class->begins_plain = hein_nats_begins_plain;
  protocol_class->secured = hein_nats_secured;
  protocol_class->confirm = hein_nats_confirm;
  protocol_class->settled = hein_nats_settled;
  protocol_class->leaving = hein_nats_leaving;
  protocol_class->finish = hein_nats_finish;
  hein_options_install (object_class, options);
  protocol_class->is_pure = TRUE;
  protocol_class->ends_in_order = TRUE;
}

static void
hein_nats_init (HeinNats *self)
{
  hein_options_init (self, options);
  nats_durable_init (self);
}

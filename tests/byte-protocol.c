/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "byte-protocol.h"

G_DEFINE_ABSTRACT_TYPE (ByteProtocol, byte_protocol, HEIN_TYPE_PROTOCOL)

static void
byte_protocol_start (HeinProtocol *protocol,
                     HeinWire *wire,
                     gboolean is_dialled)
{
  hein_wire_set_match (wire, HEIN_MATCH_ALL);
  hein_wire_offer_name (wire, NULL, NULL, HEIN_NAME_RULE_MADE_UP);
}

static void
byte_protocol_admitted (HeinProtocol *protocol,
                        HeinWire *wire,
                        const GError *error)
{
  if (error == NULL)
    hein_wire_ready (wire);
}

static gssize
byte_protocol_consume (HeinProtocol *protocol,
                       HeinWire *wire,
                       GBytes *bytes,
                       GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  for (gsize i = 0; i < size; i++)
    hein_wire_deliver_data (wire, "", 0, data + i, 1);
  return size;
}

static gboolean
byte_protocol_encode (HeinProtocol *protocol,
                      HeinWire *wire,
                      HeinMessage *message,
                      GError **error)
{
  const guint8 *data =
    g_bytes_get_data (hein_message_get_payload (message), NULL);

  hein_wire_put (wire, data, 1);
  return TRUE;
}

static void
byte_protocol_class_init (ByteProtocolClass *class)
{
  HeinProtocolClass *protocol_class = HEIN_PROTOCOL_CLASS (class);

  protocol_class->start = byte_protocol_start;
  protocol_class->admitted = byte_protocol_admitted;
  protocol_class->consume = byte_protocol_consume;
  protocol_class->encode = byte_protocol_encode;
}

static void
byte_protocol_init (ByteProtocol *self)
{
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-broker.h"

#include <string.h>

/* Makes and reads messages for protocols whose other side is a broker or a
 * server. */

/* What fits into a message's own memory. */
#define SMALL 4096
/* What topics of requests for values begin with: the documentation of
 * hein_bus_get_async() says so, and peers rely on it. */
#define GET "$hein/get/"

HeinMessage *
hein_broker_make_message (const char *topic,
                          gsize topic_size,
                          const HeinMessageAttributes *attributes,
                          const guint8 *payload,
                          gsize size,
                          GBytes *return_path)
{
  char text[HEIN_TOPIC_MAX + 1];
  g_autoptr (GBytes) bytes = NULL;

  memcpy (text, topic, topic_size);
  text[topic_size] = '\0';
  if (size <= SMALL)
    return hein_message_new_attributed_data (text, attributes, payload, size,
                                             return_path);
  bytes = g_bytes_new (payload, size);
  return hein_message_new_attributed (text, attributes, &bytes, 1, return_path);
}

const char *
hein_broker_get_wanted (const char *topic, gsize *size)
{
  const gsize get = strlen (GET);

  if (*size < get || memcmp (topic, GET, get) != 0)
    return NULL;
  *size -= get;
  return topic + get;
}

void
hein_broker_tell (HeinWire *wire,
                  const HeinMessageAttributes *attributes,
                  const char *text)
{
  g_autoptr (HeinMessage) word =
    hein_message_new_attributed_data (NULL, attributes, (const guint8 *) text,
                                      strlen (text), NULL);

  hein_wire_deliver (wire, word);
}

void
hein_broker_tell_ask (
  HeinWire *wire, HeinAsk ask, guint64 id, guint32 code, const char *text)
{
  const HeinMessageAttributes attributes = { .ask = ask,
                                             .ask_number = code,
                                             .ask_id = id };

  hein_broker_tell (wire, &attributes, text);
}

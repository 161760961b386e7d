/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* Messages that come from a broker, are told in its place, or ask for what it
 * has. */

/* Makes a message of one part. @topic: at most HEIN_TOPIC_MAX bytes of UTF-8,
 * need not be terminated. @return_path: (transfer none) (nullable). (transfer
 * full) */
HeinMessage *hein_broker_make_message (const char *topic,
                                       gsize topic_size,
                                       const HeinMessageAttributes *attributes,
                                       const guint8 *payload,
                                       gsize size,
                                       GBytes *return_path);
/* Returns the topic of the value that a request asks for, where it is one of
 * hein_bus_get_async(), and sets @size, which is that of the topic of the
 * request, to its size; it lies in @topic. NULL: it is another request. */
const char *hein_broker_get_wanted (const char *topic, gsize *size);
/* Tells the bus what became of a request or a delivery. */
void hein_broker_tell (HeinWire *wire,
                       const HeinMessageAttributes *attributes,
                       const char *text);
/* The same of request @id: what there is in place of an answer, with its
 * code. */
void hein_broker_tell_ask (
  HeinWire *wire, HeinAsk ask, guint64 id, guint32 code, const char *text);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* Messages that come from a broker, or are told in its place. */

/* Makes a message of one part. @topic: at most HEIN_TOPIC_MAX bytes of UTF-8,
 * need not be terminated. @return_path: (transfer none) (nullable). (transfer
 * full) */
HeinMessage *hein_broker_make_message (const char *topic,
                                       gsize topic_size,
                                       const HeinMessageAttributes *attributes,
                                       const guint8 *payload,
                                       gsize size,
                                       GBytes *return_path);
/* Tells the bus what became of a request or a delivery. */
void hein_broker_tell (HeinWire *wire,
                       const HeinMessageAttributes *attributes,
                       const char *text);
/* The same of request @id: what there is in place of an answer, with its
 * code. */
void hein_broker_tell_ask (
  HeinWire *wire, HeinAsk ask, guint64 id, guint32 code, const char *text);

G_END_DECLS

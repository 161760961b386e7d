/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "zmtp-state.h"

G_BEGIN_DECLS

gboolean zmtp_message_encode (HeinZmtp *self,
                              HeinWire *wire,
                              HeinMessage *message,
                              GError **error);
/* FF in the place of a topic: it is the first byte of a message that says
 * something of itself, before the topic. It never begins valid UTF-8. */
#define ZMTP_ATTRIBUTES_MARK 0xff
/* What fits into a message's own memory; see hein_message_peek_data. */
#define ZMTP_SMALL_PART 4096

/* Gives the message at @data, whose frames are in self->parts, to the wire. */
gboolean zmtp_message_deliver (HeinZmtp *self,
                               HeinWire *wire,
                               const guint8 *data,
                               GError **error);
/* The same of a message from a hein that says something of itself (@attributes,
 * of @attributes_size bytes) and has one part, without an account of frames.
 * FALSE: it is not a common one, and was not given. */
gboolean zmtp_message_deliver_attributed (HeinZmtp *self,
                                          HeinWire *wire,
                                          const guint8 *topic,
                                          gsize topic_size,
                                          const guint8 *attributes,
                                          gsize attributes_size,
                                          const guint8 *payload,
                                          gsize size);
gboolean
zmtp_topic_check_slow (HeinZmtp *self, const guint8 *topic, gsize size);

/* Whether it can be a topic; most are short, and the one that came last. */
static inline gboolean
zmtp_topic_check (HeinZmtp *self, const guint8 *topic, gsize size)
{
  gsize n = 0;

  if (G_UNLIKELY (size != self->topic_size || size > 16))
    return zmtp_topic_check_slow (self, topic, size);
  while (n < size && topic[n] == (guint8) self->topic[n])
    n++;
  return n == size || zmtp_topic_check_slow (self, topic, size);
}

G_END_DECLS

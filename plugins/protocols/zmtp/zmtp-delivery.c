/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-delivery.h"

#include <string.h>

#include "zmtp-frames.h"
#include "zmtp-message.h"

/*
 * A message that is delivered mostly has one attribute, which says so, and one
 * part. Its frames are written and read here as one piece; everything else is
 * that of zmtp-message.c.
 *
 *   01 n+1   FF topic (n bytes)
 *   01 15    03 "Ask" 00 00 00 0D   kind  number (8)  remaining ms (4)
 *   00 size  payload
 */
static const guint8 ask_head[] = {
  ZMTP_MORE, 21, 3, 'A', 's', 'k', 0, 0, 0, 13, HEIN_ASK_DELIVERY,
};

#define ASK_FRAME_SIZE (sizeof ask_head + sizeof (guint64) + sizeof (guint32))
#define MARK_SIZE      3 /* the head of the first frame, and the mark */

static guint8 *
put_ask (guint8 *place, guint64 number, guint32 left_ms)
{
  number = GUINT64_TO_BE (number);
  left_ms = GUINT32_TO_BE (left_ms);
  memcpy (place, ask_head, sizeof ask_head);
  place += sizeof ask_head;
  memcpy (place, &number, sizeof number);
  place += sizeof number;
  memcpy (place, &left_ms, sizeof left_ms);
  return place + sizeof left_ms;
}

void
zmtp_delivery_encode (HeinWire *wire,
                      HeinMessage *message,
                      guint64 number,
                      guint32 left_ms)
{
  HeinMessageView view;
  guint8 header[2 * ZMTP_HEADER_MAX + 1 + HEIN_TOPIC_MAX + ASK_FRAME_SIZE];
  guint8 *end;

  hein_message_peek (message, &view);
  end = zmtp_frame_write (header, ZMTP_MORE, view.topic_size + 1);
  *end++ = ZMTP_ATTRIBUTES_MARK;
  memcpy (end, view.topic, view.topic_size);
  end = put_ask (end + view.topic_size, number, left_ms);
  end = zmtp_frame_write (end, 0, view.size);
  hein_wire_put_framed (wire, header, end - header, message, 0);
}

/* Returns where the frames of the payload begin; NULL: something else comes
 * before them. */
static inline const guint8 *
skip_ask (const guint8 *data, gsize size)
{
  if (size < MARK_SIZE || data[0] != ZMTP_MORE || data[1] == 0 ||
      data[2] != ZMTP_ATTRIBUTES_MARK || data[1] + 2 + ASK_FRAME_SIZE > size ||
      memcmp (data + 2 + data[1], ask_head, sizeof ask_head) != 0)
    return NULL;
  return data + 2 + data[1] + ASK_FRAME_SIZE;
}

static inline gboolean
deliver (HeinZmtp *self,
         HeinWire *wire,
         const guint8 *data,
         const guint8 *payload,
         gsize size)
{
  const guint8 *numbers = data + 2 + data[1] + sizeof ask_head;
  const gsize topic_size = data[1] - 1;
  guint64 number;
  guint32 left_ms;

  if (!zmtp_topic_check (self, data + MARK_SIZE, topic_size))
    return FALSE;
  memcpy (&number, numbers, sizeof number);
  memcpy (&left_ms, numbers + sizeof number, sizeof left_ms);
  hein_wire_deliver_numbered (wire, (const char *) data + MARK_SIZE, topic_size,
                              payload, size, GUINT64_FROM_BE (number),
                              GUINT32_FROM_BE (left_ms));
  return TRUE;
}

gsize
zmtp_delivery_consume (HeinZmtp *self,
                       HeinWire *wire,
                       const guint8 *data,
                       gsize size)
{
  const guint64 max =
    MIN (hein_wire_get_max_message_size (wire), ZMTP_SMALL_PART);
  gsize used = 0;
  const guint8 *payload;
  gsize payload_size;

  while ((payload = skip_ask (data + used, size - used)) != NULL &&
         (payload = zmtp_frame_read_last (payload, data + size, max,
                                          &payload_size)) != NULL &&
         deliver (self, wire, data + used, payload, payload_size))
    used = payload + payload_size - data;
  return used;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-receive.h"

#include "zmtp-command.h"
#include "zmtp-delivery.h"
#include "zmtp-message.h"

#define COMMAND_MAX  65536
#define PARTS_MAX    1024
#define OVERHEAD_MAX 1024 /* what there is beside the payload */
/* The same of a message with attributes. */
#define ATTRIBUTED_OVERHEAD_MAX 4096

/* Frames become messages, and commands between them are taken. */

static guint
count_parts (const HeinZmtp *self)
{
  return self->parts != NULL ? self->parts->len : 0;
}

/* Returns whether the message that is coming says something of itself. */
static gboolean
is_attributed (const HeinZmtp *self, const guint8 *data)
{
  const ZmtpPart *first;

  if (!self->is_hein || count_parts (self) == 0)
    return FALSE;
  first = &g_array_index (self->parts, ZmtpPart, 0);
  return first->size > 0 && data[first->offset] == ZMTP_ATTRIBUTES_MARK;
}

/* Decides from the header alone, before anything is waited for. */
static gboolean
check_frame (HeinZmtp *self,
             HeinWire *wire,
             const guint8 *data,
             const ZmtpFrame *frame,
             GError **error)
{
  guint64 size;

  if (frame->flags & ZMTP_COMMAND)
    {
      if (frame->size <= COMMAND_MAX && count_parts (self) == 0)
        return TRUE;
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                           "a command is over 64 KiB, or within a message");
      return FALSE;
    }
  if (!g_uint64_checked_add (&size, self->content, frame->size))
    size = G_MAXUINT64;
  if (!hein_wire_check_message_size (wire, size,
                                     is_attributed (self, data)
                                       ? ATTRIBUTED_OVERHEAD_MAX
                                       : OVERHEAD_MAX,
                                     error))
    return FALSE;
  if (count_parts (self) < PARTS_MAX)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
               "a message has more than %u frames", PARTS_MAX);
  return FALSE;
}

static void
begin_message (HeinZmtp *self)
{
  if (self->parts != NULL)
    g_array_set_size (self->parts, 0);
  self->scanned = 0;
  self->content = 0;
}

/* Old publishers' peers subscribe by a message of 01 or 00 and the prefix. */
static gboolean
is_old_subscription (HeinZmtp *self, const guint8 *data)
{
  const ZmtpPart *part = &g_array_index (self->parts, ZmtpPart, 0);

  return (self->peer_type == ZMTP_SUB || self->peer_type == ZMTP_XSUB) &&
         self->parts->len == 1 && part->size > 0 && data[part->offset] <= 1;
}

/* Bytes of the parts alone: what a hein puts before them does not count. */
static guint64
get_payload_size (HeinZmtp *self, const guint8 *data)
{
  const ZmtpPart *first = &g_array_index (self->parts, ZmtpPart, 0);
  guint64 size = self->content;

  if (!self->is_hein)
    return size;
  if (self->parts->len > 1 && is_attributed (self, data))
    size -= g_array_index (self->parts, ZmtpPart, 1).size;
  return size - first->size;
}

static gboolean
finish_message (HeinZmtp *self,
                HeinWire *wire,
                const guint8 *data,
                GError **error)
{
  const ZmtpPart *part = &g_array_index (self->parts, ZmtpPart, 0);

  if (!hein_wire_check_message_size (wire, get_payload_size (self, data), 0,
                                     error))
    return FALSE;
  if (!is_old_subscription (self, data))
    return zmtp_message_deliver (self, wire, data, error);
  if (data[part->offset] == 1)
    return zmtp_subscription_add (self, wire, data + part->offset + 1,
                                  part->size - 1, error);
  hein_wire_unsubscribe (wire, data + part->offset + 1, part->size - 1);
  return TRUE;
}

/* Takes in one frame at self->scanned. *done: it ended a message or was a
 * command. FALSE without @error: it is not all there. */
static gboolean
take_frame (HeinZmtp *self,
            HeinWire *wire,
            const guint8 *data,
            gsize size,
            gboolean *done,
            GError **error)
{
  ZmtpFrame frame;
  ZmtpPart part;
  ZmtpFrameResult result =
    zmtp_frame_parse (data + self->scanned, size - self->scanned, &frame);

  if (result == ZMTP_FRAME_SHORT)
    return FALSE;
  if (result == ZMTP_FRAME_BAD)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                           "a frame has reserved flags");
      return FALSE;
    }
  if (!check_frame (self, wire, data, &frame, error))
    return FALSE;
  if (frame.size > size - self->scanned - frame.header_size)
    {
      hein_wire_expect (wire, self->scanned + frame.header_size + frame.size);
      return FALSE;
    }
  part.offset = self->scanned + frame.header_size;
  part.size = frame.size;
  self->scanned = part.offset + part.size;
  if (frame.flags & ZMTP_COMMAND)
    {
      *done = TRUE;
      return zmtp_command_take (self, wire, data + part.offset, part.size,
                                error);
    }
  self->content += frame.size;
  if (self->parts == NULL)
    self->parts = g_array_new (FALSE, FALSE, sizeof part);
  g_array_append_val (self->parts, part);
  *done = (frame.flags & ZMTP_MORE) == 0;
  return !*done || finish_message (self, wire, data, error);
}

/* The common case, topic and payload from a hein, without keeping account of
 * frames; everything else is left to take_frame. Returns how many bytes were
 * used. */
static gsize
consume_plain (HeinZmtp *self, HeinWire *wire, const guint8 *data, gsize size)
{
  const guint64 max = hein_wire_get_max_message_size (wire);
  const guint8 *end = data + size;
  const guint8 *p = data;

  while (end - p >= 4 && p[0] == ZMTP_MORE && p[1] <= end - p - 4)
    {
      const guint8 *topic = p + 2;
      gsize topic_size = p[1];
      const guint8 *payload;
      gsize payload_size;

      if (!zmtp_topic_check (self, topic, topic_size))
        break;
      payload =
        zmtp_frame_read_last (topic + topic_size, end, max, &payload_size);
      if (payload == NULL)
        break;
      hein_wire_deliver_data (wire, (const char *) topic, topic_size, payload,
                              payload_size);
      p = payload + payload_size;
    }
  return p - data;
}

/* A message from a hein that says something of itself, and has one part. Returns
 * how many bytes were used. */
static gsize
consume_attributed (HeinZmtp *self,
                    HeinWire *wire,
                    const guint8 *data,
                    gsize size)
{
  const guint8 *end = data + size;
  const guint8 *pairs;
  const guint8 *payload;
  gsize payload_size;

  if (size < 3 || data[0] != ZMTP_MORE || data[1] == 0 ||
      data[2] != ZMTP_ATTRIBUTES_MARK || data[1] + 4 > end - data)
    return 0;
  pairs = data + 2 + data[1];
  if (pairs[0] != ZMTP_MORE || pairs[1] + 2 > end - pairs)
    return 0;
  payload =
    zmtp_frame_read_last (pairs + 2 + pairs[1], end,
                          hein_wire_get_max_message_size (wire), &payload_size);
  if (payload == NULL ||
      !zmtp_message_deliver_attributed (self, wire, data + 3, data[1] - 1,
                                        pairs + 2, pairs[1], payload,
                                        payload_size))
    return 0;
  return payload + payload_size - data;
}

static gsize
consume_from_hein (HeinZmtp *self,
                   HeinWire *wire,
                   const guint8 *data,
                   gsize size)
{
  gsize used = consume_plain (self, wire, data, size);
  gsize before;

  do
    {
      before = used;
      used += zmtp_delivery_consume (self, wire, data + used, size - used);
      used += consume_attributed (self, wire, data + used, size - used);
      if (used > before)
        used += consume_plain (self, wire, data + used, size - used);
    }
  while (used > before);
  return used;
}

/* The common case from others: one frame, which is the payload. */
static gsize
consume_single (HeinZmtp *self, HeinWire *wire, const guint8 *data, gsize size)
{
  const guint64 max = hein_wire_get_max_message_size (wire);
  const guint8 *end = data + size;
  const guint8 *p = data;
  const guint8 *payload;
  gsize payload_size;

  while ((payload = zmtp_frame_read_last (p, end, max, &payload_size)) != NULL)
    {
      hein_wire_deliver_data (wire, "", 0, payload, payload_size);
      p = payload + payload_size;
    }
  return p - data;
}

/* Takes messages that need no account of frames. Returns how many bytes were
 * used. */
static gsize
consume_common (HeinZmtp *self, HeinWire *wire, const guint8 *data, gsize size)
{
  if (self->is_hein)
    return consume_from_hein (self, wire, data, size);
  /* from a REP or REQ comes an envelope, from these a subscription */
  if (self->peer_type == ZMTP_SUB || self->peer_type == ZMTP_XSUB ||
      self->peer_type == ZMTP_REQ || self->peer_type == ZMTP_REP)
    return 0;
  return consume_single (self, wire, data, size);
}

gssize
zmtp_receive (HeinZmtp *self,
              HeinWire *wire,
              const guint8 *data,
              gsize size,
              GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gsize used = 0;

  for (;;)
    {
      gboolean done = FALSE;

      if (self->scanned == 0)
        used += consume_common (self, wire, data + used, size - used);
      if (!take_frame (self, wire, data + used, size - used, &done,
                       &local_error))
        break;
      if (done)
        {
          used += self->scanned;
          begin_message (self);
        }
    }
  /* at rest a connection keeps no account of frames */
  if (self->scanned == 0)
    g_clear_pointer (&self->parts, g_array_unref);
  if (local_error == NULL)
    return used;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return -1;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

/*
 * A frame:   flags   length            body
 *            1 B     1 B, or 8 B when  length bytes
 *                    LONG is set
 *
 * A message is frames with MORE set, and one without. A command is one frame
 * with COMMAND set, whose body is: length of the name (1 B), name, data.
 */
enum
{
  ZMTP_MORE = 1,
  ZMTP_LONG = 2,
  ZMTP_COMMAND = 4
};

#define ZMTP_HEADER_MAX 9

typedef struct
{
  guint8 flags;
  guint header_size;
  guint64 size; /* of the body */
} ZmtpFrame;

typedef enum
{
  ZMTP_FRAME_OK,
  ZMTP_FRAME_SHORT, /* the header is not all there */
  ZMTP_FRAME_BAD    /* reserved flags */
} ZmtpFrameResult;

static inline ZmtpFrameResult
zmtp_frame_parse (const guint8 *data, gsize size, ZmtpFrame *frame)
{
  if (size < 1)
    return ZMTP_FRAME_SHORT;
  frame->flags = data[0];
  if (frame->flags & ~(ZMTP_MORE | ZMTP_LONG | ZMTP_COMMAND) ||
      (frame->flags & ZMTP_COMMAND && frame->flags & ZMTP_MORE))
    return ZMTP_FRAME_BAD;
  if (frame->flags & ZMTP_LONG)
    {
      guint64 length;

      if (size < ZMTP_HEADER_MAX)
        return ZMTP_FRAME_SHORT;
      memcpy (&length, data + 1, sizeof length);
      frame->header_size = ZMTP_HEADER_MAX;
      frame->size = GUINT64_FROM_BE (length);
      return ZMTP_FRAME_OK;
    }
  if (size < 2)
    return ZMTP_FRAME_SHORT;
  frame->header_size = 2;
  frame->size = data[1];
  return ZMTP_FRAME_OK;
}

/* Reads a frame without MORE whose body is all there, and not over @max. */
static inline const guint8 *
zmtp_frame_read_last (const guint8 *p,
                      const guint8 *end,
                      guint64 max,
                      gsize *size)
{
  ZmtpFrame frame;

  if (zmtp_frame_parse (p, end - p, &frame) != ZMTP_FRAME_OK ||
      (frame.flags & ~ZMTP_LONG) != 0 || frame.size > max ||
      frame.size > (gsize) (end - p) - frame.header_size)
    return NULL;
  *size = frame.size;
  return p + frame.header_size;
}

/* Writes a header of at most ZMTP_HEADER_MAX bytes; returns its end. */
static inline guint8 *
zmtp_frame_write (guint8 *place, guint8 flags, guint64 size)
{
  if (size <= 255)
    {
      place[0] = flags;
      place[1] = size;
      return place + 2;
    }
  place[0] = flags | ZMTP_LONG;
  size = GUINT64_TO_BE (size);
  memcpy (place + 1, &size, sizeof size);
  return place + ZMTP_HEADER_MAX;
}

G_END_DECLS

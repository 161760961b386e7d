/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-ws-frame.h"

#include <string.h>

/* Reads and writes the heads of frames, and masks what is in them. */

#define FINAL    0x80
#define RESERVED 0x70
#define OPCODE   0x0f
#define MASKED   0x80
#define SIZE     0x7f
#define SIZE_2   126 /* two bytes follow */
#define SIZE_8   127 /* eight bytes follow */

static gsize
get_size_size (guint8 size)
{
  return size == SIZE_8 ? 8 : size == SIZE_2 ? 2 : 0;
}

gsize
hein_ws_frame_get_head_size (const guint8 *head, gsize n_come)
{
  if (n_come < 2)
    return 2;
  return 2 + get_size_size (head[1] & SIZE) +
         (head[1] & MASKED ? HEIN_WS_MASK_SIZE : 0);
}

static guint64
read_size (const guint8 *bytes, gsize n)
{
  guint64 size = 0;

  for (gsize i = 0; i < n; i++)
    size = size << 8 | bytes[i];
  return size;
}

static const char *
check (const HeinWsFrame *self, guint8 first, gsize size_size)
{
  if (first & RESERVED)
    return "a frame has reserved bits: no extension was agreed on";
  if (self->opcode > HEIN_WS_PONG ||
      (self->opcode > HEIN_WS_BINARY && self->opcode < HEIN_WS_CLOSE))
    return "a frame is of an unknown kind";
  if (hein_ws_frame_is_control (self) &&
      (!self->is_final || self->size > HEIN_WS_CONTROL_MAX))
    return "a control frame is in pieces, or larger than 125 bytes";
  if (self->size > G_MAXINT64)
    return "the size of a frame is over 2^63";
  if ((size_size == 8 && self->size <= G_MAXUINT16) ||
      (size_size == 2 && self->size < SIZE_2))
    return "the size of a frame is not written in the shortest form";
  return NULL;
}

const char *
hein_ws_frame_read (HeinWsFrame *self,
                    const guint8 *head,
                    gboolean is_from_client)
{
  const gsize size_size = get_size_size (head[1] & SIZE);
  const char *trouble;

  self->opcode = head[0] & OPCODE;
  self->is_final = (head[0] & FINAL) != 0;
  self->is_masked = (head[1] & MASKED) != 0;
  self->size =
    size_size > 0 ? read_size (head + 2, size_size) : (head[1] & SIZE);
  trouble = check (self, head[0], size_size);
  if (trouble != NULL)
    return trouble;
  if (self->is_masked != is_from_client)
    return is_from_client ? "a frame of a client has no mask"
                          : "a frame of a server has a mask";
  if (self->is_masked)
    memcpy (self->mask, head + 2 + size_size, sizeof self->mask);
  return NULL;
}

gsize
hein_ws_frame_write (const HeinWsFrame *self, guint8 *head)
{
  const guint8 masked = self->is_masked ? MASKED : 0;
  gsize n = 2;

  head[0] = (self->is_final ? FINAL : 0) | self->opcode;
  if (self->size < SIZE_2)
    head[1] = masked | (guint8) self->size;
  else if (self->size <= G_MAXUINT16)
    {
      const guint16 size = GUINT16_TO_BE ((guint16) self->size);

      head[1] = masked | SIZE_2;
      memcpy (head + 2, &size, sizeof size);
      n += sizeof size;
    }
  else
    {
      const guint64 size = GUINT64_TO_BE (self->size);

      head[1] = masked | SIZE_8;
      memcpy (head + 2, &size, sizeof size);
      n += sizeof size;
    }
  if (self->is_masked)
    {
      memcpy (head + n, self->mask, sizeof self->mask);
      n += sizeof self->mask;
    }
  return n;
}

/* Eight bytes at a time: one at a time would take longer than sending them. */
void
hein_ws_mask (
  guint8 *to, const guint8 *from, gsize size, const guint8 *mask, gsize phase)
{
  guint8 turned[8];
  guint64 key;
  gsize i;

  for (i = 0; i < sizeof turned; i++)
    turned[i] = mask[(phase + i) % HEIN_WS_MASK_SIZE];
  memcpy (&key, turned, sizeof key);
  for (i = 0; i + sizeof key <= size; i += sizeof key)
    {
      guint64 word;

      memcpy (&word, from + i, sizeof word);
      word ^= key;
      memcpy (to + i, &word, sizeof word);
    }
  for (; i < size; i++)
    to[i] = from[i] ^ turned[i % sizeof turned];
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include <glib.h>

/* Frames of WebSocket (RFC 6455, 5.2): their heads, and their masks. */

G_BEGIN_DECLS

/*
 * A frame:   1 B   final (0x80), reserved (0x70), opcode (0x0f)
 *            1 B   masked (0x80), size (0x7f); 126: 2 B follow, 127: 8 B
 *           (4 B)  the mask, from a client
 *                  the payload, each byte XOR that of the mask in turn
 */
typedef enum
{
  HEIN_WS_CONTINUATION = 0,
  HEIN_WS_TEXT = 1,
  HEIN_WS_BINARY = 2,
  HEIN_WS_CLOSE = 8,
  HEIN_WS_PING = 9,
  HEIN_WS_PONG = 10
} HeinWsOpcode;

#define HEIN_WS_HEAD_MAX    14
#define HEIN_WS_MASK_SIZE   4
#define HEIN_WS_CONTROL_MAX 125

typedef struct
{
  guint8 opcode;
  bool is_final;
  bool is_masked;
  guint8 mask[HEIN_WS_MASK_SIZE];
  guint64 size; /* of the payload */
} HeinWsFrame;

static inline gboolean
hein_ws_frame_is_control (const HeinWsFrame *self)
{
  return (self->opcode & 8) != 0;
}

/* Returns how many bytes the head has, or, of fewer than two, 2. */
gsize hein_ws_frame_get_head_size (const guint8 *head, gsize n_come);
/* Reads a whole head. Returns NULL, or what is wrong with it. */
const char *hein_ws_frame_read (HeinWsFrame *self,
                                const guint8 *head,
                                gboolean is_from_client);
/* Writes the head, of up to HEIN_WS_HEAD_MAX bytes; returns its size. */
gsize hein_ws_frame_write (const HeinWsFrame *self, guint8 *head);
/* Copies @from to @to, masked or unmasked, which is the same. @phase: how many
 * bytes of the payload come before. */
void hein_ws_mask (
  guint8 *to, const guint8 *from, gsize size, const guint8 *mask, gsize phase);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * What a datagram of the format `hein` says, once it is decrypted. Big-endian:
 *
 *    0  1  type
 *    1  1  flags
 *    2  2  channel
 *    4  8  dseq: number of the fragment, per sender and channel, from 1
 *   12  4  index of the fragment within its message, from 0
 *   16  4  size of the whole message, in bytes
 *   20  4  ordinal of the message, the low 32 bits
 *   24  …  payload
 *
 * A message is split into fragments of at most MC_PAYLOAD bytes, each but the
 * last one full. Several small messages share a fragment that is FIRST, LAST
 * and PACKED; its payload is a size (2 bytes) before each message.
 */
#define MC_INNER_SIZE 24

typedef enum
{
  MC_DATA = 1,
  MC_REPAIR = 2,    /* a fragment again */
  MC_HEARTBEAT = 3, /* payload: lead dseq (8), trail dseq (8), grtt µs (4) */
  MC_NAK = 4,  /* payload: sender id (16), then up to 64 ranges of dseq: first
                     * (8), last (8) */
  MC_LOST = 5, /* payload: trail dseq (8): fragments before it are gone */
  MC_HELLO = 6,
  MC_ADMIT = 7,
  MC_BYE = 8,
  MC_KEY = 9
} McType;

typedef enum
{
  MC_FIRST = 1 << 0,
  MC_LAST = 1 << 1,
  MC_RELIABLE = 1 << 2,
  MC_ORDERED = 1 << 3,
  MC_PACKED = 1 << 4
} McFlags;

typedef struct
{
  guint8 type;
  guint8 flags;
  guint16 channel;
  guint64 dseq;
  guint32 index;
  guint32 message_size;
  guint32 ordinal;
} McInner;

/* Writes MC_INNER_SIZE bytes. */
void mc_inner_put (const McInner *self, guint8 *to);
/* FALSE: @size is too small, the type is unknown, or flags are set that have no
 * meaning. */
gboolean mc_inner_get (const guint8 *from, gsize size, McInner *self);

G_END_DECLS

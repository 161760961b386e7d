/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include "../../plugins/transports/udp-multicast/datagram/mc-control.h"

/*
 * The input of both targets of repair: a script of events. Each is a byte:
 *
 *   't'  2 bytes: so many ms pass
 *   's'  2 bytes: a message of that size is sent; 'p': packed
 *   'n'  1 byte from, 1 byte size, NAK payload behind the sender id
 *   'd'  an inner header, 1 byte size, payload: the receiver hears that
 *
 * Other bytes are skipped, and what is for the other target is, too.
 */

#define SCRIPT_FRAGMENT 100
#define SCRIPT_SIZE_MAX 4096
#define SCRIPT_PASS_MS  2048
/* So that many are tried in a second: of a script up to SHORT bytes not more
 * events. Longer ones go on to their end, unless they keep the other one busy. */
#define SCRIPT_SHORT      2048
#define SCRIPT_EVENTS_MAX 64
#define SCRIPT_TICKS_MAX  4096

static const guint8 script_sender_id[MC_ID_SIZE] = "0123456789abcde";

typedef struct
{
  const uint8_t *data;
  size_t size;
  gint64 now_us;
  guint n_events;
  guint n_ticks;
  gboolean is_long;
  guint32 dice;
} Script;

static inline Script
script_new (const uint8_t *data, size_t size)
{
  return (Script){ .data = data,
                   .size = MIN (size, SCRIPT_SIZE_MAX),
                   .is_long = size > SCRIPT_SHORT };
}

/* Another event follows. */
static inline gboolean
script_goes_on (Script *self)
{
  return self->size > 0 && self->n_ticks < SCRIPT_TICKS_MAX &&
         (self->n_events++ < SCRIPT_EVENTS_MAX || self->is_long);
}

static inline guint
script_read_number (Script *self, guint n_bytes)
{
  guint number = 0;

  for (; n_bytes > 0 && self->size > 0; n_bytes--, self->size--)
    number = number << 8 | *self->data++;
  return number;
}

/* Up to as many bytes as the next one says, which lie where no other lies. */
static inline GBytes *
script_read_bytes (Script *self)
{
  gsize size = script_read_number (self, 1);
  GBytes *bytes;

  size = MIN (size, self->size);
  bytes = g_bytes_new (self->data, size);
  self->data += size;
  self->size -= size;
  return bytes;
}

static inline gboolean
script_read_inner (Script *self, McInner *inner)
{
  if (!mc_inner_get (self->data, self->size, inner))
    return FALSE;
  self->data += MC_INNER_SIZE;
  self->size -= MC_INNER_SIZE;
  return TRUE;
}

/* A NAK about the sender of the script; its sender is the byte that it returns. */
static inline guint8
script_read_nak (Script *self, GBytes **payload)
{
  const guint8 from = script_read_number (self, 1);
  g_autoptr (GBytes) ranges = script_read_bytes (self);
  GByteArray *bytes = g_byte_array_new ();

  g_byte_array_append (bytes, script_sender_id, MC_ID_SIZE);
  if (g_bytes_get_size (ranges) > 0)
    g_byte_array_append (bytes, g_bytes_get_data (ranges, NULL),
                         g_bytes_get_size (ranges));
  *payload = g_byte_array_free_to_bytes (bytes);
  return from;
}

static inline guint32
script_roll (gpointer user_data)
{
  Script *self = user_data;

  return self->dice = self->dice * 1664525 + 1013904223;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-control.h"

#include <string.h>

/*
 * Writes and reads the payloads of heartbeats, NAKs and LOSTs. What a stranger
 * sent is refused as a whole when any part of it is wrong: no caller ever sees
 * ranges that overlap, or a trail behind the lead.
 */

#define HEARTBEAT_SIZE 20
#define LOST_SIZE      8
#define RANGE_SIZE     16

McPosition
mc_inner_get_position (const McInner *self)
{
  return (McPosition){ .dseq = self->dseq,
                       .ordinal = self->ordinal,
                       .index = self->index };
}

void
mc_inner_set_position (McInner *self, const McPosition *position)
{
  self->dseq = position->dseq;
  self->ordinal = position->ordinal;
  self->index = position->index;
}

static void
put64 (guint8 *to, guint64 value)
{
  value = GUINT64_TO_BE (value);
  memcpy (to, &value, sizeof value);
}

static guint64
get64 (const guint8 *from)
{
  guint64 value;

  memcpy (&value, from, sizeof value);
  return GUINT64_FROM_BE (value);
}

/* NULL: it has not that size. */
static const guint8 *
get_sized (GBytes *payload, gsize size)
{
  return g_bytes_get_size (payload) == size ? g_bytes_get_data (payload, NULL)
                                            : NULL;
}

GBytes *
mc_heartbeat_put (const McHeartbeat *self)
{
  guint32 grtt_us = GUINT32_TO_BE (self->grtt_us);
  guint8 data[HEARTBEAT_SIZE];

  put64 (data, self->lead);
  put64 (data + 8, self->trail);
  memcpy (data + 16, &grtt_us, sizeof grtt_us);
  return g_bytes_new (data, sizeof data);
}

gboolean
mc_heartbeat_get (GBytes *payload, McHeartbeat *self)
{
  const guint8 *data = get_sized (payload, HEARTBEAT_SIZE);
  guint32 grtt_us;

  if (data == NULL)
    return FALSE;
  self->lead = get64 (data);
  self->trail = get64 (data + 8);
  memcpy (&grtt_us, data + 16, sizeof grtt_us);
  self->grtt_us = GUINT32_FROM_BE (grtt_us);
  return self->trail > 0 && self->trail <= self->lead;
}

GBytes *
mc_lost_put (guint64 trail)
{
  guint8 data[LOST_SIZE];

  put64 (data, trail);
  return g_bytes_new (data, sizeof data);
}

gboolean
mc_lost_get (GBytes *payload, guint64 *trail)
{
  const guint8 *data = get_sized (payload, LOST_SIZE);

  if (data == NULL)
    return FALSE;
  *trail = get64 (data);
  return *trail > 0;
}

GBytes *
mc_nak_put (const guint8 *sender_id, const McRange *ranges, guint n)
{
  gsize size = MC_ID_SIZE + n * RANGE_SIZE;
  guint8 *data = g_malloc (size);

  memcpy (data, sender_id, MC_ID_SIZE);
  for (guint i = 0; i < n; i++)
    {
      put64 (data + MC_ID_SIZE + i * RANGE_SIZE, ranges[i].first);
      put64 (data + MC_ID_SIZE + i * RANGE_SIZE + 8, ranges[i].last);
    }
  return g_bytes_new_take (data, size);
}

const guint8 *
mc_nak_get_sender (GBytes *payload)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (payload, &size);

  return size >= MC_ID_SIZE ? data : NULL;
}

guint
mc_nak_get (GBytes *payload, McRange *ranges)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (payload, &size);
  guint64 end = 0; /* of the range before */
  guint n;

  if (size < MC_ID_SIZE || (size - MC_ID_SIZE) % RANGE_SIZE != 0 ||
      (size - MC_ID_SIZE) / RANGE_SIZE > MC_NAK_RANGES)
    return 0;
  n = (size - MC_ID_SIZE) / RANGE_SIZE;
  for (guint i = 0; i < n; i++)
    {
      ranges[i].first = get64 (data + MC_ID_SIZE + i * RANGE_SIZE);
      ranges[i].last = get64 (data + MC_ID_SIZE + i * RANGE_SIZE + 8);
      if (ranges[i].first <= end || ranges[i].last < ranges[i].first)
        return 0;
      end = ranges[i].last;
    }
  return n;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-inner.h"

G_BEGIN_DECLS

/*
 * What heartbeats, NAKs and LOSTs say, and what their inner headers mean.
 *
 * A sender's numbers are a half-open range: [trail, lead). Lead is the number
 * of the next fragment, trail that of the oldest one that can be repaired;
 * trail = lead says that there is none.
 *
 * The header of a heartbeat is the position at lead: dseq, the ordinal of the
 * message that this fragment is or will be part of, and its index in it. That
 * of a LOST is the position at trail. So receivers can tell how many messages
 * are gone when the last ones are. The message size of a heartbeat is the
 * sender's clock, the low 32 bits of µs; a NAK gives it back in the same place,
 * advanced by how long ago that was, and the difference is the round trip. 0 is
 * no time.
 */
#define MC_ID_SIZE    16
#define MC_NAK_RANGES 64
#define MC_PAYLOAD    1328

typedef struct
{
  guint64 dseq;
  guint32 ordinal;
  guint32 index;
} McPosition;

/* Both ends belong to it. */
typedef struct
{
  guint64 first;
  guint64 last;
} McRange;

typedef struct
{
  guint64 lead;
  guint64 trail;
  guint32 grtt_us;
} McHeartbeat;

/* A datagram to send to the group. It must not call the object that calls. */
typedef void (*McEmit) (const McInner *inner,
                        GBytes *payload,
                        gpointer user_data);

McPosition mc_inner_get_position (const McInner *self);
void mc_inner_set_position (McInner *self, const McPosition *position);

GBytes *mc_heartbeat_put (const McHeartbeat *self);
gboolean mc_heartbeat_get (GBytes *payload, McHeartbeat *self);

GBytes *mc_lost_put (guint64 trail);
gboolean mc_lost_get (GBytes *payload, guint64 *trail);

GBytes *mc_nak_put (const guint8 *sender_id, const McRange *ranges, guint n);
/* The sender that it is about, MC_ID_SIZE bytes; NULL when it is malformed. */
const guint8 *mc_nak_get_sender (GBytes *payload);
/* How many of the MC_NAK_RANGES @ranges it filled. 0: it is malformed; ranges
 * must ascend and not overlap. */
guint mc_nak_get (GBytes *payload, McRange *ranges);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-receiver-options.h"

G_BEGIN_DECLS

/*
 * What one sender says on one channel: datagrams in, messages out. It has no
 * clock: each call says what time it is, in µs, and
 * mc_receiver_get_deadline() when to call mc_receiver_tick() next. Callbacks
 * must not call the object that calls.
 *
 * A reliable one delivers messages in order, asks for what is missing, and says
 * once what cannot be had. The other one delivers what comes, in any order, and
 * counts: a message that has not come a second or two after it was known of, is
 * lost and not delivered any more. Neither delivers a message twice.
 */
typedef struct _McReceiver McReceiver;

McReceiver *mc_receiver_new (const McReceiverOptions *options);
void mc_receiver_free (McReceiver *self);

/*
 * Begins at @start, which the sender told (or {1, 0, 0} where it is known from
 * its first datagram on). Without this, it begins with what it hears first: the
 * next message, or with is_replay the oldest that can be repaired.
 */
void mc_receiver_begin (McReceiver *self, const McPosition *start);

/* A datagram of the sender; or a NAK of another receiver, about the sender. The
 * payload may be kept as it is: it should not be a slice of much more. */
void mc_receiver_hear (McReceiver *self,
                       const McInner *inner,
                       GBytes *payload,
                       gint64 now_us);

void mc_receiver_tick (McReceiver *self, gint64 now_us);
/* The sender is gone: delivers messages that wait behind gaps; the missing ones
 * are lost. */
void mc_receiver_end (McReceiver *self, gint64 now_us);
/* G_MAXINT64: when it hears something. */
gint64 mc_receiver_get_deadline (const McReceiver *self);

/* How many receivers there are, as far as known: more of them wait longer. */
void mc_receiver_set_group_size (McReceiver *self, guint n);
gint64 mc_receiver_get_grtt_us (const McReceiver *self);
const McReceiverStats *mc_receiver_get_stats (const McReceiver *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (McReceiver, mc_receiver_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-budget.h"
#include "mc-control.h"

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

#define MC_REORDER_FRAGMENTS 4096
#define MC_REORDER_BYTES     (8 * 1024 * 1024)
#define MC_OPEN_MESSAGES     64
#define MC_OPEN_BYTES        (8 * 1024 * 1024)
#define MC_OPEN_US           (5 * G_USEC_PER_SEC)
#define MC_GIVE_UP_US        (10 * G_USEC_PER_SEC)
#define MC_GIVE_UP_TRIES     20
/* What a fragment costs that is kept, besides its payload. */
#define MC_KEPT_COST 128

/* @message: (transfer none). Of a block that @is_packed, mc_pack_next() gives
 * the messages. @ordinal: of the (first) message, the low 32 bits. */
typedef void (*McDeliver) (GBytes *message,
                           gboolean is_packed,
                           guint32 ordinal,
                           gpointer user_data);
/* These @n messages will never come. */
typedef void (*McTellLost) (guint32 first, guint32 n, gpointer user_data);
typedef guint32 (*McRandom) (gpointer user_data);

typedef struct
{
  guint8 sender_id[MC_ID_SIZE];
  guint16 channel;
  gboolean is_reliable;
  gboolean is_replay; /* late joiners get what the sender still has */
  gsize max_message_size;
  McBudget *budget; /* outlives the receiver */
  McEmit emit;      /* NAKs; reliable only */
  McDeliver deliver;
  McTellLost tell_lost; /* reliable only */
  McRandom random;      /* reliable only */
  gpointer user_data;
} McReceiverOptions;

typedef struct
{
  guint64 n_delivered;  /* messages */
  guint64 n_duplicates; /* fragments that were there already */
  guint64 n_malformed;  /* datagrams */
  guint64 n_broken;     /* messages whose fragments contradict each other */
  guint64 n_lost;       /* messages; reliable: as was told */

  /* reliable */
  guint64 n_naks;
  guint64 n_suppressed; /* times that another's NAK saved ours a fragment */

  /* best-effort; fragments, but for n_incomplete */
  guint64 n_missing;    /* did not come, so far */
  guint64 n_late;       /* came too late to know whether they are new */
  guint64 n_incomplete; /* messages given up: idle, or too many */
} McReceiverStats;

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
/* The sender is gone: delivers what waits behind gaps, and what is missing is
 * lost. */
void mc_receiver_end (McReceiver *self, gint64 now_us);
/* G_MAXINT64: when it hears something. */
gint64 mc_receiver_get_deadline (const McReceiver *self);

/* How many receivers there are, as far as known: more of them wait longer. */
void mc_receiver_set_group_size (McReceiver *self, guint n);
gint64 mc_receiver_get_grtt_us (const McReceiver *self);
const McReceiverStats *mc_receiver_get_stats (const McReceiver *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (McReceiver, mc_receiver_free)

G_END_DECLS

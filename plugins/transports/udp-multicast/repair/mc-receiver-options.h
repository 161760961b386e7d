/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "datagram/mc-control.h"
#include "limits/mc-budget.h"

G_BEGIN_DECLS

/*
 * What a receiver is told when it is made, what it counts, and how much it may
 * keep: for the receiver and the parts that it is made of.
 */

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

G_END_DECLS

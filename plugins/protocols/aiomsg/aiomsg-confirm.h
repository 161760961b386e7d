/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "aiomsg-frames.h"

G_BEGIN_DECLS

/* A message that the peer has yet to acknowledge. */
typedef struct
{
  guint8 id[AIOMSG_ID_SIZE];
  HeinMessage *message; /* owned */
  HeinAudience audience;
  guint64 delivery; /* its number; 0: nobody waits for a receipt */
  gint64 sent_us;   /* for the last time */
  guint n_resends;
} AiomsgUnconfirmed;

/* All of them, in the order in which they were sent first. */
typedef struct
{
  GQueue order; /* owned AiomsgUnconfirmed */
  GHashTable
    *by_id;      /* borrowed id -> borrowed GList of order; NULL until used */
  gsize n_bytes; /* of their payloads */
  gint64 progress_us; /* when the oldest of them was acknowledged last */
  guint64 serial;
} AiomsgUnconfirmedList;

/* Takes a reference to @message. @high, @low: random. (transfer none) */
AiomsgUnconfirmed *aiomsg_unconfirmed_add (AiomsgUnconfirmedList *self,
                                           guint64 high,
                                           guint64 low,
                                           HeinMessage *message,
                                           HeinAudience audience,
                                           gint64 now_us);
/* Removes what @id stands for; FALSE: nothing, or no longer. */
gboolean aiomsg_unconfirmed_remove (AiomsgUnconfirmedList *self,
                                    const guint8 *id);
/* The same for messages acknowledged at @now_us; @delivery: its number. */
gboolean aiomsg_unconfirmed_confirm (AiomsgUnconfirmedList *self,
                                     const guint8 *id,
                                     gint64 now_us,
                                     guint64 *delivery);
/* Of the messages, and of the table that finds them. */
gsize aiomsg_unconfirmed_get_memory (const AiomsgUnconfirmedList *self);
void aiomsg_unconfirmed_clear (AiomsgUnconfirmedList *self);

/* The ids that came last, so that nothing is delivered twice. */
#define AIOMSG_SEEN_MAX 1024

/* What became of an id; so often it waits to be acknowledged, when it is
 * positive: the application has yet to take the message. */
#define AIOMSG_NEW     0 /* or forgotten */
#define AIOMSG_HANDLED (-1)
/* So often at the most is one acknowledged at once. */
#define AIOMSG_AGAIN_MAX 1024

typedef struct
{
  guint8 *ids;      /* ring of AIOMSG_SEEN_MAX; NULL until used */
  GHashTable *fate; /* borrowed id -> what became of it */
  guint n;
  guint next;
} AiomsgSeen;

/* @id has come, again if it is not new; what became of it before. */
int aiomsg_seen_add (AiomsgSeen *self, const guint8 *id);
/* How often it is to be acknowledged now: each time that it came. */
int aiomsg_seen_set_handled (AiomsgSeen *self, const guint8 *id);
gsize aiomsg_seen_get_memory (const AiomsgSeen *self);
void aiomsg_seen_clear (AiomsgSeen *self);

/* Which of the delivered messages are acknowledged once they are handled, in
 * order: a ring that grows, no further than the receive queue of the bus. */
typedef struct
{
  GArray *ids; /* of one that waits; NULL until used */
  guint begin; /* of what waits in ids */
  guint64 n_delivered;
  guint64 n_handled;
} AiomsgUnhandled;

/* The next message is delivered; @id: it is to be acknowledged. */
void aiomsg_unhandled_push (AiomsgUnhandled *self, const guint8 *id);
/* It was not delivered after all. */
void aiomsg_unhandled_pull (AiomsgUnhandled *self);
/* The oldest one is handled. TRUE: it is to be acknowledged, by @id. */
gboolean aiomsg_unhandled_pop (AiomsgUnhandled *self,
                               guint8 id[AIOMSG_ID_SIZE]);
gsize aiomsg_unhandled_get_memory (const AiomsgUnhandled *self);
void aiomsg_unhandled_clear (AiomsgUnhandled *self);

G_END_DECLS

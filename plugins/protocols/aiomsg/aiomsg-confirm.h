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
  guint64 serial;   /* counted, in the order of sending it first */
  gint64 sent_us;   /* for the last time */
  guint n_resends;
} AiomsgUnconfirmed;

/* All of them, in the order in which they were sent first. */
typedef struct
{
  GQueue order; /* owned AiomsgUnconfirmed */
  GHashTable
    *by_id;       /* borrowed id -> borrowed GList of order; NULL until used */
  gsize n_bytes;  /* of their payloads */
  guint64 serial; /* of the newest one */
  guint64 passed; /* of the newest one that was acknowledged */
  gint64 progress_us; /* since when that is so */
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
/* When the peer has had enough time for what was sent last: it takes one after
 * the other, so that what waits behind others has more. */
gint64 aiomsg_unconfirmed_get_due_us (const AiomsgUnconfirmedList *self,
                                      const AiomsgUnconfirmed *one,
                                      gint64 patience_us);
/* Of the messages, and of the table that finds them. */
gsize aiomsg_unconfirmed_get_memory (const AiomsgUnconfirmedList *self);
void aiomsg_unconfirmed_clear (AiomsgUnconfirmedList *self);

/* The ids that came last, so that nothing is delivered twice. */
#define AIOMSG_SEEN_MAX 1024

/* What became of an id; so often it waits to be acknowledged, when it is
 * positive: the application has yet to take the message. */
#define AIOMSG_NEW     0 /* or forgotten */
#define AIOMSG_HANDLED (-1)
#define AIOMSG_DROPPED                                                         \
  (-2) /* before the application had it: it may come again */
#define AIOMSG_REFUSED                                                         \
  (-3) /* by the application, which does not want it again */
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
/* It is over: @fate, which is negative, became of it. Returns how often it has
 * come. */
int aiomsg_seen_end (AiomsgSeen *self, const guint8 *id, int fate);
gsize aiomsg_seen_get_memory (const AiomsgSeen *self);
void aiomsg_seen_clear (AiomsgSeen *self);

/* The messages that the bus has, by the number of their delivery: no more than
 * its receive queue holds, and those that the application has kept. */
typedef struct
{
  GHashTable *by_number; /* owned numbers and ids; NULL until used */
  guint64 newest;
} AiomsgOpen;

/* Returns the number of the delivery. */
guint64 aiomsg_open_add (AiomsgOpen *self, const guint8 *id);
/* FALSE: it is not open. */
gboolean aiomsg_open_remove (AiomsgOpen *self,
                             guint64 number,
                             guint8 id[AIOMSG_ID_SIZE]);
gsize aiomsg_open_get_memory (const AiomsgOpen *self);
void aiomsg_open_clear (AiomsgOpen *self);

G_END_DECLS

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
  gint64 sent_us; /* for the last time */
  guint n_resends;
} AiomsgUnconfirmed;

/* All of them, in the order in which they were sent first. */
typedef struct
{
  GQueue order; /* owned AiomsgUnconfirmed */
  GHashTable
    *by_id;      /* borrowed id -> borrowed GList of order; NULL until used */
  gsize n_bytes; /* of their payloads */
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
void aiomsg_unconfirmed_clear (AiomsgUnconfirmedList *self);

/* The ids that came last, so that nothing is delivered twice. */
#define AIOMSG_SEEN_MAX 1024

typedef struct
{
  guint8 *ids;       /* ring of AIOMSG_SEEN_MAX; NULL until used */
  GHashTable *known; /* borrowed ids */
  guint n;
  guint next;
} AiomsgSeen;

/* TRUE: it is new; from now on it is not. */
gboolean aiomsg_seen_add (AiomsgSeen *self, const guint8 *id);
void aiomsg_seen_clear (AiomsgSeen *self);

G_END_DECLS

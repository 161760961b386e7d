/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../plugins/transports/udp-multicast/repair/mc-grtt.h"
#include "../plugins/transports/udp-multicast/repair/mc-receiver.h"

G_BEGIN_DECLS

/*
 * A receiver that is handed datagrams one by one, in virtual time. What it says
 * is a text: "0:1 " a message and its size, "N2-3 " a NAK, "lost1+2 ".
 */
#define EAR_SECOND G_USEC_PER_SEC

typedef struct
{
  gint64 now_us;
  McBudget budget;
  gboolean is_reliable;
  McReceiver *receiver;
  GString *said;
  guint32 dice;
} Ear;

/* @start: 0: it begins with what it hears. */
Ear *ear_new (gboolean is_reliable, guint64 start);
void ear_free (Ear *self);
void ear_assert (Ear *self, const char *said);
void ear_run (Ear *self, gint64 until_us);
void ear_hear (Ear *self, const McInner *inner, GBytes *payload);
/* A fragment of @size bytes. */
void ear_data (Ear *self,
               guint64 dseq,
               guint32 ordinal,
               guint32 index,
               guint flags,
               guint32 message_size,
               gsize size);
/* The message of @dseq, which has one fragment. */
void ear_whole (Ear *self, guint64 dseq);
void ear_heartbeat (Ear *self, guint64 lead, guint64 trail, guint32 ordinal);
void ear_lost (Ear *self, guint64 trail, guint32 ordinal, guint32 index);
void ear_nak (Ear *self, guint64 first, guint64 last);
McReceiverStats ear_get_stats (const Ear *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ear, ear_free)

/* One of three fragments of a message. */
#define EAR_PART(ear, dseq, ordinal, index)                                    \
  ear_data (ear, dseq, ordinal, index,                                         \
            ((index) == 0 ? MC_FIRST : 0) | ((index) == 2 ? MC_LAST : 0), 5,   \
            (index) == 2 ? 1 : 2)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "repair/mc-receiver.h"
#include "repair/mc-sender.h"
#include "sealed/mc-admission.h"
#include "socket/mc-socket.h"

G_BEGIN_DECLS

/* What all hear, and what is for one alone. */
#define MC_CHANNEL_ALL 0
#define MC_CHANNEL_ONE 1

/* A member that has not been heard for so long is gone. Its heartbeat comes
 * every 5 s. */
#define MC_SILENCE_US (15 * G_USEC_PER_SEC)

typedef struct _McMember McMember;

/* What members need of their group. */
typedef struct
{
  HeinTransport *transport; /* borrowed */
  guint8 own_id[MC_SENDER_ID_SIZE];
  char *security; /* owned, nullable: what proves that somebody is one */
  gboolean is_reliable;
  guint fragment_size;
  guint64 rate;
  gsize max_message_size; /* without topic and type */
  McBudget budget;
  gsize limit; /* of what is sent to one */
  /* Seals what is said and puts it on the socket. @to: NULL for all. */
  void (*put) (gpointer group,
               const McInner *inner,
               GBytes *payload,
               const McMember *to);
  gpointer group;
  gboolean is_closing; /* what is missing now, is of no interest any more */
  GQueue members;      /* McMember by in_row, as they came */
} McMembership;

/* One other sender of the group. */
struct _McMember
{
  McMembership *membership; /* borrowed */
  guint8 id[MC_SENDER_ID_SIZE];
  McAddress seen;    /* where it seemed to be first, which is told */
  McAddress address; /* where it says that it is, and hears what is for it; size
                      * 0: it has not said so yet, and hears it by the group */
  gint64
    asked_us; /* when it was asked last whether it is elsewhere; 0: never */
  guint8 nonce[MC_NONCE_SIZE]; /* what it was asked with then, and about */
  guint8 where[MC_WHERE_SIZE];
  char *name;
  char *instance;
  HeinPeer *peer; /* owned; NULL while the bus does not know it */
  gint64 heard_us;
  McReceiver *all;     /* what it says to all */
  McReceiver *one;     /* what it says to us alone */
  McSender *to;        /* what we say to it alone */
  guint64 n_lost_told; /* best-effort */
  GList in_row;
};

McMember *mc_member_new (McMembership *membership,
                         const guint8 *id,
                         const McAddress *seen,
                         const char *name,
                         const char *instance,
                         gint64 now_us);
/* The peer leaves the bus, with @why or in order (NULL). What has come of it is
 * delivered, and what has not, is lost. */
void mc_member_leave (McMember *self, const char *why);
void mc_member_free (McMember *self);
/* What waits to be sent to it alone will not go: it is counted as dropped. */
void mc_member_count_unsent (McMember *self);

/* Makes it a peer when it is none; FALSE: its name is taken. */
gboolean mc_member_enter (McMember *self);
/* What it said, or a NAK about what it said. */
void mc_member_hear (McMember *self,
                     const McInner *inner,
                     GBytes *payload,
                     gint64 now_us);
/* FALSE: there is no room. */
gboolean mc_member_send (McMember *self, GBytes *message, gint64 now_us);
/* What it holds, in bytes of memory, but for what is in the budget. */
gsize mc_member_get_memory (const McMember *self);
/* Keeps to the limit of the membership, and @sheds some when TRUE. */
void mc_member_limit (McMember *self, gboolean sheds);
gint64 mc_member_tick (McMember *self, gint64 now_us);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-answer-limit.h"
#include "mc-group.h"
#include "mc-member.h"
#include "mc-pack.h"
#include "mc-trouble.h"

G_BEGIN_DECLS

typedef struct
{
  McMembership membership;
  HeinTransport *transport; /* borrowed */
  McSocket *socket;         /* borrowed */
  McSuite suite;
  McKeyRing *ring;   /* owned, nullable */
  McKeyWatch *watch; /* borrowed, nullable */
  McSealer *sealer;
  McOpener *opener;
  McSender *sender;
  McPacker *packer;
  GHashTable *members; /* borrowed id -> owned McMember */
  char *name;
  char *instance;
  gboolean is_paused;
  gint64 met_us;     /* when it begins to speak */
  gboolean has_sent; /* since the last tick */
  gint64 asked_us;   /* when something was sent, or a repair was asked for */
  guint8 *inner;     /* what a datagram says, while it is looked at */
  McTrouble trouble; /* what does not fit */
  McAnswerLimit answers;
  McBucket questions; /* how many are asked for a proof in a second */
} McGroup;

/* mc-group-send.c */

/* FALSE: it is the time of no key of the ring. */
gboolean mc_group_check_key (McGroup *self, GError **error);
/* Of McMembership. */
void mc_group_put (gpointer data,
                   const McInner *inner,
                   GBytes *payload,
                   const McMember *to);
/* For the one whose id is @recipient (nullable: for all), by way of @to
 * (nullable: of the group). */
void mc_group_put_to (McGroup *self,
                      const McInner *inner,
                      GBytes *payload,
                      const guint8 *recipient,
                      const McAddress *to);
/* What is new to all waits until then. */
void mc_group_hold (McGroup *self, gint64 until_us);
/* Of the sender to all. */
void mc_group_emit (const McInner *inner, GBytes *payload, gpointer data);
void
mc_group_put_typed (McGroup *self, McType type, const guint8 *data, gsize size);
/* What small messages share goes to the sender; FALSE: it has no room. */
gboolean mc_group_flush_packer (McGroup *self, gint64 now_us);
gboolean mc_group_has_sent_all (McGroup *self);
/* Of McFormatFuncs. */
gboolean mc_group_send (gpointer data,
                        HeinPeer *peer,
                        HeinMessage *message,
                        GError **error);

/* mc-group-members.c */

/* (nullable) */
McMember *mc_group_find_member (McGroup *self, HeinPeer *peer);
/* Makes it a peer, unless another one has its name. */
void mc_group_enter (McGroup *self, McMember *member, gint64 now_us);
/* @text: "name", NUL, instance; NULL: it is something else. @seen: where it
 * seems to be. */
McMember *mc_group_add_member (McGroup *self,
                               const guint8 *id,
                               const McAddress *seen,
                               const char *text,
                               gsize size,
                               gint64 now_us);
/* When to call it again. */
gint64 mc_group_tick_members (McGroup *self, gint64 now_us);

/* mc-group-hear.c */

/* Of McFormatFuncs. */
void mc_group_receive (gpointer data,
                       const McAddress *from,
                       const guint8 *datagram,
                       gsize size,
                       gint64 now_us);

/* mc-group-admit.c: who lives, and where */

/* Somebody wants to know: a HELLO. */
void mc_group_answer (McGroup *self,
                      const McOpened *opened,
                      const McAddress *from,
                      const guint8 *payload,
                      gsize size,
                      gint64 now_us);
/* The ADMIT of a sender that is pending. (transfer full) (nullable): what was
 * held of it, which is to be heard now. */
GPtrArray *mc_group_admit (McGroup *self,
                           const McOpened *opened,
                           const McAddress *from,
                           const guint8 *payload,
                           gsize size,
                           gint64 now_us);
/* Of a member that seems to be elsewhere: it is asked whether it is. */
void mc_group_follow (McGroup *self,
                      McMember *member,
                      const McAddress *from,
                      gint64 now_us);
/* The ADMIT of a member: perhaps the answer to that. */
void mc_group_confirm (McGroup *self,
                       McMember *member,
                       const McAddress *from,
                       const guint8 *payload,
                       gsize size);
/* When to call it again. */
gint64 mc_group_tick_admission (McGroup *self, gint64 now_us);

G_END_DECLS

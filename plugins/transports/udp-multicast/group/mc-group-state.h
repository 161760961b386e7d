/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "datagram/mc-pack.h"
#include "format/mc-trouble.h"
#include "keys/mc-key-watch.h"
#include "limits/mc-answer-limit.h"
#include "mc-member.h"
#include "sealed/mc-opener.h"
#include "sealed/mc-sealer.h"

G_BEGIN_DECLS

/* What the files of a group share: data, and no functions of theirs. */

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
  gsize inner_size;  /* bytes of room there */
  McTrouble trouble; /* what does not fit */
  McAnswerLimit answers;
  McBucket questions; /* how many are asked for a proof in a second */
} McGroup;

/* (nullable) */
static inline McMember *
mc_group_find_member (McGroup *self, HeinPeer *peer)
{
  for (GList *l = self->membership.members.head; l != NULL; l = l->next)
    if (((McMember *) l->data)->peer == peer)
      return l->data;
  return NULL;
}

G_END_DECLS

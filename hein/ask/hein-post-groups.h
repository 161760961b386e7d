/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "base/hein-call.h"
#include "spool/hein-spool.h"

/* The messages of a spool that wait to be delivered, and which goes next. */

G_BEGIN_DECLS

/* Messages of a topic, or to a peer by its name, keep their order. */
typedef struct _HeinPostGroup HeinPostGroup;

typedef struct
{
  HeinSpoolEntry *entry; /* of the spool */
  guint64 number;
  gint64 expires_ms;    /* since 1970; 0: never, or not known yet */
  HeinPostGroup *group; /* NULL: it has not been read yet */
  HeinCall *call;       /* owned, until it is written */
  GBytes *body;         /* owned, until it is written */
  gboolean is_flying;   /* it is being delivered */
  GList in_row;         /* of its group, or in `unread` */
} HeinPost;

struct _HeinPostGroup
{
  char *key; /* owned */
  char *to;  /* owned: the name of the peer; NULL: the strategy chooses */
  guint n;   /* posts of this group */
  guint n_flying;
  gboolean is_blocked; /* nobody is there for it */
  GQueue row;          /* HeinPost by in_row: those that wait, in order */
  GSequenceIter *ready;
  GList in_all;
};

typedef struct
{
  GHashTable *groups; /* owned HeinPostGroup, by key */
  GQueue all;         /* HeinPostGroup by in_all, as they came */
  GSequence *ready;   /* borrowed HeinPostGroup, by their first posts */
  GQueue unread;      /* HeinPost by in_row, in order */
  guint n_blocked;
} HeinPostGroups;

void hein_post_groups_init (HeinPostGroups *self);
void hein_post_groups_clear (HeinPostGroups *self);
/* Puts a post that was read into its group. */
void hein_post_groups_add (HeinPostGroups *self,
                           HeinPost *post,
                           const char *to,
                           const char *topic);
/* The post that goes next: the oldest one that may, or that is not read yet;
 * NULL: none. */
HeinPost *hein_post_groups_peek (HeinPostGroups *self);
void hein_post_groups_take_off (HeinPostGroups *self, HeinPost *post);
/* It was not delivered, and waits again. */
void hein_post_groups_bring_back (HeinPostGroups *self, HeinPost *post);
/* Takes out a post for good. */
void hein_post_groups_remove (HeinPostGroups *self, HeinPost *post);
void hein_post_groups_block (HeinPostGroups *self, HeinPostGroup *group);
void hein_post_groups_unblock_all (HeinPostGroups *self);

G_END_DECLS

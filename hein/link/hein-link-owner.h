/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "hein-link-host.h"

G_BEGIN_DECLS

/*
 * What has made links and hears what becomes of them: a part of a transport of
 * streams, which links and those who admit them know nothing else of. A link
 * outlives its transport, and then has no owner.
 */

/* None of these closes the link that it is told of. */
typedef struct
{
  /* A peer without a name, for a link that has none yet. (transfer full) */
  HeinPeer *(*make_peer) (HeinLinkOwner *self, HeinLink *link);
  /* Messages can be sent over the link. */
  void (*up) (HeinLinkOwner *self, HeinLink *link);
  /* The link carries no messages any more; so far it was in the state @before.
   * It may still be closing in order. */
  void (*down) (HeinLinkOwner *self, HeinLink *link, HeinLinkState before);
} HeinLinkOwnerFuncs;

struct _HeinLinkOwner
{
  const HeinLinkOwnerFuncs *funcs;
  gpointer data; /* borrowed: whose part it is */
  GQueue links;  /* borrowed HeinLink by in_owner */
  guint
    max_peers; /* accepted ones that may be up; 0: as many as the bus takes */
  guint n_placed; /* accepted ones that are admitted or up */
  char *note;     /* owned, nullable: what a protocol left for the next dial */
};

void hein_link_owner_clear (HeinLinkOwner *self);
/* @note: nullable, copied, and cut when it is too long */
void hein_link_owner_set_note (HeinLinkOwner *self, const char *note);
gboolean hein_link_owner_has_place (HeinLinkOwner *self);
/* @link is admitted, or gone: when it was accepted it counts for max-peers. */
void hein_link_owner_take_place (HeinLink *link);
void hein_link_owner_give_place (HeinLink *link);

G_END_DECLS

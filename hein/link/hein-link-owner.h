/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "hein-link-host.h"
#include "io/hein-stream.h"
#include "message/hein-access-private.h"

G_BEGIN_DECLS

/*
 * The owner of links, a part of a stream transport, is told what becomes of
 * them; links and admission know nothing else of a transport. A link that
 * outlives its transport has no owner.
 */

/* None of these closes the link that it is called for. */
typedef struct
{
  /* makes a peer without a name for a link that has none (transfer full) */
  HeinPeer *(*make_peer) (HeinLinkOwner *self, HeinLink *link);
  /* messages can be sent over the link */
  void (*up) (HeinLinkOwner *self, HeinLink *link);
  /* the link no longer carries messages; @before is the state that it left. It
   * may still be closing in order */
  void (*down) (HeinLinkOwner *self, HeinLink *link, HeinLinkState before);
  /* puts TLS onto @stream, of which it takes ownership */
  HeinStream *(*secure) (HeinLinkOwner *self,
                         HeinLink *link,
                         HeinStream *stream);
  /* the peer of a link that was dialled can be found at these, too */
  void (*tell_places) (HeinLinkOwner *self,
                       HeinLink *link,
                       const char *const *places);
  /* whether there is another place to dial */
  gboolean (*has_other_place) (HeinLinkOwner *self);
} HeinLinkOwnerFuncs;

struct _HeinLinkOwner
{
  const HeinLinkOwnerFuncs *funcs;
  gpointer data; /* borrowed: what the owner is part of */
  GQueue links;  /* borrowed HeinLink by in_owner */
  guint
    max_peers;    /* limit for accepted peers that are up; 0: none of its own */
  guint n_placed; /* accepted peers that are admitted or up */
  HeinAccessFile *access; /* borrowed, nullable: what peers may do */
  char *note;    /* owned, nullable: what a protocol noted for the next dial */
  GBytes *rest;  /* owned, nullable: of a line, what the next link is to read
                  * first */
  guint n_rests; /* how many links have left one */
};

void hein_link_owner_clear (HeinLinkOwner *self);
/* @note: nullable; copied, and truncated when it is too long */
void hein_link_owner_set_note (HeinLinkOwner *self, const char *note);
gboolean hein_link_owner_has_place (HeinLinkOwner *self);
/* @link was admitted, or is gone: accepted links count for max-peers. */
void hein_link_owner_take_place (HeinLink *link);
void hein_link_owner_give_place (HeinLink *link);

G_END_DECLS

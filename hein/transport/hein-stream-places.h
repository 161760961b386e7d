/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-stream-transport.h>

#include "base/hein-place.h"

G_BEGIN_DECLS

/*
 * Where a dialling stream endpoint may find its peer: at each place that its
 * address names, in an order that is drawn once, so that the clients of a
 * cluster spread over it. When one is lost, the others are tried without a
 * pause, each once: that is a round.
 *
 * A peer may tell more, as a server of a cluster does: these come behind those
 * of the address.
 */
typedef struct
{
  const HeinPlace *place;     /* borrowed */
  GSocketConnectable *target; /* owned; NULL: a simulation finds it */
  HeinPlace *told;     /* owned: the place, if a peer has told it; else NULL */
  const char *told_at; /* borrowed: the host of the address that led there */
  gboolean is_told_from_here; /* by a peer on this machine */
} HeinStreamPlace;

typedef struct
{
  GPtrArray *all; /* owned HeinStreamPlace; NULL: it does not dial */
  guint at;       /* the one that is dialled, or connected to */
  guint n_left;   /* of this round, behind that one */
  gboolean is_on_this_machine; /* who is at it, by the address that was found */
} HeinStreamPlaces;

/* Asks the transport for the targets of its address. */
gboolean hein_stream_places_open (HeinStreamPlaces *self,
                                  HeinStreamTransport *transport,
                                  gboolean is_in_world,
                                  GError **error);
/* Adds one at any position. Takes ownership of @target. */
void hein_stream_places_add (HeinStreamPlaces *self,
                             const HeinPlace *place,
                             GSocketConnectable *target);
void hein_stream_places_clear (HeinStreamPlaces *self);
/* The one that is dialled, or connected to. */
const HeinStreamPlace *hein_stream_places_get (const HeinStreamPlaces *self);
/* Goes on to the next one. FALSE when all have been tried: another round
 * begins. */
gboolean hein_stream_places_step (HeinStreamPlaces *self);
/* The one at hand was good: a round begins there. */
void hein_stream_places_begin_round (HeinStreamPlaces *self);
/* Adds places, texts as in addresses, in place of those that were told before.
 * What cannot be dialled is left out, and so is what is over the limit. */
void hein_stream_places_tell (HeinStreamPlaces *self, const char *const *texts);
/* The place at hand has this address (nullable). */
void hein_stream_places_note (HeinStreamPlaces *self, GSocketAddress *address);
/* Whether the place at hand may have this address: who is elsewhere has nothing
 * to tell about services of this machine. */
gboolean hein_stream_places_check (const HeinStreamPlaces *self,
                                   GSocketAddress *address,
                                   GError **error);
/* (transfer full): @error with the place that it is about, if there are
 * several. */
GError *hein_stream_places_explain (const HeinStreamPlaces *self,
                                    const GError *error);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"
#include "link/hein-link-state.h"

G_BEGIN_DECLS

/*
 * When an endpoint dials again. After a failure it pauses for anything between
 * nothing and a time that doubles up to `reconnect-max-ms`; after a reason that
 * will be there the next time, too, for `reconnect-failed-ms`, and tells of it
 * once. One that was turned away for being connected already waits until a peer
 * goes.
 */
typedef struct
{
  HeinEndpoint *endpoint; /* borrowed; NULL before hein_redial_init */
  void (*dial) (gpointer data);
  gpointer data;
  HeinTimer timer;
  HeinPeerWatch watch; /* while it is a duplicate */
  guint n_failures;
  guint n_hopeless; /* connections in a row of which nothing will come */
  char *told;       /* owned, nullable: what of them has been reported */
} HeinRedial;

void hein_redial_init (HeinRedial *self,
                       HeinEndpoint *endpoint,
                       void (*dial) (gpointer data),
                       gpointer data);
void hein_redial_clear (HeinRedial *self);
/* Neither time nor a peer makes it dial any more. */
void hein_redial_stop (HeinRedial *self);
/* There was no connection, because of @error. */
void hein_redial_after_failure (HeinRedial *self, const GError *error);
/* @link has ended because of @error (NULL: in order); its peer was up since
 * @up_since_us of the monotonic clock (0: it was not). */
void hein_redial_after_link (HeinRedial *self,
                             HeinLink *link,
                             gint64 up_since_us,
                             const GError *error);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"
#include "hein-stream-places.h"
#include "link/hein-link-state.h"

G_BEGIN_DECLS

/*
 * Decides when a dialling endpoint connects again.
 *
 * When the address names several places, the next one is tried at once, and
 * there is a pause when all have been.
 *
 * After an ordinary failure the pause is a random part of a time that doubles
 * up to `reconnect-max-ms`. After a failure that will repeat itself, such as a
 * refusal, the pause is up to `reconnect-failed-ms`, and the failure is
 * reported once. An endpoint that was refused as a duplicate, because the same
 * bus is connected already, waits until a peer goes.
 */
typedef struct
{
  HeinEndpoint *endpoint;   /* borrowed; NULL before hein_redial_init */
  HeinStreamPlaces *places; /* borrowed */
  void (*dial) (gpointer data);
  gpointer data;
  HeinTimer timer;
  HeinPeerWatch watch; /* in use while the endpoint is a duplicate */
  guint n_failures;
  guint n_hopeless; /* failures in a row that will repeat themselves */
  char *told;       /* owned, nullable: the last one that was reported */
  /* of this round, while there are several places */
  GError *permanent; /* owned, nullable: one that will repeat itself */
  gboolean may_pass; /* there was another one, too */
} HeinRedial;

void hein_redial_init (HeinRedial *self,
                       HeinEndpoint *endpoint,
                       HeinStreamPlaces *places,
                       void (*dial) (gpointer data),
                       gpointer data);
void hein_redial_clear (HeinRedial *self);
/* Disarms the timer and the watch of peers. */
void hein_redial_stop (HeinRedial *self);
/* To be called when no connection could be made, because of @error. */
void hein_redial_after_failure (HeinRedial *self, const GError *error);
/* To be called when @link has ended because of @error (NULL: in order). Its
 * peer was up since @up_since_us of the monotonic clock (0: it never was
 * up). */
void hein_redial_after_link (HeinRedial *self,
                             HeinLink *link,
                             gint64 up_since_us,
                             const GError *error);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-deliver-state.h"

/* A delivery from its beginning to its end, and the ends of its legs. */

G_BEGIN_DECLS

/* Takes ownership of @call. The legs are in no row yet. The delivery belongs to
 * its call; who uses it while it may end takes a reference. */
HeinDelivery *hein_delivery_new (HeinDeliverer *deliverer,
                                 HeinCall *call,
                                 HeinMessage *message,
                                 int timeout_ms,
                                 guint n_legs);
void hein_delivery_free (HeinDelivery *self);

static inline HeinDelivery *
hein_delivery_ref (HeinDelivery *self)
{
  self->n_refs++;
  return self;
}

static inline void
hein_delivery_unref (HeinDelivery *self)
{
  if (--self->n_refs == 0)
    hein_delivery_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinDelivery, hein_delivery_unref)

/* Returns what is known of its outcome. (transfer none) */
HeinReceipt *hein_delivery_get_receipt (HeinDelivery *self);

/* Puts the leg into the row, behind all of its priority. */
void hein_leg_queue_up (HeinLeg *self, GQueue *row);
/* Takes the leg out of its row. */
void hein_leg_leave_row (HeinLeg *self);
/* The leg, which was sent last, was not taken: it is sent again before what
 * waits. */
void hein_leg_take_back (HeinLeg *self);
/* Ends the leg, and with the last one the delivery. Takes ownership of
 * @error. */
void hein_leg_end (HeinLeg *self, HeinOutcome outcome, GError *error);

G_END_DECLS

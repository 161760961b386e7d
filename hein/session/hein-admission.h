/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "link/hein-link-state.h"

/* Admission of new connections to the bus. */

G_BEGIN_DECLS

void hein_admission_offer (HeinLink *self);
/* To be called when a link that was admitted is about to be up. FALSE: another
 * one of the same name or bus is up since then, and this one closes. */
gboolean hein_admission_holds (HeinLink *self);
/* To be called when a link is up: closes one of the same bus that was dialled
 * by the other side and is not. */
void hein_admission_end_crossed (HeinLink *self);
/* Looks at all pending offers again, since a link has changed, or time
 * passed. */
void hein_admission_review (HeinCore *core);

G_END_DECLS

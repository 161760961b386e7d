/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "link/hein-link-state.h"

/* Admission of new connections to the bus. */

G_BEGIN_DECLS

void hein_admission_offer (HeinLink *self);
/* Looks at all pending offers again, since a link has changed, or time
 * passed. */
void hein_admission_review (HeinCore *core);

G_END_DECLS

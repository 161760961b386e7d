/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "link/hein-link-state.h"

G_BEGIN_DECLS

void hein_admission_offer (HeinLink *self);
/* Looks at all pending offers again: a link moved, or time passed. */
void hein_admission_review (HeinCore *core);

G_END_DECLS

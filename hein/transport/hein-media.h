/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"

G_BEGIN_DECLS

/* Finds the transports that reach all at once. */
void hein_media_review (HeinCore *self);

G_END_DECLS

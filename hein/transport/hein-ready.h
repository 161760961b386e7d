/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"

G_BEGIN_DECLS

/* Tells the application, once, when all is there. */
void hein_ready_check (HeinCore *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

/* Values that are retained for newcomers. */

G_BEGIN_DECLS

/* Applies the settings for them. */
void hein_bus_limit_retained (HeinBus *self);

G_END_DECLS

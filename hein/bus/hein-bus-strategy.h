/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

/* Makes `publish` when no strategy was set. */
gboolean hein_bus_ensure_strategy (HeinBus *self, GError **error);

G_END_DECLS

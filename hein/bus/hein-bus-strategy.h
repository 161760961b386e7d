/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

/* Access to the strategy of a bus from the rest of this folder. */

G_BEGIN_DECLS

/* Sets the strategy `publish` unless a strategy is set; FALSE with @error when
 * that plugin cannot be loaded. */
gboolean hein_bus_ensure_strategy (HeinBus *self, GError **error);

G_END_DECLS

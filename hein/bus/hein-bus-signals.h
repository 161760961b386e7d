/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-bus-state.h"

/* The signals of the HeinBus class and their ids. */

G_BEGIN_DECLS

extern guint hein_bus_signals[HEIN_N_SIGNALS];
void hein_bus_install_signals (void);

G_END_DECLS

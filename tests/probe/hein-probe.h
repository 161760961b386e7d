/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* Owner, not in a turn: what is left to do though the descriptor of @bus is not
 * readable; %NULL, as it has to be: nothing. */
HEIN_API
const char *hein_probe_find_unsettled (HeinBus *bus);

/* Leaves something to do, and wakes nobody. */
HEIN_API
void hein_probe_unsettle (HeinBus *bus);

G_END_DECLS

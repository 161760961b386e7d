/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-guard.h"
#include "hein-bus-state.h"

/* Guards for functions that only the owner of a bus may call: they log a
 * critical and return when another thread calls. */

#define hein_bus_return_unless_owner(self)                                     \
  hein_core_return_unless_owner (&(self)->core)

#define hein_bus_return_val_unless_owner(self, value)                          \
  hein_core_return_val_unless_owner (&(self)->core, value)

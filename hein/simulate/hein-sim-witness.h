/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-sim.h"

/* Who looks on while a bus sends and receives, and notes it for the file of the
 * trace. */

G_BEGIN_DECLS

/* Does nothing where there is no such file. */
void hein_sim_witness_add (HeinSimBus *bus);
/* The bus leaves. */
void hein_sim_witness_end (HeinSimBus *bus);

G_END_DECLS

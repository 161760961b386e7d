/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-deliver-state.h"

/* Looking for peers of deliveries, at once and again. */

G_BEGIN_DECLS

/* Takes the choice of the deliverer, which is to be given back. */
HeinDeliverChoice *hein_deliverer_take_choice (HeinDeliverer *self);
/* @self may have been freed, with its bus. */
void hein_deliverer_give_choice_back (HeinCore *core,
                                      HeinDeliverer *self,
                                      HeinDeliverChoice *choice);
/* The job of the deliverer: sends what waits. */
void hein_deliverer_run (HeinJob *job);

G_END_DECLS

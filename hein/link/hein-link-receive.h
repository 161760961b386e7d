/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-state.h"

G_BEGIN_DECLS

void hein_link_set_paused (HeinLink *self, gboolean paused);
void hein_link_read (HeinLink *self);
/* Gives the protocol what is there, until it wants no more of it. */
void hein_link_consume (HeinLink *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-state.h"

/* Telling protocols which messages the application has taken. */

G_BEGIN_DECLS

void hein_link_note_delivered (HeinLink *self, gboolean is_refused);
/* To be called when a message is put into the inbox of the bus, or taken
 * out. */
void hein_link_note_kept (HeinLink *self);
void hein_link_note_taken (HeinLink *self);
/* To be called when the application has taken the oldest message that was
 * left. */
void hein_link_note_handled (HeinLink *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-state.h"

G_BEGIN_DECLS

void hein_link_note_delivered (HeinLink *self, gboolean is_refused);
/* It was put into the inbox of the bus, and is taken out of it. */
void hein_link_note_kept (HeinLink *self);
void hein_link_note_taken (HeinLink *self);
/* The application has taken the oldest one that it had not. */
void hein_link_note_handled (HeinLink *self);

G_END_DECLS

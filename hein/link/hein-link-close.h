/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-state.h"

G_BEGIN_DECLS

/* Begins to close in order (@error NULL) or because of @error (copied). */
void hein_link_close (HeinLink *self, const GError *error);
/* Drops it at once; its memory goes at the end of the turn. */
void hein_link_abort (HeinLink *self, const GError *error);
/* The bus goes without waiting: what fits is written, with a goodbye. */
void hein_link_hurry (HeinLink *self);
/* The peer has ended in order, with a goodbye: so does this side. */
void hein_link_answer_goodbye (HeinLink *self);
/* Shuts our side once everything has gone out. */
void hein_link_begin_draining (HeinLink *self);
/* The end, when both sides are shut and the socket has all that was written. */
void hein_link_end_draining (HeinLink *self);

G_END_DECLS

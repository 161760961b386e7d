/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-state.h"

/* The ways in which a link ends. */

G_BEGIN_DECLS

/* Starts to close in order (@error NULL), or because of @error (copied). */
void hein_link_close (HeinLink *self, const GError *error);
/* Ends the link at once; its memory is freed at the end of the turn. */
void hein_link_abort (HeinLink *self, const GError *error);
/* The connection is gone without a word: ends the link before the turn does. */
void hein_link_lose (HeinLink *self);
/* For a bus that is freed without lingering: writes what the socket takes at
 * once, and a goodbye. */
void hein_link_hurry (HeinLink *self);
/* The peer has ended the connection in order, with a goodbye: does the same. */
void hein_link_answer_goodbye (HeinLink *self);
/* TRUE: the socket had no room for all of that answer, and the link ends when
 * it is written. */
gboolean hein_link_wait_for_answer (HeinLink *self);
/* Shuts down writing once everything has been sent, unless it must be reset. */
void hein_link_begin_draining (HeinLink *self);
/* Ends the link when both sides are shut down and the socket has taken all; one
 * that must be reset, when all has arrived. */
void hein_link_end_draining (HeinLink *self);

G_END_DECLS

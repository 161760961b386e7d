/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-state.h"

/* Which messages may be lost when a connection ends. */

G_BEGIN_DECLS

/* To be called from time to time while much is written. */
void hein_link_mark_written (HeinLink *self);
/* Returns how many messages of this connection have been written completely. */
guint64 hein_link_count_sent (HeinLink *self);
/* The peer had sent @n_sent messages before what is being read. */
void hein_link_check_arrived (HeinLink *self, guint64 n_sent);
void hein_link_set_confirmed (HeinLink *self, guint64 n);
/* See hein_wire_set_confirmed_by_end(). */
void hein_link_set_confirmed_by_end (HeinLink *self, guint64 n);
/* Returns how many messages of the peer have arrived, and are accounted for
 * here. */
guint64 hein_link_count_taken (HeinLink *self);
/* To be called when the last message has been put, before the protocol ends. */
void hein_link_note_last (HeinLink *self);
/* For protocols that know what is in doubt: see hein_wire_set_in_doubt(). */
void
hein_link_set_in_doubt (HeinLink *self, guint64 n_messages, guint64 n_bytes);
/* To be called before the stream is closed, which can tell what has arrived. */
void hein_link_review_doubt (HeinLink *self);
/* Returns how many sent messages may or may not have arrived. */
guint64 hein_link_count_doubt (HeinLink *self);
/* Counts these messages as dropped, before the peer leaves the bus. */
void hein_link_settle_doubt (HeinLink *self);

G_END_DECLS

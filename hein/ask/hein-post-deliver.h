/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-poster-state.h"
#include "spool/hein-spool-message.h"

/* Delivering what is in the spool. */

G_BEGIN_DECLS

/* The post is on the disk, and has @body there: it is delivered when it is its
 * turn. */
void hein_post_begin (HeinPoster *self, HeinPost *post, GBytes *body);
/* Delivers what may go. */
void hein_poster_run (HeinJob *job);
/* Looks again for those for which nobody was there. */
void hein_poster_retry_all (HeinPoster *self);
void hein_poster_retry (HeinTimer *timer, gint64 now_us);
/* Closes the spool of a bus that is closing when no more receipts come. */
void hein_poster_check_ended (HeinCore *core);
/* Drops what has expired, also while nobody is there. */
void hein_poster_expire (HeinTimer *timer, gint64 now_us);

G_END_DECLS

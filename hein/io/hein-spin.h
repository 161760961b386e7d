/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Decides whether an idle loop polls for a moment before it sleeps. Waking a
 * sleeping process costs the sender and the receiver 5 to 50 µs each: within a
 * stream of messages it is cheaper to stay awake, while between streams polling
 * would be a waste. So the loop polls when the latest waits were short, and
 * ever more rarely when that was in vain.
 */
typedef struct
{
  guint limit_us; /* how long to poll; 0: never */
  guint gap_us;   /* weighted average of the latest waits */
  guint n_skip;   /* how many more waits begin without polling */
  guint backoff;  /* what n_skip is set to after polling in vain again */
} HeinSpin;

void hein_spin_init (HeinSpin *self);
/* On a machine with a single processor the limit is always 0. */
void hein_spin_set_limit (HeinSpin *self, guint limit_us);
/* Returns whether this wait should begin with polling. */
gboolean hein_spin_should_begin (HeinSpin *self);
/* Records whether polling found an event. */
void hein_spin_end (HeinSpin *self, gboolean is_ready);
/* Records the length of a wait that ended with an event, slept through or
 * not. */
void hein_spin_add_gap (HeinSpin *self, gint64 gap_us);

G_END_DECLS

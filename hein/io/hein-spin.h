/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Whether a loop that has nothing to do looks again for a little while before
 * it sleeps. Waking a sleeper costs sender and receiver 5 to 50 µs each, so
 * within a stream of messages it is cheaper to stay awake; between streams it
 * would only be heat. So it is tried when the last waits were short, and ever
 * more rarely when it was in vain.
 */
typedef struct
{
  guint limit_us; /* how long; 0: never */
  guint gap_us;   /* how long the last waits took, the newest counting most */
  guint n_skip;   /* so often not, before it is tried again */
  guint backoff;  /* what n_skip begins with after the next time in vain */
} HeinSpin;

void hein_spin_init (HeinSpin *self);
/* With a single processor it never pays. */
void hein_spin_set_limit (HeinSpin *self, guint limit_us);
/* Whether this wait begins with looking. */
gboolean hein_spin_should_begin (HeinSpin *self);
/* What came of it. */
void hein_spin_end (HeinSpin *self, gboolean is_ready);
/* Something came after a wait, with or without sleep. */
void hein_spin_add_gap (HeinSpin *self, gint64 gap_us);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-core-state.h"

/* Runs: messages to all targets that are encoded but not queued yet. */

G_BEGIN_DECLS

void hein_run_init (HeinCore *self);
/* Adds a message that all targets get; FALSE: it has to be sent to each. */
gboolean hein_run_add (HeinCore *self, HeinMessage *message);
void hein_run_settle_slow (HeinCore *self);

/* Puts the run into the queues. Must be called before looking at a queue,
 * adding to one, or changing which peers are targets and what they take. */
static inline void
hein_run_settle (HeinCore *self)
{
  if (G_UNLIKELY (self->run.range.segment != NULL))
    hein_run_settle_slow (self);
}

G_END_DECLS

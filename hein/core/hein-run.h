/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-core-state.h"

G_BEGIN_DECLS

void hein_run_init (HeinCore *self);
/* For a message that all targets get; FALSE: each has to be given it. */
gboolean hein_run_add (HeinCore *self, HeinMessage *message);
void hein_run_settle_slow (HeinCore *self);

/* Puts what was published on the queues. Whatever looks at queues, adds to one,
 * or changes who is a target and what it takes, calls this first. */
static inline void
hein_run_settle (HeinCore *self)
{
  if (G_UNLIKELY (self->run.range.segment != NULL))
    hein_run_settle_slow (self);
}

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-selection.h>

/* The instance struct of HeinSelection, and what the core does with it. */

G_BEGIN_DECLS

struct _HeinSelection
{
  GObject parent_instance;

  GPtrArray *peers; /* borrowed HeinPeer, each once */
  GHashTable *many; /* the same peers, if there are many; else NULL or empty */
  gboolean is_all;
  gboolean is_held;
  char *held_for; /* nullable: a name */
};

HeinSelection *hein_selection_new (void);
void hein_selection_clear_slow (HeinSelection *self);

static inline void
hein_selection_clear (HeinSelection *self)
{
  if (G_UNLIKELY (self->peers->len > 0 || self->held_for != NULL))
    hein_selection_clear_slow (self);
  self->is_all = self->is_held = FALSE;
}

G_END_DECLS

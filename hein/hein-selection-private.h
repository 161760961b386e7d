/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-selection.h>

G_BEGIN_DECLS

struct _HeinSelection
{
  GObject parent_instance;

  GPtrArray *peers; /* borrowed HeinPeer, each once */
  gboolean is_all;
  gboolean is_held;
  gboolean is_dropped;
  char *held_for; /* a name, nullable */
};

HeinSelection *hein_selection_new (void);
void hein_selection_clear (HeinSelection *self);

G_END_DECLS

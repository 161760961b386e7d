/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "explorer-kind.h"

/* What all programs on a random network share. */

G_BEGIN_DECLS

#define SCENE_N_STRATEGIES 5

typedef struct
{
  const ExplorerKind *kind;
  HeinSimulation *net;                          /* borrowed */
  HeinStrategy *strategies[SCENE_N_STRATEGIES]; /* owned: who gets one */
  const char *overflow;
  gboolean is_star;
  gboolean has_small_limits;
  gboolean is_heavy;   /* more is sent than a socket takes */
  gboolean has_counts; /* instead of errands: all copies are counted */
  gboolean may_close;  /* peers, and the bus */
  guint n_removed;     /* peers, of all */
  guint n_lives;       /* so that each has a name of its own */
  GHashTable *lives;   /* borrowed Party by name, also of the past */
  GHashTable *errands; /* owned: by id, what was asked or delivered */
  char *broken;        /* owned: the first rule that was; NULL: none */
} Scene;

void scene_init (Scene *self, const ExplorerKind *kind, HeinSimulation *net);
void scene_clear (Scene *self);
G_GNUC_PRINTF (2, 3)
void scene_break (Scene *self, const char *format, ...);
/* From 0 to @n - 1, by the dice of the simulation. */
guint scene_draw (guint n);

G_END_DECLS

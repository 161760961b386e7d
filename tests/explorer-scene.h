/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "explorer-kind.h"

/* What all programs on a random network share. */

G_BEGIN_DECLS

#define SCENE_N_STRATEGIES 5
#define SCENE_PLACES_MAX   12
#define SCENE_N_TOPICS     8 /* of what is published, see explorer-topic.c */

typedef struct _Rights Rights; /* explorer-right.c */
typedef struct _Party Party;   /* explorer-party.c */

typedef struct
{
  const ExplorerKind *kind;
  HeinSimulation *net;                          /* borrowed */
  HeinStrategy *strategies[SCENE_N_STRATEGIES]; /* owned: who gets one */
  const char *overflow;
  gboolean is_star;
  gboolean has_small_limits;
  gboolean is_heavy;   /* more is sent than a socket takes */
  gboolean is_narrow;  /* and than a link takes in time */
  gboolean is_choosy;  /* they subscribe: see explorer-interest.c */
  gboolean dials_back; /* whoever is dialled dials, too */
  gboolean has_counts; /* instead of errands: all copies are counted */
  gboolean may_close;  /* peers, and the bus */
  guint n_removed;     /* peers, of all */
  guint n_lives;       /* so that each has a name of its own */
  guint n_places;
  Rights *rights[SCENE_PLACES_MAX]; /* owned: what each place allows */
  guint64 n_steps;                  /* what came before what */
  GHashTable *lives;   /* borrowed Party by name, also of the past */
  GHashTable *errands; /* owned: by id, what was asked or delivered */
  char *broken;        /* owned: the first rule that was; NULL: none */
} Scene;

void scene_init (Scene *self, const ExplorerKind *kind, HeinSimulation *net);
void scene_clear (Scene *self);
/* Everybody dials one place that was there before. */
guint scene_get_parent (const Scene *self, guint place);
/* Whether the life @child dials the life @parent. */
gboolean
scene_is_above (const Scene *self, const char *parent, const char *child);
/* How the peers of @of are proved, if not each by a key of its own.
 * Returns: (transfer full) (nullable) */
char *scene_dup_proof (const Scene *self, const Party *of);
/* All that was accepted arrives, unless its connection ends. */
gboolean scene_loses_nothing (const Scene *self);
G_GNUC_PRINTF (2, 3)
void scene_break (Scene *self, const char *format, ...);
/* From 0 to @n - 1, by the dice of the simulation. */
guint scene_draw (guint n);

G_END_DECLS

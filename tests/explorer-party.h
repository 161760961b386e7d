/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * A program on a random network: what it does with its bus at random, and what
 * must hold of everything that it is told.
 */

#define SCENE_N_STRATEGIES 5

/* What all parties share. */
typedef struct
{
  HeinSimulation *net;                          /* borrowed */
  HeinStrategy *strategies[SCENE_N_STRATEGIES]; /* owned: who gets one */
  const char *overflow;
  gboolean has_asking;
  gboolean is_star;
  gboolean has_small_limits;
  gboolean may_close;  /* peers, and the bus */
  guint n_lives;       /* so that each has a name of its own */
  GHashTable *errands; /* owned: by id, what was asked or delivered */
  char *broken;        /* owned: the first rule that was; NULL: none */
} Scene;

/* One life of a program: who begins again has another name. */
typedef struct
{
  Scene *scene;
  HeinBus *bus;
  char *name;
  guint n_sent;
  GHashTable *peers; /* owned HeinPeer: told of, and not gone */
  GHashTable *heard; /* by sender's name: the number of the last message */
  gint64 closed_us;  /* since when the bus is closed; 0: it is not */
  gboolean has_crashed;
} Party;

void scene_init (Scene *self);
void scene_clear (Scene *self);
G_GNUC_PRINTF (2, 3)
void scene_break (Scene *self, const char *format, ...);

Party *party_new (Scene *scene, const char *host);
void party_free (gpointer party);
/* Does one thing. */
void party_act (Party *self);
gboolean party_knows (const Party *self, const char *name);
void party_check_memory (const Party *self);
/* When all is over and every bus is closed. */
void party_check_end (const Party *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-test.h"

G_BEGIN_DECLS

/*
 * What programs do with buses, at random (g_test_rand_int): a scene of three of
 * them, which are turned by their descriptors alone.
 */

#define RANDOM_N_BUSES 3
#define RANDOM_N_KEPT  8

typedef struct _RandomScene RandomScene;

/* A bus, and what its program holds of it. */
typedef struct
{
  HeinBus *bus;
  int fd; /* of the bus */
  HeinMessage *kept[RANDOM_N_KEPT];
  GCancellable *cancellable;
  RandomScene *scene; /* borrowed */
  guint n_received;
} RandomParty;

struct _RandomScene
{
  const char *uri;
  RandomParty parties[RANDOM_N_BUSES];
};

/* 0 to @n less 1. */
guint random_draw (guint n);

/* @uri: what they listen on; %u in it becomes a number. */
void random_scene_begin (RandomScene *self, const char *uri);
void random_scene_end (RandomScene *self);
/* One of them calls something; what, is returned. */
const char *random_scene_act (RandomScene *self);
guint random_scene_count_received (RandomScene *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "explorer-scene.h"

/*
 * A program on a random network: what it does with its bus at random, and what
 * must hold of everything that it is told.
 */

G_BEGIN_DECLS

#define EXPLORER_N_VALUES 4

/* What one has sent as news. */
typedef struct
{
  guint64 step; /* Scene's n_steps */
  gint64 time_us;
  guint topic; /* explorer-topic.c */
  gboolean is_to_all;
  gboolean is_accepted; /* at once */
} Sent;

typedef struct _Interests Interests; /* explorer-interest.c */

/* One life of a program: who begins again has another name. */
struct _Party
{
  Scene *scene;
  HeinBus *bus;
  char *name;
  const char *host;
  GArray *sent;       /* Sent: the first one has number 1 */
  guint64 n_accepted; /* copies, see explorer-count.c */
  guint64 n_perhaps;
  guint64 n_heard;
  GHashTable *held;  /* by name: explorer-count.c */
  GHashTable *peers; /* owned HeinPeer: told of, and not gone */
  GHashTable *heard; /* by sender, or its topic: the last message's number */
  GHashTable *once;  /* by sender: whether a number was heard */
  GHashTable *rolls; /* names of those whose call was heard */
  Interests *interests;
  const Rights *rights;              /* borrowed: of its place */
  guint versions[EXPLORER_N_VALUES]; /* that were sent, see explorer-value.c */
  gint64 version_us[EXPLORER_N_VALUES];
  GHashTable *ears_of_peers;
  GHashTable *ears_of_lives;
  gint64 acted_us;  /* when it has sent something */
  gint64 closed_us; /* since when the bus is closed; 0: it is not */
  gboolean has_crashed;
};

/* @place: what its name begins with. */
Party *party_new (Scene *scene, const char *place, const char *host);
void party_free (gpointer party);
/* Does one thing. */
void party_act (Party *self);
/* Publishes something of each topic. */
void party_publish_all (Party *self);
/* Whether it has heard of @other all that it wants and may, of those from
 * @first on. */
gboolean party_has_news (const Party *self, const Party *other, guint first);
/* Says to everybody that it is there: see @rolls. */
void party_call (Party *self);
/* Closes something once in a while. */
void party_close_sometimes (Party *self);
/* Returns: (nullable) */
HeinPeer *party_draw_peer (Party *self);
gboolean party_knows (const Party *self, const char *name);
gboolean party_has_heard (const Party *self, const Party *other);
void party_check_memory (const Party *self);
/* A bus that was closed has told everything. */
gboolean party_is_over (const Party *self);
/* When all is over and every bus is closed. */
void party_check_end (const Party *self);

G_END_DECLS

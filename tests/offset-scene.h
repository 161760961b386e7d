/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "byte-proxy.h"
#include "hein-test.h"
#include "offset-wires.h"

G_BEGIN_DECLS

/* From the hub, or towards it. */
typedef enum
{
  DOWN,
  UP,
  N_DIRECTIONS
} Direction;

/*
 * kirk reaches the hub through somebody who does something at one byte; a good
 * neighbour of kirk reaches it directly. Where there is a broker, all three dial
 * that one, and only kirk has somebody on the way.
 */
typedef struct
{
  const Wire *wire;
  HeinTestBus *hub;
  HeinTestBus *kirk;
  HeinTestBus *good;
  ByteProxy *proxy;
  guint serial; /* of this scene: brokers have seen others */
  ByteProxyDeed deed;
  gboolean is_broken;  /* the connection, by what was done */
  gboolean is_renewed; /* there is another one since */
  guint n_said[N_DIRECTIONS];
  guint n_meant[N_DIRECTIONS]; /* of them, for the other side of the proxy */
  /* copies that were accepted for it */
  guint64 n_accepted[N_DIRECTIONS];
  gsize n_handshake[N_DIRECTIONS]; /* bytes */
  guint n_asked; /* requests and deliveries, which may count as messages, too */
  guint n_peers_at_last[N_DIRECTIONS];
  guint confirmed; /* of how many connections kirk's subscriptions are known */
  guint confirming;
  gpointer talk; /* owned: of the session */
  GDestroyNotify free_talk;
} Scene;

Scene *scene_new (const Wire *wire);
void scene_free (Scene *self);
/* Whether what is said now is for the other side. */
gboolean scene_can_say (Scene *self, Direction direction);
/* Sends a message of about @size bytes. */
void scene_say (Scene *self, Direction direction, gsize size);
/* How many different ones have arrived. */
guint scene_count_heard (Scene *self, Direction direction);
gboolean scene_has_heard_all (Scene *self);
/* Whether the good neighbour has all that the hub has said. */
gboolean scene_is_good_served (Scene *self);
/* After the connection was broken: says something each way over the new one.
 * TRUE: that has arrived. Called until it has. */
gboolean scene_hears_again (Scene *self);
/* kirk leaves, in order. */
void scene_close_kirk (Scene *self);
/* The hub ends, too; then all that was accepted has arrived, or was counted. */
void scene_check_balance (Scene *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Scene, scene_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "hein-core-state.h"
#include "hein-directory.h"
#include "hein-peers-private.h"
#include "io/hein-world.h"
#include "link/hein-peer-state.h"
#include "message/hein-topics.h"

/* Finds peers by name or instance, and remembers names that were here
 * lately. */

typedef struct
{
  GList in_order; /* in the order of the roster */
  gint64 when_us; /* it was up until then */
  char name[];
} Seen;

static void
forget (HeinCore *self, Seen *seen)
{
  g_queue_unlink (&self->roster.seen_order, &seen->in_order);
  g_hash_table_remove (self->roster.seen, seen->name);
}

/* Nobody asks for it any more. */
static gboolean
is_old (const Seen *seen, gint64 now_us)
{
  return seen->when_us + HEIN_NAME_MEMORY_US < now_us;
}

/* Whoever left first is forgotten first: strangers who come and go do not make
 * the bus forget who has just left. */
static void
make_room (HeinCore *self, gint64 now_us)
{
  GQueue *order = &self->roster.seen_order;

  while (order->length >= HEIN_TOPICS_MAX ||
         (order->length > 0 && is_old (order->head->data, now_us)))
    forget (self, order->head->data);
}

static void
note_seen (HeinCore *self, const char *name)
{
  const gint64 now_us = hein_world_get_us ();
  const gsize size = strlen (name) + 1;
  Seen *old = g_hash_table_lookup (self->roster.seen, name);
  Seen *seen = g_malloc (sizeof *seen + size);

  if (old != NULL)
    forget (self, old);
  make_room (self, now_us);
  memcpy (seen->name, name, size);
  seen->when_us = now_us;
  seen->in_order = (GList){ .data = seen };
  g_queue_push_tail_link (&self->roster.seen_order, &seen->in_order);
  g_hash_table_insert (self->roster.seen, seen->name, seen);
}

void
hein_directory_add (HeinCore *self, HeinPeer *peer)
{
  if (!g_hash_table_contains (self->roster.names, peer->name))
    g_hash_table_insert (self->roster.names, peer->name, peer);
  if (peer->instance != NULL)
    /* the key must belong to the peer that is the value, as they are freed
     * together */
    g_hash_table_replace (self->roster.instances, peer->instance, peer);
}

void
hein_directory_remove (HeinCore *self, HeinPeer *peer)
{
  if (peer->instance != NULL &&
      g_hash_table_lookup (self->roster.instances, peer->instance) == peer)
    g_hash_table_remove (self->roster.instances, peer->instance);

  if (g_hash_table_lookup (self->roster.names, peer->name) == peer)
    {
      HeinPeer *other;

      g_hash_table_remove (self->roster.names, peer->name);
      other = hein_peers_lookup (self->roster.targets, peer->name);
      if (other != NULL)
        g_hash_table_insert (self->roster.names, other->name, other);
    }
  note_seen (self, peer->name);
}

void
hein_directory_enter (HeinCore *self, HeinPeer *peer, gboolean is_dialled)
{
  if (peer->instance != NULL)
    g_hash_table_replace (self->roster.entering[is_dialled], peer->instance,
                          peer);
}

void
hein_directory_end_entry (HeinCore *self, HeinPeer *peer)
{
  if (peer->instance == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (self->roster.entering); i++)
    if (g_hash_table_lookup (self->roster.entering[i], peer->instance) == peer)
      g_hash_table_remove (self->roster.entering[i], peer->instance);
}

HeinPeer *
hein_directory_find_entering (HeinCore *self,
                              const char *instance,
                              gboolean is_dialled)
{
  return instance != NULL
           ? g_hash_table_lookup (self->roster.entering[is_dialled], instance)
           : NULL;
}

HeinPeer *
hein_directory_find (HeinCore *self, const char *name)
{
  return g_hash_table_lookup (self->roster.names, name);
}

gboolean
hein_directory_was_seen (HeinCore *self, const char *name)
{
  const Seen *seen = g_hash_table_lookup (self->roster.seen, name);

  return seen != NULL && !is_old (seen, hein_world_get_us ());
}

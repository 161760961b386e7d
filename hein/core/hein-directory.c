/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-core-state.h"
#include "hein-directory.h"
#include "hein-peers-private.h"
#include "link/hein-peer-state.h"
#include "message/hein-topics.h"

/* Under which names peers are there, and were of late. */

static void
note_seen (HeinCore *self, const char *name)
{
  gint64 *when = g_new (gint64, 1);

  *when = g_get_monotonic_time ();
  g_hash_table_replace (self->roster.seen, g_strdup (name), when);
}

static gboolean
is_forgotten (gpointer key, gpointer value, gpointer data)
{
  return *(gint64 *) value + HEIN_NAME_MEMORY_US < *(gint64 *) data;
}

void
hein_directory_add (HeinCore *self, HeinPeer *peer)
{
  if (!g_hash_table_contains (self->roster.names, peer->name))
    g_hash_table_insert (self->roster.names, peer->name, peer);
  if (peer->instance != NULL)
    /* the key has to be that of the value: it is freed with the peer */
    g_hash_table_replace (self->roster.instances, peer->instance, peer);
}

void
hein_directory_remove (HeinCore *self, HeinPeer *peer)
{
  gint64 now_us = g_get_monotonic_time ();

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
  if (g_hash_table_size (self->roster.seen) >= HEIN_TOPICS_MAX)
    g_hash_table_foreach_remove (self->roster.seen, is_forgotten, &now_us);
  if (g_hash_table_size (self->roster.seen) >= HEIN_TOPICS_MAX)
    g_hash_table_remove_all (self->roster.seen);
  note_seen (self, peer->name);
}

HeinPeer *
hein_directory_find (HeinCore *self, const char *name)
{
  return g_hash_table_lookup (self->roster.names, name);
}

gboolean
hein_directory_was_seen (HeinCore *self, const char *name)
{
  gint64 *when = g_hash_table_lookup (self->roster.seen, name);

  return when != NULL && *when + HEIN_NAME_MEMORY_US >= g_get_monotonic_time ();
}

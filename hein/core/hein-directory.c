/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-bus-state.h"
#include "hein-directory.h"
#include "hein-peers-private.h"
#include "link/hein-peer-state.h"
#include "message/hein-topics.h"

/* Under which names peers are there, and were of late. */

static void
note_seen (HeinBus *self, const char *name)
{
  gint64 *when = g_new (gint64, 1);

  *when = g_get_monotonic_time ();
  g_hash_table_replace (self->seen, g_strdup (name), when);
}

static gboolean
is_forgotten (gpointer key, gpointer value, gpointer data)
{
  return *(gint64 *) value + HEIN_NAME_MEMORY_US < *(gint64 *) data;
}

void
hein_directory_add (HeinBus *self, HeinPeer *peer)
{
  if (!g_hash_table_contains (self->names, peer->name))
    g_hash_table_insert (self->names, peer->name, peer);
  if (peer->instance != NULL)
    /* the key has to be that of the value: it is freed with the peer */
    g_hash_table_replace (self->instances, peer->instance, peer);
}

void
hein_directory_remove (HeinBus *self, HeinPeer *peer)
{
  gint64 now_us = g_get_monotonic_time ();

  if (peer->instance != NULL &&
      g_hash_table_lookup (self->instances, peer->instance) == peer)
    g_hash_table_remove (self->instances, peer->instance);

  if (g_hash_table_lookup (self->names, peer->name) == peer)
    {
      HeinPeer *other;

      g_hash_table_remove (self->names, peer->name);
      other = hein_peers_lookup (self->targets, peer->name);
      if (other != NULL)
        g_hash_table_insert (self->names, other->name, other);
    }
  if (g_hash_table_size (self->seen) >= HEIN_TOPICS_MAX)
    g_hash_table_foreach_remove (self->seen, is_forgotten, &now_us);
  if (g_hash_table_size (self->seen) >= HEIN_TOPICS_MAX)
    g_hash_table_remove_all (self->seen);
  note_seen (self, peer->name);
}

HeinPeer *
hein_directory_find (HeinBus *self, const char *name)
{
  return g_hash_table_lookup (self->names, name);
}

gboolean
hein_directory_was_seen (HeinBus *self, const char *name)
{
  gint64 *when = g_hash_table_lookup (self->seen, name);

  return when != NULL && *when + HEIN_NAME_MEMORY_US >= g_get_monotonic_time ();
}

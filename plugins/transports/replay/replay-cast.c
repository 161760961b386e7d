/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "replay-cast.h"

#include <string.h>

/* The peers of a recording. */

/* A recording may name any number of senders; those beyond are the peer that
 * sends for all others. */
#define SENDERS_MAX 1024
/* So many recordings of the same name may be played at a time. */
#define NAMES_MAX 100

struct _ReplayCast
{
  HeinTransport *transport; /* borrowed */
  char *name;
  gboolean is_over;
  GHashTable *peers; /* owned sender -> owned HeinPeer; NULL: it has none of its
                         own, since it cannot have that name here */
  HeinPeer *others;  /* owned, nullable */
  const char *last;  /* borrowed from peers, nullable */
  HeinPeer *last_peer; /* borrowed: the peer of that sender */
};

static void
unref_peer (gpointer peer)
{
  if (peer != NULL)
    g_object_unref (peer);
}

static void
cast_clear (gpointer data)
{
  ReplayCast *self = data;

  g_clear_object (&self->others);
  g_hash_table_unref (self->peers);
  g_free (self->name);
}

static void
cast_unref (gpointer self)
{
  g_rc_box_release_full (self, cast_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReplayCast, cast_unref)

ReplayCast *
replay_cast_new (HeinTransport *transport, const char *name)
{
  ReplayCast *self = g_rc_box_new0 (ReplayCast);

  self->transport = transport;
  self->name = g_strdup (name);
  self->peers =
    g_hash_table_new_full (hein_hash_text, g_str_equal, g_free, unref_peer);
  return self;
}

/* In the order of their names, and so the same in every run. */
void
replay_cast_free (ReplayCast *self, const GError *reason)
{
  g_autoptr (GList) names =
    g_list_sort (g_hash_table_get_keys (self->peers), (GCompareFunc) strcmp);

  self->is_over = TRUE;
  for (const GList *name = names; name != NULL; name = name->next)
    {
      HeinPeer *peer = g_hash_table_lookup (self->peers, name->data);

      if (peer != NULL)
        hein_transport_remove_peer (self->transport, peer, reason);
    }
  if (self->others != NULL)
    hein_transport_remove_peer (self->transport, self->others, reason);
  cast_unref (self);
}

/* The bus may end all of it while it takes a peer in. */
static HeinPeer *
add_peer (ReplayCast *self, const char *name, GError **error)
{
  HeinPeer *peer =
    hein_transport_add_peer (self->transport, name, NULL, NULL, error);

  if (peer == NULL || !self->is_over)
    return peer;
  hein_transport_remove_peer (self->transport, peer, NULL);
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_CLOSED,
                       "the endpoint is closed");
  return NULL;
}

/* Under another name where its own is taken: two recordings may be called
 * alike. */
static HeinPeer *
find_others (ReplayCast *self, GError **error)
{
  g_autoptr (GError) refusal = NULL;

  for (guint i = 1; self->others == NULL && !self->is_over && i <= NAMES_MAX;
       i++)
    {
      g_autofree char *name = i == 1 ? g_strdup (self->name)
                                     : g_strdup_printf ("%s-%u", self->name, i);
      HeinPeer *peer;

      g_clear_error (&refusal);
      peer = add_peer (self, name, &refusal);
      g_set_object (&self->others, peer);
    }
  if (self->others == NULL && refusal != NULL)
    g_propagate_error (error, g_steal_pointer (&refusal));
  return self->others;
}

/* Returns the peer of a sender that is new; NULL: it has none of its own. */
static HeinPeer *
add_sender (ReplayCast *self, const char *sender)
{
  g_autoptr (GError) error = NULL;
  HeinPeer *peer = NULL;

  if (g_hash_table_size (self->peers) >= SENDERS_MAX)
    return NULL;
  peer = add_peer (self, sender, &error);
  if (self->is_over)
    return NULL;
  if (peer == NULL)
    {
      g_prefix_error (&error, "what it sent comes from \"%s\": ", self->name);
      hein_transport_warn (self->transport, error);
    }
  g_hash_table_insert (self->peers, g_strdup (sender),
                       peer != NULL ? g_object_ref (peer) : NULL);
  return peer;
}

static HeinPeer *
find_sender (ReplayCast *self, const char *sender)
{
  gpointer key;
  gpointer peer;

  if (sender[0] == '\0' || !hein_name_is_valid (sender, strlen (sender)))
    return NULL;
  if (!g_hash_table_lookup_extended (self->peers, sender, &key, &peer))
    return add_sender (self, sender);
  if (peer == NULL)
    return NULL;
  self->last = key;
  self->last_peer = peer;
  return peer;
}

HeinPeer *
replay_cast_find (ReplayCast *self, const char *sender, GError **error)
{
  g_autoptr (ReplayCast) held = g_rc_box_acquire (self);
  HeinPeer *peer;

  /* messages of one sender often come one after the other */
  if (self->last != NULL && strcmp (self->last, sender) == 0)
    return self->last_peer;
  peer = find_sender (held, sender);
  return peer != NULL ? peer : find_others (held, error);
}

void
replay_cast_remove (ReplayCast *self, HeinPeer *peer)
{
  g_autoptr (HeinPeer) held = g_object_ref (peer);
  GHashTableIter iter;
  gpointer found;

  self->last = NULL;
  if (self->others == peer)
    g_clear_object (&self->others);
  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, NULL, &found))
    if (found == held)
      g_hash_table_iter_remove (&iter);
  hein_transport_remove_peer (self->transport, held, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-bus-private.h"
#include "hein-endpoint-private.h"
#include "hein-notify-private.h"
#include "hein-stream-transport-private.h"
#include "hein-transport-private.h"

/*
 * Who is there. Peers become targets of sends at once, while the application
 * is told in order, between the messages that came before and after.
 */

static void
tell_joined (HeinBus *self)
{
  GList *next;

  for (GList *l = self->watches.head; l != NULL; l = next)
    {
      HeinPeerWatch *watch = l->data;

      next = l->next;
      if (watch->joined != NULL)
        watch->joined (watch);
    }
}

void
hein_roster_settle (HeinBus *self, HeinPeer *peer, gboolean is_alive)
{
  GList *next;

  for (GList *l = self->watches.head; l != NULL; l = next)
    {
      HeinPeerWatch *watch = l->data;

      next = l->next;
      if (watch->settled != NULL)
        watch->settled (watch, peer, is_alive);
    }
}

static void
count_target (HeinBus *self, HeinPeer *peer, int step)
{
  if (!hein_peer_wants_all (peer))
    self->n_filtered += step;
  if (peer->is_full)
    self->n_full += step;
}

static void
send_retained (HeinBus *self, HeinPeer *peer)
{
  g_autoptr (GPtrArray) messages = NULL;

  if (!hein_transport_get_retain (peer->transport) || self->sent_topics == NULL)
    return;
  messages = hein_topics_get (self->sent_topics, NULL);
  for (guint i = 0; i < messages->len; i++)
    {
      HeinMessage *message = g_ptr_array_index (messages, i);

      if (!hein_peer_wants (peer, message))
        continue;
      if (peer->link != NULL)
        hein_link_send_retained (peer->link, message);
      else
        hein_send_retained (self, peer, message);
    }
}

static void
update_target (HeinBus *self, HeinPeer *peer)
{
  gboolean is_target = peer->is_up && peer->accepts;

  if (is_target == peer->is_target)
    return;
  hein_run_settle (self);
  self->targets_changed = TRUE;
  if (is_target)
    {
      /* what it missed goes first, before anything is sent to it live */
      send_retained (self, peer);
      if (!peer->is_up || !peer->accepts)
        return; /* its transport has given it up meanwhile */
      peer->is_target = TRUE;
      hein_peers_add (self->targets, peer);
      count_target (self, peer, 1);
      tell_joined (self);
    }
  else
    {
      count_target (self, peer, -1);
      peer->is_target = FALSE;
      hein_peers_remove (self->targets, peer);
    }
}

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
hein_roster_add (HeinBus *self, HeinPeer *peer)
{
  peer->is_up = TRUE;
  if (!g_hash_table_contains (self->names, peer->name))
    g_hash_table_insert (self->names, peer->name, peer);
  if (peer->instance != NULL)
    /* the key has to be that of the value: it is freed with the peer */
    g_hash_table_replace (self->instances, peer->instance, peer);
  /* other threads may ask for it, and must not ask the connection */
  if (peer->address == NULL && peer->link != NULL)
    g_set_object (&peer->address, hein_link_get_address (peer->link));
  hein_turn_push_event (self, HEIN_EVENT_PEER_ADDED, g_object_ref (peer), NULL);
  update_target (self, peer);
  hein_roster_check_ready (self);
}

/* Strategies forget it; they are called while it still is what it was. */
static void
tell_strategy (HeinBus *self, HeinPeer *peer)
{
  HeinStrategyClass *class;

  if (self->strategy == NULL)
    return;
  class = HEIN_STRATEGY_GET_CLASS (self->strategy);
  if (class->lost != NULL)
    {
      self->n_inside++;
      class->lost (self->strategy, peer);
      self->n_inside--;
    }
}

static void
forget_name (HeinBus *self, HeinPeer *peer)
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

void
hein_roster_remove (HeinBus *self, HeinPeer *peer, const GError *error)
{
  g_return_if_fail (peer->is_up);

  peer->is_up = FALSE;
  update_target (self, peer);
  forget_name (self, peer);
  tell_strategy (self, peer);
  if (self->received_topics != NULL)
    hein_topics_forget (self->received_topics, peer);
  hein_roster_settle (self, peer, FALSE);
  hein_turn_end_pause (self, peer);
  /* a connection tells its transport by itself */
  if (peer->link == NULL && peer->instance != NULL && !self->is_closing)
    hein_stream_transport_wake_duplicates (self);
  hein_notify_peer (peer, HEIN_CHANGE_IS_UP | HEIN_CHANGE_ACCEPTS_MESSAGES |
                            HEIN_CHANGE_HAS_ROOM);
  hein_peer_detach (peer);
  hein_turn_push_event (self, HEIN_EVENT_PEER_REMOVED, g_object_ref (peer),
                        error != NULL ? g_error_copy (error) : NULL);
}

void
hein_roster_set_accepts (HeinBus *self, HeinPeer *peer, gboolean accepts)
{
  if (peer->accepts == accepts)
    return;
  peer->accepts = accepts;
  hein_notify_peer (peer, HEIN_CHANGE_ACCEPTS_MESSAGES);
  update_target (self, peer);
  hein_roster_check_ready (self);
}

void
hein_roster_begin_filter (HeinBus *self, HeinPeer *peer)
{
  hein_run_settle (self);
  if (peer->is_target)
    count_target (self, peer, -1);
}

void
hein_roster_end_filter (HeinBus *self, HeinPeer *peer)
{
  if (peer->is_target)
    count_target (self, peer, 1);
}

void
hein_roster_set_full (HeinBus *self, HeinPeer *peer, gboolean is_full)
{
  if (peer->is_full == is_full)
    return;
  peer->is_full = is_full;
  hein_notify_peer (peer, HEIN_CHANGE_HAS_ROOM);
  if (peer->is_target)
    self->n_full += is_full ? 1 : -1;
  if (!is_full)
    self->room_changed = TRUE;
}

/* A peer that has a filter but takes nothing yet has still to subscribe. */
static gboolean
is_settled (HeinPeer *peer)
{
  return peer->is_up && (peer->accepts || peer->match == HEIN_MATCH_ALL);
}

/* Looks first at the one that was not the last time: with thousands of them that
 * open one after the other, looking at all each time would take long. */
static gboolean
are_all_open (HeinBus *self)
{
  GListModel *endpoints = G_LIST_MODEL (self->endpoints);
  const guint n = g_list_model_get_n_items (endpoints);

  for (guint i = 0; i < n; i++)
    {
      const guint place = (self->ready_hint + i) % n;
      g_autoptr (HeinEndpoint) endpoint =
        g_list_model_get_item (endpoints, place);

      if (endpoint->state == HEIN_ENDPOINT_OPEN ||
          endpoint->state == HEIN_ENDPOINT_DUPLICATE)
        continue;
      self->ready_hint = place;
      return FALSE;
    }
  return TRUE;
}

void
hein_roster_check_ready (HeinBus *self)
{
  GHashTableIter iter;
  gpointer peer;
  gboolean has_peer = self->media->len > 0;

  if (self->was_ready || !are_all_open (self))
    return;
  g_hash_table_iter_init (&iter, self->names);
  while (!has_peer && g_hash_table_iter_next (&iter, NULL, &peer))
    has_peer = is_settled (peer);
  if (!has_peer)
    return;
  self->was_ready = TRUE;
  hein_turn_push_event (self, HEIN_EVENT_READY, NULL, NULL);
}

/* One that is being opened is given messages as well: it has room for them, or
 * says that it has none yet. */
static gboolean
is_medium (HeinEndpoint *endpoint)
{
  return (endpoint->state == HEIN_ENDPOINT_OPENING ||
          endpoint->state == HEIN_ENDPOINT_OPEN) &&
         hein_transport_reaches_all (endpoint->transport);
}

/* An array that somebody walks over is not changed, but replaced. */
static void
clear_media (HeinBus *self)
{
  if (G_LIKELY (self->n_media_walks == 0))
    {
      g_ptr_array_set_size (self->media, 0);
      return;
    }
  if (self->old_media == NULL)
    self->old_media =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  g_ptr_array_add (self->old_media, self->media);
  self->media = g_ptr_array_new_with_free_func (g_object_unref);
}

void
hein_roster_review_media (HeinBus *self)
{
  GListModel *endpoints = G_LIST_MODEL (self->endpoints);

  clear_media (self);
  for (guint i = 0; i < g_list_model_get_n_items (endpoints); i++)
    {
      g_autoptr (HeinEndpoint) endpoint = g_list_model_get_item (endpoints, i);

      if (is_medium (endpoint))
        g_ptr_array_add (self->media, g_object_ref (endpoint->transport));
    }
}

HeinPeer *
hein_roster_find (HeinBus *self, const char *name)
{
  return g_hash_table_lookup (self->names, name);
}

gboolean
hein_roster_was_seen (HeinBus *self, const char *name)
{
  gint64 *when = g_hash_table_lookup (self->seen, name);

  return when != NULL && *when + HEIN_NAME_MEMORY_US >= g_get_monotonic_time ();
}

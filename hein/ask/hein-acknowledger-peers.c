/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-acknowledger-peers.h"

#include "hein-server.h"
#include "link/hein-peer-state.h"

/* Remembers what was delivered by peers that were cut off, for resume-ms, and
 * for no more of them than there is room for. */

#define CUT_MAX 4096

/* ---- the acknowledger, which messages keep ---- */

HeinAcknowledger *
hein_acknowledger_ref (HeinAcknowledger *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
hein_acknowledger_unref (HeinAcknowledger *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_clear_pointer (&self->ids, hein_handled_ids_free);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* ---- one peer ---- */

HeinAcknowledged *
hein_acknowledged_ref (HeinAcknowledged *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
hein_acknowledged_unref (HeinAcknowledged *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  hein_delivered_clear (&self->delivered);
  hein_resumption_clear (&self->who);
  hein_acknowledger_unref (self->owner);
  g_free (self);
}

static void
set_cost (HeinAcknowledged *self, gsize cost)
{
  HeinCore *core = self->owner->core;

  if (self->cost == cost)
    return;
  if (core != NULL)
    g_atomic_pointer_add (&core->asks_cost, (gssize) (cost - self->cost));
  self->cost = cost;
}

void
hein_acknowledged_count (HeinAcknowledged *self)
{
  if (!self->is_over)
    set_cost (self, HEIN_RESUMPTION_COST +
                      hein_delivered_get_size (&self->delivered));
}

/* Nothing is said to its peer any more, on whatever connection. */
static void
drop (gpointer data)
{
  HeinAcknowledged *self = data;
  HeinAcknowledger *owner = self->owner;
  HeinPeer *peer;

  if (self->resumes)
    hein_forgotten_add (&owner->forgotten, self->who.instance,
                        hein_loop_get_now_us (owner->core->host.loop));
  g_mutex_lock (&owner->lock);
  peer = g_steal_pointer (&self->peer);
  set_cost (self, 0);
  self->is_over = TRUE;
  g_mutex_unlock (&owner->lock);
  g_clear_object (&peer);
  hein_acknowledged_unref (self);
}

static void
set_peer (HeinAcknowledged *self, HeinPeer *peer)
{
  HeinAcknowledger *owner = self->owner;
  HeinPeer *old;

  g_mutex_lock (&owner->lock);
  old = self->peer;
  self->peer = peer != NULL ? g_object_ref (peer) : NULL;
  if (self->delivered.max_failures < owner->core->host.settings.credit)
    self->delivered.max_failures = owner->core->host.settings.credit;
  g_mutex_unlock (&owner->lock);
  g_clear_object (&old);
}

static HeinAcknowledged *
make (HeinAcknowledger *owner, HeinPeer *peer)
{
  HeinAcknowledged *self = g_new0 (HeinAcknowledged, 1);

  g_atomic_ref_count_init (&self->refs);
  self->owner = hein_acknowledger_ref (owner);
  self->in_row.data = self;
  self->resumes = hein_resumption_is_possible (peer);
  if (!self->resumes)
    return self;
  hein_resumption_init (&self->who, peer);
  hein_delivered_init (&self->delivered, 0);
  set_peer (self, peer);
  return self;
}

/* ---- those that are there ---- */

/* One peer is asked for several times in a row. */
HeinAcknowledged *
hein_acknowledger_peers_find (HeinAcknowledger *self, HeinPeer *peer)
{
  if (G_UNLIKELY (self->found == NULL || self->found_peer != peer))
    {
      self->found = g_hash_table_lookup (self->peers, peer);
      self->found_peer = peer;
    }
  return self->found;
}

HeinAcknowledged *
hein_acknowledger_peers_get (HeinAcknowledger *self, HeinPeer *peer)
{
  HeinAcknowledged *from = hein_acknowledger_peers_find (self, peer);

  if (G_LIKELY (from != NULL))
    return from;
  from = make (self, peer);
  g_hash_table_insert (self->peers, peer, from);
  return from;
}

static HeinAcknowledged *
steal (HeinAcknowledger *self, HeinPeer *peer)
{
  gpointer from = NULL;

  self->found = NULL;
  g_hash_table_steal_extended (self->peers, peer, NULL, &from);
  return from;
}

/* ---- those that are cut off ---- */

static void
forget (HeinAcknowledged *from)
{
  HeinAcknowledger *self = from->owner;

  hein_loop_disarm (self->core->host.loop, &from->window);
  g_queue_unlink (&self->cut_row, &from->in_row);
  g_hash_table_steal (self->cut, from->who.key);
}

static void
on_window_over (HeinTimer *timer, gint64 now_us)
{
  HeinAcknowledged *from = HEIN_CONTAINER (timer, HeinAcknowledged, window);

  forget (from);
  drop (from);
}

static gboolean
is_too_much (HeinAcknowledger *self)
{
  HeinCore *core = self->core;

  return self->cut_row.length > CUT_MAX ||
         (gsize) g_atomic_pointer_get (&core->asks_cost) >
           core->host.settings.memory_limit / HEIN_SERVER_SHARE;
}

/* Takes ownership of @from. */
static void
remember (HeinAcknowledger *self, HeinAcknowledged *from)
{
  HeinLoop *loop = self->core->host.loop;
  HeinAcknowledged *old = g_hash_table_lookup (self->cut, from->who.key);

  if (old != NULL)
    on_window_over (&old->window, 0);
  set_peer (from, NULL);
  g_hash_table_insert (self->cut, from->who.key, from);
  g_queue_push_tail_link (&self->cut_row, &from->in_row);
  from->window.expired = on_window_over;
  hein_loop_arm (loop, &from->window,
                 hein_loop_get_now_us (loop) +
                   (gint64) self->core->host.settings.resume_ms * 1000);
  while (self->cut_row.length > 0 && is_too_much (self))
    {
      HeinAcknowledged *first = g_queue_peek_head (&self->cut_row);

      on_window_over (&first->window, 0);
    }
}

static void
on_settled (HeinPeerWatch *watch, HeinPeer *peer, gboolean is_alive)
{
  HeinAcknowledger *self = HEIN_CONTAINER (watch, HeinAcknowledger, watch);
  HeinAcknowledged *from = is_alive ? NULL : steal (self, peer);

  if (from == NULL)
    return;
  if (from->resumes && hein_resumption_is_cut (self->core, peer))
    remember (self, from);
  else
    drop (from);
}

static HeinAcknowledged *
find_cut (HeinAcknowledger *self, HeinPeer *peer)
{
  g_autofree char *key = hein_resumption_dup_key (peer);
  HeinAcknowledged *from = g_hash_table_lookup (self->cut, key);

  return from != NULL && hein_resumption_compare (&from->who, peer) !=
                           HEIN_RESUMPTION_RESTARTED
           ? from
           : NULL;
}

HeinAcknowledged *
hein_acknowledger_peers_resume (HeinAcknowledger *self, HeinPeer *peer)
{
  HeinAcknowledged *from = find_cut (self, peer);

  if (from == NULL)
    return hein_forgotten_may_contain (&self->forgotten, peer->instance,
                                       hein_loop_get_now_us (
                                         self->core->host.loop))
             ? NULL
             : hein_acknowledger_peers_get (self, peer);
  if (hein_resumption_compare (&from->who, peer) != HEIN_RESUMPTION_SAME)
    return NULL;
  forget (from);
  set_peer (from, peer);
  self->found = NULL;
  g_hash_table_insert (self->peers, peer, from);
  return from;
}

/* ---- the bus ---- */

void
hein_acknowledger_peers_init (HeinAcknowledger *self)
{
  self->peers = g_hash_table_new_full (NULL, NULL, NULL, drop);
  self->cut = g_hash_table_new (g_str_hash, g_str_equal);
  self->watch.settled = on_settled;
  self->watch.in_bus.data = &self->watch;
  g_queue_push_tail_link (&self->core->roster.watches, &self->watch.in_bus);
}

void
hein_acknowledger_peers_clear (HeinAcknowledger *self)
{
  HeinAcknowledged *from;

  g_queue_unlink (&self->core->roster.watches, &self->watch.in_bus);
  while ((from = g_queue_peek_head (&self->cut_row)) != NULL)
    on_window_over (&from->window, 0);
  self->found = NULL;
  g_clear_pointer (&self->peers, g_hash_table_unref);
  g_clear_pointer (&self->cut, g_hash_table_unref);
  hein_forgotten_clear (&self->forgotten);
}

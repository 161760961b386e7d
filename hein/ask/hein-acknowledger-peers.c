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
  hein_resumption_clear (&self->cut.who);
  hein_acknowledger_unref (self->owner);
  g_free (self);
}

void
hein_acknowledged_set_cost (HeinAcknowledged *self, gsize cost)
{
  HeinCore *core = self->owner->core;

  if (core != NULL)
    g_atomic_pointer_add (&core->asks_cost, (gssize) (cost - self->cost));
  self->cost = cost;
}

/* Nothing is said to its peer any more, on whatever connection. */
static void
drop (gpointer data)
{
  HeinAcknowledged *self = data;
  HeinAcknowledger *owner = self->owner;
  HeinPeer *peer;

  if (self->resumes)
    hein_forgotten_add (&owner->forgotten, self->cut.who.instance,
                        hein_loop_get_now_us (owner->core->host.loop));
  g_mutex_lock (&owner->lock);
  peer = g_steal_pointer (&self->peer);
  hein_acknowledged_set_cost (self, 0);
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

/* Who comes again without a question counts on. Lower numbers come by an old
 * connection that the peer has given up, so that it may send them again. */
static guint64
find_closed_to (HeinAcknowledger *owner, HeinPeer *peer)
{
  HeinCut *cut = hein_cuts_find (&owner->cuts, peer);
  const HeinAcknowledged *before;

  if (cut == NULL ||
      hein_resumption_compare (&cut->who, peer) != HEIN_RESUMPTION_SAME)
    return 0;
  before = HEIN_CONTAINER (cut, HeinAcknowledged, cut);
  return MAX (before->asked_to,
              MAX (before->delivered.arrived, before->delivered.closed_to));
}

static HeinAcknowledged *
make (HeinAcknowledger *owner, HeinPeer *peer)
{
  HeinAcknowledged *self = g_new0 (HeinAcknowledged, 1);

  g_atomic_ref_count_init (&self->refs);
  self->owner = hein_acknowledger_ref (owner);
  self->resumes = hein_resumption_is_possible (peer);
  if (!self->resumes)
    return self;
  hein_resumption_init (&self->cut.who, peer);
  hein_delivered_init (&self->delivered, 0);
  hein_delivered_close (&self->delivered, find_closed_to (owner, peer));
  set_peer (self, peer);
  return self;
}

/* ---- those that are there ---- */

HeinAcknowledged *
hein_acknowledger_peers_look_up (HeinAcknowledger *self, HeinPeer *peer)
{
  self->found = g_hash_table_lookup (self->peers, peer);
  self->found_peer = peer;
  return self->found;
}

HeinAcknowledged *
hein_acknowledger_peers_make (HeinAcknowledger *self, HeinPeer *peer)
{
  HeinAcknowledged *from = make (self, peer);

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
on_over (HeinCut *cut)
{
  drop (HEIN_CONTAINER (cut, HeinAcknowledged, cut));
}

static gboolean
is_too_much (HeinAcknowledger *self)
{
  HeinCore *core = self->core;

  return self->cuts.row.length > CUT_MAX ||
         (gsize) g_atomic_pointer_get (&core->asks_cost) >
           core->host.settings.memory_limit / HEIN_SERVER_SHARE;
}

/* Takes ownership of @from. */
static void
remember (HeinAcknowledger *self, HeinAcknowledged *from)
{
  set_peer (from, NULL);
  hein_cuts_add (&self->cuts, &from->cut);
  while (self->cuts.row.length > 0 && is_too_much (self))
    hein_cuts_end_first (&self->cuts);
}

/* Also after what looks like an end in order: who ends a connection for a
 * reason of its own, such as its memory, may call that a cut, and come again
 * with what it has no receipt of. */
static gboolean
may_come_again (HeinAcknowledger *self, HeinPeer *peer)
{
  return hein_resumption_is_possible (peer) && !self->core->host.is_closing;
}

static void
on_settled (HeinPeerWatch *watch, HeinPeer *peer, gboolean is_alive)
{
  HeinAcknowledger *self = HEIN_CONTAINER (watch, HeinAcknowledger, watch);
  HeinAcknowledged *from = is_alive ? NULL : steal (self, peer);

  if (from == NULL)
    return;
  if (from->resumes && may_come_again (self, peer))
    remember (self, from);
  else
    drop (from);
}

/* One that was started again has delivered nothing yet. */
static HeinAcknowledged *
find_cut (HeinAcknowledger *self, HeinPeer *peer)
{
  HeinCut *cut = hein_cuts_find (&self->cuts, peer);

  return cut != NULL && hein_resumption_compare (&cut->who, peer) !=
                          HEIN_RESUMPTION_RESTARTED
           ? HEIN_CONTAINER (cut, HeinAcknowledged, cut)
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
  if (hein_resumption_compare (&from->cut.who, peer) != HEIN_RESUMPTION_SAME)
    return NULL;
  hein_cuts_remove (&from->cut);
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
  hein_cuts_init (&self->cuts, self->core, on_over);
  self->watch.settled = on_settled;
  self->watch.in_bus.data = &self->watch;
  g_queue_push_tail_link (&self->core->roster.watches, &self->watch.in_bus);
}

void
hein_acknowledger_peers_clear (HeinAcknowledger *self)
{
  g_queue_unlink (&self->core->roster.watches, &self->watch.in_bus);
  hein_cuts_clear (&self->cuts);
  self->found = NULL;
  g_clear_pointer (&self->peers, g_hash_table_unref);
  hein_forgotten_clear (&self->forgotten);
}

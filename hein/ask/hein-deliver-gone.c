/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-deliver-gone.h"

#include "hein-deliver-end.h"
#include "hein-deliver-send.h"
#include "link/hein-peer-state.h"

/*
 * What was for a peer that goes. What was not sent goes to another one, if that
 * would do as well; what was sent may have been handled. After a cut the peer
 * can tell when it comes again, so that is waited for.
 */

#define WENT "went before it said what became of the message"

static GError *
make_unsent_error (HeinDeliverPeer *to)
{
  return g_error_new (HEIN_ERROR, HEIN_ERROR_CLOSED,
                      "%s went before the message was sent", to->peer->name);
}

static GError *
make_doubt (HeinDeliverPeer *to, const char *why)
{
  return g_error_new (HEIN_ERROR, HEIN_ERROR_CLOSED, "%s %s", to->peer->name,
                      why);
}

static void
fail_waiting (HeinDeliverPeer *to)
{
  GList *link;

  while ((link = g_queue_peek_head_link (&to->waiting)) != NULL)
    hein_leg_move_or_fail (link->data, make_unsent_error (to));
}

void
hein_deliver_peer_doubt (HeinDeliverPeer *to, const char *why)
{
  GList *link;

  while ((link = g_queue_peek_head_link (&to->sent)) != NULL)
    {
      HeinLeg *leg = link->data;

      if (leg->state == HEIN_LEG_HELD)
        hein_leg_move_or_fail (leg, make_unsent_error (to));
      else
        hein_leg_end (leg, HEIN_OUTCOME_UNKNOWN, make_doubt (to, why));
    }
}

void
hein_deliver_peer_end (HeinDeliverPeer *to)
{
  hein_deliver_peer_doubt (to, WENT);
  fail_waiting (to);
  hein_deliver_peer_free (to);
}

/* ---- being cut off ---- */

void
hein_deliver_peer_forget_cut (HeinDeliverPeer *to)
{
  HeinDeliverer *self = to->deliverer;

  hein_loop_disarm (self->core->host.loop, &to->window);
  g_hash_table_steal (self->peers.cut, to->who.key);
  hein_resumption_clear (&to->who);
  g_atomic_pointer_add (&self->core->asks_cost, -HEIN_RESUMPTION_COST);
}

static void
on_window_over (HeinTimer *timer, gint64 now_us)
{
  HeinDeliverPeer *to = HEIN_CONTAINER (timer, HeinDeliverPeer, window);

  hein_deliver_peer_forget_cut (to);
  hein_deliver_peer_end (to);
}

/* Those in @row that were not sent, and may go to another peer, do so. */
static void
move_unsent (HeinDeliverPeer *to, GQueue *row)
{
  GList *link = row->head;

  while (link != NULL)
    {
      HeinLeg *leg = link->data;

      link = link->next;
      if (leg->state != HEIN_LEG_SENT && leg->delivery->may_move)
        hein_leg_move_or_fail (leg, make_unsent_error (to));
    }
}

/* Those of the spool do not wait: what is newer must not overtake them, by a
 * peer that comes in place of this one. */
static void
end_posted (HeinDeliverPeer *to, GQueue *row)
{
  GList *link = row->head;

  while (link != NULL)
    {
      HeinLeg *leg = link->data;

      link = link->next;
      if (leg->delivery->is_posted && leg->state == HEIN_LEG_SENT)
        hein_leg_end (leg, HEIN_OUTCOME_UNKNOWN, make_doubt (to, WENT));
      else if (leg->delivery->is_posted)
        hein_leg_move_or_fail (leg, make_unsent_error (to));
    }
}

/* What waited for room in the connection waits for the next one. */
static void
take_back_held (HeinDeliverPeer *to)
{
  GList *link = to->sent.tail;

  while (link != NULL)
    {
      HeinLeg *leg = link->data;

      link = link->prev;
      if (leg->state == HEIN_LEG_HELD)
        hein_leg_take_back (leg);
    }
}

static void
keep (HeinDeliverer *self, HeinDeliverPeer *to, HeinPeer *peer)
{
  HeinLoop *loop = self->core->host.loop;
  HeinDeliverPeer *old;

  if (self->peers.cut == NULL)
    self->peers.cut = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                             hein_deliver_peer_free);
  to->deliverer = self;
  to->state = HEIN_DELIVER_PEER_CUT;
  hein_resumption_init (&to->who, peer);
  old = g_hash_table_lookup (self->peers.cut, to->who.key);
  if (old != NULL)
    on_window_over (&old->window, 0);
  g_hash_table_insert (self->peers.cut, to->who.key, to);
  g_atomic_pointer_add (&self->core->asks_cost, HEIN_RESUMPTION_COST);
  to->window.expired = on_window_over;
  hein_loop_arm (loop, &to->window,
                 hein_loop_get_now_us (loop) +
                   (gint64) self->core->host.settings.resume_ms * 1000);
}

void
hein_deliver_peer_go (HeinDeliverer *self, HeinPeer *peer)
{
  HeinDeliverPeer *to = hein_deliver_peers_steal (&self->peers, peer);

  if (to == NULL)
    return;
  if (!hein_resumption_is_cut (self->core, peer))
    {
      hein_deliver_peer_end (to);
      return;
    }
  end_posted (to, &to->sent);
  end_posted (to, &to->waiting);
  move_unsent (to, &to->sent);
  move_unsent (to, &to->waiting);
  take_back_held (to);
  if (to->sent.length + to->waiting.length > 0)
    keep (self, to, peer);
  else
    hein_deliver_peer_free (to);
}

void
hein_deliver_gone_clear (HeinDeliverer *self)
{
  GHashTableIter iter;
  gpointer to;

  if (self->peers.cut == NULL)
    return;
  g_hash_table_iter_init (&iter, self->peers.cut);
  while (g_hash_table_iter_next (&iter, NULL, &to))
    {
      hein_loop_disarm (self->core->host.loop,
                        &((HeinDeliverPeer *) to)->window);
      g_atomic_pointer_add (&self->core->asks_cost, -HEIN_RESUMPTION_COST);
    }
}

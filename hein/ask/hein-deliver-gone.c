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

      hein_leg_note_sent (leg);
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

/* It is waited for no more. */
static void
forget_cut (HeinDeliverPeer *to)
{
  hein_resumption_clear (&to->cut.who);
  g_atomic_pointer_add (&to->deliverer->core->asks_cost, -HEIN_RESUMPTION_COST);
}

static void
on_over (HeinCut *cut)
{
  HeinDeliverPeer *to = HEIN_CONTAINER (cut, HeinDeliverPeer, cut);

  forget_cut (to);
  hein_deliver_peer_end (to);
}

void
hein_deliver_peer_forget_cut (HeinDeliverPeer *to)
{
  hein_cuts_remove (&to->cut);
  forget_cut (to);
}

/* Those of the spool do not wait: what is newer must not overtake them, by a
 * peer that comes in place of this one. Of the others, those that were not sent
 * go to another peer if they may. */
static void
end_some (HeinDeliverPeer *to, GQueue *row)
{
  GList *link = row->head;

  while (link != NULL)
    {
      HeinLeg *leg = link->data;
      const HeinDelivery *delivery = leg->delivery;

      link = link->next;
      hein_leg_note_sent (leg);
      if (leg->state != HEIN_LEG_SENT &&
          (delivery->is_posted || delivery->may_move))
        hein_leg_move_or_fail (leg, make_unsent_error (to));
      else if (delivery->is_posted)
        hein_leg_end (leg, HEIN_OUTCOME_UNKNOWN, make_doubt (to, WENT));
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
      hein_leg_note_sent (leg);
      if (leg->state == HEIN_LEG_HELD)
        hein_leg_take_back (leg);
    }
}

static void
keep (HeinDeliverer *self, HeinDeliverPeer *to, HeinPeer *peer)
{
  to->deliverer = self;
  to->state = HEIN_DELIVER_PEER_CUT;
  hein_resumption_init (&to->cut.who, peer);
  g_atomic_pointer_add (&self->core->asks_cost, HEIN_RESUMPTION_COST);
  hein_cuts_add (&self->peers.cuts, &to->cut);
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
  end_some (to, &to->sent);
  end_some (to, &to->waiting);
  take_back_held (to);
  if (to->sent.length + to->waiting.length > 0)
    keep (self, to, peer);
  else
    hein_deliver_peer_free (to);
}

void
hein_deliver_gone_init (HeinDeliverer *self)
{
  hein_cuts_init (&self->peers.cuts, self->core, on_over);
}

void
hein_deliver_gone_clear (HeinDeliverer *self)
{
  hein_cuts_clear (&self->peers.cuts);
}

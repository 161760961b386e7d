/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-deliver-resume.h"

#include "core/hein-news.h"
#include "hein-ask-send.h"
#include "hein-deliver-end.h"
#include "hein-deliver-gone.h"
#include "hein-deliver-send.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"
#include "message/hein-message-receive.h"

/*
 * Goes on delivering to a peer that was cut off and has come again:
 *
 *   this bus                        the peer
 *   RESUME first, how many ───────▶
 *                          ◀─────── RECEIPT and FAILURE, of what is over there
 *                          ◀─────── RESUMED the greatest number that has come
 *   DELIVERY ─────────────────────▶ what had not come, then what is new
 *
 * What has come and is open is told later, by the number that it has.
 */

static void
go_on (HeinDeliverer *self, HeinDeliverPeer *to)
{
  to->state = HEIN_DELIVER_PEER_UP;
  g_queue_push_tail (&self->freed, g_object_ref (to->peer));
  hein_deliverer_want_job (self);
}

static void
come_again (HeinDeliverer *self, HeinDeliverPeer *to, HeinPeer *peer)
{
  hein_deliver_peer_forget_cut (to);
  g_object_unref (to->peer);
  to->peer = g_object_ref (peer);
  hein_deliver_peers_insert (&self->peers, to);
  to->state = HEIN_DELIVER_PEER_ASKING;
  g_queue_push_tail (&self->resumed, g_object_ref (peer));
  hein_deliverer_want_job (self);
}

void
hein_deliver_resume_begin (HeinDeliverer *self, HeinPeer *peer)
{
  HeinCut *cut = hein_cuts_find (&self->peers.cuts, peer);
  HeinDeliverPeer *to;

  if (cut == NULL)
    return;
  to = HEIN_CONTAINER (cut, HeinDeliverPeer, cut);
  switch (hein_resumption_compare (&cut->who, peer))
    {
    case HEIN_RESUMPTION_SAME:
      if (hein_resumption_is_possible (peer))
        come_again (self, to, peer);
      break;
    case HEIN_RESUMPTION_RESTARTED:
      hein_deliver_peer_forget_cut (to);
      hein_deliver_peer_end (to);
      break;
    case HEIN_RESUMPTION_STRANGER:
      g_info ("%s has not proved what the one has that messages wait for",
              peer->name);
      break;
    }
}

/* Returns whether the question is on its way. The bus may end meanwhile. */
static gboolean
send_question (HeinCore *core, HeinPeer *peer, guint64 first, guint32 n)
{
  const HeinMessageAttributes ask = {
    .ask = HEIN_ASK_RESUME,
    .ask_number = n,
    .ask_id = first,
  };
  g_autoptr (HeinMessage) empty = hein_message_new (NULL, NULL);
  g_autoptr (HeinMessage) message =
    hein_message_new_ask (empty, peer, &ask, NULL);

  return hein_ask_send (core, message, NULL, NULL, NULL) != HEIN_TRIED_FAILED;
}

static void
ask (HeinDeliverer *self, HeinDeliverPeer *to)
{
  HeinCore *core = self->core;
  g_autoptr (HeinPeer) peer = g_object_ref (to->peer);
  const HeinLeg *first = g_queue_peek_head (&to->sent);
  const HeinLeg *last = g_queue_peek_tail (&to->sent);

  if (first == NULL)
    {
      go_on (self, to);
      return;
    }
  to->state = HEIN_DELIVER_PEER_ASKED;
  if (last->number - first->number < G_MAXUINT32 &&
      send_question (core, peer, first->number,
                     (guint32) (last->number - first->number + 1)))
    return;
  to = core->deliverer == self ? hein_deliver_peers_find (&self->peers, peer)
                               : NULL;
  if (to == NULL)
    return;
  hein_deliver_peer_doubt (to, "could not be asked what became of the message");
  go_on (self, to);
}

void
hein_deliver_resume_ask (HeinDeliverer *self)
{
  HeinCore *core = self->core;

  while (core->deliverer == self && self->resumed.length > 0)
    {
      g_autoptr (HeinPeer) peer = g_queue_pop_head (&self->resumed);
      HeinDeliverPeer *to = hein_deliver_peers_find (&self->peers, peer);

      if (to != NULL && to->state == HEIN_DELIVER_PEER_ASKING)
        ask (self, to);
    }
}

/* What is newer than @arrived has never come. */
static void
take_back (HeinDeliverPeer *to, guint64 arrived)
{
  GList *link;

  while ((link = g_queue_peek_tail_link (&to->sent)) != NULL &&
         ((HeinLeg *) link->data)->number > arrived)
    hein_leg_take_back (link->data);
}

void
hein_deliver_resume_take (HeinCore *core, HeinPeer *peer, HeinMessage *word)
{
  g_autoptr (HeinMessage) owned = word;
  const guint64 arrived = word->extra->attributes.ask_id;
  HeinDeliverer *self = core->deliverer;
  HeinDeliverPeer *to =
    self != NULL ? hein_deliver_peers_find (&self->peers, peer) : NULL;

  hein_news_count (peer, word);
  if (to == NULL || to->state != HEIN_DELIVER_PEER_ASKED)
    hein_resumption_reject (peer, "it answers what it was not asked about "
                                  "deliveries");
  else if (arrived > to->last)
    hein_resumption_reject (peer,
                            "it has delivery %" G_GUINT64_FORMAT
                            ", and %" G_GUINT64_FORMAT " were sent",
                            arrived, to->last);
  else
    {
      if (word->extra->attributes.ask_number != 0)
        take_back (to, arrived);
      else
        hein_deliver_peer_doubt (to, "does not know any more what became of "
                                     "the message");
      go_on (self, to);
    }
}

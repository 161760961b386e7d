/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-deliver-send.h"

#include "base/hein-row.h"
#include "core/hein-calls.h"
#include "core/hein-send-delivery.h"
#include "hein-ask-send.h"
#include "hein-deliver-end.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"
#include "message/hein-message-receive.h"

/* Sends the legs of deliveries, each in the order of its peer, as long as the
 * peer has credit. */

/* Returns 0 for no limit; a time that is over is told as a very short one. */
static guint32
get_left_ms (HeinDelivery *delivery)
{
  gint64 left_us;

  if (delivery->end_us == G_MAXINT64)
    return 0;
  left_us = delivery->end_us - hein_loop_get_now_us (delivery->core->host.loop);
  return MAX (1, left_us / 1000);
}

void
hein_leg_move_or_fail (HeinLeg *self, GError *error)
{
  HeinDeliverer *deliverer = self->delivery->core->deliverer;

  if (!self->delivery->may_move)
    {
      hein_leg_end (self, HEIN_OUTCOME_FAILED, error);
      return;
    }
  g_error_free (error);
  hein_leg_leave_row (self);
  self->state = HEIN_LEG_HOMELESS;
  self->to = NULL;
  hein_leg_queue_up (self, &deliverer->homeless);
  hein_deliverer_want_job (deliverer);
}

void
hein_leg_note_sent (HeinLeg *self)
{
  if (self->state == HEIN_LEG_HELD && self->held->is_done &&
      self->held->error == NULL)
    self->state = HEIN_LEG_SENT;
}

/* Called with the result for a leg that had to wait for room. It may have moved
 * to another peer since, and wait again: then only the last result counts. */
static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  HeinLeg *leg = data;
  g_autoptr (HeinDelivery) delivery = leg->delivery;
  GError *error = NULL;

  hein_call_finish (HEIN_CALL (result), &error);
  if (leg->state == HEIN_LEG_HELD && leg->held == HEIN_CALL (result))
    {
      leg->state = HEIN_LEG_SENT;
      if (error != NULL)
        hein_leg_end (leg, HEIN_OUTCOME_FAILED, g_steal_pointer (&error));
    }
  g_clear_error (&error);
}

static void
note_number (HeinDeliverer *self, guint64 number)
{
  self->peers.newest = MAX (self->peers.newest, number);
}

/* Sends a copy that has the number. */
static void
send_numbered (HeinLeg *leg, guint32 left_ms)
{
  g_autoptr (HeinDelivery) delivery = hein_delivery_ref (leg->delivery);
  const HeinMessageAttributes ask = {
    .ask = HEIN_ASK_DELIVERY,
    .ask_number = left_ms,
    .ask_id = leg->number,
  };
  g_autoptr (HeinMessage) message =
    hein_message_new_ask (delivery->message, leg->to->peer, &ask, NULL);
  HeinCall *waiting = NULL;
  GError *error = NULL;
  HeinTried tried;

  tried = hein_ask_send_or_wait (delivery->core, message, on_sent, leg,
                                 &waiting, &error);
  if (tried == HEIN_TRIED_WAITS)
    {
      /* on_sent is called in a turn, and releases this */
      hein_delivery_ref (delivery);
      leg->held = waiting;
      if (leg->state == HEIN_LEG_SENT)
        leg->state = HEIN_LEG_HELD;
    }
  else if (tried == HEIN_TRIED_FAILED && hein_leg_is_open (leg))
    hein_leg_end (leg, HEIN_OUTCOME_FAILED, g_steal_pointer (&error));
  g_clear_error (&error);
}

static void
send_leg (HeinLeg *leg)
{
  HeinCore *core = leg->delivery->core;
  const guint32 left_ms = get_left_ms (leg->delivery);

  leg->number = ++leg->to->last;
  note_number (core->deliverer, leg->number);
  leg->state = HEIN_LEG_SENT;
  hein_row_push_tail (&leg->to->sent, &leg->in_row);
  if (G_UNLIKELY (!hein_send_delivery (core, leg->to->peer,
                                       leg->delivery->message, leg->number,
                                       left_ms)))
    send_numbered (leg, left_ms);
}

void
hein_leg_give (HeinLeg *self, HeinPeer *peer)
{
  HeinDeliverPeers *peers = &self->delivery->core->deliverer->peers;

  self->to = hein_deliver_peers_get (peers, peer);
  if (hein_deliver_peer_is_free (self->to))
    {
      send_leg (self);
      return;
    }
  self->state = HEIN_LEG_WAITING;
  hein_leg_queue_up (self, &self->to->waiting);
}

void
hein_deliverer_send_waiting (HeinDeliverer *self, HeinPeer *peer)
{
  HeinCore *core = self->core;
  HeinDeliverPeer *to;

  /* the peer may go meanwhile, and the bus be disposed of */
  while (core->deliverer == self &&
         (to = hein_deliver_peers_find (&self->peers, peer)) != NULL &&
         to->waiting.length > 0 && hein_deliver_peer_has_credit (to))
    send_leg (hein_row_pop_head (&to->waiting)->data);
}

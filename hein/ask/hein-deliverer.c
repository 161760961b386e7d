/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-deliverer.h"

#include "core/hein-budget.h"
#include "core/hein-calls.h"
#include "core/hein-news.h"
#include "hein-ask-error.h"
#include "hein-ask-send.h"
#include "hein-deliver-end.h"
#include "hein-deliver-gone.h"
#include "hein-deliver-place.h"
#include "hein-deliver-resume.h"
#include "hein-deliver-send.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-handed.h"
#include "message/hein-message-memory.h"

/*
 * The messages that a bus has delivered, and waits for the receipts of: how one
 * begins, and what a receipt ends.
 */

/* ---- peers ---- */

static void
on_settled (HeinPeerWatch *watch, HeinPeer *peer, gboolean is_alive)
{
  HeinDeliverer *self = HEIN_CONTAINER (watch, HeinDeliverer, watch);

  if (is_alive)
    return;
  if (self->homeless.length > 0)
    hein_deliverer_want_job (self); /* none may be left */
  hein_deliver_peer_go (self, peer);
}

static void
on_joined (HeinPeerWatch *watch, HeinPeer *peer)
{
  HeinDeliverer *self = HEIN_CONTAINER (watch, HeinDeliverer, watch);

  hein_deliver_resume_begin (self, peer);
  if (self->homeless.length > 0)
    hein_deliverer_want_job (self);
}

/* ---- delivering ---- */

static HeinDeliverer *
get_deliverer (HeinCore *core)
{
  HeinDeliverer *self = core->deliverer;

  if (self != NULL)
    return self;
  self = g_new0 (HeinDeliverer, 1);
  self->core = core;
  hein_deliver_peers_init (&self->peers);
  hein_deliver_gone_init (self);
  self->job.run = hein_deliverer_run;
  self->watch.settled = on_settled;
  self->watch.joined = on_joined;
  self->watch.in_bus.data = &self->watch;
  g_queue_push_tail_link (&core->roster.watches, &self->watch.in_bus);
  core->deliverer = self;
  return self;
}

static gboolean
check_limits (HeinDeliverer *self, GError **error)
{
  if (self->n < HEIN_DELIVERER_MAX && !hein_budget_is_over (self->core))
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
               "%u deliveries wait for their receipts already", self->n);
  return FALSE;
}

/* Each of those that were chosen gets a leg; those that cannot acknowledge have
 * failed by that. */
static void
give_to_all (HeinDelivery *delivery, HeinDeliverChoice *choice)
{
  HeinCore *core = delivery->core;
  HeinDeliverer *self = core->deliverer;
  GPtrArray *able = choice->able;
  GPtrArray *unable = choice->unable;

  for (guint i = 0; i < unable->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (unable, i);

      hein_receipt_set (hein_delivery_get_receipt (delivery), able->len + i,
                        peer, HEIN_OUTCOME_FAILED,
                        hein_deliver_make_unable_error (peer));
      delivery->n_open--;
    }
  for (guint i = 0;
       i < able->len && core->deliverer == self && delivery->call != NULL; i++)
    hein_leg_give (&delivery->legs[i], g_ptr_array_index (able, i));
}

/* Takes ownership of @call. */
static void
begin (HeinDeliverer *self,
       HeinCall *call,
       HeinMessage *message,
       int timeout_ms,
       HeinChosen chosen,
       HeinDeliverChoice *choice,
       gboolean is_posted)
{
  const guint n_legs =
    chosen == HEIN_CHOSEN_PEERS ? choice->able->len + choice->unable->len : 1;
  g_autoptr (HeinDelivery) delivery = hein_delivery_ref (
    hein_delivery_new (self, call, message, timeout_ms, n_legs));
  HeinLeg *first = &delivery->legs[0];

  delivery->may_move = chosen == HEIN_CHOSEN_ONE || chosen == HEIN_CHOSEN_LATER;
  delivery->is_posted = is_posted;
  if (chosen == HEIN_CHOSEN_LATER)
    {
      first->state = HEIN_LEG_HOMELESS;
      hein_leg_queue_up (first, &self->homeless);
    }
  else if (chosen == HEIN_CHOSEN_ONE || chosen == HEIN_CHOSEN_ONLY)
    hein_leg_give (first, choice->one);
  else
    give_to_all (delivery, choice);
}

/* What waits for any peer is overtaken only by what has a higher priority. */
static gboolean
must_wait (HeinDeliverer *self, HeinMessage *message)
{
  const HeinLeg *first = g_queue_peek_head (&self->homeless);

  return first != NULL && (hein_message_is_high (first->delivery->message) ||
                           !hein_message_is_high (message));
}

static void
deliver (HeinCore *core,
         HeinCall *call,
         const HeinSending *sending,
         int timeout_ms,
         gboolean is_posted)
{
  HeinDeliverer *self = get_deliverer (core);
  HeinDeliverChoice *choice = hein_deliverer_take_choice (self);
  HeinChosen chosen = HEIN_CHOSEN_NONE;
  GError *error = NULL;

  if (hein_send_check_size (core, sending->message, &error) &&
      check_limits (self, &error))
    chosen = hein_deliver_choose (core, &self->peers, sending, choice, &error);
  if (chosen == HEIN_CHOSEN_NONE)
    hein_calls_fail (core, call, error);
  else
    {
      if (chosen == HEIN_CHOSEN_ONE && must_wait (self, sending->message))
        chosen = HEIN_CHOSEN_LATER;
      if (G_UNLIKELY (sending->message->extra != NULL))
        timeout_ms = hein_message_limit_timeout (sending->message, timeout_ms);
      begin (self, call, sending->message, timeout_ms, chosen, choice,
             is_posted);
    }
  hein_deliverer_give_choice_back (core, self, choice);
}

void
hein_deliverer_deliver (HeinCore *core,
                        HeinCall *call,
                        const HeinSending *sending,
                        int timeout_ms)
{
  deliver (core, call, sending, timeout_ms, FALSE);
}

void
hein_deliverer_deliver_posted (HeinCore *core,
                               HeinCall *call,
                               const HeinSending *sending)
{
  deliver (core, call, sending, -1, TRUE);
}

/* ---- receipts ---- */

static HeinLeg *
find_leg (HeinDeliverPeer *to, guint64 number)
{
  for (GList *link = to->sent.head; link != NULL; link = link->next)
    {
      HeinLeg *leg = link->data;

      if (leg->number >= number)
        return leg->number == number ? leg : NULL;
    }
  return NULL;
}

/* Of a run that is acknowledged, those that have ended here are left out. */
static void
acknowledge (HeinDeliverPeer *to, guint64 first, guint32 n)
{
  GList *link = to->sent.head;

  while (link != NULL && ((HeinLeg *) link->data)->number < first)
    link = link->next;
  while (link != NULL && ((HeinLeg *) link->data)->number - first < n)
    {
      HeinLeg *leg = link->data;

      link = link->next;
      hein_leg_end (leg, HEIN_OUTCOME_ACKNOWLEDGED, NULL);
    }
}

void
hein_deliverer_take (HeinCore *core, HeinPeer *peer, HeinMessage *word)
{
  g_autoptr (HeinMessage) owned = word;
  const HeinMessageAttributes *said = &word->extra->attributes;
  HeinDeliverPeer *to =
    core->deliverer != NULL
      ? hein_deliver_peers_find (&core->deliverer->peers, peer)
      : NULL;
  HeinLeg *leg;

  hein_news_count (peer, word);
  if (to != NULL && said->ask == HEIN_ASK_RECEIPT)
    acknowledge (to, said->ask_id, said->ask_number);
  else if (to != NULL && (leg = find_leg (to, said->ask_id)) != NULL)
    hein_leg_end (leg,
                  said->ask_credit > 0 ? HEIN_OUTCOME_UNKNOWN
                                       : HEIN_OUTCOME_FAILED,
                  hein_ask_make_failure (peer, word));
}

guint
hein_deliverer_count (HeinCore *core)
{
  return core->deliverer != NULL ? core->deliverer->n : 0;
}

void
hein_deliverer_close (HeinCore *core)
{
  if (core->deliverer != NULL)
    hein_deliver_gone_clear (core->deliverer);
}

void
hein_deliverer_free (HeinCore *core)
{
  HeinDeliverer *self = g_steal_pointer (&core->deliverer);

  if (self == NULL)
    return;
  g_queue_unlink (&core->roster.watches, &self->watch.in_bus);
  hein_loop_cancel (core->host.loop, &self->job);
  g_queue_clear_full (&self->freed, g_object_unref);
  g_queue_clear_full (&self->resumed, g_object_unref);
  hein_deliver_gone_clear (self);
  hein_deliver_peers_clear (&self->peers);
  g_clear_pointer (&self->choice, hein_deliver_choice_free);
  g_free (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-deliverer.h"

#include <hein/hein-bus.h>

#include "base/hein-error-private.h"
#include "core/hein-budget.h"
#include "core/hein-calls.h"
#include "core/hein-news.h"
#include "hein-ask-send.h"
#include "hein-deliver-choose.h"
#include "hein-deliver-peers.h"
#include "hein-receipt-private.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"
#include "message/hein-message-receive.h"
#include "plugin-api/hein-selection-private.h"

/*
 * The messages that a bus has delivered, and waits for the receipts of. Each
 * peer of a delivery has a leg of it, which waits until the peer takes another
 * message, is sent, and ends: acknowledged, failed, or unknown. A leg that was
 * not sent yet may go to another peer if a strategy chose its first one; one
 * that was sent never does, since it may have been handled.
 */

/* The cost of a delivery in memory-limit, and of each of its legs. */
#define DELIVERY_COST 640
#define LEG_COST      96
/* So many of those that wait for any peer are tried before the rest waits: a
 * strategy may choose the same peer for the first ones. */
#define TRIED_MAX 64

typedef struct _Delivery Delivery;

typedef enum
{
  LEG_HOMELESS, /* waits for a peer that takes it, in `homeless` */
  LEG_WAITING,  /* waits until its peer takes another message */
  LEG_HELD,     /* is sent when there is room in the connection */
  LEG_SENT,
  LEG_OVER
} LegState;

typedef struct
{
  Delivery *delivery;
  HeinDeliverPeer *to; /* NULL while there is none */
  guint64 number;      /* once it is sent */
  LegState state;
  guint n_held; /* sends that wait for room */
  GList in_row; /* in the row of its state */
} Leg;

struct _Delivery
{
  HeinCore *core;       /* borrowed: the call keeps the bus alive */
  HeinCall *call;       /* owned; NULL once it is over */
  HeinMessage *message; /* owned */
  HeinReceipt *receipt; /* owned until it is the result */
  HeinTimer timer;
  gint64 end_us; /* G_MAXINT64: none */
  int timeout_ms;
  gsize cost;
  gboolean may_move; /* another peer would do as well */
  guint n_open;
  guint n_legs;
  Leg legs[];
};

struct _HeinDeliverer
{
  HeinCore *core;
  HeinDeliverPeers peers;
  GQueue homeless; /* Leg by in_row, in order */
  GQueue freed;    /* owned HeinPeer that take more, and for which legs wait */
  guint n;
  HeinPeerWatch watch;
  HeinJob job; /* sends what waits */

  /* reused for choosing; NULL while a delivery is choosing */
  HeinDeliverChoice *choice;
};

/* ---- the end ---- */

static void
clear_delivery (gpointer data)
{
  Delivery *self = data;

  g_clear_pointer (&self->message, hein_message_unref);
  g_clear_pointer (&self->receipt, hein_receipt_unref);
}

static void
delivery_release (gpointer data)
{
  g_rc_box_release_full (data, clear_delivery);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Delivery, delivery_release)

/* Takes @leg out of its row. */
static void
leave_row (HeinDeliverer *self, Leg *leg)
{
  if (leg->state == LEG_HOMELESS)
    g_queue_unlink (&self->homeless, &leg->in_row);
  else if (leg->state == LEG_WAITING)
    g_queue_unlink (&leg->to->waiting, &leg->in_row);
  else if (leg->state != LEG_OVER)
    g_queue_unlink (&leg->to->sent, &leg->in_row);
}

static void
want_job (HeinDeliverer *self)
{
  hein_loop_defer (self->core->host.loop, &self->job);
  hein_core_want_turn (self->core);
}

/* A peer takes another message: whoever waits for that is sent in the job. */
static void
note_freed (HeinDeliverer *self, HeinDeliverPeer *to)
{
  if (to->waiting.length > 0 && g_queue_peek_tail (&self->freed) != to->peer)
    g_queue_push_tail (&self->freed, g_object_ref (to->peer));
  if (to->waiting.length > 0 || self->homeless.length > 0)
    want_job (self);
}

/* Returns the call, which the caller has to complete. */
static HeinCall *
forget (Delivery *delivery)
{
  HeinCore *core = delivery->core;
  HeinDeliverer *self = core->deliverer;
  HeinCall *call = g_steal_pointer (&delivery->call);

  hein_loop_disarm (core->host.loop, &delivery->timer);
  for (guint i = 0; i < delivery->n_legs; i++)
    {
      Leg *leg = &delivery->legs[i];
      HeinDeliverPeer *to =
        leg->state == LEG_SENT || leg->state == LEG_HELD ? leg->to : NULL;

      leave_row (self, leg);
      leg->state = LEG_OVER;
      if (to != NULL)
        note_freed (self, to);
    }
  g_atomic_pointer_add (&core->asks_cost, -(gssize) delivery->cost);
  self->n--;
  hein_calls_unpend (core, call);
  delivery_release (delivery);
  return call;
}

/* Ends the call when all legs have ended. */
static void
check_end (Delivery *delivery)
{
  HeinCore *core = delivery->core;
  HeinReceipt *receipt;

  if (delivery->n_open > 0 || delivery->call == NULL)
    return;
  receipt = g_steal_pointer (&delivery->receipt);
  hein_call_set_result (delivery->call, receipt,
                        (GDestroyNotify) hein_receipt_unref);
  hein_calls_end (core, forget (delivery));
}

/* Takes ownership of @error. */
static void
end_leg (Leg *leg, HeinOutcome outcome, GError *error)
{
  Delivery *delivery = leg->delivery;
  HeinDeliverer *self = delivery->core->deliverer;
  const gboolean was_sent = leg->state == LEG_SENT || leg->state == LEG_HELD;

  leave_row (self, leg);
  leg->state = LEG_OVER;
  hein_receipt_set (delivery->receipt, leg - delivery->legs,
                    leg->to != NULL ? leg->to->peer : NULL, outcome, error);
  if (was_sent)
    note_freed (self, leg->to);
  delivery->n_open--;
  check_end (delivery);
}

static gboolean
is_open (const Leg *leg)
{
  return leg->state != LEG_OVER;
}

/* Ends all legs that are open: those that were sent may have been handled. */
static void
end_all (Delivery *delivery, const GError *error)
{
  g_autoptr (Delivery) held = g_rc_box_acquire (delivery);

  for (guint i = 0; i < held->n_legs; i++)
    if (is_open (&held->legs[i]))
      end_leg (&held->legs[i],
               held->legs[i].state >= LEG_HELD ? HEIN_OUTCOME_UNKNOWN
                                               : HEIN_OUTCOME_FAILED,
               g_error_copy (error));
}

static void
on_expired (HeinTimer *timer, gint64 now_us)
{
  Delivery *delivery = HEIN_CONTAINER (timer, Delivery, timer);
  g_autoptr (GError) error =
    g_error_new (HEIN_ERROR, HEIN_ERROR_TIMED_OUT, "no receipt within %d ms",
                 delivery->timeout_ms);

  end_all (delivery, error);
}

static void
cancel (HeinCall *call, GError *error)
{
  Delivery *delivery = call->subject;
  HeinCore *core = delivery->core;
  g_autoptr (GError) owned = error;

  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_CLOSED))
    end_all (delivery, error);
  else
    hein_calls_fail (core, forget (delivery), g_steal_pointer (&owned));
}

/* ---- sending ---- */

/* Returns 0 for no limit; a time that is over is told as a very short one. */
static guint32
get_left_ms (Delivery *delivery)
{
  gint64 left_us;

  if (delivery->end_us == G_MAXINT64)
    return 0;
  left_us = delivery->end_us - hein_loop_get_now_us (delivery->core->host.loop);
  return MAX (1, left_us / 1000);
}

/* The leg was not sent, and is not to be sent to this peer. Takes ownership of
 * @error. */
static void
move_or_fail (Leg *leg, GError *error)
{
  HeinDeliverer *self = leg->delivery->core->deliverer;

  if (!leg->delivery->may_move)
    {
      end_leg (leg, HEIN_OUTCOME_FAILED, error);
      return;
    }
  g_error_free (error);
  leave_row (self, leg);
  leg->state = LEG_HOMELESS;
  leg->to = NULL;
  g_queue_push_tail_link (&self->homeless, &leg->in_row);
  want_job (self);
}

/* Called with the result for a leg that had to wait for room. It may have moved
 * to another peer since, and wait again: then only the last result counts. */
static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  Leg *leg = data;
  g_autoptr (Delivery) delivery = leg->delivery;
  GError *error = NULL;

  hein_call_finish (HEIN_CALL (result), &error);
  if (--leg->n_held == 0 && leg->state == LEG_HELD)
    {
      leg->state = LEG_SENT;
      if (error != NULL)
        end_leg (leg, HEIN_OUTCOME_FAILED, g_steal_pointer (&error));
    }
  g_clear_error (&error);
}

static void
send_leg (Leg *leg)
{
  g_autoptr (Delivery) delivery = g_rc_box_acquire (leg->delivery);
  const HeinMessageAttributes ask = {
    .ask = HEIN_ASK_DELIVERY,
    .ask_number = get_left_ms (delivery),
    .ask_id = ++leg->to->last,
  };
  g_autoptr (HeinMessage) message =
    hein_message_new_ask (delivery->message, leg->to->peer, &ask, NULL);
  GError *error = NULL;
  HeinTried tried;

  leg->number = leg->to->last;
  leg->state = LEG_SENT;
  g_queue_push_tail_link (&leg->to->sent, &leg->in_row);
  tried = hein_ask_send (delivery->core, message, on_sent, leg, &error);
  if (tried == HEIN_TRIED_WAITS)
    {
      /* on_sent is called in a turn, and releases this */
      g_rc_box_acquire (delivery);
      leg->n_held++;
      if (leg->state == LEG_SENT)
        leg->state = LEG_HELD;
    }
  else if (tried == HEIN_TRIED_FAILED && is_open (leg))
    end_leg (leg, HEIN_OUTCOME_FAILED, g_steal_pointer (&error));
  g_clear_error (&error);
}

/* Gives a leg that is in no row to a peer, and sends it if that takes more. */
static void
give_leg (HeinDeliverer *self, Leg *leg, HeinPeer *peer)
{
  leg->to = hein_deliver_peers_get (&self->peers, peer);
  if (hein_deliver_peers_is_free (&self->peers, peer))
    {
      send_leg (leg);
      return;
    }
  leg->state = LEG_WAITING;
  g_queue_push_tail_link (&leg->to->waiting, &leg->in_row);
}

static void
send_waiting (HeinDeliverer *self, HeinPeer *peer)
{
  HeinCore *core = self->core;
  HeinDeliverPeer *to;

  /* the peer may go meanwhile, and the bus be disposed of */
  while (core->deliverer == self &&
         (to = hein_deliver_peers_find (&self->peers, peer)) != NULL &&
         to->waiting.length > 0 && hein_deliver_peer_has_credit (to))
    send_leg (g_queue_pop_head_link (&to->waiting)->data);
}

/* ---- choosing ---- */

/* Takes the choice, which is to be given back. */
static HeinDeliverChoice *
take_choice (HeinDeliverer *self)
{
  HeinDeliverChoice *choice = g_steal_pointer (&self->choice);

  return choice != NULL ? choice : hein_deliver_choice_new ();
}

/* The deliverer may have been freed, with its bus. */
static void
give_choice_back (HeinCore *core,
                  HeinDeliverer *self,
                  HeinDeliverChoice *choice)
{
  hein_deliver_choice_clear (choice);
  if (core->deliverer == self && self->choice == NULL)
    self->choice = choice;
  else
    hein_deliver_choice_free (choice);
}

/* @chosen is what was chosen for @leg, which has waited for any peer. Returns
 * FALSE when there is none that takes it now. Takes ownership of @error. */
static gboolean
settle_homeless (HeinDeliverer *self,
                 Leg *leg,
                 HeinChosen chosen,
                 HeinDeliverChoice *choice,
                 GError *error)
{
  if (leg->state != LEG_HOMELESS)
    g_clear_error (&error); /* a strategy has ended it */
  else if (chosen == HEIN_CHOSEN_LATER)
    return FALSE;
  else if (chosen == HEIN_CHOSEN_NONE)
    end_leg (leg, HEIN_OUTCOME_FAILED, error);
  else
    {
      leave_row (self, leg);
      give_leg (self, leg, g_ptr_array_index (choice->able, 0));
    }
  return TRUE;
}

/* Looks for a peer again. Returns FALSE when there is none that takes it
 * now. */
static gboolean
place (HeinDeliverer *self, Leg *leg)
{
  HeinCore *core = self->core;
  g_autoptr (Delivery) delivery = g_rc_box_acquire (leg->delivery);
  const HeinSending sending = { .message = delivery->message };
  HeinDeliverChoice *choice = take_choice (self);
  GError *error = NULL;
  const HeinChosen chosen =
    hein_deliver_choose (core, &self->peers, &sending, choice, &error);
  const gboolean is_placed = settle_homeless (self, leg, chosen, choice, error);

  give_choice_back (core, self, choice);
  return is_placed;
}

static void
place_homeless (HeinDeliverer *self)
{
  HeinCore *core = self->core;
  guint n_tried = 0;

  while (core->deliverer == self && n_tried < TRIED_MAX &&
         n_tried < self->homeless.length)
    {
      Leg *leg = g_queue_peek_nth (&self->homeless, n_tried);

      if (place (self, leg))
        continue;
      n_tried++;
      if (!hein_deliver_peers_is_any_free (&self->peers))
        break;
    }
}

/* Sends what waits. The bus may end meanwhile, and free this. */
static void
run (HeinJob *job)
{
  HeinDeliverer *self = HEIN_CONTAINER (job, HeinDeliverer, job);
  HeinCore *core = self->core;
  g_autoptr (HeinBus) bus = core->bus != NULL ? g_object_ref (core->bus) : NULL;

  while (core->deliverer == self && self->freed.length > 0)
    {
      g_autoptr (HeinPeer) peer = g_queue_pop_head (&self->freed);

      send_waiting (self, peer);
    }
  if (core->deliverer == self && self->homeless.length > 0)
    place_homeless (self);
}

/* ---- peers ---- */

static void
fail_waiting (HeinDeliverPeer *to)
{
  GList *link;

  while ((link = g_queue_peek_head_link (&to->waiting)) != NULL)
    move_or_fail (link->data,
                  g_error_new (HEIN_ERROR, HEIN_ERROR_CLOSED,
                               "%s went before the message was sent",
                               to->peer->name));
}

static void
fail_sent (HeinDeliverPeer *to)
{
  GList *link;

  while ((link = g_queue_peek_head_link (&to->sent)) != NULL)
    {
      Leg *leg = link->data;

      if (leg->state == LEG_HELD)
        move_or_fail (leg, g_error_new (HEIN_ERROR, HEIN_ERROR_CLOSED,
                                        "%s went before the message was sent",
                                        to->peer->name));
      else
        end_leg (leg, HEIN_OUTCOME_UNKNOWN,
                 g_error_new (HEIN_ERROR, HEIN_ERROR_CLOSED,
                              "%s went before it said what became of the "
                              "message",
                              to->peer->name));
    }
}

static void
on_settled (HeinPeerWatch *watch, HeinPeer *peer, gboolean is_alive)
{
  HeinDeliverer *self = HEIN_CONTAINER (watch, HeinDeliverer, watch);
  HeinDeliverPeer *to =
    is_alive ? NULL : hein_deliver_peers_find (&self->peers, peer);

  if (!is_alive && self->homeless.length > 0)
    want_job (self); /* none may be left */
  if (to == NULL)
    return;
  fail_sent (to);
  fail_waiting (to);
  hein_deliver_peers_remove (&self->peers, peer);
}

static void
on_joined (HeinPeerWatch *watch)
{
  HeinDeliverer *self = HEIN_CONTAINER (watch, HeinDeliverer, watch);

  if (self->homeless.length > 0)
    want_job (self);
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
  self->job.run = run;
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

/* Takes ownership of @call. */
static Delivery *
delivery_new (HeinDeliverer *self,
              HeinCall *call,
              HeinMessage *message,
              int timeout_ms,
              guint n_legs)
{
  HeinCore *core = self->core;
  Delivery *delivery =
    g_rc_box_alloc0 (sizeof (Delivery) + n_legs * sizeof (Leg));

  delivery->core = core;
  delivery->call = call;
  delivery->message = hein_message_ref (message);
  delivery->receipt = hein_receipt_new (n_legs);
  delivery->timeout_ms = timeout_ms;
  delivery->timer.expired = on_expired;
  delivery->n_legs = delivery->n_open = n_legs;
  delivery->cost =
    DELIVERY_COST + n_legs * LEG_COST + hein_message_get_cost (message);
  delivery->end_us = timeout_ms < 0 ? G_MAXINT64
                                    : hein_loop_get_now_us (core->host.loop) +
                                        (gint64) timeout_ms * 1000;
  call->subject = delivery;
  for (guint i = 0; i < n_legs; i++)
    {
      delivery->legs[i].delivery = delivery;
      delivery->legs[i].in_row.data = &delivery->legs[i];
      delivery->legs[i].state = LEG_OVER; /* in no row yet */
    }
  g_atomic_pointer_add (&core->asks_cost, delivery->cost);
  self->n++;
  hein_calls_pend (core, call, cancel, TRUE);
  if (timeout_ms >= 0)
    hein_loop_arm (core->host.loop, &delivery->timer, delivery->end_us);
  /* so that the descriptor wakes for the time */
  hein_core_want_turn (core);
  return delivery;
}

/* Takes ownership of @call. */
static void
begin (HeinDeliverer *self,
       HeinCall *call,
       HeinMessage *message,
       int timeout_ms,
       HeinChosen chosen,
       HeinDeliverChoice *choice)
{
  HeinCore *core = self->core;
  GPtrArray *able = choice->able;
  GPtrArray *unable = choice->unable;
  const guint n_legs =
    chosen == HEIN_CHOSEN_LATER ? 1 : able->len + unable->len;
  g_autoptr (Delivery) delivery =
    g_rc_box_acquire (delivery_new (self, call, message, timeout_ms, n_legs));

  delivery->may_move = chosen == HEIN_CHOSEN_ONE || chosen == HEIN_CHOSEN_LATER;
  if (chosen == HEIN_CHOSEN_LATER)
    {
      delivery->legs[0].state = LEG_HOMELESS;
      g_queue_push_tail_link (&self->homeless, &delivery->legs[0].in_row);
      return;
    }
  for (guint i = 0; i < unable->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (unable, i);

      hein_receipt_set (delivery->receipt, able->len + i, peer,
                        HEIN_OUTCOME_FAILED,
                        hein_deliver_make_unable_error (peer));
      delivery->n_open--;
    }
  for (guint i = 0;
       i < able->len && core->deliverer == self && delivery->call != NULL; i++)
    give_leg (self, &delivery->legs[i], g_ptr_array_index (able, i));
}

void
hein_deliverer_deliver (HeinCore *core,
                        HeinCall *call,
                        const HeinSending *sending,
                        int timeout_ms)
{
  HeinDeliverer *self = get_deliverer (core);
  HeinDeliverChoice *choice = take_choice (self);
  HeinChosen chosen = HEIN_CHOSEN_NONE;
  GError *error = NULL;

  if (hein_send_check_size (core, sending->message, &error) &&
      check_limits (self, &error))
    chosen = hein_deliver_choose (core, &self->peers, sending, choice, &error);
  if (chosen == HEIN_CHOSEN_NONE)
    hein_calls_fail (core, call, error);
  else
    {
      /* what waits for any peer is not overtaken */
      if (chosen == HEIN_CHOSEN_ONE && self->homeless.length > 0)
        chosen = HEIN_CHOSEN_LATER;
      begin (self, call, sending->message, timeout_ms, chosen, choice);
    }
  give_choice_back (core, self, choice);
}

/* ---- receipts ---- */

static Leg *
find_leg (HeinDeliverPeer *to, guint64 number)
{
  for (GList *link = to->sent.head; link != NULL; link = link->next)
    {
      Leg *leg = link->data;

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

  while (link != NULL && ((Leg *) link->data)->number < first)
    link = link->next;
  while (link != NULL && ((Leg *) link->data)->number - first < n)
    {
      Leg *leg = link->data;

      link = link->next;
      end_leg (leg, HEIN_OUTCOME_ACKNOWLEDGED, NULL);
    }
}

static GError *
make_error (HeinPeer *peer, HeinMessage *word)
{
  const guint32 code = word->extra->attributes.ask_number;
  g_autofree char *text =
    hein_error_dup_printable ((const char *) hein_message_data (word),
                              MIN (word->size, HEIN_ASK_TEXT_MAX));

  return g_error_new (HEIN_ERROR,
                      code <= HEIN_ERROR_FORBIDDEN ? (int) code
                                                   : HEIN_ERROR_FAILED,
                      "%s: %s", peer->name, text);
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
  Leg *leg;

  hein_news_count_ask (peer, word);
  if (to != NULL && said->ask == HEIN_ASK_RECEIPT)
    acknowledge (to, said->ask_id, said->ask_number);
  else if (to != NULL && (leg = find_leg (to, said->ask_id)) != NULL)
    end_leg (leg, HEIN_OUTCOME_FAILED, make_error (peer, word));
}

guint
hein_deliverer_count (HeinCore *core)
{
  return core->deliverer != NULL ? core->deliverer->n : 0;
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
  hein_deliver_peers_clear (&self->peers);
  g_clear_pointer (&self->choice, hein_deliver_choice_free);
  g_free (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-deliver-end.h"

#include <hein/hein-error.h>

#include "base/hein-row.h"
#include "core/hein-calls.h"
#include "io/hein-slab.h"
#include "message/hein-message-memory.h"

/* The life of a delivery. It ends once: when the last of its legs has ended,
 * when its time is over, or when its call is cancelled. */

/* The cost of a delivery in memory-limit, and of each of its legs. */
#define DELIVERY_COST 640
#define LEG_COST      96

/* ---- memory ---- */

static gsize
get_size (guint n_legs)
{
  return sizeof (HeinDelivery) + n_legs * sizeof (HeinLeg);
}

void
hein_delivery_free (HeinDelivery *self)
{
  g_clear_pointer (&self->message, hein_message_unref);
  g_clear_pointer (&self->receipt, hein_receipt_unref);
  hein_slab_free (self, get_size (self->n_legs));
}

/* ---- rows ---- */

static gboolean
is_high (const GList *in_row)
{
  return hein_message_is_high (
    ((const HeinLeg *) in_row->data)->delivery->message);
}

void
hein_leg_queue_up (HeinLeg *self, GQueue *row)
{
  GList *behind = row->head;

  if (behind == NULL || !is_high (&self->in_row) || is_high (row->tail))
    {
      hein_row_push_tail (row, &self->in_row);
      return;
    }
  while (is_high (behind))
    behind = behind->next;
  g_queue_insert_before_link (row, behind, &self->in_row);
}

void
hein_leg_leave_row (HeinLeg *self)
{
  if (self->state == HEIN_LEG_HOMELESS)
    hein_row_unlink (&self->delivery->core->deliverer->homeless, &self->in_row);
  else if (self->state == HEIN_LEG_WAITING)
    hein_row_unlink (&self->to->waiting, &self->in_row);
  else if (self->state != HEIN_LEG_OVER)
    hein_row_unlink (&self->to->sent, &self->in_row);
}

void
hein_leg_take_back (HeinLeg *self)
{
  hein_leg_leave_row (self);
  self->state = HEIN_LEG_WAITING;
  hein_row_push_head (&self->to->waiting, &self->in_row);
}

/* A peer takes another message: whoever waits for that is sent in the job. */
static void
note_freed (HeinDeliverer *self, HeinDeliverPeer *to)
{
  const GList *last = self->freed.tail;

  if (to->waiting.length > 0 && (last == NULL || last->data != to->peer))
    g_queue_push_tail (&self->freed, g_object_ref (to->peer));
  if (to->waiting.length > 0 || self->homeless.length > 0)
    hein_deliverer_want_job (self);
}

/* Takes the leg, which may have been sent, to its end. */
static void
leave (HeinLeg *self)
{
  HeinDeliverer *deliverer = self->delivery->core->deliverer;
  HeinDeliverPeer *freed =
    self->state == HEIN_LEG_SENT || self->state == HEIN_LEG_HELD ? self->to
                                                                 : NULL;

  hein_leg_leave_row (self);
  self->state = HEIN_LEG_OVER;
  if (freed != NULL)
    note_freed (deliverer, freed);
}

/* ---- the end ---- */

/* Returns the call, which the caller has to end. */
static HeinCall *
forget (HeinDelivery *self)
{
  HeinCore *core = self->core;
  HeinCall *call = g_steal_pointer (&self->call);

  if (self->end_us < G_MAXINT64)
    hein_loop_disarm (core->host.loop, &self->timer);
  for (guint i = 0; i < self->n_legs; i++)
    if (hein_leg_is_open (&self->legs[i]))
      leave (&self->legs[i]);
  g_atomic_pointer_add (&core->asks_cost, -(gssize) self->cost);
  core->deliverer->n--;
  hein_delivery_unref (self);
  return call;
}

/* Ends the call when all legs have ended. */
static void
check_end (HeinDelivery *self)
{
  HeinCore *core = self->core;
  HeinReceipt *receipt;

  if (self->n_open > 0 || self->call == NULL)
    return;
  receipt = g_steal_pointer (&self->receipt);
  hein_call_set_result (self->call, receipt,
                        (GDestroyNotify) hein_receipt_unref);
  hein_calls_end (core, forget (self));
}

HeinReceipt *
hein_delivery_get_receipt (HeinDelivery *self)
{
  if (self->receipt == NULL)
    self->receipt = hein_receipt_new (self->n_legs);
  return self->receipt;
}

/* What one peer alone was to have and has acknowledged has a receipt like all
 * others of that kind. */
static void
note_outcome (HeinLeg *self, HeinOutcome outcome, GError *error)
{
  HeinDelivery *delivery = self->delivery;

  if (G_LIKELY (outcome == HEIN_OUTCOME_ACKNOWLEDGED && delivery->n_legs == 1))
    delivery->receipt =
      hein_receipt_ref (hein_deliver_peer_get_acknowledged (self->to));
  else
    hein_receipt_set (hein_delivery_get_receipt (delivery),
                      self - delivery->legs,
                      self->to != NULL ? self->to->peer : NULL, outcome, error);
}

void
hein_leg_end (HeinLeg *self, HeinOutcome outcome, GError *error)
{
  HeinDelivery *delivery = self->delivery;

  note_outcome (self, outcome, error);
  leave (self);
  delivery->n_open--;
  check_end (delivery);
}

/* Ends all legs that are open: those that were sent may have been handled. */
static void
end_all (HeinDelivery *self, const GError *error)
{
  g_autoptr (HeinDelivery) held = hein_delivery_ref (self);

  for (guint i = 0; i < held->n_legs; i++)
    if (hein_leg_is_open (&held->legs[i]))
      hein_leg_end (&held->legs[i],
                    held->legs[i].state >= HEIN_LEG_HELD ? HEIN_OUTCOME_UNKNOWN
                                                         : HEIN_OUTCOME_FAILED,
                    g_error_copy (error));
}

static void
on_expired (HeinTimer *timer, gint64 now_us)
{
  HeinDelivery *self = HEIN_CONTAINER (timer, HeinDelivery, timer);
  g_autoptr (GError) error =
    g_error_new (HEIN_ERROR, HEIN_ERROR_TIMED_OUT, "no receipt within %d ms",
                 self->timeout_ms);

  end_all (self, error);
}

static void
cancel (HeinCall *call, GError *error)
{
  HeinDelivery *self = call->subject;
  HeinCore *core = self->core;
  g_autoptr (GError) owned = error;

  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_CLOSED))
    end_all (self, error);
  else
    hein_calls_fail (core, forget (self), g_steal_pointer (&owned));
}

/* ---- the beginning ---- */

static void
init_legs (HeinDelivery *self, guint n_legs)
{
  self->n_legs = self->n_open = n_legs;
  for (guint i = 0; i < n_legs; i++)
    {
      self->legs[i].delivery = self;
      self->legs[i].in_row.data = &self->legs[i];
      self->legs[i].state = HEIN_LEG_OVER; /* in no row yet */
    }
}

HeinDelivery *
hein_delivery_new (HeinDeliverer *deliverer,
                   HeinCall *call,
                   HeinMessage *message,
                   int timeout_ms,
                   guint n_legs)
{
  HeinCore *core = deliverer->core;
  HeinDelivery *self = hein_slab_alloc0 (get_size (n_legs));

  self->n_refs = 1;
  self->core = core;
  self->call = call;
  self->message = hein_message_ref (message);
  self->timeout_ms = timeout_ms;
  self->timer.expired = on_expired;
  self->cost =
    DELIVERY_COST + n_legs * LEG_COST + hein_message_get_cost (message);
  self->end_us = timeout_ms < 0 ? G_MAXINT64
                                : hein_loop_get_now_us (core->host.loop) +
                                    (gint64) timeout_ms * 1000;
  init_legs (self, n_legs);
  call->subject = self;
  g_atomic_pointer_add (&core->asks_cost, self->cost);
  deliverer->n++;
  hein_calls_pend (core, call, cancel, TRUE);
  if (timeout_ms >= 0)
    hein_loop_arm (core->host.loop, &self->timer, self->end_us);
  /* so that the descriptor wakes for the time */
  hein_core_want_turn (core);
  return self;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/hein-error-private.h"
#include "hein-budget.h"
#include "hein-calls.h"
#include "hein-core-guard.h"
#include "hein-core-state.h"
#include "hein-filters.h"
#include "hein-held.h"
#include "hein-ingress.h"
#include "hein-peers-private.h"
#include "hein-retry.h"
#include "hein-send.h"
#include "io/hein-world.h"
#include "link/hein-losses.h"

/* The queue between other threads and the owner of a bus. */

/* The limit for messages that other threads have posted, in bytes. */
#define INGRESS_LIMIT (8 * 1024 * 1024)
/* The clock is read once for so many of them; one with more than TARGETS_LOOK
 * targets counts for more. */
#define CLOCK        32
#define TARGETS_LOOK 16

/*
 * Messages from other threads are in a queue under a lock until the owner takes
 * them in, in its turns. After a change of the owner, the new owner's messages
 * go through the queue as well, until those are taken in that it posted before
 * it became the owner.
 */

static gboolean
filter (HeinCore *self, HeinHeld *held, GError **error)
{
  HeinMessage **message = &held->sending.message;
  HeinMessage *filtered;

  if (self->sender.filters == NULL)
    return TRUE;
  filtered = hein_filters_send (self, *message, error);
  if (filtered == NULL || !hein_send_check_size (self, filtered, error))
    {
      g_clear_pointer (&filtered, hein_message_unref);
      return FALSE;
    }
  hein_message_unref (*message);
  *message = filtered;
  held->cost = hein_message_get_cost (filtered);
  return TRUE;
}

/* Drops @held, which a filter refused or made too large. Takes ownership. */
static void
give_up_filtered (HeinCore *self, HeinHeld *held, const GError *error)
{
  hein_error_log (NULL, error);
  hein_losses_count (&self->host, NULL, HEIN_DROP_REASON_UNSENDABLE, 1,
                     hein_message_size (held->sending.message));
  hein_held_free (held);
}

/* Takes ownership of @held. */
static void
send_posted (HeinCore *self, HeinHeld *held)
{
  g_autoptr (GError) error = NULL;
  const HeinTried tried = hein_retry_send (self, &held->sending, &error);
  const gboolean is_stuck =
    tried == HEIN_TRIED_FAILED &&
    g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);

  if (tried == HEIN_TRIED_GIVEN)
    {
      hein_held_free (held);
      return;
    }
  if (tried == HEIN_TRIED_WAITS || is_stuck)
    {
      g_clear_error (&error);
      if (hein_held_check_limit (self, &error))
        {
          hein_held_keep (self, held, is_stuck);
          return;
        }
    }
  hein_held_give_up (self, held, error);
}

/* Takes ownership of @held. */
static void
take_in_message (HeinCore *self, HeinHeld *held)
{
  g_autoptr (GError) error = NULL;

  if (!self->held.has_cleared_held && !filter (self, held, &error))
    give_up_filtered (self, held, error);
  /* a filter may have closed the bus */
  else if (self->held.has_cleared_held)
    hein_held_give_up_closed (self, held);
  else
    send_posted (self, held);
}

/* ---- calls ---- */

/* @held is in the ingress, or being taken in: taking it in will free it. */
static void
cancel_posted (HeinCall *call, GError *error)
{
  HeinCore *self = call->owner;
  HeinHeld *held = call->subject;

  self->held.sends_cost -= held->cost;
  held->is_cancelled = TRUE;
  held->call = NULL;
  hein_calls_fail (self, call, error);
}

static HeinCall *
steal_call (HeinCore *self, HeinHeld *held)
{
  hein_calls_unpend (self, held->call);
  self->held.sends_cost -= held->cost;
  return g_steal_pointer (&held->call);
}

/* A filter may run a main loop, in which the call may be cancelled. */
static void
take_in_call (HeinCore *self, HeinHeld *held)
{
  const gsize cost = held->cost;
  g_autoptr (GError) error = NULL;

  if (!self->held.has_cleared_held && !held->is_cancelled)
    filter (self, held, &error);
  if (held->is_cancelled)
    return;
  self->held.sends_cost += held->cost;
  self->held.sends_cost -= cost;
  if (error == NULL)
    g_cancellable_set_error_if_cancelled (held->call->cancellable, &error);
  if (error == NULL && self->held.has_cleared_held)
    hein_core_check_open (self, &error);
  if (error == NULL)
    hein_send_call (self, steal_call (self, held), &held->sending);
  else
    hein_calls_fail (self, steal_call (self, held), g_steal_pointer (&error));
}

/* Takes ownership of @held. */
static void
take_in_one (HeinCore *self, HeinHeld *held)
{
  if (held->call == NULL && !held->is_cancelled)
    {
      take_in_message (self, held);
      return;
    }
  take_in_call (self, held);
  hein_held_free (held);
}

void
hein_ingress_post_call (HeinCore *self,
                        HeinCall *call,
                        const HeinSending *sending)
{
  HeinHeld *held;

  if (hein_budget_is_over (self))
    {
      hein_calls_fail (
        self, call,
        g_error_new_literal (
          HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
          "the messages that wait already are over memory-limit"));
      return;
    }
  held = hein_held_new (sending);
  held->call = call;
  call->subject = held;
  self->held.sends_cost += held->cost;
  hein_calls_pend (self, call, cancel_posted, FALSE);
  g_mutex_lock (&self->lock);
  g_queue_push_tail_link (&self->held.ingress, &held->in_row);
  self->held.n_posted++;
  g_mutex_unlock (&self->lock);
  hein_loop_tell (self->host.loop, HEIN_NEWS_SENT);
  hein_ingress_fall_behind (self);
}

/* ---- the queue ---- */

/* Puts messages back in front of those posted meanwhile. Touches links of the
 * queues only, since the lock is held. */
static void
put_back (GQueue *ingress, GQueue *rest)
{
  if (rest->length == 0)
    return;
  rest->tail->next = ingress->head;
  if (ingress->head != NULL)
    ingress->head->prev = rest->tail;
  else
    ingress->tail = rest->tail;
  ingress->head = rest->head;
  ingress->length += rest->length;
}

/* Returns whether taking in should stop: during a pass messages would only wait
 * in another row. @work is what was done since the clock was read. */
static gboolean
is_to_rest (HeinCore *self, guint *work, gint64 end_us)
{
  if (self->held.has_cleared_held || end_us == G_MAXINT64)
    return FALSE;
  *work += 1 + self->roster.targets->array->len / TARGETS_LOOK;
  if (self->held.is_passing || *work < CLOCK)
    return self->held.is_passing;
  *work = 0;
  return hein_world_get_us () >= end_us;
}

/* Returns FALSE when there is more. */
static gboolean
take_in (HeinCore *self, gint64 end_us)
{
  GQueue taken;
  gsize cost = 0;
  guint work = 0;
  guint n = 0;

  g_mutex_lock (&self->lock);
  taken = self->held.ingress;
  g_queue_init (&self->held.ingress);
  g_mutex_unlock (&self->lock);
  while (taken.length > 0)
    {
      HeinHeld *held = g_queue_pop_head_link (&taken)->data;

      cost += held->posted_cost;
      take_in_one (self, held);
      n++;
      if (is_to_rest (self, &work, end_us))
        break;
    }
  g_mutex_lock (&self->lock);
  put_back (&self->held.ingress, &taken);
  self->held.ingress_cost -= cost;
  self->held.n_ingested += n;
  if (self->held.is_behind && self->held.n_ingested >= self->held.behind_until)
    self->held.is_behind = FALSE;
  g_mutex_unlock (&self->lock);
  return taken.length == 0;
}

/* A nested call, by a filter that closes the bus or a strategy that runs a main
 * loop, leaves later messages to the outer call, which sends them in order. */
gboolean
hein_ingress_take_in (HeinCore *self, gint64 end_us)
{
  gboolean is_done;

  if (self->held.is_ingesting)
    {
      self->held.ingests_again = TRUE;
      return TRUE;
    }
  if (self->held.is_passing && end_us != G_MAXINT64)
    {
      self->held.ingress_waits = TRUE;
      return TRUE;
    }
  self->held.is_ingesting = TRUE;
  do
    {
      self->held.ingests_again = FALSE;
      is_done = take_in (self, end_us);
    }
  while (self->held.ingests_again && self->held.has_cleared_held);
  self->held.is_ingesting = FALSE;
  if (self->held.ingests_again)
    hein_loop_tell (self->host.loop, HEIN_NEWS_SENT);
  return is_done;
}

void
hein_ingress_fall_behind (HeinCore *self)
{
  g_mutex_lock (&self->lock);
  self->held.behind_until = self->held.n_posted;
  self->held.is_behind = self->held.n_ingested < self->held.n_posted;
  g_mutex_unlock (&self->lock);
}

gboolean
hein_ingress_post (HeinCore *self, const HeinSending *sending, GError **error)
{
  HeinHeld *held = hein_held_new (sending);
  gboolean is_closed;
  gboolean is_full;

  held->posted_cost = held->cost;
  g_mutex_lock (&self->lock);
  is_closed = g_atomic_int_get (&self->is_closed);
  is_full = self->held.ingress_cost > 0 &&
            self->held.ingress_cost + held->cost > INGRESS_LIMIT;
  if (!is_full && !is_closed)
    {
      self->held.ingress_cost += held->cost;
      g_queue_push_tail_link (&self->held.ingress, &held->in_row);
      self->held.n_posted++;
    }
  g_mutex_unlock (&self->lock);
  if (is_closed)
    {
      hein_held_free (held);
      return hein_core_check_open (self, error);
    }
  if (!is_full)
    {
      hein_loop_tell (self->host.loop, HEIN_NEWS_SENT);
      return TRUE;
    }
  hein_held_free (held);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
               "%u bytes from other threads wait for the bus already",
               INGRESS_LIMIT);
  return FALSE;
}

/* ---- the end ---- */

void
hein_ingress_close (HeinCore *self)
{
  /* retries as a turn would have: there may be room by now */
  hein_retry_all (self);
  hein_ingress_take_in (self, G_MAXINT64);
  hein_retry_all (self);
  self->held.has_cleared_held = TRUE;
  hein_held_give_up_all (self);
  hein_retry_few (self);
}

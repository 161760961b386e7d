/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-hash.h>

#include "base/hein-call.h"
#include "base/hein-error-private.h"
#include "hein-behind.h"
#include "hein-budget.h"
#include "hein-calls.h"
#include "hein-held.h"
#include "hein-run.h"
#include "link/hein-link-expiry.h"
#include "link/hein-losses.h"
#include "message/hein-message-memory.h"

/*
 * Messages that cannot be sent yet, in the order of sending, for lack of a peer
 * or of room.
 *
 * A message that waits for room blocks all later messages to one of its peers,
 * since they would arrive in the wrong order otherwise: `n_behind` of a peer
 * counts the messages that block it. A message to all peers is a barrier for
 * everything. A message that waits for a peer blocks later messages of the same
 * way (strategy and key, or name).
 *
 * There are three rows, through which hein-retry.c moves messages: those that
 * the open pass has tried without success, those that it has not reached, and
 * those sent since it began. While no pass is open, all are in the second row,
 * and marked.
 */

struct _HeinWay
{
  HeinStrategy *strategy; /* borrowed: the messages of the way own it */
  char *key;              /* nullable */
  gboolean is_named;
  guint n_users; /* messages that refer to it */
  guint64 pass;  /* the pass in which n is valid */
  guint n;       /* messages that are marked in it */
};

static guint
way_hash (gconstpointer data)
{
  const HeinWay *way = data;

  return g_direct_hash (way->strategy) + way->is_named +
         (way->key != NULL ? hein_hash_text (way->key) : 0);
}

static gboolean
way_equal (gconstpointer a, gconstpointer b)
{
  const HeinWay *left = a;
  const HeinWay *right = b;

  return left->strategy == right->strategy &&
         left->is_named == right->is_named &&
         g_strcmp0 (left->key, right->key) == 0;
}

static void
way_free (gpointer data)
{
  HeinWay *self = data;

  g_free (self->key);
  g_free (self);
}

static HeinWay *
find_way (HeinCore *self, const HeinSending *sending)
{
  HeinWay wanted = { .strategy = sending->strategy,
                     .key = (char *) sending->key,
                     .is_named = sending->is_named };

  if (self->held.ways == NULL)
    return NULL;
  return g_hash_table_lookup (self->held.ways, &wanted);
}

gboolean
hein_held_is_way_taken (HeinCore *self, const HeinSending *sending)
{
  HeinWay *way = find_way (self, sending);

  return way != NULL && way->pass == self->held.pass && way->n > 0;
}

static HeinWay *
use_way (HeinCore *self, const HeinSending *sending)
{
  HeinWay *way = find_way (self, sending);

  if (way == NULL)
    {
      way = g_new0 (HeinWay, 1);
      way->strategy = sending->strategy;
      way->key = g_strdup (sending->key);
      way->is_named = sending->is_named;
      if (self->held.ways == NULL)
        self->held.ways =
          g_hash_table_new_full (way_hash, way_equal, way_free, NULL);
      g_hash_table_add (self->held.ways, way);
    }
  way->n_users++;
  return way;
}

static void
enter_way (HeinCore *self, HeinHeld *held)
{
  if (held->way == NULL)
    held->way = use_way (self, &held->sending);
  if (held->way->pass != self->held.pass)
    held->way->n = 0;
  held->way->pass = self->held.pass;
  held->way->n++;
}

static void
forget_way (HeinCore *self, HeinHeld *held)
{
  HeinWay *way = g_steal_pointer (&held->way);

  if (way != NULL && --way->n_users == 0)
    g_hash_table_remove (self->held.ways, way);
}

/* ---- a waiting message ---- */

HeinHeld *
hein_held_new (const HeinSending *sending)
{
  HeinHeld *self = g_new0 (HeinHeld, 1);

  hein_message_keep_sender (sending->message);
  self->in_row.data = self;
  self->sending = *sending;
  hein_message_ref (sending->message);
  if (sending->strategy != NULL)
    g_object_ref (sending->strategy);
  self->sending.key = g_strdup (sending->key);
  self->cost = hein_message_get_cost (sending->message);
  return self;
}

void
hein_held_free (HeinHeld *self)
{
  g_clear_object (&self->call);
  hein_message_unref (self->sending.message);
  g_clear_object (&self->sending.strategy);
  g_clear_pointer (&self->stuck, g_ptr_array_unref);
  g_free ((char *) self->sending.key);
  g_free (self);
}

void
hein_held_clear_row (GQueue *row)
{
  GList *link;

  while ((link = g_queue_pop_head_link (row)) != NULL)
    hein_held_free (link->data);
}

static gsize *
get_total (HeinCore *self, HeinHeld *held)
{
  return held->call != NULL ? &self->held.sends_cost : &self->held.held_cost;
}

void
hein_held_mark (HeinCore *self, HeinHeld *held)
{
  held->pass = self->held.pass;
  if (!held->is_stuck)
    {
      enter_way (self, held);
      return;
    }
  hein_run_settle (self); /* a run does not check marks */
  self->held.n_stuck++;
  if (held->stuck == NULL)
    self->held.n_barriers++;
  for (guint i = 0; held->stuck != NULL && i < held->stuck->len; i++)
    hein_behind_add (self, g_ptr_array_index (held->stuck, i));
}

static void
unmark (HeinCore *self, HeinHeld *held)
{
  if (held->pass != self->held.pass)
    return;
  held->pass = 0;
  if (!held->is_stuck)
    {
      held->way->n--;
      return;
    }
  self->held.n_stuck--;
  if (held->stuck == NULL)
    self->held.n_barriers--;
  for (guint i = 0; held->stuck != NULL && i < held->stuck->len; i++)
    hein_behind_remove (g_ptr_array_index (held->stuck, i));
}

void
hein_held_note_stuck (HeinCore *self, HeinHeld *held, gboolean is_stuck)
{
  held->is_stuck = is_stuck;
  g_clear_pointer (&held->stuck, g_ptr_array_unref);
  if (is_stuck)
    held->stuck = g_steal_pointer (&self->held.stuck);
}

static void
plan_expiry (HeinCore *self, gint64 due_us)
{
  HeinTimer *timer = &self->held.expiry;

  if (timer->position > 0 && timer->due_us <= due_us)
    return;
  hein_loop_arm (self->host.loop, timer, due_us);
  hein_core_want_turn (self); /* so that the descriptor wakes for it */
}

void
hein_held_keep (HeinCore *self, HeinHeld *held, gboolean is_stuck)
{
  if (hein_message_expires (held->sending.message))
    plan_expiry (self, hein_message_get_expires_us (held->sending.message));
  held->number = ++self->held.n_numbered;
  hein_held_note_stuck (self, held, is_stuck);
  *get_total (self, held) += held->cost;
  self->held.n_held++;
  self->held.n_high += hein_message_is_high (held->sending.message);
  if (self->held.is_passing)
    {
      g_queue_push_tail_link (&self->held.later, &held->in_row);
      return;
    }
  hein_held_mark (self, held);
  g_queue_push_tail_link (&self->held.row, &held->in_row);
}

void
hein_held_release (HeinCore *self, HeinHeld *held)
{
  *get_total (self, held) -= held->cost;
  forget_way (self, held);
  self->held.n_high -= hein_message_is_high (held->sending.message);
  if (--self->held.n_held > 0)
    return;
  /* the marks that are left are those of newcomers, and nothing waits for
   * them */
  self->held.pass++;
  self->held.n_stuck = 0;
  self->held.n_barriers = 0;
}

static void
end_call (HeinCore *self, HeinHeld *held, GError *error)
{
  HeinCall *call = g_steal_pointer (&held->call);

  if (error == NULL)
    hein_call_set_result (call, GINT_TO_POINTER (TRUE), NULL);
  else
    hein_call_set_error (call, error);
  hein_calls_end (self, call);
}

void
hein_held_finish (HeinCore *self, HeinHeld *held)
{
  if (held->call != NULL)
    end_call (self, held, NULL);
  hein_held_free (held);
}

void
hein_held_give_up (HeinCore *self, HeinHeld *held, const GError *error)
{
  if (held->call != NULL)
    end_call (self, held, g_error_copy (error));
  else
    {
      hein_error_log (NULL, error);
      hein_losses_count (&self->host, NULL, hein_losses_get_reason (error), 1,
                         hein_message_size (held->sending.message));
    }
  hein_held_free (held);
}

static GError *
make_closed_error (void)
{
  return g_error_new_literal (HEIN_ERROR, HEIN_ERROR_CLOSED,
                              "the bus was closed before there was room");
}

void
hein_held_give_up_closed (HeinCore *self, HeinHeld *held)
{
  g_autoptr (GError) error = make_closed_error ();

  hein_held_give_up (self, held, error);
}

/* Returns how many messages nobody is told of by a call. */
static guint64
give_up_row (HeinCore *self, GQueue *row, guint64 *n_bytes)
{
  guint64 n = 0;
  GList *link;

  while ((link = g_queue_pop_head_link (row)) != NULL)
    {
      HeinHeld *held = link->data;

      unmark (self, held);
      hein_held_release (self, held);
      if (held->call != NULL)
        end_call (self, held, make_closed_error ());
      else
        {
          n++;
          *n_bytes += hein_message_size (held->sending.message);
        }
      hein_held_free (held);
    }
  return n;
}

/* To say it of each one would take longer than all the rest. */
void
hein_held_give_up_all (HeinCore *self)
{
  guint64 n_bytes = 0;
  const guint64 n = give_up_row (self, &self->held.tried, &n_bytes) +
                    give_up_row (self, &self->held.row, &n_bytes) +
                    give_up_row (self, &self->held.later, &n_bytes);

  if (n == 0)
    return;
  g_info ("the bus was closed before there was room for %" G_GUINT64_FORMAT
          " messages",
          n);
  hein_losses_count (&self->host, NULL, HEIN_DROP_REASON_CLOSED, n, n_bytes);
}

gboolean
hein_held_check_limit (HeinCore *self, GError **error)
{
  /* in an open pass every message waits for a few turns: doubles the limit, so
   * that messages which nothing blocks need not be refused */
  const guint64 limit =
    self->held.is_passing && self->host.settings.send_limit <= G_MAXUINT64 / 2
      ? 2 * self->host.settings.send_limit
      : self->host.settings.send_limit;

  if (self->held.held_cost < limit && !hein_budget_is_over (self))
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
               "%" G_GSIZE_FORMAT
               " bytes wait for a peer already, and none is there",
               self->held.held_cost);
  return FALSE;
}

/* ---- messages that expire ---- */

static void
give_up_expired (HeinCore *self, GQueue *row, HeinHeld *held)
{
  g_autoptr (GError) error =
    g_error_new_literal (HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
                         "the message expired before it could be sent");

  g_queue_unlink (row, &held->in_row);
  unmark (self, held);
  hein_held_release (self, held);
  hein_held_give_up (self, held, error);
  self->roster.room_changed = TRUE; /* retries the messages that it blocked */
}

/* Returns when the next one of the row expires. */
static gint64
drop_expired (HeinCore *self, GQueue *row, gint64 now_us)
{
  gint64 next_us = G_MAXINT64;
  GList *next;

  for (GList *link = row->head; link != NULL; link = next)
    {
      HeinHeld *held = link->data;
      HeinMessage *message = held->sending.message;

      next = link->next;
      if (!hein_message_expires (message))
        continue;
      if (hein_message_has_expired (message, now_us))
        give_up_expired (self, row, held);
      else
        next_us = MIN (next_us, hein_message_get_expires_us (message));
    }
  return next_us;
}

static void
on_expiry (HeinTimer *timer, gint64 now_us)
{
  HeinCore *self = HEIN_CONTAINER (timer, HeinCore, held.expiry);
  gint64 next_us = drop_expired (self, &self->held.tried, now_us);

  next_us = MIN (next_us, drop_expired (self, &self->held.row, now_us));
  next_us = MIN (next_us, drop_expired (self, &self->held.later, now_us));
  if (next_us < G_MAXINT64)
    plan_expiry (self, MAX (next_us, now_us + HEIN_EXPIRY_LOOK_US));
}

void
hein_held_init (HeinCore *self)
{
  self->held.expiry.expired = on_expiry;
}

/* ---- messages of pending calls ---- */

static GQueue *
get_row (HeinCore *self, HeinHeld *held)
{
  GList *tried = self->held.tried.tail;

  if (tried != NULL && held->number <= ((HeinHeld *) tried->data)->number)
    return &self->held.tried;
  return self->held.is_passing && held->pass == 0 ? &self->held.later
                                                  : &self->held.row;
}

static void
cancel_send (HeinCall *call, GError *error)
{
  HeinCore *self = call->owner;
  HeinHeld *held = call->subject;

  g_queue_unlink (get_row (self, held), &held->in_row);
  unmark (self, held);
  hein_held_release (self, held);
  end_call (self, held, error);
  hein_held_free (held);
  self->roster.room_changed = TRUE; /* retries the messages that it blocked */
}

void
hein_held_take_in (HeinCore *self, HeinHeld *held)
{
  if (held->call == NULL || !hein_held_check_limit (self, NULL))
    return;
  self->held.sends_cost -= held->cost;
  self->held.held_cost += held->cost;
  end_call (self, held, NULL);
}

void
hein_held_keep_call (HeinCore *self, HeinHeld *held, gboolean is_stuck)
{
  hein_held_keep (self, held, is_stuck);
  held->call->subject = held;
  hein_calls_pend (self, held->call, cancel_send, FALSE);
}

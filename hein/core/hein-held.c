/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-hash.h>

#include "base/hein-call.h"
#include "base/hein-error-private.h"
#include "hein-budget.h"
#include "hein-calls.h"
#include "hein-core-guard.h"
#include "hein-core-state.h"
#include "hein-held.h"
#include "hein-run.h"
#include "hein-send.h"
#include "hein-filters.h"
#include "link/hein-losses.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"

/* What other threads may hand over before the bus has looked at it. */
#define INGRESS_LIMIT (8 * 1024 * 1024)
/* Of those so many are taken in before the clock is read. */
#define INGEST_CLOCK 32

/*
 * What cannot be given to anybody yet, in the order in which it was sent: for
 * want of a peer, or of room. What is for want of room stands in the way of all
 * that is sent later to one of the same peers, or else two messages would
 * arrive the wrong way round: `n_behind` of a peer says how many do. One for
 * all is a barrier for everything. What waits for a peer stands in the way of
 * what is sent later in the same way (strategy and key, or name).
 */

struct _HeinWay
{
  HeinStrategy *strategy; /* borrowed: those that wait keep it */
  char *key;              /* nullable */
  gboolean is_named;
  guint n; /* that wait */
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
  HeinWay wanted = { sending->strategy, (char *) sending->key,
                     sending->is_named, 0 };

  if (self->held.ways == NULL)
    return NULL;
  return g_hash_table_lookup (self->held.ways, &wanted);
}

static void
enter_way (HeinCore *self, HeinHeld *held)
{
  const HeinSending *sending = &held->sending;
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
  way->n++;
  held->way = way;
}

static void
leave_way (HeinCore *self, HeinHeld *held)
{
  HeinWay *way = g_steal_pointer (&held->way);

  if (--way->n == 0)
    g_hash_table_remove (self->held.ways, way);
}

/* ---- one that waits ---- */

static HeinHeld *
held_new (const HeinSending *sending)
{
  HeinHeld *self = g_new0 (HeinHeld, 1);

  hein_message_keep_sender (sending->message);
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

static gsize *
get_total (HeinCore *self, HeinHeld *held)
{
  return held->call != NULL ? &self->held.sends_cost : &self->held.held_cost;
}

/* Stands in the way of others. */
static void
mark (HeinCore *self, HeinHeld *held)
{
  if (!held->is_stuck)
    {
      enter_way (self, held);
      return;
    }
  hein_run_settle (self); /* a run goes on without asking */
  self->held.n_stuck++;
  if (held->stuck == NULL)
    self->held.n_barriers++;
  for (guint i = 0; held->stuck != NULL && i < held->stuck->len; i++)
    HEIN_PEER (g_ptr_array_index (held->stuck, i))->n_behind++;
}

static void
unmark (HeinCore *self, HeinHeld *held)
{
  if (!held->is_stuck)
    {
      leave_way (self, held);
      return;
    }
  self->held.n_stuck--;
  if (held->stuck == NULL)
    self->held.n_barriers--;
  for (guint i = 0; held->stuck != NULL && i < held->stuck->len; i++)
    HEIN_PEER (g_ptr_array_index (held->stuck, i))->n_behind--;
}

/* As the last attempt has found: for room (@is_stuck), with whom, or not. */
static void
note_stuck (HeinCore *self, HeinHeld *held, gboolean is_stuck)
{
  held->is_stuck = is_stuck;
  g_clear_pointer (&held->stuck, g_ptr_array_unref);
  if (is_stuck)
    held->stuck = g_steal_pointer (&self->held.stuck);
}

/* Takes @held: it waits behind those that do. */
static void
keep (HeinCore *self, HeinHeld *held, gboolean is_stuck)
{
  note_stuck (self, held, is_stuck);
  mark (self, held);
  *get_total (self, held) += held->cost;
  self->held.n_held++;
  g_queue_push_tail (&self->held.row, held);
}

/* Takes @held, which was taken out of the queue and out of the way. */
static void
release (HeinCore *self, HeinHeld *held)
{
  *get_total (self, held) -= held->cost;
  self->held.n_held--;
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

/* Takes @held, which was given. */
static void
finish (HeinCore *self, HeinHeld *held)
{
  if (held->call != NULL)
    end_call (self, held, NULL);
  hein_held_free (held);
}

/* Takes @held: who sent it hears of @error, or it is counted. */
static void
give_up (HeinCore *self, HeinHeld *held, const GError *error)
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

static void
give_up_closed (HeinCore *self, HeinHeld *held)
{
  g_autoptr (GError) error =
    g_error_new_literal (HEIN_ERROR, HEIN_ERROR_CLOSED,
                         "the bus was closed before there was room");

  give_up (self, held, error);
}

static gboolean
check_held_limit (HeinCore *self, GError **error)
{
  if (self->held.held_cost < self->host.settings.send_limit &&
      !hein_budget_is_over (self))
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
               "%" G_GSIZE_FORMAT
               " bytes wait for a peer already, and none is there",
               self->held.held_cost);
  return FALSE;
}

gboolean
hein_held_hold (HeinCore *self, const HeinSending *sending, GError **error)
{
  if (!check_held_limit (self, error))
    return FALSE;
  keep (self, held_new (sending), FALSE);
  return TRUE;
}

gboolean
hein_held_must_hold (HeinCore *self, const HeinSending *sending)
{
  /* sent by a protocol while it encodes: the bytes of the two would mix */
  if (self->host.encoding.link != NULL)
    {
      self->roster.targets_changed = TRUE;
      hein_core_want_turn (self);
      return TRUE;
    }
  /* sent by a strategy or transport that is given what waited */
  if (self->held.is_retrying)
    return TRUE;
  /* what waited may go by now, and then goes before what is sent now */
  hein_send_retry (self);
  return find_way (self, sending) != NULL;
}

/* ---- trying again ---- */

/* What waits for a peer is taken in, within a limit: the call ends. */
static void
take_in_call (HeinCore *self, HeinHeld *held)
{
  if (held->call == NULL || !check_held_limit (self, NULL))
    return;
  self->held.sends_cost -= held->cost;
  self->held.held_cost += held->cost;
  end_call (self, held, NULL);
}

/* TRUE: @held is done with, and was taken. FALSE: it waits on. */
static gboolean
try_again (HeinCore *self, HeinHeld *held)
{
  g_autoptr (GError) error = NULL;
  HeinTried tried = HEIN_TRIED_FAILED;

  if (held->call == NULL ||
      !g_cancellable_set_error_if_cancelled (held->call->cancellable, &error))
    tried = hein_send_try (self, &held->sending, &error);
  if (tried == HEIN_TRIED_WAITS)
    {
      note_stuck (self, held, FALSE);
      take_in_call (self, held);
      return FALSE;
    }
  if (tried == HEIN_TRIED_FAILED && !self->held.is_forcing &&
      g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK))
    {
      note_stuck (self, held, TRUE);
      return FALSE;
    }
  release (self, held);
  if (tried == HEIN_TRIED_FAILED)
    give_up (self, held, error);
  else
    finish (self, held);
  return TRUE;
}

/* Nobody else gets what has a name, and one of those is still in the way. */
static gboolean
is_hopeless (HeinCore *self, HeinHeld *held)
{
  if (self->held.is_forcing)
    return FALSE;
  if (self->held.n_barriers > 0)
    return TRUE;
  if (!held->is_stuck || !held->sending.is_named || held->stuck == NULL)
    return FALSE;
  for (guint i = 0; i < held->stuck->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (held->stuck, i);

      if (peer->is_target && (peer->is_full || peer->n_behind > 0))
        return TRUE;
    }
  return FALSE;
}

static void
unmark_all (HeinCore *self, GQueue *queue)
{
  for (GList *l = queue->head; l != NULL; l = l->next)
    unmark (self, l->data);
}

/* In order, and each in the way of those behind it as soon as it has to wait.
 * What a strategy or a transport does meanwhile does not touch what is walked:
 * what it sends waits behind all of it. */
static void
retry_held (HeinCore *self)
{
  GQueue waiting = self->held.row;
  GQueue kept = G_QUEUE_INIT;
  HeinHeld *held;

  g_queue_init (&self->held.row);
  unmark_all (self, &waiting);
  self->held.is_retrying = TRUE;
  while ((held = g_queue_pop_head (&waiting)) != NULL)
    {
      if (self->held.has_cleared_held)
        {
          release (self, held);
          give_up_closed (self, held);
        }
      else if (is_hopeless (self, held) || !try_again (self, held))
        {
          mark (self, held);
          g_queue_push_tail (&kept, held);
        }
    }
  self->held.is_retrying = FALSE;
  while ((held = g_queue_pop_head (&self->held.row)) != NULL)
    g_queue_push_tail (&kept, held);
  self->held.row = kept;
  if (self->held.has_cleared_held)
    hein_send_clear (self);
  if (self->held.sweeps_later)
    hein_loop_tell (self->host.loop, HEIN_NEWS_CANCELLED);
  self->held.sweeps_later = FALSE;
}

void
hein_send_retry (HeinCore *self)
{
  if ((!self->roster.room_changed && !self->roster.targets_changed) ||
      self->held.is_retrying)
    return;
  self->roster.room_changed = FALSE;
  self->roster.targets_changed = FALSE;
  if (self->held.n_held > 0)
    retry_held (self);
}

void
hein_held_force (HeinCore *self)
{
  self->held.is_forcing = TRUE;
  retry_held (self);
  self->held.is_forcing = FALSE;
}

/* Beyond the limit, since it was admitted once. */
void
hein_send_again (HeinCore *self,
                 HeinPeer *peer,
                 HeinStrategy *chooser,
                 HeinMessage *message,
                 HeinAudience audience)
{
  const HeinSending sending = { message, chooser, peer->name,
                                audience != HEIN_AUDIENCE_CHOSEN };

  if (self->host.is_closing)
    {
      hein_losses_count (&self->host, peer, HEIN_DROP_REASON_CLOSED, 1,
                         hein_message_size (message));
      return;
    }
  keep (self, held_new (&sending), FALSE);
  self->roster.targets_changed = TRUE;
  hein_core_want_turn (self);
}

/* ---- who waits for room by a call ---- */

static void
cancel_send (HeinCall *call, GError *error)
{
  HeinCore *self = call->owner;
  HeinHeld *held = call->subject;

  g_queue_remove (&self->held.row, held);
  unmark (self, held);
  release (self, held);
  end_call (self, held, error);
  hein_held_free (held);
  self->roster.room_changed = TRUE; /* it stood in the way of others */
}

/* Takes @held, whose call waits behind those that do. */
static void
keep_call (HeinCore *self, HeinHeld *held, gboolean is_stuck)
{
  keep (self, held, is_stuck);
  held->call->subject = held;
  hein_calls_pend (self, held->call, cancel_send, FALSE);
}

/* Takes @call. */
void
hein_send_call (HeinCore *self, HeinCall *call, HeinMessage *message)
{
  const HeinSending sending = { .message = message };
  HeinHeld *held = held_new (&sending);
  g_autoptr (GError) error = NULL;
  const HeinTried tried = hein_held_try (self, &sending, &error);

  held->call = call;
  if (tried == HEIN_TRIED_GIVEN)
    finish (self, held);
  else if (tried == HEIN_TRIED_WAITS)
    {
      keep_call (self, held, FALSE);
      take_in_call (self, held);
    }
  else if (!g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK) ||
           hein_budget_is_over (self))
    give_up (self, held, error);
  else
    keep_call (self, held, TRUE);
}

/* ---- from other threads ---- */

/* FALSE: a filter refused it, or made it too large, and it was counted. */
static gboolean
filter_posted (HeinCore *self, HeinHeld *held)
{
  HeinMessage **message = &held->sending.message;
  g_autoptr (GError) error = NULL;
  HeinMessage *filtered;

  if (self->sender.filters == NULL)
    return TRUE;
  filtered = hein_filters_send (self, *message, &error);
  if (filtered == NULL || !hein_send_check_size (self, filtered, &error))
    {
      g_clear_pointer (&filtered, hein_message_unref);
      hein_error_log (NULL, error);
      hein_losses_count (&self->host, NULL, HEIN_DROP_REASON_UNSENDABLE, 1,
                         hein_message_size (*message));
      hein_held_free (held);
      return FALSE;
    }
  hein_message_unref (*message);
  *message = filtered;
  held->cost = hein_message_get_cost (filtered);
  return TRUE;
}

/* Takes @held. */
static void
take_in (HeinCore *self, HeinHeld *held)
{
  g_autoptr (GError) error = NULL;
  const HeinTried tried = hein_held_try (self, &held->sending, &error);
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
      if (check_held_limit (self, &error))
        {
          keep (self, held, is_stuck);
          return;
        }
    }
  give_up (self, held, error);
}

/* Takes @held. */
static void
ingest_one (HeinCore *self, HeinHeld *held)
{
  if (!self->held.has_cleared_held && !filter_posted (self, held))
    return;
  /* a filter may have closed the bus */
  if (self->held.has_cleared_held)
    give_up_closed (self, held);
  else
    take_in (self, held);
}

/* What was not taken in stays in front of what came meanwhile. Without the
 * lock: whoever has it only moves data. */
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

/* FALSE: there is more. */
static gboolean
ingest (HeinCore *self, gint64 end_us)
{
  GQueue taken;
  gsize cost = 0;
  guint n = 0;

  g_mutex_lock (&self->lock);
  taken = self->held.ingress;
  g_queue_init (&self->held.ingress);
  g_mutex_unlock (&self->lock);
  while (taken.length > 0)
    {
      HeinHeld *held = g_queue_pop_head (&taken);

      cost += held->cost;
      ingest_one (self, held);
      if (++n % INGEST_CLOCK == 0 && !self->held.has_cleared_held &&
          g_get_monotonic_time () >= end_us)
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

/* Who asks within, a filter that closes the bus or a loop that a strategy runs,
 * does not take in what came later: the first one does that behind the rest. */
gboolean
hein_send_ingest (HeinCore *self, gint64 end_us)
{
  gboolean is_done;

  if (self->held.is_ingesting)
    {
      self->held.ingests_again = TRUE;
      return TRUE;
    }
  self->held.is_ingesting = TRUE;
  do
    {
      self->held.ingests_again = FALSE;
      is_done = ingest (self, end_us);
    }
  while (self->held.ingests_again && self->held.has_cleared_held);
  self->held.is_ingesting = FALSE;
  if (self->held.ingests_again)
    hein_loop_tell (self->host.loop, HEIN_NEWS_SENT);
  return is_done;
}

void
hein_send_fall_behind (HeinCore *self)
{
  g_mutex_lock (&self->lock);
  self->held.behind_until = self->held.n_posted;
  self->held.is_behind = self->held.n_ingested < self->held.n_posted;
  g_mutex_unlock (&self->lock);
}

/* All of it: the ingress is limited, and this is done once for an owner. Not
 * in a filter or a strategy, within which messages may be taken in just now. */
void
hein_send_catch_up (HeinCore *self)
{
  if (self->held.is_behind && self->sender.n_inside == 0)
    hein_send_ingest (self, G_MAXINT64);
}

gboolean
hein_send_post (HeinCore *self, const HeinSending *sending, GError **error)
{
  HeinHeld *held = held_new (sending);
  gboolean is_closed;
  gboolean is_full;

  g_mutex_lock (&self->lock);
  is_closed = g_atomic_int_get (&self->is_closed);
  is_full = self->held.ingress_cost > 0 &&
            self->held.ingress_cost + held->cost > INGRESS_LIMIT;
  if (!is_full && !is_closed)
    {
      self->held.ingress_cost += held->cost;
      g_queue_push_tail (&self->held.ingress, held);
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
hein_send_clear (HeinCore *self)
{
  HeinHeld *held;

  hein_send_ingest (self, G_MAXINT64);
  self->held.has_cleared_held = TRUE;
  while ((held = g_queue_pop_head (&self->held.row)) != NULL)
    {
      unmark (self, held);
      release (self, held);
      give_up_closed (self, held);
    }
}

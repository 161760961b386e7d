/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-behind.h"
#include "hein-budget.h"
#include "hein-calls.h"
#include "hein-core-state.h"
#include "hein-directory.h"
#include "hein-held.h"
#include "hein-peers-private.h"
#include "hein-retry.h"
#include "hein-send.h"
#include "io/hein-world.h"
#include "link/hein-losses.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"

/* Retries waiting messages in passes that keep their order. */

/* How many messages a send that goes behind them tries, or the end of a
 * turn. */
#define FEW 32
/* How many are tried before the clock is read; one with more than TARGETS_LOOK
 * targets counts for more. */
#define CLOCK        32
#define TARGETS_LOOK 16

/*
 * Waiting messages are retried in passes. A pass begins when there is more room
 * or a new peer, tries all waiting messages in order, and continues in later
 * turns if there is not enough time for all:
 *
 *   held.tried          held.row                 held.later
 *   | has to wait on |  | not tried yet     |    | sent since it began |
 *                       ^ next
 *
 * Marks (hein-held.c) of earlier passes are void, so that a pass begins without
 * touching every message. While a pass is open, every new message goes behind
 * it, and each such send also tries a few messages, so that the pass ends even
 * when nobody turns the bus. A peer that joins meanwhile gets nothing until the
 * next pass, since messages that were tried already may be for it.
 *
 * In a forced pass, messages from before the one that forced it need no room,
 * but where the transport of a peer insists on it.
 */

/* A message to a name goes to no other peers, and one of these is still
 * full. */
static gboolean
is_hopeless (HeinCore *self, HeinHeld *held)
{
  if (self->held.is_forcing || !held->is_stuck || !held->sending.is_named ||
      held->stuck == NULL)
    return FALSE;
  for (guint i = 0; i < held->stuck->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (held->stuck, i);

      if (peer->is_target && (peer->is_full || hein_behind_is (self, peer)))
        return TRUE;
    }
  return FALSE;
}

/* Returns TRUE when @held is done, and was freed; FALSE when it has to wait
 * on. */
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
      hein_held_note_stuck (self, held, FALSE);
      hein_held_take_in (self, held);
      return FALSE;
    }
  /* even a forced message waits behind a peer that has just joined, and for a
   * transport that takes nothing without room */
  if (tried == HEIN_TRIED_FAILED &&
      g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK))
    {
      hein_held_note_stuck (self, held, TRUE);
      return FALSE;
    }
  hein_held_release (self, held);
  if (tried == HEIN_TRIED_FAILED)
    hein_held_give_up (self, held, error);
  else
    hein_held_finish (self, held);
  return TRUE;
}

/* A strategy or transport that is called here cannot touch @held: what it sends
 * waits behind all others. Returns how much work this was. */
static guint
look_at (HeinCore *self, HeinHeld *held)
{
  const gboolean is_forcing = held->number <= self->held.forced_until;
  gboolean is_hopeless_now;
  gboolean is_done;

  self->held.is_forcing = is_forcing;
  self->held.number_tried = held->number;
  is_hopeless_now = is_hopeless (self, held);
  is_done = !is_hopeless_now && try_again (self, held);
  self->held.is_forcing = FALSE;
  if (!is_done && self->held.has_cleared_held)
    {
      hein_held_release (self, held);
      hein_held_give_up_closed (self, held);
    }
  else if (!is_done)
    {
      hein_held_mark (self, held);
      g_queue_push_tail_link (&self->held.tried, &held->in_row);
    }
  return is_hopeless_now ? 1
                         : 1 + self->roster.targets->array->len / TARGETS_LOOK;
}

static void
move_row (GQueue *from, GQueue *to)
{
  if (from->length == 0)
    return;
  from->head->prev = to->tail;
  if (to->tail != NULL)
    to->tail->next = from->head;
  else
    to->head = from->head;
  to->tail = from->tail;
  to->length += from->length;
  g_queue_init (from);
}

static GList *
pop_next (HeinCore *self)
{
  /* nothing passes a barrier. A message that was not tried may not have to
   * wait; it then asks for those before it to be forced in */
  if (self->held.n_barriers > 0)
    move_row (&self->held.row, &self->held.tried);
  if (self->held.row.length > 0)
    return g_queue_pop_head_link (&self->held.row);
  return g_queue_pop_head_link (&self->held.later);
}

static void
begin_pass (HeinCore *self)
{
  self->roster.room_changed = FALSE;
  self->roster.targets_changed = FALSE;
  self->held.is_passing = TRUE;
  self->held.pass++;
  self->held.n_stuck = 0;
  self->held.n_barriers = 0;
}

static void
end_pass (HeinCore *self)
{
  self->held.is_passing = FALSE;
  move_row (&self->held.tried, &self->held.row);
  if (self->held.ingress_waits)
    hein_loop_tell (self->host.loop, HEIN_NEWS_SENT);
  self->held.ingress_waits = FALSE;
}

/* Tries @n_max messages at most. */
static void
go_on (HeinCore *self, guint n_max, gint64 end_us)
{
  guint work = 0;
  GList *next = NULL;

  hein_loop_use_context (self->host.loop);
  self->held.is_retrying = TRUE;
  for (guint n = 0; n < n_max && (next = pop_next (self)) != NULL; n++)
    {
      work += look_at (self, next->data);
      if (work < CLOCK)
        continue;
      work = 0;
      if (end_us < G_MAXINT64 && hein_world_get_us () >= end_us)
        break;
    }
  self->held.is_retrying = FALSE;
  if (self->held.row.length == 0 && self->held.later.length == 0)
    end_pass (self);
  if (self->held.sweeps_later)
    hein_loop_tell (self->host.loop, HEIN_NEWS_CANCELLED);
  self->held.sweeps_later = FALSE;
}

static gboolean
may_go_on (HeinCore *self)
{
  if (self->held.is_retrying)
    return FALSE;
  if (self->held.is_passing)
    return TRUE;
  if (!self->roster.room_changed && !self->roster.targets_changed)
    return FALSE;
  begin_pass (self);
  return TRUE;
}

void
hein_retry_for (HeinCore *self, guint time_us)
{
  if (G_UNLIKELY (may_go_on (self)))
    go_on (self, G_MAXUINT, hein_world_get_us () + time_us);
}

void
hein_retry_few (HeinCore *self)
{
  if (may_go_on (self))
    go_on (self, FEW, G_MAXINT64);
}

/* Tries all messages but those that are sent meanwhile. */
void
hein_retry_all (HeinCore *self)
{
  if (may_go_on (self))
    go_on (self, self->held.row.length + self->held.later.length, G_MAXINT64);
}

/* Tries a few messages; all of them when no more could be held. */
static void
go_on_few_or_all (HeinCore *self)
{
  go_on (self, FEW, G_MAXINT64);
  if (self->held.is_passing && !hein_held_check_limit (self, NULL))
    hein_retry_all (self);
}

/* For hein-send.c: a message to a peer that never waits (its policy drops) must
 * not overtake waiting ones, so these are forced in. FALSE: the message has to
 * go behind them, in this pass or the next one. */
static gboolean
force (HeinCore *self)
{
  if (self->held.is_retrying)
    {
      /* a peer may have joined just now: then everything is tried again
       * anyway */
      if (self->roster.targets_changed)
        return FALSE;
      self->held.forced_until = self->held.number_tried - 1;
      self->roster.room_changed = TRUE;
      return FALSE;
    }
  self->held.forced_until = self->held.n_numbered;
  begin_pass (self);
  go_on_few_or_all (self);
  self->held.is_to_go_behind = self->held.is_passing;
  return !self->held.is_passing;
}

void
hein_retry_init (HeinCore *self)
{
  self->held.pass = 1;
  self->sender.clear_way = force;
}

/* ---- sending ---- */

HeinTried
hein_retry_go_behind (HeinCore *self, GError **error)
{
  self->held.is_to_go_behind = FALSE;
  g_clear_error (error);
  return HEIN_TRIED_WAITS;
}

gboolean
hein_retry_hold (HeinCore *self, const HeinSending *sending, GError **error)
{
  if (!hein_held_check_limit (self, error))
    return FALSE;
  hein_held_keep (self, hein_held_new (sending), FALSE);
  return TRUE;
}

/* Returns TRUE when nobody has the name, or had it lately: the call then fails
 * at once rather than when it is retried. */
static gboolean
is_for_nobody (HeinCore *self, const HeinSending *sending)
{
  return sending->is_named &&
         hein_message_get_reply_peer (sending->message) == NULL &&
         hein_directory_find (self, sending->key) == NULL &&
         !hein_directory_was_seen (self, sending->key);
}

gboolean
hein_retry_must_hold (HeinCore *self, const HeinSending *sending)
{
  /* a protocol sends while it encodes: the bytes of both would mix */
  if (self->host.encoding.link != NULL)
    {
      self->roster.targets_changed = TRUE;
      hein_core_want_turn (self);
      return TRUE;
    }
  /* sent by a strategy or transport that a waiting message is passed to */
  if (self->held.is_retrying)
    return TRUE;
  /* waiting messages may succeed by now, and then go before this one */
  if (may_go_on (self))
    go_on_few_or_all (self);
  if (hein_behind_overtakes (self, sending->message))
    return FALSE;
  if (self->held.is_passing || self->roster.targets_changed)
    return !is_for_nobody (self, sending);
  return hein_held_is_way_taken (self, sending);
}

void
hein_send_call (HeinCore *self, HeinCall *call, const HeinSending *sending)
{
  HeinHeld *held = hein_held_new (sending);
  g_autoptr (GError) error = NULL;
  const HeinTried tried = hein_retry_send (self, sending, &error);

  held->call = call;
  if (tried == HEIN_TRIED_GIVEN)
    hein_held_finish (self, held);
  else if (tried == HEIN_TRIED_WAITS)
    {
      hein_held_keep_call (self, held, FALSE);
      /* in a pass, it is not known yet whether the message waits for a peer */
      if (!self->held.is_passing)
        hein_held_take_in (self, held);
    }
  else if (!g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK) ||
           hein_budget_is_over (self))
    hein_held_give_up (self, held, error);
  else
    hein_held_keep_call (self, held, TRUE);
}

/* Not subject to the limit: the message was accepted once. */
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
  hein_held_keep (self, hein_held_new (&sending), FALSE);
  self->roster.targets_changed = TRUE;
  hein_core_want_turn (self);
}

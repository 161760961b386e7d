/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-asker.h"

#include <hein/hein-bus.h>

#include "base/hein-object.h"
#include "core/hein-budget.h"
#include "core/hein-calls.h"
#include "core/hein-news.h"
#include "hein-ask-choose.h"
#include "hein-ask-error.h"
#include "hein-ask-send.h"
#include "io/hein-world.h"
#include "link/hein-losses.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"
#include "message/hein-message-receive.h"
#include "plugin-api/hein-selection-private.h"

/* The requests that a bus has made, and waits for the answers of. */

static void
on_settled (HeinPeerWatch *watch, HeinPeer *peer, gboolean is_alive)
{
  HeinAsker *self = HEIN_CONTAINER (watch, HeinAsker, watch);
  HeinAskedPeer *of = is_alive ? NULL : hein_asker_find_peer (self, peer);
  HeinAskLeg *leg;

  if (of == NULL)
    return;
  while ((leg = g_queue_peek_head (&of->legs)) != NULL)
    hein_ask_leg_fail (leg,
                       g_error_new (HEIN_ERROR, HEIN_ERROR_CLOSED,
                                    leg->asked->credit > 0
                                      ? "%s went before the end of its answers"
                                      : "%s went before it answered",
                                    peer->name));
  self->found = NULL;
  g_hash_table_remove (self->peers, peer);
}

/* ---- asking ---- */

static HeinAsker *
get_asker (HeinCore *core)
{
  HeinAsker *self = core->asker;

  if (self != NULL)
    return self;
  self = g_new0 (HeinAsker, 1);
  self->core = core;
  hein_ask_table_init (&self->by_id);
  self->peers = g_hash_table_new_full (NULL, NULL, NULL, hein_asked_peer_free);
  self->next_id = hein_world_draw_number ();
  self->words = hein_ask_words_new (core);
  self->watch.settled = on_settled;
  self->watch.in_bus.data = &self->watch;
  g_queue_push_tail_link (&core->roster.watches, &self->watch.in_bus);
  core->asker = self;
  return self;
}

static gboolean
check_limits (HeinAsker *self, GPtrArray *peers, GError **error)
{
  if (self->by_id.n >= HEIN_ASKER_MAX || hein_budget_is_over (self->core))
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
                   "%u requests wait for their answers already", self->by_id.n);
      return FALSE;
    }
  for (guint i = 0; i < peers->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (peers, i);
      HeinAskedPeer *of = hein_asker_find_peer (self, peer);

      if (of == NULL || of->legs.length < HEIN_ASKER_MAX_PER_PEER)
        continue;
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
                   "%s has %u requests to answer already", peer->name,
                   of->legs.length);
      return FALSE;
    }
  return TRUE;
}

/* Called with the result for a leg that had to wait for room. */
static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  HeinAskLeg *leg = data;
  g_autoptr (HeinAsked) asked = leg->asked;
  GError *error = NULL;

  if (hein_call_finish (HEIN_CALL (result), &error) != NULL)
    return;
  if (leg->of != NULL)
    hein_ask_leg_fail (leg, error);
  else
    g_error_free (error);
}

static void
send_leg (HeinAsked *asked, HeinAskLeg *leg, HeinMessage *message)
{
  const HeinMessageAttributes ask = {
    .ask = HEIN_ASK_REQUEST,
    /* 0 is no limit there: a time that is over is told as a very short one */
    .ask_number = asked->timeout_ms < 0 ? 0 : MAX (asked->timeout_ms, 1),
    .ask_credit = asked->credit,
    .ask_id = asked->entry.id,
  };
  GError *error = NULL;
  g_autoptr (HeinMessage) request =
    hein_message_new_ask (message, leg->of->peer, &ask, NULL);
  const HeinTried tried =
    hein_ask_send (asked->core, request, on_sent, leg, &error);

  /* on_sent is called in a turn, and releases this */
  if (tried == HEIN_TRIED_WAITS)
    hein_asked_acquire (asked);
  else if (tried == HEIN_TRIED_FAILED && leg->of != NULL)
    hein_ask_leg_fail (leg, g_steal_pointer (&error));
  g_clear_error (&error);
}

/* Takes @call. Returns the number of the request. */
static guint64
ask_peers (HeinAsker *self,
           HeinCall *call,
           GPtrArray *peers,
           const HeinQuestion *question)
{
  g_autoptr (HeinAsked) asked =
    hein_asked_acquire (hein_asked_new (self, call, peers, question));

  /* so that the descriptor wakes for the time */
  hein_core_want_turn (self->core);
  for (guint i = 0; i < asked->n_legs; i++)
    if (asked->legs[i].of != NULL)
      send_leg (asked, &asked->legs[i], question->sending->message);
  return asked->entry.id;
}

static gboolean
choose (HeinCore *core,
        const HeinQuestion *question,
        HeinSelection *selection,
        GPtrArray *askable,
        GError **error)
{
  const HeinAsks needed = question->credit > 0 ? HEIN_ASKS_ALL : HEIN_ASKS_ONCE;

  if (question->asks_all)
    return hein_ask_choose_all (core, needed, askable, error);
  return hein_ask_choose (core, question->sending, needed, selection, askable,
                          error);
}

guint64
hein_asker_ask (HeinCore *core, HeinCall *call, const HeinQuestion *question)
{
  HeinAsker *self = get_asker (core);
  g_autoptr (HeinSelection) selection = g_steal_pointer (&self->selection);
  g_autoptr (GPtrArray) askable = g_steal_pointer (&self->askable);
  GError *error = NULL;
  guint64 id = 0;

  if (selection == NULL)
    selection = hein_selection_new ();
  if (askable == NULL)
    askable = g_ptr_array_new_with_free_func (hein_object_unref);
  if (choose (core, question, selection, askable, &error) &&
      check_limits (self, askable, &error))
    id = ask_peers (self, call, askable, question);
  else
    hein_calls_fail (core, call, error);
  hein_selection_clear (selection);
  g_ptr_array_set_size (askable, 0);
  /* the bus may have been disposed of meanwhile */
  if (core->asker != self || self->selection != NULL)
    return id;
  self->selection = g_steal_pointer (&selection);
  self->askable = g_steal_pointer (&askable);
  return id;
}

/* ---- answers ---- */

/* Takes ownership of @message. */
static void
end_with_answer (HeinAskLeg *leg, HeinPeer *peer, HeinMessage *message)
{
  HeinCore *core = leg->asked->core;
  HeinCall *call;

  hein_ask_leg_close (leg);
  call = hein_asked_forget (leg->asked);
  hein_message_end_ask (message);
  hein_message_keep_sender (message);
  hein_call_set_result (call, message, (GDestroyNotify) hein_message_unref);
  hein_news_deliver_ask (core, peer, HEIN_EVENT_ANSWER, call, message);
}

static HeinAskLeg *
find (HeinCore *core, HeinPeer *peer, guint64 id)
{
  HeinAsked *asked =
    core->asker != NULL ? hein_ask_table_find (&core->asker->by_id, id) : NULL;

  return asked != NULL ? hein_asked_find_leg (asked, peer) : NULL;
}

gboolean
hein_asker_awaits (HeinCore *core, HeinPeer *peer, guint64 id)
{
  return find (core, peer, id) != NULL;
}

/* One of many answers. Takes ownership of @message. */
static void
tell_reply (HeinAskLeg *leg, HeinPeer *peer, HeinMessage *message)
{
  HeinAsked *asked = leg->asked;
  HeinCall *call =
    hein_call_new (asked->core->bus, hein_asker_ask, NULL, asked->reply,
                   g_rc_box_acquire (asked->call->user_data));

  call->free_user_data = asked->call->free_user_data;
  hein_message_end_ask (message);
  hein_message_keep_sender (message);
  hein_call_set_result (call, message, (GDestroyNotify) hein_message_unref);
  hein_news_deliver_ask (asked->core, peer, HEIN_EVENT_ANSWER, call, message);
}

/* Takes an answer where many are wanted. Takes ownership of @message. */
static void
take_many (HeinAskLeg *leg, HeinPeer *peer, HeinMessage *message)
{
  const HeinAsk kind = message->extra->attributes.ask;

  if (kind == HEIN_ASK_PART && leg->credit == 0)
    {
      hein_news_count (peer, message);
      hein_message_unref (message);
      hein_ask_leg_fail (leg, g_error_new (HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                                           "%s gives more answers than it may",
                                           peer->name));
      return;
    }
  if (kind == HEIN_ASK_PART)
    leg->credit--;
  if (kind == HEIN_ASK_END)
    {
      hein_news_count (peer, message);
      hein_message_unref (message);
    }
  else
    tell_reply (leg, peer, message);
  if (kind != HEIN_ASK_PART)
    hein_ask_leg_end (leg);
}

/* An error of a peer, or what a single answer cannot be. */
static void
take_failure (HeinAskLeg *leg, HeinPeer *peer, HeinMessage *message)
{
  const HeinAsk kind = message->extra->attributes.ask;

  hein_news_count (peer, message);
  if (kind == HEIN_ASK_PART || kind == HEIN_ASK_END)
    hein_ask_leg_break (leg,
                        g_error_new (HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                                     "%s answers in parts what was asked once",
                                     peer->name));
  else
    hein_ask_leg_fail (leg, hein_ask_make_error (message));
}

gboolean
hein_asker_take (HeinCore *core, HeinPeer *peer, HeinMessage *message)
{
  g_autoptr (HeinMessage) owned = message;
  const HeinMessageAttributes *said = &message->extra->attributes;
  HeinAskLeg *leg = find (core, peer, said->ask_id);

  if (leg == NULL)
    {
      hein_losses_count (&core->host, peer, HEIN_DROP_REASON_UNHANDLED, 1,
                         hein_message_size (message));
      return FALSE;
    }
  if (said->ask == HEIN_ASK_ERROR || said->ask == HEIN_ASK_REFUSAL ||
      (said->ask != HEIN_ASK_ANSWER && leg->asked->credit == 0))
    take_failure (leg, peer, message);
  else if (leg->asked->credit > 0)
    take_many (leg, peer, g_steal_pointer (&owned));
  else
    end_with_answer (leg, peer, g_steal_pointer (&owned));
  return TRUE;
}

/* In steps of half of the credit, so that there is not a word for each
 * answer. */
void
hein_asker_give_credit (HeinCore *core, HeinPeer *peer, guint64 id)
{
  HeinAskLeg *leg = find (core, peer, id);

  if (leg == NULL || ++leg->n_owed < MAX (1, leg->asked->credit / 2))
    return;
  hein_ask_words_say (core->asker->words, peer, HEIN_ASK_CREDIT, id,
                      leg->n_owed);
  leg->credit += leg->n_owed;
  leg->n_owed = 0;
}

void
hein_asker_cancel (HeinCore *core, guint64 id)
{
  HeinAsked *asked =
    core->asker != NULL ? hein_ask_table_find (&core->asker->by_id, id) : NULL;

  if (asked != NULL)
    hein_asked_fail (asked,
                     g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                          "the request was cancelled"));
}

void
hein_asker_lose (HeinCore *core, HeinPeer *peer, guint64 id)
{
  HeinAskLeg *leg = find (core, peer, id);

  if (leg != NULL)
    hein_ask_leg_break (leg, g_error_new (HEIN_ERROR, HEIN_ERROR_FAILED,
                                          "a filter refuses an answer of %s",
                                          peer->name));
}

void
hein_asker_tell (HeinCore *core, HeinCall *call)
{
  HeinMessage *message = call->result;
  HeinPeer *peer = hein_object_ref (hein_message_sender (message));
  const gsize cost = hein_message_get_cost (message);

  hein_call_complete (call);
  hein_news_give_back (core, peer, cost, 1);
  hein_object_unref (peer);
}

guint
hein_asker_count (HeinCore *core)
{
  return core->asker != NULL ? core->asker->by_id.n : 0;
}

void
hein_asker_free (HeinCore *core)
{
  HeinAsker *self = g_steal_pointer (&core->asker);

  if (self == NULL)
    return;
  g_queue_unlink (&core->roster.watches, &self->watch.in_bus);
  hein_ask_words_free (self->words);
  hein_ask_table_clear (&self->by_id);
  g_hash_table_unref (self->peers);
  g_clear_object (&self->selection);
  g_clear_pointer (&self->askable, g_ptr_array_unref);
  g_free (self);
}

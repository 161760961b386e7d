/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-asker.h"

#include <stdlib.h>

#include <hein/hein-bus.h>

#include "base/hein-error-private.h"
#include "core/hein-budget.h"
#include "core/hein-calls.h"
#include "core/hein-news.h"
#include "hein-ask-choose.h"
#include "hein-ask-send.h"
#include "hein-ask-words.h"
#include "link/hein-losses.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-handed.h"
#include "message/hein-message-memory.h"
#include "message/hein-message-receive.h"
#include "plugin-api/hein-selection-private.h"

/* The requests that a bus has made, and waits for the answers of. */

/*
 * A request may be sent to several peers, each of which has a leg of it. If a
 * single answer is wanted, it ends with the first, or with the error of the
 * last leg. If many are wanted, it ends with the last leg, and each peer has a
 * credit: how many answers it may give before more are asked for. Its number is
 * never used again, and the first number cannot be guessed, so that an answer
 * to another bus, or to an earlier request, is not taken for one; and an answer
 * counts only when it comes from a peer that was asked.
 */

/* The cost of a request in memory-limit, and of each of its legs. */
#define REQUEST_COST 512
#define LEG_COST     64

typedef struct _Asked Asked;

/* The requests to one peer that are pending. */
typedef struct
{
  HeinPeer *peer; /* owned */
  GQueue legs;    /* Leg by in_peer */
} AskedPeer;

typedef struct
{
  Asked *asked;
  gconstpointer peer; /* whom it is of: only compared, it may be gone */
  AskedPeer *of; /* NULL once the peer has answered, or is not waited for */
  GList in_peer;
  /* where many answers are wanted */
  guint credit; /* how many may come */
  guint n_owed; /* how many have been taken, for which there is no credit yet */
} Leg;

struct _Asked
{
  guint64 id;
  HeinCore *core; /* borrowed: the call keeps the bus alive */
  HeinCall *call; /* owned; NULL once the request is over */
  HeinTimer timer;
  int timeout_ms;
  guint credit;              /* of each leg; 0: a single answer is wanted */
  GAsyncReadyCallback reply; /* gets each of many answers */
  GError *error;             /* owned, nullable: of a leg that has failed */
  guint n_ended;             /* legs that ended without an error */
  guint n_open;
  guint n_legs;
  Leg legs[]; /* sorted by peer: each of ten thousand may answer */
};

struct _HeinAsker
{
  HeinCore *core;
  GHashTable *by_id; /* borrowed guint64 -> owned Asked (rc box) */
  GHashTable *peers; /* borrowed HeinPeer -> owned AskedPeer */
  guint64 next_id;
  HeinPeerWatch watch;
  HeinAskWords *words; /* owned */

  /* reused for choosing peers; NULL while a request is choosing */
  HeinSelection *selection;
  GPtrArray *askable; /* owned HeinPeer */
};

/* ---- legs ---- */

static void
asked_peer_free (gpointer data)
{
  AskedPeer *self = data;

  g_object_unref (self->peer);
  g_free (self);
}

static AskedPeer *
get_peer (HeinAsker *self, HeinPeer *peer)
{
  AskedPeer *of = g_hash_table_lookup (self->peers, peer);

  if (of != NULL)
    return of;
  of = g_new0 (AskedPeer, 1);
  of->peer = g_object_ref (peer);
  g_hash_table_insert (self->peers, peer, of);
  return of;
}

static void
open_leg (HeinAsker *self, Asked *asked, HeinPeer *peer)
{
  Leg *leg = &asked->legs[asked->n_legs++];

  leg->asked = asked;
  leg->peer = peer;
  leg->of = get_peer (self, peer);
  leg->in_peer.data = leg;
  leg->credit = asked->credit;
  g_queue_push_tail_link (&leg->of->legs, &leg->in_peer);
  asked->n_open++;
}

static void
close_leg (Leg *leg)
{
  g_queue_unlink (&leg->of->legs, &leg->in_peer);
  leg->of = NULL;
  leg->asked->n_open--;
}

static int
compare_leg (const void *peer, const void *leg)
{
  const guintptr a = (guintptr) peer;
  const guintptr b = (guintptr) ((const Leg *) leg)->peer;

  return (a > b) - (a < b);
}

static int
compare_peers (gconstpointer a, gconstpointer b)
{
  const guintptr x = (guintptr) * (HeinPeer *const *) a;
  const guintptr y = (guintptr) * (HeinPeer *const *) b;

  return (x > y) - (x < y);
}

/* Returns the leg of @peer if it is open. */
static Leg *
find_leg (Asked *asked, HeinPeer *peer)
{
  Leg *leg =
    bsearch (peer, asked->legs, asked->n_legs, sizeof (Leg), compare_leg);

  return leg != NULL && leg->of != NULL ? leg : NULL;
}

/* ---- the end of a request ---- */

static gsize
get_cost (Asked *asked)
{
  return REQUEST_COST + asked->n_legs * LEG_COST;
}

static void
clear_asked (gpointer data)
{
  g_clear_error (&((Asked *) data)->error);
}

static void
asked_release (gpointer data)
{
  g_rc_box_release_full (data, clear_asked);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Asked, asked_release)

/* Ends a request, and cancels the legs that have not answered. Returns the
 * call, which the caller has to complete. */
static HeinCall *
forget (Asked *asked)
{
  HeinCore *core = asked->core;
  HeinAsker *self = core->asker;
  HeinCall *call = g_steal_pointer (&asked->call);

  hein_loop_disarm (core->host.loop, &asked->timer);
  for (guint i = 0; i < asked->n_legs; i++)
    if (asked->legs[i].of != NULL)
      {
        hein_ask_words_say (self->words, asked->legs[i].of->peer,
                            HEIN_ASK_CANCEL, asked->id, 0);
        close_leg (&asked->legs[i]);
      }
  g_atomic_pointer_add (&core->asks_cost, -(gssize) get_cost (asked));
  hein_calls_unpend (core, call);
  g_hash_table_remove (self->by_id, &asked->id);
  return call;
}

/* Takes ownership of @error. */
static void
fail (Asked *asked, GError *error)
{
  HeinCore *core = asked->core;

  hein_calls_fail (core, forget (asked), error);
}

/* Takes ownership of @error. Of many answers those of the other legs are
 * wanted, too, and the first error counts: but who does not serve the topic
 * need not be there if another one does. */
static void
keep_error (Asked *asked, GError *error)
{
  if (asked->credit > 0 && asked->error != NULL &&
      !g_error_matches (asked->error, HEIN_ERROR, HEIN_ERROR_NOT_SERVED))
    {
      g_error_free (error);
      return;
    }
  g_clear_error (&asked->error);
  asked->error = error;
}

/* Ends the request if this was its last leg. */
static void
check_end (Asked *asked)
{
  HeinCore *core = asked->core;

  if (asked->n_open > 0 || asked->call == NULL)
    return;
  if (asked->n_ended > 0 &&
      g_error_matches (asked->error, HEIN_ERROR, HEIN_ERROR_NOT_SERVED))
    g_clear_error (&asked->error);
  if (asked->error != NULL)
    fail (asked, g_steal_pointer (&asked->error));
  else
    hein_calls_end (core, forget (asked));
}

/* Takes ownership of @error. Other legs may still be answered. */
static void
fail_leg (Leg *leg, GError *error)
{
  Asked *asked = leg->asked;

  close_leg (leg);
  keep_error (asked, error);
  check_end (asked);
}

/* Cancels at a peer that would give more answers. */
static void
break_leg (Leg *leg, GError *error)
{
  hein_ask_words_say (leg->asked->core->asker->words, leg->of->peer,
                      HEIN_ASK_CANCEL, leg->asked->id, 0);
  fail_leg (leg, error);
}

static void
end_leg (Leg *leg)
{
  Asked *asked = leg->asked;

  close_leg (leg);
  asked->n_ended++;
  check_end (asked);
}

static void
on_expired (HeinTimer *timer, gint64 now_us)
{
  Asked *asked = HEIN_CONTAINER (timer, Asked, timer);

  fail (asked,
        g_error_new (HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
                     asked->credit > 0 ? "the answers did not end within %d ms"
                                       : "no answer within %d ms",
                     asked->timeout_ms));
}

static void
cancel (HeinCall *call, GError *error)
{
  fail (call->subject, error);
}

static void
on_settled (HeinPeerWatch *watch, HeinPeer *peer, gboolean is_alive)
{
  HeinAsker *self = HEIN_CONTAINER (watch, HeinAsker, watch);
  AskedPeer *of = is_alive ? NULL : g_hash_table_lookup (self->peers, peer);
  Leg *leg;

  if (of == NULL)
    return;
  while ((leg = g_queue_peek_head (&of->legs)) != NULL)
    fail_leg (leg, g_error_new (HEIN_ERROR, HEIN_ERROR_CLOSED,
                                leg->asked->credit > 0
                                  ? "%s went before the end of its answers"
                                  : "%s went before it answered",
                                peer->name));
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
  self->by_id =
    g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, asked_release);
  self->peers = g_hash_table_new_full (NULL, NULL, NULL, asked_peer_free);
  self->next_id = hein_ask_random ();
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
  if (g_hash_table_size (self->by_id) >= HEIN_ASKER_MAX ||
      hein_budget_is_over (self->core))
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
                   "%u requests wait for their answers already",
                   g_hash_table_size (self->by_id));
      return FALSE;
    }
  for (guint i = 0; i < peers->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (peers, i);
      AskedPeer *of = g_hash_table_lookup (self->peers, peer);

      if (of == NULL || of->legs.length < HEIN_ASKER_MAX_PER_PEER)
        continue;
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
                   "%s has %u requests to answer already", peer->name,
                   of->legs.length);
      return FALSE;
    }
  return TRUE;
}

/* Takes ownership of @call. */
static Asked *
asked_new (HeinAsker *self,
           HeinCall *call,
           GPtrArray *peers,
           const HeinQuestion *question)
{
  HeinCore *core = self->core;
  Asked *asked = g_rc_box_alloc0 (sizeof (Asked) + peers->len * sizeof (Leg));

  asked->id = self->next_id++;
  asked->core = core;
  asked->call = call;
  asked->timeout_ms = hein_message_limit_timeout (question->sending->message,
                                                  question->timeout_ms);
  asked->credit = question->credit;
  asked->reply = question->reply;
  asked->timer.expired = on_expired;
  call->subject = asked;
  g_ptr_array_sort (peers, compare_peers);
  for (guint i = 0; i < peers->len; i++)
    open_leg (self, asked, g_ptr_array_index (peers, i));
  g_atomic_pointer_add (&core->asks_cost, get_cost (asked));
  g_hash_table_insert (self->by_id, &asked->id, asked);
  hein_calls_pend (core, call, cancel, TRUE);
  if (asked->timeout_ms >= 0)
    hein_loop_arm (core->host.loop, &asked->timer,
                   hein_loop_get_now_us (core->host.loop) +
                     (gint64) asked->timeout_ms * 1000);
  return asked;
}

/* Called with the result for a leg that had to wait for room. */
static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  Leg *leg = data;
  g_autoptr (Asked) asked = leg->asked;
  GError *error = NULL;

  if (hein_call_finish (HEIN_CALL (result), &error) != NULL)
    return;
  if (leg->of != NULL)
    fail_leg (leg, error);
  else
    g_error_free (error);
}

static void
send_leg (Asked *asked, Leg *leg, HeinMessage *message)
{
  const HeinMessageAttributes ask = {
    .ask = HEIN_ASK_REQUEST,
    /* 0 is no limit there: a time that is over is told as a very short one */
    .ask_number = asked->timeout_ms < 0 ? 0 : MAX (asked->timeout_ms, 1),
    .ask_credit = asked->credit,
    .ask_id = asked->id,
  };
  GError *error = NULL;
  g_autoptr (HeinMessage) request =
    hein_message_new_ask (message, leg->of->peer, &ask, NULL);
  const HeinTried tried =
    hein_ask_send (asked->core, request, on_sent, leg, &error);

  /* on_sent is called in a turn, and releases this */
  if (tried == HEIN_TRIED_WAITS)
    g_rc_box_acquire (asked);
  else if (tried == HEIN_TRIED_FAILED && leg->of != NULL)
    fail_leg (leg, g_steal_pointer (&error));
  g_clear_error (&error);
}

/* Takes @call. Returns the number of the request. */
static guint64
ask_peers (HeinAsker *self,
           HeinCall *call,
           GPtrArray *peers,
           const HeinQuestion *question)
{
  g_autoptr (Asked) asked =
    g_rc_box_acquire (asked_new (self, call, peers, question));

  /* so that the descriptor wakes for the time */
  hein_core_want_turn (self->core);
  for (guint i = 0; i < asked->n_legs; i++)
    if (asked->legs[i].of != NULL)
      send_leg (asked, &asked->legs[i], question->sending->message);
  return asked->id;
}

static gboolean
choose (HeinCore *core,
        const HeinQuestion *question,
        HeinSelection *selection,
        GPtrArray *askable,
        GError **error)
{
  if (question->asks_all)
    return hein_ask_choose_all (core, askable, error);
  return hein_ask_choose (core, question->sending,
                          question->credit > 0 ? HEIN_ASKS_ALL : HEIN_ASKS_ONCE,
                          selection, askable, error);
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
    askable = g_ptr_array_new_with_free_func (g_object_unref);
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
end_with_answer (Leg *leg, HeinPeer *peer, HeinMessage *message)
{
  HeinCore *core = leg->asked->core;
  HeinCall *call;

  close_leg (leg);
  call = forget (leg->asked);
  hein_message_end_ask (message);
  hein_message_keep_sender (message);
  hein_call_set_result (call, message, (GDestroyNotify) hein_message_unref);
  hein_news_deliver_ask (core, peer, HEIN_EVENT_ANSWER, call, message);
}

static GError *
make_error (HeinMessage *message)
{
  const HeinMessageAttributes *said = &message->extra->attributes;
  const gboolean is_ours = said->ask == HEIN_ASK_REFUSAL;
  g_autofree char *text =
    hein_error_dup_printable ((const char *) hein_message_data (message),
                              MIN (message->size, HEIN_ASK_TEXT_MAX));

  if (!is_ours)
    return g_error_new_literal (HEIN_ANSWER_ERROR, (int) said->ask_number,
                                text);
  return g_error_new_literal (HEIN_ERROR,
                              said->ask_number <= HEIN_ERROR_FORBIDDEN
                                ? (int) said->ask_number
                                : HEIN_ERROR_FAILED,
                              text);
}

static Leg *
find (HeinCore *core, HeinPeer *peer, guint64 id)
{
  Asked *asked =
    core->asker != NULL ? g_hash_table_lookup (core->asker->by_id, &id) : NULL;

  return asked != NULL ? find_leg (asked, peer) : NULL;
}

gboolean
hein_asker_awaits (HeinCore *core, HeinPeer *peer, guint64 id)
{
  return find (core, peer, id) != NULL;
}

/* One of many answers. Takes ownership of @message. */
static void
tell_reply (Leg *leg, HeinPeer *peer, HeinMessage *message)
{
  Asked *asked = leg->asked;
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
take_many (Leg *leg, HeinPeer *peer, HeinMessage *message)
{
  const HeinAsk kind = message->extra->attributes.ask;

  if (kind == HEIN_ASK_PART && leg->credit == 0)
    {
      hein_news_count_ask (peer, message);
      hein_message_unref (message);
      fail_leg (leg,
                g_error_new (HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                             "%s gives more answers than it may", peer->name));
      return;
    }
  if (kind == HEIN_ASK_PART)
    leg->credit--;
  if (kind == HEIN_ASK_END)
    {
      hein_news_count_ask (peer, message);
      hein_message_unref (message);
    }
  else
    tell_reply (leg, peer, message);
  if (kind != HEIN_ASK_PART)
    end_leg (leg);
}

/* An error of a peer, or what a single answer cannot be. */
static void
take_failure (Leg *leg, HeinPeer *peer, HeinMessage *message)
{
  const HeinAsk kind = message->extra->attributes.ask;

  hein_news_count_ask (peer, message);
  if (kind == HEIN_ASK_PART || kind == HEIN_ASK_END)
    break_leg (leg, g_error_new (HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                                 "%s answers in parts what was asked once",
                                 peer->name));
  else
    fail_leg (leg, make_error (message));
}

gboolean
hein_asker_take (HeinCore *core, HeinPeer *peer, HeinMessage *message)
{
  g_autoptr (HeinMessage) owned = message;
  const HeinMessageAttributes *said = &message->extra->attributes;
  Leg *leg = find (core, peer, said->ask_id);

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
  Leg *leg = find (core, peer, id);

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
  Asked *asked =
    core->asker != NULL ? g_hash_table_lookup (core->asker->by_id, &id) : NULL;

  if (asked != NULL)
    fail (asked, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                      "the request was cancelled"));
}

void
hein_asker_lose (HeinCore *core, HeinPeer *peer, guint64 id)
{
  Leg *leg = find (core, peer, id);

  if (leg != NULL)
    break_leg (leg,
               g_error_new (HEIN_ERROR, HEIN_ERROR_FAILED,
                            "a filter refuses an answer of %s", peer->name));
}

void
hein_asker_tell (HeinCore *core, HeinCall *call)
{
  HeinMessage *message = call->result;
  g_autoptr (HeinPeer) peer = g_object_ref (hein_message_sender (message));
  const gsize cost = hein_message_get_cost (message);

  hein_call_complete (call);
  hein_news_give_back (core, peer, cost, 1);
}

guint
hein_asker_count (HeinCore *core)
{
  return core->asker != NULL ? g_hash_table_size (core->asker->by_id) : 0;
}

void
hein_asker_free (HeinCore *core)
{
  HeinAsker *self = g_steal_pointer (&core->asker);

  if (self == NULL)
    return;
  g_queue_unlink (&core->roster.watches, &self->watch.in_bus);
  hein_ask_words_free (self->words);
  g_hash_table_unref (self->by_id);
  g_hash_table_unref (self->peers);
  g_clear_object (&self->selection);
  g_clear_pointer (&self->askable, g_ptr_array_unref);
  g_free (self);
}

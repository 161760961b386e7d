/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-asked.h"

#include <stdlib.h>

#include <hein/hein-error.h>

#include "core/hein-calls.h"
#include "io/hein-slab.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-handed.h"

/* The life of a request: it ends once, with an answer, an error, or the last
 * of its legs. */

/* The cost of a request in memory-limit, and of each of its legs. */
#define REQUEST_COST 512
#define LEG_COST     64

/* ---- legs ---- */

void
hein_asked_peer_free (gpointer data)
{
  HeinAskedPeer *self = data;

  g_object_unref (self->peer);
  g_free (self);
}

/* One peer is asked for several times in a row. */
HeinAskedPeer *
hein_asker_find_peer (HeinAsker *self, HeinPeer *peer)
{
  if (self->found == NULL || self->found->peer != peer)
    self->found = g_hash_table_lookup (self->peers, peer);
  return self->found;
}

static HeinAskedPeer *
get_peer (HeinAsker *self, HeinPeer *peer)
{
  HeinAskedPeer *of = hein_asker_find_peer (self, peer);

  if (of != NULL)
    return of;
  of = g_new0 (HeinAskedPeer, 1);
  of->peer = g_object_ref (peer);
  g_hash_table_insert (self->peers, peer, of);
  return of;
}

static void
open_leg (HeinAsker *self, HeinAsked *asked, HeinPeer *peer)
{
  HeinAskLeg *leg = &asked->legs[asked->n_legs++];

  leg->asked = asked;
  leg->peer = peer;
  leg->of = get_peer (self, peer);
  leg->in_peer.data = leg;
  leg->credit = asked->credit;
  g_queue_push_tail_link (&leg->of->legs, &leg->in_peer);
  asked->n_open++;
}

void
hein_ask_leg_close (HeinAskLeg *leg)
{
  g_queue_unlink (&leg->of->legs, &leg->in_peer);
  leg->of = NULL;
  leg->asked->n_open--;
}

static int
compare_leg (const void *peer, const void *leg)
{
  const gconstpointer other = ((const HeinAskLeg *) leg)->peer;

  return (peer > other) - (peer < other);
}

static int
compare_peers (gconstpointer a, gconstpointer b)
{
  const gconstpointer x = *(const gconstpointer *) a;
  const gconstpointer y = *(const gconstpointer *) b;

  return (x > y) - (x < y);
}

HeinAskLeg *
hein_asked_find_leg (HeinAsked *asked, HeinPeer *peer)
{
  HeinAskLeg *leg = bsearch (peer, asked->legs, asked->n_legs,
                             sizeof (HeinAskLeg), compare_leg);

  return leg != NULL && leg->of != NULL ? leg : NULL;
}

/* ---- the end of a request ---- */

static gsize
get_cost (guint n_legs)
{
  return REQUEST_COST + n_legs * LEG_COST;
}

static gsize
get_size (guint n_legs)
{
  return sizeof (HeinAsked) + n_legs * sizeof (HeinAskLeg);
}

HeinAsked *
hein_asked_acquire (HeinAsked *self)
{
  self->n_refs++;
  return self;
}

void
hein_asked_release (HeinAsked *self)
{
  if (--self->n_refs > 0)
    return;
  g_clear_error (&self->error);
  hein_slab_free (self, get_size (self->n_legs));
}

HeinCall *
hein_asked_forget (HeinAsked *asked)
{
  HeinCore *core = asked->core;
  HeinAsker *self = core->asker;
  HeinCall *call = g_steal_pointer (&asked->call);

  hein_loop_disarm (core->host.loop, &asked->timer);
  for (guint i = 0; i < asked->n_legs; i++)
    if (asked->legs[i].of != NULL)
      {
        hein_ask_words_say (self->words, asked->legs[i].of->peer,
                            HEIN_ASK_CANCEL, asked->entry.id, 0);
        hein_ask_leg_close (&asked->legs[i]);
      }
  g_atomic_pointer_add (&core->asks_cost, -(gssize) get_cost (asked->n_legs));
  hein_calls_unpend (core, call);
  hein_ask_table_remove (&self->by_id, &asked->entry);
  hein_asked_release (asked);
  return call;
}

void
hein_asked_fail (HeinAsked *asked, GError *error)
{
  HeinCore *core = asked->core;

  hein_calls_fail (core, hein_asked_forget (asked), error);
}

/* Takes ownership of @error. Of many answers those of the other legs are
 * wanted, too, and the first error counts: but who does not serve the topic
 * need not be there if another one does. */
static void
keep_error (HeinAsked *asked, GError *error)
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
check_end (HeinAsked *asked)
{
  HeinCore *core = asked->core;

  if (asked->n_open > 0 || asked->call == NULL)
    return;
  if (asked->n_ended > 0 &&
      g_error_matches (asked->error, HEIN_ERROR, HEIN_ERROR_NOT_SERVED))
    g_clear_error (&asked->error);
  if (asked->error != NULL)
    hein_asked_fail (asked, g_steal_pointer (&asked->error));
  else
    hein_calls_end (core, hein_asked_forget (asked));
}

void
hein_ask_leg_fail (HeinAskLeg *leg, GError *error)
{
  HeinAsked *asked = leg->asked;

  hein_ask_leg_close (leg);
  keep_error (asked, error);
  check_end (asked);
}

void
hein_ask_leg_break (HeinAskLeg *leg, GError *error)
{
  hein_ask_words_say (leg->asked->core->asker->words, leg->of->peer,
                      HEIN_ASK_CANCEL, leg->asked->entry.id, 0);
  hein_ask_leg_fail (leg, error);
}

void
hein_ask_leg_end (HeinAskLeg *leg)
{
  HeinAsked *asked = leg->asked;

  hein_ask_leg_close (leg);
  asked->n_ended++;
  check_end (asked);
}

static void
on_expired (HeinTimer *timer, gint64 now_us)
{
  HeinAsked *asked = HEIN_CONTAINER (timer, HeinAsked, timer);

  hein_asked_fail (asked,
                   g_error_new (HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
                                asked->credit > 0
                                  ? "the answers did not end within %d ms"
                                  : "no answer within %d ms",
                                asked->timeout_ms));
}

static void
cancel (HeinCall *call, GError *error)
{
  hein_asked_fail (call->subject, error);
}

/* ---- the beginning ---- */

HeinAsked *
hein_asked_new (HeinAsker *self,
                HeinCall *call,
                GPtrArray *peers,
                const HeinQuestion *question)
{
  HeinCore *core = self->core;
  HeinAsked *asked = hein_slab_alloc0 (get_size (peers->len));

  asked->entry.id = self->next_id++;
  asked->n_refs = 1;
  asked->core = core;
  asked->call = call;
  asked->timeout_ms = hein_message_limit_timeout (question->sending->message,
                                                  question->timeout_ms);
  asked->credit = question->credit;
  asked->reply = question->reply;
  asked->timer.expired = on_expired;
  call->subject = asked;
  if (peers->len > 1)
    g_ptr_array_sort (peers, compare_peers);
  for (guint i = 0; i < peers->len; i++)
    open_leg (self, asked, g_ptr_array_index (peers, i));
  g_atomic_pointer_add (&core->asks_cost, get_cost (asked->n_legs));
  hein_ask_table_add (&self->by_id, &asked->entry);
  hein_calls_pend (core, call, cancel, TRUE);
  if (asked->timeout_ms >= 0)
    hein_loop_arm (core->host.loop, &asked->timer,
                   hein_loop_get_now_us (core->host.loop) +
                     (gint64) asked->timeout_ms * 1000);
  return asked;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-acknowledger.h"

#include <string.h>

#include <hein/hein-bus.h>

#include "core/hein-core-guard.h"
#include "core/hein-news.h"
#include "hein-acknowledger-peers.h"
#include "hein-ask-send.h"
#include "io/hein-world.h"
#include "link/hein-link-handled.h"
#include "link/hein-link-state.h"
#include "message/hein-message-handed.h"
#include "message/hein-message-memory.h"
#include "message/hein-message-receive.h"

/*
 * Tells the senders of messages that were delivered what became of them. The
 * messages themselves know whether they are still open (hein-message-handed.c);
 * they may be acknowledged on any thread, and long after the bus is gone, so
 * this is reference-counted. What the owner's thread acknowledges is said at
 * the end of the turn, many in one word.
 */

/* What all remembered ids may take of memory-limit. */
#define IDS_SHARE 16

/* ---- messages that come again ---- */

/* The id of a message whose sender will be known by its name when it comes
 * again; NULL: it is like no other one. To be asked when the message arrives:
 * later its connection may be gone. */
static const char *
get_id (HeinPeer *peer, HeinMessage *message)
{
  if (message->extra->notes == NULL ||
      (peer->link != NULL && peer->link->has_made_up_name))
    return NULL;
  return hein_notes_find (message->extra->notes, HEIN_ATTRIBUTE_ID);
}

/* Under the lock. */
static void
count_ids (HeinAcknowledger *self)
{
  const gsize cost = hein_handled_ids_get_cost (self->ids);

  if (self->core != NULL)
    g_atomic_pointer_add (&self->core->asks_cost,
                          (gssize) (cost - self->ids_cost));
  self->ids_cost = cost;
}

/* On the owner's thread, which may read the limit. */
static HeinHandledState
begin_id (HeinAcknowledger *self, HeinPeer *peer, const char *id)
{
  const guint64 max =
    self->core->host.settings.memory_limit / IDS_SHARE / HEIN_HANDLED_IDS_COST;
  HeinHandledState state;

  g_mutex_lock (&self->lock);
  if (self->ids == NULL)
    self->ids = hein_handled_ids_new ();
  hein_handled_ids_set_max (self->ids, MIN (max, HEIN_HANDLED_IDS_MAX));
  state =
    hein_handled_ids_begin (self->ids, peer->name, id, hein_world_get_us ());
  count_ids (self);
  g_mutex_unlock (&self->lock);
  return state;
}

static void
end_id (HeinAcknowledger *self, HeinMessage *message, gboolean is_handled)
{
  HeinPeer *peer = hein_message_sender (message);
  const char *id = hein_notes_find (message->extra->notes, HEIN_ATTRIBUTE_ID);

  if (peer == NULL)
    return;
  g_mutex_lock (&self->lock);
  hein_handled_ids_end (self->ids, peer->name, id, is_handled,
                        hein_world_get_us ());
  count_ids (self);
  g_mutex_unlock (&self->lock);
}

/* ---- telling ---- */

static void
say (HeinCore *core,
     HeinPeer *peer,
     const HeinMessageAttributes *ask,
     const char *text)
{
  g_autoptr (HeinMessage) plain =
    hein_message_new_data (NULL, (const guint8 *) text,
                           MIN (strlen (text), HEIN_ASK_TEXT_MAX));
  g_autoptr (HeinMessage) word = hein_message_new_ask (plain, peer, ask, NULL);

  /* may fail: a peer that is gone need not know */
  hein_ask_send (core, word, NULL, NULL, NULL);
}

/* Returns FALSE where that takes a message: on another thread than the owner's,
 * and if the protocol encodes those. */
static gboolean
fail_at_once (
  HeinCore *core, HeinPeer *peer, guint64 number, int code, const char *why)
{
  HeinThread *thread = hein_core_begin_work (core);
  HeinLink *link;

  if (thread == NULL)
    return FALSE;
  link = peer->handled_link;
  if (link != NULL)
    {
      g_autoptr (GError) failure = g_error_new_literal (HEIN_ERROR, code, why);

      hein_link_settle_delivery (link, number, failure);
    }
  hein_thread_end (thread);
  return link != NULL;
}

void
hein_acknowledger_say_failure (
  HeinCore *core, HeinPeer *peer, guint64 number, int code, const char *why)
{
  const HeinMessageAttributes ask = {
    .ask = HEIN_ASK_FAILURE,
    .ask_number = code & ~HEIN_HANDED_IN_DOUBT,
    .ask_credit = (code & HEIN_HANDED_IN_DOUBT) != 0,
    .ask_id = number,
  };

  if (!fail_at_once (core, peer, number, (int) ask.ask_number, why))
    say (core, peer, &ask, why);
}

/* On another thread than the owner's there is nothing to collect words in. */
static void
acknowledge_now (HeinCore *core, HeinPeer *peer, guint64 number)
{
  const HeinMessageAttributes ask = {
    .ask = HEIN_ASK_RECEIPT,
    .ask_number = 1,
    .ask_id = number,
  };

  say (core, peer, &ask, "");
}

/* On the owner's thread. */
static void
say_handled (HeinAcknowledger *self, HeinPeer *peer, guint64 number)
{
  if (G_UNLIKELY (peer->handled_link != NULL))
    hein_link_settle_delivery (peer->handled_link, number, NULL);
  else
    hein_ask_words_say (self->words, peer, HEIN_ASK_RECEIPT, number, 1);
}

static void
acknowledge (HeinAcknowledger *self,
             HeinCore *core,
             HeinPeer *peer,
             guint64 number)
{
  HeinThread *thread = hein_core_begin_work (core);

  if (thread == NULL)
    {
      acknowledge_now (core, peer, number);
      return;
    }
  say_handled (self, peer, number);
  hein_thread_end (thread);
  core->funcs->settle (core);
}

/* Until the bus has ended this, another reference to the bus exists. */
static HeinCore *
hold_core (HeinAcknowledger *self, HeinBus **bus)
{
  HeinCore *core;

  *bus = NULL;
  g_mutex_lock (&self->lock);
  core = self->core;
  if (core != NULL && core->bus != NULL)
    *bus = g_object_ref (core->bus);
  g_mutex_unlock (&self->lock);
  return core;
}

/* The message is over, whether its peer is there or not. Returns the peer that
 * is to be told. (transfer full) (nullable) */
static HeinPeer *
end_message (HeinAcknowledged *self,
             HeinMessage *message,
             int code,
             const char *why)
{
  const guint64 number = message->extra->attributes.ask_id;
  HeinPeer *peer = hein_message_sender (message);

  if (!self->resumes)
    return peer != NULL ? g_object_ref (peer) : NULL;
  g_mutex_lock (&self->owner->lock);
  if (why == NULL)
    hein_delivered_end (&self->delivered, number);
  else
    hein_delivered_fail (&self->delivered, number, code, why);
  hein_acknowledged_count (self);
  peer = self->peer != NULL ? g_object_ref (self->peer) : NULL;
  g_mutex_unlock (&self->owner->lock);
  return peer;
}

static void
tell (gpointer data, HeinMessage *message, int code, const char *why)
{
  HeinAcknowledged *self = data;
  const guint64 number = message->extra->attributes.ask_id;
  g_autoptr (HeinPeer) peer = NULL;
  g_autoptr (HeinBus) bus = NULL;
  HeinCore *core = hold_core (self->owner, &bus);

  if (core == NULL || hein_core_is_forked (core))
    return;
  peer = end_message (self, message, code, why);
  if (peer == NULL)
    return;
  if (why == NULL)
    acknowledge (self->owner, core, peer, number);
  else
    hein_acknowledger_say_failure (core, peer, number, code, why);
}

/* On the owner's thread the peer stays while it is told. */
static void
handled (gpointer data, HeinMessage *message)
{
  HeinAcknowledged *self = data;
  HeinCore *core = self->owner->core;
  HeinPeer *peer = message->sender;
  const guint64 number = message->extra->attributes.ask_id;

  /* only the owner's thread sets it to NULL */
  if (core == NULL || peer == NULL || hein_core_is_forked (core))
    return;
  if (self->resumes)
    {
      g_mutex_lock (&self->owner->lock);
      hein_delivered_end (&self->delivered, number);
      hein_acknowledged_count (self);
      peer = self->peer;
      g_mutex_unlock (&self->owner->lock);
    }
  if (peer != NULL)
    say_handled (self->owner, peer, number);
  if (!core->host.is_in_turn)
    core->funcs->settle (core);
}

static gpointer
ref_data (gpointer data)
{
  return hein_acknowledged_ref (data);
}

static void
unref_data (gpointer data)
{
  hein_acknowledged_unref (data);
}

static const HeinHandedFuncs handed_funcs = {
  ref_data,
  unref_data,
  tell,
  handled,
};

static void
tell_of_id (gpointer data, HeinMessage *message, int code, const char *why)
{
  end_id (((HeinAcknowledged *) data)->owner, message, why == NULL);
  tell (data, message, code, why);
}

static void
handled_of_id (gpointer data, HeinMessage *message)
{
  end_id (((HeinAcknowledged *) data)->owner, message, TRUE);
  handled (data, message);
}

/* Of messages whose ids are kept. */
static const HeinHandedFuncs handed_id_funcs = {
  ref_data,
  unref_data,
  tell_of_id,
  handled_of_id,
};

/* ---- the bus ---- */

HeinAcknowledger *
hein_acknowledger_get (HeinCore *core)
{
  HeinAcknowledger *self = core->acknowledger;

  if (self != NULL)
    return self;
  self = g_new0 (HeinAcknowledger, 1);
  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  self->core = core;
  self->words = hein_ask_words_new (core);
  hein_acknowledger_peers_init (self);
  core->acknowledger = self;
  return self;
}

static HeinAcknowledged *
get_from (HeinCore *core, HeinPeer *peer)
{
  return hein_acknowledger_peers_get (hein_acknowledger_get (core), peer);
}

static gboolean
note_arrival (HeinAcknowledged *from, HeinPeer *peer, guint64 number)
{
  gboolean is_new;

  if (!from->resumes)
    return TRUE;
  g_mutex_lock (&from->owner->lock);
  is_new = hein_delivered_arrive (&from->delivered, number);
  hein_acknowledged_count (from);
  g_mutex_unlock (&from->owner->lock);
  if (!is_new)
    hein_resumption_reject (peer,
                            "delivery %" G_GUINT64_FORMAT
                            " has come before, or is older than others",
                            number);
  return is_new;
}

gboolean
hein_acknowledger_note_arrival (HeinCore *core, HeinPeer *peer, guint64 number)
{
  return note_arrival (get_from (core, peer), peer, number);
}

void
hein_acknowledger_fail (
  HeinCore *core, HeinPeer *peer, guint64 number, int code, const char *why)
{
  HeinAcknowledged *from = get_from (core, peer);

  if (from->resumes)
    {
      g_mutex_lock (&from->owner->lock);
      hein_delivered_fail (&from->delivered, number, code, why);
      hein_acknowledged_count (from);
      g_mutex_unlock (&from->owner->lock);
    }
  hein_acknowledger_say_failure (core, peer, number, code, why);
}

static gboolean
is_manual (HeinCore *core)
{
  return core->host.settings.acknowledge == HEIN_ACKNOWLEDGE_MANUAL;
}

gboolean
hein_acknowledger_receive (HeinCore *core, HeinPeer *peer, HeinMessage *message)
{
  HeinAcknowledged *from = get_from (core, peer);

  if (!note_arrival (from, peer, message->extra->attributes.ask_id))
    {
      hein_message_unref (message);
      return FALSE;
    }
  hein_message_hand (message, &handed_funcs, from, is_manual (core));
  hein_news_deliver (core, peer, message);
  return TRUE;
}

static void
end_again (HeinCore *core, HeinPeer *peer, HeinMessage *message)
{
  HeinAcknowledger *self = hein_acknowledger_get (core);
  g_autoptr (HeinPeer) owned =
    end_message (hein_acknowledger_peers_get (self, peer), message, 0, NULL);

  say_handled (self, peer, message->extra->attributes.ask_id);
}

/* Answers one that has come before. Returns FALSE for one that is new. */
static gboolean
has_come_before (HeinCore *core,
                 HeinPeer *peer,
                 HeinMessage *message,
                 const char *id)
{
  HeinHandledState state = begin_id (hein_acknowledger_get (core), peer, id);

  if (state == HEIN_HANDLED_NEW)
    return FALSE;
  hein_news_count (peer, message);
  if (state == HEIN_HANDLED_DONE)
    end_again (core, peer, message);
  else
    hein_acknowledger_fail (core, peer, message->extra->attributes.ask_id,
                            HEIN_ERROR_WOULD_BLOCK,
                            "a message of the same id is being handled");
  hein_message_unref (message);
  return TRUE;
}

void
hein_acknowledger_take (HeinCore *core, HeinPeer *peer, HeinMessage *message)
{
  const char *id = get_id (peer, message);

  if (G_UNLIKELY (id != NULL) && has_come_before (core, peer, message, id))
    return;
  hein_message_end_ask (message);
  hein_message_hand (message, id != NULL ? &handed_id_funcs : &handed_funcs,
                     get_from (core, peer), is_manual (core));
  hein_news_deliver (core, peer, message);
}

void
hein_acknowledger_flush (HeinCore *core)
{
  if (core->acknowledger != NULL)
    hein_ask_words_flush (core->acknowledger->words);
}

void
hein_acknowledger_close (HeinCore *core)
{
  if (core->acknowledger != NULL)
    hein_cuts_clear (&core->acknowledger->cuts);
}

void
hein_acknowledger_end (HeinCore *core)
{
  HeinAcknowledger *self = g_steal_pointer (&core->acknowledger);

  if (self == NULL)
    return;
  hein_acknowledger_peers_clear (self);
  g_mutex_lock (&self->lock);
  g_atomic_pointer_add (&core->asks_cost, -(gssize) self->ids_cost);
  self->core = NULL;
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&self->words, hein_ask_words_free);
  hein_acknowledger_unref (self);
}

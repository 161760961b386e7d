/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-budget-private.h"
#include "hein-bus-private.h"
#include "hein-endpoint-private.h"
#include "hein-message-memory-private.h"
#include "hein-notify-private.h"
#include "hein-transport-private.h"

/* How long handlers may run before sockets are looked at again, and how long is
 * taken in what other threads send. */
#define TURN_US 2000
/* What a loss counts for while it waits to be told, in bytes. */
#define LOSS_COST 128
/* What a peer that is gone takes as long as messages of it wait, in bytes. */
#define GONE_COST 2048
/* Peers that are read again in a turn, so that it ends. */
#define RESUMED_MAX 64

/*
 * A turn of a bus: sockets, timers and the private context first, then what
 * came of it is told to the application, in order, for at most 2 ms.
 */

/* ---- what waits to be told ---- */

/* Room for one event more at least. */
void
hein_turn_grow_events (HeinBus *self)
{
  guint n = self->events_end - self->events_begin;

  if (self->events_begin > self->events_size / 2)
    memmove (self->events, self->events + self->events_begin,
             n * sizeof *self->events);
  else
    {
      guint size = MAX (64, self->events_size * 2);
      HeinEvent *events = g_new (HeinEvent, size);

      if (n > 0)
        memcpy (events, self->events + self->events_begin,
                n * sizeof *self->events);
      g_free (self->events);
      self->events = events;
      self->events_size = size;
    }
  self->events_begin = 0;
  self->events_end = n;
}

void
hein_turn_push_event (HeinBus *self,
                      HeinEventKind kind,
                      gpointer object,
                      GError *error)
{
  HeinEvent *event = hein_turn_append_event (self);

  event->kind = kind;
  event->object = object;
  event->error = error;
  hein_bus_want_turn (self);
}

static void
loss_free (HeinLoss *self)
{
  g_object_unref (self->peer);
  g_free (self);
}

void
hein_turn_clear_event (HeinEvent *event)
{
  if (event->kind == HEIN_EVENT_MESSAGE)
    hein_message_unref (event->object);
  else if (event->kind == HEIN_EVENT_LOST)
    loss_free (event->object);
  else if (event->object != NULL)
    g_object_unref (event->object);
  g_clear_error (&event->error);
}

void
hein_turn_clear_events (HeinBus *self)
{
  while (self->events_begin < self->events_end)
    hein_turn_clear_event (&self->events[self->events_begin++]);
  g_clear_pointer (&self->events, g_free);
  self->events_begin = self->events_end = self->events_size = 0;
}

/* ---- limits ---- */

/* Paused peers that are to be read again are in a row, so that a turn need not
 * look at all peers. */
static void
note_resumable (HeinBus *self, HeinPeer *peer)
{
  const gboolean is_in = peer->resumable.data != NULL;
  const gboolean may =
    peer->is_paused && peer->receive_cost <= self->receive_max / 8;

  if (may == is_in)
    return;
  peer->resumable.data = may ? peer : NULL;
  if (may)
    g_queue_push_tail_link (&self->resumable, &peer->resumable);
  else
    g_queue_unlink (&self->resumable, &peer->resumable);
}

static void
set_paused (HeinBus *self, HeinPeer *peer, gboolean paused)
{
  HeinTransportClass *class;

  if (peer->is_paused == paused || peer->transport == NULL)
    return;
  peer->is_paused = paused;
  note_resumable (self, peer);
  class = HEIN_TRANSPORT_GET_CLASS (peer->transport);
  if (class->pause != NULL)
    class->pause (peer->transport, peer, paused);
}

void
hein_turn_end_pause (HeinBus *self, HeinPeer *peer)
{
  set_paused (self, peer, FALSE);
  if (peer->receive_cost == 0)
    return;
  peer->is_charged = TRUE;
  self->receive_cost += GONE_COST;
}

void
hein_turn_pause (HeinBus *self, HeinPeer *peer)
{
  set_paused (self, peer, TRUE);
}

static void
check_share (HeinBus *self, HeinPeer *peer)
{
  if (peer->receive_cost >= self->receive_max / 4 ||
      self->receive_cost >= self->receive_max)
    set_paused (self, peer, TRUE);
}

/* What is rare about a message that came. */
void
hein_turn_deliver_slow (HeinBus *self, HeinPeer *peer, HeinMessage *message)
{
  if (peer->link == NULL)
    peer->bytes_received += hein_message_size (message);
  check_share (self, peer);
  if (self->received_topics != NULL)
    hein_topics_set (self->received_topics, peer, message);
}

/* It has a cost as messages have: a peer that skips numbers without end is read
 * no faster than the application is told. */
void
hein_turn_lose (HeinBus *self, HeinPeer *peer, guint64 first, guint64 n)
{
  HeinLoss *loss = g_new (HeinLoss, 1);

  *loss = (HeinLoss){ g_object_ref (peer), first, n };
  hein_turn_push_event (self, HEIN_EVENT_LOST, loss, NULL);
  peer->receive_cost += LOSS_COST;
  self->receive_cost += LOSS_COST;
  check_share (self, peer);
}

/* What is rare about giving back. */
static G_GNUC_NO_INLINE void
give_back_slow (HeinBus *self, HeinPeer *peer, guint n)
{
  if (peer->is_paused)
    note_resumable (self, peer);
  if (peer->is_charged && peer->receive_cost == 0)
    {
      peer->is_charged = FALSE;
      self->receive_cost -= GONE_COST;
    }
  for (; n > 0 && peer->handled_link != NULL; n--)
    hein_link_note_handled (peer->handled_link);
}

void
hein_turn_give_back (HeinBus *self, HeinPeer *peer, gsize cost, guint n)
{
  self->receive_cost -= cost;
  if (peer == NULL)
    return;
  peer->receive_cost -= cost;
  if (G_UNLIKELY (peer->is_paused || peer->is_charged ||
                  peer->handled_link != NULL))
    give_back_slow (self, peer, n);
}

void
hein_turn_resume (HeinBus *self)
{
  guint n = MIN (self->resumable.length, RESUMED_MAX);

  for (; n > 0 && self->resumable.length > 0 &&
         self->receive_cost < self->receive_max;
       n--)
    set_paused (self, g_queue_peek_head (&self->resumable), FALSE);
  if (self->resumable.length > 0 && self->receive_cost < self->receive_max)
    hein_bus_want_turn (self);
}

void
hein_turn_review_pauses (HeinBus *self)
{
  HeinPeers *peers = self->peers;

  for (guint i = 0; i < peers->array->len; i++)
    note_resumable (self, g_ptr_array_index (peers->array, i));
}

/* ---- telling the application ---- */

static void
tell_loss (HeinBus *self, HeinLoss *loss)
{
  hein_turn_give_back (self, loss->peer, LOSS_COST, 0);
  g_signal_emit (self, hein_bus_signals[HEIN_SIGNAL_MESSAGES_LOST], 0,
                 loss->peer, loss->first, loss->n);
}

static void
tell_event (HeinBus *self)
{
  HeinEvent event = self->events[self->events_begin++];

  switch (event.kind)
    {
    case HEIN_EVENT_PEER_ADDED:
      hein_peers_add (self->peers, event.object);
      HEIN_PEER (event.object)->is_announced = TRUE;
      g_signal_emit (self, hein_bus_signals[HEIN_SIGNAL_PEER_ADDED], 0,
                     event.object);
      break;
    case HEIN_EVENT_PEER_REMOVED:
      hein_peers_remove (self->peers, event.object);
      g_signal_emit (self, hein_bus_signals[HEIN_SIGNAL_PEER_REMOVED], 0,
                     event.object, event.error);
      break;
    case HEIN_EVENT_FAILED:
      g_signal_emit (self, hein_bus_signals[HEIN_SIGNAL_FAILED], 0,
                     event.object, event.error);
      break;
    case HEIN_EVENT_READY:
      g_signal_emit (self, hein_bus_signals[HEIN_SIGNAL_READY], 0);
      break;
    case HEIN_EVENT_CALL:
      hein_call_complete (event.object);
      break;
    case HEIN_EVENT_LOST:
      tell_loss (self, event.object);
      break;
    case HEIN_EVENT_MESSAGE:
    default:
      g_assert_not_reached ();
    }
  hein_turn_clear_event (&event);
}

/* Whether a message is to be told, of the inbox when somebody came for it. */
static gboolean
is_message_next (HeinBus *self)
{
  return hein_tell_has_offer (self) ||
         self->events[self->events_begin].kind == HEIN_EVENT_MESSAGE;
}

static gboolean
has_news (HeinBus *self)
{
  return self->events_begin < self->events_end || hein_tell_has_offer (self);
}

static void
tell_events (HeinBus *self, gint64 end_us)
{
  while (has_news (self))
    {
      if (is_message_next (self))
        hein_tell_messages (self, end_us);
      else
        tell_event (self);
      if (g_get_monotonic_time () >= end_us)
        break;
    }
  if (self->events_begin == self->events_end)
    self->events_begin = self->events_end = 0;
}

static void
tell_drops (HeinBus *self)
{
  g_autoptr (GHashTable) drops = g_steal_pointer (&self->drops);
  GHashTableIter iter;
  gpointer value;

  if (drops == NULL)
    return;
  g_hash_table_iter_init (&iter, drops);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      HeinDrop *drop = value;

      g_signal_emit (self, hein_bus_signals[HEIN_SIGNAL_DROPPED], 0, drop->peer,
                     drop->reason, drop->n_messages, drop->n_bytes);
    }
}

/* ---- the turn ---- */

/* What waited may go on: for somebody who is there now, for room that was made
 * by whatever wrote, or because the application has taken what came. */
static gboolean
may_go_on (HeinBus *self)
{
  return (G_UNLIKELY (self->n_held > 0) &&
          (self->room_changed || self->targets_changed)) ||
         (G_UNLIKELY (self->resumable.length > 0) &&
          self->receive_cost < self->receive_max);
}

static gboolean
must_turn (HeinBus *self)
{
  return self->wants_turn || self->events_begin < self->events_end ||
         hein_loop_has_jobs (self->loop) || hein_loop_has_news (self->loop) ||
         may_go_on (self);
}

static gboolean
has_work (HeinBus *self)
{
  return must_turn (self) || hein_tell_has_offer (self);
}

void
hein_turn_settle (HeinBus *self)
{
  if (self->is_embedded && !self->is_in_turn && !self->is_disposed)
    hein_loop_settle (self->loop, self->wants_turn || may_go_on (self));
}

gboolean
hein_turn_is_settled (HeinBus *self)
{
  if (self->is_disposed || hein_bus_is_forked (self))
    return TRUE;
  /* the source, and hein_bus_turn, look at what there is before they sleep;
   * who polls the descriptor cannot */
  if (!self->is_embedded && has_work (self))
    return TRUE;
  /* a handler that was connected for what waits in the inbox does not count:
   * nothing tells of that */
  return hein_loop_is_settled (self->loop, must_turn (self));
}

/* After the poll, so that what comes from now on makes the descriptor readable
 * again. */
static void
hear_news (HeinBus *self)
{
  const guint news = hein_loop_take_news (self->loop);

  if (G_LIKELY (news == 0))
    return;
  if (news & HEIN_NEWS_ABANDONED)
    self->is_abandoned = TRUE;
  if (news & HEIN_NEWS_SENT &&
      !hein_send_ingest (self, g_get_monotonic_time () + TURN_US))
    hein_loop_tell (self->loop, HEIN_NEWS_SENT);
  if (news & HEIN_NEWS_CANCELLED)
    hein_bus_sweep_cancelled (self);
}

static void
run_engine (HeinBus *self, gint timeout_ms)
{
  hein_loop_enter (self->loop);
  hein_loop_poll (self->loop, timeout_ms);
  hear_news (self);
  hein_send_retry (self);
  hein_budget_check (self);
  hein_loop_run_jobs (self->loop);
  hein_loop_leave (self->loop);
}

/* What handlers have sent goes out now rather than in the next turn. */
static void
run_aftermath (HeinBus *self)
{
  if (!hein_loop_has_jobs (self->loop) && self->resumable.length == 0 &&
      !self->room_changed && !hein_budget_is_over (self))
    return;
  hein_loop_enter (self->loop);
  hein_turn_resume (self);
  hein_send_retry (self);
  hein_budget_check (self);
  hein_loop_run_jobs (self->loop);
  hein_loop_leave (self->loop);
}

typedef struct
{
  GSource source;
  HeinBus *bus; /* borrowed: the source is destroyed before the bus goes */
  gpointer tag; /* of the descriptor */
  gboolean is_mute;
} TurnSource;

/* A loop that runs in a handler would find the descriptor readable, and nothing
 * that it may do about it, again and again. */
static void
mute (TurnSource *self)
{
  if (self->is_mute)
    return;
  self->is_mute = TRUE;
  g_source_modify_unix_fd (&self->source, self->tag, 0);
}

static void
unmute (HeinBus *bus)
{
  TurnSource *self = (TurnSource *) bus->source;

  if (G_LIKELY (self == NULL || !self->is_mute))
    return;
  self->is_mute = FALSE;
  g_source_modify_unix_fd (&self->source, self->tag, G_IO_IN);
}

static gboolean
has_more_to_do (HeinBus *self)
{
  return has_news (self) || self->drops != NULL || self->changed != NULL ||
         may_go_on (self);
}

void
hein_turn_run (HeinBus *self, gint timeout_ms)
{
  g_object_ref (self);
  self->is_in_turn = TRUE;
  if (has_work (self))
    timeout_ms = 0;
  self->wants_turn = FALSE;
  run_engine (self, timeout_ms);
  hein_bus_check_closed (self);
  tell_events (self, g_get_monotonic_time () + TURN_US);
  if (self->drops != NULL)
    tell_drops (self);
  if (G_UNLIKELY (self->changed != NULL))
    hein_notify_tell (self);
  if (!self->is_disposed)
    {
      run_aftermath (self);
      hein_bus_check_closed (self);
      self->wants_turn = has_more_to_do (self);
      hein_loop_settle (self->loop, self->wants_turn);
    }
  self->is_in_turn = FALSE;
  unmute (self);
  if (G_UNLIKELY (self->is_abandoned))
    hein_bus_bury (self);
  g_object_unref (self);
}

/* ---- in a GMainContext ---- */

static gboolean
turn_source_prepare (GSource *source, gint *timeout_ms)
{
  HeinBus *bus = ((TurnSource *) source)->bus;

  *timeout_ms = -1;
  if (hein_bus_is_forked (bus))
    return FALSE;
  if (bus->is_in_turn)
    {
      mute ((TurnSource *) source);
      return FALSE;
    }
  hein_bus_take_over (bus);
  return has_work (bus) || hein_loop_linger (bus->loop);
}

static gboolean
turn_source_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  HeinBus *bus = ((TurnSource *) source)->bus;

  if (bus->is_in_turn)
    return G_SOURCE_CONTINUE;
  /* a forked child shares the epoll set: what wakes it is the parent's */
  if (hein_bus_is_forked (bus))
    return G_SOURCE_REMOVE;
  hein_bus_take_over (bus);
  hein_turn_run (bus, 0);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs turn_source_funcs = {
  turn_source_prepare, NULL, turn_source_dispatch, NULL, NULL, NULL,
};

GSource *
hein_turn_source_new (HeinBus *self)
{
  GSource *source = g_source_new (&turn_source_funcs, sizeof (TurnSource));

  ((TurnSource *) source)->bus = self;
  g_source_set_static_name (source, "hein bus");
  ((TurnSource *) source)->tag =
    g_source_add_unix_fd (source, hein_loop_get_fd (self->loop), G_IO_IN);
  return source;
}

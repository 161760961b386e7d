/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/hein-call.h"
#include "core/hein-budget.h"
#include "core/hein-bus-call.h"
#include "core/hein-bus-state.h"
#include "core/hein-held.h"
#include "core/hein-losses.h"
#include "core/hein-news.h"
#include "core/hein-notify.h"
#include "core/hein-peers-private.h"
#include "hein-bus-close.h"
#include "hein-bus-owner.h"
#include "hein-bus-signals.h"
#include "hein-tell.h"
#include "hein-turn.h"
#include "message/hein-message-memory.h"
#include "transport/hein-transport-private.h"

/* How long handlers may run before sockets are looked at again, and how long is
 * taken in what other threads send. */
#define TURN_US 2000

/*
 * A turn of a bus: sockets, timers and the private context first, then what
 * came of it is told to the application, in order, for at most 2 ms.
 */

/* ---- telling the application ---- */

static void
tell_loss (HeinBus *self, HeinLoss *loss)
{
  hein_news_forget_loss (self, loss);
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
  hein_news_clear_event (&event);
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
  hein_news_resume (self);
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

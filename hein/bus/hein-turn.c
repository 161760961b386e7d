/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ask/hein-acknowledger.h"
#include "ask/hein-ask-deliver.h"
#include "ask/hein-asker.h"
#include "ask/hein-poster.h"
#include "base/hein-call.h"
#include "core/hein-budget.h"
#include "core/hein-calls.h"
#include "core/hein-core.h"
#include "core/hein-ingress.h"
#include "core/hein-news.h"
#include "core/hein-notify.h"
#include "core/hein-peers-private.h"
#include "core/hein-retry.h"
#include "hein-bus-close.h"
#include "hein-bus-owner.h"
#include "hein-bus-signals.h"
#include "hein-bus-state.h"
#include "hein-delivery.h"
#include "hein-pace.h"
#include "hein-turn.h"
#include "io/hein-world.h"
#include "link/hein-losses.h"
#include "message/hein-message-memory.h"
#include "transport/hein-transport-private.h"

/*
 * A turn of a bus: polls sockets, runs timers and the private context, and then
 * delivers the resulting events to the application, in order. Each part has a
 * time of its own and does something at least; what is left comes first in the
 * next turn. All parts together end within 5 ms, so that a main loop is not
 * held up.
 */

/* In µs; hein_loop_poll and hein_loop_run_jobs have theirs. */
#define TELL_US  1000 /* how long handlers may run */
#define HEAR_US  500  /* taking in what other threads have sent or cancelled */
#define RETRY_US 500

/* ---- telling the application ---- */

static void
tell_loss (HeinBus *self, HeinLoss *loss)
{
  hein_news_forget_loss (&self->core, loss);
  g_signal_emit (self, hein_bus_signals[HEIN_SIGNAL_MESSAGES_LOST], 0,
                 loss->peer, loss->first, loss->n);
}

static void
tell_event (HeinBus *self)
{
  HeinEvent event = self->core.news.events[self->core.news.events_begin++];

  switch (event.kind)
    {
    case HEIN_EVENT_PEER_ADDED:
      hein_peers_add (self->core.roster.peers, event.object);
      HEIN_PEER (event.object)->is_announced = TRUE;
      g_signal_emit (self, hein_bus_signals[HEIN_SIGNAL_PEER_ADDED], 0,
                     event.object);
      break;
    case HEIN_EVENT_PEER_REMOVED:
      hein_peers_remove (self->core.roster.peers, event.object);
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
      hein_call_pool_give (&self->core.spare_calls, event.object);
      return;
    case HEIN_EVENT_LATEST_GONE:
      g_signal_emit (self, hein_bus_signals[HEIN_SIGNAL_LATEST_GONE], 0,
                     event.object);
      break;
    case HEIN_EVENT_LOST:
      tell_loss (self, event.object);
      break;
    case HEIN_EVENT_ASK:
      hein_ask_tell (&self->core, event.object);
      break;
    case HEIN_EVENT_ANSWER:
      hein_asker_tell (&self->core, event.object);
      hein_call_pool_give (&self->core.spare_calls, event.object);
      return;
    case HEIN_EVENT_MESSAGE:
    default:
      g_assert_not_reached ();
    }
  hein_news_clear_event (&event);
}

/* Returns whether a message is next: an event, or one from the inbox that a
 * handler is there for now. */
static gboolean
is_message_next (HeinBus *self)
{
  return hein_delivery_is_due (self) ||
         self->core.news.events[self->core.news.events_begin].kind ==
           HEIN_EVENT_MESSAGE;
}

static gboolean
has_news (HeinBus *self)
{
  return self->core.news.events_begin < self->core.news.events_end ||
         hein_delivery_is_due (self);
}

static void
tell_events (HeinBus *self, gint64 end_us)
{
  HeinPace pace = hein_pace_begin (end_us);

  do
    {
      if (is_message_next (self))
        {
          hein_delivery_run (self, end_us);
          pace = hein_pace_begin (end_us);
        }
      else
        tell_event (self);
    }
  while (has_news (self) && !hein_pace_is_over (&pace));
  if (self->core.news.events_begin == self->core.news.events_end)
    self->core.news.events_begin = self->core.news.events_end = 0;
}

/* What handlers drop is told in the next turn. */
static void
tell_drops (HeinBus *self, gint64 end_us)
{
  HeinPace pace = hein_pace_begin (end_us);

  for (guint n = self->core.host.losses.row.length; n > 0; n--)
    {
      HeinDrop *drop = hein_losses_take (&self->core.host);

      g_signal_emit (self, hein_bus_signals[HEIN_SIGNAL_DROPPED], 0, drop->peer,
                     drop->reason, drop->n_messages, drop->n_bytes);
      hein_drop_free (drop);
      if (hein_pace_is_over (&pace))
        break;
    }
}

static gboolean
has_to_tell (HeinBus *self)
{
  return has_news (self) || self->core.host.losses.drops != NULL ||
         self->core.news.changed != NULL;
}

static void
tell (HeinBus *self)
{
  const gint64 end_us = hein_world_get_us () + TELL_US;

  if (has_news (self))
    tell_events (self, end_us);
  if (self->core.host.losses.drops != NULL)
    tell_drops (self, end_us);
  if (G_UNLIKELY (self->core.news.changed != NULL))
    hein_notify_tell (&self->core, end_us);
}

/* ---- the turn ---- */

/* Returns whether work that was blocked can continue: a message has a peer now,
 * a queue has room, there is memory again, or the application has taken
 * messages of a paused peer. */
static gboolean
may_go_on (HeinBus *self)
{
  return hein_retry_is_due (&self->core) ||
         hein_budget_has_recovered (&self->core) ||
         (G_UNLIKELY (self->core.news.resumable.length > 0) &&
          self->core.host.receive_cost < self->core.host.receive_max);
}

static gboolean
must_turn (HeinBus *self)
{
  return self->core.host.wants_turn ||
         self->core.news.events_begin < self->core.news.events_end ||
         hein_loop_has_jobs (self->core.host.loop) ||
         hein_loop_has_news (self->core.host.loop) || may_go_on (self);
}

gboolean
hein_turn_has_work (HeinBus *self)
{
  return must_turn (self) || hein_delivery_is_due (self);
}

void
hein_turn_settle (HeinBus *self)
{
  if (self->core.host.is_embedded && !self->core.host.is_in_turn &&
      !self->core.host.is_disposed)
    hein_loop_settle (self->core.host.loop,
                      self->core.host.wants_turn || may_go_on (self));
}

gboolean
hein_turn_is_settled (HeinBus *self)
{
  if (self->core.host.is_disposed || hein_core_is_forked (&self->core))
    return TRUE;
  /* the GSource and hein_bus_turn check for work before they sleep; a program
   * that polls the descriptor cannot */
  if (!self->core.host.is_embedded && hein_turn_has_work (self))
    return TRUE;
  /* messages in the inbox that a new handler would get do not count: GObject
   * does not report a connected handler, so nothing can start a turn for it */
  return hein_loop_is_settled (self->core.host.loop, must_turn (self));
}

/* Called after the poll, so that news from now on makes the descriptor readable
 * again. */
static void
hear_news (HeinBus *self)
{
  const guint news = hein_loop_take_news (self->core.host.loop);
  gint64 end_us;

  if (G_LIKELY (news == 0))
    return;
  end_us = hein_world_get_us () + HEAR_US;
  hein_loop_use_context (self->core.host.loop);
  if (news & HEIN_NEWS_ABANDONED)
    self->is_abandoned = TRUE;
  if (news & HEIN_NEWS_SENT && !hein_ingress_take_in (&self->core, end_us))
    hein_loop_tell (self->core.host.loop, HEIN_NEWS_SENT);
  if (news & HEIN_NEWS_CANCELLED && !hein_calls_sweep (&self->core, end_us))
    hein_loop_tell (self->core.host.loop, HEIN_NEWS_CANCELLED);
  if (news & HEIN_NEWS_SPOOLED)
    hein_poster_hear (&self->core);
}

static void
run_engine (HeinBus *self, int timeout_ms)
{
  hein_loop_begin (self->core.host.loop);
  hein_loop_poll (self->core.host.loop, timeout_ms);
  hear_news (self);
  hein_retry_for (&self->core, RETRY_US);
  hein_budget_check (&self->core);
  hein_loop_run_jobs (self->core.host.loop);
  hein_loop_end (self->core.host.loop);
}

/* Sends what handlers have queued now rather than in the next turn. */
static void
run_aftermath (HeinBus *self)
{
  if (!hein_loop_has_jobs (self->core.host.loop) &&
      self->core.news.resumable.length == 0 &&
      !self->core.roster.room_changed && !hein_budget_is_over (&self->core))
    return;
  hein_loop_begin (self->core.host.loop);
  if (self->core.news.resumable.length > 0)
    hein_news_resume (&self->core, hein_world_get_us () + HEIN_NEWS_RESUME_US);
  hein_retry_few (&self->core);
  hein_budget_check (&self->core);
  hein_acknowledger_flush (&self->core);
  hein_loop_run_jobs (self->core.host.loop);
  hein_loop_end (self->core.host.loop);
}

typedef struct
{
  GSource source;
  HeinBus *bus; /* borrowed: the source is destroyed before the bus goes */
  gpointer tag; /* of the descriptor in the GSource */
  gboolean is_mute;
} TurnSource;

/* A main loop that runs inside a handler would find the descriptor readable,
 * but may not turn the bus, and would spin. */
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
  return has_to_tell (self) || may_go_on (self);
}

void
hein_turn_run (HeinBus *self, int timeout_ms)
{
  g_object_ref (self);
  self->core.host.is_in_turn = TRUE;
  if (hein_turn_has_work (self))
    timeout_ms = 0;
  self->core.host.wants_turn = FALSE;
  run_engine (self, timeout_ms);
  hein_bus_check_closed (self);
  if (has_to_tell (self))
    tell (self);
  if (!self->core.host.is_disposed)
    {
      run_aftermath (self);
      hein_bus_check_closed (self);
      if (G_UNLIKELY (hein_block_get_spare_size () > 0))
        hein_core_watch_spares (&self->core);
      self->core.host.wants_turn = has_more_to_do (self);
      hein_loop_settle (self->core.host.loop, self->core.host.wants_turn);
    }
  self->core.host.is_in_turn = FALSE;
  unmute (self);
  if (G_UNLIKELY (self->is_abandoned))
    hein_bus_bury (self);
  g_object_unref (self);
}

/* ---- in a GMainContext ---- */

static gboolean
turn_source_prepare (GSource *source, int *timeout_ms)
{
  HeinBus *bus = ((TurnSource *) source)->bus;

  *timeout_ms = -1;
  if (hein_core_is_forked (&bus->core))
    return FALSE;
  if (bus->core.host.is_in_turn)
    {
      mute ((TurnSource *) source);
      return FALSE;
    }
  hein_bus_take_over (bus);
  return hein_turn_has_work (bus) || hein_loop_linger (bus->core.host.loop);
}

static gboolean
turn_source_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  HeinBus *bus = ((TurnSource *) source)->bus;

  if (bus->core.host.is_in_turn)
    return G_SOURCE_CONTINUE;
  /* parent and child share the epoll set: the events are the parent's */
  if (hein_core_is_forked (&bus->core))
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
  /* Of a source that may not recurse, GLib takes the descriptors out of its set
   * before it calls it, and puts them back after: two writes that wake it up.
   * The bus itself sees to it that it is not turned in a turn. */
  g_source_set_can_recurse (source, TRUE);
  ((TurnSource *) source)->tag =
    g_source_add_unix_fd (source, hein_loop_get_fd (self->core.host.loop),
                          G_IO_IN);
  return source;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/hein-inbox.h"
#include "core/hein-news.h"
#include "hein-bus-signals.h"
#include "hein-bus-state.h"
#include "hein-delivery.h"
#include "hein-pace.h"
#include "io/hein-world.h"
#include "link/hein-losses.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-handed.h"
#include "message/hein-message-memory.h"

/*
 * Delivers messages to the application: to its handler, to signals, or to the
 * inbox for the functions that receive.
 *
 * How a message is delivered is decided for each one at the moment of its
 * delivery; the documentation of HeinBus has the table. Messages in the inbox
 * come before those that have arrived since.
 *
 * Asking GObject whether a handler would be called costs a third of calling it.
 * So closures of C functions note that they ran (marshal_told in
 * hein-bus-signals.c): as long as the last message was seen to be delivered
 * that way, the next one is emitted without asking, and GObject is asked
 * afterwards only if no closure noted a run. Closures of scripting languages
 * note nothing: with those, GObject is asked before each message.
 */

/* The most messages in one `messages` emission. */
#define BATCH_MAX 1024

typedef struct
{
  gboolean has_any;  /* a handler is connected to every topic */
  gboolean was_told; /* a C handler ran for the last message */

  /* the topic of the last message, and its quark */
  GQuark detail;
  guint n_topic;
  char topic[HEIN_TOPIC_MAX];
} Listeners;

static void
destroy_handler (gpointer data)
{
  HeinHandler *self = data;

  if (self->destroy != NULL)
    self->destroy (self->data);
}

void
hein_handler_release (HeinHandler *self)
{
  g_rc_box_release_full (self, destroy_handler);
}

/* ---- who listens ---- */

/* Blocked handlers do not count, as they are not called. */
static gboolean
has_handler (HeinBus *self, HeinSignal signal, GQuark detail)
{
  return g_signal_has_handler_pending (self, hein_bus_signals[signal], detail,
                                       FALSE);
}

/* GObject keeps handlers with a detail apart from those without. */
static gboolean
has_listener (HeinBus *self, GQuark detail)
{
  return has_handler (self, HEIN_SIGNAL_MESSAGE, 0) ||
         (detail != 0 && has_handler (self, HEIN_SIGNAL_MESSAGE, detail));
}

/* Returns whether somebody listens to `message`, for every topic or for one. */
static gboolean
has_each (HeinBus *self)
{
  return g_signal_handler_find (self,
                                G_SIGNAL_MATCH_ID | G_SIGNAL_MATCH_UNBLOCKED,
                                hein_bus_signals[HEIN_SIGNAL_MESSAGE], 0, NULL,
                                NULL, NULL) != 0;
}

static gboolean
has_any (HeinBus *self)
{
  return self->handler != NULL || has_handler (self, HEIN_SIGNAL_MESSAGES, 0) ||
         has_each (self);
}

gboolean
hein_delivery_is_due (HeinBus *self)
{
  return self->core.news.inbox.length > 0 && has_any (self);
}

gboolean
hein_delivery_check_receiver (HeinBus *self, GError **error)
{
  if (!has_any (self))
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                       "a handler takes the messages, so none is left to "
                       "receive: disconnect or block it");
  return FALSE;
}

/* Gets the quark for the topic, which is looked up only when the topic
 * changes. */
static GQuark
find_detail (Listeners *listeners, HeinMessage *message)
{
  if (listeners->n_topic == message->topic_size &&
      hein_equal_short (listeners->topic, message->data, message->topic_size))
    return listeners->detail;
  listeners->n_topic = message->topic_size;
  memcpy (listeners->topic, message->data, message->topic_size);
  if (!listeners->has_any)
    listeners->was_told = FALSE; /* the handler may be one for the old topic */
  /* a topic from the network must not become a quark */
  listeners->detail =
    message->topic_size > 0 ? g_quark_try_string (message->data) : 0;
  return listeners->detail;
}

/* Returns FALSE when no handler was called. */
static gboolean
emit_each (HeinBus *self, HeinMessage *message, Listeners *listeners)
{
  const GQuark detail = find_detail (listeners, message);
  const gboolean is_sure = listeners->was_told;

  if (!is_sure && !has_listener (self, detail))
    return FALSE;
  self->was_told = FALSE;
  g_signal_emit (self, hein_bus_signals[HEIN_SIGNAL_MESSAGE], detail, message);
  listeners->was_told = self->was_told;
  return self->was_told || !is_sure || has_listener (self, detail);
}

/* ---- delivery ---- */

/* Takes the next event out of the array, which handlers may reallocate while
 * they run. NULL when the next event is not a message. */
static inline HeinMessage *
take_event (HeinBus *self)
{
  HeinEventRow *news = &self->core.news;
  HeinEvent *event = news->events + news->events_begin;

  if (G_UNLIKELY (news->events_begin >= news->events_end ||
                  event->kind != HEIN_EVENT_MESSAGE))
    return NULL;
  news->events_begin++;
  /* the first messages of a large read have left the cache by now */
  if (G_LIKELY (news->events_begin + 1 < news->events_end))
    __builtin_prefetch (event[2].object, 1);
  return event->object;
}

static G_ALWAYS_INLINE inline void
finish_message (HeinBus *self, HeinMessage *message)
{
  hein_news_give_back (&self->core, hein_message_sender (message),
                       hein_message_get_cost (message), 1);
  hein_message_release (message);
}

static inline HeinMessage *
take_any (HeinBus *self)
{
  if (G_UNLIKELY (self->core.news.inbox.length > 0))
    return hein_inbox_take_out (&self->core);
  return take_event (self);
}

static void
drop_late (HeinBus *self, HeinMessage *message)
{
  hein_message_fail_handed (message, HEIN_ERROR_TIMED_OUT,
                            "its time was over before a handler was free");
  hein_losses_count (&self->core.host, hein_message_sender (message),
                     HEIN_DROP_REASON_EXPIRED, 1, hein_message_size (message));
  finish_message (self, message);
}

static inline HeinMessage *
take_message (HeinBus *self)
{
  HeinMessage *message = take_any (self);

  while (G_UNLIKELY (message != NULL && message->extra != NULL) &&
         hein_message_is_late (message))
    {
      drop_late (self, message);
      message = take_any (self);
    }
  return message;
}

static inline gboolean
has_next (HeinBus *self)
{
  return self->core.news.inbox.length > 0 ||
         self->core.news.events_begin < self->core.news.events_end;
}

/* Reading the clock costs as much as delivering a message; behind the last one
 * there is nothing to put off. */
static inline gboolean
is_over (HeinBus *self, HeinPace *pace)
{
  return hein_pace_is_to_look (pace) &&
         (!has_next (self) || hein_world_get_us () >= pace->end_us);
}

static void
call_handler (HeinBus *self, gint64 end_us)
{
  HeinHandler *handler = g_rc_box_acquire (self->handler);
  HeinMessage *message = take_message (self);
  HeinPace pace = hein_pace_begin (end_us);

  while (message != NULL)
    {
      handler->func (self, message, handler->data);
      finish_message (self, message);
      if (G_UNLIKELY (self->handler != handler) || is_over (self, &pace))
        break;
      message = take_message (self);
    }
  hein_handler_release (handler);
}

static void
emit_each_of (HeinBus *self, GPtrArray *batch)
{
  Listeners listeners = { 0 };

  for (guint i = 0; i < batch->len; i++)
    emit_each (self, g_ptr_array_index (batch, i), &listeners);
}

/* Gives back the cost of a run of messages of one peer in one call. All
 * messages are released after that, as they may hold the last reference to the
 * peer. */
static void
finish_batch (HeinBus *self, GPtrArray *batch)
{
  guint begin = 0;

  while (begin < batch->len)
    {
      HeinPeer *peer = hein_message_sender (g_ptr_array_index (batch, begin));
      gsize cost = 0;
      guint i = begin;

      for (; i < batch->len; i++)
        {
          HeinMessage *message = g_ptr_array_index (batch, i);

          if (hein_message_sender (message) != peer)
            break;
          cost += hein_message_get_cost (message);
        }
      hein_news_give_back (&self->core, peer, cost, i - begin);
      begin = i;
    }
  for (guint i = 0; i < batch->len; i++)
    hein_message_release (g_ptr_array_index (batch, i));
}

static void
emit_batch (HeinBus *self)
{
  GPtrArray *batch = g_steal_pointer (&self->batch);

  if (batch == NULL)
    batch = g_ptr_array_sized_new (64);
  for (HeinMessage *message = NULL;
       batch->len < BATCH_MAX && (message = take_message (self)) != NULL;)
    g_ptr_array_add (batch, message);
  g_signal_emit (self, hein_bus_signals[HEIN_SIGNAL_MESSAGES], 0, batch);
  if (has_each (self))
    emit_each_of (self, batch);
  finish_batch (self, batch);
  g_ptr_array_set_size (batch, 0);
  if (self->batch == NULL)
    self->batch = batch;
  else
    g_ptr_array_unref (batch);
}

/* No handler was called for @message. Drops it if others listen to other
 * topics; otherwise puts it back into the inbox and returns FALSE. */
static gboolean
settle_unheard (HeinBus *self, HeinMessage *message)
{
  if (!has_each (self))
    {
      hein_inbox_put_back (&self->core, message);
      return FALSE;
    }
  hein_losses_count (&self->core.host, hein_message_sender (message),
                     HEIN_DROP_REASON_UNHANDLED, 1,
                     hein_message_size (message));
  hein_message_fail_handed (message, HEIN_ERROR_FAILED,
                            "nothing there handles the topic");
  finish_message (self, message);
  return TRUE;
}

/* Done from time to time; FALSE when the time is over. A handler may have
 * connected another one to the topic of the last message, and so made the quark
 * that was missing: looking it up for every message would cost a tenth of the
 * delivery. */
static gboolean
look_up (HeinBus *self, Listeners *listeners, gint64 end_us)
{
  if (listeners->detail == 0)
    listeners->n_topic = 0;
  return has_next (self) && hein_world_get_us () < end_us;
}

static void
emit_all (HeinBus *self, gint64 end_us)
{
  Listeners listeners = { 0 };
  HeinMessage *message = take_message (self);
  HeinPace pace = hein_pace_begin (end_us);

  listeners.has_any = has_handler (self, HEIN_SIGNAL_MESSAGE, 0);
  while (message != NULL)
    {
      if (G_LIKELY (emit_each (self, message, &listeners)))
        finish_message (self, message);
      else if (!settle_unheard (self, message))
        break;
      if (hein_pace_is_to_look (&pace) && !look_up (self, &listeners, end_us))
        break;
      message = take_message (self);
    }
}

static void
put_in_inbox (HeinBus *self)
{
  HeinMessage *message;

  while ((message = take_event (self)) != NULL)
    hein_inbox_push (&self->core, message);
}

void
hein_delivery_run (HeinBus *self, gint64 end_us)
{
  if (self->handler != NULL)
    call_handler (self, end_us);
  else if (has_handler (self, HEIN_SIGNAL_MESSAGES, 0))
    emit_batch (self);
  else if (has_each (self))
    emit_all (self, end_us);
  else
    {
      put_in_inbox (self);
      hein_inbox_serve (&self->core);
    }
}

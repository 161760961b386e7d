/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-bus.h>

#include "base/hein-call.h"
#include "base/hein-row.h"
#include "hein-calls.h"
#include "hein-core-guard.h"
#include "hein-core-state.h"
#include "hein-news.h"
#include "io/hein-world.h"

/* Begins, cancels and ends the pending calls of a bus. */

/* The clock is read once for so many that were cancelled. */
#define SWEEP_CLOCK 16

static void
on_cancelled (GCancellable *cancellable, gpointer data)
{
  HeinCall *call = data;
  HeinCore *self = call->owner;

  hein_call_note_cancelled (call);
  hein_loop_tell (self->host.loop, HEIN_NEWS_CANCELLED);
}

HeinCall *
hein_calls_begin_of (HeinCore *self,
                     gpointer source,
                     gpointer tag,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  HeinCall *call = hein_call_pool_take (&self->spare_calls, source, tag,
                                        cancellable, callback, user_data);

  call->owner = self;
  /* the call keeps the bus alive, and so the bus outlives the handler */
  if (cancellable != NULL && !hein_core_is_forked (self) &&
      !self->host.is_disposed)
    {
      call->cancelled = &self->cancelled;
      call->cancelled_id =
        g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), call,
                               NULL);
    }
  return call;
}

HeinCall *
hein_calls_begin (HeinCore *self,
                  gpointer tag,
                  GCancellable *cancellable,
                  GAsyncReadyCallback callback,
                  gpointer user_data)
{
  return hein_calls_begin_of (self, self->bus, tag, cancellable, callback,
                              user_data);
}

gboolean
hein_calls_refuse (HeinCore *self,
                   gpointer source,
                   gpointer tag,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
  GError *error = NULL;
  HeinCall *call;

  if (G_LIKELY (!self->host.is_disposed && !hein_core_is_forked (self)))
    return FALSE;
  hein_core_check_open (self, &error);
  call = hein_call_new (source, tag, NULL, callback, user_data);
  hein_call_set_error (call, error);
  hein_call_complete_later (call, self->context);
  return TRUE;
}

void
hein_calls_pend (HeinCore *self,
                 HeinCall *call,
                 void (*cancel) (HeinCall *call, GError *error),
                 gboolean ends_with_bus)
{
  call->cancel = cancel;
  call->is_pending = TRUE;
  if (ends_with_bus)
    {
      call->ending.data = call;
      hein_row_push_tail (&self->ending, &call->ending);
    }
  /* what was cancelled while it did not pend has been looked at in vain */
  if (call->cancelled != NULL && g_cancellable_is_cancelled (call->cancellable))
    on_cancelled (call->cancellable, call);
}

void
hein_calls_unpend (HeinCore *self, HeinCall *call)
{
  if (call->ending.data != NULL)
    hein_row_unlink (&self->ending, &call->ending);
  call->ending.data = NULL;
  call->is_pending = FALSE;
}

void
hein_calls_end (HeinCore *self, HeinCall *call)
{
  hein_calls_unpend (self, call);
  hein_news_push_event (self, HEIN_EVENT_CALL, call, NULL);
}

void
hein_calls_fail (HeinCore *self, HeinCall *call, GError *error)
{
  hein_call_set_error (call, error);
  hein_calls_end (self, call);
}

/* Takes one at a time, since ending one call may end others. */
gboolean
hein_calls_sweep (HeinCore *self, gint64 end_us)
{
  HeinCall *call;
  guint n = 0;

  /* a strategy may run a main loop while waiting messages are retried, and
   * calls wait for those messages: sweeps later then */
  self->held.sweeps_later = self->held.is_retrying;
  while (!self->held.is_retrying &&
         (call = hein_call_take_cancelled (&self->cancelled)) != NULL)
    {
      GError *error = NULL;

      if (call->is_pending &&
          g_cancellable_set_error_if_cancelled (call->cancellable, &error))
        call->cancel (call, error);
      if (++n % SWEEP_CLOCK == 0 && hein_world_get_us () >= end_us)
        return FALSE;
    }
  return TRUE;
}

void
hein_calls_end_all (HeinCore *self)
{
  HeinCall *call;

  while ((call = g_queue_peek_head (&self->ending)) != NULL)
    call->cancel (call, g_error_new_literal (HEIN_ERROR, HEIN_ERROR_CLOSED,
                                             "the bus is closed"));
}

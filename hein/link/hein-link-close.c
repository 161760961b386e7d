/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-endpoint.h>
#include <hein/hein-protocol.h>
#include <hein/hein-uri.h>

#include "base/hein-error-private.h"
#include "hein-link-backlog.h"
#include "hein-link-close.h"
#include "hein-link-doubt.h"
#include "hein-link-reset.h"
#include "hein-link-send.h"
#include "hein-link-state.h"
#include "hein-losses.h"
#include "hein-peer-state.h"
#include "message/hein-message-memory.h"
#include "plugin-api/hein-wire-private.h"

/* How a connection ends: at once, or after everything has been sent. */

static void
count_closed (HeinLink *self, guint64 n_messages, guint64 n_bytes)
{
  if (n_messages > 0)
    hein_losses_count (self->host, self->peer, HEIN_DROP_REASON_CLOSED,
                       n_messages, n_bytes);
}

/* Drops and counts the messages that have not been begun. */
static void
drop_unsent (HeinLink *self)
{
  guint64 n_messages = 0;
  guint64 n_bytes = 0;

  hein_queue_drop_all (&self->queue, &n_messages, &n_bytes);
  if (self->queue.ahead != NULL)
    hein_queue_drop_all (self->queue.ahead, &n_messages, &n_bytes);
  if (!self->has_given_back) /* else they were among those given back */
    count_closed (self, n_messages, n_bytes);
  hein_link_drop_backlog (self);
  hein_link_count_cost (self);
}

/* Drops and counts all messages: one that is half sent does not arrive
 * either. */
static void
drop_queued (HeinLink *self)
{
  drop_unsent (self);
  if (!self->has_given_back)
    count_closed (self, hein_queue_count_messages (&self->queue),
                  hein_queue_count_bytes (&self->queue));
}

static void
close_stream (HeinLink *self)
{
  if (self->stream == NULL)
    return;
  hein_loop_remove_watch (self->host->loop, &self->watch);
  hein_stream_close (g_steal_pointer (&self->stream));
}

/* Lets the protocol give back what the peer has not confirmed, to be sent to
 * another peer. */
static void
give_back (HeinLink *self)
{
  HeinProtocolClass *class = hein_link_get_class (self);

  if (class->lost == NULL || !self->has_begun)
    return;
  hein_loop_enter (self->host->loop);
  class->lost (self->protocol, self->wire);
  hein_loop_leave (self->host->loop);
}

/* Returns whether the peer has yet to confirm something. A protocol with `lost`
 * has given such messages back, so that they are not lost. */
static gboolean
is_unconfirmed (HeinLink *self)
{
  return self->said.is_pending && hein_link_get_class (self)->lost == NULL;
}

/* Frees the receive buffer, and ends its part in the limits of the bus. */
static void
stop_reading (HeinLink *self)
{
  self->is_deaf = TRUE;
  hein_input_clear (&self->input);
  hein_link_set_partial_cost (self, 0);
}

/* What the protocol has to say for the peer comes before its end. The link must
 * not end within this. */
static void
say_last (HeinLink *self)
{
  HeinProtocolClass *class = hein_link_get_class (self);

  if (class->leaving == NULL || !self->has_begun || self->is_leaving ||
      self->host->is_disposed)
    return;
  self->is_leaving = TRUE;
  hein_loop_enter (self->host->loop);
  class->leaving (self->protocol, self->wire);
  hein_loop_leave (self->host->loop);
  self->is_leaving = FALSE;
}

/* The only way to leave the states up to UP, and every later one: first the
 * peer leaves the bus, and the endpoint is told; in GONE nothing of the link
 * counts anywhere any more. */
static void
leave (HeinLink *self, HeinLinkState state)
{
  HeinLinkState old = self->state;

  if (old < HEIN_LINK_FINISHING)
    say_last (self);
  self->state = state;
  if (state == HEIN_LINK_GONE)
    stop_reading (self);
  if (old >= HEIN_LINK_FINISHING)
    return;
  hein_link_forget_offer (self);
  self->host->funcs->left (self, old);
  hein_link_end_entry (self);
}

/* Returns whether the end must wait, as the protocol fails while it encodes: a
 * send is iterating over the peers, which must not go before it is done. Nor is
 * the end that is about to be ended within itself. */
static gboolean
must_defer (HeinLink *self, const GError *error, bool *flag)
{
  if (G_LIKELY (self->host->encoding.link != self && !self->is_leaving))
    return FALSE;
  if (error != NULL && self->error == NULL)
    self->error = hein_error_copy_printable (error);
  *flag = TRUE;
  hein_loop_defer (self->host->loop, &self->job);
  return TRUE;
}

/* A peer may not have read what its machine has, and who is waited for in vain
 * has not said so by an end of its own. Some do not end by themselves: then
 * their protocol does not wait for long, once all is written. */
static gboolean
lacks_end (HeinLink *self)
{
  if (self->is_eof || self->said.is_over)
    return FALSE;
  if (self->must_reset || self->state == HEIN_LINK_FINISHING ||
      self->state == HEIN_LINK_CLOSING)
    return TRUE;
  return self->state == HEIN_LINK_DRAINING &&
         self->said.drain_us >= HEIN_LINK_DRAIN_US;
}

void
hein_link_abort (HeinLink *self, const GError *error)
{
  gboolean is_killed;

  if (self->state == HEIN_LINK_GONE ||
      must_defer (self, error, &self->is_broken))
    return;
  hein_link_settle (self->host);
  if (error != NULL && self->error == NULL)
    self->error = hein_error_copy_printable (error);
  if (!self->is_deaf && hein_link_has_unread (self))
    hein_link_want_reset (self);
  self->account.was_cut =
    error != NULL || self->is_broken || lacks_end (self) ||
    (self->stream != NULL && hein_stream_was_cut (self->stream));
  hein_link_review_doubt (self);
  is_killed = hein_link_count_doubt (self) > 0 && !self->goodbye.has_come &&
              (self->goodbye.is_awaited || self->account.is_confirming) &&
              (self->is_eof || error != NULL);
  /* a peer that has said goodbye may close before everything was written to
   * it */
  if (self->goodbye.has_come && self->state == HEIN_LINK_UP &&
      self->error != NULL && self->error->domain == G_IO_ERROR)
    g_clear_error (&self->error);
  hein_link_settle_doubt (self);
  leave (self, HEIN_LINK_GONE);
  give_back (self);
  if ((hein_queue_count_messages (&self->queue) > 0 ||
       hein_link_count_backlog (self) > 0 || self->has_given_back ||
       is_unconfirmed (self) || is_killed) &&
      self->host->is_closing && self->host->close_error == NULL)
    self->host->close_error =
      g_error_new (HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
                   "%s did not take all that was sent to it",
                   self->peer != NULL ? self->peer->name : "a peer");
  drop_queued (self);
  hein_wire_detach (self->wire);
  hein_link_end_handled (self);
  close_stream (self);
  hein_loop_disarm (self->host->loop, &self->timer);
  hein_loop_defer (self->host->loop, &self->job);
}

void
hein_link_lose (HeinLink *self)
{
  self->is_broken = TRUE;
  hein_loop_defer (self->host->loop, &self->job);
}

/* Returns whether closing in order has to wait: until the peer has confirmed
 * what it has to, waiting messages are sent, and arrived ones are delivered. */
static gboolean
must_finish (HeinLink *self)
{
  return self->error == NULL &&
         (self->said.is_pending || hein_link_count_backlog (self) > 0 ||
          hein_link_is_untold (self)) &&
         (self->state == HEIN_LINK_UP || self->state == HEIN_LINK_FINISHING);
}

static int
get_linger_ms (HeinLink *self)
{
  return self->linger_ms >= 0 ? self->linger_ms
                              : (int) self->host->settings.linger_ms;
}

/* Says goodbye. This tells a peer that awaits it how many of its messages were
 * taken; it counts the later ones itself. */
static void
finish (HeinLink *self)
{
  HeinProtocolClass *class = hein_link_get_class (self);

  self->goodbye.is_wanted = FALSE;
  self->goodbye.is_said = TRUE;
  if (!self->account.counts_doubt)
    hein_link_note_last (self);
  if (class->finish != NULL)
    {
      hein_loop_enter (self->host->loop);
      class->finish (self->protocol, self->wire);
      hein_loop_leave (self->host->loop);
    }
  self->goodbye.has_told_taken = self->goodbye.is_awaited;
}

/* Puts the goodbye behind the last message. TRUE: there is one to be sent. */
static gboolean
say_goodbye (HeinLink *self)
{
  if (!self->goodbye.is_wanted)
    return FALSE;
  finish (self);
  return self->state == HEIN_LINK_CLOSING &&
         !hein_queue_is_empty (&self->queue);
}

/* Writes what is left, and then ends the stream. */
static void
flush (HeinLink *self)
{
  hein_link_flush (self);
  hein_link_begin_draining (self);
}

void
hein_link_answer_goodbye (HeinLink *self)
{
  drop_unsent (self); /* or it would be sent behind the goodbye */
  finish (self);
  flush (self);
}

void
hein_link_hurry (HeinLink *self)
{
  if (self->stream == NULL)
    return;
  flush (self);
  if (self->state == HEIN_LINK_UP && self->goodbye.is_awaited &&
      hein_queue_is_empty (&self->queue))
    finish (self);
  /* flushes the goodbye, which is behind everything else */
  if (self->state < HEIN_LINK_DRAINING)
    flush (self);
}

void
hein_link_end_draining (HeinLink *self)
{
  if (self->state != HEIN_LINK_DRAINING || self->stream->n_unsent > 0)
    return;
  if (self->is_eof ||
      (self->must_reset && hein_stream_count_unsent (self->stream) == 0))
    hein_link_abort (self, NULL);
}

/* Called when everything has been sent: shuts down writing, and reads until the
 * end of the stream. Closing with unread bytes would cause a reset, which
 * discards what is on its way to the peer. One that must be reset says nothing
 * of its end, and waits until all of that has arrived. */
void
hein_link_begin_draining (HeinLink *self)
{
  if (self->state == HEIN_LINK_FINISHING && !must_finish (self))
    hein_link_close (self, NULL);
  if (self->state != HEIN_LINK_CLOSING || !hein_queue_is_empty (&self->queue) ||
      (hein_link_count_backlog (self) > 0 && !self->sending.is_held))
    return;
  /* the protocol has asked for something since, and the answer is on its way */
  if (self->said.is_pending && self->error == NULL)
    return;
  if (say_goodbye (self))
    {
      hein_loop_defer (self->host->loop, &self->job);
      return;
    }
  self->state = HEIN_LINK_DRAINING;
  self->times.received_us = hein_link_get_now_us (self);
  if (!self->must_reset)
    hein_stream_shut_down_write (self->stream);
  hein_link_rearm (self);
  hein_link_follow_stream (self);
  hein_link_end_draining (self);
}

void
hein_link_close (HeinLink *self, const GError *error)
{
  if (self->state >= HEIN_LINK_CLOSING ||
      must_defer (self, error, &self->said.wants_close))
    return;
  if (self->state == HEIN_LINK_SECURING)
    {
      hein_link_abort (self, error); /* there is nothing to close in order */
      return;
    }
  hein_link_settle (self->host);
  if (error != NULL && self->error == NULL)
    self->error = hein_error_copy_printable (error);
  if (self->state != HEIN_LINK_FINISHING)
    {
      self->goodbye.is_wanted = self->state == HEIN_LINK_UP;
      self->times.deadline_us =
        hein_link_get_now_us (self) + (gint64) get_linger_ms (self) * 1000;
    }
  /* the loss of a peer is reported when it happens, not again by closing */
  if (self->error != NULL && !self->host->is_closing)
    self->said.is_pending = FALSE;
  if (must_finish (self))
    {
      leave (self, HEIN_LINK_FINISHING);
      hein_link_rearm (self);
      return;
    }
  /* counts what still arrives, unless the stream has become unreadable */
  if (self->error != NULL || self->state < HEIN_LINK_UP)
    {
      hein_link_want_reset (self);
      stop_reading (self);
    }
  /* the backlog is not encoded any more: it is given back, or counted as
   * dropped */
  self->sending.is_held = hein_link_count_backlog (self) > 0;
  leave (self, HEIN_LINK_CLOSING);
  hein_link_update_events (self);
  hein_link_rearm (self);
  hein_loop_defer (self->host->loop, &self->job);
}

gboolean
hein_link_wait_for_answer (HeinLink *self)
{
  if (self->stream == NULL || self->is_broken || !self->goodbye.is_said ||
      self->state > HEIN_LINK_CLOSING ||
      (hein_queue_is_empty (&self->queue) && self->stream->n_unsent == 0))
    return FALSE;
  hein_link_close (self, NULL);
  self->goodbye.is_wanted = FALSE; /* it is in the queue */
  return TRUE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-protocol.h>
#include <hein/hein-uri.h>

#include "hein-bus-private.h"
#include "hein-handshakes-private.h"
#include "hein-endpoint-private.h"
#include "hein-link-parts-private.h"
#include "hein-message-private.h"
#include "hein-stream-transport-private.h"
#include "hein-transport-private.h"

/* How a connection ends: at once, or when all has gone out. */

/* What was still queued is lost, and is counted. */
static void
drop_queued (HeinLink *self)
{
  guint64 n_messages = 0;
  guint64 n_bytes = 0;

  hein_queue_drop_all (&self->queue, &n_messages, &n_bytes);
  /* a message that is half sent does not arrive either */
  n_messages += self->queue.n_messages;
  n_bytes += self->queue.cost - self->queue.n_messages * HEIN_MESSAGE_OVERHEAD;
  if (self->has_given_back)
    n_messages = n_bytes = 0; /* it was among what was given back */
  if (n_messages > 0)
    hein_bus_count_drop (self->bus, self->peer, HEIN_DROP_CLOSED, n_messages,
                         n_bytes);
  hein_link_drop_backlog (self);
  hein_budget_count_link (self);
}

static void
close_stream (HeinLink *self)
{
  if (self->stream == NULL)
    return;
  hein_loop_remove_watch (self->bus->loop, &self->watch);
  hein_stream_close (g_steal_pointer (&self->stream));
}

/* What the peer has not confirmed goes to another one, when the protocol
 * promises that. */
static void
give_back (HeinLink *self)
{
  HeinProtocolClass *class = hein_link_get_class (self);

  if (class->lost == NULL)
    return;
  class->lost (self->protocol, self->wire);
}

/* Whether something went out that the peer has not confirmed. Who gives it back
 * has done so, if it is lost. */
static gboolean
is_unconfirmed (HeinLink *self)
{
  return self->is_pending && hein_link_get_class (self)->lost == NULL;
}

/* Who is turned away has no peer that could be removed, and so no signal. */
static void
log_turned_away (HeinLink *self)
{
  GSocketAddress *address = hein_link_get_address (self);
  g_autofree char *from = NULL;
  g_autofree char *shown = NULL;

  if (self->error == NULL || self->transport == NULL)
    return;
  if (address != NULL && G_IS_INET_SOCKET_ADDRESS (address))
    from = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
  shown = hein_uri_hide_secrets (hein_endpoint_get_bound_uri (
    hein_transport_get_endpoint (HEIN_TRANSPORT (self->transport))));
  g_info ("%s: a connection from %s came to nothing: %s", shown,
          from != NULL ? from : "somebody", self->error->message);
}

/* No more messages: the peer leaves the bus, and the endpoint hears of it. */
static void
leave (HeinLink *self, HeinLinkState state)
{
  HeinLinkState old = self->state;

  self->state = state;
  /* it is read until here, and so may hold a part of a message until here */
  if (state >= HEIN_LINK_CLOSING)
    hein_link_set_partial_cost (self, 0);
  if (old >= HEIN_LINK_FINISHING)
    return;
  if (old != HEIN_LINK_UP && !self->is_dialled)
    {
      hein_handshakes_remove (self);
      log_turned_away (self);
    }
  hein_link_forget_offer (self);
  hein_stream_transport_give_place (self);
  if (self->peer != NULL && self->peer->is_up)
    hein_roster_remove (self->bus, self->peer, self->error);
  else if (self->peer != NULL)
    hein_peer_detach (self->peer);
  if (self->transport != NULL)
    hein_stream_transport_link_down (self->transport, self, self->error);
  hein_admission_review (self->bus);
}

void
hein_link_abort (HeinLink *self, const GError *error)
{
  if (self->state == HEIN_LINK_GONE)
    return;
  hein_run_settle (self->bus);
  if (error != NULL && self->error == NULL)
    self->error = g_error_copy (error);
  leave (self, HEIN_LINK_GONE);
  give_back (self);
  if ((!hein_queue_is_empty (&self->queue) || self->has_given_back ||
       is_unconfirmed (self)) &&
      self->bus->is_closing && self->bus->close_error == NULL)
    self->bus->close_error =
      g_error_new (HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
                   "%s did not take all that was sent to it",
                   self->peer != NULL ? self->peer->name : "a peer");
  drop_queued (self);
  hein_wire_detach (self->wire);
  hein_link_end_handled (self);
  close_stream (self);
  hein_loop_disarm (self->bus->loop, &self->timer);
  hein_loop_defer (self->bus->loop, &self->job);
}

/* In order: first the peer confirms what it has to, what waits for that is
 * sent, and what came is told to the application. */
static gboolean
must_finish (HeinLink *self)
{
  return self->error == NULL &&
         (self->is_pending || hein_backlog_get_length (&self->backlog) > 0 ||
          hein_link_is_untold (self)) &&
         (self->state == HEIN_LINK_UP || self->state == HEIN_LINK_FINISHING);
}

static int
get_linger_ms (HeinLink *self)
{
  int linger_ms = -1;

  if (self->transport != NULL)
    linger_ms = hein_transport_get_linger_ms (HEIN_TRANSPORT (self->transport));
  return linger_ms >= 0 ? linger_ms : (int) self->bus->linger_ms;
}

/* The goodbye goes behind the last message. TRUE: there is one, to be sent. */
static gboolean
say_goodbye (HeinLink *self)
{
  HeinProtocolClass *class = hein_link_get_class (self);

  if (!self->wants_goodbye)
    return FALSE;
  self->wants_goodbye = FALSE;
  if (class->finish != NULL)
    class->finish (self->protocol, self->wire);
  return self->state == HEIN_LINK_CLOSING &&
         !hein_queue_is_empty (&self->queue);
}

/* Everything has gone out: shuts our side and reads until the other's end,
 * because closing with unread bytes would throw away what is on its way. */
void
hein_link_begin_draining (HeinLink *self)
{
  if (self->state == HEIN_LINK_FINISHING && !must_finish (self))
    hein_link_close (self, NULL);
  if (self->state != HEIN_LINK_CLOSING || !hein_queue_is_empty (&self->queue) ||
      (hein_backlog_get_length (&self->backlog) > 0 && !self->is_held))
    return;
  if (say_goodbye (self))
    {
      hein_loop_defer (self->bus->loop, &self->job);
      return;
    }
  self->state = HEIN_LINK_DRAINING;
  self->received_us = hein_link_get_now_us (self);
  hein_stream_shut_down_write (self->stream);
  hein_link_rearm (self);
  if (self->is_eof)
    hein_link_abort (self, NULL);
}

void
hein_link_close (HeinLink *self, const GError *error)
{
  if (self->state >= HEIN_LINK_CLOSING)
    return;
  hein_run_settle (self->bus);
  if (error != NULL && self->error == NULL)
    self->error = g_error_copy (error);
  if (self->state != HEIN_LINK_FINISHING)
    {
      self->wants_goodbye = self->state == HEIN_LINK_UP;
      self->deadline_us =
        hein_link_get_now_us (self) + (gint64) get_linger_ms (self) * 1000;
    }
  /* who loses a peer is told of it then, and not once more by closing */
  if (self->error != NULL && !self->bus->is_closing)
    self->is_pending = FALSE;
  if (must_finish (self))
    {
      leave (self, HEIN_LINK_FINISHING);
      hein_link_rearm (self);
      return;
    }
  /* what waits is not encoded any more: it is given back, or counted */
  self->is_held = hein_backlog_get_length (&self->backlog) > 0;
  leave (self, HEIN_LINK_CLOSING);
  hein_input_clear (&self->input);
  hein_link_update_events (self);
  hein_link_rearm (self);
  hein_loop_defer (self->bus->loop, &self->job);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-link-private.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <hein/hein-protocol.h>
#include <hein/hein-uri.h>

#include "hein-bus-private.h"
#include "hein-endpoint-private.h"
#include "hein-message-private.h"
#include "hein-stream-transport-private.h"
#include "hein-transport-private.h"

#define PROGRESS_TIMEOUT_US (30 * G_USEC_PER_SEC)
/* A message that has begun comes at this rate at least, looked at every 30 s. */
#define ARRIVAL_CHECK_US    (30 * G_USEC_PER_SEC)
#define ARRIVAL_BYTES_PER_S 1024
/* A timer that comes so late says that this process did not run. */
#define LATE_US          G_USEC_PER_SEC
#define PROBE_TIMEOUT_US G_USEC_PER_SEC
/* longer than living peers are quiet: theirs is a heartbeat every 5 s */
#define DRAIN_QUIET_US (10 * G_USEC_PER_SEC)

static HeinLink *
from_watch (HeinWatch *watch)
{
  return (HeinLink *) ((char *) watch - G_STRUCT_OFFSET (HeinLink, watch));
}

static HeinLink *
from_timer (HeinTimer *timer)
{
  return (HeinLink *) ((char *) timer - G_STRUCT_OFFSET (HeinLink, timer));
}

static HeinLink *
from_job (HeinJob *job)
{
  return (HeinLink *) ((char *) job - G_STRUCT_OFFSET (HeinLink, job));
}

static gint64
get_now_us (HeinLink *self)
{
  return hein_loop_get_now_us (self->bus->loop);
}

static HeinProtocolClass *
get_class (HeinLink *self)
{
  return HEIN_PROTOCOL_GET_CLASS (self->protocol);
}

static gboolean
is_reading (HeinLink *self)
{
  return self->peer == NULL || !self->peer->is_paused ||
         self->state >= HEIN_LINK_FINISHING;
}

void
hein_link_update_events (HeinLink *self)
{
  guint32 events = 0;

  if (self->stream == NULL)
    return;
  if (is_reading (self) && !self->is_eof)
    events |= EPOLLIN;
  if (self->is_blocked)
    events |= EPOLLOUT;
  hein_loop_set_events (self->bus->loop, &self->watch,
                        events | hein_stream_get_wants (self->stream));
}

static void
set_partial_cost (HeinLink *self, gsize cost)
{
  HeinBus *bus = self->bus;

  bus->partial_cost = bus->partial_cost - self->partial_cost + cost;
  self->partial_cost = cost;
  if (cost == 0)
    self->partial_since_us = 0;
  else if (self->partial_since_us == 0)
    self->partial_since_us = get_now_us (self);
}

/* What waited for the protocol: it goes to another peer when the protocol
 * promises that, else it is lost, and is counted. */
static void
drop_waiting (HeinLink *self)
{
  const gboolean is_given_back = get_class (self)->lost != NULL;

  while (!g_queue_is_empty (&self->waiting))
    {
      HeinWaiting *waiting = g_queue_pop_head (&self->waiting);

      if (is_given_back)
        hein_link_wire_funcs.give_back (self, waiting->message,
                                        waiting->audience);
      else
        hein_bus_count_drop (self->bus, self->peer, HEIN_DROP_CLOSED, 1,
                             hein_message_size (waiting->message));
      hein_waiting_free (waiting);
    }
  self->waiting_cost = 0;
}

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
  drop_waiting (self);
  if (self->dirty != NULL)
    {
      n_messages += self->dirty->order.length;
      n_bytes +=
        self->dirty->cost - self->dirty->order.length * HEIN_MESSAGE_OVERHEAD;
      g_queue_clear (&self->dirty->order);
      g_hash_table_remove_all (self->dirty->values);
      self->dirty->cost = 0;
    }
  if (n_messages > 0)
    hein_bus_count_drop (self->bus, self->peer, HEIN_DROP_CLOSED, n_messages,
                         n_bytes);
}

static void
close_stream (HeinLink *self)
{
  if (self->stream == NULL)
    return;
  hein_loop_remove_watch (self->bus->loop, &self->watch);
  hein_stream_close (g_steal_pointer (&self->stream));
}

static void
forget_offer (HeinLink *self)
{
  if (self->is_offered)
    self->bus->n_offers--;
  self->is_offered = FALSE;
}

/* What the peer has not confirmed goes to another one, when the protocol
 * promises that. */
static void
give_back (HeinLink *self)
{
  HeinProtocolClass *class = get_class (self);

  if (class->lost == NULL)
    return;
  class->lost (self->protocol, self->wire);
}

/* Whether something went out that the peer has not confirmed. Who gives it back
 * has done so, if it is lost. */
static gboolean
is_unconfirmed (HeinLink *self)
{
  return self->is_pending && get_class (self)->lost == NULL;
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
  if (old >= HEIN_LINK_FINISHING)
    return;
  if (old != HEIN_LINK_UP && !self->is_dialled)
    {
      self->bus->n_handshakes--;
      log_turned_away (self);
    }
  set_partial_cost (self, 0);
  forget_offer (self);
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
  close_stream (self);
  hein_loop_disarm (self->bus->loop, &self->timer);
  hein_loop_defer (self->bus->loop, &self->job);
}

/* In order: first the peer confirms what it has to, and what waits for that is
 * sent. */
static gboolean
must_finish (HeinLink *self)
{
  return self->error == NULL &&
         (self->is_pending || self->waiting.length > 0) &&
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
  HeinProtocolClass *class = get_class (self);

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
      (self->waiting.length > 0 && !self->is_held))
    return;
  if (say_goodbye (self))
    {
      hein_loop_defer (self->bus->loop, &self->job);
      return;
    }
  self->state = HEIN_LINK_DRAINING;
  self->received_us = get_now_us (self);
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
        get_now_us (self) + (gint64) get_linger_ms (self) * 1000;
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
  self->is_held = self->waiting.length > 0;
  leave (self, HEIN_LINK_CLOSING);
  hein_input_clear (&self->input);
  hein_link_update_events (self);
  hein_link_rearm (self);
  hein_loop_defer (self->bus->loop, &self->job);
}

/* The memory of a link goes when none of its callbacks is running. */
static void
free_link (HeinLink *self)
{
  HeinBus *bus = self->bus;

  hein_loop_disarm (bus->loop, &self->timer);
  hein_loop_cancel (bus->loop, &self->job);
  g_queue_unlink (&bus->links, &self->in_bus);
  if (self->transport != NULL)
    hein_stream_transport_link_gone (self->transport, self);
  hein_queue_clear (&self->queue);
  g_queue_clear_full (&self->waiting, (GDestroyNotify) hein_waiting_free);
  hein_input_clear (&self->input);
  if (self->dirty != NULL)
    {
      g_queue_clear (&self->dirty->order);
      g_hash_table_unref (self->dirty->values);
      g_free (self->dirty);
    }
  hein_wire_detach (self->wire);
  g_object_unref (self->wire);
  g_object_unref (self->protocol);
  g_clear_object (&self->peer);
  g_clear_object (&self->chooser);
  g_clear_object (&self->address);
  g_clear_error (&self->error);
  g_free (self->offered_name);
  g_clear_pointer (&self->offered_identity, g_bytes_unref);
  g_free (self->instance);
  g_free (self);
}

void
hein_link_destroy (HeinLink *self, gboolean is_fork)
{
  if (is_fork && self->stream != NULL)
    {
      /* not through the loop: its epoll set is shared with the parent */
      hein_stream_close (g_steal_pointer (&self->stream));
      self->state = HEIN_LINK_GONE;
      self->transport = NULL;
    }
  else
    hein_link_abort (self, NULL);
  free_link (self);
}

/* ---- receiving ---- */

static void
fail (HeinLink *self, int code, const char *text)
{
  g_autoptr (GError) error = g_error_new_literal (HEIN_ERROR, code, text);

  hein_link_close (self, error);
}

/* Gives the protocol what is there, until it wants no more of it. */
static void
consume (HeinLink *self)
{
  HeinProtocolClass *class = get_class (self);

  while (self->state < HEIN_LINK_CLOSING)
    {
      gsize size = hein_input_get_size (&self->input);
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GError) error = NULL;
      gssize used;

      if (size == 0 || size < self->input.expected)
        break;
      bytes = hein_input_get_bytes (&self->input);
      self->input.expected = 0;
      self->current = bytes;
      used = class->consume (self->protocol, self->wire, bytes, &error);
      self->current = NULL;
      /* scripts that raise an error return 0 */
      if (used < 0 || (gsize) used > size || error != NULL)
        {
          if (error == NULL)
            error = g_error_new (HEIN_ERROR, HEIN_ERROR_FAILED,
                                 "the protocol %s failed without saying why",
                                 G_OBJECT_TYPE_NAME (self->protocol));
          hein_link_close (self, error);
          break;
        }
      if (self->state >= HEIN_LINK_CLOSING)
        break;
      g_clear_pointer (&bytes, g_bytes_unref);
      hein_input_consume (&self->input, used);
      if (used > 0)
        self->partial_since_us = 0; /* another message is the unfinished one */
      if (used == 0)
        break;
    }
}

/* The link that has held a part of a message for the longest time goes. */
static void
check_partial_limit (HeinLink *self)
{
  HeinBus *bus = self->bus;
  HeinLink *oldest = NULL;

  if (bus->partial_cost <= bus->memory_limit / 2)
    return;
  for (GList *l = bus->links.head; l != NULL; l = l->next)
    {
      HeinLink *link = l->data;

      if (link->partial_cost > 0 &&
          (oldest == NULL || link->partial_since_us < oldest->partial_since_us))
        oldest = link;
    }
  if (oldest != NULL)
    fail (oldest, HEIN_ERROR_REFUSED,
          "its unfinished message is the oldest, and all of them together "
          "are over half of memory-limit");
}

static void
on_end (HeinLink *self)
{
  self->is_eof = TRUE;
  if (self->state >= HEIN_LINK_CLOSING)
    {
      hein_link_abort (self, NULL);
      return;
    }
  if (hein_input_get_size (&self->input) > 0)
    {
      g_autoptr (GError) error = g_error_new (
        HEIN_ERROR, HEIN_ERROR_PROTOCOL,
        "the connection ended within a message, after %" G_GSIZE_FORMAT
        " bytes of it",
        hein_input_get_size (&self->input));

      hein_link_abort (self, error);
      return;
    }
  if (self->state < HEIN_LINK_UP)
    {
      g_autoptr (GError) error =
        g_error_new_literal (HEIN_ERROR, HEIN_ERROR_CLOSED,
                             "the other side closed during the handshake: it "
                             "may be full, have that name already, or speak "
                             "another protocol");

      hein_link_abort (self, error);
      return;
    }
  hein_link_abort (self, NULL);
}

static void
discard (HeinLink *self)
{
  guint8 buffer[16384];
  g_autoptr (GError) error = NULL;
  gssize n = hein_stream_read (self->stream, buffer, sizeof buffer, &error);

  self->received_us = get_now_us (self);
  if (n == 0 || error != NULL)
    {
      self->is_eof = TRUE;
      hein_link_abort (self, error);
    }
}

static void
on_readable (HeinLink *self)
{
  g_autoptr (GError) error = NULL;
  gssize n;

  if (self->state >= HEIN_LINK_CLOSING)
    {
      discard (self);
      return;
    }
  n = hein_input_read (&self->input, self->stream, NULL, &error);
  if (n < 0)
    {
      if (error != NULL)
        hein_link_abort (self, error);
      return;
    }
  if (n == 0)
    {
      on_end (self);
      return;
    }
  self->received_us = get_now_us (self);
  if (self->peer != NULL)
    self->peer->bytes_received += n;
  if (self->is_probed)
    {
      self->is_probed = FALSE; /* it is asked again for the next newcomer */
      hein_admission_review (self->bus);
    }
  consume (self);
  if (self->state < HEIN_LINK_CLOSING)
    {
      set_partial_cost (self, hein_input_get_cost (&self->input));
      check_partial_limit (self);
      if (!self->has_heartbeat && self->partial_cost > 0 &&
          self->state == HEIN_LINK_UP)
        hein_link_rearm (self); /* else the timer comes by anyway */
    }
}

static void
on_ready (HeinWatch *watch, guint32 events)
{
  HeinLink *self = from_watch (watch);

  if (events & EPOLLOUT && self->is_blocked && !self->is_broken)
    {
      self->is_blocked = FALSE;
      hein_link_flush (self);
      if (self->stream != NULL && !self->is_blocked)
        hein_link_update_events (self);
    }
  if (self->stream == NULL)
    return;
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
    {
      /* a hang-up is reported even when nothing was asked for */
      if (is_reading (self))
        on_readable (self);
      else if (events & EPOLLERR)
        hein_link_abort (self, NULL);
    }
}

void
hein_link_set_paused (HeinLink *self, gboolean paused)
{
  if (!paused)
    self->received_us = get_now_us (self);
  hein_link_update_events (self);
  hein_link_rearm (self);
}

static void
on_job (HeinJob *job)
{
  HeinLink *self = from_job (job);
  HeinBus *bus = self->bus;

  if (self->is_broken)
    hein_link_abort (self, NULL);
  if (self->wants_consume)
    {
      self->wants_consume = FALSE;
      consume (self);
    }
  if (self->state != HEIN_LINK_GONE)
    {
      hein_link_flush (self);
      return;
    }
  hein_loop_cancel (bus->loop, job);
  free_link (self);
  hein_bus_check_closed (bus);
}

/* ---- time ---- */

static gint64
get_silence_due (HeinLink *self)
{
  if (self->state != HEIN_LINK_UP || !self->has_heartbeat || !is_reading (self))
    return G_MAXINT64;
  return self->received_us + (gint64) self->bus->silence_ms * 1000;
}

/* Whether the unfinished message comes so slowly that it only ties up memory. */
static gint64
get_arrival_due (HeinLink *self)
{
  gint64 enough_us;

  if (self->state != HEIN_LINK_UP || self->partial_since_us == 0 ||
      !is_reading (self))
    return G_MAXINT64;
  enough_us = (gint64) hein_input_get_size (&self->input) * G_USEC_PER_SEC /
              ARRIVAL_BYTES_PER_S;
  return self->partial_since_us + MAX (ARRIVAL_CHECK_US, enough_us);
}

static gint64
get_heartbeat_due (HeinLink *self)
{
  if (self->state != HEIN_LINK_UP || !self->has_heartbeat)
    return G_MAXINT64;
  return self->sent_us + (gint64) self->bus->heartbeat_ms * 1000;
}

/* Some peers never notice an end, and so never give one. When their side has
 * taken every byte, and they say nothing more, closing cannot hurt them. */
static gint64
get_drained_due (HeinLink *self)
{
  if (self->state != HEIN_LINK_DRAINING)
    return G_MAXINT64;
  return self->received_us + DRAIN_QUIET_US;
}

static gboolean
has_progress_limit (HeinLink *self)
{
  HeinOverflow overflow = HEIN_OVERFLOW_DEFAULT;

  if (self->state != HEIN_LINK_UP || self->transport == NULL)
    return FALSE;
  overflow = hein_transport_get_overflow (HEIN_TRANSPORT (self->transport));
  if (overflow == HEIN_OVERFLOW_DEFAULT)
    overflow = self->bus->overflow;
  return overflow == HEIN_OVERFLOW_DISCONNECT && self->queue.cost > 0;
}

void
hein_link_rearm (HeinLink *self)
{
  gint64 due = self->tick_us;

  if (self->state == HEIN_LINK_GONE)
    return;
  if (self->deadline_us > 0)
    due = MIN (due, self->deadline_us);
  if (self->probe_us > 0)
    due = MIN (due, self->probe_us + PROBE_TIMEOUT_US);
  due = MIN (due, get_drained_due (self));
  due = MIN (due, get_silence_due (self));
  due = MIN (due, get_arrival_due (self));
  due = MIN (due, get_heartbeat_due (self));
  if (has_progress_limit (self))
    due = MIN (due, self->progress_us + PROGRESS_TIMEOUT_US);
  if (due < G_MAXINT64)
    hein_loop_arm (self->bus->loop, &self->timer, due);
  else
    hein_loop_disarm (self->bus->loop, &self->timer);
}

static void
on_deadline (HeinLink *self)
{
  g_autoptr (GError) error = NULL;

  if (self->state >= HEIN_LINK_FINISHING)
    {
      hein_link_abort (self, NULL);
      return;
    }
  error = g_error_new (HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
                       "the handshake was not done within %u ms",
                       self->bus->handshake_timeout_ms);
  hein_link_close (self, error);
}

static void
give_up (HeinLink *self, const char *format, guint number)
{
  g_autofree char *text = g_strdup_printf (format, number);
  g_autoptr (GError) error =
    g_error_new_literal (HEIN_ERROR, HEIN_ERROR_TIMED_OUT, text);

  hein_link_abort (self, error);
}

static void
check_life (HeinLink *self, gint64 now_us)
{
  const gint64 silence_due_us = get_silence_due (self);

  if (now_us >= silence_due_us && now_us - silence_due_us > LATE_US)
    {
      /* it is we who slept: the peer gets its time again */
      self->received_us = self->sent_us = now_us;
      get_class (self)->ping (self->protocol, self->wire);
    }
  else if (now_us >= silence_due_us)
    give_up (self, "no sign of life for %u ms", self->bus->silence_ms);
  else if (now_us >= get_arrival_due (self))
    give_up (self, "a message has come at less than %u bytes a second",
             ARRIVAL_BYTES_PER_S);
  else if (has_progress_limit (self) &&
           now_us >= self->progress_us + PROGRESS_TIMEOUT_US)
    give_up (self, "it took nothing of what is queued for %u ms",
             PROGRESS_TIMEOUT_US / 1000);
  else if (now_us >= get_heartbeat_due (self))
    {
      self->sent_us = now_us;
      get_class (self)->ping (self->protocol, self->wire);
    }
}

static void
tick (HeinLink *self, gint64 now_us)
{
  gint64 next_us;

  self->tick_us = G_MAXINT64;
  next_us = get_class (self)->tick (self->protocol, self->wire, now_us);
  /* it may have asked for an earlier one meanwhile */
  self->tick_us = MIN (self->tick_us, next_us);
}

static void
on_expired (HeinTimer *timer, gint64 now_us)
{
  HeinLink *self = from_timer (timer);

  if (self->deadline_us > 0 && now_us >= self->deadline_us)
    {
      self->deadline_us = 0;
      on_deadline (self);
      return;
    }
  if (now_us >= get_drained_due (self))
    {
      if (hein_stream_count_unsent (self->stream) == 0)
        hein_link_abort (self, NULL);
      else
        self->received_us = now_us; /* looks again */
    }
  if (self->state < HEIN_LINK_CLOSING && now_us >= self->tick_us)
    tick (self, now_us);
  if (self->probe_us > 0 && now_us >= self->probe_us + PROBE_TIMEOUT_US)
    hein_admission_review (self->bus);
  check_life (self, now_us);
  if (self->state != HEIN_LINK_GONE)
    hein_link_rearm (self);
}

/* ---- life ---- */

HeinLink *
hein_link_new (HeinStreamTransport *transport,
               int fd,
               gboolean is_dialled,
               GSocketAddress *address)
{
  HeinBus *bus = hein_transport_get_bus (HEIN_TRANSPORT (transport));
  HeinEndpoint *endpoint =
    hein_transport_get_endpoint (HEIN_TRANSPORT (transport));
  HeinLink *self = g_new0 (HeinLink, 1);

  self->bus = bus;
  self->transport = transport;
  self->is_dialled = is_dialled;
  g_set_object (&self->address, address);
  self->stream = hein_stream_new_socket (fd);
  self->protocol = hein_endpoint_create_protocol (endpoint);
  self->wire = hein_wire_new (&hein_link_wire_funcs, self);
  self->wire->bus_name = bus->name;
  self->wire->bus_instance = bus->instance;
  self->wire->max_message_size = bus->max_message_size;
  self->wire->silence_ms = bus->silence_ms;
  hein_input_init (&self->input, bus->blocks);
  g_queue_init (&self->waiting);
  self->timer.expired = on_expired;
  self->job.run = on_job;
  self->watch.ready = on_ready;
  self->in_bus.data = self;
  self->in_transport.data = self;
  g_queue_push_tail_link (&bus->links, &self->in_bus);
  if (!is_dialled)
    bus->n_handshakes++;
  self->created_us = get_now_us (self);
  self->received_us = self->sent_us = self->created_us;
  self->deadline_us =
    self->created_us + (gint64) bus->handshake_timeout_ms * 1000;
  self->tick_us = G_MAXINT64;
  self->answers_pings = TRUE;
  hein_loop_add_watch (bus->loop, &self->watch, fd, EPOLLIN);
  if (get_class (self)->start != NULL)
    get_class (self)->start (self->protocol, self->wire, is_dialled);
  if (self->state < HEIN_LINK_CLOSING && get_class (self)->tick != NULL)
    tick (self, self->created_us);
  hein_link_rearm (self);
  return self;
}

void
hein_link_subscription (HeinLink *self, const char *prefix, gboolean wanted)
{
  HeinProtocolClass *class = get_class (self);

  if (self->is_ready && self->state <= HEIN_LINK_UP &&
      class->subscription != NULL)
    class->subscription (self->protocol, self->wire, prefix, wanted);
}

void
hein_link_verdict (HeinLink *self, const GError *refusal)
{
  HeinProtocolClass *class = get_class (self);

  self->probe_us = 0;
  forget_offer (self);
  self->state = refusal == NULL ? HEIN_LINK_ADMITTED : HEIN_LINK_HANDSHAKE;
  if (class->admitted != NULL)
    class->admitted (self->protocol, self->wire, refusal);
  if (self->current == NULL && hein_input_get_size (&self->input) > 0)
    {
      /* what came while the verdict was pending */
      self->wants_consume = TRUE;
      hein_loop_defer (self->bus->loop, &self->job);
    }
  /* one that does not refuse by itself is closed all the same */
  if (refusal != NULL)
    hein_link_close (self, refusal);
}

HeinPeer *
hein_link_ensure_peer (HeinLink *self)
{
  if (self->peer == NULL)
    {
      self->peer =
        hein_peer_new (self->bus, HEIN_TRANSPORT (self->transport), NULL,
                       self->is_dialled ? HEIN_ORIGIN_DIALLED
                                        : HEIN_ORIGIN_ACCEPTED);
      self->peer->link = self;
    }
  return self->peer;
}

GSocketAddress *
hein_link_get_address (HeinLink *self)
{
  if (self->address == NULL && self->stream != NULL)
    {
      union
      {
        struct sockaddr any;
        struct sockaddr_storage storage;
      } address;
      socklen_t size = sizeof address;

      if (getpeername (self->stream->fd, &address.any, &size) == 0)
        self->address = g_socket_address_new_from_native (&address, size);
    }
  return self->address;
}

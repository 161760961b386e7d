/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-protocol.h>

#include "hein-bus-private.h"
#include "hein-link-parts-private.h"
#include "hein-transport-private.h"

#define PROGRESS_TIMEOUT_US (30 * G_USEC_PER_SEC)
/* A message that has begun comes at this rate at least, looked at every 30 s. */
#define ARRIVAL_CHECK_US    (30 * G_USEC_PER_SEC)
#define ARRIVAL_BYTES_PER_S 1024
/* A timer that comes so late says that this process did not run. */
#define LATE_US          G_USEC_PER_SEC
#define PROBE_TIMEOUT_US G_USEC_PER_SEC

/* What a connection does in time, and until when others have to. */

static HeinLink *
from_timer (HeinTimer *timer)
{
  return (HeinLink *) ((char *) timer - G_STRUCT_OFFSET (HeinLink, timer));
}

static gint64
get_silence_due (HeinLink *self)
{
  if (self->state != HEIN_LINK_UP || !self->has_heartbeat ||
      !hein_link_is_reading (self))
    return G_MAXINT64;
  return self->received_us + (gint64) self->bus->silence_ms * 1000;
}

/* Whether the unfinished message comes so slowly that it only ties up memory. */
static gint64
get_arrival_due (HeinLink *self)
{
  gint64 enough_us;

  if (self->state != HEIN_LINK_UP || self->partial_since_us == 0 ||
      !hein_link_is_reading (self))
    return G_MAXINT64;
  enough_us = (gint64) hein_input_get_size (&self->input) * G_USEC_PER_SEC /
              ARRIVAL_BYTES_PER_S;
  return self->partial_since_us + MAX (ARRIVAL_CHECK_US, enough_us);
}

/* Nobody may ask for answers and take none of them. */
static gint64
get_answers_due (HeinLink *self)
{
  if (self->state != HEIN_LINK_UP || !self->is_clogged)
    return G_MAXINT64;
  return MAX (self->clogged_us, self->progress_us) + PROGRESS_TIMEOUT_US;
}

/* Who sends all the time gives a sign of life by that, but does not say how much
 * it has taken. */
static gint64
get_heartbeat_base_us (HeinLink *self)
{
  return self->awaits_goodbye ? MIN (self->sent_us, self->pinged_us)
                              : self->sent_us;
}

static gint64
get_heartbeat_due (HeinLink *self)
{
  if (self->state != HEIN_LINK_UP || !self->has_heartbeat)
    return G_MAXINT64;
  return get_heartbeat_base_us (self) + (gint64) self->bus->heartbeat_ms * 1000;
}

/* Some peers never notice an end, and so never give one. When their side has
 * taken every byte, and they say nothing more, closing cannot hurt them. */
static gint64
get_drained_due (HeinLink *self)
{
  if (self->state != HEIN_LINK_DRAINING)
    return G_MAXINT64;
  return self->received_us + self->drain_us;
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
  due = MIN (due, get_answers_due (self));
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

void
hein_link_ping (HeinLink *self)
{
  self->sent_us = self->pinged_us = hein_link_get_now_us (self);
  self->n_said = hein_link_count_taken (self);
  hein_loop_enter (self->bus->loop);
  hein_link_get_class (self)->ping (self->protocol, self->wire);
  hein_loop_leave (self->bus->loop);
}

static void
check_life (HeinLink *self, gint64 now_us)
{
  const gint64 silence_due_us = get_silence_due (self);

  if (now_us >= silence_due_us && now_us - silence_due_us > LATE_US)
    {
      /* it is we who slept: the peer gets its time again */
      self->received_us = now_us;
      hein_link_ping (self);
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
  else if (now_us >= get_answers_due (self))
    give_up (self, "it asked for answers and took none for %u ms",
             PROGRESS_TIMEOUT_US / 1000);
  else if (now_us >= get_heartbeat_due (self))
    hein_link_ping (self);
}

void
hein_link_tick (HeinLink *self, gint64 now_us)
{
  gint64 next_us;

  self->tick_us = G_MAXINT64;
  next_us =
    hein_link_get_class (self)->tick (self->protocol, self->wire, now_us);
  /* it may have asked for an earlier one meanwhile */
  self->tick_us = MIN (self->tick_us, next_us);
}

void
hein_link_expire (HeinTimer *timer, gint64 now_us)
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
    hein_link_tick (self, now_us);
  if (self->probe_us > 0 && now_us >= self->probe_us + PROBE_TIMEOUT_US)
    hein_admission_review (self->bus);
  check_life (self, now_us);
  if (self->state != HEIN_LINK_GONE)
    hein_link_rearm (self);
}

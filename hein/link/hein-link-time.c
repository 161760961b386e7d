/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-protocol.h>

#include "hein-link-close.h"
#include "hein-link-doubt.h"
#include "hein-link-state.h"
#include "hein-link-time.h"

/* Deadlines, heartbeats and ticks of a connection. */

/* A timer that is this late means that this process was not running. */
#define LATE_US G_USEC_PER_SEC
/* So does one that is late by this part of silence-ms. */
#define LATE_PART 4
/* One that is as late as this was frozen, maybe with all that is around it. */
#define FROZEN_US (5 * G_USEC_PER_SEC)

static HeinLink *
from_timer (HeinTimer *timer)
{
  return HEIN_CONTAINER (timer, HeinLink, timer);
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
                       self->host->settings.handshake_timeout_ms);
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
  self->times.sent_us = self->times.pinged_us = hein_link_get_now_us (self);
  self->account.n_said = hein_link_count_taken (self);
  hein_loop_enter (self->host->loop);
  hein_link_get_class (self)->ping (self->protocol, self->wire);
  hein_loop_leave (self->host->loop);
}

/* While this process was suspended, or its machine, the peer had nothing to
 * answer and nobody who read: that time does not count. A virtual machine that
 * goes on has to find its network again before anything comes, so that silence
 * begins anew. */
static void
forgive_absence (HeinLink *self, gint64 now_us)
{
  const gint64 late_us = now_us - self->timer.due_us;
  const gint64 silence_us = (gint64) self->host->settings.silence_ms * 1000;

  if (late_us > FROZEN_US)
    self->times.received_us = now_us;
  else if (late_us > MIN (LATE_US, silence_us / LATE_PART))
    self->times.received_us = MIN (self->times.received_us + late_us, now_us);
  if (late_us <= LATE_US)
    return;
  self->times.progress_us = MIN (self->times.progress_us + late_us, now_us);
  /* mostly it is what was due, and would be over now */
  if (self->times.deadline_us > 0)
    self->times.deadline_us = MAX (self->times.deadline_us + late_us,
                                   now_us + MIN (late_us, FROZEN_US));
  if (self->partial != NULL && self->partial->since_us > 0)
    self->partial->since_us = MIN (self->partial->since_us + late_us, now_us);
}

static void
check_life (HeinLink *self, gint64 now_us)
{
  if (now_us >= hein_link_get_silence_due (self))
    give_up (self, "no sign of life for %u ms",
             hein_link_get_silence_ms (self));
  else if (now_us >= hein_link_get_arrival_due (self))
    give_up (self, "a message has come at less than %u bytes a second",
             HEIN_LINK_ARRIVAL_BYTES_PER_S);
  else if (hein_link_has_progress_limit (self) &&
           now_us >= self->times.progress_us + HEIN_LINK_PROGRESS_TIMEOUT_US)
    give_up (self, "it took nothing of what is queued for %u ms",
             HEIN_LINK_PROGRESS_TIMEOUT_US / 1000);
  else if (now_us >= hein_link_get_answers_due (self))
    give_up (self, "it asked for answers and took none for %u ms",
             HEIN_LINK_PROGRESS_TIMEOUT_US / 1000);
  else if (now_us >= hein_link_get_heartbeat_due (self))
    hein_link_ping (self);
}

void
hein_link_tick (HeinLink *self, gint64 now_us)
{
  gint64 next_us;

  self->times.tick_us = G_MAXINT64;
  next_us =
    hein_link_get_class (self)->tick (self->protocol, self->wire, now_us);
  /* the protocol may have asked for an earlier tick meanwhile */
  self->times.tick_us = MIN (self->times.tick_us, next_us);
}

void
hein_link_expire (HeinTimer *timer, gint64 now_us)
{
  HeinLink *self = from_timer (timer);

  forgive_absence (self, now_us);
  if (self->times.deadline_us > 0 && now_us >= self->times.deadline_us)
    {
      self->times.deadline_us = 0;
      on_deadline (self);
      return;
    }
  if (now_us >= hein_link_get_drained_due (self))
    {
      if (hein_stream_count_unsent (self->stream) == 0)
        hein_link_abort (self, NULL);
      else
        self->times.received_us = now_us; /* checks again later */
    }
  if (self->state < HEIN_LINK_CLOSING && now_us >= self->times.tick_us)
    hein_link_tick (self, now_us);
  if (self->entry != NULL && self->entry->offer.probe_us > 0 &&
      now_us >= self->entry->offer.probe_us + HEIN_LINK_PROBE_TIMEOUT_US)
    self->host->funcs->review (self->host);
  check_life (self, now_us);
  if (!hein_link_is_partial (self))
    g_clear_pointer (&self->partial, g_free);
  if (self->state != HEIN_LINK_GONE)
    hein_link_rearm (self);
}

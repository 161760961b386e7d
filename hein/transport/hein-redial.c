/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-redial.h"

#include "hein-endpoint-private.h"
#include "hein-endpoint-state.h"
#include "hein-ready.h"
#include "io/hein-world.h"
#include "link/hein-peer-state.h"

/* Reconnecting: how long a dialling endpoint pauses, and what it reports. */

/* A connection that lasted this long resets the pause. */
#define STABLE_AFTER_US (5 * G_USEC_PER_SEC)
/* So many connections in a row must have ended with an error, without a
 * message, before the reason is taken as permanent: the first may have been bad
 * luck. */
#define HOPELESS_AFTER 3

static HeinCore *
get_core (HeinRedial *self)
{
  return self->endpoint->core;
}

static void
arm (HeinRedial *self, gint64 pause_us)
{
  HeinLoop *loop = get_core (self)->host.loop;

  hein_loop_arm (loop, &self->timer, hein_loop_get_now_us (loop) + pause_us);
}

/* Full jitter, a random part of the doubled pause, keeps a thousand clients of
 * a hub that restarts from coming back at the same moment. */
static gint64
get_pause_us (HeinRedial *self)
{
  HeinCore *core = get_core (self);
  guint64 longest_ms = core->host.settings.reconnect_min_ms;

  longest_ms <<= MIN (self->n_failures, 20);
  longest_ms = MIN (longest_ms, core->host.settings.reconnect_max_ms);
  if (self->n_failures < G_MAXUINT)
    self->n_failures++;
  return (gint64) (hein_world_draw_part () * longest_ms * 1000);
}

/* At least half of the longest pause; the random rest spreads the attempts. */
static gint64
get_failed_pause_us (HeinRedial *self)
{
  const guint longest_ms = get_core (self)->host.settings.reconnect_failed_ms;

  return (gint64) ((0.5 + hein_world_draw_part () / 2) * longest_ms * 1000);
}

static void
on_expired (HeinTimer *timer, gint64 now_us)
{
  HeinRedial *self = HEIN_CONTAINER (timer, HeinRedial, timer);

  self->dial (self->data);
}

/* ---- a duplicate ---- */

/* A peer that is gone may be the connection that made this one a duplicate. */
static void
on_settled (HeinPeerWatch *watch, HeinPeer *peer, gboolean is_alive)
{
  HeinRedial *self = HEIN_CONTAINER (watch, HeinRedial, watch);
  HeinCore *core = get_core (self);

  if (!is_alive && peer->instance != NULL && !core->host.is_closing)
    arm (self, (gint64) (hein_world_draw_part () *
                         (core->host.settings.reconnect_min_ms + 1)) *
                 1000);
}

static void
watch_peers (HeinRedial *self)
{
  if (self->watch.in_bus.data != NULL)
    return;
  self->watch.in_bus.data = &self->watch;
  g_queue_push_tail_link (&get_core (self)->roster.watches,
                          &self->watch.in_bus);
}

static void
unwatch_peers (HeinRedial *self)
{
  if (self->watch.in_bus.data != NULL)
    g_queue_unlink (&get_core (self)->roster.watches, &self->watch.in_bus);
  self->watch.in_bus.data = NULL;
}

static gboolean
is_duplicate (const GError *error)
{
  return g_error_matches (error, HEIN_ERROR, HEIN_ERROR_DUPLICATE);
}

/* The other side may still have what this one has closed: that ends without
 * telling anybody here. */
static gboolean
has_other (HeinRedial *self)
{
  return g_hash_table_size (get_core (self)->roster.instances) > 0;
}

static void
wait_for_other (HeinRedial *self)
{
  hein_endpoint_set_state (self->endpoint, HEIN_ENDPOINT_STATE_DUPLICATE);
  watch_peers (self);
  hein_endpoint_settle_call (self->endpoint, NULL);
  hein_ready_check (get_core (self));
  arm (self, HEIN_PERMANENT_RETRY_US);
}

/* ---- permanent failures ---- */

/* A connection that just closed during the handshake is no permanent failure:
 * the hub may be full, or restarting. */
static gboolean
is_permanent (const GError *error)
{
  return error != NULL &&
         (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_REFUSED) ||
          g_error_matches (error, HEIN_ERROR, HEIN_ERROR_INSECURE) ||
          g_error_matches (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL));
}

/* Reports an error once, until the reason changes or a connection was of
 * use. */
static void
report_once (HeinRedial *self, const GError *error)
{
  if (g_strcmp0 (self->told, error->message) == 0)
    hein_endpoint_note (self->endpoint, error);
  else
    {
      g_free (self->told);
      self->told = g_strdup (error->message);
      hein_endpoint_report (self->endpoint, error);
    }
  hein_endpoint_settle_call (self->endpoint, error);
}

/* Returns whether the reason why @link ended will be there the next time too.
 * Where a connection is up before the peer has sent anything, its first bytes
 * show that only later. A stream that just ends proves nothing: the peer may
 * have crashed in the middle of a message, and be back at once. */
static gboolean
check_hopeless (HeinRedial *self,
                HeinLink *link,
                const GError *error,
                gboolean was_up,
                gboolean was_stable)
{
  const gboolean was_useful =
    link->peer != NULL && link->peer->counts.messages_received > 0;

  if (is_permanent (error) && !was_useful && !link->is_eof)
    {
      if (self->n_hopeless < HOPELESS_AFTER)
        self->n_hopeless++;
      /* on a line it is not known who said what cannot be understood: perhaps
       * somebody who has been killed since */
      return (!was_up && !hein_link_is_on_line (link)) ||
             self->n_hopeless >= HOPELESS_AFTER;
    }
  if (was_useful || was_stable)
    {
      self->n_hopeless = 0;
      g_clear_pointer (&self->told, g_free);
    }
  return FALSE;
}

/* ---- trying again ---- */

static void
begin_round (HeinRedial *self)
{
  hein_stream_places_begin_round (self->places);
  g_clear_error (&self->permanent);
  self->may_pass = FALSE;
}

/* All places have been tried. What will repeat itself is told, and waited for
 * longer when nothing else may have changed by then. */
static void
end_round (HeinRedial *self)
{
  const gboolean may_pass = self->may_pass;
  g_autoptr (GError) error = g_steal_pointer (&self->permanent);

  self->may_pass = FALSE;
  if (error != NULL)
    report_once (self, error);
  arm (self, may_pass ? get_pause_us (self) : get_failed_pause_us (self));
}

static void
try_later (HeinRedial *self,
           const GError *error,
           gboolean is_hopeless,
           gboolean is_soon)
{
  if (is_duplicate (error) && has_other (self))
    {
      wait_for_other (self);
      return;
    }
  if (is_hopeless && self->permanent == NULL)
    self->permanent = hein_stream_places_explain (self->places, error);
  self->may_pass = self->may_pass || !is_hopeless || is_soon;
  hein_endpoint_set_state (self->endpoint, HEIN_ENDPOINT_STATE_WAITING);
  if (error != NULL && !is_hopeless)
    hein_endpoint_note (self->endpoint, error);
  if (hein_stream_places_step (self->places))
    arm (self, 0);
  else
    end_round (self);
}

void
hein_redial_after_failure (HeinRedial *self, const GError *error)
{
  try_later (self, error, is_permanent (error), FALSE);
}

void
hein_redial_after_link (HeinRedial *self,
                        HeinLink *link,
                        gint64 up_since_us,
                        const GError *error)
{
  const gboolean was_up = up_since_us > 0;
  const gboolean was_stable =
    was_up &&
    hein_loop_get_now_us (link->host->loop) >= up_since_us + STABLE_AFTER_US;
  const gboolean is_hopeless =
    check_hopeless (self, link, error, was_up, was_stable);

  /* two on a line that begin anew may fail once or twice before they meet */
  if (was_stable || (was_up && hein_link_is_on_line (link)))
    self->n_failures = 0;
  if (was_stable)
    begin_round (self);
  if (link->said.wants_redial)
    arm (self, 0);
  else
    try_later (self, error, is_hopeless,
               hein_link_is_on_line (link) &&
                 g_error_matches (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL));
}

void
hein_redial_init (HeinRedial *self,
                  HeinEndpoint *endpoint,
                  HeinStreamPlaces *places,
                  void (*dial) (gpointer data),
                  gpointer data)
{
  self->endpoint = endpoint;
  self->places = places;
  self->dial = dial;
  self->data = data;
  self->timer.expired = on_expired;
  self->watch.settled = on_settled;
}

void
hein_redial_stop (HeinRedial *self)
{
  /* an endpoint without a core has been closed, and has no timer any more */
  if (self->endpoint == NULL || get_core (self) == NULL)
    return;
  hein_loop_disarm (get_core (self)->host.loop, &self->timer);
  unwatch_peers (self);
}

void
hein_redial_clear (HeinRedial *self)
{
  g_free (self->told);
  g_clear_error (&self->permanent);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-protocol.h>

#include "base/hein-name-private.h"
#include "core/hein-core-state.h"
#include "core/hein-directory.h"
#include "core/hein-handshakes.h"
#include "hein-admission.h"
#include "hein-name-rule.h"
#include "link/hein-link-close.h"
#include "link/hein-link-owner.h"
#include "link/hein-link-state.h"
#include "link/hein-link.h"
#include "link/hein-peer-state.h"

/*
 * Decides which connections are admitted; hein-name-rule.c has their names.
 *
 * When a unique name, or a bus, has a connection already, the holder is asked
 * for a sign of life. If it answers within a second, the new connection is
 * refused; otherwise it replaces the old one. A connection of the same bus that
 * is admitted, but not up, holds it as well, or what came by it could be told
 * after what comes by the new one.
 *
 * Two buses that dial each other end up with one connection. A connection that
 * is up stays. When both are in the handshake, the one dialled by the smaller
 * instance id wins: the bus with the smaller id lets the other's dial wait
 * until its own has been answered.
 *
 * The messages of refusals begin with a code word and a colon, for protocols
 * whose refusals are texts that reach the other side: "name taken",
 * "duplicate", "self", "bad name", "full". The rest may contain a name that a
 * stranger chose.
 */

static void refuse_as (HeinLink *self, HeinError code, const char *format, ...)
  G_GNUC_PRINTF (3, 4);

static void
refuse_as (HeinLink *self, HeinError code, const char *format, ...)
{
  g_autoptr (GError) refusal = NULL;
  va_list args;

  va_start (args, format);
  refusal = g_error_new_valist (HEIN_ERROR, code, format, args);
  va_end (args);
  hein_link_verdict (self, refusal);
}

#define refuse(self, ...) refuse_as (self, HEIN_ERROR_REFUSED, __VA_ARGS__)

static gboolean
is_same_bus (HeinLink *self, HeinPeer *other)
{
  const char *instance = self->entry->offer.instance;

  return instance != NULL && g_strcmp0 (instance, other->instance) == 0;
}

/* The bus with the smaller id waits up to a second for its own dial. */
static gboolean
must_wait_for_own_dial (HeinLink *self, gint64 now_us)
{
  return !self->is_dialled && self->entry->offer.instance != NULL &&
         strcmp (self->host->instance, self->entry->offer.instance) < 0 &&
         now_us < self->entry->offer.probe_us + HEIN_LINK_PROBE_TIMEOUT_US &&
         hein_handshakes_has_open_dial (hein_core_of_link (self));
}

/* Returns whether the new connection replaces one of the same bus that came up
 * during its handshake. */
static gboolean
wins_tie (HeinLink *self, HeinLink *holder)
{
  return is_same_bus (self, holder->peer) && self->is_dialled &&
         !holder->is_dialled &&
         holder->times.created_us >= self->times.created_us &&
         strcmp (self->host->instance, self->entry->offer.instance) < 0;
}

static void
replace (HeinLink *holder)
{
  g_autoptr (GError) error = g_error_new_literal (
    HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
    "it gave no sign of life, and a new connection has taken "
    "its place");

  hein_link_abort (holder, error);
}

/* Waits for a sign of life of the holder, for which it is asked once it is up;
 * FALSE when that is not possible. */
static gboolean
probe (HeinLink *holder)
{
  if (holder->state == HEIN_LINK_ADMITTED)
    /* it cannot be asked, and has to say something in order to come up */
    return holder->is_probed = TRUE;
  if (!holder->said.has_heartbeat || !holder->said.answers_pings ||
      holder->state != HEIN_LINK_UP || holder->peer->arrivals.is_paused)
    return FALSE;
  if (!holder->is_probed)
    {
      /* its protocol may need what that of the new connection does not */
      hein_loop_use_context (holder->host->loop);
      HEIN_PROTOCOL_GET_CLASS (holder->protocol)
        ->ping (holder->protocol, holder->wire);
    }
  holder->is_probed = TRUE;
  return TRUE;
}

static void
refuse_for (HeinLink *self, HeinPeer *holder)
{
  if (is_same_bus (self, holder))
    refuse_as (self, HEIN_ERROR_DUPLICATE,
               "duplicate: \"%s\" is connected already", holder->name);
  else
    refuse (self, "name taken: \"%s\" is alive under that name", holder->name);
}

static void
admit (HeinLink *self)
{
  if (self->is_dialled || hein_link_owner_has_place (self->owner))
    hein_link_verdict (self, NULL);
  else
    refuse (self, "full: no more than %u peers are admitted here (max-peers)",
            self->owner->max_peers);
}

/* When the holder goes, all offers are reviewed: this one may have been decided
 * by then. */
static void
admit_behind (HeinLink *self)
{
  if (self->state == HEIN_LINK_OFFERED)
    admit (self);
}

/* What comes at the moment of the offer may have been sent before. */
static gboolean
is_alive (HeinLink *holder, const HeinLinkOffer *offer)
{
  return holder->times.received_us > offer->probe_us ||
         (offer->has_asked && !holder->is_probed);
}

/* Decides between two connections, the older of which may be dead. */
static void
decide_between (HeinLink *self, HeinLink *holder)
{
  gint64 now_us = hein_loop_get_now_us (self->host->loop);

  if (wins_tie (self, holder))
    {
      hein_link_close (holder, NULL);
      admit_behind (self);
    }
  else if (is_alive (holder, &self->entry->offer) || !probe (holder))
    refuse_for (self, holder->peer);
  else if (now_us >= self->entry->offer.probe_us + HEIN_LINK_PROBE_TIMEOUT_US)
    {
      replace (holder);
      admit_behind (self);
    }
  else
    self->entry->offer.has_asked = TRUE;
}

/* Decides about an offer, or leaves it pending. */
static void
decide (HeinLink *self)
{
  HeinPeer *holder;

  if (must_wait_for_own_dial (self, hein_loop_get_now_us (self->host->loop)))
    return;
  holder = hein_name_rule_find_holder (self);
  if (holder == NULL)
    /* what it has said may be on the way, and must not be told later */
    holder = hein_name_rule_find_entering (self);
  if (holder == NULL)
    admit (self);
  else if (holder->link != NULL)
    decide_between (self, holder->link);
  else
    /* the holder has no connection: its transport knows that it is alive */
    refuse_for (self, holder);
}

void
hein_admission_offer (HeinLink *self)
{
  HeinPeer *peer = hein_link_ensure_peer (self);
  g_autofree char *name = hein_name_rule_choose (self);
  g_autoptr (GError) bad_name = NULL;

  if (!hein_name_check (name, strlen (name), HEIN_ERROR_REFUSED, &bad_name))
    {
      hein_link_verdict (self, bad_name);
      return;
    }
  if (!hein_name_rule_take_proof (self, &name))
    {
      refuse (self,
              "bad name: it says \"%s\", and its key is that of \"%s\": call "
              "the bus so, or correct the line of its key",
              name, hein_stream_get_proof (self->stream).name);
      return;
    }
  if (self->entry->offer.instance != NULL &&
      g_str_equal (self->entry->offer.instance, self->host->instance))
    {
      refuse (self, "self: the bus \"%s\" reached itself", self->host->name);
      return;
    }
  g_free (peer->name);
  peer->name = g_steal_pointer (&name);
  peer->instance = g_strdup (self->entry->offer.instance);
  if (self->entry->offer.identity != NULL)
    peer->raw_identity = g_bytes_ref (self->entry->offer.identity);
  self->entry->offer.probe_us = hein_loop_get_now_us (self->host->loop);
  decide (self);
  if (self->state != HEIN_LINK_OFFERED)
    return;
  self->entry->offer.in_host.data = self;
  g_queue_push_tail_link (&self->host->offers, &self->entry->offer.in_host);
  hein_link_rearm (self);
}

static void
close_superseded (HeinLink *self)
{
  g_autoptr (GError) error =
    g_error_new (HEIN_ERROR, HEIN_ERROR_DUPLICATE,
                 "duplicate: \"%s\" has come up by another connection",
                 self->peer->name);

  hein_link_close (self, error);
}

/* A bus that has closed a connection dials again at once, and what it said last
 * on the old one may come after the new one is up. */
gboolean
hein_admission_holds (HeinLink *self)
{
  if (G_LIKELY (hein_name_rule_find_holder (self) == NULL))
    return TRUE;
  close_superseded (self);
  return FALSE;
}

/* The other bus has given up the crossed one, or this could not be up. What has
 * come by that is counted there as in doubt, or comes again. */
void
hein_admission_end_crossed (HeinLink *self)
{
  HeinPeer *crossed =
    hein_directory_find_entering (hein_core_of_link (self),
                                  self->peer->instance, !self->is_dialled);

  if (G_UNLIKELY (crossed != NULL) && crossed->link != NULL)
    close_superseded (crossed->link);
}

/* Runs once per turn, however many links have changed. A decided offer removes
 * itself from the queue, and may remove others. */
static void
on_review (HeinJob *job)
{
  HeinCore *core = HEIN_CONTAINER (job, HeinCore, review);

  for (guint n = core->host.offers.length;
       n > 0 && core->host.offers.length > 0; n--)
    {
      HeinLink *link = g_queue_peek_head (&core->host.offers);

      g_queue_unlink (&core->host.offers, &link->entry->offer.in_host);
      g_queue_push_tail_link (&core->host.offers, &link->entry->offer.in_host);
      decide (link);
    }
}

void
hein_admission_review (HeinCore *core)
{
  if (core->host.is_disposed || core->host.offers.length == 0)
    return;
  core->review.run = on_review;
  hein_loop_defer (core->host.loop, &core->review);
}

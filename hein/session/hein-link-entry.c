/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-link-entry.h"

#include "core/hein-core-state.h"
#include "core/hein-directory.h"
#include "core/hein-handshakes.h"
#include "core/hein-peer-private.h"
#include "core/hein-roster.h"
#include "hein-admission.h"
#include "hein-announcer.h"
#include "link/hein-link-close.h"
#include "link/hein-link-owner.h"
#include "link/hein-link.h"
#include "link/hein-peer-state.h"

/* The way of a connection from its handshake to a peer that is up. */

void
hein_link_bring_up (HeinLink *self)
{
  if (!hein_admission_holds (self))
    return;
  hein_handshakes_remove (self);
  hein_directory_end_entry (hein_core_of_link (self), self->peer);
  hein_link_end_entry (self);
  hein_loop_use_context (self->host->loop);
  self->state = HEIN_LINK_UP;
  self->times.deadline_us = 0;
  self->account.confirmed_bytes =
    self->peer->counts.bytes_sent; /* the bytes of the handshake */
  hein_roster_add (hein_core_of_link (self), self->peer);
  if (self->owner != NULL)
    self->owner->funcs->up (self->owner, self);
  hein_admission_end_crossed (self);
  hein_admission_review (hein_core_of_link (self));
  hein_link_rearm (self);
}

/* A protocol that never asks for TLS must not get a peer without it. */
static void
refuse_plain (HeinLink *self)
{
  g_autoptr (GError) error = g_error_new (
    HEIN_ERROR, HEIN_ERROR_INSECURE,
    "the protocol %s has not begun TLS, for which the address asks",
    G_OBJECT_TYPE_NAME (self->protocol));

  hein_link_close (self, error);
}

void
hein_link_offer_name (gpointer data,
                      const char *name,
                      GBytes *raw_identity,
                      HeinNameRule rule)
{
  HeinLink *self = data;

  HeinLinkOffer *offer;

  if (self->state != HEIN_LINK_HANDSHAKE)
    return;
  if (G_UNLIKELY (self->said.lacks_security))
    {
      refuse_plain (self);
      return;
    }
  offer = &self->entry->offer;
  g_free (offer->name);
  offer->name = g_strdup (name);
  g_clear_pointer (&offer->identity, g_bytes_unref);
  if (raw_identity != NULL)
    offer->identity = g_bytes_ref (raw_identity);
  offer->rule = rule;
  self->state = HEIN_LINK_OFFERED;
  hein_handshakes_note_answer (self);
  hein_admission_offer (self);
}

void
hein_link_set_instance (gpointer data, const char *instance)
{
  HeinLink *self = data;

  if (self->entry == NULL)
    return;
  g_free (self->entry->offer.instance);
  self->entry->offer.instance = g_strdup (instance);
  hein_handshakes_note_answer (self);
}

void
hein_link_set_security (gpointer data, const char *text)
{
  HeinLink *self = data;

  if (self->state < HEIN_LINK_UP)
    hein_peer_set_security (hein_link_ensure_peer (self), text);
}

/* A hein bus subscribes right after the handshake. It counts as up only then,
 * or it would miss what is sent when it comes up. */
static gboolean
must_subscribe_first (HeinLink *self)
{
  return self->entry->offer.instance != NULL &&
         self->peer->wants.match != HEIN_MATCH_ALL && !self->peer->accepts;
}

void
hein_link_ready (gpointer data)
{
  HeinLink *self = data;

  if (self->state != HEIN_LINK_ADMITTED || self->said.is_ready)
    return;
  self->said.is_ready = TRUE;
  hein_announcer_begin (self);
  if (!must_subscribe_first (self))
    hein_link_bring_up (self);
}

void
hein_link_set_accepts_messages (gpointer data, gboolean accepts)
{
  HeinLink *self = data;

  hein_roster_set_accepts (hein_core_of_link (self),
                           hein_link_ensure_peer (self), accepts);
  if (self->state == HEIN_LINK_ADMITTED && self->said.is_ready &&
      !must_subscribe_first (self))
    hein_link_bring_up (self);
}

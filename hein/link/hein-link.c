/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <hein/hein-protocol.h>

#include "hein-link-backlog.h"
#include "hein-link-close.h"
#include "hein-link-expiry.h"
#include "hein-link-overflow.h"
#include "hein-link-receive.h"
#include "hein-link-reset.h"
#include "hein-link-secure.h"
#include "hein-link-send.h"
#include "hein-link-state.h"
#include "hein-link-time.h"
#include "hein-link.h"
#include "hein-peer-state.h"
#include "plugin-api/hein-wire-private.h"

/* The life of a connection: making it, its events, and freeing it. */

/* The part of memory-limit that a protocol may keep of what it has sent. */
#define KEPT_SHARE 8

static HeinLink *
from_job (HeinJob *job)
{
  return HEIN_CONTAINER (job, HeinLink, job);
}

/* Must be called when none of the link's callbacks is running. */
static void
free_link (HeinLink *self)
{
  HeinLinkHost *host = self->host;

  hein_loop_disarm (host->loop, &self->timer);
  hein_loop_cancel (host->loop, &self->job);
  g_queue_unlink (&host->links, &self->in_host);
  host->funcs->gone (self);
  hein_link_forget_cost (self);
  hein_link_forget_ahead (self);
  hein_queue_clear (&self->queue);
  hein_link_forget_expiring (self);
  hein_backlog_clear (&self->backlog);
  hein_input_clear (&self->input);
  hein_link_end_handled (self);
  hein_wire_detach (self->wire);
  g_object_unref (self->wire);
  g_object_unref (self->protocol);
  g_clear_object (&self->peer);
  g_clear_object (&self->sending.chooser);
  g_clear_error (&self->error);
  hein_link_end_entry (self);
  g_free (self->partial);
  g_free (self);
}

void
hein_link_destroy (HeinLink *self, gboolean is_fork)
{
  if (is_fork && self->stream != NULL)
    {
      /* does not use the loop, whose epoll set is shared with the parent */
      hein_stream_close (g_steal_pointer (&self->stream));
      self->state = HEIN_LINK_GONE;
      self->owner = NULL;
    }
  else
    {
      if (self->host->encoding.link == self)
        self->host->encoding.link = NULL;
      hein_link_abort (self, NULL);
    }
  free_link (self);
}

/* Writing has met a reset during the handshake. What came before that may say
 * why, and is lost if it is not read now. */
static void
read_refusal (HeinLink *self)
{
  g_autoptr (GError) error = NULL;

  if (!self->has_begun || self->stream == NULL || self->state >= HEIN_LINK_UP ||
      self->state == HEIN_LINK_SECURING || !hein_link_is_reset (self->error))
    return;
  error = g_steal_pointer (&self->error);
  hein_link_read (self);
  if (self->state < HEIN_LINK_UP)
    hein_link_end_handshake (self);
  else if (self->error == NULL)
    self->error = g_steal_pointer (&error);
}

static void
on_job (HeinJob *job)
{
  HeinLink *self = from_job (job);
  HeinLinkHost *host = self->host;

  if (self->is_broken)
    {
      /* a goodbye that waits to be read may say that this was an orderly end */
      if (self->goodbye.is_awaited && !self->goodbye.has_come &&
          self->state < HEIN_LINK_GONE)
        hein_link_read (self);
      read_refusal (self);
      hein_link_abort (self, NULL);
    }
  if (self->said.wants_close)
    {
      self->said.wants_close = FALSE;
      hein_link_close (self, NULL);
    }
  if (G_UNLIKELY (self->said.wants_upgrade))
    {
      self->said.wants_upgrade = FALSE;
      hein_link_upgrade (self);
    }
  if (self->wants_consume)
    {
      self->wants_consume = FALSE;
      hein_link_consume (self);
    }
  if (self->stream != NULL && G_UNLIKELY (self->stream->has_pending) &&
      hein_link_is_reading (self))
    hein_link_read (self);
  if (self->state != HEIN_LINK_GONE)
    {
      hein_link_flush (self);
      hein_link_begin_draining (self);
      return;
    }
  hein_loop_cancel (host->loop, job);
  free_link (self);
  hein_link_host_want_turn (host); /* it may have been the last link */
}

/* What the protocol keeps is beside what is queued, and what one connection
 * needs must leave room for others. */
static gsize
get_send_limit (const HeinSettings *settings)
{
  return MIN (settings->send_limit, settings->memory_limit / KEPT_SHARE);
}

static void
tell_settings (HeinLink *self)
{
  const HeinSettings *settings = &self->host->settings;

  self->wire->max_message_size = settings->max_message_size;
  self->wire->send_limit = get_send_limit (settings);
  self->wire->silence_ms = settings->silence_ms;
  self->wire->credit = settings->credit;
  self->wire->resumes = settings->resume_ms > 0;
}

HeinLink *
hein_link_new (HeinLinkHost *host, const HeinLinkParts *parts)
{
  HeinLink *self = g_new0 (HeinLink, 1);
  g_autoptr (GError) error = NULL;

  self->host = host;
  self->owner = parts->owner;
  self->is_dialled = parts->is_dialled;
  self->overflow = parts->overflow;
  self->linger_ms = parts->linger_ms;
  self->said.is_encrypted = parts->is_encrypted && !parts->begins_plain;
  self->said.lacks_security = parts->is_encrypted && parts->begins_plain;
  self->stream = parts->stream;
  self->protocol = parts->protocol;
  self->entry = g_new0 (HeinLinkEntry, 1);
  self->entry->address =
    hein_socket_name_init (&self->entry->remote, self->stream->fd,
                           parts->address);
  self->wire = hein_wire_new (host->funcs->wire_funcs, self);
  self->wire->bus_name = host->name;
  self->wire->bus_instance = host->instance;
  tell_settings (self);
  hein_input_init (&self->input, host->blocks);
  self->timer.expired = hein_link_expire;
  self->job.run = on_job;
  hein_link_await_security (self);
  self->in_host.data = self;
  self->in_owner.data = self;
  g_queue_push_tail_link (&host->links, &self->in_host);
  host->funcs->made (self);
  self->times.created_us = hein_link_get_now_us (self);
  self->times.received_us = self->times.sent_us = self->times.pinged_us =
    self->times.created_us;
  self->times.deadline_us = self->times.created_us +
                            (gint64) host->settings.handshake_timeout_ms * 1000;
  self->times.tick_us = G_MAXINT64;
  self->said.drain_us = HEIN_LINK_DRAIN_US;
  self->said.answers_pings = TRUE;
  hein_loop_add_watch (host->loop, &self->watch, self->stream->fd, EPOLLIN,
                       &error);
  if (self->stream->is_open)
    hein_link_begin_protocol (self);
  else if (error == NULL)
    hein_link_secure (self);
  hein_link_rearm (self);
  if (self->stream != NULL && self->stream->has_pending)
    hein_loop_defer (host->loop, &self->job);
  /* the protocol has started, and must learn that the link has failed */
  if (error != NULL)
    hein_link_abort (self, error);
  return self;
}

void
hein_link_review (HeinLink *self)
{
  tell_settings (self);
  if (self->state < HEIN_LINK_UP)
    self->times.deadline_us =
      self->times.created_us +
      (gint64) self->host->settings.handshake_timeout_ms * 1000;
  hein_link_review_room (self);
  hein_link_rearm (self);
}

void
hein_link_subscription (HeinLink *self, const char *prefix, gboolean wanted)
{
  HeinProtocolClass *class = hein_link_get_class (self);

  if (hein_link_hears (self) && class->subscription != NULL)
    {
      hein_loop_enter (self->host->loop);
      class->subscription (self->protocol, self->wire, prefix, wanted);
      hein_loop_leave (self->host->loop);
    }
}

gboolean
hein_link_pattern (HeinLink *self, const char *pattern, gboolean wanted)
{
  HeinProtocolClass *class = hein_link_get_class (self);
  gboolean is_known = FALSE;

  if (hein_link_hears (self) && class->pattern != NULL)
    {
      hein_loop_enter (self->host->loop);
      is_known = class->pattern (self->protocol, self->wire, pattern, wanted);
      hein_loop_leave (self->host->loop);
    }
  return is_known;
}

gboolean
hein_link_confirm (HeinLink *self, guint number)
{
  HeinProtocolClass *class = hein_link_get_class (self);
  gboolean is_asked = FALSE;

  if (hein_link_hears (self) && class->confirm != NULL)
    {
      hein_loop_enter (self->host->loop);
      is_asked = class->confirm (self->protocol, self->wire, number);
      hein_loop_leave (self->host->loop);
    }
  return is_asked;
}

void
hein_link_verdict (HeinLink *self, const GError *refusal)
{
  HeinProtocolClass *class = hein_link_get_class (self);

  self->entry->offer.probe_us = 0;
  hein_link_forget_offer (self);
  self->state = refusal == NULL ? HEIN_LINK_ADMITTED : HEIN_LINK_HANDSHAKE;
  if (refusal == NULL)
    self->host->funcs->admitted (self);
  if (class->admitted != NULL)
    class->admitted (self->protocol, self->wire, refusal);
  if (self->current == NULL && hein_input_get_size (&self->input) > 0)
    {
      /* bytes may have arrived while the verdict was pending */
      self->wants_consume = TRUE;
      hein_loop_defer (self->host->loop, &self->job);
    }
  /* a protocol that does not close after a refusal is closed here */
  if (refusal != NULL)
    hein_link_close (self, refusal);
}

HeinPeer *
hein_link_ensure_peer (HeinLink *self)
{
  HeinPeer *peer = self->peer;

  if (G_LIKELY (peer != NULL))
    return peer;
  peer = self->peer = self->host->funcs->make_peer (self);
  peer->link = self;
  if (self->entry != NULL)
    {
      peer->remote = self->entry->remote;
      g_set_object (&peer->address, self->entry->address);
    }
  if (hein_link_get_class (self)->settled != NULL)
    peer->handled_link = self;
  hein_peer_review_watched (peer);
  return peer;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-link-secure.h"

#include <hein/hein-error.h>
#include <hein/hein-protocol.h>

#include "hein-link-close.h"
#include "hein-link-owner.h"
#include "hein-link-receive.h"
#include "hein-link-time.h"

/* Opens the stream of a link: TLS at once, or behind a greeting in the
 * clear. */

static void
begin_events (HeinLink *self)
{
  self->state = HEIN_LINK_HANDSHAKE;
  self->watch.ready = hein_link_on_ready;
  self->watch.is_plain = self->job.is_plain = self->timer.is_plain =
    hein_link_get_class (self)->is_pure;
}

void
hein_link_begin_protocol (HeinLink *self)
{
  begin_events (self);
  self->has_begun = TRUE;
  if (hein_link_get_class (self)->start != NULL)
    hein_link_get_class (self)->start (self->protocol, self->wire,
                                       self->is_dialled);
  if (self->state < HEIN_LINK_CLOSING &&
      hein_link_get_class (self)->tick != NULL)
    hein_link_tick (self, hein_link_get_now_us (self));
}

static void
go_on (HeinLink *self)
{
  if (!self->has_begun)
    {
      hein_link_begin_protocol (self);
      return;
    }
  begin_events (self);
  hein_link_get_class (self)->secured (self->protocol, self->wire);
}

void
hein_link_secure (HeinLink *self)
{
  g_autoptr (GError) error = NULL;

  if (hein_stream_open (self->stream, &error))
    {
      go_on (self);
      hein_link_rearm (self);
    }
  hein_link_count_entry (self);
  if (error != NULL)
    hein_link_abort (self, error);
  else
    hein_link_update_events (self);
}

static void
on_ready (HeinWatch *watch, guint32 events)
{
  hein_link_secure (HEIN_CONTAINER (watch, HeinLink, watch));
}

void
hein_link_await_security (HeinLink *self)
{
  self->watch.ready = on_ready;
}

/* What came behind the greeting in the clear may be of anybody on the way, and
 * would be taken for a word within TLS. */
static gboolean
check_upgrade (HeinLink *self)
{
  g_autoptr (GError) error = NULL;

  if (hein_input_get_size (&self->input) == 0 &&
      hein_queue_is_empty (&self->queue))
    return TRUE;
  error = g_error_new_literal (HEIN_ERROR, HEIN_ERROR_INSECURE,
                               "more came in the clear before TLS began: "
                               "somebody on the way may have added it");
  hein_link_close (self, error);
  return FALSE;
}

void
hein_link_upgrade (HeinLink *self)
{
  if (self->state != HEIN_LINK_HANDSHAKE || self->owner == NULL ||
      self->stream == NULL || !check_upgrade (self))
    return;
  self->said.lacks_security = FALSE;
  self->said.is_encrypted = TRUE;
  self->stream = self->owner->funcs->secure (self->owner, self, self->stream);
  self->state = HEIN_LINK_SECURING;
  hein_link_await_security (self);
  hein_link_secure (self);
}

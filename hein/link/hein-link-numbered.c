/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-link-numbered.h"

#include <hein/hein-protocol.h>

#include "hein-link-send.h"
#include "plugin-api/hein-wire-private.h"

/* Encodes deliveries with their numbers, where the protocol does that
 * (HeinProtocolClass.encode_delivery). */

/* What a protocol writes beside the payload, at most; it gets more when it
 * needs more. */
#define HEAD_SIZE 512

static void
encode (HeinLink *self,
        HeinEncoder *encoder,
        HeinEncodePlace place,
        const HeinNumbered *numbered)
{
  self->sending.audience = HEIN_AUDIENCE_NAMED;
  hein_encoder_begin (encoder, place, &self->queue.own,
                      numbered->message->size + HEAD_SIZE);
  self->wire->encoding = encoder;
  self->host->encoding.link = self;
  HEIN_PROTOCOL_GET_CLASS (self->protocol)
    ->encode_delivery (self->protocol, self->wire, numbered->message,
                       numbered->number, numbered->left_ms);
  self->host->encoding.link = NULL;
  self->wire->encoding = NULL;
}

/* Somebody waits for what becomes of it: it is not dropped to make room. */
static void
queue (HeinLink *self, HeinEncoder *encoder, HeinOverflow overflow)
{
  const gsize before = self->queue.cost;
  guint n_ranges;
  const HeinRange *ranges = hein_encoder_end (encoder, &n_ranges);

  if (before == 0 && hein_link_get_ahead_cost (self) == 0)
    self->times.progress_us = hein_link_get_now_us (self);
  hein_queue_push (&self->queue, ranges, n_ranges);
  hein_encoder_forget (encoder);
  self->sending.unflushed += self->queue.cost - before - HEIN_MESSAGE_OVERHEAD;
  hein_queue_keep_last (&self->queue);
  hein_link_limit (self, self->host->settings.send_limit, overflow);
  hein_link_want_flush (self);
}

gboolean
hein_link_send_numbered (HeinLink *self,
                         const HeinNumbered *numbered,
                         HeinEncodePlace place,
                         HeinOverflow overflow)
{
  HeinLinkHost *host = self->host;
  HeinEncoder *encoder;

  if (HEIN_PROTOCOL_GET_CLASS (self->protocol)->encode_delivery == NULL ||
      !hein_link_can_share (self) || host->encoding.link != NULL ||
      self->peer->handled_link != NULL)
    return FALSE;
  encoder = place == HEIN_ENCODE_SHARED ? &self->sending.shared->encoder
                                        : &host->encoding.encoder;
  encode (self, encoder, place, numbered);
  queue (self, encoder, overflow);
  return TRUE;
}

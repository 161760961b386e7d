/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-protocol.h>

#include "base/hein-error-private.h"
#include "hein-link-backlog.h"
#include "hein-link-doubt.h"
#include "hein-link-expiry.h"
#include "hein-link-overflow.h"
#include "hein-link-send.h"
#include "hein-link-state.h"
#include "hein-losses.h"
#include "hein-peer-state.h"
#include "message/hein-message-memory.h"
#include "plugin-api/hein-wire-private.h"

/* Encodes messages and writes them. */

#define WRITE_SIZE (256 * 1024)
#define FLUSH_SIZE (1024 * 1024) /* written at once before others get a turn */
/* How much of the backlog is encoded ahead of what the socket takes: the rest
 * can still be replaced by newer values. */
#define ENCODE_AHEAD (64 * 1024)

/* @size: of the message */
static gboolean
encode (HeinLink *self,
        HeinQueue *queue,
        HeinEncoder *encoder,
        HeinEncodePlace place,
        HeinMessage *message,
        gsize size,
        HeinAudience audience,
        GError **error)
{
  HeinLink *outer = self->host->encoding.link;
  g_autoptr (GError) local_error = NULL;
  gboolean ok;

  self->sending.audience = audience;
  hein_encoder_begin (encoder, place, &queue->own, size + 512);
  self->wire->encoding = encoder;
  self->host->encoding.link = self;
  ok = HEIN_PROTOCOL_GET_CLASS (self->protocol)
         ->encode (self->protocol, self->wire, message, &local_error);
  self->host->encoding.link = outer;
  self->wire->encoding = NULL;
  if (ok)
    return TRUE;
  hein_encoder_cancel (encoder);
  if (local_error == NULL)
    g_set_error (&local_error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "the protocol %s could not encode a message, and did not "
                 "say why",
                 G_OBJECT_TYPE_NAME (self->protocol));
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static inline gboolean
send_own (HeinLink *self,
          HeinQueue *queue,
          HeinMessage *message,
          HeinAudience audience,
          HeinEncodePlace place,
          GError **error)
{
  HeinEncoder *encoder = &self->host->encoding.encoder;
  const HeinRange *ranges;
  guint n_ranges;

  if (!encode (self, queue, encoder, place, message,
               hein_message_size (message), audience, error))
    return FALSE;
  ranges = hein_encoder_end (encoder, &n_ranges);
  hein_queue_push (queue, ranges, n_ranges);
  hein_encoder_forget (encoder);
  return TRUE;
}

void
hein_link_forget_encoded (HeinLinkHost *host)
{
  for (guint i = 0; i < host->encoding.shared->len; i++)
    {
      HeinShared *shared = g_ptr_array_index (host->encoding.shared, i);

      hein_encoder_forget (&shared->encoder);
    }
}

void
hein_link_clear_idle (HeinLinkHost *host)
{
  for (guint i = 0; i < host->encoding.shared->len; i++)
    {
      HeinShared *shared = g_ptr_array_index (host->encoding.shared, i);

      hein_segment_clear_idle (&shared->encoder.shared);
      shared->serial = 0; /* its ranges may be gone */
    }
  for (GList *l = host->links.head; l != NULL; l = l->next)
    {
      HeinLink *link = l->data;

      hein_segment_clear_idle (&link->queue.own);
      if (link->queue.ahead != NULL)
        hein_segment_clear_idle (&link->queue.ahead->own);
    }
}

/* Returns whether the message is encoded for this link alone: it goes ahead,
 * the time that is left when it is written counts, or the peer gets less than
 * it says. */
static gboolean
goes_alone (HeinLink *self, HeinMessage *message)
{
  return hein_message_expires (message) || hein_message_is_high (message) ||
         (message->extra->notes != NULL && !self->peer->wants.attributes);
}

gboolean
hein_link_encode_shared (HeinLink *self,
                         HeinMessage *message,
                         HeinAudience audience,
                         HeinEncodePlace place,
                         GError **error)
{
  HeinShared *shared = self->sending.shared;
  gsize size = message->size;

  if (G_UNLIKELY (message->extra != NULL))
    {
      if (goes_alone (self, message))
        return FALSE;
      size = hein_message_get_size (message);
    }
  if (!encode (self, &self->queue, &shared->encoder, place, message, size,
               audience, error))
    return FALSE;
  shared->ranges = hein_encoder_end (&shared->encoder, &shared->n_ranges);
  shared->serial = self->host->encoding.serial;
  return TRUE;
}

/* The first link with a key encodes, the others use the result. */
static gboolean
send_shared (HeinLink *self,
             HeinMessage *message,
             HeinAudience audience,
             HeinEncodePlace place,
             GError **error)
{
  HeinShared *shared = self->sending.shared;

  if (shared->serial != self->host->encoding.serial &&
      !hein_link_encode_shared (self, message, audience, place, error))
    return FALSE;
  hein_queue_push (&self->queue, shared->ranges, shared->n_ranges);
  return TRUE;
}

static inline gboolean
send_own_or_shared (HeinLink *self,
                    HeinMessage *message,
                    HeinAudience audience,
                    HeinEncodePlace place,
                    GError **error)
{
  return place == HEIN_ENCODE_OWN || self->sending.shared == NULL
           ? send_own (self, &self->queue, message, audience,
                       place == HEIN_ENCODE_SHARED ? HEIN_ENCODE_OWN : place,
                       error)
           : send_shared (self, message, audience, place, error);
}

/* Returns the queue ahead when the message belongs there. A protocol that does
 * not share what it encodes may number it, or wait for answers in that order:
 * what it has encoded is not overtaken. */
static HeinQueue *
get_queue (HeinLink *self, HeinMessage *message)
{
  return self->queue.ahead != NULL && self->sending.shared != NULL &&
             hein_message_is_high (message)
           ? self->queue.ahead
           : &self->queue;
}

/* The same of one that says something of itself. */
static G_GNUC_NO_INLINE gboolean
put_special (HeinLink *self,
             HeinQueue *queue,
             HeinMessage *message,
             HeinAudience audience,
             HeinEncodePlace place,
             GError **error)
{
  if (queue != &self->queue || goes_alone (self, message)
        ? !send_own (self, queue, message, audience, HEIN_ENCODE_OWN, error)
        : !send_own_or_shared (self, message, audience, place, error))
    return FALSE;
  /* somebody waits for what becomes of it, or for what it says */
  if (hein_message_is_ask (message))
    hein_queue_keep_last (queue);
  if (message->extra->notes != NULL && !self->peer->wants.attributes)
    hein_losses_count_stripped (self->peer);
  return TRUE;
}

static void
count_replaced (HeinLink *self, HeinMessage *replaced)
{
  if (replaced != NULL)
    hein_losses_count (self->host, self->peer, HEIN_DROP_REASON_REPLACED, 1,
                       hein_message_size (replaced));
}

static void
put_in_backlog (HeinLink *self,
                HeinBacklog *backlog,
                HeinMessage *message,
                HeinAudience audience,
                HeinBacklogKind kind)
{
  g_autoptr (HeinMessage) replaced =
    hein_backlog_add (backlog, message, audience, kind);

  count_replaced (self, replaced);
  if (hein_message_expires (message))
    hein_link_note_expiring (self, message);
  hein_link_count_cost (self);
}

/* A newer value takes the place of the older one, whatever the priority of
 * either. */
static void
put_value (HeinLink *self, HeinMessage *message, HeinAudience audience)
{
  HeinLinkAhead *ahead = hein_link_get_ahead (self);
  const gboolean goes_ahead =
    ahead != NULL && hein_backlog_has_value (&ahead->backlog, message);

  put_in_backlog (self, goes_ahead ? &ahead->backlog : &self->backlog, message,
                  audience, HEIN_BACKLOG_VALUE);
}

/* What expires is encoded when it is about to be written: then it is known how
 * much time is left. */
static gboolean
must_wait_to_be_written (HeinLink *self, HeinQueue *queue, HeinMessage *message)
{
  return hein_message_expires (message) &&
         (self->is_blocked || queue->cost >= ENCODE_AHEAD);
}

/* A value that went ahead of what is encoded would come before an older one of
 * its topic. */
static HeinQueue *
get_next_queue (HeinLink *self, const HeinBacklogItem *next)
{
  return next->kind == HEIN_BACKLOG_VALUE ? &self->queue
                                          : get_queue (self, next->message);
}

static gboolean
may_encode_next (HeinLink *self, HeinBacklog *backlog)
{
  const HeinBacklogItem *next = hein_backlog_peek_item (backlog);
  HeinQueue *queue;

  if (next == NULL || self->sending.is_held)
    return FALSE;
  queue = get_next_queue (self, next);
  return queue->cost < ENCODE_AHEAD &&
         !must_wait_to_be_written (self, queue, next->message);
}

static gboolean
put_next (HeinLink *self, const HeinBacklogItem *item, GError **error)
{
  if (G_UNLIKELY (item->message->extra != NULL))
    return put_special (self, get_next_queue (self, item), item->message,
                        item->audience, HEIN_ENCODE_OWN, error);
  return send_own (self, &self->queue, item->message, item->audience,
                   HEIN_ENCODE_OWN, error);
}

static gboolean
drop_if_expired (HeinLink *self, HeinMessage *message)
{
  if (!hein_message_expires (message) ||
      !hein_message_has_expired (message, hein_link_get_now_us (self)))
    return FALSE;
  hein_losses_count (self->host, self->peer, HEIN_DROP_REASON_EXPIRED, 1,
                     hein_message_size (message));
  return TRUE;
}

static void
refill_of (HeinLink *self, HeinBacklog *backlog)
{
  HeinBacklogItem item;

  while (may_encode_next (self, backlog) && hein_backlog_pop (backlog, &item))
    {
      g_autoptr (HeinMessage) message = item.message;
      g_autoptr (GError) error = NULL;

      if (drop_if_expired (self, message) || put_next (self, &item, &error))
        continue;
      hein_error_log (self->peer->name, error);
      hein_losses_count (self->host, self->peer, HEIN_DROP_REASON_UNSENDABLE, 1,
                         hein_message_size (message));
    }
}

static void
refill (HeinLink *self)
{
  HeinLinkAhead *ahead = hein_link_get_ahead (self);

  if (G_UNLIKELY (ahead != NULL))
    refill_of (self, &ahead->backlog);
  refill_of (self, &self->backlog);
}

static void
drop_backlog (HeinLink *self, HeinBacklog *backlog)
{
  const gboolean gives_back =
    hein_link_get_class (self)->lost != NULL && !self->said.keeps_rest;
  HeinBacklogItem item;

  while (hein_backlog_pop (backlog, &item))
    {
      g_autoptr (HeinMessage) message = item.message;

      /* a peer that reconnects gets retained messages again anyway */
      if (gives_back && item.kind != HEIN_BACKLOG_RETAINED)
        hein_wire_give_back (self->wire, message, item.audience);
      else
        hein_losses_count (self->host, self->peer, HEIN_DROP_REASON_CLOSED, 1,
                           hein_message_size (message));
    }
}

void
hein_link_drop_backlog (HeinLink *self)
{
  HeinLinkAhead *ahead = hein_link_get_ahead (self);

  if (ahead != NULL)
    drop_backlog (self, &ahead->backlog);
  drop_backlog (self, &self->backlog);
}

void
hein_link_want_flush (HeinLink *self)
{
  if (self->sending.unflushed >= HEIN_LINK_FLUSH_THRESHOLD && !self->is_blocked)
    hein_link_flush (self);
  else
    hein_loop_defer (self->host->loop, &self->job);
}

/* ---- messages of high priority ---- */

static HeinLinkAhead *
ensure_ahead (HeinLink *self)
{
  if (self->queue.ahead == NULL)
    self->queue.ahead = (HeinQueue *) g_new0 (HeinLinkAhead, 1);
  return hein_link_get_ahead (self);
}

void
hein_link_forget_ahead (HeinLink *self)
{
  g_autofree HeinLinkAhead *ahead = hein_link_get_ahead (self);

  if (ahead == NULL)
    return;
  self->queue.ahead = NULL;
  hein_queue_clear (&ahead->queue);
  hein_backlog_clear (&ahead->backlog);
}

/* Takes back an older value of its topic that waits among the others, or it
 * would come later than the newer one. */
static void
replace_behind (HeinLink *self, HeinMessage *message, HeinAudience audience)
{
  g_autoptr (HeinMessage) replaced = NULL;

  /* a message to one peer is not a newer value of what all get */
  if (audience == HEIN_AUDIENCE_ALL)
    replaced = hein_backlog_take_value (&self->backlog, message);
  count_replaced (self, replaced);
}

static gboolean
put_ahead (HeinLink *self,
           HeinLinkAhead *ahead,
           HeinMessage *message,
           HeinAudience audience,
           gboolean is_value,
           GError **error)
{
  HeinQueue *queue = get_queue (self, message);

  replace_behind (self, message, audience);
  if (is_value)
    put_in_backlog (self, &ahead->backlog, message, audience,
                    HEIN_BACKLOG_VALUE);
  else if (self->sending.is_held ||
           hein_backlog_get_length (&ahead->backlog) > 0 ||
           must_wait_to_be_written (self, queue, message))
    put_in_backlog (self, &ahead->backlog, message, audience,
                    HEIN_BACKLOG_MESSAGE);
  else
    return put_special (self, queue, message, audience, HEIN_ENCODE_OWN, error);
  return TRUE;
}

/* The policy and the limit are those of this lane alone. */
static gboolean
take_in_ahead (HeinLink *self,
               HeinMessage *message,
               HeinAudience audience,
               HeinOverflow overflow,
               GError **error)
{
  HeinLinkAhead *ahead = ensure_ahead (self);
  const gsize before = hein_link_get_ahead_cost (self);
  const gboolean is_ask = hein_message_is_ask (message);
  gsize growth;

  if (overflow == HEIN_OVERFLOW_DROP_NEWEST && !is_ask &&
      before >= self->host->settings.send_limit)
    {
      hein_losses_count (self->host, self->peer, HEIN_DROP_REASON_OVERFLOW, 1,
                         hein_message_size (message));
      return TRUE;
    }
  if (!put_ahead (self, ahead, message, audience,
                  overflow == HEIN_OVERFLOW_LATEST && !is_ask, error))
    return FALSE;
  growth = hein_link_get_ahead_cost (self) - before;
  if ((gssize) growth > HEIN_MESSAGE_OVERHEAD)
    self->sending.unflushed += growth - HEIN_MESSAGE_OVERHEAD;
  hein_link_limit_ahead (self, overflow);
  return TRUE;
}

static G_GNUC_NO_INLINE gboolean
take_in_special (HeinLink *self,
                 HeinMessage *message,
                 HeinAudience audience,
                 HeinOverflow overflow,
                 HeinEncodePlace place,
                 GError **error)
{
  const gboolean is_value =
    overflow == HEIN_OVERFLOW_LATEST && !hein_message_is_ask (message);

  if (hein_link_goes_ahead (self, message))
    return take_in_ahead (self, message, audience, overflow, error);
  if (is_value)
    put_value (self, message, audience);
  else if (hein_link_must_queue_up (self) ||
           must_wait_to_be_written (self, &self->queue, message))
    put_in_backlog (self, &self->backlog, message, audience,
                    HEIN_BACKLOG_MESSAGE);
  else
    return put_special (self, &self->queue, message, audience, place, error);
  return TRUE;
}

static gboolean
take_in (HeinLink *self,
         HeinMessage *message,
         HeinAudience audience,
         HeinOverflow overflow,
         HeinEncodePlace place,
         GError **error)
{
  if (G_UNLIKELY (message->extra != NULL))
    return take_in_special (self, message, audience, overflow, place, error);
  if (overflow == HEIN_OVERFLOW_LATEST)
    put_value (self, message, audience);
  else if (hein_link_must_queue_up (self))
    put_in_backlog (self, &self->backlog, message, audience,
                    HEIN_BACKLOG_MESSAGE);
  else
    return send_own_or_shared (self, message, audience, place, error);
  return TRUE;
}

/* When there is no memory for more until the next turn, what is queued already
 * is the most that there may be. */
static inline gsize
get_limit (HeinLink *self)
{
  const gsize limit = self->host->settings.send_limit;

  if (G_UNLIKELY (hein_segment_pool_is_over (self->host->segments)))
    return MIN (limit, hein_link_get_cost (self));
  return limit;
}

/* A full lane does not drop what is for the other one. */
static gboolean
must_drop_newest (HeinLink *self, HeinMessage *message)
{
  return !hein_message_is_ask (message) &&
         !hein_link_goes_ahead (self, message) &&
         hein_link_get_cost (self) >= get_limit (self);
}

gboolean
hein_link_send (HeinLink *self,
                HeinMessage *message,
                HeinAudience audience,
                HeinOverflow overflow,
                HeinEncodePlace place,
                GError **error)
{
  gsize before;
  gsize limit;
  gsize growth;

  hein_link_settle (self->host);
  if (overflow == HEIN_OVERFLOW_DROP_NEWEST && must_drop_newest (self, message))
    {
      hein_losses_count (self->host, self->peer, HEIN_DROP_REASON_OVERFLOW, 1,
                         hein_message_size (message));
      return TRUE;
    }
  before = hein_link_get_cost (self);
  limit = get_limit (self);
  if (self->queue.cost == 0 && hein_link_get_ahead_cost (self) == 0)
    self->times.progress_us = hein_link_get_now_us (self);
  if (!take_in (self, message, audience, overflow, place, error))
    return FALSE;
  growth = hein_link_get_cost (self) - before;
  if ((gssize) growth > HEIN_MESSAGE_OVERHEAD)
    self->sending.unflushed += growth - HEIN_MESSAGE_OVERHEAD;
  hein_link_limit (self, limit, overflow);
  hein_link_want_flush (self);
  return TRUE;
}

void
hein_link_send_retained (HeinLink *self, HeinMessage *message)
{
  put_in_backlog (self, &self->backlog, message, HEIN_AUDIENCE_ALL,
                  HEIN_BACKLOG_RETAINED);
  hein_link_want_flush (self);
}

/* Defers the end: a send may be iterating over the peers. */
static void
break_later (HeinLink *self, GError *error)
{
  self->is_broken = TRUE;
  self->is_blocked = TRUE;
  if (self->error == NULL)
    self->error = g_error_copy (error);
  hein_loop_defer (self->host->loop, &self->job);
}

/* Writes once; FALSE when the socket takes no more, or is broken. */
static gboolean
write_some (HeinLink *self, gsize *written)
{
  g_autoptr (GError) error = NULL;
  HeinWritten done;

  if (hein_queue_is_empty (&self->queue))
    return FALSE;
  if (!hein_queue_write (&self->queue, self->stream, WRITE_SIZE, &done, &error))
    {
      break_later (self, error);
      return FALSE;
    }
  self->is_blocked = !done.is_all;
  if (done.size == 0)
    return FALSE;
  *written += done.size;
  self->times.sent_us = self->times.progress_us = hein_link_get_now_us (self);
  if (self->peer != NULL)
    {
      self->peer->counts.bytes_sent += done.size;
      self->peer->counts.messages_sent += done.n_messages;
      if (G_UNLIKELY (self->peer->counts.bytes_sent -
                        self->account.marked_bytes >=
                      HEIN_LINK_ON_ITS_WAY))
        hein_link_mark_written (self);
    }
  return !self->is_blocked;
}

void
hein_link_flush_stream (HeinLink *self)
{
  g_autoptr (GError) error = NULL;

  if (!hein_stream_flush (self->stream, &error))
    break_later (self, error);
  hein_link_update_events (self);
}

void
hein_link_flush (HeinLink *self)
{
  gsize written = 0;
  gboolean was_blocked = self->is_blocked;

  if (self->stream == NULL || self->is_broken ||
      self->state >= HEIN_LINK_DRAINING ||
      hein_link_host_is_forked (self->host))
    return;
  if (G_UNLIKELY (self->host->encoding.link != NULL))
    {
      /* a protocol uses another connection while it encodes */
      hein_loop_defer (self->host->loop, &self->job);
      return;
    }
  refill (self);
  while (!self->is_blocked && written < FLUSH_SIZE &&
         write_some (self, &written))
    refill (self);
  self->sending.unflushed = 0;
  hein_link_review_room (self);
  hein_link_note_answers (self);
  if (self->is_blocked != was_blocked)
    hein_link_update_events (self);
  else
    hein_link_follow_stream (self);
  if (!self->is_blocked && !hein_queue_is_empty (&self->queue))
    hein_loop_defer (self->host->loop, &self->job);
}

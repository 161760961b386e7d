/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-protocol.h>

#include "hein-bus-private.h"
#include "hein-link-parts-private.h"
#include "hein-message-private.h"

#define N_VECTORS   64
#define WRITE_SIZE  (256 * 1024)
#define FLUSH_SIZE  (1024 * 1024) /* written in one go, then others */
#define DIRTY_AHEAD (64 * 1024)   /* encoded under `latest` beforehand */

/* What a connection sends: encoding, limits, and writing. */

static void
update_room (HeinLink *self)
{
  if (self->peer != NULL && self->peer->bus != NULL)
    hein_roster_set_full (self->bus, self->peer,
                          hein_link_get_cost (self) >= self->bus->send_limit);
}

static HeinDirty *
get_dirty (HeinLink *self)
{
  if (self->dirty == NULL)
    {
      self->dirty = g_new0 (HeinDirty, 1);
      g_queue_init (&self->dirty->order);
      self->dirty->values =
        g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                               (GDestroyNotify) hein_message_unref);
    }
  return self->dirty;
}

/* Under `latest` a newer value takes the place of an unsent older one. */
static void
send_latest (HeinLink *self, HeinMessage *message)
{
  HeinDirty *dirty = get_dirty (self);
  const char *topic = hein_message_get_topic (message);
  HeinMessage *old = g_hash_table_lookup (dirty->values, topic);

  hein_message_keep_sender (message);
  dirty->cost += hein_message_get_cost (message);
  if (old != NULL)
    {
      GList *place =
        g_queue_find_custom (&dirty->order, topic, (GCompareFunc) g_strcmp0);

      dirty->cost -= hein_message_get_cost (old);
      hein_bus_count_drop (self->bus, self->peer, HEIN_DROP_REPLACED, 1,
                           hein_message_size (old));
      place->data = (gpointer) topic;
    }
  else
    g_queue_push_tail (&dirty->order, (gpointer) topic);
  g_hash_table_replace (dirty->values, (gpointer) topic,
                        hein_message_ref (message));
}

void
hein_waiting_free (HeinWaiting *self)
{
  hein_message_unref (self->message);
  g_free (self);
}

static gboolean
encode (HeinLink *self,
        HeinEncoder *encoder,
        HeinEncodePlace place,
        HeinMessage *message,
        GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean ok;

  hein_encoder_begin (encoder, place, &self->queue.own,
                      hein_message_size (message) + 512);
  self->wire->encoding = encoder;
  ok = HEIN_PROTOCOL_GET_CLASS (self->protocol)
         ->encode (self->protocol, self->wire, message, &local_error);
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

static gboolean
send_own (HeinLink *self,
          HeinMessage *message,
          HeinEncodePlace place,
          GError **error)
{
  HeinEncoder *encoder = &self->bus->encoder;
  const HeinRange *ranges;
  guint n_ranges;

  if (!encode (self, encoder, place, message, error))
    return FALSE;
  ranges = hein_encoder_end (encoder, &n_ranges);
  hein_queue_push (&self->queue, ranges, n_ranges);
  return TRUE;
}

gboolean
hein_link_encode_shared (HeinLink *self,
                         HeinMessage *message,
                         HeinEncodePlace place,
                         GError **error)
{
  HeinShared *shared = self->shared;

  if (!encode (self, &shared->encoder, place, message, error))
    return FALSE;
  shared->ranges = hein_encoder_end (&shared->encoder, &shared->n_ranges);
  shared->serial = self->bus->serial;
  return TRUE;
}

/* The first link of a key encodes, the others take what it made. */
static gboolean
send_shared (HeinLink *self,
             HeinMessage *message,
             HeinEncodePlace place,
             GError **error)
{
  HeinShared *shared = self->shared;

  if (shared->serial != self->bus->serial &&
      !hein_link_encode_shared (self, message, place, error))
    return FALSE;
  hein_queue_push (&self->queue, shared->ranges, shared->n_ranges);
  return TRUE;
}

static gboolean
put_on_queue (HeinLink *self,
              HeinMessage *message,
              HeinEncodePlace place,
              GError **error)
{
  if (self->is_held || !g_queue_is_empty (&self->waiting))
    {
      HeinWaiting *waiting = g_new (HeinWaiting, 1);

      hein_message_keep_sender (message);
      waiting->message = hein_message_ref (message);
      waiting->audience = self->bus->audience;
      g_queue_push_tail (&self->waiting, waiting);
      self->waiting_cost += hein_message_get_cost (message);
      return TRUE;
    }
  if (place == HEIN_ENCODE_OWN || self->shared == NULL)
    return send_own (self, message,
                     place == HEIN_ENCODE_SHARED ? HEIN_ENCODE_OWN : place,
                     error);
  return send_shared (self, message, place, error);
}

/* Encodes what waited for the protocol, or for a newer value. */
static void
refill (HeinLink *self)
{
  while (!self->is_held && !g_queue_is_empty (&self->waiting))
    {
      HeinWaiting *waiting = g_queue_pop_head (&self->waiting);

      self->waiting_cost -= hein_message_get_cost (waiting->message);
      self->bus->audience = waiting->audience;
      if (!send_own (self, waiting->message, HEIN_ENCODE_OWN, NULL))
        hein_bus_count_drop (self->bus, self->peer, HEIN_DROP_UNSENDABLE, 1,
                             hein_message_size (waiting->message));
      hein_waiting_free (waiting);
    }
  while (self->dirty != NULL && !self->is_held &&
         self->dirty->order.length > 0 && self->queue.cost < DIRTY_AHEAD)
    {
      const char *topic = g_queue_pop_head (&self->dirty->order);
      g_autoptr (HeinMessage) message = NULL;

      g_hash_table_steal_extended (self->dirty->values, topic, NULL,
                                   (gpointer *) &message);
      self->dirty->cost -= hein_message_get_cost (message);
      self->bus->audience = HEIN_AUDIENCE_ALL;
      if (!send_own (self, message, HEIN_ENCODE_OWN, NULL))
        hein_bus_count_drop (self->bus, self->peer, HEIN_DROP_UNSENDABLE, 1,
                             hein_message_size (message));
    }
}

gsize
hein_link_get_cost (HeinLink *self)
{
  return self->queue.cost + self->waiting_cost +
         (self->dirty != NULL ? self->dirty->cost : 0);
}

static void
drop_oldest (HeinLink *self)
{
  guint64 n_messages = 0;
  guint64 n_bytes = 0;

  while (hein_link_get_cost (self) > self->bus->send_limit &&
         self->waiting.length > 1)
    {
      HeinWaiting *waiting = g_queue_pop_head (&self->waiting);

      self->waiting_cost -= hein_message_get_cost (waiting->message);
      n_messages++;
      n_bytes += hein_message_size (waiting->message);
      hein_waiting_free (waiting);
    }
  hein_queue_drop_oldest (&self->queue, self->bus->send_limit, &n_messages,
                          &n_bytes);
  if (n_messages > 0)
    hein_bus_count_drop (self->bus, self->peer, HEIN_DROP_OVERFLOW, n_messages,
                         n_bytes);
}

void
hein_link_limit_slow (HeinLink *self, HeinOverflow overflow)
{
  if (hein_link_get_cost (self) < self->bus->send_limit)
    return;
  if (overflow == HEIN_OVERFLOW_DROP_OLDEST)
    drop_oldest (self);
  update_room (self);
  if (overflow == HEIN_OVERFLOW_DISCONNECT)
    hein_link_rearm (self);
}

void
hein_link_want_flush (HeinLink *self)
{
  if (self->unflushed >= HEIN_LINK_FLUSH_THRESHOLD && !self->is_blocked)
    hein_link_flush (self);
  else
    hein_loop_defer (self->bus->loop, &self->job);
}

gboolean
hein_link_send (HeinLink *self,
                HeinMessage *message,
                HeinOverflow overflow,
                HeinEncodePlace place,
                GError **error)
{
  gsize before;

  hein_run_settle (self->bus);
  before = self->queue.cost;
  if (overflow == HEIN_OVERFLOW_DROP_NEWEST && self->peer->is_full)
    {
      hein_bus_count_drop (self->bus, self->peer, HEIN_DROP_OVERFLOW, 1,
                           hein_message_size (message));
      return TRUE;
    }
  if (before == 0)
    self->progress_us = hein_link_get_now_us (self);
  if (overflow == HEIN_OVERFLOW_LATEST)
    send_latest (self, message);
  else if (!put_on_queue (self, message, place, error))
    return FALSE;
  if (self->queue.cost > before)
    self->unflushed += self->queue.cost - before - HEIN_MESSAGE_OVERHEAD;
  hein_link_limit (self, self->bus->send_limit, overflow);
  hein_link_want_flush (self);
  return TRUE;
}

/* Writes once; FALSE when the socket takes no more, or is broken. */
static gboolean
write_some (HeinLink *self, gsize *written)
{
  struct iovec vectors[N_VECTORS];
  guint n = hein_queue_gather (&self->queue, vectors, N_VECTORS, WRITE_SIZE);
  g_autoptr (GError) error = NULL;
  gsize wanted = 0;
  gssize done;

  if (n == 0)
    return FALSE;
  for (guint i = 0; i < n; i++)
    wanted += vectors[i].iov_len;
  done = hein_stream_write (self->stream, vectors, n, &error);
  if (error != NULL)
    {
      /* not now: a send may be walking over the peers */
      self->is_broken = TRUE;
      self->is_blocked = TRUE;
      if (self->error == NULL)
        self->error = g_steal_pointer (&error);
      hein_loop_defer (self->bus->loop, &self->job);
      return FALSE;
    }
  self->is_blocked = done < (gssize) wanted;
  if (done <= 0)
    return FALSE;
  *written += done;
  self->sent_us = self->progress_us = hein_link_get_now_us (self);
  if (self->peer != NULL)
    {
      self->peer->bytes_sent += done;
      self->peer->messages_sent += hein_queue_sent (&self->queue, done);
    }
  else
    hein_queue_sent (&self->queue, done);
  return !self->is_blocked;
}

void
hein_link_flush (HeinLink *self)
{
  gsize written = 0;
  gboolean was_blocked = self->is_blocked;

  if (self->stream == NULL || self->is_broken ||
      self->state >= HEIN_LINK_DRAINING)
    return;
  refill (self);
  while (!self->is_blocked && written < FLUSH_SIZE &&
         write_some (self, &written))
    refill (self);
  self->unflushed = 0;
  update_room (self);
  if (self->is_blocked != was_blocked)
    hein_link_update_events (self);
  if (!self->is_blocked && !hein_queue_is_empty (&self->queue))
    hein_loop_defer (self->bus->loop, &self->job);
  hein_link_begin_draining (self);
}

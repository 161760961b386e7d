/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-member.h"

#include <string.h>

#include "datagram/mc-message.h"
#include "datagram/mc-pack.h"

/*
 * One other member: what it says goes through a receiver for each channel into
 * messages of the bus, what is said to it alone through a sender.
 */

/* ---- what it says ---- */

/* Gives one message to the bus. While another member has the name of this one
 * there is no peer that it could be from, and it is lost. */
static void
deliver_one (
  McMember *self, GBytes *bytes, gsize from, gsize size, gboolean is_addressed)
{
  const guint8 *data = g_bytes_get_data (bytes, NULL); /* NULL: it is empty */
  HeinTransport *transport = self->membership->transport;
  g_autoptr (HeinMessage) message = NULL;
  McSimple simple;

  if (self->peer == NULL)
    {
      hein_transport_drop (transport, NULL, HEIN_DROP_REASON_LOST, 1, size);
      return;
    }
  if (size > 0 && mc_message_get_simple (data + from, size, &simple))
    {
      (is_addressed ? hein_transport_deliver_addressed_data
                    : hein_transport_deliver_data) (transport, self->peer,
                                                    simple.topic,
                                                    simple.topic_size,
                                                    simple.data, simple.size);
      return;
    }
  message = mc_message_decode (bytes, from, size);
  if (message != NULL && is_addressed)
    hein_message_set_addressed (message);
  if (message != NULL &&
      hein_message_get_size (message) <= self->membership->max_message_size)
    hein_transport_deliver (transport, self->peer, message);
  else
    hein_transport_drop (transport, self->peer, HEIN_DROP_REASON_INVALID, 1,
                         size);
}

/* Gives on what the receiver has put together: one message, or a block of
 * them, which the receiver has found well-formed. */
static void
deliver (McMember *self,
         GBytes *message,
         gboolean is_packed,
         gboolean is_addressed)
{
  gsize at = 0;
  gsize from;
  gsize size;

  if (!is_packed)
    deliver_one (self, message, 0, g_bytes_get_size (message), is_addressed);
  else
    while (mc_pack_find_next (message, &at, &from, &size))
      deliver_one (self, message, from, size, is_addressed);
}

static void
deliver_to_all (GBytes *message,
                gboolean is_packed,
                guint32 ordinal,
                gpointer data)
{
  deliver (data, message, is_packed, FALSE);
}

/* What is said to this end alone is for it, whatever it has subscribed to. */
static void
deliver_to_one (GBytes *message,
                gboolean is_packed,
                guint32 ordinal,
                gpointer data)
{
  deliver (data, message, is_packed, TRUE);
}

static void
tell_lost (guint32 first, guint32 n, gpointer data)
{
  McMember *self = data;
  HeinTransport *transport = self->membership->transport;

  if (self->peer != NULL)
    hein_transport_lose (transport, self->peer, first, n);
  else
    hein_transport_drop (transport, NULL, HEIN_DROP_REASON_LOST, n, 0);
}

static guint32
get_random (gpointer data)
{
  return hein_get_random_int ();
}

/* NAKs go to all: others that miss the same need not ask. */
static void
emit_to_all (const McInner *inner, GBytes *payload, gpointer data)
{
  McMember *self = data;

  self->membership->put (self->membership->group, inner, payload, NULL);
}

static void
emit_to_one (const McInner *inner, GBytes *payload, gpointer data)
{
  McMember *self = data;

  self->membership->put (self->membership->group, inner, payload, self);
}

static McReceiver *
make_receiver (McMember *self, guint16 channel)
{
  McReceiverOptions options = {
    .channel = channel,
    .is_reliable = self->membership->is_reliable,
    .max_message_size =
      self->membership->max_message_size + MC_MESSAGE_HEAD_MAX,
    .budget = &self->membership->budget,
    .emit = channel == MC_CHANNEL_ALL ? emit_to_all : emit_to_one,
    .deliver = channel == MC_CHANNEL_ALL ? deliver_to_all : deliver_to_one,
    .tell_lost = tell_lost,
    .random = get_random,
    .user_data = self,
  };

  memcpy (options.sender_id, self->id, sizeof options.sender_id);
  return mc_receiver_new (&options);
}

/* The receiver of what the member says to this end alone is made with its
 * first datagram. It begins with number 1, since nobody else could have heard
 * what was before. */
static void
ensure_one (McMember *self)
{
  const McPosition start = { .dseq = 1 };

  if (self->one != NULL)
    return;
  self->one = make_receiver (self, MC_CHANNEL_ONE);
  mc_receiver_begin (self->one, &start);
}

void
mc_member_hear (McMember *self,
                const McInner *inner,
                GBytes *payload,
                gint64 now_us)
{
  if (inner->channel == MC_CHANNEL_ALL)
    mc_receiver_hear (self->all, inner, payload, now_us);
  else if (inner->channel == MC_CHANNEL_ONE)
    {
      ensure_one (self);
      mc_receiver_hear (self->one, inner, payload, now_us);
    }
}

/* ---- what we say to it ---- */

gboolean
mc_member_send (McMember *self, GBytes *message, gint64 now_us)
{
  McMembership *membership = self->membership;

  if (self->to == NULL)
    {
      McSenderOptions options = {
        .channel = MC_CHANNEL_ONE,
        .is_reliable = membership->is_reliable,
        .fragment_size = membership->fragment_size - MC_SENDER_ID_SIZE,
        .rate = membership->rate,
        .emit = emit_to_one,
        .user_data = self,
      };

      memcpy (options.id, membership->own_id, sizeof options.id);
      self->to = mc_sender_new (&options, now_us);
      mc_sender_set_limit (self->to, membership->limit);
    }
  return mc_sender_send (self->to, message, FALSE, now_us);
}

/* ---- life ---- */

McMember *
mc_member_new (McMembership *membership,
               const guint8 *id,
               const McAddress *seen,
               const char *name,
               const char *instance,
               gint64 now_us)
{
  McMember *self = g_new0 (McMember, 1);

  self->membership = membership;
  memcpy (self->id, id, sizeof self->id);
  self->seen = *seen;
  self->name = g_strdup (name);
  self->instance = g_strdup (instance);
  self->heard_us = now_us;
  self->all = make_receiver (self, MC_CHANNEL_ALL);
  self->in_row.data = self;
  g_queue_push_tail_link (&membership->members, &self->in_row);
  return self;
}

gboolean
mc_member_enter (McMember *self)
{
  g_autoptr (GSocketAddress) address = NULL;
  HeinPeer *peer;

  if (self->peer != NULL)
    return TRUE;
  address = mc_address_to_gio (&self->seen);
  peer = hein_transport_add_peer (self->membership->transport, self->name,
                                  self->instance, address, NULL);
  if (peer != NULL && self->membership->security != NULL)
    hein_transport_set_peer_security (self->membership->transport, peer,
                                      self->membership->security);
  g_set_object (&self->peer, peer);
  return peer != NULL;
}

/* Best effort keeps no order, so there is no place among the messages where a
 * loss could be told: it is only counted. */
static void
count_lost (McMember *self)
{
  guint64 n;

  if (self->membership->is_reliable)
    return;
  n = mc_receiver_get_stats (self->all)->n_lost;
  if (self->one != NULL)
    n += mc_receiver_get_stats (self->one)->n_lost;
  hein_transport_drop (self->membership->transport, self->peer,
                       HEIN_DROP_REASON_LOST, n - self->n_lost_told, 0);
  self->n_lost_told = n;
}

static void
end_hearing (McMember *self)
{
  const gint64 now_us = hein_get_monotonic_time ();

  if (self->membership->is_closing)
    return;
  mc_receiver_end (self->all, now_us);
  if (self->one != NULL)
    mc_receiver_end (self->one, now_us);
  count_lost (self);
}

void
mc_member_count_unsent (McMember *self)
{
  guint64 n;
  gsize size_bytes;

  if (self->to == NULL)
    return;
  n = mc_sender_count_queued (self->to, &size_bytes);
  hein_transport_drop (self->membership->transport, self->peer,
                       HEIN_DROP_REASON_CLOSED, n, size_bytes);
}

void
mc_member_leave (McMember *self, const char *why)
{
  g_autoptr (GError) error = NULL;

  if (self->peer == NULL)
    return;
  end_hearing (self);
  if (why != NULL)
    error = g_error_new_literal (HEIN_ERROR, HEIN_ERROR_TIMED_OUT, why);
  hein_transport_remove_peer (self->membership->transport, self->peer, error);
  g_clear_object (&self->peer);
}

void
mc_member_free (McMember *self)
{
  g_queue_unlink (&self->membership->members, &self->in_row);
  /* a group that closes has counted it before */
  if (!self->membership->is_closing)
    mc_member_count_unsent (self);
  mc_member_leave (self, NULL);
  g_clear_pointer (&self->all, mc_receiver_free);
  g_clear_pointer (&self->one, mc_receiver_free);
  g_clear_pointer (&self->to, mc_sender_free);
  g_free (self->name);
  g_free (self->instance);
  g_free (self);
}

gint64
mc_member_tick (McMember *self, gint64 now_us)
{
  gint64 due_us;

  mc_receiver_tick (self->all, now_us);
  due_us = mc_receiver_get_deadline (self->all);
  if (self->one != NULL)
    {
      mc_receiver_tick (self->one, now_us);
      due_us = MIN (due_us, mc_receiver_get_deadline (self->one));
    }
  if (self->to != NULL)
    {
      mc_sender_tick (self->to, now_us);
      due_us = MIN (due_us, mc_sender_get_deadline (self->to));
    }
  count_lost (self);
  return due_us;
}

gsize
mc_member_get_memory (const McMember *self)
{
  return self->to != NULL ? mc_sender_get_memory (self->to) : 0;
}

void
mc_member_limit (McMember *self, gboolean sheds)
{
  if (self->to == NULL)
    return;
  mc_sender_set_limit (self->to, self->membership->limit);
  if (sheds)
    mc_sender_shed (self->to);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/random.h>

#include <hein/hein-protocol.h>

#include "ask/hein-ask-deliver.h"
#include "ask/hein-asker.h"
#include "ask/hein-services.h"
#include "core/hein-clearance.h"
#include "core/hein-core-state.h"
#include "core/hein-filters.h"
#include "core/hein-handshakes.h"
#include "core/hein-notify.h"
#include "core/hein-peer-private.h"
#include "core/hein-retry.h"
#include "core/hein-roster.h"
#include "core/hein-run.h"
#include "hein-admission.h"
#include "hein-announcer.h"
#include "hein-link-filter.h"
#include "hein-link-wire.h"
#include "io/hein-sealed-stream.h"
#include "link/hein-link-close.h"
#include "link/hein-link-doubt.h"
#include "link/hein-link-handled.h"
#include "link/hein-link-overflow.h"
#include "link/hein-link-owner.h"
#include "link/hein-link-state.h"
#include "link/hein-link.h"
#include "link/hein-losses.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"
#include "message/hein-message-receive.h"
#include "plugin-api/hein-wire-private.h"

/* The wire of a connection: implements the public functions of HeinWire. */

/* How many control bytes may be queued, beside one message, for a peer that
 * does not read them. */
#define CONTROL_ROOM (1024 * 1024)

/*
 * Each slot does what the public function of the same name promises to
 * protocols.
 */

/* Outside of encode (): control bytes, which go between two messages. */
static void
link_put (gpointer data, const guint8 *bytes, gsize size)
{
  HeinLink *self = data;

  if (self->state >= HEIN_LINK_DRAINING)
    return;
  if (hein_queue_count_control (&self->queue) + size >
      self->host->settings.max_message_size + CONTROL_ROOM)
    {
      g_autoptr (GError) error =
        g_error_new_literal (HEIN_ERROR, HEIN_ERROR_REFUSED,
                             "it asks for answers and does not take them");

      hein_link_abort (self, error);
      return;
    }
  hein_queue_push_control (&self->queue, bytes, size);
  hein_link_note_answers (self);
  hein_loop_defer (self->host->loop, &self->job);
}

static void
link_put_bytes (gpointer data, GBytes *bytes)
{
  gsize size;
  const guint8 *start = g_bytes_get_data (bytes, &size);

  link_put (data, start, size);
}

static void
link_set_encoding (gpointer data, const char *key)
{
  HeinLink *self = data;
  HeinCore *core = hein_core_of_link (self);
  HeinShared *shared;

  hein_run_settle (core);
  self->sending.shared = NULL;
  if (key == NULL)
    return;
  key = g_intern_string (key);
  for (guint i = 0; i < core->host.encoding.shared->len; i++)
    {
      shared = g_ptr_array_index (core->host.encoding.shared, i);
      if (shared->key == key)
        {
          self->sending.shared = shared;
          return;
        }
    }
  shared = g_new0 (HeinShared, 1);
  shared->key = (char *) key;
  hein_encoder_init (&shared->encoder, core->host.segments);
  g_ptr_array_add (core->host.encoding.shared, shared);
  self->sending.shared = shared;
}

static void
seal (gpointer data, const guint8 *bytes, gsize size, GByteArray *sealed)
{
  HeinProtocol *protocol = data;

  HEIN_PROTOCOL_GET_CLASS (protocol)->seal (protocol, bytes, size, sealed);
}

/* What was put before is in the queue or in the stream, and is sent as it
 * is. */
static void
link_begin_sealing (gpointer data)
{
  HeinLink *self = data;

  if (self->stream == NULL || self->said.is_sealing ||
      hein_link_get_class (self)->seal == NULL)
    return;
  self->said.is_sealing = TRUE;
  self->stream =
    hein_sealed_stream_new (self->stream,
                            hein_queue_count_control (&self->queue), seal,
                            self->protocol);
}

static void
link_hold (gpointer data, gboolean hold)
{
  HeinLink *self = data;

  hein_run_settle (hein_core_of_link (self));
  /* while closing, no answer is read that could end the hold */
  self->sending.is_held = hold && self->state < HEIN_LINK_CLOSING;
  if (!hold && self->state < HEIN_LINK_DRAINING)
    hein_loop_defer (self->host->loop, &self->job);
}

static void
link_expect (gpointer data, gsize size)
{
  HeinLink *self = data;

  hein_input_expect (&self->input, size);
}

static void
bring_up (HeinLink *self)
{
  hein_handshakes_remove (self);
  hein_link_end_entry (self);
  self->state = HEIN_LINK_UP;
  self->times.deadline_us = 0;
  self->account.confirmed_bytes =
    self->peer->counts.bytes_sent; /* the bytes of the handshake */
  hein_roster_add (hein_core_of_link (self), self->peer);
  if (self->owner != NULL)
    self->owner->funcs->up (self->owner, self);
  hein_admission_review (hein_core_of_link (self));
  hein_link_rearm (self);
}

static gboolean
may_deliver (HeinLink *self)
{
  if (self->state == HEIN_LINK_UP)
    return TRUE;
  if (self->state == HEIN_LINK_ADMITTED && self->said.is_ready)
    {
      /* the peer sends before it has subscribed: it is up */
      bring_up (self);
      return TRUE;
    }
  if (self->state < HEIN_LINK_UP)
    {
      /* the protocol may have passed on what the peer sent too early */
      g_autoptr (GError) error =
        g_error_new (HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                     "a message came before the handshake was done (%s)",
                     G_OBJECT_TYPE_NAME (self->protocol));

      hein_link_close (self, error);
    }
  return FALSE;
}

/* Drops a message that arrives while the connection closes. Once the goodbye
 * has said how many were taken, the peer counts the rest. */
static void
drop_late (HeinLink *self, gsize size)
{
  if (self->state < HEIN_LINK_FINISHING || self->goodbye.has_told_taken)
    return;
  self->account.n_refused++;
  hein_losses_count (self->host, self->peer, HEIN_DROP_REASON_UNHANDLED, 1,
                     size);
}

/* Takes ownership of @message. */
static G_ALWAYS_INLINE inline void
hand_over (HeinLink *self, HeinMessage *message)
{
  const gboolean is_refused =
    !hein_filters_deliver (hein_core_of_link (self), self->peer, message);

  if (G_UNLIKELY (is_refused))
    self->account.n_refused++;
  if (G_UNLIKELY (self->peer->handled_link != NULL))
    hein_link_note_delivered (self, is_refused);
}

/* Takes @message. */
static void
hand_over_ask (HeinLink *self, HeinMessage *message)
{
  const gboolean is_refused =
    !hein_ask_deliver (hein_core_of_link (self), self->peer, message);

  if (is_refused)
    self->account.n_refused++;
}

/* Returns whether the access file keeps a message out, which counts then. */
static G_GNUC_NO_INLINE gboolean
is_forbidden (HeinLink *self, const char *topic, gsize topic_size, gsize size)
{
  g_autoptr (GError) error = NULL;

  if (hein_clearance_check (self->peer, HEIN_ACTION_PUBLISH, topic, topic_size,
                            &error))
    return FALSE;
  g_debug ("%s", error->message);
  self->account.n_refused++;
  if (self->peer->handled_link != NULL)
    hein_link_note_delivered (self, TRUE);
  hein_losses_count (self->host, self->peer, HEIN_DROP_REASON_FORBIDDEN, 1,
                     size);
  return TRUE;
}

static gboolean
link_deliver (gpointer data, HeinMessage *message)
{
  HeinLink *self = data;
  HeinMessage *received;

  if (!may_deliver (self))
    {
      drop_late (self, hein_message_size (message));
      return FALSE;
    }
  if (G_UNLIKELY (self->peer->clearance != NULL) &&
      !hein_message_is_ask (message) &&
      is_forbidden (self, message->data, message->topic_size,
                    hein_message_size (message)))
    return TRUE;
  received = hein_message_receive (message, self->peer,
                                   hein_loop_get_now_us (self->host->loop));
  if (hein_message_is_ask (received))
    hand_over_ask (self, received);
  else
    hand_over (self, received);
  return TRUE;
}

/* A large payload in the receive buffer is not copied, unless a reference would
 * pin much more memory. */
static HeinMessage *
new_large (HeinLink *self,
           const char *topic,
           gsize topic_size,
           const guint8 *bytes,
           gsize size)
{
  HeinInputUse use = HEIN_INPUT_COPY;
  gsize have = 0;
  const guint8 *start = NULL;
  HeinMessage *message;

  if (self->current != NULL)
    start = g_bytes_get_data (self->current, &have);
  if (start != NULL && bytes >= start && bytes + size <= start + have)
    use = hein_input_keep (&self->input, size);
  message =
    hein_message_new_received_bytes (topic, topic_size,
                                     use == HEIN_INPUT_COPY
                                       ? hein_block_copy_bytes (bytes, size)
                                       : g_bytes_new_from_bytes (self->current,
                                                                 bytes - start,
                                                                 size),
                                     self->peer, self->times.received_us);
  if (use == HEIN_INPUT_PIN)
    message->flags |= HEIN_MESSAGE_PINS_BLOCK;
  return message;
}

static gboolean
link_deliver_data (gpointer data,
                   const char *topic,
                   gsize topic_size,
                   const guint8 *bytes,
                   gsize size)
{
  HeinLink *self = data;
  HeinMessage *message;

  if (G_UNLIKELY (self->state != HEIN_LINK_UP) && !may_deliver (self))
    {
      drop_late (self, size);
      return FALSE;
    }
  if (G_UNLIKELY (self->peer->clearance != NULL) &&
      is_forbidden (self, topic, topic_size, size))
    return TRUE;
  if (G_LIKELY (size <= HEIN_MESSAGE_INLINE_MAX))
    message = hein_message_new_received (topic, topic_size, bytes, size,
                                         self->peer, self->times.received_us);
  else
    message = new_large (self, topic, topic_size, bytes, size);
  hand_over (self, message);
  return TRUE;
}

static void
link_offer_name (gpointer data,
                 const char *name,
                 GBytes *raw_identity,
                 HeinNameRule rule)
{
  HeinLink *self = data;

  HeinLinkOffer *offer;

  if (self->state != HEIN_LINK_HANDSHAKE)
    return;
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

static void
link_set_instance (gpointer data, const char *instance)
{
  HeinLink *self = data;

  if (self->entry == NULL)
    return;
  g_free (self->entry->offer.instance);
  self->entry->offer.instance = g_strdup (instance);
  hein_handshakes_note_answer (self);
}

static void
link_set_security (gpointer data, const char *text)
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

static void
link_ready (gpointer data)
{
  HeinLink *self = data;

  if (self->state != HEIN_LINK_ADMITTED || self->said.is_ready)
    return;
  self->said.is_ready = TRUE;
  hein_announcer_begin (self);
  if (!must_subscribe_first (self))
    bring_up (self);
}

static void
link_set_accepts_messages (gpointer data, gboolean accepts)
{
  HeinLink *self = data;

  hein_roster_set_accepts (hein_core_of_link (self),
                           hein_link_ensure_peer (self), accepts);
  if (self->state == HEIN_LINK_ADMITTED && self->said.is_ready &&
      !must_subscribe_first (self))
    bring_up (self);
}

static void
link_set_match (gpointer data, HeinMatch match)
{
  HeinLink *self = data;

  hein_roster_set_match (hein_core_of_link (self), hein_link_ensure_peer (self),
                         match);
}

static void
link_set_asks (gpointer data, HeinAsks asks)
{
  HeinLink *self = data;

  hein_link_ensure_peer (self)->wants.asks = asks;
}

static void
link_set_credit (gpointer data, guint credit)
{
  HeinLink *self = data;

  hein_link_ensure_peer (self)->wants.credit = credit;
}

static gboolean
link_serves (gpointer data, const char *topic, gsize topic_size)
{
  HeinLink *self = data;

  return hein_services_find (hein_core_of_link (self), topic, topic_size) !=
         NULL;
}

static gboolean
link_awaits (gpointer data, guint64 ask_id)
{
  HeinLink *self = data;

  return self->peer != NULL &&
         hein_asker_awaits (hein_core_of_link (self), self->peer, ask_id);
}

static gboolean
link_subscribe (gpointer data, const guint8 *prefix, gsize size, GError **error)
{
  HeinLink *self = data;
  HeinPeer *peer = hein_link_ensure_peer (self);
  gboolean ok;

  if (self->state >= HEIN_LINK_FINISHING)
    return TRUE; /* the peer is gone, and keeps nothing */
  ok =
    hein_roster_subscribe (hein_core_of_link (self), peer, prefix, size, error);
  hein_link_count_cost (self);
  return ok;
}

static void
link_unsubscribe (gpointer data, const guint8 *prefix, gsize size)
{
  HeinLink *self = data;

  if (self->peer == NULL)
    return;
  hein_roster_unsubscribe (hein_core_of_link (self), self->peer, prefix, size);
  hein_link_count_cost (self);
}

static gboolean
link_subscribe_pattern (gpointer data,
                        const guint8 *pattern,
                        gsize size,
                        GError **error)
{
  HeinLink *self = data;
  HeinPeer *peer = hein_link_ensure_peer (self);
  gboolean ok;

  if (self->state >= HEIN_LINK_FINISHING)
    return TRUE; /* the peer is gone, and keeps nothing */
  ok = hein_roster_subscribe_pattern (hein_core_of_link (self), peer, pattern,
                                      size, error);
  hein_link_count_cost (self);
  return ok;
}

static void
link_unsubscribe_pattern (gpointer data, const guint8 *pattern, gsize size)
{
  HeinLink *self = data;

  if (self->peer == NULL)
    return;
  hein_roster_unsubscribe_pattern (hein_core_of_link (self), self->peer,
                                   pattern, size);
  hein_link_count_cost (self);
}

static void
link_confirm_subscriptions (gpointer data, guint number)
{
  HeinLink *self = data;

  if (self->state == HEIN_LINK_UP)
    hein_roster_confirm (hein_core_of_link (self), self->peer, number);
}

static void
link_filter (gpointer data)
{
  hein_link_filter_begin (data);
}

static void
link_set_heartbeat (gpointer data, gboolean heartbeat)
{
  HeinLink *self = data;

  self->said.has_heartbeat =
    heartbeat && HEIN_PROTOCOL_GET_CLASS (self->protocol)->ping != NULL;
  hein_link_rearm (self);
}

static void
link_set_answers_pings (gpointer data, gboolean answers)
{
  HeinLink *self = data;

  self->said.answers_pings = answers;
}

static void
link_drop (gpointer data, HeinDropReason reason, gsize size, const char *why)
{
  HeinLink *self = data;
  HeinPeer *peer = hein_link_ensure_peer (self);
  g_autofree char *shown = hein_error_dup_printable (why, strlen (why));

  g_info ("%s: %s", peer->name, shown);
  if (reason != HEIN_DROP_REASON_UNSENDABLE)
    {
      if (self->goodbye.has_told_taken)
        return; /* the peer counts it as dropped */
      self->account.n_refused++;
    }
  hein_losses_count (self->host, peer, reason, 1, size);
}

static void
link_set_pending (gpointer data, gboolean pending)
{
  HeinLink *self = data;

  self->said.is_pending = pending;
  if (!pending && self->state == HEIN_LINK_FINISHING)
    hein_link_close (self, NULL);
  else if (!pending && self->state == HEIN_LINK_CLOSING)
    hein_loop_defer (self->host->loop, &self->job);
}

static void
link_set_memory (gpointer data, gsize n_bytes)
{
  HeinLink *self = data;

  self->load.of_protocol = n_bytes;
  if (self->state != HEIN_LINK_GONE)
    hein_link_count_cost (self);
}

static HeinAudience
link_get_audience (gpointer data)
{
  HeinLink *self = data;

  return self->sending.audience;
}

static void
link_give_back (gpointer data, HeinMessage *message, HeinAudience audience)
{
  HeinLink *self = data;

  self->has_given_back = TRUE;
  /* a peer without a name of its own will not come back under the one made
   * up */
  if (audience != HEIN_AUDIENCE_CHOSEN && self->has_made_up_name)
    hein_losses_count (self->host, self->peer, HEIN_DROP_REASON_CLOSED, 1,
                       hein_message_size (message));
  else
    hein_send_again (hein_core_of_link (self), self->peer,
                     self->sending.chooser, message, audience);
}

static void
link_want_tick (gpointer data, gint64 at_us)
{
  HeinLink *self = data;

  if (at_us >= self->times.tick_us || self->state >= HEIN_LINK_CLOSING ||
      HEIN_PROTOCOL_GET_CLASS (self->protocol)->tick == NULL)
    return;
  self->times.tick_us = at_us;
  hein_link_rearm (self);
}

static void
link_set_rtt_us (gpointer data, gint64 rtt_us)
{
  HeinLink *self = data;

  if (self->peer != NULL)
    {
      self->peer->rtt_us = MAX (rtt_us, 0);
      hein_notify_peer (self->peer, HEIN_CHANGE_RTT_US);
      hein_roster_settle (hein_core_of_link (self), self->peer, TRUE);
    }
}

static gint64
link_get_now_us (gpointer data)
{
  HeinLink *self = data;

  return hein_loop_get_now_us (self->host->loop);
}

static gboolean
link_is_closing (gpointer data)
{
  HeinLink *self = data;

  return self->state >= HEIN_LINK_FINISHING;
}

static guint64
link_random (gpointer data)
{
  guint64 value;

  if (getrandom (&value, sizeof value, 0) != sizeof value)
    value = (guint64) g_random_int () << 32 | g_random_int ();
  return value;
}

static const char *
link_get_proved_name (gpointer data)
{
  const HeinLink *self = data;

  return self->stream != NULL ? hein_stream_get_proof (self->stream).name
                              : NULL;
}

static const char *
link_get_note (gpointer data)
{
  HeinLink *self = data;

  return self->owner != NULL ? self->owner->note : NULL;
}

static void
link_set_note (gpointer data, const char *note)
{
  HeinLink *self = data;

  if (self->owner != NULL && self->is_dialled)
    hein_link_owner_set_note (self->owner, note);
}

static guint64
link_count_taken (gpointer data)
{
  return hein_link_count_taken (data);
}

static guint64
link_count_sent (gpointer data)
{
  return hein_link_count_sent (data);
}

static void
link_set_confirmed (gpointer data, guint64 n)
{
  hein_link_set_confirmed (data, n);
}

static void
link_set_in_doubt (gpointer data, guint64 n_messages, guint64 n_bytes)
{
  hein_link_set_in_doubt (data, n_messages, n_bytes);
}

static void
link_await_goodbye (gpointer data)
{
  HeinLink *self = data;

  self->goodbye.is_awaited = TRUE;
}

static void
link_take_goodbye (gpointer data)
{
  HeinLink *self = data;

  self->goodbye.has_come = TRUE;
}

static void
link_set_drain_ms (gpointer data, guint drain_ms)
{
  HeinLink *self = data;

  self->said.drain_us = (gint64) drain_ms * 1000;
}

static void
link_redial (gpointer data)
{
  HeinLink *self = data;

  self->said.wants_redial = TRUE;
  hein_link_abort (self, NULL);
}

static void
link_redial_at_end (gpointer data)
{
  HeinLink *self = data;

  self->said.redials_at_end = self->is_dialled;
}

static void
link_fail (gpointer data, const GError *error)
{
  hein_link_close (data, error);
}

const HeinWireFuncs hein_link_wire_funcs = {
  .put = link_put,
  .put_bytes = link_put_bytes,
  .set_encoding = link_set_encoding,
  .begin_sealing = link_begin_sealing,
  .hold = link_hold,
  .expect = link_expect,
  .deliver = link_deliver,
  .deliver_data = link_deliver_data,
  .offer_name = link_offer_name,
  .set_instance = link_set_instance,
  .set_security = link_set_security,
  .ready = link_ready,
  .set_accepts_messages = link_set_accepts_messages,
  .set_match = link_set_match,
  .set_asks = link_set_asks,
  .set_credit = link_set_credit,
  .serves = link_serves,
  .awaits = link_awaits,
  .subscribe = link_subscribe,
  .unsubscribe = link_unsubscribe,
  .subscribe_pattern = link_subscribe_pattern,
  .unsubscribe_pattern = link_unsubscribe_pattern,
  .confirm_subscriptions = link_confirm_subscriptions,
  .filter = link_filter,
  .set_answers_pings = link_set_answers_pings,
  .set_heartbeat = link_set_heartbeat,
  .drop = link_drop,
  .set_pending = link_set_pending,
  .set_memory = link_set_memory,
  .get_audience = link_get_audience,
  .give_back = link_give_back,
  .want_tick = link_want_tick,
  .set_rtt_us = link_set_rtt_us,
  .get_now_us = link_get_now_us,
  .is_closing = link_is_closing,
  .random = link_random,
  .get_proved_name = link_get_proved_name,
  .get_note = link_get_note,
  .set_note = link_set_note,
  .count_taken = link_count_taken,
  .count_sent = link_count_sent,
  .set_confirmed = link_set_confirmed,
  .set_in_doubt = link_set_in_doubt,
  .await_goodbye = link_await_goodbye,
  .take_goodbye = link_take_goodbye,
  .set_drain_ms = link_set_drain_ms,
  .redial = link_redial,
  .redial_at_end = link_redial_at_end,
  .fail = link_fail,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-protocol.h>

#include "ask/hein-asker.h"
#include "ask/hein-services.h"
#include "core/hein-clearance.h"
#include "core/hein-core-state.h"
#include "core/hein-notify.h"
#include "core/hein-retry.h"
#include "core/hein-roster.h"
#include "hein-link-deliver.h"
#include "hein-link-entry.h"
#include "hein-link-filter.h"
#include "hein-link-put.h"
#include "hein-link-wire.h"
#include "io/hein-world.h"
#include "link/hein-link-close.h"
#include "link/hein-link-doubt.h"
#include "link/hein-link-owner.h"
#include "link/hein-link-state.h"
#include "link/hein-link.h"
#include "link/hein-losses.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"
#include "plugin-api/hein-wire-private.h"

/* The wire of a connection: implements the public functions of HeinWire. */

/*
 * Each slot does what the public function of the same name promises to
 * protocols.
 */

static void
link_expect (gpointer data, gsize size)
{
  HeinLink *self = data;

  hein_input_expect (&self->input, size);
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
link_drop_attributes (gpointer data)
{
  HeinLink *self = data;

  hein_losses_count_stripped (hein_link_ensure_peer (self));
}

static void
link_set_credit (gpointer data, guint credit)
{
  HeinLink *self = data;

  hein_link_ensure_peer (self)->wants.credit = credit;
}

static void
link_set_credit_hint (gpointer data, const char *hint)
{
  HeinLink *self = data;

  hein_link_ensure_peer (self)->credit_hint = hint;
}

static void
link_set_resumes (gpointer data, gboolean resumes)
{
  HeinLink *self = data;

  hein_link_ensure_peer (self)->wants.resumes = resumes && self->wire->resumes;
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
subscribe_pattern (HeinLink *self,
                   const guint8 *pattern,
                   gsize size,
                   gboolean gets_retained,
                   GError **error)
{
  HeinPeer *peer = hein_link_ensure_peer (self);
  gboolean ok;

  if (self->state >= HEIN_LINK_FINISHING)
    return TRUE; /* the peer is gone, and keeps nothing */
  ok = hein_roster_subscribe_pattern (hein_core_of_link (self), peer, pattern,
                                      size, gets_retained, error);
  hein_link_count_cost (self);
  return ok;
}

static gboolean
link_subscribe_pattern (gpointer data,
                        const guint8 *pattern,
                        gsize size,
                        GError **error)
{
  return subscribe_pattern (data, pattern, size, TRUE, error);
}

static gboolean
link_share_pattern (gpointer data,
                    const guint8 *pattern,
                    gsize size,
                    GError **error)
{
  return subscribe_pattern (data, pattern, size, FALSE, error);
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
link_set_silence_ms (gpointer data, guint silence_ms)
{
  HeinLink *self = data;

  self->said.silence_ms = silence_ms;
  hein_link_rearm (self);
}

static gboolean
link_may_publish (gpointer data, const char *topic, gsize topic_size)
{
  HeinLink *self = data;

  return self->peer == NULL || self->peer->clearance == NULL ||
         hein_clearance_allows (self->peer, HEIN_ACTION_PUBLISH, topic,
                                topic_size);
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
link_set_gives_back (gpointer data, gboolean gives_back)
{
  HeinLink *self = data;

  self->said.keeps_rest = !gives_back;
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
  return hein_world_draw_number ();
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

static guint64
link_count_unsent (gpointer data)
{
  HeinLink *self = data;

  return hein_queue_count_messages (&self->queue);
}

static void
link_check_arrived (gpointer data, guint64 n_sent)
{
  hein_link_check_arrived (data, n_sent);
}

static void
link_set_confirmed (gpointer data, guint64 n)
{
  hein_link_set_confirmed (data, n);
}

static void
link_set_confirmed_by_end (gpointer data, guint64 n)
{
  hein_link_set_confirmed_by_end (data, n);
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

static gboolean
link_is_encrypted (gpointer data)
{
  const HeinLink *self = data;

  return self->said.is_encrypted;
}

static gboolean
link_lacks_security (gpointer data)
{
  const HeinLink *self = data;

  return self->said.lacks_security;
}

static void
link_secure (gpointer data)
{
  HeinLink *self = data;

  self->said.wants_upgrade = self->said.lacks_security;
  hein_loop_defer (self->host->loop, &self->job);
}

static void
link_tell_places (gpointer data, const char *const *places)
{
  HeinLink *self = data;

  if (self->is_dialled && self->owner != NULL)
    self->owner->funcs->tell_places (self->owner, self, places);
}

static gboolean
link_move_on (gpointer data)
{
  HeinLink *self = data;

  if (!self->is_dialled || self->owner == NULL ||
      !self->owner->funcs->has_other_place (self->owner))
    return FALSE;
  hein_link_close (self, NULL);
  return TRUE;
}

static void
link_fail (gpointer data, const GError *error)
{
  hein_link_close (data, error);
}

const HeinWireFuncs hein_link_wire_funcs = {
  .put = hein_link_put,
  .put_bytes = hein_link_put_bytes,
  .set_encoding = hein_link_set_encoding,
  .begin_sealing = hein_link_begin_sealing,
  .hold = hein_link_hold,
  .send = hein_link_pass_on,
  .expect = link_expect,
  .deliver = hein_link_deliver,
  .deliver_data = hein_link_deliver_data,
  .deliver_numbered = hein_link_deliver_numbered,
  .offer_name = hein_link_offer_name,
  .set_instance = hein_link_set_instance,
  .set_security = hein_link_set_security,
  .ready = hein_link_ready,
  .set_accepts_messages = hein_link_set_accepts_messages,
  .set_match = link_set_match,
  .set_asks = link_set_asks,
  .set_carries_attributes = hein_link_set_carries_attributes,
  .drop_attributes = link_drop_attributes,
  .set_credit = link_set_credit,
  .set_credit_hint = link_set_credit_hint,
  .set_resumes = link_set_resumes,
  .serves = link_serves,
  .awaits = link_awaits,
  .subscribe = link_subscribe,
  .unsubscribe = link_unsubscribe,
  .subscribe_pattern = link_subscribe_pattern,
  .share_pattern = link_share_pattern,
  .unsubscribe_pattern = link_unsubscribe_pattern,
  .confirm_subscriptions = link_confirm_subscriptions,
  .filter = link_filter,
  .set_answers_pings = link_set_answers_pings,
  .set_heartbeat = link_set_heartbeat,
  .set_silence_ms = link_set_silence_ms,
  .may_publish = link_may_publish,
  .drop = link_drop,
  .set_pending = link_set_pending,
  .set_memory = link_set_memory,
  .get_audience = link_get_audience,
  .give_back = link_give_back,
  .set_gives_back = link_set_gives_back,
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
  .count_unsent = link_count_unsent,
  .check_arrived = link_check_arrived,
  .set_confirmed = link_set_confirmed,
  .set_confirmed_by_end = link_set_confirmed_by_end,
  .set_in_doubt = link_set_in_doubt,
  .await_goodbye = link_await_goodbye,
  .take_goodbye = link_take_goodbye,
  .set_drain_ms = link_set_drain_ms,
  .redial = link_redial,
  .redial_at_end = link_redial_at_end,
  .is_encrypted = link_is_encrypted,
  .lacks_security = link_lacks_security,
  .secure = link_secure,
  .tell_places = link_tell_places,
  .move_on = link_move_on,
  .fail = link_fail,
};

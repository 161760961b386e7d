/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "recording-wire-funcs.h"

#include <string.h>

/* What a protocol does to a wire without a connection: it is kept, or written
 * to the log of the recorder. */

static HeinProtocolClass *
get_class (Recorder *self)
{
  return HEIN_PROTOCOL_GET_CLASS (self->protocol);
}

void
recorder_settle (Recorder *self, const GError *failure)
{
  g_autofree guint64 *oldest = g_queue_pop_head (&self->open);

  get_class (self)->settled (self->protocol, self->wire, *oldest, failure);
}

void
recorder_fail (Recorder *self, int code)
{
  g_autoptr (GError) failure = g_error_new_literal (HEIN_ERROR, code, "why");

  recorder_settle (self, failure);
}

/* Of the messages whose senders are told what became of them. */
static void
note_open (Recorder *self, HeinMessage *message)
{
  HeinMessageView view;

  hein_message_peek (message, &view);
  if (get_class (self)->settled == NULL || view.attributes == NULL ||
      view.attributes->ask != HEIN_ASK_DELIVERY)
    return;
  g_queue_push_tail (&self->open, g_memdup2 (&view.attributes->ask_id,
                                             sizeof view.attributes->ask_id));
  if (!self->is_busy)
    recorder_settle (self, NULL);
}

static void
put (gpointer data, const guint8 *bytes, gsize size)
{
  Recorder *self = data;

  if (size > 0 && self->is_sealing)
    get_class (self)->seal (self->protocol, bytes, size, self->written);
  else if (size > 0)
    g_byte_array_append (self->written, bytes, size);
}

static void
put_bytes (gpointer data, GBytes *bytes)
{
  gsize size;
  const guint8 *start = g_bytes_get_data (bytes, &size);

  put (data, start, size);
}

static void
set_encoding (gpointer data, const char *key)
{
  Recorder *self = data;

  g_string_append_printf (self->log, "encoding %s\n", key);
}

static void
redial_at_end (gpointer data)
{
  Recorder *self = data;

  g_string_append (self->log, "redial-at-end\n");
}

static void
begin_sealing (gpointer data)
{
  Recorder *self = data;

  self->is_sealing = TRUE;
}

static void
hold (gpointer data, gboolean is_held)
{
  Recorder *self = data;

  self->is_held = is_held;
  g_string_append_printf (self->log, "hold %d\n", is_held);
}

static void
expect (gpointer data, gsize size)
{
  Recorder *self = data;

  self->expected = size;
}

static gboolean
deliver (gpointer data, HeinMessage *message)
{
  Recorder *self = data;

  g_assert_true (self->is_ready);
  g_assert_cmpuint (hein_message_get_size (message), <=,
                    RECORDER_MAX_MESSAGE_SIZE);
  if (self->is_closing)
    return FALSE;
  g_ptr_array_add (self->delivered, hein_message_ref (message));
  note_open (self, message);
  return TRUE;
}

static gboolean
deliver_data (gpointer data,
              const char *topic,
              gsize topic_size,
              const guint8 *bytes,
              gsize size)
{
  g_autofree char *text = g_strndup (topic, topic_size);
  g_autoptr (HeinMessage) message = NULL;

  /* what the core asserts */
  g_assert_cmpuint (topic_size, <=, HEIN_TOPIC_MAX);
  g_assert_cmpuint (strlen (text), ==, topic_size);
  g_assert_true (g_utf8_validate_len (text, topic_size, NULL));
  message = hein_message_new_data (text, bytes, size);
  return deliver (data, message);
}

static void
offer_name (gpointer data,
            const char *name,
            GBytes *raw_identity,
            HeinNameRule rule)
{
  Recorder *self = data;
  g_autofree char *identity = NULL;

  if (raw_identity != NULL)
    identity = g_strndup (g_bytes_get_data (raw_identity, NULL),
                          g_bytes_get_size (raw_identity));
  g_string_append_printf (self->log, "offer %s %d\n",
                          identity != NULL ? identity : name, rule);
  self->wants_verdict = TRUE;
  if (!self->is_slow)
    recorder_admit (self, NULL);
}

static void
set_instance (gpointer data, const char *instance)
{
  Recorder *self = data;

  g_string_append_printf (self->log, "instance %s\n", instance);
}

static void
ready (gpointer data)
{
  Recorder *self = data;

  g_string_append (self->log, "ready\n");
  self->is_ready = TRUE;
}

static void
set_accepts_messages (gpointer data, gboolean accepts)
{
  Recorder *self = data;

  self->is_one_way = !accepts;
  g_string_append_printf (self->log, "accepts %d\n", accepts);
}

static void
set_match (gpointer data, HeinMatch match)
{
  Recorder *self = data;

  g_string_append_printf (self->log, "match %d\n", match);
}

static gboolean
subscribe (gpointer data, const guint8 *prefix, gsize size, GError **error)
{
  Recorder *self = data;
  gboolean added;

  return hein_prefixes_add (&self->prefixes, prefix, size, &added, error);
}

static void
unsubscribe (gpointer data, const guint8 *prefix, gsize size)
{
  Recorder *self = data;

  hein_prefixes_remove (&self->prefixes, prefix, size);
}

static gboolean
subscribe_pattern (gpointer data,
                   const guint8 *pattern,
                   gsize size,
                   GError **error)
{
  Recorder *self = data;
  gboolean added;

  return hein_prefixes_add_pattern (&self->patterns, pattern, size, &added,
                                    error);
}

static void
unsubscribe_pattern (gpointer data, const guint8 *pattern, gsize size)
{
  Recorder *self = data;

  hein_prefixes_remove (&self->patterns, pattern, size);
}

static void
confirm_subscriptions (gpointer data, guint number)
{
  Recorder *self = data;

  g_string_append_printf (self->log, "confirmed %u\n", number);
}

static void
filter (gpointer data)
{
  Recorder *self = data;

  g_string_append (self->log, "filter\n");
}

static void
set_gives_back (gpointer data, gboolean gives_back)
{
  Recorder *self = data;

  g_string_append_printf (self->log, "gives back %d\n", gives_back);
}

static void
set_answers_pings (gpointer data, gboolean answers)
{
  Recorder *self = data;

  g_string_append_printf (self->log, "answers pings %d\n", answers);
}

static void
set_heartbeat (gpointer data, gboolean heartbeat)
{
  Recorder *self = data;

  self->has_heartbeat = heartbeat;
  g_string_append_printf (self->log, "heartbeat %d\n", heartbeat);
}

static void
set_silence_ms (gpointer data, guint silence_ms)
{
  Recorder *self = data;

  g_string_append_printf (self->log, "silence %u\n", silence_ms);
}

/* The access file, if it were one. */
static gboolean
may_publish (gpointer data, const char *topic, gsize topic_size)
{
  const Recorder *self = data;

  return self->forbidden == NULL || strlen (self->forbidden) != topic_size ||
         memcmp (self->forbidden, topic, topic_size) != 0;
}

/* Messages from another connection; there is always room. */
static gboolean
send (gpointer data, HeinMessage *message)
{
  Recorder *self = data;
  const HeinAudience audience = self->audience;
  g_autoptr (GError) error = NULL;
  gboolean ok;

  if (!self->is_ready || self->is_over)
    return FALSE;
  self->audience = HEIN_AUDIENCE_NAMED;
  ok = recorder_encode (self, message, &error);
  self->audience = audience;
  if (ok)
    return TRUE;
  g_string_append_printf (self->log, "unsendable %s\n", error->message);
  return FALSE;
}

static void
drop (gpointer data, HeinDropReason reason, gsize size, const char *why)
{
  Recorder *self = data;

  self->n_drops++;
  g_string_append_printf (self->log, "drop %d %" G_GSIZE_FORMAT " %s\n", reason,
                          size, why);
}

static void
set_memory (gpointer data, gsize n_bytes)
{
  /* what it keeps for messages is not in the log */
}

static void
set_pending (gpointer data, gboolean pending)
{
  Recorder *self = data;

  self->is_pending = pending;
  g_string_append_printf (self->log, "pending %d\n", pending);
}

static HeinAudience
get_audience (gpointer data)
{
  return ((Recorder *) data)->audience;
}

static void
give_back (gpointer data, HeinMessage *message, HeinAudience audience)
{
  Recorder *self = data;

  g_ptr_array_add (self->given_back, hein_message_ref (message));
  g_string_append_printf (self->log, "give back %s %d\n",
                          hein_message_get_topic (message), audience);
}

static void
want_tick (gpointer data, gint64 at_us)
{
  Recorder *self = data;

  self->tick_us = MIN (self->tick_us, at_us);
}

static void
set_rtt_us (gpointer data, gint64 rtt_us)
{
  Recorder *self = data;

  g_string_append_printf (self->log, "rtt %" G_GINT64_FORMAT "\n", rtt_us);
}

static gboolean
is_closing (gpointer data)
{
  return FALSE;
}

static gint64
get_now_us (gpointer data)
{
  return ((Recorder *) data)->now_us;
}

static guint64
get_random (gpointer data)
{
  return 4;
}

static const char *
get_note (gpointer data)
{
  return ((Recorder *) data)->note;
}

static void
set_note (gpointer data, const char *note)
{
  Recorder *self = data;
  char *old = self->note;

  self->note = g_strdup (note);
  g_free (old);
}

static guint64
count_taken (gpointer data)
{
  Recorder *self = data;

  return self->delivered->len;
}

static guint64
count_sent (gpointer data)
{
  const Recorder *self = data;

  return self->n_sent;
}

static guint64
count_unsent (gpointer data)
{
  const Recorder *self = data;

  return self->n_unsent;
}

static void
check_arrived (gpointer data, guint64 n_sent)
{
  Recorder *self = data;

  g_string_append_printf (self->log, "arrived %" G_GUINT64_FORMAT "\n", n_sent);
}

static void
set_in_doubt (gpointer data, guint64 n_messages, guint64 n_bytes)
{
  /* what may be lost is not in the log */
}

static void
set_confirmed (gpointer data, guint64 n)
{
  Recorder *self = data;

  self->n_confirmed = MAX (self->n_confirmed, n);
  g_string_append_printf (self->log, "confirmed %" G_GUINT64_FORMAT "\n", n);
}

static void
set_confirmed_by_end (gpointer data, guint64 n)
{
  Recorder *self = data;

  self->has_by_end = TRUE;
  self->n_by_end = n;
}

static void
await_goodbye (gpointer data)
{
  Recorder *self = data;

  self->awaits_goodbye = TRUE;
}

static void
take_goodbye (gpointer data)
{
  Recorder *self = data;

  self->n_goodbyes++;
  g_string_append (self->log, "goodbye\n");
}

static void
set_drain_ms (gpointer data, guint drain_ms)
{
}

static void
redial (gpointer data)
{
  Recorder *self = data;

  g_string_append (self->log, "redial\n");
  self->is_over = TRUE;
}

static gboolean
is_encrypted (gpointer data)
{
  const Recorder *self = data;

  return self->is_encrypted;
}

static gboolean
lacks_security (gpointer data)
{
  const Recorder *self = data;

  return self->lacks_security;
}

static void
secure (gpointer data)
{
  Recorder *self = data;

  g_string_append (self->log, "secure\n");
  self->lacks_security = FALSE;
  self->is_encrypted = TRUE;
}

static void
tell_places (gpointer data, const char *const *places)
{
  Recorder *self = data;
  g_autofree char *text = g_strjoinv (" ", (char **) places);

  g_assert_cmpuint (g_strv_length ((char **) places), <=, 64);
  g_string_append_printf (self->log, "places %s\n", text);
}

static gboolean
move_on (gpointer data)
{
  Recorder *self = data;

  g_string_append (self->log, "move-on\n");
  return FALSE;
}

static void
fail (gpointer data, const GError *error)
{
  Recorder *self = data;

  self->is_over = TRUE;
  if (self->failure == NULL)
    self->failure = g_error_copy (error);
}

static void
set_security (gpointer data, const char *text)
{
  Recorder *self = data;

  g_string_append_printf (self->log, "security %s\n", text);
}

static void
set_asks (gpointer data, HeinAsks asks)
{
  ((Recorder *) data)->asks = asks;
}

static void
set_carries_attributes (gpointer data, gboolean carries)
{
  ((Recorder *) data)->carries_attributes = carries;
}

static void
drop_attributes (gpointer data)
{
  ((Recorder *) data)->n_stripped++;
}

static void
set_credit (gpointer data, guint credit)
{
  ((Recorder *) data)->credit = credit;
}

static void
set_credit_hint (gpointer data, const char *hint)
{
  ((Recorder *) data)->credit_hint = hint;
}

static void
set_resumes (gpointer data, gboolean resumes)
{
  ((Recorder *) data)->resumes = resumes;
}

static gboolean
serves (gpointer data, const char *topic, gsize topic_size)
{
  Recorder *self = data;

  return self->served != NULL && strlen (self->served) == topic_size &&
         memcmp (self->served, topic, topic_size) == 0;
}

static gboolean
awaits (gpointer data, guint64 ask_id)
{
  return ((Recorder *) data)->awaited == ask_id;
}

const HeinWireFuncs recorder_funcs = {
  .put = put,
  .put_bytes = put_bytes,
  .set_encoding = set_encoding,
  .begin_sealing = begin_sealing,
  .hold = hold,
  .send = send,
  .expect = expect,
  .deliver = deliver,
  .deliver_data = deliver_data,
  .offer_name = offer_name,
  .set_instance = set_instance,
  .set_security = set_security,
  .ready = ready,
  .set_accepts_messages = set_accepts_messages,
  .set_match = set_match,
  .set_asks = set_asks,
  .set_carries_attributes = set_carries_attributes,
  .drop_attributes = drop_attributes,
  .set_credit = set_credit,
  .set_credit_hint = set_credit_hint,
  .set_resumes = set_resumes,
  .serves = serves,
  .awaits = awaits,
  .subscribe = subscribe,
  .unsubscribe = unsubscribe,
  .subscribe_pattern = subscribe_pattern,
  .share_pattern = subscribe_pattern,
  .unsubscribe_pattern = unsubscribe_pattern,
  .confirm_subscriptions = confirm_subscriptions,
  .filter = filter,
  .set_answers_pings = set_answers_pings,
  .set_gives_back = set_gives_back,
  .set_heartbeat = set_heartbeat,
  .set_silence_ms = set_silence_ms,
  .may_publish = may_publish,
  .drop = drop,
  .set_pending = set_pending,
  .set_memory = set_memory,
  .get_audience = get_audience,
  .give_back = give_back,
  .want_tick = want_tick,
  .set_rtt_us = set_rtt_us,
  .get_now_us = get_now_us,
  .is_closing = is_closing,
  .random = get_random,
  .get_note = get_note,
  .set_note = set_note,
  .count_taken = count_taken,
  .count_sent = count_sent,
  .count_unsent = count_unsent,
  .check_arrived = check_arrived,
  .set_confirmed = set_confirmed,
  .set_confirmed_by_end = set_confirmed_by_end,
  .set_in_doubt = set_in_doubt,
  .await_goodbye = await_goodbye,
  .take_goodbye = take_goodbye,
  .set_drain_ms = set_drain_ms,
  .redial = redial,
  .redial_at_end = redial_at_end,
  .is_encrypted = is_encrypted,
  .lacks_security = lacks_security,
  .secure = secure,
  .tell_places = tell_places,
  .move_on = move_on,
  .fail = fail,
};

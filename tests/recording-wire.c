/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "recording-wire.h"

#include <string.h>

#define MAX_MESSAGE_SIZE 100000
#define SEND_LIMIT       (8 * 1024 * 1024)
#define INSTANCE         "00112233445566778899aabbccddeeff"

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
  g_assert_cmpuint (hein_message_get_size (message), <=, MAX_MESSAGE_SIZE);
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
set_answers_pings (gpointer data, gboolean answers)
{
  Recorder *self = data;

  g_string_append_printf (self->log, "answers pings %d\n", answers);
}

static void
set_heartbeat (gpointer data, gboolean heartbeat)
{
  Recorder *self = data;

  g_string_append_printf (self->log, "heartbeat %d\n", heartbeat);
}

static void
drop (gpointer data, HeinDropReason reason, gsize size, const char *why)
{
  Recorder *self = data;

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

static const HeinWireFuncs funcs = {
  .put = put,
  .put_bytes = put_bytes,
  .set_encoding = set_encoding,
  .begin_sealing = begin_sealing,
  .hold = hold,
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
  .unsubscribe_pattern = unsubscribe_pattern,
  .confirm_subscriptions = confirm_subscriptions,
  .filter = filter,
  .set_answers_pings = set_answers_pings,
  .set_heartbeat = set_heartbeat,
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

Recorder *
recorder_new (HeinProtocol *protocol,
              gboolean dialled,
              const char *bus_name,
              const char *note)
{
  Recorder *self = g_new0 (Recorder, 1);

  self->protocol = protocol;
  self->wire = hein_wire_new (&funcs, self);
  self->wire->bus_name = bus_name;
  self->wire->bus_instance = INSTANCE;
  self->wire->max_message_size = MAX_MESSAGE_SIZE;
  self->wire->send_limit = SEND_LIMIT;
  self->wire->silence_ms = 15000;
  self->wire->credit = 256;
  self->wire->resumes = TRUE;
  self->written = g_byte_array_new ();
  self->unused = g_byte_array_new ();
  self->delivered =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
  self->log = g_string_new (NULL);
  self->note = g_strdup (note);
  self->now_us = 1000000;
  self->tick_us = G_MAXINT64;
  get_class (self)->start (protocol, self->wire, dialled);
  return self;
}

void
recorder_free (Recorder *self)
{
  hein_wire_detach (self->wire);
  g_object_unref (self->wire);
  g_object_unref (self->protocol);
  g_byte_array_unref (self->written);
  g_byte_array_unref (self->unused);
  g_ptr_array_unref (self->delivered);
  g_queue_clear_full (&self->open, g_free);
  g_string_free (self->log, TRUE);
  g_clear_error (&self->failure);
  hein_prefixes_clear (&self->prefixes);
  hein_prefixes_clear (&self->patterns);
  g_free (self->note);
  g_free (self);
}

static void
consume (Recorder *self)
{
  while (!self->is_over && self->unused->len > 0 &&
         self->unused->len >= self->expected)
    {
      g_autoptr (GBytes) bytes =
        g_bytes_new (self->unused->data, self->unused->len);
      g_autoptr (GError) error = NULL;
      gssize used;

      self->expected = 0;
      used =
        get_class (self)->consume (self->protocol, self->wire, bytes, &error);
      g_assert_cmpint (used, <=, (gssize) self->unused->len);
      if (used < 0)
        {
          g_assert_nonnull (error);
          fail (self, error);
          return;
        }
      g_assert_no_error (error);
      g_byte_array_remove_range (self->unused, 0, used);
      if (used == 0)
        return;
    }
}

void
recorder_feed (Recorder *self, const guint8 *data, gsize size)
{
  if (size > 0)
    g_byte_array_append (self->unused, data, size);
  consume (self);
}

void
recorder_feed_pieces (Recorder *self,
                      const guint8 *data,
                      gsize size,
                      void (*after) (Recorder *self))
{
  for (gsize i = 0; i < size && !self->is_over;)
    {
      gsize piece = data[i++];

      if (piece == 0 || piece > size - i)
        piece = size - i;
      recorder_feed (self, data + i, piece);
      i += piece;
      if (!self->is_over)
        after (self);
    }
}

void
recorder_admit (Recorder *self, const GError *refusal)
{
  g_assert_true (self->wants_verdict);
  self->wants_verdict = FALSE;
  get_class (self)->admitted (self->protocol, self->wire, refusal);
  if (self->is_slow)
    consume (self);
}

gboolean
recorder_encode (Recorder *self, HeinMessage *message, GError **error)
{
  return get_class (self)->encode (self->protocol, self->wire, message, error);
}

GBytes *
recorder_take_written (Recorder *self)
{
  GBytes *bytes = g_byte_array_free_to_bytes (self->written);

  self->written = g_byte_array_new ();
  return bytes;
}

void
recorder_pass_time (Recorder *self, gint64 ms)
{
  gint64 next_us;

  self->now_us += ms * 1000;
  self->tick_us = G_MAXINT64;
  next_us = get_class (self)->tick (self->protocol, self->wire, self->now_us);
  self->tick_us = MIN (self->tick_us, next_us);
}

void
recorder_ping (Recorder *self)
{
  get_class (self)->ping (self->protocol, self->wire);
}

void
recorder_assert_written (Recorder *self, const char *data, gsize size)
{
  g_autoptr (GBytes) written = recorder_take_written (self);

  g_assert_cmpmem (g_bytes_get_data (written, NULL), g_bytes_get_size (written),
                   data, size);
}

void
recorder_assert_logged (Recorder *self, const char *text)
{
  if (strstr (self->log->str, text) == NULL)
    g_error ("no \"%s\" in:\n%s", text, self->log->str);
}

void
recorder_assert_failed (Recorder *self, int code, const char *reason)
{
  g_assert_error (self->failure, HEIN_ERROR, code);
  if (strstr (self->failure->message, reason) == NULL)
    g_error ("no \"%s\" in \"%s\"", reason, self->failure->message);
}

void
recorder_assert_encodes (Recorder *self,
                         HeinMessage *message,
                         const char *data,
                         gsize size)
{
  g_autoptr (HeinMessage) owned = message;
  g_autoptr (GError) error = NULL;

  g_assert_true (recorder_encode (self, owned, &error));
  g_assert_no_error (error);
  recorder_assert_written (self, data, size);
}

HeinMessage *
recorder_make_message (const char *topic,
                       const char *type,
                       const char *data,
                       gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);

  return hein_message_new_typed (topic, type, bytes);
}

void
recorder_assert_message (Recorder *self,
                         guint index,
                         const char *topic,
                         const char *type,
                         const char *data,
                         gsize size)
{
  HeinMessage *message;
  const guint8 *got;
  gsize got_size;

  g_assert_cmpuint (index, <, self->delivered->len);
  message = g_ptr_array_index (self->delivered, index);
  got = hein_message_peek_data (message, &got_size);
  g_assert_cmpstr (hein_message_get_topic (message), ==, topic);
  g_assert_cmpstr (hein_message_get_content_type (message), ==, type);
  g_assert_cmpmem (got, got_size, data, size);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-watch.h"

#include <string.h>

#include "json/hein-json.h"
#include "nats-ack.h"
#include "nats-ask.h"
#include "nats-bucket.h"
#include "nats-jetstream.h"
#include "nats-send.h"
#include "nats-told.h"
#include "nats-want.h"

/*
 * Consumers of a bucket that live as long as somebody listens to them:
 *
 *   client                                           server
 *   SUB _INBOX.<connection>.W.<sid> sid
 *   PUB $JS.API.CONSUMER.CREATE.KV_… _INBOX.….C<sid>
 *                                                    MSG _INBOX.….C<sid>: {…}
 *                                                    MSG $KV.house.lamps.1, with
 *                                                      $JS.ACK.….<stream's number>.
 *                                                      <consumer's number>.… as reply
 *                                                    HMSG: a heartbeat, or a request
 *                                                      that wants an answer, once all
 *                                                      before it has been read
 *
 * The consumer's numbers have no gaps. Where one shows, or a consumer has gone silent,
 * another one begins, and what has come before is left out.
 *
 * A key may be wanted several times: it comes by the oldest want. When that ends, the
 * others that may have it begin again, and know how far it has come.
 */
#define HEARTBEAT_NS  "5000000000"
#define SILENCE_US    15000000
#define STATUS_IDLE   100
#define FAILED        400
#define NO_RESPONDERS 503
#define TOLD_MAX      64
#define NOT_FOUND     404
#define FLOW          "$JS.FC."

struct _NatsWatch
{
  NatsWant *want;
  guint sid;
  guint64 n_taken;     /* messages of its consumer */
  guint64 seen;        /* the last message of the stream that has come */
  GPtrArray *told;     /* of NatsTold: came earlier; NULL: nothing */
  gboolean is_made;    /* the server has said so */
  gboolean is_heard;   /* since it was looked at */
  gboolean is_suspect; /* it was not */
};

static void
watch_free (gpointer data)
{
  NatsWatch *self = data;

  nats_want_unref (self->want);
  g_clear_pointer (&self->told, g_ptr_array_unref);
  g_free (self);
}

/* ---- beginning and ending ---- */

static void
append_inbox (const HeinNats *self, GString *line, const char *kind, guint sid)
{
  char inbox[NATS_INBOX_MAX];

  nats_ask_write_inbox (self, inbox, NULL);
  g_string_append_len (line, inbox, strlen (inbox) - 1);
  g_string_append_printf (line, "%s%016x", kind, sid);
}

static void
append_config (const HeinNats *self, GString *json, const NatsWatch *watch)
{
  g_autofree char *subject =
    g_strdup_printf ("$KV.%s.%s", self->bucket, watch->want->subject);

  g_string_append_printf (json, "{\"stream_name\":\"KV_%s\",\"config\":{",
                          self->bucket);
  g_string_append (json, "\"deliver_subject\":\"");
  append_inbox (self, json, "W.", watch->sid);
  g_string_append (json, "\",\"deliver_policy\":\"last_per_subject\","
                         "\"ack_policy\":\"none\",\"max_deliver\":1,"
                         "\"replay_policy\":\"instant\",\"flow_control\":true,"
                         "\"idle_heartbeat\":" HEARTBEAT_NS
                         ",\"mem_storage\":true,\"num_replicas\":1,"
                         "\"filter_subject\":");
  hein_json_append_string (json, subject, strlen (subject));
  g_string_append (json, "}}");
}

static void
begin (HeinNats *self, HeinWire *wire, NatsWatch *watch)
{
  g_autoptr (GString) json = g_string_new (NULL);
  g_autoptr (GString) line = g_string_new (NULL);

  nats_ask_want_inbox (self, line);
  watch->sid = ++self->subscriptions.last_sid;
  watch->n_taken = 0;
  watch->seen = 0;
  watch->is_made = FALSE;
  watch->is_heard = TRUE;
  watch->is_suspect = FALSE;
  g_string_append (line, "SUB ");
  append_inbox (self, line, "W.", watch->sid);
  g_string_append_printf (line, " %u\r\nPUB $JS.API.CONSUMER.CREATE.KV_%s ",
                          watch->sid, self->bucket);
  append_inbox (self, line, "C", watch->sid);
  append_config (self, json, watch);
  g_string_append_printf (line, " %" G_GSIZE_FORMAT "\r\n%s\r\n", json->len,
                          json->str);
  hein_wire_put (wire, (const guint8 *) line->str, line->len);
}

static void
end (HeinWire *wire, const NatsWatch *watch)
{
  g_autofree char *line = g_strdup_printf ("UNSUB %u\r\n", watch->sid);

  hein_wire_put (wire, (const guint8 *) line, strlen (line));
}

/* What this one and older ones have brought. */
static NatsTold *
note_told (const HeinNats *self, const NatsWatch *watch)
{
  const GPtrArray *all = self->watches.all;
  NatsTold *told = nats_told_new ();
  guint i = 0;

  do
    {
      const NatsWatch *older = all->pdata[i];

      nats_told_append (told, older->want, older->seen);
    }
  while (all->pdata[i++] != watch);
  return told;
}

/* Takes @told. Where a server has much begun again without end, something may come
 * twice. */
static void
add_told (NatsWatch *watch, NatsTold *told)
{
  if (watch->told == NULL)
    watch->told =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nats_told_unref);
  if (watch->told->len == TOLD_MAX)
    g_ptr_array_remove_index (watch->told, 0);
  g_ptr_array_add (watch->told, told);
}

static void
begin_again (HeinNats *self, HeinWire *wire, NatsWatch *watch)
{
  end (wire, watch);
  begin (self, wire, watch);
}

static void
restart (HeinNats *self, HeinWire *wire, NatsWatch *watch)
{
  if (watch->seen > 0)
    add_told (watch, note_told (self, watch));
  begin_again (self, wire, watch);
}

void
nats_watch_add (HeinNats *self,
                HeinWire *wire,
                const char *subject,
                const char *text,
                gboolean is_pattern)
{
  NatsWatches *watches = &self->watches;
  NatsWatch *watch = g_new0 (NatsWatch, 1);

  if (watches->all == NULL)
    watches->all = g_ptr_array_new_with_free_func (watch_free);
  if (watches->all->len == 0)
    {
      watches->due_us = hein_wire_get_now_us (wire) + SILENCE_US;
      hein_wire_want_tick (wire, watches->due_us);
    }
  watch->want = nats_want_new (subject, text, is_pattern);
  g_ptr_array_add (watches->all, watch);
  begin (self, wire, watch);
}

/* A younger one goes on with the keys that both have. */
static void
pass_on (HeinNats *self, HeinWire *wire, NatsWatch *watch, NatsWatch *younger)
{
  if (!nats_want_overlaps (watch->want, younger->want))
    return;
  for (guint i = 0; watch->told != NULL && i < watch->told->len; i++)
    add_told (younger, nats_told_ref (watch->told->pdata[i]));
  add_told (younger, note_told (self, younger));
  begin_again (self, wire, younger);
}

void
nats_watch_remove (HeinNats *self,
                   HeinWire *wire,
                   const char *subject,
                   const char *text,
                   gboolean is_pattern)
{
  GPtrArray *all = self->watches.all;

  for (guint i = 0; all != NULL && i < all->len; i++)
    {
      NatsWatch *watch = all->pdata[i];

      if (!nats_want_is (watch->want, subject, text, is_pattern))
        continue;
      end (wire, watch);
      for (guint j = i + 1; j < all->len; j++)
        pass_on (self, wire, watch, all->pdata[j]);
      g_ptr_array_remove_index (all, i);
      return;
    }
}

NatsWatch *
nats_watch_find (const HeinNats *self, guint64 sid)
{
  const GPtrArray *all = self->watches.all;

  for (guint i = 0; all != NULL && i < all->len; i++)
    if (((NatsWatch *) all->pdata[i])->sid == sid)
      return all->pdata[i];
  return NULL;
}

void
nats_watch_clear (HeinNats *self)
{
  g_clear_pointer (&self->watches.all, g_ptr_array_unref);
}

/* ---- what comes ---- */

/* The server sends no more until it has this; no other subject is answered. */
static void
answer_flow (HeinWire *wire, const NatsSpan *subject)
{
  g_autofree char *line = NULL;

  if (subject->size > HEIN_TOPIC_MAX || subject->size <= strlen (FLOW) ||
      memcmp (subject->data, FLOW, strlen (FLOW)) != 0)
    return;
  for (gsize i = 0; i < subject->size; i++)
    if (!g_ascii_isgraph (subject->data[i]))
      return;
  line =
    g_strdup_printf ("PUB %.*s 0\r\n\r\n", (int) subject->size, subject->data);
  hein_wire_put (wire, (const guint8 *) line, strlen (line));
}

/* A consumer that the server does not know yet has nothing to begin again. */
static void
restart_made (HeinNats *self, HeinWire *wire, NatsWatch *watch)
{
  if (watch->is_made)
    restart (self, wire, watch);
}

static void
take_status (HeinNats *self,
             HeinWire *wire,
             NatsWatch *watch,
             const NatsIncoming *incoming,
             const guint8 *body)
{
  const char *data = (const char *) body;
  const gsize size = incoming->headers_size;
  NatsSpan value;
  guint64 number;
  NatsHeaders headers;

  if (nats_incoming_read_headers (incoming, body, &headers))
    {
      if (headers.status == STATUS_IDLE && incoming->reply.size > 0)
        answer_flow (wire, &incoming->reply);
      else if (headers.status == STATUS_IDLE &&
               nats_headers_find (data, size, "NATS-CONSUMER-STALLED", &value))
        answer_flow (wire, &value);
      else if (headers.status >= FAILED)
        restart_made (self, wire, watch);
      if (headers.status == STATUS_IDLE &&
          nats_headers_find (data, size, "NATS-LAST-CONSUMER", &value) &&
          nats_span_read_number (&value, &number) && number > watch->n_taken)
        restart_made (self, wire, watch);
    }
  nats_headers_clear (&headers);
}

/* What lies behind all that came before is forgotten. */
static gboolean
was_told (NatsWatch *watch, const NatsSpan *key, guint64 sequence)
{
  gboolean found = FALSE;

  for (guint i = 0; watch->told != NULL && i < watch->told->len;)
    {
      const NatsTold *told = watch->told->pdata[i];

      if (nats_told_get_end (told) < sequence)
        {
          g_ptr_array_remove_index (watch->told, i);
          continue;
        }
      found = found || nats_told_has (told, key, sequence);
      i++;
    }
  if (watch->told != NULL && watch->told->len == 0)
    g_clear_pointer (&watch->told, g_ptr_array_unref);
  return found;
}

/* Whether a key comes by this one. */
static gboolean
is_own (const HeinNats *self, const NatsWatch *watch, const NatsSpan *key)
{
  const GPtrArray *all = self->watches.all;

  for (guint i = 0; i < all->len; i++)
    if (nats_want_has (((NatsWatch *) all->pdata[i])->want, key))
      return all->pdata[i] == watch;
  return FALSE;
}

static gboolean
take_value (HeinNats *self,
            NatsWatch *watch,
            const NatsSpan *subject,
            guint64 sequence)
{
  NatsSpan key = *subject;

  watch->seen = sequence;
  return nats_bucket_take_prefix (self->bucket, &key) &&
         is_own (self, watch, &key) && !was_told (watch, &key, sequence);
}

gboolean
nats_watch_take (HeinNats *self,
                 HeinWire *wire,
                 NatsWatch *watch,
                 NatsIncoming *incoming,
                 const guint8 *body)
{
  NatsAck ack;

  watch->is_heard = TRUE;
  if (!nats_ack_read (&ack, &incoming->reply))
    {
      take_status (self, wire, watch, incoming, body);
      return FALSE;
    }
  if (ack.sequence <= watch->seen)
    return FALSE;
  if (ack.number != watch->n_taken + 1)
    {
      restart_made (self, wire, watch);
      return FALSE;
    }
  watch->n_taken = ack.number;
  if (!take_value (self, watch, &incoming->subject, ack.sequence))
    return FALSE;
  nats_bucket_take_prefix (self->bucket, &incoming->subject);
  incoming->reply.size = 0;
  return TRUE;
}

/* ---- the consumer ---- */

static void
fail (HeinNats *self, HeinWire *wire, const NatsPubAck *said)
{
  g_autoptr (GError) error = NULL;

  if (said == NULL)
    g_set_error_literal (&error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                         "the server has no JetStream for this user, and so no "
                         "buckets");
  else if (said->code == NOT_FOUND)
    g_set_error (&error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                 "the server has no bucket \"%s\": make it, as by 'nats kv add "
                 "%s'",
                 self->bucket, self->bucket);
  else
    g_set_error (&error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                 "the bucket \"%s\" cannot be watched: JetStream says \"%s\" "
                 "(%" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT ")",
                 self->bucket,
                 said->description != NULL ? said->description : "", said->code,
                 said->error_code);
  self->state = NATS_OVER;
  hein_wire_fail (wire, error);
}

gboolean
nats_watch_take_answer (HeinNats *self,
                        HeinWire *wire,
                        const NatsIncoming *incoming,
                        const guint8 *body)
{
  NatsHeaders headers;
  NatsPubAck said;
  NatsWatch *watch;
  guint64 sid;

  if (!nats_ask_read_number (self, &incoming->subject, 'C', &sid))
    return FALSE;
  watch = nats_watch_find (self, sid);
  if (watch == NULL || watch->is_made)
    return TRUE;
  watch->is_made = TRUE;
  watch->is_heard = TRUE;
  nats_incoming_read_headers (incoming, body, &headers);
  /* what is no error is not read: the consumer shows itself */
  if (headers.status == NO_RESPONDERS)
    fail (self, wire, NULL);
  else
    {
      if (nats_pub_ack_read (&said,
                             (const char *) body + incoming->headers_size,
                             incoming->size - incoming->headers_size) &&
          !said.is_kept)
        fail (self, wire, &said);
      nats_pub_ack_clear (&said);
    }
  nats_headers_clear (&headers);
  return TRUE;
}

gboolean
nats_watch_is_waiting (const HeinNats *self)
{
  const GPtrArray *all = self->watches.all;

  for (guint i = 0; all != NULL && i < all->len; i++)
    if (!((NatsWatch *) all->pdata[i])->is_made)
      return TRUE;
  return FALSE;
}

/* ---- silence ---- */

gint64
nats_watch_tick (HeinNats *self, HeinWire *wire, gint64 now_us)
{
  NatsWatches *watches = &self->watches;
  gboolean is_any_suspect = FALSE;

  if (watches->all == NULL || watches->all->len == 0)
    return G_MAXINT64;
  if (now_us < watches->due_us)
    return watches->due_us;
  watches->due_us = now_us + SILENCE_US;
  for (guint i = 0; i < watches->all->len; i++)
    {
      NatsWatch *watch = watches->all->pdata[i];

      watch->is_suspect = !watch->is_heard;
      watch->is_heard = FALSE;
      is_any_suspect = is_any_suspect || watch->is_suspect;
    }
  /* what the program has not read yet is no silence: it comes before the answer */
  if (is_any_suspect)
    watches->ask_ping = nats_send_ping (self, wire);
  return watches->due_us;
}

void
nats_watch_take_pong (HeinNats *self, HeinWire *wire)
{
  NatsWatches *watches = &self->watches;

  if (watches->ask_ping == 0 || watches->ask_ping > self->flush.n_pongs)
    return;
  watches->ask_ping = 0;
  for (guint i = 0; watches->all != NULL && i < watches->all->len; i++)
    {
      NatsWatch *watch = watches->all->pdata[i];

      if (watch->is_suspect && !watch->is_heard)
        restart (self, wire, watch);
      watch->is_suspect = FALSE;
    }
}

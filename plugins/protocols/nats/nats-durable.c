/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-durable.h"

#include <string.h>

#include "nats-ask.h"
#include "nats-consumer.h"
#include "nats-send.h"

/*
 * A durable consumer of a stream, from which messages are pulled:
 *
 *   client                                       server
 *   PUB $JS.API.CONSUMER.INFO.<stream>.<durable> _INBOX.….I<number>
 *                                                MSG _INBOX.….I<number>: {…}
 *   PUB $JS.API.CONSUMER.DURABLE.CREATE.…, where it is not there
 *   SUB _INBOX.<connection>.P.* sid
 *   PUB $JS.API.CONSUMER.MSG.NEXT.<stream>.<durable> _INBOX.….P.<number>
 *                                                MSG orders.1, with $JS.ACK.… as reply
 *   PUB $JS.ACK.…: +ACK
 *                                                HMSG _INBOX.….P.<number>: 100, it
 *                                                  waits; 408, it has waited; 409, …
 *
 * Pulled are as many as the bus takes at a time, so that nothing comes for which there
 * is no room, and what one program does not pull is there for others. What has been
 * pulled ends with the connection, and what is not acknowledged then comes again, to
 * whoever pulls.
 */
#define IDLE_US       5000000
#define SILENCE_US    15000000
#define RETRY_US      1000000
#define WAIT_US       30000000
#define PROGRESS_MIN  100000 /* µs */
#define OPEN_MAX      (4 * HEIN_CREDIT_MAX)
#define STATUS_IDLE   100
#define NOT_FOUND     404
#define WAITED        408
#define CONFLICT      409
#define NO_RESPONDERS 503
#define NO_CONSUMER   10014
/* Errors that go away: no leader, no room. */
#define IS_PASSING(code) ((code) >= 500 && (code) < 600)

gboolean
nats_durable_check (const HeinNats *self, GError **error)
{
  const char *why = NULL;

  if ((self->stream == NULL) != (self->durable == NULL))
    why = "stream and durable need each other";
  else if (self->stream == NULL)
    return TRUE;
  else if (!nats_consumer_is_name (self->stream) ||
           !nats_consumer_is_name (self->durable))
    why = "stream and durable are 1 to 255 bytes each, without blanks, \".\", "
          "\"*\", \">\", \"/\" and \"\\\"";
  else if (self->bucket != NULL)
    why = "either a bucket is watched, or a durable brings a stream: give one";
  else if (self->queue_group != NULL)
    why = "programs with the same durable share its messages: leave out "
          "queue-group";
  if (why == NULL)
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS, why);
  return FALSE;
}

static void
fail (HeinNats *self, HeinWire *wire, HeinError code, const char *format, ...)
  G_GNUC_PRINTF (4, 5);

static void
fail (HeinNats *self, HeinWire *wire, HeinError code, const char *format, ...)
{
  g_autofree char *why = NULL;
  g_autoptr (GError) error = NULL;
  va_list arguments;

  va_start (arguments, format);
  why = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (&error, HEIN_ERROR, code,
               "the durable \"%s\" of the stream \"%s\" %s", self->durable,
               self->stream, why);
  self->state = NATS_OVER;
  hein_wire_fail (wire, error);
}

static void
want_tick (HeinWire *wire, gint64 *at_us, gint64 in_us)
{
  *at_us = hein_wire_get_now_us (wire) + in_us;
  hein_wire_want_tick (wire, *at_us);
}

/* ---- what the bus wants ---- */

/* What is acknowledged by one program is gone for all with the same durable, so the
 * filter has exactly what is wanted: "" where no subject has. */
static const char *
get_filter (const char *subject, const char *text, gboolean is_pattern)
{
  g_autofree char *exact = g_strconcat (text, is_pattern ? "" : ">", NULL);

  return g_str_equal (g_strdelimit (exact, "/", '.'), subject) ? subject : "";
}

void
nats_durable_change (HeinNats *self,
                     HeinWire *wire,
                     const char *subject,
                     const char *text,
                     gboolean is_pattern,
                     gboolean wanted)
{
  NatsDurable *consumer = &self->consumer;
  const char *filter = get_filter (subject, text, is_pattern);
  guint i;

  if (consumer->wants == NULL)
    consumer->wants = g_ptr_array_new_with_free_func (g_free);
  if (wanted)
    g_ptr_array_add (consumer->wants, g_strdup (filter));
  else if (g_ptr_array_find_with_equal_func (consumer->wants, filter,
                                             g_str_equal, &i))
    g_ptr_array_remove_index_fast (consumer->wants, i);
  /* one may take the place of another */
  want_tick (wire, &consumer->review_us, 0);
}

/* Returns the only one that the bus wants, ">" for everything; NULL: there are
 * several, or none has what it wants. */
static const char *
find_want (const NatsDurable *consumer)
{
  const char *want = consumer->wants->pdata[0];

  for (guint i = 1; i < consumer->wants->len; i++)
    if (!g_str_equal (consumer->wants->pdata[i], want))
      return NULL;
  return *want != '\0' ? want : NULL;
}

/* FALSE: the connection has failed. */
static gboolean
check_want (HeinNats *self, HeinWire *wire, const char *want)
{
  const NatsDurable *consumer = &self->consumer;

  if (want == NULL)
    {
      fail (
        self, wire, HEIN_ERROR_REFUSED,
        "has one subject as its filter: subscribe to one prefix that ends "
        "with \"/\", to one pattern without \"**\", or to nothing, which is "
        "all that it brings");
      return FALSE;
    }
  if (consumer->state != NATS_DURABLE_BOUND || g_str_equal (want, ">") ||
      (!consumer->has_others && g_strcmp0 (consumer->filter, want) == 0))
    return TRUE;
  fail (self, wire, HEIN_ERROR_REFUSED,
        "brings \"%s\", and this program has subscribed to \"%s\": subscribe "
        "to the same before dialling, or to nothing, which is all that it "
        "brings",
        consumer->has_others       ? "several subjects"
        : consumer->filter != NULL ? consumer->filter
                                   : ">",
        want);
  return FALSE;
}

/* ---- finding and making it ---- */

/* Asks, and waits for the answer under a number of its own. */
static void
ask (HeinNats *self, HeinWire *wire, const char *command, const char *json)
{
  NatsDurable *consumer = &self->consumer;
  char inbox[NATS_INBOX_MAX];
  g_autoptr (GString) line = g_string_new (NULL);

  nats_ask_want_inbox (self, line);
  nats_ask_write_inbox (self, inbox, NULL);
  consumer->n_asked++;
  consumer->retry_us = G_MAXINT64;
  g_string_append_printf (
    line,
    "PUB $JS.API.CONSUMER.%s.%s.%s %.*sI%016" G_GINT64_MODIFIER
    "x %" G_GSIZE_FORMAT "\r\n%s\r\n",
    command, self->stream, self->durable, (int) strlen (inbox) - 1, inbox,
    consumer->n_asked, strlen (json), json);
  hein_wire_put (wire, (const guint8 *) line->str, line->len);
  consumer->is_heard = TRUE;
  want_tick (wire, &consumer->due_us, SILENCE_US);
}

static void
look (HeinNats *self, HeinWire *wire)
{
  self->consumer.state = NATS_DURABLE_ASKS;
  ask (self, wire, "INFO", "");
}

static void
make (HeinNats *self, HeinWire *wire)
{
  const char *want = find_want (&self->consumer);
  g_autoptr (GString) json = g_string_new (NULL);

  if (!check_want (self, wire, want))
    return;
  self->consumer.state = NATS_DURABLE_MAKES;
  nats_consumer_append_config (json, self->stream, self->durable,
                               g_str_equal (want, ">") ? NULL : want);
  ask (self, wire, "DURABLE.CREATE", json->str);
}

/* ---- pulling ---- */

static guint
get_room (const HeinNats *self, HeinWire *wire)
{
  const guint credit = hein_wire_get_bus_credit (wire);
  const guint n = nats_open_count (&self->consumer.open);

  /* not one by one */
  return n <= credit / 2 ? MIN (credit - n, self->consumer.max_batch) : 0;
}

static void
append_pull (HeinNats *self, GString *line, guint n)
{
  const NatsDurable *consumer = &self->consumer;
  g_autoptr (GString) json = g_string_new (NULL);
  char inbox[NATS_INBOX_MAX];

  nats_ask_write_inbox (self, inbox, NULL);
  g_string_append_printf (json,
                          "{\"batch\":%u,\"expires\":%" G_GINT64_FORMAT "000",
                          n, consumer->wait_us);
  /* it has to be at most half of the time */
  if (consumer->wait_us >= 2 * IDLE_US)
    g_string_append_printf (json, ",\"idle_heartbeat\":%d000", IDLE_US);
  g_string_append_c (json, '}');
  g_string_append_printf (
    line,
    "PUB $JS.API.CONSUMER.MSG.NEXT.%s.%s %.*sP.%016" G_GINT64_MODIFIER
    "x %" G_GSIZE_FORMAT "\r\n%s\r\n",
    self->stream, self->durable, (int) strlen (inbox) - 1, inbox,
    consumer->n_asked, json->len, json->str);
}

static void
pull (HeinNats *self, HeinWire *wire)
{
  NatsDurable *consumer = &self->consumer;
  const guint n = get_room (self, wire);
  g_autoptr (GString) line = NULL;

  if (self->state != NATS_UP || consumer->state != NATS_DURABLE_BOUND ||
      consumer->sid == 0 || consumer->n_wanted > 0 || n == 0 ||
      consumer->retry_us != G_MAXINT64 || hein_wire_is_closing (wire))
    return;
  line = g_string_new (NULL);
  consumer->n_asked++;
  consumer->n_wanted = n;
  append_pull (self, line, n);
  hein_wire_put (wire, (const guint8 *) line->str, line->len);
  consumer->is_heard = TRUE;
  if (consumer->due_us == G_MAXINT64)
    want_tick (wire, &consumer->due_us, SILENCE_US);
}

/* What was pulled is over, and it is pulled again later. */
static void
pull_later (HeinNats *self, HeinWire *wire)
{
  self->consumer.n_wanted = 0;
  want_tick (wire, &self->consumer.retry_us, RETRY_US);
}

static void
bind_to (HeinNats *self, HeinWire *wire, NatsConsumer *said)
{
  NatsDurable *consumer = &self->consumer;
  char inbox[NATS_INBOX_MAX];
  g_autofree char *line = NULL;

  consumer->state = NATS_DURABLE_BOUND;
  g_free (consumer->filter);
  consumer->filter = g_steal_pointer (&said->filter);
  consumer->has_others = said->has_filters;
  consumer->max_batch = said->max_batch > 0
                          ? MIN (said->max_batch, HEIN_CREDIT_MAX)
                          : HEIN_CREDIT_MAX;
  consumer->wait_us =
    said->max_wait_us > 0 ? MIN (said->max_wait_us, WAIT_US) : WAIT_US;
  consumer->progress_us = MAX (said->ack_wait_us / 3, PROGRESS_MIN);
  if (!check_want (self, wire, find_want (consumer)))
    return;
  consumer->sid = ++self->subscriptions.last_sid;
  nats_ask_write_inbox (self, inbox, NULL);
  line = g_strdup_printf ("SUB %.*sP.* %u\r\n", (int) strlen (inbox) - 1, inbox,
                          consumer->sid);
  hein_wire_put (wire, (const guint8 *) line, strlen (line));
  pull (self, wire);
}

static void
take_error (HeinNats *self, HeinWire *wire, const NatsConsumer *said)
{
  NatsDurable *consumer = &self->consumer;
  const char *text = said->description != NULL ? said->description : "";

  if (IS_PASSING (said->code))
    want_tick (wire, &consumer->retry_us, RETRY_US);
  else if (consumer->state == NATS_DURABLE_ASKS && said->code == NOT_FOUND &&
           said->error_code == NO_CONSUMER)
    make (self, wire);
  else
    fail (self, wire, HEIN_ERROR_REFUSED,
          "cannot be used: JetStream says \"%s\" (%" G_GUINT64_FORMAT
          ", %" G_GUINT64_FORMAT ")",
          text, said->code, said->error_code);
}

static void
take_consumer (HeinNats *self, HeinWire *wire, NatsConsumer *said)
{
  if (said->code > 0)
    take_error (self, wire, said);
  else if (said->is_pushed)
    fail (self, wire, HEIN_ERROR_REFUSED,
          "is a push consumer, and messages are pulled here: make it without a "
          "deliver subject, or use another name");
  else if (g_strcmp0 (said->ack_policy, "explicit") != 0)
    fail (
      self, wire, HEIN_ERROR_REFUSED,
      "has the acknowledgement policy \"%s\", and messages are acknowledged "
      "one by one here: make it with \"explicit\", or use another name",
      said->ack_policy != NULL ? said->ack_policy : "none");
  else
    bind_to (self, wire, said);
}

gboolean
nats_durable_take_answer (HeinNats *self,
                          HeinWire *wire,
                          const NatsIncoming *incoming,
                          const guint8 *body)
{
  NatsDurable *consumer = &self->consumer;
  NatsHeaders headers;
  NatsConsumer said;
  guint64 number;

  if (!nats_ask_read_number (self, &incoming->subject, 'I', &number))
    return FALSE;
  if (number != consumer->n_asked || consumer->retry_us != G_MAXINT64 ||
      (consumer->state != NATS_DURABLE_ASKS &&
       consumer->state != NATS_DURABLE_MAKES))
    return TRUE;
  nats_incoming_read_headers (incoming, body, &headers);
  if (headers.status == NO_RESPONDERS)
    fail (self, wire, HEIN_ERROR_REFUSED,
          "is not there: the server has no JetStream for this user");
  else
    {
      if (nats_consumer_read (&said,
                              (const char *) body + incoming->headers_size,
                              incoming->size - incoming->headers_size))
        take_consumer (self, wire, &said);
      else
        fail (self, wire, HEIN_ERROR_PROTOCOL,
              "cannot be used: what answers is not JetStream");
      nats_consumer_clear (&said);
    }
  nats_headers_clear (&headers);
  return TRUE;
}

gboolean
nats_durable_is_waiting (const HeinNats *self)
{
  const NatsDurable *consumer = &self->consumer;

  return self->durable != NULL && self->subscribes &&
         (consumer->state != NATS_DURABLE_BOUND ||
          consumer->review_us != G_MAXINT64);
}

/* ---- what comes ---- */

gboolean
nats_durable_is_its (const HeinNats *self, guint64 sid)
{
  return self->consumer.sid > 0 && sid == self->consumer.sid;
}

/* Whether it is about what was pulled last. */
static gboolean
is_current (const HeinNats *self, const NatsSpan *subject)
{
  char inbox[NATS_INBOX_MAX];
  char *whole;
  gboolean is_it;

  nats_ask_write_inbox (self, inbox, NULL);
  inbox[strlen (inbox) - 1] = '\0';
  whole = g_strdup_printf ("%sP.%016" G_GINT64_MODIFIER "x", inbox,
                           self->consumer.n_asked);
  is_it = subject->size == strlen (whole) &&
          memcmp (subject->data, whole, subject->size) == 0;
  g_free (whole);
  return is_it;
}

/* What is behind the status in the first line. (transfer full) */
static char *
dup_reason (const NatsIncoming *incoming, const guint8 *body)
{
  const char *data = (const char *) body;
  const char *line_end = memchr (data, '\r', incoming->headers_size);
  const gsize size = line_end != NULL ? (gsize) (line_end - data) : 0;
  const char *blank = size > 0 ? memchr (data, ' ', size) : NULL;
  const char *text = blank != NULL ? blank + 1 : data;

  return hein_error_dup_printable (text, data + size - text);
}

static void
take_conflict (HeinNats *self, HeinWire *wire, const char *reason)
{
  if (strstr (reason, "Consumer Deleted") != NULL ||
      strstr (reason, "push based") != NULL)
    fail (self, wire, HEIN_ERROR_REFUSED,
          "brings no more: the server says \"%s\"", reason);
  else
    pull_later (self, wire);
}

/* One that is not understood says that what was pulled is over. */
static void
take_status (HeinNats *self,
             HeinWire *wire,
             const NatsIncoming *incoming,
             const guint8 *body)
{
  g_autofree char *reason = NULL;
  NatsHeaders headers;

  if (nats_incoming_read_headers (incoming, body, &headers) &&
      headers.status > STATUS_IDLE && is_current (self, &incoming->subject))
    {
      reason = dup_reason (incoming, body);
      if (headers.status == WAITED)
        self->consumer.n_wanted = 0;
      else if (headers.status == CONFLICT)
        take_conflict (self, wire, reason);
      else
        pull_later (self, wire);
    }
  nats_headers_clear (&headers);
  if (self->state == NATS_UP)
    pull (self, wire);
}

static gboolean
is_status (const NatsIncoming *incoming)
{
  return incoming->reply.size == 0 && incoming->headers_size > 0;
}

/* What was pulled ends when all of it has come. */
static void
count_one (HeinNats *self, HeinWire *wire)
{
  NatsDurable *consumer = &self->consumer;

  if (consumer->n_wanted > 0)
    consumer->n_wanted--;
  if (nats_open_count (&consumer->open) == 1)
    want_tick (wire, &consumer->go_on_us, consumer->progress_us);
  hein_wire_set_memory (wire, nats_open_get_memory (&consumer->open));
}

gboolean
nats_durable_take (HeinNats *self,
                   HeinWire *wire,
                   const NatsIncoming *incoming,
                   const guint8 *body,
                   NatsAck *ack)
{
  NatsDurable *consumer = &self->consumer;

  consumer->is_heard = TRUE;
  if (!nats_ack_read (ack, &incoming->reply))
    {
      if (is_status (incoming))
        take_status (self, wire, incoming, body);
      else
        hein_wire_drop (wire, HEIN_DROP_REASON_INVALID, incoming->size,
                        "a message comes where those of a durable come, and is "
                        "none of it");
      return FALSE;
    }
  if (nats_open_count (&consumer->open) >= OPEN_MAX)
    {
      fail (self, wire, HEIN_ERROR_PROTOCOL, "brings more than was asked for");
      return FALSE;
    }
  /* the program has it, and was slow */
  if (!nats_open_add (&consumer->open, ack, &incoming->reply))
    {
      count_one (self, wire);
      pull (self, wire);
      return FALSE;
    }
  count_one (self, wire);
  return TRUE;
}

void
nats_durable_settle (HeinNats *self,
                     HeinWire *wire,
                     guint64 sequence,
                     NatsOutcome outcome)
{
  nats_open_settle (&self->consumer.open, wire, sequence, outcome);
  hein_wire_set_memory (wire, nats_open_get_memory (&self->consumer.open));
  pull (self, wire);
}

/* ---- time ---- */

static gboolean
is_over (gint64 *at_us, gint64 now_us)
{
  if (now_us < *at_us)
    return FALSE;
  *at_us = G_MAXINT64;
  return TRUE;
}

static void
review (HeinNats *self, HeinWire *wire)
{
  NatsDurable *consumer = &self->consumer;

  if (consumer->wants->len == 0 ||
      !check_want (self, wire, find_want (consumer)))
    return;
  if (consumer->state == NATS_DURABLE_IDLE)
    look (self, wire);
}

static void
retry (HeinNats *self, HeinWire *wire)
{
  if (self->consumer.state == NATS_DURABLE_BOUND)
    pull (self, wire);
  else
    look (self, wire);
}

/* What the program has not read yet is no silence: it comes before the answer. */
static void
suspect (HeinNats *self, HeinWire *wire)
{
  NatsDurable *consumer = &self->consumer;
  const gboolean is_asking = consumer->state != NATS_DURABLE_BOUND;

  if (!is_asking && consumer->n_wanted == 0)
    return;
  if (!consumer->is_heard || is_asking)
    consumer->ask_ping = nats_send_ping (self, wire);
  consumer->is_heard = FALSE;
  want_tick (wire, &consumer->due_us, SILENCE_US);
}

static void
go_on (HeinNats *self, HeinWire *wire)
{
  NatsDurable *consumer = &self->consumer;

  nats_open_go_on (&consumer->open, wire);
  if (nats_open_count (&consumer->open) > 0)
    want_tick (wire, &consumer->go_on_us, consumer->progress_us);
}

gint64
nats_durable_tick (HeinNats *self, HeinWire *wire, gint64 now_us)
{
  NatsDurable *consumer = &self->consumer;

  if (self->state == NATS_UP && is_over (&consumer->review_us, now_us))
    review (self, wire);
  if (self->state == NATS_UP && is_over (&consumer->retry_us, now_us))
    retry (self, wire);
  if (self->state == NATS_UP && is_over (&consumer->go_on_us, now_us))
    go_on (self, wire);
  if (self->state == NATS_UP && is_over (&consumer->due_us, now_us))
    suspect (self, wire);
  if (self->state != NATS_UP)
    return G_MAXINT64;
  return MIN (MIN (consumer->review_us, consumer->retry_us),
              MIN (consumer->go_on_us, consumer->due_us));
}

void
nats_durable_take_pong (HeinNats *self, HeinWire *wire)
{
  NatsDurable *consumer = &self->consumer;

  if (self->state != NATS_UP || consumer->ask_ping == 0 ||
      consumer->ask_ping > self->flush.n_pongs)
    return;
  consumer->ask_ping = 0;
  if (consumer->is_heard || consumer->retry_us != G_MAXINT64)
    return;
  if (consumer->state != NATS_DURABLE_BOUND)
    look (self, wire);
  else
    {
      consumer->n_wanted = 0;
      pull (self, wire);
    }
}

/* ---- the end ---- */

void
nats_durable_stop (HeinNats *self, HeinWire *wire)
{
  NatsDurable *consumer = &self->consumer;
  g_autofree char *line = NULL;

  if (self->state != NATS_UP || consumer->sid == 0)
    return;
  line = g_strdup_printf ("UNSUB %u\r\n", consumer->sid);
  hein_wire_put (wire, (const guint8 *) line, strlen (line));
}

void
nats_durable_finish (HeinNats *self, HeinWire *wire)
{
  if (self->state == NATS_UP)
    nats_open_return (&self->consumer.open, wire);
}

void
nats_durable_init (HeinNats *self)
{
  NatsDurable *consumer = &self->consumer;

  consumer->review_us = consumer->retry_us = G_MAXINT64;
  consumer->go_on_us = consumer->due_us = G_MAXINT64;
}

void
nats_durable_clear (HeinNats *self)
{
  g_clear_pointer (&self->consumer.wants, g_ptr_array_unref);
  g_clear_pointer (&self->consumer.filter, g_free);
  nats_open_clear (&self->consumer.open);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "session-sides.h"

#include <stdlib.h>
#include <string.h>

/* Numbers of requests and deliveries begin behind those of others. */
#define FIRST_ID 1000

static HeinProtocolClass *
get_class (Side *self)
{
  return HEIN_PROTOCOL_GET_CLASS (self->recorder->protocol);
}

/* What was put is on its way: a socket that always takes all. */
static void
collect (Side *self)
{
  g_autoptr (GBytes) put = recorder_take_written (self->recorder);
  gsize size;
  const guint8 *data = g_bytes_get_data (put, &size);

  if (size > 0)
    g_byte_array_append (self->pipe, data, size);
}

void
side_init (Side *self, Recorder *recorder, gboolean keeps_topics)
{
  *self = (Side){
    .recorder = recorder,
    .pipe = g_byte_array_new (),
    .said = g_array_new (FALSE, TRUE, sizeof (Said)),
    .keeps_topics = keeps_topics,
  };
  recorder->is_busy = TRUE;
  recorder_pass_time (recorder,
                      0); /* the first tick comes right after `start` */
  collect (self);
}

void
side_clear (Side *self)
{
  recorder_free (self->recorder);
  g_byte_array_unref (self->pipe);
  g_array_unref (self->said);
  g_queue_clear_full (&self->open, (GDestroyNotify) hein_message_unref);
}

gboolean
side_may_say (Side *self)
{
  const Recorder *recorder = self->recorder;

  return recorder->is_ready && !recorder->is_over && !recorder->is_held &&
         !recorder->is_one_way && !self->has_ended;
}

/* ---- what is said ---- */

static GBytes *
make_payload (guint number, gsize size)
{
  char *text = g_strdup_printf ("%u ", number);
  const gsize head = strlen (text);

  text = g_realloc (text, head + size);
  memset (text + head, 'a' + number % 26, size);
  return g_bytes_new_take (text, head + size);
}

static gboolean
knows (Side *self, HeinAsk ask)
{
  if (ask == HEIN_ASK_REQUEST)
    return self->recorder->asks != HEIN_ASKS_NONE;
  return ask != HEIN_ASK_DELIVERY || self->recorder->credit > 0;
}

static gboolean
encode (Side *self, HeinMessage *message)
{
  g_autoptr (GError) error = NULL;
  const gboolean is_sent = recorder_encode (self->recorder, message, &error);

  g_assert_true (is_sent == (error == NULL));
  self->recorder->n_sent += is_sent;
  collect (self);
  return is_sent;
}

void
side_say (Side *self, HeinAsk ask, const char *topic, gsize size)
{
  const guint number = self->said->len;
  const HeinMessageAttributes attributes = { .ask = ask,
                                             .ask_id = FIRST_ID + number };
  const Said said = { .ask = ask, .topic = topic, .size = size };
  g_autoptr (GBytes) payload = make_payload (number, size);
  g_autoptr (HeinMessage) message = NULL;

  if (!side_may_say (self) || !knows (self, ask))
    return;
  message =
    ask == HEIN_ASK_NONE
      ? hein_message_new (topic, payload)
      : hein_message_new_attributed (topic, &attributes, &payload, 1, NULL);
  if (ask == HEIN_ASK_REQUEST)
    self->recorder->awaited = FIRST_ID + number;
  g_array_append_val (self->said, said);
  if (!encode (self, message))
    g_array_set_size (self->said, number);
}

void
side_subscribe (Side *self, const char *prefix, gboolean is_wanted)
{
  HeinProtocolClass *class = get_class (self);

  if (!side_may_say (self) || class->subscription == NULL)
    return;
  class->subscription (self->recorder->protocol, self->recorder->wire, prefix,
                       is_wanted);
  collect (self);
}

/* ---- what becomes of it ---- */

static const HeinMessageAttributes *
peek_attributes (HeinMessage *message)
{
  static const HeinMessageAttributes none = { .ask = HEIN_ASK_NONE };
  HeinMessageView view;

  hein_message_peek (message, &view);
  return view.attributes != NULL ? view.attributes : &none;
}

static guint
get_number (HeinMessage *message)
{
  gsize size;
  const char *data = (const char *) hein_message_peek_data (message, &size);
  g_autofree char *text = g_strndup (data, size);

  g_assert_cmpuint (size, >=, 2);
  g_assert_true (g_ascii_isdigit (*text));
  return (guint) strtoul (text, NULL, 10);
}

static Said *
find_said (Side *self, guint64 number)
{
  g_assert_cmpuint (number, <, self->said->len);
  return &g_array_index (self->said, Said, number);
}

static gboolean
say_word (Side *self, HeinMessage *about, gboolean is_ok)
{
  const HeinMessageAttributes *of = peek_attributes (about);
  const gboolean is_request = of->ask == HEIN_ASK_REQUEST;
  const HeinMessageAttributes word = {
    .ask = is_request ? (is_ok ? HEIN_ASK_ANSWER : HEIN_ASK_ERROR)
                      : (is_ok ? HEIN_ASK_RECEIPT : HEIN_ASK_FAILURE),
    .ask_number = is_ok ? !is_request : HEIN_ERROR_FAILED,
    .ask_id = of->ask_id,
  };
  g_autoptr (GBytes) payload = g_bytes_new_static ("why", 3);
  g_autoptr (HeinMessage) message =
    hein_message_new_attributed ("", &word, &payload, 1,
                                 hein_message_get_return_path (about));

  return encode (self, message);
}

void
side_settle (Side *self, Side *other, gboolean is_ok)
{
  g_autoptr (HeinMessage) message = NULL;
  Said *said;

  if (!side_may_say (self) || self->open.length == 0)
    return;
  is_ok = is_ok || self->tells_no_failures;
  message = g_queue_pop_head (&self->open);
  said = find_said (other, get_number (message));
  said->is_handled = is_ok;
  said->has_failed = !is_ok;
  if (peek_attributes (message)->ask == HEIN_ASK_REQUEST ||
      get_class (self)->settled == NULL)
    g_assert_true (say_word (self, message, is_ok));
  else if (is_ok)
    recorder_settle (self->recorder, NULL);
  else
    recorder_fail (self->recorder, HEIN_ERROR_FAILED);
  collect (self);
}

/* ---- what comes ---- */

/* What a message is that was said: one that acknowledges by itself may do so for
 * all of them. */
static gboolean
is_as_said (Side *self, HeinAsk ask, const Said *said)
{
  const char *served = self->recorder->served;

  if (said->ask == HEIN_ASK_REQUEST && served != NULL)
    return (ask == HEIN_ASK_REQUEST) == (strcmp (said->topic, served) == 0);
  return ask == said->ask ||
         (ask == HEIN_ASK_DELIVERY && get_class (self)->settled != NULL);
}

static void
hear (Side *self, Side *other, HeinMessage *message, const Said *said)
{
  const guint number = get_number (message);
  const HeinAsk ask = peek_attributes (message)->ask;
  g_autoptr (GBytes) payload = make_payload (number, said->size);

  g_assert_true (g_bytes_equal (hein_message_get_payload (message), payload));
  g_assert_true (is_as_said (self, ask, said));
  if (self->keeps_topics)
    g_assert_cmpstr (hein_message_get_topic (message), ==, said->topic);
  if (ask != HEIN_ASK_NONE)
    g_queue_push_tail (&self->open, hein_message_ref (message));
}

static Said *
hear_end (Side *self, guint64 id)
{
  Said *said;

  g_assert_cmpuint (id, >=, FIRST_ID);
  said = find_said (self, id - FIRST_ID);
  g_assert_false (said->is_told);
  said->is_told = TRUE;
  return said;
}

static void
hear_handled (Side *self, guint64 first, guint n)
{
  for (guint i = 0; i < n; i++)
    g_assert_true (hear_end (self, first + i)->is_handled);
}

/* Some may have been handled: nobody will know. */
static void
hear_failed (Side *self, const HeinMessageAttributes *attributes)
{
  const Said *said = hear_end (self, attributes->ask_id);

  g_assert_true (said->has_failed || attributes->ask_credit > 0);
}

static gboolean
is_served (Side *other, const Said *said)
{
  const char *served = other->recorder->served;

  return served == NULL || strcmp (said->topic, served) == 0;
}

/* Where a protocol acknowledges by itself, what was not handled comes again. */
static void
note_heard (Side *self, Said *said, guint number)
{
  if (said->has_failed && get_class (self)->settled != NULL)
    {
      said->has_failed = FALSE;
      return;
    }
  g_assert_false (said->is_heard);
  g_assert_cmpuint (number, >=, self->n_expected);
  said->is_heard = TRUE;
  self->n_expected = number + 1;
}

static void
take (Side *self, Side *other, HeinMessage *message)
{
  const HeinMessageAttributes *attributes = peek_attributes (message);
  Said *said;
  guint number;

  switch (attributes->ask)
    {
    case HEIN_ASK_NONE:
    case HEIN_ASK_REQUEST:
    case HEIN_ASK_DELIVERY:
      number = get_number (message);
      said = find_said (other, number);
      note_heard (self, said, number);
      hear (self, other, message, said);
      break;
    case HEIN_ASK_RECEIPT:
      hear_handled (self, attributes->ask_id, attributes->ask_number);
      break;
    case HEIN_ASK_ANSWER:
      hear_handled (self, attributes->ask_id, 1);
      break;
    case HEIN_ASK_FAILURE:
    case HEIN_ASK_ERROR:
      hear_failed (self, attributes);
      break;
    case HEIN_ASK_REFUSAL:
      g_assert_false (is_served (other, hear_end (self, attributes->ask_id)));
      break;
    case HEIN_ASK_PART:
    case HEIN_ASK_CANCEL:
    case HEIN_ASK_CREDIT:
    case HEIN_ASK_END:
    case HEIN_ASK_RESUME:
    case HEIN_ASK_RESUMED:
    default:
      g_error ("nobody has said that");
    }
}

static void
take_back (Side *self, HeinMessage *message)
{
  Said *said = find_said (self, get_number (message));

  g_assert_false (said->is_told);
  said->is_told = TRUE;
}

void
side_check (Side *self, Side *other)
{
  const Recorder *recorder = self->recorder;

  while (self->n_taken < recorder->delivered->len)
    take (self, other, recorder->delivered->pdata[self->n_taken++]);
  while (self->n_returned < recorder->given_back->len)
    take_back (self, recorder->given_back->pdata[self->n_returned++]);
  g_assert_cmpuint (recorder->n_goodbyes, <=, 1);
  g_assert_cmpuint (recorder->n_confirmed, <=,
                    other->recorder->delivered->len + other->recorder->n_drops);
}

guint
side_count_unheard (Side *self)
{
  guint n = 0;

  for (guint i = 0; i < self->said->len; i++)
    {
      const Said *said = &g_array_index (self->said, Said, i);

      n += !said->is_heard && !said->is_told;
    }
  return n - MIN (n, self->recorder->n_drops);
}

/* ---- the connection ---- */

/* As a connection does it: not while something is pending; and whoever is told
 * goodbye says so, too, behind what it has put. */
void
side_end (Side *self)
{
  if (self->has_ended || !self->recorder->is_ready || self->recorder->is_over ||
      self->recorder->is_pending)
    return;
  self->has_ended = TRUE;
  if (get_class (self)->finish != NULL)
    get_class (self)->finish (self->recorder->protocol, self->recorder->wire);
  collect (self);
}

void
side_carry (Side *self, Side *other, gsize size)
{
  const gsize n = MIN (size, self->pipe->len);

  if (n == 0 || other->recorder->is_over)
    return;
  recorder_feed (other->recorder, self->pipe->data, n);
  g_byte_array_remove_range (self->pipe, 0, n);
  collect (other);
  if (other->recorder->n_goodbyes > 0)
    side_end (other);
}

void
side_pass_time (Side *self, gint64 ms)
{
  self->recorder->now_us += ms * 1000;
  if (self->recorder->is_over ||
      self->recorder->now_us < self->recorder->tick_us)
    return;
  recorder_pass_time (self->recorder, 0);
  collect (self);
}

void
side_lose (Side *self)
{
  if (get_class (self)->lost != NULL)
    get_class (self)->lost (self->recorder->protocol, self->recorder->wire);
  g_byte_array_set_size (self->pipe, 0);
  self->has_ended = TRUE;
}

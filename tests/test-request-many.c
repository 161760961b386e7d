/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "request-ends.h"

/* Requests that have many answers, on whatever carries them. */

/* Who takes the answers. */
typedef struct
{
  HeinReplies *replies; /* owned */
  GPtrArray *texts;     /* owned: of the answers that were taken */
  GPtrArray *senders;   /* owned: the names of those who gave them */
  guint n_max;          /* how many are taken by themselves */
  gboolean is_waiting;
  gboolean is_over;
  GError *error; /* why it is over; NULL: the end */
} Taker;

static void
taker_clear (Taker *self)
{
  g_clear_object (&self->replies);
  g_clear_pointer (&self->texts, g_ptr_array_unref);
  g_clear_pointer (&self->senders, g_ptr_array_unref);
  g_clear_error (&self->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Taker, taker_clear)

static void take (Taker *self);

static void
on_next (GObject *source, GAsyncResult *result, gpointer data)
{
  Taker *self = data;
  g_autoptr (HeinMessage) message =
    hein_replies_next_finish (HEIN_REPLIES (source), result, &self->error);

  self->is_waiting = FALSE;
  if (message == NULL)
    {
      self->is_over = TRUE;
      return;
    }
  g_assert_no_error (self->error);
  g_ptr_array_add (self->texts, hein_message_dup_text (message, NULL));
  g_ptr_array_add (self->senders, g_strdup (hein_peer_get_name (
                                    hein_message_get_sender (message))));
  if (self->texts->len < self->n_max)
    take (self);
}

static void
take (Taker *self)
{
  self->is_waiting = TRUE;
  hein_replies_next_async (self->replies, NULL, on_next, self);
  g_assert_true (self->is_waiting); /* never within the call */
}

static void
take_more (Taker *self, guint n)
{
  self->n_max = self->texts->len + n;
  if (!self->is_waiting)
    take (self);
}

static void
begin_to (
  Taker *self, HeinTestBus *bus, const char *name, int timeout_ms, guint credit)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "");

  *self = (Taker){ .texts = g_ptr_array_new_with_free_func (g_free),
                   .senders = g_ptr_array_new_with_free_func (g_free) };
  if (name != NULL)
    self->replies =
      hein_bus_request_many_to (bus->bus, name, message, timeout_ms, credit);
  else
    self->replies =
      hein_bus_request_many (bus->bus, message, timeout_ms, credit);
}

static void
begin (Taker *self, HeinTestBus *bus, int timeout_ms, guint credit)
{
  begin_to (self, bus, NULL, timeout_ms, credit);
}

static void
begin_all (Taker *self, HeinTestBus *bus, int timeout_ms, guint credit)
{
  begin (self, bus, timeout_ms, credit);
  take_more (self, G_MAXUINT);
}

/* Who gives so many answers, as fast as it may. */
typedef struct
{
  Server server;
  guint n_parts; /* how many */
  guint n_given;
  guint n_blocked; /* how often it had to wait */
  guint n_most;    /* the greatest credit that it was given */
  gsize size;      /* of each; 0: it is the number */
  gboolean ends_by_reply;
  gboolean is_endless; /* does not end after the last */
  GError *error;       /* why it could give no more */
} Giver;

static void
giver_clear (Giver *self)
{
  server_clear (&self->server);
  g_clear_error (&self->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Giver, giver_clear)

static HeinMessage *
make_part (Giver *self)
{
  g_autofree char *text = self->size > 0
                            ? g_strnfill (self->size, 'x')
                            : g_strdup_printf ("%u", self->n_given);

  return hein_message_new_text ("part", text);
}

static void
finish (Giver *self, HeinRequest *request)
{
  if (self->ends_by_reply)
    reply (request, "last");
  else if (!self->is_endless)
    g_assert_true (hein_request_end (request, NULL));
}

static void give (Giver *self, HeinRequest *request);

static void
on_credit (GObject *source, GAsyncResult *result, gpointer data)
{
  Giver *self = data;

  if (hein_request_wait_for_credit_finish (HEIN_REQUEST (source), result,
                                           &self->error))
    give (self, HEIN_REQUEST (source));
}

static void
give (Giver *self, HeinRequest *request)
{
  g_autoptr (GError) error = NULL;

  self->n_most = MAX (self->n_most, hein_request_get_credit (request));
  while (self->n_given < self->n_parts)
    {
      g_autoptr (HeinMessage) part = make_part (self);

      if (!hein_request_reply_part (request, part, &error))
        break;
      self->n_given++;
    }
  if (error == NULL)
    {
      finish (self, request);
      return;
    }
  g_assert_cmpuint (hein_request_get_credit (request), ==, 0);
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_CLOSED))
    {
      self->error = g_steal_pointer (&error);
      return;
    }
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
  self->n_blocked++;
  hein_request_wait_for_credit_async (request, NULL, on_credit, self);
}

static void
on_cancelled (GCancellable *cancellable, gpointer data)
{
  ((Giver *) data)->server.n_cancelled++;
}

static void
on_request (HeinBus *bus, HeinRequest *request, gpointer data)
{
  Giver *self = data;

  self->server.n_asked++;
  g_assert_true (hein_request_get_takes_parts (request));
  g_ptr_array_add (self->server.requests, g_object_ref (request));
  g_cancellable_connect (hein_request_get_cancellable (request),
                         G_CALLBACK (on_cancelled), self, NULL);
  give (self, request);
}

static void
serve_parts (Giver *self, HeinTestBus *bus)
{
  g_autoptr (GError) error = NULL;

  self->server.bus = bus;
  self->server.requests = g_ptr_array_new_with_free_func (g_object_unref);
  hein_bus_serve (bus->bus, "t", on_request, self, NULL, &error);
  g_assert_no_error (error);
}

static void
assert_numbers (Taker *self, guint n)
{
  g_assert_cmpuint (self->texts->len, ==, n);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *expected = g_strdup_printf ("%u", i);

      g_assert_cmpstr (g_ptr_array_index (self->texts, i), ==, expected);
    }
}

/* However many, with whatever credit: all come, in order, and then the end, which
 * stays the end. */
static void
test_all (gconstpointer way)
{
  static const guint credits[] = { 1, 2, 3, 16, HEIN_REPLIES_CREDIT_MAX };
  static const guint ns[] = { 0, 1, 3, 1000 };
  g_auto (Pair) pair = { 0 };
  g_auto (Giver) giver = { 0 };

  pair_init (&pair, way);
  serve_parts (&giver, pair.spock);
  for (guint i = 0; i < G_N_ELEMENTS (credits); i++)
    for (guint k = 0; k < G_N_ELEMENTS (ns); k++)
      {
        g_auto (Taker) taker = { 0 };

        giver.n_given = giver.n_most = 0;
        giver.n_parts = ns[k];
        begin_all (&taker, pair.kirk, -1, credits[i]);
        hein_test_wait (taker.is_over);
        g_assert_no_error (taker.error);
        assert_numbers (&taker, ns[k]);
        g_assert_cmpuint (giver.n_most, <=, credits[i]);
        taker.is_over = FALSE;
        take_more (&taker, 1);
        hein_test_wait (taker.is_over);
        g_assert_no_error (taker.error);
      }
  g_assert_cmpuint (giver.server.n_cancelled, ==, 0);
  g_assert_cmpuint (giver.n_blocked, >, 1000);
  g_assert_cmpuint (hein_test_bus_count_dropped (pair.kirk), ==, 0);
  g_assert_cmpuint (hein_test_bus_count_dropped (pair.spock), ==, 0);
  g_assert_cmpuint (pair.kirk->messages->len, ==, 0);
}

/* Who knows one answer gives a stream of one; the last answer may be one, too. */
static void
test_one (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Server) server = { 0 };
  g_auto (Giver) giver = { .n_parts = 2, .ends_by_reply = TRUE };
  g_auto (Taker) one = { 0 };
  g_auto (Taker) three = { 0 };

  pair_init (&pair, way);
  serve (&server, pair.spock, "t");
  begin_all (&one, pair.kirk, -1, 0);
  hein_test_wait (one.is_over);
  g_assert_no_error (one.error);
  g_assert_cmpuint (one.texts->len, ==, 1);
  hein_bus_unserve (pair.spock->bus, "t");
  serve_parts (&giver, pair.spock);
  begin_all (&three, pair.kirk, -1, 2); /* the last one needs no credit */
  hein_test_wait (three.is_over);
  g_assert_no_error (three.error);
  g_assert_cmpuint (three.texts->len, ==, 3);
  g_assert_cmpstr (g_ptr_array_index (three.texts, 2), ==, "last");
}

/* Nobody takes: who answers is stopped by its credit, both hold no more than
 * that, and it goes on when some are taken. */
static void
test_slow_taker (gconstpointer way)
{
  const gsize size = 100000;
  g_auto (Pair) pair = { 0 };
  g_auto (Giver) giver = { .n_parts = 10000, .size = size };
  g_auto (Taker) taker = { 0 };
  gsize used;

  pair_init (&pair, way);
  serve_parts (&giver, pair.spock);
  begin (&taker, pair.kirk, -1, 8);
  hein_test_wait (giver.n_given == 8 &&
                  hein_bus_get_memory_used (pair.kirk->bus) > 8 * size);
  used = hein_bus_get_memory_used (pair.kirk->bus) +
         hein_bus_get_memory_used (pair.spock->bus);
  g_assert_cmpuint (used, <, 18 * size);
  take_more (&taker, 3);
  hein_test_wait (taker.texts->len == 3);
  g_assert_cmpuint (giver.n_given, ==, 8); /* half of it is given at once */
  take_more (&taker, 1);
  hein_test_wait (giver.n_given == 12);
  take_more (&taker, 100);
  hein_test_wait (taker.texts->len == 104 && giver.n_given == 112);
  g_assert_cmpuint (giver.server.n_cancelled, ==, 0);
  taker_clear (&taker);
  hein_test_wait (giver.server.n_cancelled == 1);
  g_assert_cmpuint (hein_bus_get_memory_used (pair.kirk->bus), <, 4 * size);
}

/* Answers, and then an error of the application, which stays. */
static void
test_refused (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Giver) giver = { .n_parts = 2, .is_endless = TRUE };
  g_auto (Taker) taker = { 0 };

  pair_init (&pair, way);
  serve_parts (&giver, pair.spock);
  begin (&taker, pair.kirk, -1, 0);
  hein_test_wait (giver.n_given == 2);
  g_assert_true (
    hein_request_refuse (g_ptr_array_index (giver.server.requests, 0), 7,
                         "no more", NULL));
  for (guint i = 0; i < 2; i++)
    {
      taker.is_over = FALSE;
      g_clear_error (&taker.error);
      take_more (&taker, G_MAXUINT);
      hein_test_wait (taker.is_over);
      g_assert_error (taker.error, HEIN_ANSWER_ERROR, 7);
      assert_numbers (&taker, 2);
    }
}

/* It is cancelled in the midst: the other side is told, also who waits there, and
 * what was not taken is gone. */
static void
test_cancelled (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Giver) giver = { .n_parts = 1000 };
  g_auto (Taker) taker = { 0 };

  pair_init (&pair, way);
  serve_parts (&giver, pair.spock);
  begin (&taker, pair.kirk, -1, 4);
  take_more (&taker, 2);
  hein_test_wait (taker.texts->len == 2 && giver.n_blocked >= 1);
  hein_replies_cancel (taker.replies);
  take_more (&taker, 1);
  hein_test_wait (giver.server.n_cancelled == 1 && giver.error != NULL &&
                  taker.is_over);
  g_assert_error (taker.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_error (giver.error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  g_assert_cmpuint (taker.texts->len, ==, 2);
  g_assert_true (
    hein_request_get_is_over (g_ptr_array_index (giver.server.requests, 0)));
}

/* Who waits for an answer that does not come cancels the request, or lets go of
 * it, or stops waiting. */
static void
test_cancelled_waiting (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Giver) giver = { .is_endless = TRUE };
  g_auto (Taker) taker = { 0 };
  g_auto (Taker) dropped = { 0 };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  pair_init (&pair, way);
  serve_parts (&giver, pair.spock);
  begin (&taker, pair.kirk, -1, 4);
  hein_replies_next_async (taker.replies, cancellable, on_next, &taker);
  hein_test_wait (giver.server.n_asked == 1);
  g_cancellable_cancel (cancellable);
  hein_test_wait (taker.is_over);
  g_assert_error (taker.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (giver.server.n_cancelled, ==, 0);
  /* the request goes on */
  g_clear_error (&taker.error);
  taker.is_over = FALSE;
  take_more (&taker, 1);
  giver.n_parts = 1;
  give (&giver, g_ptr_array_index (giver.server.requests, 0));
  hein_test_wait (taker.texts->len == 1);
  take_more (&taker, 1);
  hein_replies_cancel (taker.replies);
  hein_test_wait (taker.is_over && giver.server.n_cancelled == 1);
  g_assert_error (taker.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  begin (&dropped, pair.kirk, -1, 4);
  hein_test_wait (giver.server.n_asked == 2);
  g_clear_object (&dropped.replies);
  hein_test_wait (giver.server.n_cancelled == 2);
}

/* Who answers never ends: the time does, after the answers. */
static void
test_time (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Giver) giver = { .n_parts = 3, .is_endless = TRUE };

  pair_init (&pair, way);
  serve_parts (&giver, pair.spock);
  /* longer where it was over before the request was there */
  for (int ms = 100; giver.n_given == 0; ms *= 4)
    {
      g_auto (Taker) taker = { 0 };

      begin_all (&taker, pair.kirk, ms, 8);
      hein_test_wait (taker.is_over);
      g_assert_error (taker.error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
      assert_numbers (&taker, taker.texts->len);
    }
  hein_test_wait (giver.server.n_cancelled == giver.server.n_asked);
}

/* Who answers goes: what it gave before counts, and then it is an error. Who asks
 * goes: that is a cancellation. */
static void
test_gone (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Giver) giver = { .n_parts = 3, .is_endless = TRUE };
  g_auto (Giver) other = { .n_parts = 3, .is_endless = TRUE };
  g_auto (Taker) taker = { 0 };
  g_auto (Taker) back = { 0 };

  pair_init (&pair, way);
  serve_parts (&giver, pair.spock);
  serve_parts (&other, pair.kirk);
  begin (&taker, pair.kirk, -1, 8);
  begin_all (&back, pair.spock, -1, 8);
  hein_test_wait (giver.n_given == 3 && back.texts->len == 3);
  hein_test_bus_close (pair.spock);
  take_more (&taker, G_MAXUINT);
  hein_test_wait (taker.is_over && back.is_over &&
                  other.server.n_cancelled == 1);
  assert_numbers (&taker, 3);
  g_assert_error (taker.error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  g_assert_error (back.error, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

/* The bus of who asks ends within the callback, or before the first answer. */
static void
test_disposed (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Giver) giver = { .n_parts = 3, .is_endless = TRUE };
  g_auto (Taker) taker = { 0 };
  g_auto (Taker) after = { 0 };

  pair_init (&pair, way);
  serve_parts (&giver, pair.spock);
  begin_all (&taker, pair.kirk, -1, 2);
  hein_test_wait (taker.texts->len == 3);
  g_object_run_dispose (G_OBJECT (pair.kirk->bus));
  hein_test_wait (taker.is_over && giver.server.n_cancelled == 1);
  g_assert_error (taker.error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  begin_all (&after, pair.kirk, -1, 2);
  hein_test_wait (after.is_over);
  g_assert_error (after.error, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

static gpointer
give_elsewhere (gpointer data)
{
  HeinRequest *request = data;

  for (guint i = 0; i < 1000;)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);
      g_autoptr (HeinMessage) part = hein_message_new_text ("part", text);

      if (hein_request_reply_part (request, part, NULL))
        i++;
      else
        g_thread_yield ();
    }
  g_assert_true (hein_request_end (request, NULL));
  return NULL;
}

/* Another thread answers. */
static void
test_thread (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Giver) giver = { .is_endless = TRUE };
  g_auto (Taker) taker = { 0 };
  GThread *thread;

  pair_init (&pair, way);
  serve_parts (&giver, pair.spock);
  begin_all (&taker, pair.kirk, -1, 8);
  hein_test_wait (giver.server.n_asked == 1);
  thread = g_thread_new ("elsewhere", give_elsewhere,
                         g_ptr_array_index (giver.server.requests, 0));
  hein_test_wait (taker.is_over);
  g_thread_join (thread);
  g_assert_no_error (taker.error);
  assert_numbers (&taker, 1000);
}

/* A single answer is asked for: there are no parts of it. */
static void
test_single (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Server) server = { .keeps = TRUE };
  g_auto (Asked) asked = { 0 };
  g_autoptr (HeinMessage) part = hein_message_new_text ("t", "");
  g_autoptr (GError) no_part = NULL;
  g_autoptr (GError) no_end = NULL;
  HeinRequest *request;

  pair_init (&pair, way);
  serve (&server, pair.spock, "t");
  ask (pair.kirk, "t", "", &asked);
  hein_test_wait (server.n_asked == 1);
  request = g_ptr_array_index (server.requests, 0);
  g_assert_false (hein_request_get_takes_parts (request));
  g_assert_cmpuint (hein_request_get_credit (request), ==, 0);
  g_assert_false (hein_request_reply_part (request, part, &no_part));
  g_assert_error (no_part, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_false (hein_request_end (request, &no_end));
  g_assert_error (no_end, HEIN_ERROR, HEIN_ERROR_FAILED);
  reply (request, "one");
  hein_test_wait (asked.n_done == 1);
  assert_answer (&asked, "one");
}

/* Answers that are not taken stay below a quarter of memory-limit, whatever the
 * credit. */
static void
test_memory (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Giver) giver = { .n_parts = 1000, .size = 100000 };
  g_auto (Taker) taker = { 0 };

  pair_init (&pair, way);
  g_object_set (pair.kirk->bus, "memory-limit", (guint64) 4 * 1024 * 1024,
                NULL);
  serve_parts (&giver, pair.spock);
  begin (&taker, pair.kirk, -1, 1000);
  hein_test_wait (giver.server.n_cancelled == 1);
  take_more (&taker, G_MAXUINT);
  hein_test_wait (taker.is_over);
  g_assert_error (taker.error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
  g_assert_cmpuint (taker.texts->len, >, 5);
  g_assert_cmpuint (taker.texts->len, <, 11);
}

/* Who asks for more than the connection has room for makes nobody hold it. */
static void
test_no_room (gconstpointer way)
{
  const gsize limit = 1024 * 1024;
  g_auto (Pair) pair = { 0 };
  g_auto (Giver) giver = { .n_parts = 1000, .size = 20000 };
  g_auto (Taker) taker = { 0 };

  pair_init (&pair, way);
  g_object_set (pair.spock->bus, "send-limit", (guint64) limit, NULL);
  serve_parts (&giver, pair.spock);
  begin (&taker, pair.kirk, -1, 1000);
  hein_test_wait (giver.server.n_asked == 1);
  g_assert_cmpuint (hein_bus_get_memory_used (pair.spock->bus), <, 3 * limit);
  g_assert_cmpuint (giver.n_given, <, 1000);
  take_more (&taker, G_MAXUINT);
  hein_test_wait (taker.is_over);
  g_assert_no_error (taker.error);
  g_assert_cmpuint (taker.texts->len, ==, 1000);
}

/* ---- whom ---- */

typedef struct
{
  HeinTestBus *kirk; /* asks, and listens */
  HeinTestBus *crew[3];
} Ship;

static void
ship_init (Ship *self)
{
  static const char *const names[] = { "spock", "uhura", "sulu" };

  self->kirk = hein_test_bus_new ("kirk");
  for (guint i = 0; i < G_N_ELEMENTS (self->crew); i++)
    {
      HeinEndpoint *endpoint =
        hein_test_bus_listen (self->kirk, "tcp://127.0.0.1:0");

      self->crew[i] = hein_test_bus_new (names[i]);
      hein_test_bus_dial (self->crew[i],
                          hein_endpoint_get_bound_uri (endpoint));
    }
  hein_test_wait (hein_test_bus_count_peers (self->kirk) == 3);
}

static void
ship_clear (Ship *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->crew); i++)
    g_clear_pointer (&self->crew[i], hein_test_bus_free);
  g_clear_pointer (&self->kirk, hein_test_bus_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Ship, ship_clear)

static guint
count_from (Taker *self, const char *name)
{
  guint n = 0;

  for (guint i = 0; i < self->senders->len; i++)
    n += g_str_equal (g_ptr_array_index (self->senders, i), name);
  return n;
}

/* Everybody is asked: the answers of all, though one does not serve it. */
static void
test_survey (void)
{
  g_auto (Ship) ship = { 0 };
  g_auto (Giver) spock = { .n_parts = 40 };
  g_auto (Giver) uhura = { .n_parts = 3 };
  g_auto (Taker) taker = { 0 };
  g_auto (Taker) unserved = { 0 };

  ship_init (&ship);
  begin_all (&unserved, ship.kirk, -1, 4);
  hein_test_wait (unserved.is_over);
  g_assert_error (unserved.error, HEIN_ERROR, HEIN_ERROR_NOT_SERVED);
  serve_parts (&spock, ship.crew[0]);
  serve_parts (&uhura, ship.crew[1]);
  begin_all (&taker, ship.kirk, -1, 4);
  hein_test_wait (taker.is_over);
  g_assert_no_error (taker.error);
  g_assert_cmpuint (count_from (&taker, "spock"), ==, 40);
  g_assert_cmpuint (count_from (&taker, "uhura"), ==, 3);
}

/* One of them goes in the midst: the others are heard to their ends first. */
static void
test_survey_gone (void)
{
  g_auto (Ship) ship = { 0 };
  g_auto (Giver) spock = { .n_parts = 2, .is_endless = TRUE };
  g_auto (Giver) uhura = { .n_parts = 2, .is_endless = TRUE };
  g_auto (Taker) taker = { 0 };

  ship_init (&ship);
  serve_parts (&spock, ship.crew[0]);
  serve_parts (&uhura, ship.crew[1]);
  begin_all (&taker, ship.kirk, -1, 4);
  hein_test_wait (taker.texts->len == 4);
  g_clear_pointer (&ship.crew[0], hein_test_bus_free);
  hein_test_wait (hein_test_bus_count_peers (ship.kirk) == 2);
  g_assert_false (taker.is_over);
  reply (g_ptr_array_index (uhura.server.requests, 0), "the last");
  hein_test_wait (taker.is_over);
  g_assert_error (taker.error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  g_assert_nonnull (strstr (taker.error->message, "spock"));
  g_assert_cmpuint (count_from (&taker, "uhura"), ==, 3);
}

static void
test_to (void)
{
  g_auto (Ship) ship = { 0 };
  g_auto (Giver) uhura = { .n_parts = 3 };
  g_auto (Taker) taker = { 0 };
  g_auto (Taker) nobody = { 0 };

  ship_init (&ship);
  serve_parts (&uhura, ship.crew[1]);
  begin_to (&taker, ship.kirk, "uhura", -1, 0);
  take_more (&taker, G_MAXUINT);
  hein_test_wait (taker.is_over);
  g_assert_no_error (taker.error);
  g_assert_cmpuint (count_from (&taker, "uhura"), ==, 3);
  begin_to (&nobody, ship.kirk, "scotty", -1, 0);
  take_more (&nobody, 1);
  hein_test_wait (nobody.is_over);
  g_assert_error (nobody.error, HEIN_ERROR, HEIN_ERROR_NO_PEER);
}

/* ---- another process ---- */

static void
on_request_some (HeinBus *bus, HeinRequest *request, gpointer data)
{
  g_autoptr (HeinMessage) part = hein_message_new_text ("t", "0");

  g_object_ref (request); /* until it is killed */
  g_assert_true (hein_request_reply_part (request, part, NULL));
}

/* Killed in the midst of it. */
static void
test_killed (void)
{
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_auto (Taker) taker = { 0 };
  g_autoptr (GSubprocess) child =
    hein_test_spawn ("--serve",
                     hein_endpoint_get_bound_uri (
                       hein_test_bus_listen (kirk, "tcp://127.0.0.1:0")));

  hein_test_wait (hein_test_bus_count_peers (kirk) == 1);
  begin_all (&taker, kirk, -1, 0);
  hein_test_wait (taker.texts->len == 1);
  g_assert_false (taker.is_over);
  g_subprocess_force_exit (child);
  hein_test_wait (taker.is_over);
  g_assert_error (taker.error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  assert_numbers (&taker, 1);
  g_subprocess_wait (child, NULL, NULL);
}

int
main (int argc, char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--serve"))
    serve_for_ever (argv[2], on_request_some);
  g_test_init (&argc, &argv, NULL);
  add_for_ways ("/request-many/all", test_all);
  add_for_ways ("/request-many/one", test_one);
  add_for_ways ("/request-many/slow-taker", test_slow_taker);
  add_for_ways ("/request-many/refused", test_refused);
  add_for_ways ("/request-many/cancelled", test_cancelled);
  add_for_ways ("/request-many/cancelled-waiting", test_cancelled_waiting);
  add_for_ways ("/request-many/time", test_time);
  add_for_ways ("/request-many/gone", test_gone);
  add_for_ways ("/request-many/disposed", test_disposed);
  add_for_ways ("/request-many/thread", test_thread);
  add_for_ways ("/request-many/single", test_single);
  add_for_ways ("/request-many/memory", test_memory);
  add_for_ways ("/request-many/no-room", test_no_room);
  g_test_add_func ("/request-many/survey", test_survey);
  g_test_add_func ("/request-many/survey-gone", test_survey_gone);
  g_test_add_func ("/request-many/to", test_to);
  g_test_add_func ("/request-many/killed", test_killed);
  return g_test_run ();
}

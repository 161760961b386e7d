/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "hein-test.h"

/* Requests and their answers, on whatever carries them. */

#define MS (hein_test_get_patience () * 1000)

/* What became of a request. */
typedef struct
{
  HeinTestBus *bus;
  guint n_done;
  guint *n_all; /* nullable: counted with others */
  HeinMessage *answer;
  GError *error;
} Asked;

/* Who answers. */
typedef struct
{
  HeinTestBus *bus;
  GPtrArray *requests; /* owned HeinRequest that are kept */
  guint n_asked;
  guint n_cancelled;
  gboolean keeps;
} Server;

static void
asked_clear (Asked *self)
{
  g_clear_pointer (&self->answer, hein_message_unref);
  g_clear_error (&self->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Asked, asked_clear)

static void
server_clear (Server *self)
{
  g_clear_pointer (&self->requests, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Server, server_clear)

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  Asked *self = data;

  self->n_done++;
  if (self->n_all != NULL)
    (*self->n_all)++;
  self->answer =
    hein_bus_request_finish (HEIN_BUS (source), result, &self->error);
  g_assert_true ((self->answer == NULL) == (self->error != NULL));
}

static void
ask_full (HeinTestBus *bus,
          const char *topic,
          const char *text,
          int timeout_ms,
          GCancellable *cancellable,
          Asked *asked)
{
  g_autoptr (HeinMessage) message = hein_message_new_text (topic, text);

  hein_bus_request_async (bus->bus, message, timeout_ms, cancellable, on_answer,
                          asked);
  g_assert_cmpuint (asked->n_done, ==, 0); /* never within the call */
}

static void
ask (HeinTestBus *bus, const char *topic, const char *text, Asked *asked)
{
  ask_full (bus, topic, text, -1, NULL, asked);
}

static void
assert_answer (Asked *asked, const char *expected)
{
  g_autofree char *text = NULL;

  g_assert_no_error (asked->error);
  g_assert_cmpuint (asked->n_done, ==, 1);
  text = hein_message_dup_text (asked->answer, NULL);
  g_assert_cmpstr (text, ==, expected);
}

static void
reply (HeinRequest *request, const char *text)
{
  g_autoptr (GBytes) payload = g_bytes_new (text, strlen (text));
  g_autoptr (GError) error = NULL;

  hein_request_reply (request, payload, &error);
  g_assert_no_error (error);
}

static void
on_cancelled (GCancellable *cancellable, gpointer data)
{
  ((Server *) data)->n_cancelled++;
}

/* Keeps it, answers with what was asked, refuses "bad", or forgets "drop". */
static void
on_request (HeinBus *bus, HeinRequest *request, gpointer data)
{
  Server *self = data;
  g_autofree char *text =
    hein_message_dup_text (hein_request_get_message (request), NULL);

  self->n_asked++;
  g_assert_false (hein_request_get_is_over (request));
  if (self->keeps)
    {
      g_ptr_array_add (self->requests, g_object_ref (request));
      g_cancellable_connect (hein_request_get_cancellable (request),
                             G_CALLBACK (on_cancelled), self, NULL);
    }
  else if (g_str_equal (text, "bad"))
    g_assert_true (hein_request_refuse (request, -42, "no such thing", NULL));
  else if (!g_str_equal (text, "drop"))
    {
      reply (request, text);
      g_assert_true (hein_request_get_is_over (request));
    }
}

static void
serve (Server *self, HeinTestBus *bus, const char *pattern)
{
  g_autoptr (GError) error = NULL;

  self->bus = bus;
  if (self->requests == NULL)
    self->requests = g_ptr_array_new_with_free_func (g_object_unref);
  hein_bus_serve (bus->bus, pattern, on_request, self, NULL, &error);
  g_assert_no_error (error);
}

/* Of the transports and protocols that carry requests. */
typedef struct
{
  const char *name;
  const char *uri;
} Way;

static const Way ways[] = {
  { "tcp", "tcp://127.0.0.1:0" },
  { "unix", "unix:%s/request" },
  { "inproc", "inproc://request" },
};

typedef struct
{
  char *folder;
  HeinTestBus *kirk;  /* asks */
  HeinTestBus *spock; /* listens, and answers */
} Pair;

static void
pair_init (Pair *self, const Way *way)
{
  g_autofree char *uri = NULL;
  HeinEndpoint *endpoint;

  self->folder = g_dir_make_tmp ("hein-XXXXXX", NULL);
  self->kirk = hein_test_bus_new ("kirk");
  self->spock = hein_test_bus_new ("spock");
  uri = g_str_has_prefix (way->uri, "unix:")
          ? g_strdup_printf ("unix:%s/request", self->folder)
          : g_strdup (way->uri);
  endpoint = hein_test_bus_listen (self->spock, uri);
  hein_test_bus_dial (self->kirk, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (self->kirk) == 1 &&
                  hein_test_bus_count_peers (self->spock) == 1);
}

static void
pair_clear (Pair *self)
{
  g_clear_pointer (&self->kirk, hein_test_bus_free);
  g_clear_pointer (&self->spock, hein_test_bus_free);
  rmdir (self->folder);
  g_free (self->folder);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_clear)

/* An answer, an error of the application, one that was dropped, one that nobody
 * serves: each ends its own call, and no message comes of any. */
static void
test_answers (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Server) server = { 0 };
  g_auto (Asked) good = { 0 };
  g_auto (Asked) bad = { 0 };
  g_auto (Asked) dropped = { 0 };
  g_auto (Asked) unserved = { 0 };

  pair_init (&pair, way);
  serve (&server, pair.spock, "math/**");
  ask (pair.kirk, "math/add", "1 + 1", &good);
  ask (pair.kirk, "math", "bad", &bad);
  ask (pair.kirk, "math/drop/it", "drop", &dropped);
  ask (pair.kirk, "mathematics", "x", &unserved);
  hein_test_wait (good.n_done + bad.n_done + dropped.n_done + unserved.n_done ==
                  4);
  assert_answer (&good, "1 + 1");
  g_assert_cmpstr (hein_message_get_topic (good.answer), ==, "math/add");
  g_assert_cmpstr (hein_peer_get_name (hein_message_get_sender (good.answer)),
                   ==, "spock");
  g_assert_error (bad.error, HEIN_ANSWER_ERROR, -42);
  g_assert_cmpstr (bad.error->message, ==, "no such thing");
  g_assert_error (dropped.error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_error (unserved.error, HEIN_ERROR, HEIN_ERROR_NOT_SERVED);
  g_assert_cmpuint (server.n_asked, ==, 3);
  g_assert_cmpuint (pair.kirk->messages->len, ==, 0);
  g_assert_cmpuint (pair.spock->messages->len, ==, 0);
  g_assert_cmpuint (hein_test_bus_count_dropped (pair.kirk), ==, 0);
}

/* What it is made of arrives, large or small, in parts and with its type. */
static void
test_contents (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Server) server = { .keeps = TRUE };
  g_auto (Asked) asked = { 0 };
  g_autofree char *large = g_strnfill (1024 * 1024, 'x');
  g_autoptr (GBytes) first = g_bytes_new (large, strlen (large));
  g_autoptr (GBytes) second = g_bytes_new ("two", 3);
  GBytes *parts[] = { first, second };
  g_autoptr (HeinMessage) message =
    hein_message_new_full ("t", "text/plain", parts, 2, NULL);
  g_autoptr (HeinMessage) empty = hein_message_new (NULL, NULL);
  HeinMessage *got;

  pair_init (&pair, way);
  serve (&server, pair.spock, "*");
  hein_bus_request_to_async (pair.kirk->bus, "spock", message, -1, NULL,
                             on_answer, &asked);
  hein_test_wait (server.n_asked == 1);
  got = hein_request_get_message (g_ptr_array_index (server.requests, 0));
  g_assert_cmpuint (hein_message_get_n_parts (got), ==, 2);
  g_assert_true (g_bytes_equal (hein_message_get_part (got, 0), first));
  g_assert_cmpstr (hein_message_get_content_type (got), ==, "text/plain");
  g_assert_true (
    hein_request_reply_message (g_ptr_array_index (server.requests, 0), message,
                                NULL));
  hein_test_wait (asked.n_done == 1);
  g_assert_no_error (asked.error);
  g_assert_true (
    g_bytes_equal (hein_message_get_part (asked.answer, 0), first));
  g_assert_true (
    g_bytes_equal (hein_message_get_part (asked.answer, 1), second));
  g_assert_cmpstr (hein_message_get_content_type (asked.answer), ==,
                   "text/plain");
  /* and nothing at all */
  asked_clear (&asked);
  asked = (Asked){ 0 };
  hein_bus_request_async (pair.kirk->bus, empty, -1, NULL, on_answer, &asked);
  hein_test_wait (server.n_asked == 2);
  g_assert_true (
    hein_request_reply (g_ptr_array_index (server.requests, 1), NULL, NULL));
  hein_test_wait (asked.n_done == 1);
  assert_answer (&asked, "");
}

/* What is passed on is a message, and no part of the request. */
static void
test_passed_on (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Server) server = { .keeps = TRUE };
  g_auto (Asked) asked = { 0 };
  g_autofree char *text = NULL;

  pair_init (&pair, way);
  serve (&server, pair.spock, "t");
  ask (pair.kirk, "t", "a question", &asked);
  hein_test_wait (server.n_asked == 1);
  reply (g_ptr_array_index (server.requests, 0), "an answer");
  hein_test_wait (asked.n_done == 1);
  g_assert_true (hein_bus_send (pair.kirk->bus, asked.answer, NULL));
  g_assert_true (hein_bus_send (pair.spock->bus,
                                hein_request_get_message (
                                  g_ptr_array_index (server.requests, 0)),
                                NULL));
  hein_test_wait (pair.kirk->messages->len == 1 &&
                  pair.spock->messages->len == 1);
  text = hein_test_bus_dup_text (pair.spock, 0);
  g_assert_cmpstr (text, ==, "an answer");
}

/* Who asked cancels, or has no more time: the other side hears of it, and what it
 * answers then is nobody's. */
static void
test_cancelled (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Server) server = { .keeps = TRUE };
  g_auto (Asked) cancelled = { 0 };
  g_auto (Asked) late = { 0 };
  g_auto (Asked) next = { 0 };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  HeinRequest *request;

  pair_init (&pair, way);
  serve (&server, pair.spock, "t");
  ask_full (pair.kirk, "t", "cancelled", MS, cancellable, &cancelled);
  hein_test_wait (server.n_asked == 1);
  request = g_ptr_array_index (server.requests, 0);
  g_assert_cmpint (hein_request_get_remaining_ms (request), >, 0);
  g_assert_cmpint (hein_request_get_remaining_ms (request), <=, MS);
  g_cancellable_cancel (cancellable);
  hein_test_wait (cancelled.n_done == 1 && server.n_cancelled == 1);
  g_assert_error (cancelled.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (hein_request_get_is_over (request));
  g_assert_false (hein_request_reply (request, NULL, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  ask_full (pair.kirk, "t", "late", 1, NULL, &late);
  hein_test_wait (late.n_done == 1);
  g_assert_error (late.error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  /* it may have come when its time was over, and then was not told */
  server.keeps = FALSE;
  ask (pair.kirk, "t", "next", &next);
  hein_test_wait (next.n_done == 1);
  assert_answer (&next, "next");
  hein_test_wait (server.n_cancelled == server.requests->len);
  g_assert_cmpuint (hein_test_bus_count_dropped (pair.kirk), ==, 0);
}

/* One that does not end, and one that is asked when its time is over already. */
static void
test_time (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Server) server = { .keeps = TRUE };
  g_auto (Asked) endless = { 0 };
  g_auto (Asked) no_time = { 0 };
  g_auto (Asked) before = { 0 };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  pair_init (&pair, way);
  serve (&server, pair.spock, "t");
  g_cancellable_cancel (cancellable);
  ask_full (pair.kirk, "t", "", -1, cancellable, &before);
  ask_full (pair.kirk, "t", "", 0, NULL, &no_time);
  ask_full (pair.kirk, "t", "", -1, NULL, &endless);
  hein_test_wait (no_time.n_done + before.n_done == 2 && server.n_asked >= 1);
  g_assert_error (no_time.error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  g_assert_error (before.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (hein_request_get_remaining_ms (
                     g_ptr_array_index (server.requests,
                                        server.requests->len - 1)),
                   ==, -1);
  reply (g_ptr_array_index (server.requests, server.requests->len - 1), "ok");
  hein_test_wait (endless.n_done == 1);
  assert_answer (&endless, "ok");
}

/* The end of who was asked is an error at once, and that of who asked cancels. */
static void
test_gone (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Server) server = { .keeps = TRUE };
  g_auto (Server) asker = { .keeps = TRUE };
  g_auto (Asked) asked = { 0 };
  g_auto (Asked) back = { 0 };
  g_auto (Asked) nobody = { 0 };

  pair_init (&pair, way);
  serve (&server, pair.spock, "t");
  serve (&asker, pair.kirk, "t");
  ask (pair.kirk, "t", "", &asked);
  ask (pair.spock, "t", "", &back);
  hein_test_wait (server.n_asked == 1 && asker.n_asked == 1);
  g_clear_pointer (&pair.spock, hein_test_bus_free);
  g_assert_error (back.error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  g_assert_cmpuint (server.n_cancelled, ==, 1);
  hein_test_wait (asked.n_done == 1 && asker.n_cancelled == 1);
  g_assert_error (asked.error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  g_assert_cmpint (hein_request_refuse (g_ptr_array_index (server.requests, 0),
                                        1, "late", NULL),
                   ==, FALSE);
  hein_test_wait (hein_test_bus_count_peers (pair.kirk) == 0);
  ask (pair.kirk, "t", "", &nobody);
  hein_test_wait (nobody.n_done == 1);
  g_assert_error (nobody.error, HEIN_ERROR, HEIN_ERROR_NO_PEER);
}

/* An answer that stands right before the end counts. */
static void
test_answer_and_end (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Server) server = { .keeps = TRUE };
  g_auto (Asked) asked = { 0 };

  pair_init (&pair, way);
  serve (&server, pair.spock, "t");
  ask (pair.kirk, "t", "", &asked);
  hein_test_wait (server.n_asked == 1);
  reply (g_ptr_array_index (server.requests, 0), "the last word");
  hein_bus_close (pair.spock->bus);
  hein_test_wait (asked.n_done == 1);
  assert_answer (&asked, "the last word");
}

/* Whatever became of them, all that was said has arrived, and none of it counts as
 * dropped when the two part in order. */
static void
test_counts (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Server) server = { 0 };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  const char *topics[] = { "t", "t", "t", "unserved" };
  const char *texts[] = { "good", "bad", "drop", "x" };
  Asked asked[4] = { 0 };
  Asked cancelled = { 0 };
  guint n_done = 0;

  pair_init (&pair, way);
  serve (&server, pair.spock, "t");
  for (guint i = 0; i < G_N_ELEMENTS (asked); i++)
    {
      asked[i].n_all = &n_done;
      ask (pair.kirk, topics[i], texts[i], &asked[i]);
    }
  hein_test_wait (n_done == G_N_ELEMENTS (asked));
  server.keeps = TRUE;
  ask_full (pair.kirk, "t", "", -1, cancellable, &cancelled);
  hein_test_wait (server.n_asked == 4);
  g_cancellable_cancel (cancellable);
  hein_test_wait (server.n_cancelled == 1 && cancelled.n_done == 1);
  hein_test_bus_close (pair.spock);
  hein_test_wait (pair.kirk->removed->len == 1);
  g_assert_no_error (pair.kirk->reason);
  g_assert_cmpuint (hein_test_bus_count_dropped (pair.kirk), ==, 0);
  g_assert_cmpuint (hein_test_bus_count_dropped (pair.spock), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (asked); i++)
    asked_clear (&asked[i]);
  asked_clear (&cancelled);
}

#define MANY 10000

/* Each gets its own answer, whatever order they come in. */
static void
test_many (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Server) server = { .keeps = TRUE };
  g_autofree Asked *asked = g_new0 (Asked, MANY);
  guint n_done = 0;

  pair_init (&pair, way);
  serve (&server, pair.spock, "t");
  for (guint i = 0; i < MANY; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      asked[i].n_all = &n_done;
      ask (pair.kirk, "t", text, &asked[i]);
    }
  hein_test_wait (server.n_asked == MANY);
  g_assert_cmpuint (hein_bus_get_memory_used (pair.kirk->bus), >, MANY * 512);
  g_assert_cmpuint (hein_bus_get_memory_used (pair.spock->bus), >, MANY * 256);
  for (guint i = MANY; i > 0; i--)
    {
      HeinRequest *request = g_ptr_array_index (server.requests, i - 1);
      g_autofree char *text =
        hein_message_dup_text (hein_request_get_message (request), NULL);

      reply (request, text);
    }
  hein_test_wait (n_done == MANY);
  for (guint i = 0; i < MANY; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      assert_answer (&asked[i], text);
      asked_clear (&asked[i]);
    }
  g_assert_cmpuint (hein_bus_get_memory_used (pair.kirk->bus), <, MANY * 512);
  g_assert_cmpuint (hein_bus_get_memory_used (pair.spock->bus), <, MANY * 256);
}

/* Who asks more than the other side takes is told so, and the rest is served. */
static void
test_too_many (gconstpointer way)
{
  const guint n_max = 16384;
  g_auto (Pair) pair = { 0 };
  g_auto (Server) server = { .keeps = TRUE };
  g_auto (Asked) over = { 0 };
  g_auto (Asked) after = { 0 };
  g_autofree Asked *asked = g_new0 (Asked, n_max);
  guint n_done = 0;

  pair_init (&pair, way);
  serve (&server, pair.spock, "t");
  for (guint i = 0; i < n_max; i++)
    {
      asked[i].n_all = &n_done;
      ask (pair.kirk, "t", "", &asked[i]);
    }
  ask (pair.kirk, "t", "", &over);
  hein_test_wait (over.n_done == 1);
  g_assert_error (over.error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
  hein_test_wait (server.n_asked == n_max);
  reply (g_ptr_array_index (server.requests, 7), "room");
  hein_test_wait (n_done == 1);
  ask (pair.kirk, "t", "", &after);
  hein_test_wait (server.n_asked == n_max + 1);
  g_ptr_array_set_size (server.requests, 0);
  hein_test_wait (n_done == n_max && after.n_done == 1);
  for (guint i = 0; i < n_max; i++)
    asked_clear (&asked[i]);
}

typedef struct
{
  Server server;
  Asked inner;
  HeinRequest *outer;
} Nested;

static void
on_inner_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  Nested *self = data;
  g_autofree char *text = NULL;

  on_answer (source, result, &self->inner);
  g_assert_no_error (self->inner.error);
  text = hein_message_dup_text (self->inner.answer, NULL);
  reply (self->outer, text);
  g_clear_object (&self->outer);
}

/* Asks who asks, before it answers. */
static void
on_outer_request (HeinBus *bus, HeinRequest *request, gpointer data)
{
  Nested *self = data;
  g_autoptr (HeinMessage) message = hein_message_new_text ("inner", "nested");

  self->outer = g_object_ref (request);
  hein_bus_request_to_async (bus,
                             hein_peer_get_name (
                               hein_request_get_peer (request)),
                             message, -1, NULL, on_inner_answer, self);
}

static void
test_nested (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Server) server = { 0 };
  g_auto (Asked) asked = { 0 };
  Nested nested = { 0 };

  pair_init (&pair, way);
  serve (&server, pair.kirk, "inner");
  hein_bus_serve (pair.spock->bus, "outer", on_outer_request, &nested, NULL,
                  NULL);
  ask (pair.kirk, "outer", "", &asked);
  hein_test_wait (asked.n_done == 1);
  assert_answer (&asked, "nested");
  asked_clear (&nested.inner);
}

/* ---- what does not depend on who carries it ---- */

/* Nobody is there, or whoever is cannot be asked: an error at once. */
static void
test_nobody (void)
{
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  g_auto (Asked) nobody = { 0 };
  g_auto (Asked) cannot = { 0 };
  g_auto (Asked) named = { 0 };
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "");
  HeinEndpoint *endpoint;

  ask (kirk, "t", "", &nobody);
  hein_test_wait (nobody.n_done == 1);
  g_assert_error (nobody.error, HEIN_ERROR, HEIN_ERROR_NO_PEER);
  endpoint = hein_test_bus_listen (spock, "tcp+aiomsg://127.0.0.1:0");
  hein_test_bus_dial (kirk, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (kirk) == 1);
  ask (kirk, "t", "", &cannot);
  hein_test_wait (cannot.n_done == 1);
  g_assert_error (cannot.error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_nonnull (strstr (cannot.error->message, "aiomsg"));
  hein_bus_request_to_async (kirk->bus, "uhura", message, -1, NULL, on_answer,
                             &named);
  hein_test_wait (named.n_done == 1);
  g_assert_error (named.error, HEIN_ERROR, HEIN_ERROR_NO_PEER);
}

/* Of several that are asked, the first answer counts, and the others hear that
 * theirs does not; an error counts when there is no answer left to come. */
static void
test_several (void)
{
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  g_autoptr (HeinTestBus) uhura = hein_test_bus_new ("uhura");
  g_auto (Server) slow = { .keeps = TRUE };
  g_auto (Server) quick = { .keeps = TRUE };
  g_auto (Asked) asked = { 0 };
  g_auto (Asked) refused = { 0 };
  g_autofree char *uri = g_strdup (hein_endpoint_get_bound_uri (
    hein_test_bus_listen (kirk, "tcp://127.0.0.1:0")));

  serve (&slow, spock, "t");
  serve (&quick, uhura, "t");
  hein_test_bus_dial (spock, uri);
  hein_test_bus_dial (uhura, uri);
  hein_test_wait (hein_test_bus_count_peers (kirk) == 2);
  ask (kirk, "t", "", &asked);
  hein_test_wait (slow.n_asked == 1 && quick.n_asked == 1);
  reply (g_ptr_array_index (quick.requests, 0), "first");
  hein_test_wait (asked.n_done == 1 && slow.n_cancelled == 1);
  assert_answer (&asked, "first");
  g_assert_cmpuint (quick.n_cancelled, ==, 0);
  ask (kirk, "t", "", &refused);
  hein_test_wait (slow.n_asked == 2 && quick.n_asked == 2);
  g_ptr_array_set_size (quick.requests, 0);
  hein_request_refuse (g_ptr_array_index (slow.requests, 1), 7, "no", NULL);
  hein_test_wait (refused.n_done == 1);
}

/* The strategy takes turns, and passes over who cannot be asked. */
static void
test_round_robin (void)
{
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  g_autoptr (HeinTestBus) deaf = hein_test_bus_new ("deaf");
  g_auto (Server) server = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("round-robin", &error);
  guint n_done = 0;
  Asked asked[4] = { 0 };

  g_assert_no_error (error);
  hein_bus_set_strategy (kirk->bus, strategy);
  serve (&server, spock, "t");
  hein_test_bus_dial (spock,
                      hein_endpoint_get_bound_uri (
                        hein_test_bus_listen (kirk, "tcp://127.0.0.1:0")));
  hein_test_bus_dial (deaf,
                      hein_endpoint_get_bound_uri (
                        hein_test_bus_listen (kirk,
                                              "tcp+aiomsg://127.0.0.1:0")));
  hein_test_wait (hein_test_bus_count_peers (kirk) == 2);
  for (guint i = 0; i < G_N_ELEMENTS (asked); i++)
    {
      asked[i].n_all = &n_done;
      ask (kirk, "t", "x", &asked[i]);
    }
  hein_test_wait (n_done == G_N_ELEMENTS (asked));
  for (guint i = 0; i < G_N_ELEMENTS (asked); i++)
    {
      assert_answer (&asked[i], "x");
      asked_clear (&asked[i]);
    }
}

static void
count_destroyed (gpointer data)
{
  (*(guint *) data)++;
}

static void
on_nothing (HeinBus *bus, HeinRequest *request, gpointer data)
{
}

/* Which patterns are taken, which go before others, and what is let go of. */
static void
test_patterns (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("kirk");
  g_autofree char *longest = g_strnfill (HEIN_TOPIC_MAX, 'x');
  g_autofree char *over = g_strnfill (HEIN_TOPIC_MAX + 1, 'x');
  const struct
  {
    const char *pattern;
    int code; /* -1: taken */
  } patterns[] = {
    { "a", -1 },
    { "a", HEIN_ERROR_DUPLICATE },
    { "", -1 },
    { "**", -1 },
    { "**", HEIN_ERROR_DUPLICATE },
    { "a/*/b", -1 },
    { "a*", HEIN_ERROR_FAILED },
    { "a/***", HEIN_ERROR_FAILED },
    { "\xff", HEIN_ERROR_FAILED },
    { longest, -1 },
    { over, HEIN_ERROR_TOO_LARGE },
  };
  guint n_destroyed = 0;
  guint n_failed = 0;

  for (guint i = 0; i < G_N_ELEMENTS (patterns); i++)
    {
      g_autoptr (GError) error = NULL;

      hein_bus_serve (bus->bus, patterns[i].pattern, on_nothing, &n_destroyed,
                      count_destroyed, &error);
      if (patterns[i].code < 0)
        g_assert_no_error (error);
      else
        g_assert_error (error, HEIN_ERROR, patterns[i].code);
      n_failed += patterns[i].code >= 0;
      g_assert_cmpuint (n_destroyed, ==, n_failed);
    }
  hein_bus_unserve (bus->bus, "a");
  hein_bus_unserve (bus->bus, "**");
  hein_bus_unserve (bus->bus, "never");
  g_assert_cmpuint (n_destroyed, ==, n_failed + 2);
  g_clear_pointer (&bus, hein_test_bus_free);
  g_assert_cmpuint (n_destroyed, ==, G_N_ELEMENTS (patterns));
}

/* ---- what a handler may do ---- */

typedef struct
{
  HeinTestBus *bus;
  HeinRequest *request;
} Holder;

static void
on_request_unserve (HeinBus *bus, HeinRequest *request, gpointer data)
{
  Holder *self = data;

  hein_bus_unserve (bus, "t");
  g_set_object (&self->request, request);
}

static void
on_request_close (HeinBus *bus, HeinRequest *request, gpointer data)
{
  Holder *self = data;

  g_set_object (&self->request, request);
  hein_bus_close (bus);
  g_assert_false (hein_request_reply (request, NULL, NULL));
}

static void
on_request_dispose (HeinBus *bus, HeinRequest *request, gpointer data)
{
  Holder *self = data;

  g_set_object (&self->request, request);
  g_object_run_dispose (G_OBJECT (bus));
  g_assert_true (hein_request_get_is_over (request));
}

static void
on_request_answer_twice (HeinBus *bus, HeinRequest *request, gpointer data)
{
  g_autoptr (GError) error = NULL;

  reply (request, "once");
  g_assert_false (hein_request_refuse (request, 1, "twice", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

/* What a handler does to the bus that calls it, and what comes of the call. */
static void
test_handlers (gconstpointer way)
{
  const HeinRequestFunc handlers[] = { on_request_unserve, on_request_close,
                                       on_request_dispose,
                                       on_request_answer_twice };

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    {
      g_auto (Pair) pair = { 0 };
      g_auto (Asked) asked = { 0 };
      Holder holder = { 0 };

      pair_init (&pair, way);
      hein_bus_serve (pair.spock->bus, "t", handlers[i], &holder, NULL, NULL);
      ask (pair.kirk, "t", "", &asked);
      hein_test_wait (asked.n_done == 1 || holder.request != NULL);
      if (i == 0)
        {
          g_assert_cmpuint (asked.n_done, ==, 0);
          reply (holder.request, "later");
        }
      hein_test_wait (asked.n_done == 1);
      if (i == 1 || i == 2)
        g_assert_error (asked.error, HEIN_ERROR, HEIN_ERROR_CLOSED);
      else
        assert_answer (&asked, i == 0 ? "later" : "once");
      g_clear_object (&holder.request);
    }
}

static void
on_answer_drop (GObject *source, GAsyncResult *result, gpointer data)
{
  HeinTestBus **bus = data;

  hein_message_unref (
    hein_bus_request_finish (HEIN_BUS (source), result, NULL));
  g_object_run_dispose (source);
  *bus = NULL;
}

/* The bus that asked ends within the callback; other requests of it end, too. */
static void
test_callback_disposes (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Server) server = { 0 };
  g_auto (Asked) other = { 0 };
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "x");
  HeinTestBus *asking;

  pair_init (&pair, way);
  asking = pair.kirk;
  serve (&server, pair.spock, "t");
  hein_bus_request_async (pair.kirk->bus, message, -1, NULL, on_answer_drop,
                          &asking);
  ask (pair.kirk, "unserved", "x", &other);
  hein_test_wait (asking == NULL && other.n_done == 1);
  g_assert_nonnull (other.error);
}

static gpointer
answer_elsewhere (gpointer data)
{
  GPtrArray *requests = data;

  for (guint i = 0; i < requests->len; i++)
    {
      HeinRequest *request = g_ptr_array_index (requests, i);

      if (i % 3 == 0)
        g_assert_true (hein_request_reply (request, NULL, NULL));
      else if (i % 3 == 1)
        g_assert_true (hein_request_refuse (request, 1, "no", NULL));
    }
  g_ptr_array_set_size (requests, 0);
  return NULL;
}

/* Another thread answers, refuses, and drops. */
static void
test_threads (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Server) server = { .keeps = TRUE };
  Asked asked[300] = { 0 };
  guint n_done = 0;
  GThread *thread;

  pair_init (&pair, way);
  serve (&server, pair.spock, "t");
  for (guint i = 0; i < G_N_ELEMENTS (asked); i++)
    {
      asked[i].n_all = &n_done;
      ask (pair.kirk, "t", "", &asked[i]);
    }
  hein_test_wait (server.n_asked == G_N_ELEMENTS (asked));
  thread = g_thread_new ("elsewhere", answer_elsewhere, server.requests);
  hein_test_wait (n_done == G_N_ELEMENTS (asked));
  g_thread_join (thread);
  for (guint i = 0; i < G_N_ELEMENTS (asked); i++)
    {
      if (i % 3 == 0)
        assert_answer (&asked[i], "");
      else if (i % 3 == 1)
        g_assert_error (asked[i].error, HEIN_ANSWER_ERROR, 1);
      else
        g_assert_error (asked[i].error, HEIN_ERROR, HEIN_ERROR_FAILED);
      asked_clear (&asked[i]);
    }
}

/* ---- another process ---- */

static void
on_request_never (HeinBus *bus, HeinRequest *request, gpointer data)
{
  g_object_ref (request); /* until it is killed */
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "asked");

  g_assert_true (hein_bus_send (bus, message, NULL));
}

G_GNUC_NORETURN static void
run_server (const char *uri)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("child");

  hein_bus_serve (bus->bus, "t", on_request_never, NULL, NULL, NULL);
  hein_test_bus_dial (bus, uri);
  for (;;)
    g_main_context_iteration (NULL, TRUE);
}

/* Killed in the midst of it: an error at once, long before the time is over. */
static void
test_killed (void)
{
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_auto (Asked) asked = { 0 };
  g_autoptr (GSubprocess) child =
    hein_test_spawn ("--serve",
                     hein_endpoint_get_bound_uri (
                       hein_test_bus_listen (kirk, "tcp://127.0.0.1:0")));

  hein_test_wait (hein_test_bus_count_peers (kirk) == 1);
  ask (kirk, "t", "", &asked);
  hein_test_wait (kirk->messages->len == 1);
  g_assert_cmpuint (asked.n_done, ==, 0);
  g_subprocess_force_exit (child);
  hein_test_wait (asked.n_done == 1);
  g_assert_error (asked.error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  g_subprocess_wait (child, NULL, NULL);
}

static void
add (const char *name, GTestDataFunc func)
{
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *path =
        g_strdup_printf ("/request/%s/%s", name, ways[i].name);

      g_test_add_data_func (path, &ways[i], func);
    }
}

int
main (int argc, char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--serve"))
    run_server (argv[2]);
  g_test_init (&argc, &argv, NULL);
  add ("answers", test_answers);
  add ("contents", test_contents);
  add ("passed-on", test_passed_on);
  add ("cancelled", test_cancelled);
  add ("time", test_time);
  add ("gone", test_gone);
  add ("answer-and-end", test_answer_and_end);
  add ("counts", test_counts);
  add ("many", test_many);
  add ("too-many", test_too_many);
  add ("nested", test_nested);
  add ("handlers", test_handlers);
  add ("callback-disposes", test_callback_disposes);
  add ("threads", test_threads);
  g_test_add_func ("/request/nobody", test_nobody);
  g_test_add_func ("/request/several", test_several);
  g_test_add_func ("/request/round-robin", test_round_robin);
  g_test_add_func ("/request/patterns", test_patterns);
  g_test_add_func ("/request/killed", test_killed);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "request-ends.h"

/* Requests and what comes of them, on whatever carries them. */

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
                             asked_on_done, &asked);
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
  hein_bus_request_async (pair.kirk->bus, empty, -1, NULL, asked_on_done,
                          &asked);
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

/* Returns the request with this text; NULL: it has not come. */
static HeinRequest *
find_request (Server *self, const char *text)
{
  for (guint i = 0; i < self->requests->len; i++)
    {
      HeinRequest *request = g_ptr_array_index (self->requests, i);
      g_autofree char *said =
        hein_message_dup_text (hein_request_get_message (request), NULL);

      if (g_strcmp0 (said, text) == 0)
        return request;
    }
  return NULL;
}

/* One that does not end, and one that is asked when its time is over already:
 * that may come all the same, before it is cancelled. */
static void
test_time (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Server) server = { .keeps = TRUE };
  g_auto (Asked) endless = { 0 };
  g_auto (Asked) no_time = { 0 };
  g_auto (Asked) before = { 0 };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  HeinRequest *request = NULL;

  pair_init (&pair, way);
  serve (&server, pair.spock, "t");
  g_cancellable_cancel (cancellable);
  ask_full (pair.kirk, "t", "before", -1, cancellable, &before);
  ask_full (pair.kirk, "t", "no time", 0, NULL, &no_time);
  ask_full (pair.kirk, "t", "endless", -1, NULL, &endless);
  hein_test_wait (no_time.n_done + before.n_done == 2 &&
                  (request = find_request (&server, "endless")) != NULL);
  g_assert_error (no_time.error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  g_assert_error (before.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (hein_request_get_remaining_ms (request), ==, -1);
  reply (request, "ok");
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

/* ---- another process ---- */

static void
on_request_never (HeinBus *bus, HeinRequest *request, gpointer data)
{
  g_object_ref (request); /* until it is killed */
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "asked");

  g_assert_true (hein_bus_send (bus, message, NULL));
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

int
main (int argc, char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--serve"))
    serve_for_ever (argv[2], on_request_never);
  g_test_init (&argc, &argv, NULL);
  add_for_ways ("/request/answers", test_answers);
  add_for_ways ("/request/contents", test_contents);
  add_for_ways ("/request/passed-on", test_passed_on);
  add_for_ways ("/request/cancelled", test_cancelled);
  add_for_ways ("/request/time", test_time);
  add_for_ways ("/request/gone", test_gone);
  add_for_ways ("/request/answer-and-end", test_answer_and_end);
  add_for_ways ("/request/counts", test_counts);
  add_for_ways ("/request/many", test_many);
  add_for_ways ("/request/too-many", test_too_many);
  g_test_add_func ("/request/killed", test_killed);
  return g_test_run ();
}

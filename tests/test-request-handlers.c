/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "request-ends.h"

/* What handlers, callbacks and filters of requests may do, here and on other threads. */

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

  asked_on_done (source, result, &self->inner);
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

/* Those that come one after the other: the first is kept, every third one is
 * not answered. */
typedef struct
{
  guint n;
  HeinRequest *first; /* owned */
} Turns;

static void
on_request_in_turn (HeinBus *bus, HeinRequest *request, gpointer data)
{
  Turns *self = data;
  const guint n = self->n++;
  g_autofree char *number = g_strdup_printf ("%u", n);
  g_autofree char *text =
    hein_message_dup_text (hein_request_get_message (request), NULL);

  g_assert_cmpstr (text, ==, number);
  g_assert_true (request != self->first);
  g_assert_false (hein_request_get_is_over (request));
  g_assert_cmpint (hein_request_get_remaining_ms (request) >= 0, ==, n % 2);
  g_assert_false (
    g_cancellable_is_cancelled (hein_request_get_cancellable (request)));
  if (n % 3 < 2)
    reply (request, text);
  if (n == 0)
    self->first = g_object_ref (request);
}

static void
assert_turn (Pair *pair, guint n, const char *topic)
{
  g_auto (Asked) asked = { 0 };
  g_autofree char *number = g_strdup_printf ("%u", n);

  ask_full (pair->kirk, topic, number, n % 2 == 1 ? MS : -1, NULL, &asked);
  hein_test_wait (asked.n_done == 1);
  if (n % 3 < 2)
    assert_answer (&asked, number);
  else
    g_assert_error (asked.error, HEIN_ERROR, HEIN_ERROR_FAILED);
}

/* An object that is used for another request has nothing of the last one, and
 * one that a program keeps is not used again. */
static void
test_turns (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Asked) asked = { 0 };
  g_autofree char *text = NULL;
  Turns turns = { 0 };

  pair_init (&pair, way);
  hein_bus_serve (pair.spock->bus, "even", on_request_in_turn, &turns, NULL,
                  NULL);
  hein_bus_serve (pair.spock->bus, "*", on_request_in_turn, &turns, NULL, NULL);
  for (guint n = 0; n < 13; n++)
    assert_turn (&pair, n, n % 4 < 2 ? "even" : "odd");
  text = hein_message_dup_text (hein_request_get_message (turns.first), NULL);
  g_assert_cmpstr (text, ==, "0");
  g_assert_true (hein_request_get_is_over (turns.first));
  /* the last topic, too, is not served any more */
  hein_bus_unserve (pair.spock->bus, "even");
  hein_bus_unserve (pair.spock->bus, "*");
  ask (pair.kirk, "even", "13", &asked);
  hein_test_wait (asked.n_done == 1);
  g_assert_error (asked.error, HEIN_ERROR, HEIN_ERROR_NOT_SERVED);
  g_clear_object (&turns.first);
}

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

/* ---- filters ---- */

#define TEST_TYPE_PICKY (test_picky_get_type ())
G_DECLARE_FINAL_TYPE (TestPicky, test_picky, TEST, PICKY, GObject)

/* Refuses whatever arrives, once it is told to. */
struct _TestPicky
{
  GObject parent_instance;

  gboolean refuses;
};

static HeinMessage *
picky_receive (HeinFilter *filter,
               HeinPeer *peer,
               HeinMessage *message,
               GError **error)
{
  if (!TEST_PICKY (filter)->refuses)
    return hein_message_ref (message);
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, "no");
  return NULL;
}

static void
test_picky_iface_init (HeinFilterInterface *iface)
{
  iface->receive = picky_receive;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestPicky,
                               test_picky,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (HEIN_TYPE_FILTER,
                                                      test_picky_iface_init))

static void
test_picky_class_init (TestPickyClass *class)
{
}

static void
test_picky_init (TestPicky *self)
{
}

static void
on_next (GObject *source, GAsyncResult *result, gpointer data)
{
  Asked *self = data;

  self->n_done++;
  self->answer =
    hein_replies_next_finish (HEIN_REPLIES (source), result, &self->error);
}

/* A filter of who asked refuses the answer, or one of many: an error at once, and
 * who would give more is told. */
static void
test_filter (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Server) server = { .keeps = TRUE };
  g_auto (Asked) single = { 0 };
  g_auto (Asked) part = { 0 };
  g_autoptr (TestPicky) filter = g_object_new (TEST_TYPE_PICKY, NULL);
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "");
  g_autoptr (HeinReplies) replies = NULL;

  pair_init (&pair, way);
  hein_bus_add_filter (pair.kirk->bus, HEIN_FILTER (filter));
  serve (&server, pair.spock, "t");
  ask (pair.kirk, "t", "", &single);
  replies = hein_bus_request_many (pair.kirk->bus, message, -1, 4);
  hein_replies_next_async (replies, NULL, on_next, &part);
  hein_test_wait (server.n_asked == 2);
  filter->refuses = TRUE;
  reply (g_ptr_array_index (server.requests, 0), "answer");
  g_assert_true (
    hein_request_reply_part (g_ptr_array_index (server.requests, 1), message,
                             NULL));
  hein_test_wait (single.n_done == 1 && part.n_done == 1 &&
                  server.n_cancelled == 1);
  g_assert_error (single.error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_error (part.error, HEIN_ERROR, HEIN_ERROR_FAILED);
  hein_bus_remove_filter (pair.kirk->bus, HEIN_FILTER (filter));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_for_ways ("/request-handlers/nested", test_nested);
  add_for_ways ("/request-handlers/turns", test_turns);
  add_for_ways ("/request-handlers/handlers", test_handlers);
  add_for_ways ("/request-handlers/callback-disposes", test_callback_disposes);
  add_for_ways ("/request-handlers/threads", test_threads);
  add_for_ways ("/request-handlers/filter", test_filter);
  return g_test_run ();
}

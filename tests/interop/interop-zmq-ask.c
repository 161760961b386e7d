/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <zmq.h>

#include "hein-test.h"

/*
 * Requests between hein and libzmq, both ways, each listening and dialling. The
 * libzmq side is used without blocking, between turns of the bus.
 */

typedef struct
{
  int type;
  const char *name;
  gboolean listens; /* hein does */
} Case;

typedef struct
{
  void *context;
  void *socket;
  HeinTestBus *bus;
  guint n_done;
  HeinMessage *answer;
  GError *error;
} Pair;

static void
pair_init (Pair *self, const Case *test)
{
  char bound[256];
  gsize size = sizeof bound;

  *self = (Pair){ .context = zmq_ctx_new () };
  self->socket = zmq_socket (self->context, test->type);
  self->bus = hein_test_bus_new ("hein");
  if (test->listens)
    {
      HeinEndpoint *endpoint =
        hein_test_bus_listen (self->bus, "tcp://127.0.0.1:0");

      g_assert_cmpint (zmq_connect (self->socket,
                                    hein_endpoint_get_bound_uri (endpoint)),
                       ==, 0);
    }
  else
    {
      g_assert_cmpint (zmq_bind (self->socket, "tcp://127.0.0.1:*"), ==, 0);
      zmq_getsockopt (self->socket, ZMQ_LAST_ENDPOINT, bound, &size);
      hein_test_bus_dial (self->bus, bound);
    }
  hein_test_wait (self->bus->added->len == 1);
}

static void
pair_clear (Pair *self)
{
  int linger = 0;

  hein_test_bus_free (self->bus);
  zmq_setsockopt (self->socket, ZMQ_LINGER, &linger, sizeof linger);
  zmq_close (self->socket);
  zmq_ctx_term (self->context);
  g_clear_pointer (&self->answer, hein_message_unref);
  g_clear_error (&self->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_clear)

/* The next message, its frames joined by "|"; NULL: there is none yet. */
static char *
take (Pair *self)
{
  g_autoptr (GString) frames = NULL;
  int more = TRUE;

  while (more)
    {
      zmq_msg_t message;
      gsize size = sizeof more;

      zmq_msg_init (&message);
      if (zmq_msg_recv (&message, self->socket, ZMQ_DONTWAIT) < 0)
        {
          g_assert_null (frames);
          zmq_msg_close (&message);
          return NULL;
        }
      if (frames == NULL)
        frames = g_string_new (NULL);
      else
        g_string_append_c (frames, '|');
      g_string_append_len (frames, zmq_msg_data (&message),
                           zmq_msg_size (&message));
      zmq_msg_close (&message);
      zmq_getsockopt (self->socket, ZMQ_RCVMORE, &more, &size);
    }
  return g_string_free (g_steal_pointer (&frames), FALSE);
}

/* Turns the bus until libzmq has a message; it is not polled without a pause, as
 * its threads have to run, too. */
static char *
wait_for_frames (Pair *self)
{
  gint64 end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;

  for (;;)
    {
      char *frames = take (self);
      zmq_pollitem_t item = { self->socket, 0, ZMQ_POLLIN, 0 };

      if (frames != NULL)
        return frames;
      g_assert_cmpint (g_get_monotonic_time (), <, end_us);
      g_main_context_iteration (NULL, FALSE);
      zmq_poll (&item, 1, 1);
    }
}

/* The threads of libzmq may not have met the peer yet. */
static void
give (Pair *self, const void *data, gsize size, gboolean more)
{
  gint64 end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;
  const int flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0);
  zmq_pollitem_t item = { self->socket, 0, ZMQ_POLLOUT, 0 };

  while (zmq_send (self->socket, data, size, flags) < 0)
    {
      g_assert_cmpint (zmq_errno (), ==, EAGAIN);
      g_assert_cmpint (g_get_monotonic_time (), <, end_us);
      g_main_context_iteration (NULL, FALSE);
      zmq_poll (&item, 1, 1);
    }
}

#define GIVE(pair, text, more) give (pair, text, strlen (text), more)

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  Pair *self = data;

  self->n_done++;
  self->answer =
    hein_bus_request_finish (HEIN_BUS (source), result, &self->error);
}

static void
ask (Pair *self, const char *topic, const char *text)
{
  g_autoptr (HeinMessage) message = hein_message_new_text (topic, text);

  self->n_done = 0;
  g_clear_pointer (&self->answer, hein_message_unref);
  hein_bus_request_async (self->bus->bus, message, -1, NULL, on_answer, self);
}

static void
assert_answer (Pair *self, const char *expected)
{
  g_autofree char *text = NULL;

  hein_test_wait (self->n_done == 1);
  g_assert_no_error (self->error);
  text = hein_message_dup_text (self->answer, NULL);
  g_assert_cmpstr (text, ==, expected);
}

/* A REP knows nothing of it. */
static void
test_ask_rep (gconstpointer data)
{
  g_auto (Pair) self = { 0 };

  pair_init (&self, data);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *frames = NULL;

      ask (&self, i == 1 ? "topic" : "", "question");
      frames = wait_for_frames (&self);
      g_assert_cmpstr (frames, ==, i == 1 ? "topic|question" : "question");
      GIVE (&self, "answer", FALSE);
      assert_answer (&self, "answer");
    }
  g_assert_cmpuint (self.bus->messages->len, ==, 0);
}

/* A ROUTER gives back what stands before the empty frame; another order than that of
 * the questions, and a message between, change nothing. */
static void
test_ask_router (gconstpointer data)
{
  const Case *test = data;
  g_auto (Pair) self = { 0 };
  guint8 ids[2][8];
  Pair second;

  pair_init (&self, data);
  second = (Pair){ .bus = self.bus };
  ask (&self, "", "one");
  ask (&second, "", "two");
  for (guint i = 0; i < 2; i++)
    {
      zmq_pollitem_t item = { self.socket, 0, ZMQ_POLLIN, 0 };
      char frame[256];

      while (zmq_poll (&item, 1, 1) == 0)
        g_main_context_iteration (NULL, FALSE);
      if (test->type == ZMQ_ROUTER)
        g_assert_cmpint (zmq_recv (self.socket, frame, sizeof frame, 0), ==, 4);
      g_assert_cmpint (zmq_recv (self.socket, ids[i], sizeof ids[i], 0), ==, 8);
      g_assert_cmpint (zmq_recv (self.socket, frame, sizeof frame, 0), ==, 0);
      g_assert_cmpint (zmq_recv (self.socket, frame, sizeof frame, 0), ==, 3);
      g_assert_cmpint (memcmp (frame, i == 0 ? "one" : "two", 3), ==, 0);
    }
  for (guint i = 2; i > 0; i--)
    {
      if (test->type == ZMQ_ROUTER)
        GIVE (&self, "hein", TRUE);
      GIVE (&self, "a message", FALSE);
      if (test->type == ZMQ_ROUTER)
        GIVE (&self, "hein", TRUE);
      give (&self, ids[i - 1], 8, TRUE);
      give (&self, "", 0, TRUE);
      GIVE (&self, i == 1 ? "first" : "second", FALSE);
    }
  assert_answer (&self, "first");
  assert_answer (&second, "second");
  hein_test_wait (self.bus->messages->len == 2);
  g_clear_pointer (&second.answer, hein_message_unref);
}

static void
on_request (HeinBus *bus, HeinRequest *request, gpointer data)
{
  HeinMessage *message = hein_request_get_message (request);
  g_autofree char *text = hein_message_dup_text (message, NULL);

  g_assert_cmpint (hein_request_get_remaining_ms (request), ==, -1);
  if (g_str_equal (text, "bad"))
    g_assert_true (hein_request_refuse (request, 7, "no", NULL));
  else if (!g_str_equal (text, "drop"))
    {
      g_autofree char *upper = g_ascii_strup (text, -1);
      g_autoptr (GBytes) payload = g_bytes_new (upper, strlen (upper));

      g_assert_true (hein_request_reply (request, payload, NULL));
    }
}

/* A REQ, which knows nothing of it either: an answer, and an error, which are two
 * frames. */
static void
test_serve_req (gconstpointer data)
{
  static const struct
  {
    const char *question;
    const char *answer;
  } rows[] = {
    { "one", "ONE" },
    { "bad", "|no" },
    { "drop", "|the request was dropped there without an answer" },
    { "two", "TWO" },
  };
  g_auto (Pair) self = { 0 };

  pair_init (&self, data);
  g_assert_true (
    hein_bus_serve (self.bus->bus, "", on_request, NULL, NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *frames = NULL;

      GIVE (&self, rows[i].question, FALSE);
      frames = wait_for_frames (&self);
      g_assert_cmpstr (frames, ==, rows[i].answer);
    }
  g_assert_cmpuint (self.bus->messages->len, ==, 0);
}

/* A DEALER that says which of its questions it is, and one that does not. */
static void
test_serve_dealer (gconstpointer data)
{
  g_auto (Pair) self = { 0 };
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  pair_init (&self, data);
  g_assert_true (
    hein_bus_serve (self.bus->bus, "t", on_request, NULL, NULL, NULL));
  GIVE (&self, "id", TRUE);
  give (&self, "", 0, TRUE);
  GIVE (&self, "t", TRUE);
  GIVE (&self, "one", FALSE);
  give (&self, "", 0, TRUE);
  GIVE (&self, "t", TRUE);
  GIVE (&self, "two", FALSE);
  give (&self, "", 0, TRUE);
  GIVE (&self, "not served", TRUE);
  GIVE (&self, "three", FALSE);
  first = wait_for_frames (&self);
  g_assert_cmpstr (first, ==, "id||t|ONE");
  second = wait_for_frames (&self);
  g_assert_cmpstr (second, ==, "|t|TWO");
  hein_test_wait (self.bus->messages->len == 1);
}

static void
add (const char *name, int type, GTestDataFunc func)
{
  for (int listens = 0; listens < 2; listens++)
    {
      g_autofree char *path = g_strdup_printf ("/interop-zmq-ask/%s/%s", name,
                                               listens ? "listen" : "dial");
      Case *test = g_new (Case, 1);

      *test = (Case){ type, name, listens };
      g_test_add_data_func_full (path, test, func, g_free);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("ask-rep", ZMQ_REP, test_ask_rep);
  add ("ask-router", ZMQ_ROUTER, test_ask_router);
  add ("ask-dealer", ZMQ_DEALER, test_ask_router);
  add ("serve-req", ZMQ_REQ, test_serve_req);
  add ("serve-dealer", ZMQ_DEALER, test_serve_dealer);
  return g_test_run ();
}

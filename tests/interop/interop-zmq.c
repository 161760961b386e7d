/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <zmq.h>

#include "libzmq-keys.h"
#include "libzmq-pair.h"

/* hein against libzmq, each listening and dialling, in the clear and with CURVE
 * in both roles. */

#define N_MANY 100000

/* ---- hein receives ---- */

/* Until the subscription has come, what is published is lost. */
static void
pass_probes (LibzmqPair *self)
{
  GPtrArray *messages = self->bus->messages;

  while (messages->len == 0)
    {
      libzmq_pair_give (self, "probe", TRUE);
      hein_bus_turn (self->bus->bus, 1);
    }
  libzmq_pair_give (self, "end of probes", TRUE);
  libzmq_pair_wait (self, hein_message_get_size (
                            g_ptr_array_index (messages, messages->len - 1)) ==
                            strlen ("end of probes"));
  g_ptr_array_set_size (messages, 0);
}

static void
receive_some (int type, gboolean listens)
{
  g_autoptr (LibzmqPair) self = libzmq_pair_new (type, listens);
  gboolean is_pub = type == ZMQ_PUB || type == ZMQ_XPUB;
  g_autofree char *large = g_strnfill (100000, 'l');

  libzmq_pair_wait (self, self->bus->added->len == 1);
  if (is_pub)
    pass_probes (self);
  libzmq_pair_give (self, "single", TRUE);
  libzmq_pair_give (self, "topic", FALSE);
  libzmq_pair_give (self, "payload", TRUE);
  libzmq_pair_give (self, "t", FALSE);
  libzmq_pair_give (self, "one", FALSE);
  libzmq_pair_give (self, "two", TRUE);
  libzmq_pair_give (self, large, TRUE);
  libzmq_pair_wait (self, self->bus->messages->len == 4);
  g_assert_cmpstr (libzmq_pair_get_topic (self, 0), ==, "");
  libzmq_pair_assert_payload (self, 0, "single");
  g_assert_cmpstr (libzmq_pair_get_topic (self, 1), ==, "topic");
  libzmq_pair_assert_payload (self, 1, "payload");
  g_assert_cmpstr (libzmq_pair_get_topic (self, 2), ==, "t");
  g_assert_cmpuint (hein_message_get_n_parts (
                      g_ptr_array_index (self->bus->messages, 2)),
                    ==, 2);
  libzmq_pair_assert_payload (self, 3, large);
}

/* ---- hein sends ---- */

static void
send_some (int type, gboolean listens)
{
  g_autoptr (LibzmqPair) self = libzmq_pair_new (type, listens);
  g_autoptr (GBytes) one = g_bytes_new_static ("one", 3);
  g_autoptr (GBytes) two = g_bytes_new_static ("two", 3);
  GBytes *parts[] = { one, two };
  g_autoptr (HeinMessage) message = hein_message_new_parts ("t", parts, 2);
  g_autofree char *large = g_strnfill (100000, 'l');

  libzmq_pair_wait (self, hein_test_bus_count_peers (self->bus) == 1);
  hein_test_bus_send (self->bus, NULL, "", "single");
  hein_test_bus_send (self->bus, NULL, "topic", "payload");
  g_assert_true (hein_bus_send (self->bus->bus, message, NULL));
  hein_test_bus_send (self->bus, NULL, "", large);
  if (type == ZMQ_ROUTER)
    libzmq_pair_expect (self, "hein", FALSE);
  libzmq_pair_expect (self, "single", TRUE);
  if (type == ZMQ_ROUTER)
    libzmq_pair_expect (self, "hein", FALSE);
  libzmq_pair_expect (self, "topic", FALSE);
  libzmq_pair_expect (self, "payload", TRUE);
  if (type == ZMQ_ROUTER)
    libzmq_pair_expect (self, "hein", FALSE);
  libzmq_pair_expect (self, "t", FALSE);
  libzmq_pair_expect (self, "one", FALSE);
  libzmq_pair_expect (self, "two", TRUE);
  if (type == ZMQ_ROUTER)
    libzmq_pair_expect (self, "hein", FALSE);
  libzmq_pair_expect (self, large, TRUE);
}

/* ---- requests and replies ---- */

static void
answer_req (gboolean listens)
{
  g_autoptr (LibzmqPair) self = libzmq_pair_new (ZMQ_REQ, listens);

  /* a REQ without a peer would block */
  libzmq_pair_wait (self, self->bus->added->len == 1);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GBytes) answer = g_bytes_new_static ("answer", 6);
      g_autoptr (HeinMessage) reply = NULL;

      libzmq_pair_give (self, "question", TRUE);
      libzmq_pair_wait (self, self->bus->messages->len == i + 1);
      libzmq_pair_assert_payload (self, i, "question");
      reply =
        hein_message_new_reply (g_ptr_array_index (self->bus->messages, i),
                                answer);
      g_assert_true (hein_bus_send (self->bus->bus, reply, NULL));
      libzmq_pair_expect (self, "answer", TRUE);
    }
}

static void
ask_rep (gboolean listens)
{
  g_autoptr (LibzmqPair) self = libzmq_pair_new (ZMQ_REP, listens);

  libzmq_pair_wait (self, hein_test_bus_count_peers (self->bus) == 1);
  for (guint i = 0; i < 3; i++)
    {
      hein_test_bus_send (self->bus, NULL, "", "question");
      libzmq_pair_expect (self, "question", TRUE);
      libzmq_pair_give (self, "answer", TRUE);
      libzmq_pair_wait (self, self->bus->messages->len == i + 1);
      libzmq_pair_assert_payload (self, i, "answer");
    }
}

static void
talk_to_router (gboolean listens)
{
  g_autoptr (LibzmqPair) self = libzmq_pair_new (ZMQ_ROUTER, listens);

  libzmq_pair_wait (self, hein_test_bus_count_peers (self->bus) == 1);
  hein_test_bus_send (self->bus, NULL, "", "hello");
  libzmq_pair_expect (self, "hein", FALSE);
  libzmq_pair_expect (self, "hello", TRUE);
  libzmq_pair_give (self, "hein", FALSE);
  libzmq_pair_give (self, "to you", TRUE);
  libzmq_pair_wait (self, self->bus->messages->len == 1);
  libzmq_pair_assert_payload (self, 0, "to you");
}

/* ---- prefixes ---- */

static void
filter_for_sub (gboolean listens)
{
  g_autoptr (LibzmqPair) self = libzmq_pair_new (ZMQ_XSUB, listens);

  /* what libzmq_pair_new subscribed to goes, and a prefix comes */
  g_assert_cmpint (zmq_send (self->socket, "\1news.", 6, 0), ==, 6);
  g_assert_cmpint (zmq_send (self->socket, "\0", 1, 0), ==, 1);
  libzmq_pair_wait (self, hein_test_bus_count_peers (self->bus) == 1);
  /* what follows the subscriptions up the same connection */
  libzmq_pair_give (self, "subscribed", TRUE);
  libzmq_pair_wait (self, self->bus->messages->len == 1);
  hein_test_bus_send (self->bus, NULL, "weather", "filtered");
  hein_test_bus_send (self->bus, NULL, "news.today", "wanted");
  hein_test_bus_send (self->bus, NULL, "", "news.in the payload");
  libzmq_pair_expect (self, "news.today", FALSE);
  libzmq_pair_expect (self, "wanted", TRUE);
  libzmq_pair_expect (self, "news.in the payload", TRUE);
}

static void
expect_data (LibzmqPair *self, const char *data, gsize size)
{
  gboolean more;
  g_autoptr (GBytes) frame = libzmq_pair_wait_for_frame (self, &more);

  g_assert_cmpmem (g_bytes_get_data (frame, NULL), g_bytes_get_size (frame),
                   data, size);
}

#define EXPECT_DATA(self, literal)                                             \
  expect_data (self, literal, sizeof (literal) - 1)

static void
assert_came (LibzmqPair *self, const char *topic)
{
  const guint n = self->bus->messages->len + 1;

  libzmq_pair_give (self, topic, FALSE);
  libzmq_pair_give (self, "", TRUE);
  libzmq_pair_wait (self, self->bus->messages->len == n);
  g_assert_cmpstr (libzmq_pair_get_topic (self, n - 1), ==, topic);
}

/* libzmq is asked for what patterns begin with, once however many begin so, and
 * hein leaves out the rest. */
static void
subscribe_to_xpub (gboolean listens)
{
  g_autoptr (LibzmqPair) self = libzmq_pair_new (ZMQ_XPUB, listens);
  HeinBus *bus = self->bus->bus;

  EXPECT_DATA (self, "\1");
  libzmq_pair_wait (self, self->bus->added->len == 1);
  /* what everybody gets is asked for already */
  hein_bus_subscribe_pattern (bus, "**", NULL);
  assert_came (self, "anything");
  hein_bus_subscribe_pattern (bus, "a/*/b", NULL);
  hein_bus_unsubscribe_pattern (bus, "**");
  EXPECT_DATA (self, "\1a/");
  EXPECT_DATA (self, "\0");
  hein_bus_subscribe_pattern (bus, "a/*", NULL);
  hein_bus_subscribe (bus, "a/", NULL);
  hein_bus_unsubscribe (bus, "a/");
  hein_bus_subscribe (bus, "c", NULL);
  EXPECT_DATA (self, "\1c");
  libzmq_pair_give (self, "a/x/c", FALSE);
  libzmq_pair_give (self, "no", TRUE);
  assert_came (self, "a/x/b");
  assert_came (self, "a/x");
  assert_came (self, "cd");
  hein_bus_unsubscribe_pattern (bus, "a/*/b");
  hein_bus_unsubscribe (bus, "c");
  EXPECT_DATA (self, "\0c");
  hein_bus_unsubscribe_pattern (bus, "a/*");
  EXPECT_DATA (self, "\1");
  EXPECT_DATA (self, "\0a/");
  assert_came (self, "anything");
}

/* ---- many ---- */

static void
receive_many (int type, gboolean listens)
{
  g_autoptr (LibzmqPair) self = libzmq_pair_new (type, listens);
  guint n_given = 0;

  libzmq_pair_wait (self, self->bus->added->len == 1);
  if (type == ZMQ_PUB)
    pass_probes (self);
  while (n_given < N_MANY)
    {
      for (guint i = 0; i < 1000; i++, n_given++)
        {
          char text[16];

          g_snprintf (text, sizeof text, "m%u", n_given);
          libzmq_pair_give (self, text, TRUE);
        }
      hein_bus_turn (self->bus->bus, 0);
    }
  libzmq_pair_wait (self, self->bus->messages->len == N_MANY);
  for (guint i = 0; i < N_MANY; i++)
    {
      g_autofree char *text = g_strdup_printf ("m%u", i);

      libzmq_pair_assert_payload (self, i, text);
    }
}

static void
send_many (int type, gboolean listens)
{
  g_autoptr (LibzmqPair) self = libzmq_pair_new (type, listens);
  guint n_sent = 0;
  guint n_taken = 0;

  libzmq_pair_wait (self, hein_test_bus_count_peers (self->bus) == 1);
  while (n_taken < N_MANY)
    {
      gboolean more;
      gboolean has_room = n_sent < N_MANY;

      while (has_room && n_sent < n_taken + 5000 && n_sent < N_MANY)
        {
          g_autofree char *text = g_strdup_printf ("m%u", n_sent);
          g_autoptr (HeinMessage) message = hein_message_new_text ("", text);

          has_room = hein_bus_send (self->bus->bus, message, NULL);
          n_sent += has_room;
        }
      hein_bus_turn (self->bus->bus, 0);
      for (guint i = 0; i < 1000 && n_taken < n_sent; i++)
        {
          g_autoptr (GBytes) bytes = libzmq_pair_wait_for_frame (self, &more);
          char text[16];

          g_snprintf (text, sizeof text, "m%u", n_taken++);
          g_assert_cmpmem (g_bytes_get_data (bytes, NULL),
                           g_bytes_get_size (bytes), text, strlen (text));
        }
    }
}

/* ---- again ---- */

static void
restart (int type)
{
  g_autoptr (LibzmqPair) self = libzmq_pair_new (type, FALSE);
  void *old_context = self->context;

  libzmq_pair_wait (self, self->bus->added->len == 1);
  for (guint i = 1; i <= 2; i++)
    {
      old_context = self->context;
      zmq_close (self->socket);
      zmq_ctx_term (old_context);
      libzmq_pair_open (self, type, FALSE);
      libzmq_pair_wait (self, self->bus->removed->len == i);
      libzmq_pair_wait (self, zmq_bind (self->socket, self->uri) == 0);
      libzmq_pair_wait (self, self->bus->added->len == i + 1);
    }
}

/* ---- who asks ---- */

static void
test_allowed (void)
{
  libzmq_mode = LIBZMQ_MODE_LISTENER_SERVES;
  libzmq_zap_status = "200";
  send_some (ZMQ_PULL, FALSE);
  receive_some (ZMQ_PUSH, FALSE);
  libzmq_zap_status = NULL;
}

static void
test_denied (void)
{
  libzmq_mode = LIBZMQ_MODE_LISTENER_SERVES;
  libzmq_zap_status = "400";
  {
    g_autoptr (LibzmqPair) self = libzmq_pair_new (ZMQ_DEALER, FALSE);

    libzmq_pair_wait (self, self->bus->n_failed == 1);
    g_assert_error (self->bus->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
    g_assert_nonnull (strstr (self->bus->failure->message, "400"));
    g_assert_cmpuint (self->bus->added->len, ==, 0);
  }
  libzmq_zap_status = NULL;
}

/* A hein that has keys does not speak to a libzmq that has none, which mostly
 * closes before it says so: the error names that as a reason, too. */
static void
test_unequal (void)
{
  g_autoptr (LibzmqPair) self = NULL;
  g_autofree char *curve = NULL;
  HeinEndpoint *endpoint;

  libzmq_mode = LIBZMQ_MODE_PLAINTEXT;
  self = libzmq_pair_new (ZMQ_DEALER, FALSE);
  libzmq_pair_wait (self, self->bus->added->len == 1);
  libzmq_mode = LIBZMQ_MODE_LISTENER_SERVES;
  curve = libzmq_keys_dup_uri (self->uri, ZMQ_DEALER, FALSE);
  endpoint = hein_test_bus_dial (self->bus, curve);
  libzmq_pair_wait (self, hein_endpoint_get_error (endpoint) != NULL);
  g_assert_nonnull (strstr (hein_endpoint_get_error (endpoint)->message,
                            "wants the security mechanism \"NULL\""));
  g_assert_cmpuint (self->bus->added->len, ==, 1);
}

/* ---- the table ---- */

typedef struct
{
  const char *name;
  int type;
} Type;

typedef struct
{
  void (*run) (int type, gboolean listens);
  int type;
  gboolean listens;
  LibzmqMode mode;
} Case;

static void
run_case (gconstpointer data)
{
  const Case *self = data;

  libzmq_mode = self->mode;
  self->run (self->type, self->listens);
}

static void
add_mode (const char *group,
          const Type *type,
          void (*run) (int type, gboolean listens),
          LibzmqMode of)
{
  for (int listens = 0; listens < 2; listens++)
    {
      g_autofree char *path =
        g_strdup_printf ("/interop-zmq%s/%s/%s/%s", libzmq_mode_names[of],
                         group, type->name, listens ? "listen" : "dial");
      Case *test = g_new0 (Case, 1);

      test->run = run;
      test->type = type->type;
      test->listens = listens;
      test->mode = of;
      g_test_add_data_func_full (path, test, run_case, g_free);
    }
}

static void
add (const char *group,
     const Type *type,
     void (*run) (int type, gboolean listens))
{
  for (LibzmqMode of = LIBZMQ_MODE_PLAINTEXT; of < LIBZMQ_N_MODES; of++)
    if (of == LIBZMQ_MODE_PLAINTEXT || libzmq_has_curve ())
      add_mode (group, type, run, of);
}

static void
run_req (int type, gboolean listens)
{
  answer_req (listens);
}

static void
run_rep (int type, gboolean listens)
{
  ask_rep (listens);
}

static void
run_router (int type, gboolean listens)
{
  talk_to_router (listens);
}

static void
run_filter (int type, gboolean listens)
{
  filter_for_sub (listens);
}

static void
run_patterns (int type, gboolean listens)
{
  subscribe_to_xpub (listens);
}

static void
run_restart (int type, gboolean listens)
{
  if (listens)
    g_test_skip ("a dialling libzmq socket is restarted by its own program");
  else
    restart (type);
}

int
main (int argc, char *argv[])
{
  static const Type senders[] = {
    { "pub", ZMQ_PUB },   { "xpub", ZMQ_XPUB },     { "push", ZMQ_PUSH },
    { "pair", ZMQ_PAIR }, { "dealer", ZMQ_DEALER },
  };
  static const Type receivers[] = {
    { "sub", ZMQ_SUB },       { "xsub", ZMQ_XSUB }, { "pull", ZMQ_PULL },
    { "dealer", ZMQ_DEALER }, { "pair", ZMQ_PAIR }, { "router", ZMQ_ROUTER },
  };
  static const Type req = { "req", ZMQ_REQ };
  static const Type rep = { "rep", ZMQ_REP };
  static const Type router = { "router", ZMQ_ROUTER };
  static const Type xsub = { "xsub", ZMQ_XSUB };

  int result;

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (senders); i++)
    add ("receive", &senders[i], receive_some);
  for (guint i = 0; i < G_N_ELEMENTS (receivers); i++)
    add ("send", &receivers[i], send_some);
  add ("reply", &req, run_req);
  add ("ask", &rep, run_rep);
  add ("talk", &router, run_router);
  add ("filter", &xsub, run_filter);
  add ("patterns", &senders[1], run_patterns);
  add ("restart", &router, run_restart);
  add ("restart", &senders[0], run_restart);
  add ("many-received", &senders[0], receive_many);
  add ("many-received", &senders[2], receive_many);
  for (guint i = 0; i < 4; i++)
    if (i != 1)
      add ("many-sent", &receivers[i], send_many);
  if (libzmq_has_curve ())
    {
      g_test_add_func ("/interop-zmq/curve/zap/allowed", test_allowed);
      g_test_add_func ("/interop-zmq/curve/zap/denied", test_denied);
      /* a WebSocket is refused before anything else is said */
      if (argc < 2)
        g_test_add_func ("/interop-zmq/curve/unequal", test_unequal);
    }
  if (argc > 1 && !libzmq_pair_use (argv[1]))
    {
      g_print ("1..0 # SKIP libzmq was built without %s\n", argv[1]);
      return 0;
    }
  libzmq_keys_make ();
  result = g_test_run ();
  libzmq_keys_remove ();
  return result;
}

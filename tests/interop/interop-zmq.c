/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <zmq.h>

#include <glib/gstdio.h>

#include "hein-test.h"

/*
 * hein against libzmq, each listening and dialling, in the clear and with CURVE
 * in both roles. The libzmq side is used without blocking, between turns of the
 * bus, so all is in one thread, but for the one that answers by ZAP.
 */

#define N_MANY 100000

typedef struct
{
  void *context;
  void *socket;
  HeinTestBus *bus;
  char *uri;
  GThread *zap; /* nullable: ends with the context */
} Pair;

/* Who is the server of CURVE. */
typedef enum
{
  MODE_PLAINTEXT,
  MODE_LISTENER_SERVES,
  MODE_DIALLER_SERVES,
  N_MODES
} Mode;

/* Of both sides. */
static gboolean
has_curve (void)
{
#ifdef HAS_CURVE
  return zmq_has ("curve");
#else
  return FALSE;
#endif
}

static const char *const mode_names[] = { "", "/curve", "/curve-swapped" };

/* Of the case that runs. */
static Mode mode;

/* ---- keys ---- */

typedef struct
{
  char public_key[41];
  char secret_key[41];
} Keys;

static char *key_folder;
static Keys hein_keys;
static Keys zmq_keys;

static void
write_file (const char *name, int file_mode, const char *format, ...)
{
  g_autofree char *path = g_build_filename (key_folder, name, NULL);
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_assert_true (g_file_set_contents_full (path, text, -1,
                                           G_FILE_SET_CONTENTS_NONE, file_mode,
                                           NULL));
}

/* As pyzmq and CZMQ write them. */
static void
make_keys (void)
{
  g_autofree char *peers = NULL;

  key_folder = g_dir_make_tmp ("hein-interop-XXXXXX", NULL);
  peers = g_build_filename (key_folder, "peers", NULL);
  g_assert_cmpint (g_mkdir (peers, 0700), ==, 0);
  zmq_curve_keypair (hein_keys.public_key, hein_keys.secret_key);
  zmq_curve_keypair (zmq_keys.public_key, zmq_keys.secret_key);
  write_file ("hein.key_secret", 0600,
              "#   ****  Generated on 2026-11-28 by pyzmq  ****\n\n"
              "metadata\n\ncurve\n    public-key = \"%s\"\n"
              "    secret-key = \"%s\"\n",
              hein_keys.public_key, hein_keys.secret_key);
  write_file ("peers/zmq", 0644,
              "#   ****  Generated on 2026-11-28 by CZMQ  ****\n\n"
              "metadata\n    email = \"z@example.org\"\ncurve\n"
              "    public-key = \"%s\"\n",
              zmq_keys.public_key);
}

static void
remove_file (const char *name)
{
  g_autofree char *path = g_build_filename (key_folder, name, NULL);

  g_remove (path);
}

static void
remove_keys (void)
{
  remove_file ("hein.key_secret");
  remove_file ("peers/zmq");
  remove_file ("peers");
  g_rmdir (key_folder);
  g_free (key_folder);
}

/* Whether hein is the server; @listens: hein does. */
static gboolean
hein_serves (gboolean listens)
{
  return listens == (mode == MODE_LISTENER_SERVES);
}

/* Who speaks first cannot ask for what fits; who dials tries. */
static const char *
get_type_option (int type, gboolean listens)
{
  if (!listens || hein_serves (listens))
    return "";
  switch (type)
    {
    case ZMQ_PUB:
    case ZMQ_XPUB:
      return "&type=sub";
    case ZMQ_SUB:
    case ZMQ_XSUB:
      return "&type=pub";
    case ZMQ_PUSH:
      return "&type=pull";
    case ZMQ_PULL:
      return "&type=push";
    case ZMQ_PAIR:
      return "&type=pair";
    case ZMQ_REQ:
      return "&type=router";
    default:
      return "";
    }
}

static char *
dup_uri (const char *uri, int type, gboolean listens)
{
  if (mode == MODE_PLAINTEXT)
    return g_strdup (uri);
  return g_strdup_printf (
    "%s?curve-key=%s/hein.key_secret&curve-%s=%s/peers%s%s", uri, key_folder,
    hein_serves (listens) ? "peers" : "server", key_folder,
    hein_serves (listens) ? "" : "/zmq", get_type_option (type, listens));
}

static void
set_keys (void *socket, gboolean listens)
{
  int yes = 1;

  if (mode == MODE_PLAINTEXT)
    return;
  zmq_setsockopt (socket, ZMQ_CURVE_PUBLICKEY, zmq_keys.public_key, 41);
  zmq_setsockopt (socket, ZMQ_CURVE_SECRETKEY, zmq_keys.secret_key, 41);
  if (hein_serves (listens))
    zmq_setsockopt (socket, ZMQ_CURVE_SERVERKEY, hein_keys.public_key, 41);
  else
    g_assert_cmpint (zmq_setsockopt (socket, ZMQ_CURVE_SERVER, &yes,
                                     sizeof yes),
                     ==, 0);
}

/* ---- ZAP ---- */

/* What a server of libzmq is told of every client (27/ZAP); NULL: nobody is
 * asked. */
static const char *zap_status;

#define ZAP_ADDRESS "inproc://zeromq.zap.01"

static gboolean
take_zap_request (void *socket, char id[256], char key[256])
{
  static const int fields = 7;
  char field[256];

  for (int i = 0; i < fields; i++)
    {
      const int size = zmq_recv (socket, field, sizeof field, 0);

      if (size < 0)
        return FALSE; /* the context goes */
      if (i == 1)
        g_strlcpy (id, field, MIN (size + 1, 256));
      if (i == 6)
        {
          g_assert_cmpint (size, ==, 32);
          zmq_z85_encode (key, (guint8 *) field, 32);
        }
    }
  return TRUE;
}

static gpointer
answer_zap (gpointer socket)
{
  const char *status = zap_status != NULL ? zap_status : "500";
  char id[256];
  char key[256];

  while (take_zap_request (socket, id, key))
    {
      g_assert_cmpstr (key, ==, hein_keys.public_key);
      zmq_send (socket, "1.0", 3, ZMQ_SNDMORE);
      zmq_send (socket, id, strlen (id), ZMQ_SNDMORE);
      zmq_send (socket, status, strlen (status), ZMQ_SNDMORE);
      zmq_send (socket, "", 0, ZMQ_SNDMORE);
      zmq_send (socket, "", 0, ZMQ_SNDMORE);
      zmq_send (socket, "", 0, 0);
    }
  zmq_close (socket);
  return NULL;
}

/* (nullable) */
static GThread *
start_zap (void *context)
{
  void *socket;

  if (zap_status == NULL)
    return NULL;
  socket = zmq_socket (context, ZMQ_REP);
  g_assert_cmpint (zmq_bind (socket, ZAP_ADDRESS), ==, 0);
  return g_thread_new ("zap", answer_zap, socket);
}

/* ---- sockets ---- */

static void *
open_socket (Pair *self, int type, gboolean listens)
{
  int none = 0;

  self->context = zmq_ctx_new ();
  self->zap = start_zap (self->context);
  self->socket = zmq_socket (self->context, type);
  g_assert_nonnull (self->socket);
  set_keys (self->socket, listens);
  zmq_setsockopt (self->socket, ZMQ_LINGER, &none, sizeof none);
  zmq_setsockopt (self->socket, ZMQ_SNDHWM, &none, sizeof none);
  zmq_setsockopt (self->socket, ZMQ_RCVHWM, &none, sizeof none);
  if (type == ZMQ_SUB)
    zmq_setsockopt (self->socket, ZMQ_SUBSCRIBE, "", 0);
  return self->socket;
}

/* @listens: hein does, and libzmq dials; else the other way round. */
static Pair *
pair_new (int type, gboolean listens)
{
  Pair *self = g_new0 (Pair, 1);
  char bound[256];
  gsize size = sizeof bound;
  g_autofree char *uri = dup_uri ("tcp://127.0.0.1:0", type, listens);

  self->bus = hein_test_bus_new ("hein");
  g_object_set (self->bus->bus, "overflow", HEIN_OVERFLOW_WAIT, NULL);
  open_socket (self, type, listens);
  if (listens)
    {
      self->uri = g_strdup (
        hein_endpoint_get_bound_uri (hein_test_bus_listen (self->bus, uri)));
      self->uri[strcspn (self->uri, "?")] = '\0';
      g_assert_cmpint (zmq_connect (self->socket, self->uri), ==, 0);
    }
  else
    {
      g_assert_cmpint (zmq_bind (self->socket, "tcp://127.0.0.1:*"), ==, 0);
      zmq_getsockopt (self->socket, ZMQ_LAST_ENDPOINT, bound, &size);
      self->uri = g_strdup (bound);
      g_free (uri);
      uri = dup_uri (self->uri, type, listens);
      hein_test_bus_dial (self->bus, uri);
    }
  if (type == ZMQ_XSUB)
    g_assert_cmpint (zmq_send (self->socket, "\1", 1, 0), ==, 1);
  return self;
}

static void
pair_free (Pair *self)
{
  hein_test_bus_free (self->bus);
  if (self->socket != NULL)
    zmq_close (self->socket);
  zmq_ctx_term (self->context);
  if (self->zap != NULL)
    g_thread_join (self->zap);
  g_free (self->uri);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pair, pair_free)

/* One frame if there is one. libzmq is told to look by asking for events, as a
 * bound SUB sends its subscriptions only then. */
static GBytes *
take_frame (Pair *self, gboolean *more)
{
  zmq_msg_t message;
  GBytes *bytes = NULL;
  int flag;
  gsize size = sizeof flag;

  zmq_msg_init (&message);
  if (zmq_msg_recv (&message, self->socket, ZMQ_DONTWAIT) >= 0)
    bytes = g_bytes_new (zmq_msg_data (&message), zmq_msg_size (&message));
  zmq_msg_close (&message);
  zmq_getsockopt (self->socket, ZMQ_RCVMORE, &flag, &size);
  *more = flag != 0;
  return bytes;
}

/* Turns the bus until libzmq has a frame. */
static GBytes *
wait_for_frame (Pair *self, gboolean *more)
{
  gint64 end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;

  for (;;)
    {
      GBytes *bytes = take_frame (self, more);

      if (bytes != NULL)
        return bytes;
      hein_bus_turn (self->bus->bus, 1);
      g_assert_cmpint (g_get_monotonic_time (), <, end_us);
    }
}

static void
expect_frame (Pair *self, const char *text, gboolean is_last)
{
  gboolean more;
  g_autoptr (GBytes) bytes = wait_for_frame (self, &more);
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  g_assert_cmpmem (data, size, text, strlen (text));
  g_assert_cmpint (more, ==, !is_last);
}

static void
give_frame (Pair *self, const char *text, gboolean is_last)
{
  g_assert_cmpint (zmq_send (self->socket, text, strlen (text),
                             is_last ? 0 : ZMQ_SNDMORE),
                   ==, (int) strlen (text));
}

/* libzmq's own threads make progress without us, so the bus is turned in
 * short waits until what we wait for is there. */
#define wait_for(self, condition)                                              \
  G_STMT_START                                                                 \
  {                                                                            \
    gint64 end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;               \
    int events;                                                                \
    gsize events_size = sizeof events;                                         \
                                                                               \
    while (!(condition))                                                       \
      {                                                                        \
        zmq_getsockopt ((self)->socket, ZMQ_EVENTS, &events, &events_size);    \
        hein_bus_turn ((self)->bus->bus, 1);                                   \
        g_assert_cmpint (g_get_monotonic_time (), <, end_us);                  \
      }                                                                        \
  }                                                                            \
  G_STMT_END

static const char *
get_topic (Pair *self, guint index)
{
  return hein_message_get_topic (
    g_ptr_array_index (self->bus->messages, index));
}

static void
assert_payload (Pair *self, guint index, const char *expected)
{
  g_autofree char *text = hein_test_bus_dup_text (self->bus, index);

  g_assert_cmpstr (text, ==, expected);
}

/* ---- hein receives ---- */

/* Until the subscription has come, what is published is lost. */
static void
pass_probes (Pair *self)
{
  GPtrArray *messages = self->bus->messages;

  while (messages->len == 0)
    {
      give_frame (self, "probe", TRUE);
      hein_bus_turn (self->bus->bus, 1);
    }
  give_frame (self, "end of probes", TRUE);
  wait_for (self, hein_message_get_size (
                    g_ptr_array_index (messages, messages->len - 1)) ==
                    strlen ("end of probes"));
  g_ptr_array_set_size (messages, 0);
}

static void
receive_some (int type, gboolean listens)
{
  g_autoptr (Pair) self = pair_new (type, listens);
  gboolean is_pub = type == ZMQ_PUB || type == ZMQ_XPUB;
  g_autofree char *large = g_strnfill (100000, 'l');

  wait_for (self, self->bus->added->len == 1);
  if (is_pub)
    pass_probes (self);
  give_frame (self, "single", TRUE);
  give_frame (self, "topic", FALSE);
  give_frame (self, "payload", TRUE);
  give_frame (self, "t", FALSE);
  give_frame (self, "one", FALSE);
  give_frame (self, "two", TRUE);
  give_frame (self, large, TRUE);
  wait_for (self, self->bus->messages->len == 4);
  g_assert_cmpstr (get_topic (self, 0), ==, "");
  assert_payload (self, 0, "single");
  g_assert_cmpstr (get_topic (self, 1), ==, "topic");
  assert_payload (self, 1, "payload");
  g_assert_cmpstr (get_topic (self, 2), ==, "t");
  g_assert_cmpuint (hein_message_get_n_parts (
                      g_ptr_array_index (self->bus->messages, 2)),
                    ==, 2);
  assert_payload (self, 3, large);
}

/* ---- hein sends ---- */

static void
send_some (int type, gboolean listens)
{
  g_autoptr (Pair) self = pair_new (type, listens);
  g_autoptr (GBytes) one = g_bytes_new_static ("one", 3);
  g_autoptr (GBytes) two = g_bytes_new_static ("two", 3);
  GBytes *parts[] = { one, two };
  g_autoptr (HeinMessage) message = hein_message_new_parts ("t", parts, 2);
  g_autofree char *large = g_strnfill (100000, 'l');

  wait_for (self, hein_test_bus_count_peers (self->bus) == 1);
  hein_test_bus_send (self->bus, NULL, "", "single");
  hein_test_bus_send (self->bus, NULL, "topic", "payload");
  g_assert_true (hein_bus_send (self->bus->bus, message, NULL));
  hein_test_bus_send (self->bus, NULL, "", large);
  if (type == ZMQ_ROUTER)
    expect_frame (self, "hein", FALSE);
  expect_frame (self, "single", TRUE);
  if (type == ZMQ_ROUTER)
    expect_frame (self, "hein", FALSE);
  expect_frame (self, "topic", FALSE);
  expect_frame (self, "payload", TRUE);
  if (type == ZMQ_ROUTER)
    expect_frame (self, "hein", FALSE);
  expect_frame (self, "t", FALSE);
  expect_frame (self, "one", FALSE);
  expect_frame (self, "two", TRUE);
  if (type == ZMQ_ROUTER)
    expect_frame (self, "hein", FALSE);
  expect_frame (self, large, TRUE);
}

/* ---- requests and replies ---- */

static void
answer_req (gboolean listens)
{
  g_autoptr (Pair) self = pair_new (ZMQ_REQ, listens);

  /* a REQ without a peer would block */
  wait_for (self, self->bus->added->len == 1);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GBytes) answer = g_bytes_new_static ("answer", 6);
      g_autoptr (HeinMessage) reply = NULL;

      give_frame (self, "question", TRUE);
      wait_for (self, self->bus->messages->len == i + 1);
      assert_payload (self, i, "question");
      reply =
        hein_message_new_reply (g_ptr_array_index (self->bus->messages, i),
                                answer);
      g_assert_true (hein_bus_send (self->bus->bus, reply, NULL));
      expect_frame (self, "answer", TRUE);
    }
}

static void
ask_rep (gboolean listens)
{
  g_autoptr (Pair) self = pair_new (ZMQ_REP, listens);

  wait_for (self, hein_test_bus_count_peers (self->bus) == 1);
  for (guint i = 0; i < 3; i++)
    {
      hein_test_bus_send (self->bus, NULL, "", "question");
      expect_frame (self, "question", TRUE);
      give_frame (self, "answer", TRUE);
      wait_for (self, self->bus->messages->len == i + 1);
      assert_payload (self, i, "answer");
    }
}

static void
talk_to_router (gboolean listens)
{
  g_autoptr (Pair) self = pair_new (ZMQ_ROUTER, listens);

  wait_for (self, hein_test_bus_count_peers (self->bus) == 1);
  hein_test_bus_send (self->bus, NULL, "", "hello");
  expect_frame (self, "hein", FALSE);
  expect_frame (self, "hello", TRUE);
  give_frame (self, "hein", FALSE);
  give_frame (self, "to you", TRUE);
  wait_for (self, self->bus->messages->len == 1);
  assert_payload (self, 0, "to you");
}

/* ---- prefixes ---- */

static void
filter_for_sub (gboolean listens)
{
  g_autoptr (Pair) self = pair_new (ZMQ_XSUB, listens);

  /* what pair_new subscribed to goes, and a prefix comes */
  g_assert_cmpint (zmq_send (self->socket, "\1news.", 6, 0), ==, 6);
  g_assert_cmpint (zmq_send (self->socket, "\0", 1, 0), ==, 1);
  wait_for (self, hein_test_bus_count_peers (self->bus) == 1);
  /* what follows the subscriptions up the same connection */
  give_frame (self, "subscribed", TRUE);
  wait_for (self, self->bus->messages->len == 1);
  hein_test_bus_send (self->bus, NULL, "weather", "filtered");
  hein_test_bus_send (self->bus, NULL, "news.today", "wanted");
  hein_test_bus_send (self->bus, NULL, "", "news.in the payload");
  expect_frame (self, "news.today", FALSE);
  expect_frame (self, "wanted", TRUE);
  expect_frame (self, "news.in the payload", TRUE);
}

/* ---- many ---- */

static void
receive_many (int type, gboolean listens)
{
  g_autoptr (Pair) self = pair_new (type, listens);
  guint n_given = 0;

  wait_for (self, self->bus->added->len == 1);
  if (type == ZMQ_PUB)
    pass_probes (self);
  while (n_given < N_MANY)
    {
      for (guint i = 0; i < 1000; i++, n_given++)
        {
          char text[16];

          g_snprintf (text, sizeof text, "m%u", n_given);
          give_frame (self, text, TRUE);
        }
      hein_bus_turn (self->bus->bus, 0);
    }
  wait_for (self, self->bus->messages->len == N_MANY);
  for (guint i = 0; i < N_MANY; i++)
    {
      g_autofree char *text = g_strdup_printf ("m%u", i);

      assert_payload (self, i, text);
    }
}

static void
send_many (int type, gboolean listens)
{
  g_autoptr (Pair) self = pair_new (type, listens);
  guint n_sent = 0;
  guint n_taken = 0;

  wait_for (self, hein_test_bus_count_peers (self->bus) == 1);
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
          g_autoptr (GBytes) bytes = wait_for_frame (self, &more);
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
  g_autoptr (Pair) self = pair_new (type, FALSE);
  void *old_context = self->context;

  wait_for (self, self->bus->added->len == 1);
  for (guint i = 1; i <= 2; i++)
    {
      old_context = self->context;
      zmq_close (self->socket);
      zmq_ctx_term (old_context);
      open_socket (self, type, FALSE);
      wait_for (self, self->bus->removed->len == i);
      wait_for (self, zmq_bind (self->socket, self->uri) == 0);
      wait_for (self, self->bus->added->len == i + 1);
    }
}

/* ---- who asks ---- */

static void
test_allowed (void)
{
  mode = MODE_LISTENER_SERVES;
  zap_status = "200";
  send_some (ZMQ_PULL, FALSE);
  receive_some (ZMQ_PUSH, FALSE);
  zap_status = NULL;
}

static void
test_denied (void)
{
  mode = MODE_LISTENER_SERVES;
  zap_status = "400";
  {
    g_autoptr (Pair) self = pair_new (ZMQ_DEALER, FALSE);

    wait_for (self, self->bus->n_failed == 1);
    g_assert_error (self->bus->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
    g_assert_nonnull (strstr (self->bus->failure->message, "400"));
    g_assert_cmpuint (self->bus->added->len, ==, 0);
  }
  zap_status = NULL;
}

/* A hein that has keys does not speak to a libzmq that has none, which mostly
 * closes before it says so: the error names that as a reason, too. */
static void
test_unequal (void)
{
  g_autoptr (Pair) self = NULL;
  g_autofree char *curve = NULL;
  HeinEndpoint *endpoint;

  mode = MODE_PLAINTEXT;
  self = pair_new (ZMQ_DEALER, FALSE);
  wait_for (self, self->bus->added->len == 1);
  mode = MODE_LISTENER_SERVES;
  curve = dup_uri (self->uri, ZMQ_DEALER, FALSE);
  endpoint = hein_test_bus_dial (self->bus, curve);
  wait_for (self, hein_endpoint_get_error (endpoint) != NULL);
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
  Mode mode;
} Case;

static void
run_case (gconstpointer data)
{
  const Case *self = data;

  mode = self->mode;
  self->run (self->type, self->listens);
}

static void
add_mode (const char *group,
          const Type *type,
          void (*run) (int type, gboolean listens),
          Mode of)
{
  for (int listens = 0; listens < 2; listens++)
    {
      g_autofree char *path =
        g_strdup_printf ("/interop-zmq%s/%s/%s/%s", mode_names[of], group,
                         type->name, listens ? "listen" : "dial");
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
  for (Mode of = MODE_PLAINTEXT; of < N_MODES; of++)
    if (of == MODE_PLAINTEXT || has_curve ())
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
  add ("restart", &router, run_restart);
  add ("restart", &senders[0], run_restart);
  add ("many-received", &senders[0], receive_many);
  add ("many-received", &senders[2], receive_many);
  for (guint i = 0; i < 4; i++)
    if (i != 1)
      add ("many-sent", &receivers[i], send_many);
  if (has_curve ())
    {
      g_test_add_func ("/interop-zmq/curve/zap/allowed", test_allowed);
      g_test_add_func ("/interop-zmq/curve/zap/denied", test_denied);
      g_test_add_func ("/interop-zmq/curve/unequal", test_unequal);
    }
  make_keys ();
  result = g_test_run ();
  remove_keys ();
  return result;
}

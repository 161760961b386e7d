/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hein-test.h"

/* A process at the other side is killed, or resets its connection: what it was
 * sent is delivered, counted as dropped, or in doubt; and what it had confirmed
 * is not in doubt. */

#define COUNTER "HEIN_DOUBT_COUNTER" /* a file where it counts what came */
#define N       300
#define TEXT    "hello"

typedef struct
{
  const char *uri;
  gboolean gives_back;      /* what is not confirmed goes to another one */
  gboolean is_acknowledged; /* one by one, when they come one by one */
  gboolean says_what_it_has;
} Wire;

/* Nobody is given up for being slow: that is another end. */
static const Wire wires[] = {
  { "tcp://127.0.0.1:0", FALSE, FALSE, TRUE },
  { "unix:@hein-doubt-%d-%u", FALSE, FALSE, TRUE },
  { "tcp+soc://127.0.0.1:0?ack-timeout-ms=3600000", FALSE, TRUE, FALSE },
  { "unix+soc:@hein-doubt-%d-%u?ack-timeout-ms=3600000", FALSE, TRUE, FALSE },
  { "tcp+tinyproto://127.0.0.1:0?answer-timeout-ms=0", TRUE, TRUE, FALSE },
  { "unix+tinyproto:@hein-doubt-%d-%u?answer-timeout-ms=0", TRUE, TRUE, FALSE },
  { "tcp+socketengine://127.0.0.1:0", FALSE, FALSE, FALSE },
  { "unix+socketengine:@hein-doubt-%d-%u", FALSE, FALSE, FALSE },
  { "tcp+aiomsg://127.0.0.1:0", FALSE, FALSE, FALSE },
  { "unix+aiomsg:@hein-doubt-%d-%u", FALSE, FALSE, FALSE },
  { "tcp+aiomsg://127.0.0.1:0?guarantee=at-least-once", TRUE, TRUE, FALSE },
};

static char *
make_uri (const Wire *wire)
{
  static guint serial;
  g_auto (GStrv) words = g_strsplit (wire->uri, "%d-%u", 2);

  if (words[1] == NULL)
    return g_strdup (wire->uri);
  return g_strdup_printf ("%s%d-%u%s", words[0], (int) getpid (), serial++,
                          words[1]);
}

/* ---- the other process ---- */

/* Some of what may be acknowledged is acknowledged when it was read, and some
 * when the program was told. */
typedef struct
{
  guint64 n_read;
  guint64 n_told;
  gboolean was_heard; /* what it has said was answered */
} Counts;

/* Between a message and what says that it has come, so that nothing is
 * acknowledged that is not in the file. */
typedef struct
{
  GObject parent_instance;

  Counts counts;
  int fd;
  gboolean resets;
} Counter;

typedef GObjectClass CounterClass;

GType counter_get_type (void);

static void
counter_write (Counter *self)
{
  const Counts counts = self->counts;

  g_assert_cmpint (pwrite (self->fd, &counts, sizeof counts, 0), ==,
                   sizeof counts);
}

static HeinMessage *
counter_receive (HeinFilter *filter,
                 HeinPeer *peer,
                 HeinMessage *message,
                 GError **error)
{
  Counter *self = (Counter *) filter;

  self->counts.n_read++;
  counter_write (self);
  return hein_message_ref (message);
}

static void
counter_filter_init (HeinFilterInterface *iface)
{
  iface->receive = counter_receive;
}

G_DEFINE_TYPE_WITH_CODE (Counter,
                         counter,
                         G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (HEIN_TYPE_FILTER,
                                                counter_filter_init))

static void
counter_class_init (CounterClass *klass)
{
}

static void
counter_init (Counter *self)
{
  self->fd = open (g_getenv (COUNTER), O_WRONLY | O_CLOEXEC);
}

/* What was read of it is of no matter: a reset says nothing of that. */
static void
reset_all (void)
{
  const struct linger now = { 1, 0 };

  for (int fd = 3; fd < 100; fd++)
    setsockopt (fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  _exit (0);
}

static void
on_counted (HeinBus *bus, HeinMessage *message, gpointer data)
{
  Counter *self = data;

  self->counts.n_told++;
  counter_write (self);
  if (self->resets && self->counts.n_told == N / 2)
    reset_all ();
}

static int
run_receiver (const char *uri, gboolean resets)
{
  HeinTestBus *bus = hein_test_bus_new ("receiver");
  g_autoptr (GObject) counter = g_object_new (counter_get_type (), NULL);

  ((Counter *) counter)->resets = resets;
  hein_bus_add_filter (bus->bus, HEIN_FILTER (counter));
  hein_bus_set_handler (bus->bus, on_counted, counter, NULL);
  hein_test_bus_dial (bus, uri);
  while (bus->removed->len == 0)
    g_main_context_iteration (NULL, TRUE);
  return 1; /* it is to be killed before */
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  Counter *self = data;
  g_autoptr (GError) error = NULL;

  hein_peer_ping_finish (HEIN_PEER (source), result, &error);
  g_assert_no_error (error);
  self->counts.was_heard = TRUE;
  counter_write (self);
}

/* Takes half of what it has read, and says what it has. */
static int
run_keeper (const char *uri)
{
  HeinTestBus *bus = hein_test_bus_new ("receiver");
  g_autoptr (GObject) object = g_object_new (counter_get_type (), NULL);
  Counter *counter = (Counter *) object;

  hein_test_bus_set_takes (bus, FALSE);
  hein_bus_add_filter (bus->bus, HEIN_FILTER (counter));
  hein_test_bus_dial (bus, uri);
  hein_test_wait (counter->counts.n_read == N);
  while (counter->counts.n_told < N / 2)
    {
      g_autoptr (HeinMessage) message = hein_bus_receive (bus->bus, -1, NULL);

      g_assert_nonnull (message);
      counter->counts.n_told++;
    }
  hein_peer_ping_async (g_ptr_array_index (bus->added, 0), -1, NULL, on_answer,
                        counter);
  while (bus->removed->len == 0)
    g_main_context_iteration (NULL, TRUE);
  return 1;
}

/* Numbers, as many as there is room for. */
static int
run_sender (const char *uri)
{
  HeinTestBus *bus = hein_test_bus_new ("sender");
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("round-robin", NULL);
  guint64 n = 0;

  g_object_set (bus->bus, "overflow", HEIN_OVERFLOW_WAIT, NULL);
  hein_bus_set_strategy (bus->bus, strategy);
  hein_test_bus_listen (bus, uri);
  hein_test_wait (hein_test_bus_count_peers (bus) == 1);
  while (bus->removed->len == 0)
    {
      g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, n);
      g_autoptr (HeinMessage) message = hein_message_new_text (NULL, text);

      if (hein_bus_send (bus->bus, message, NULL))
        n++;
      g_main_context_iteration (NULL, FALSE);
    }
  return 1;
}

/* ---- the one that lives ---- */

typedef struct
{
  HeinTestBus *hub;
  GSubprocess *process;
  HeinPeer *peer; /* borrowed */
  guint64 n_sent;
} Scene;

static void
scene_init (Scene *self, const Wire *wire, const char *option)
{
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("round-robin", NULL);
  g_autofree char *uri = make_uri (wire);
  g_autoptr (GError) error = NULL;
  HeinEndpoint *endpoint;

  g_test_message ("%s", uri);
  self->n_sent = 0;
  g_assert_true (g_file_set_contents (g_getenv (COUNTER), "", 0, &error));
  self->hub = hein_test_bus_new ("hub");
  g_object_set (self->hub->bus, "overflow", HEIN_OVERFLOW_WAIT, NULL);
  hein_bus_set_strategy (self->hub->bus, strategy);
  endpoint = hein_test_bus_listen (self->hub, uri);
  self->process =
    hein_test_spawn (option, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1);
  self->peer = g_ptr_array_index (self->hub->added, 0);
}

static Counts
get_counts (void)
{
  g_autofree char *contents = NULL;
  gsize size = 0;
  Counts counts = { 0 };

  g_assert_true (
    g_file_get_contents (g_getenv (COUNTER), &contents, &size, NULL));
  if (size == sizeof counts)
    memcpy (&counts, contents, sizeof counts);
  return counts;
}

static void
scene_clear (Scene *self)
{
  g_clear_object (&self->process);
  hein_test_bus_free (self->hub);
}

static void
send_one (Scene *self)
{
  g_autoptr (HeinMessage) message = hein_message_new_text (NULL, TEXT);

  self->n_sent += hein_bus_send (self->hub->bus, message, NULL);
}

static void
wait_until_gone (Scene *self)
{
  g_autoptr (GError) error = NULL;

  g_subprocess_wait (self->process, NULL, &error);
  g_assert_no_error (error);
  hein_test_wait (self->hub->removed->len == 1);
}

static guint64
count_dropped (Scene *self, HeinDropReason reason)
{
  return hein_bus_get_n_dropped (self->hub->bus, reason);
}

/* What is held for whoever comes goes with the bus. Of what is in doubt some was
 * delivered. @is_known: the other side has counted all that it has read. */
static void
check_balance (Scene *self, const Wire *wire, gboolean is_known)
{
  const Counts counts = get_counts ();
  const gboolean is_of_program =
    wire->says_what_it_has || strstr (wire->uri, "at-least-once") != NULL;
  const guint64 n_got = is_of_program ? counts.n_told : counts.n_read;
  guint64 n_doubt;
  guint64 n = n_got;

  /* a peer may leave the bus before its connection has ended */
  hein_test_bus_close (self->hub);
  n_doubt = count_dropped (self, HEIN_DROP_REASON_UNKNOWN);
  for (int reason = 0; reason <= HEIN_DROP_REASON_FORBIDDEN; reason++)
    n += count_dropped (self, reason);
  g_test_message ("sent %u, got %u, in doubt %u, and dropped %u",
                  (guint) self->n_sent, (guint) n_got, (guint) n_doubt,
                  (guint) (n - n_got - n_doubt));
  if (is_known)
    g_assert_cmpuint (n, >=, self->n_sent);
  /* what was handled, but not acknowledged yet, comes again: at least once */
  if (strstr (wire->uri, "at-least-once") == NULL)
    g_assert_cmpuint (n - n_doubt, <=, self->n_sent);
  g_assert_cmpuint (n - n_got, <=, self->n_sent);
  g_assert_cmpuint (n_doubt, <=, self->n_sent);
  g_assert_cmpuint (hein_bus_get_memory_used (self->hub->bus), ==, 0);
}

/* The number and the error tell the same. */
static void
check_doubt (Scene *self, guint64 n)
{
  g_autofree char *text =
    g_strdup_printf ("up to %" G_GUINT64_FORMAT " messages are in doubt", n);
  const guint64 *bytes;

  g_assert_cmpuint (count_dropped (self, HEIN_DROP_REASON_UNKNOWN), ==, n);
  if (n == 0)
    return;
  g_assert_nonnull (self->hub->reason);
  g_assert_nonnull (strstr (self->hub->reason->message, text));
  /* of what was written, with what protocols put around it */
  bytes = &self->hub->dropped_bytes[HEIN_DROP_REASON_UNKNOWN];
  hein_test_wait (*bytes > 0);
  g_assert_cmpuint (*bytes, >=, n * strlen (TEXT));
  g_assert_cmpuint (*bytes, <=, n * (strlen (TEXT) + 40));
}

/* ---- the receiver ends ---- */

/* What one that is stopped was sent is all in doubt, but for what it has
 * confirmed before. */
static void
check_stopped (const Wire *wire, guint n_before)
{
  Scene scene;

  scene_init (&scene, wire, "--receiver");
  for (guint i = 0; i < n_before; i++)
    {
      const guint64 before = hein_peer_get_bytes_received (scene.peer);

      send_one (&scene);
      hein_test_wait (hein_peer_get_bytes_received (scene.peer) > before);
    }
  hein_test_wait (get_counts ().n_told == n_before);
  hein_test_stop (scene.process);
  while (scene.n_sent < N)
    send_one (&scene);
  /* tinyproto asks before it sends the first one of them */
  hein_test_wait (hein_peer_get_messages_sent (scene.peer) > n_before);
  if (!wire->gives_back)
    hein_test_wait (hein_peer_get_messages_sent (scene.peer) == N);
  g_subprocess_force_exit (scene.process);
  wait_until_gone (&scene);
  if (!wire->gives_back)
    check_doubt (&scene, N - n_before);
  else if (strstr (wire->uri, "aiomsg") != NULL)
    check_doubt (&scene, 0);
  else /* nothing says of the last payload that it was taken */
    check_doubt (&scene, n_before > 0);
  check_balance (&scene, wire, TRUE);
  scene_clear (&scene);
}

static void
test_stopped (gconstpointer data)
{
  check_stopped (data, 0);
}

static void
test_confirmed (gconstpointer data)
{
  check_stopped (data, 3);
}

/* What it has read, and its program has not taken, it does not say to have. */
static void
test_not_taken (gconstpointer data)
{
  Scene scene;

  scene_init (&scene, data, "--keeper");
  while (scene.n_sent < N)
    send_one (&scene);
  hein_test_wait (get_counts ().was_heard);
  g_subprocess_force_exit (scene.process);
  wait_until_gone (&scene);
  check_doubt (&scene, N - N / 2);
  check_balance (&scene, data, TRUE);
  scene_clear (&scene);
}

/* In the middle of it all. */
static void
test_killed (gconstpointer data)
{
  const Wire *wire = data;
  /* else what lies in the process that is killed is of those that arrived */
  const gboolean is_known = g_str_has_prefix (wire->uri, "tcp:") ||
                            g_str_has_prefix (wire->uri, "unix:") ||
                            strstr (wire->uri, "at-least-once") != NULL;
  Scene scene;

  scene_init (&scene, wire, "--receiver");
  while (scene.hub->removed->len == 0)
    {
      if (scene.n_sent < 2000)
        send_one (&scene);
      if (get_counts ().n_told >= 20)
        g_subprocess_force_exit (scene.process);
      g_main_context_iteration (NULL, FALSE);
    }
  wait_until_gone (&scene);
  /* a reset says that the process had not read all, but not how much it had */
  check_balance (&scene, wire, is_known || scene.hub->reason != NULL);
  scene_clear (&scene);
}

static void
test_reset (gconstpointer data)
{
  const Wire *wire = data;
  Scene scene;

  scene_init (&scene, wire, "--resetting-receiver");
  while (scene.hub->removed->len == 0)
    {
      send_one (&scene);
      g_main_context_iteration (NULL, FALSE);
    }
  wait_until_gone (&scene);
  check_balance (&scene, wire, TRUE);
  scene_clear (&scene);
}

/* ---- the sender ends ---- */

typedef struct
{
  guint64 n; /* in order, each once */
  guint64 n_stray;
} Numbers;

static void
on_number (HeinBus *bus, HeinMessage *message, gpointer data)
{
  Numbers *self = data;
  g_autofree char *text = hein_message_dup_text (message, NULL);

  if (g_ascii_strtoull (text, NULL, 10) == self->n)
    self->n++;
  else
    self->n_stray++;
}

/* What has arrived is told whole and in order, and half a message does not count
 * as one. */
static void
test_sender_killed (gconstpointer data)
{
  const Wire *wire = data;
  g_autofree char *path = make_uri (wire);
  g_autoptr (GSubprocess) process = hein_test_spawn ("--sender", path);
  HeinTestBus *ear = hein_test_bus_new ("ear");
  Numbers numbers = { 0 };
  g_autoptr (GError) error = NULL;

  hein_bus_set_handler (ear->bus, on_number, &numbers, NULL);
  hein_test_bus_dial (ear, path);
  hein_test_wait (numbers.n >= 50);
  g_subprocess_force_exit (process);
  g_subprocess_wait (process, NULL, &error);
  g_assert_no_error (error);
  hein_test_wait (ear->removed->len == 1);
  g_assert_cmpuint (numbers.n_stray, ==, 0);
  g_assert_cmpuint (hein_peer_get_messages_received (
                      g_ptr_array_index (ear->added, 0)),
                    ==, numbers.n);
  for (int reason = 0; reason <= HEIN_DROP_REASON_FORBIDDEN; reason++)
    g_assert_cmpuint (hein_bus_get_n_dropped (ear->bus, reason), ==, 0);
  g_assert_cmpuint (hein_bus_get_memory_used (ear->bus), ==, 0);
  if (g_str_has_prefix (wire->uri, "unix:")) /* it says goodbye else */
    g_assert_error (ear->reason, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
  hein_test_bus_free (ear);
}

static void
add (const char *name, const Wire *wire, GTestDataFunc func)
{
  g_auto (GStrv) words = g_strsplit (wire->uri, ":", 2);
  g_autofree char *path =
    g_strdup_printf ("/doubt/%s/%s%s", name, words[0],
                     strstr (wire->uri, "at-least-once") != NULL
                       ? "-at-least-once"
                       : "");

  g_test_add_data_func (path, wire, func);
}

int
main (int argc, char **argv)
{
  g_autofree char *counter = NULL;
  int result;

  if (argc == 3 && g_str_equal (argv[1], "--receiver"))
    return run_receiver (argv[2], FALSE);
  if (argc == 3 && g_str_equal (argv[1], "--resetting-receiver"))
    return run_receiver (argv[2], TRUE);
  if (argc == 3 && g_str_equal (argv[1], "--keeper"))
    return run_keeper (argv[2]);
  if (argc == 3 && g_str_equal (argv[1], "--sender"))
    return run_sender (argv[2]);
  close (g_file_open_tmp ("hein-doubt-XXXXXX", &counter, NULL));
  g_setenv (COUNTER, counter, TRUE);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (wires); i++)
    {
      add ("stopped", &wires[i], test_stopped);
      if (wires[i].is_acknowledged)
        add ("confirmed", &wires[i], test_confirmed);
      if (wires[i].says_what_it_has)
        add ("not-taken", &wires[i], test_not_taken);
      add ("killed", &wires[i], test_killed);
      add ("reset", &wires[i], test_reset);
      if (g_str_has_prefix (wires[i].uri, "unix"))
        add ("sender-killed", &wires[i], test_sender_killed);
    }
  result = g_test_run ();
  g_unlink (counter);
  return result;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hein/hein.h>

/*
 * Each protocol between two processes, both ways at once where it can, through
 * a proxy that cuts and delays what it passes on: nothing may be lost, doubled
 * or out of order. HEIN_SOAK_MESSAGES: how many (100000).
 */

#define N_MESSAGES   100000
#define CHUNK_MAX    4096
#define DELAY_ONE_OF 500 /* chunks; up to 2 ms each */
#define TIMEOUT_S    240
#define SEED         20180801

typedef struct
{
  const char *name;
  const char *protocol; /* scheme, with its protocol */
  const char *options;
  gboolean is_one_way; /* who listens sends */
  const char *strategy;
} Soak;

static const Soak soaks[] = {
  { "aiomsg", "tcp+aiomsg", "", FALSE, NULL },
  { "aiomsg-m", "tcp+aiomsg", "?dialect=m", FALSE, NULL },
  { "aiomsg-s", "tcp+aiomsg", "?dialect=s", FALSE, NULL },
  { "aiomsg-at-least-once", "tcp+aiomsg", "?guarantee=at-least-once", FALSE,
    "round-robin" },
  { "zmtp", "tcp+zmtp", "", FALSE, NULL },
  { "soc", "tcp+soc", "?ack-timeout-ms=0", TRUE, NULL },
  { "soc-b", "tcp+soc", "?ack-timeout-ms=0&dialect=b", TRUE, NULL },
  { "soc-acknowledged", "tcp+soc", "?ack-timeout-ms=10000", TRUE, NULL },
  { "socketengine", "tcp+socketengine", "", FALSE, NULL },
  { "tinyproto", "tcp+tinyproto", "", FALSE, NULL },
};

static guint
get_n_messages (void)
{
  const char *text = g_getenv ("HEIN_SOAK_MESSAGES");

  return text != NULL ? (guint) strtoul (text, NULL, 10) : N_MESSAGES;
}

/* ---- one end: a process of its own ---- */

typedef struct
{
  HeinBus *bus;
  GMainLoop *loop;
  guint n;
  gboolean sends;
  gboolean receives;
  gboolean is_sending; /* a send waits for room */
  guint n_sent;
  guint n_received;
} End;

/* Sizes from 1 byte to beyond what is inline. */
static HeinMessage *
make_message (guint number)
{
  g_autofree char *head = g_strdup_printf ("%u ", number);
  g_autoptr (GString) text = g_string_new (head);
  const guint size = number % 1000 == 999 ? 10000 : number * 7919 % 100;

  while (text->len < size)
    g_string_append_c (text, 'a' + text->len % 26);
  return hein_message_new_text ("soak", text->str);
}

static void
check_done (End *self)
{
  if ((!self->sends || (self->n_sent == self->n && !self->is_sending)) &&
      (!self->receives || self->n_received == self->n))
    g_main_loop_quit (self->loop);
}

static void send_next (End *self);

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  End *self = data;
  g_autoptr (GError) error = NULL;

  self->is_sending = FALSE;
  if (!hein_bus_send_finish (HEIN_BUS (source), result, &error))
    g_error ("sending: %s", error->message);
  send_next (self);
}

static void
send_next (End *self)
{
  while (self->n_sent < self->n && !self->is_sending)
    {
      g_autoptr (HeinMessage) message = make_message (self->n_sent);
      g_autoptr (GError) error = NULL;

      self->n_sent++;
      if (hein_bus_send (self->bus, message, &error))
        continue;
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
      self->is_sending = TRUE;
      hein_bus_send_async (self->bus, message, NULL, on_sent, self);
    }
  check_done (self);
}

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  End *self = data;
  g_autoptr (HeinMessage) expected = make_message (self->n_received);
  gsize size;
  gsize expected_size;
  const guint8 *text = hein_message_peek_data (message, &size);
  const guint8 *expected_text =
    hein_message_peek_data (expected, &expected_size);

  if (size != expected_size || memcmp (text, expected_text, size) != 0)
    g_error ("message %u is \"%.*s\"", self->n_received, (int) MIN (size, 60),
             (const char *) text);
  self->n_received++;
  check_done (self);
}

static void
on_peer_added (HeinBus *bus, HeinPeer *peer, End *self)
{
  if (self->sends && self->n_sent == 0)
    send_next (self);
}

static void
on_dropped (HeinBus *bus,
            HeinPeer *peer,
            HeinDropReason reason,
            guint64 n_messages,
            guint64 n_bytes,
            End *self)
{
  g_error ("%" G_GUINT64_FORMAT " messages were dropped, reason %d", n_messages,
           reason);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  if (!hein_bus_close_finish (HEIN_BUS (source), result, &error))
    g_error ("closing: %s", error->message);
  g_main_loop_quit (data);
}

static int
run_end (char **arguments)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (HeinBus) bus = hein_bus_new (arguments[0]);
  g_autoptr (GError) error = NULL;
  const gboolean listens = g_str_equal (arguments[0], "listen");
  const gboolean is_one_way = arguments[2][0] == '1';
  g_autoptr (HeinStrategy) strategy = hein_strategy_new (arguments[3], NULL);
  End self = {
    .bus = bus,
    .loop = loop,
    .n = get_n_messages (),
    .sends = !is_one_way || listens,
    .receives = !is_one_way || !listens,
  };
  HeinEndpoint *endpoint;

  g_object_set (bus, "overflow", HEIN_OVERFLOW_WAIT, "linger-ms", 60000,
                "strategy", strategy, NULL);
  hein_bus_set_handler (bus, on_message, &self, NULL);
  g_signal_connect (bus, "peer-added", G_CALLBACK (on_peer_added), &self);
  g_signal_connect (bus, "dropped", G_CALLBACK (on_dropped), &self);
  endpoint = listens ? hein_bus_listen (bus, arguments[1], &error)
                     : hein_bus_dial (bus, arguments[1], &error);
  if (endpoint == NULL)
    g_error ("%s", error->message);
  if (listens)
    {
      g_autoptr (GUri) bound =
        g_uri_parse (hein_endpoint_get_bound_uri (endpoint), G_URI_FLAGS_NONE,
                     NULL);

      g_print ("%d\n", g_uri_get_port (bound));
      fflush (stdout);
    }
  g_main_loop_run (loop);
  hein_bus_close_async (bus, NULL, on_closed, loop);
  g_main_loop_run (loop);
  return 0;
}

/* ---- the proxy ---- */

/* One direction: what was read and not yet written. */
typedef struct
{
  int from;
  int to;
  char data[CHUNK_MAX];
  gsize begin;
  gsize end;
  gint64 not_before_us;
  gboolean is_over;
} Way;

static void
read_some (Way *self, GRand *rand)
{
  const gsize wanted = g_rand_int_range (rand, 0, 4) == 0
                         ? (gsize) g_rand_int_range (rand, 1, 20)
                         : (gsize) g_rand_int_range (rand, 1, CHUNK_MAX + 1);
  gssize n = recv (self->from, self->data, wanted, MSG_DONTWAIT);

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n <= 0)
    {
      self->is_over = TRUE;
      shutdown (self->to, SHUT_WR);
      return;
    }
  self->begin = 0;
  self->end = n;
  if (g_rand_int_range (rand, 0, DELAY_ONE_OF) == 0)
    self->not_before_us =
      g_get_monotonic_time () + g_rand_int_range (rand, 0, 2000);
}

static void
write_some (Way *self, GRand *rand)
{
  const gsize size = self->end - self->begin;
  const gsize piece = g_rand_int_range (rand, 0, 2) == 0
                        ? size
                        : (gsize) g_rand_int_range (rand, 1, size + 1);
  gssize n = send (self->to, self->data + self->begin, piece,
                   MSG_DONTWAIT | MSG_NOSIGNAL);

  if (n > 0)
    self->begin += n;
  else if (n < 0 && errno != EAGAIN && errno != EINTR)
    self->is_over = TRUE;
}

static gboolean
is_delayed (const Way *self)
{
  return self->begin < self->end &&
         g_get_monotonic_time () < self->not_before_us;
}

static void
pass_on (Way *ways, GRand *rand)
{
  struct pollfd polls[2];
  int timeout_ms = 1000;

  for (guint i = 0; i < 2; i++)
    {
      Way *way = &ways[i];
      const gboolean has_data = way->begin < way->end;

      polls[i].fd = has_data ? way->to : way->from;
      polls[i].events = has_data ? POLLOUT : POLLIN;
      if (way->is_over || is_delayed (way))
        polls[i].fd = -1;
      if (is_delayed (way))
        timeout_ms = 1;
    }
  poll (polls, 2, timeout_ms);
  for (guint i = 0; i < 2; i++)
    {
      if (polls[i].fd < 0 || polls[i].revents == 0)
        continue;
      if (polls[i].events == POLLIN)
        read_some (&ways[i], rand);
      else
        write_some (&ways[i], rand);
    }
}

static int
listen_anywhere (guint16 *port)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, size), ==, 0);
  g_assert_cmpint (listen (fd, 1), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &address, &size), ==,
                   0);
  *port = ntohs (address.sin_port);
  return fd;
}

static void
set_no_delay (int fd)
{
  const int on = 1;

  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static int
connect_to (guint16 port)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_port = htons (port),
                                 .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (connect (fd, (struct sockaddr *) &address, sizeof address),
                   ==, 0);
  set_no_delay (fd);
  return fd;
}

/* ---- the tests ---- */

static const char *program;

static GSubprocess *
start_end (const Soak *soak, const char *role, const char *uri)
{
  g_autoptr (GError) error = NULL;
  GSubprocess *end =
    g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, program, "--end",
                      role, uri, soak->is_one_way ? "1" : "0",
                      soak->strategy != NULL ? soak->strategy : "publish",
                      NULL);

  g_assert_no_error (error);
  return end;
}

static guint16
read_port (GSubprocess *end)
{
  g_autoptr (GDataInputStream) stream =
    g_data_input_stream_new (g_subprocess_get_stdout_pipe (end));
  g_autofree char *line =
    g_data_input_stream_read_line (stream, NULL, NULL, NULL);

  g_assert_nonnull (line);
  return (guint16) strtoul (line, NULL, 10);
}

static void
test_soak (gconstpointer data)
{
  const Soak *soak = data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (SEED);
  g_autofree char *listen_uri =
    g_strdup_printf ("%s://127.0.0.1:0%s", soak->protocol, soak->options);
  g_autoptr (GSubprocess) listener = start_end (soak, "listen", listen_uri);
  const guint16 port = read_port (listener);
  guint16 proxy_port;
  int fd = listen_anywhere (&proxy_port);
  g_autofree char *dial_uri =
    g_strdup_printf ("%s://127.0.0.1:%u%s", soak->protocol, proxy_port,
                     soak->options);
  g_autoptr (GSubprocess) dialler = start_end (soak, "dial", dial_uri);
  int near = accept (fd, NULL, NULL);
  int far = connect_to (port);
  Way ways[2] = { { .from = near, .to = far }, { .from = far, .to = near } };
  const gint64 end_us = g_get_monotonic_time () + TIMEOUT_S * G_USEC_PER_SEC;

  set_no_delay (near);
  while (!(ways[0].is_over && ways[1].is_over))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end_us);
      pass_on (ways, rand);
    }
  close (near);
  close (far);
  close (fd);
  g_assert_true (g_subprocess_wait_check (dialler, NULL, NULL));
  g_assert_true (g_subprocess_wait_check (listener, NULL, NULL));
}

int
main (int argc, char **argv)
{
  if (argc == 6 && g_str_equal (argv[1], "--end"))
    return run_end (argv + 2);
  program = argv[0];
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (soaks); i++)
    {
      g_autofree char *path = g_strconcat ("/soak/", soaks[i].name, NULL);

      g_test_add_data_func (path, &soaks[i], test_soak);
    }
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include <hein/hein.h>

/* The broker mosquitto, and a hein bus that is the broker: one client publishes, others
 * have subscribed, all of them bare sockets of this program. What counts is the CPU of
 * the broker for each message that it gives on, since this program is busier than
 * either; the rate is that of all together. Each repetition runs both; what is printed
 * is medians, and of the ratios within a repetition.
 *
 * usage: bench-mqtt [REPETITIONS [MESSAGES]]
 */

#define SIZE       100  /* bytes of payload */
#define WINDOW     1000 /* messages that the slowest subscriber is behind */
#define N_BROKERS  2
#define N_ROWS     3
#define CLIENTS    100
#define CHUNK      (64 * 1024)
#define TIMEOUT_MS 60000
#define TOPIC      "bench"

static const struct
{
  const char *name;
  guint qos, n_subscribers;
} rows[N_ROWS] = {
  { "QoS 0 to 1", 0, 1 },
  { "QoS 0 to 100", 0, CLIENTS },
  { "QoS 1 to 1", 1, 1 },
};

typedef struct
{
  const char *name;
  GPid pid;
  guint port;
} Broker;

typedef struct
{
  double seconds, cpu_seconds; /* the latter of the broker */
} Result;

/* A client: how far it is in a stream of packets of one size. */
typedef struct
{
  int fd;
  gsize n_bytes; /* that have come */
  gsize n_acked; /* messages */
} Client;

static void
fail (const char *what)
{
  g_error ("%s: %s", what, g_strerror (errno));
}

/* ---- brokers ---- */

static void
run_hein (int port_fd)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinBus) bus = hein_bus_new ("broker");
  HeinEndpoint *endpoint;
  g_autoptr (GUri) uri = NULL;
  guint port;

  /* what comes is for the clients, not for this program */
  hein_bus_subscribe (bus, "nothing", NULL);
  endpoint = hein_bus_listen (bus, "tcp+mqtt://127.0.0.1:0", &error);
  if (endpoint == NULL)
    g_error ("%s", error->message);
  uri = g_uri_parse (hein_endpoint_get_bound_uri (endpoint), G_URI_FLAGS_NONE,
                     NULL);
  port = g_uri_get_port (uri);
  if (write (port_fd, &port, sizeof port) != sizeof port)
    fail ("write");
  for (;;)
    g_main_context_iteration (NULL, TRUE);
}

static void
start_hein (Broker *self)
{
  int ends[2];

  if (pipe (ends) != 0)
    fail ("pipe");
  self->pid = fork ();
  if (self->pid == 0)
    run_hein (ends[1]);
  if (self->pid < 0 ||
      read (ends[0], &self->port, sizeof self->port) != sizeof self->port)
    fail ("the broker has not begun");
  close (ends[0]);
  close (ends[1]);
}

static int
try_connect (guint port)
{
  const struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_port = htons (port),
                                       .sin_addr.s_addr =
                                         htonl (INADDR_LOOPBACK) };
  const int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (connect (fd, (const struct sockaddr *) &address, sizeof address) == 0)
    return fd;
  close (fd);
  return -1;
}

/* A port that is free now. */
static guint
find_port (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  const int fd = socket (AF_INET, SOCK_STREAM, 0);

  if (bind (fd, (struct sockaddr *) &address, size) != 0 ||
      getsockname (fd, (struct sockaddr *) &address, &size) != 0)
    fail ("bind");
  close (fd);
  return ntohs (address.sin_port);
}

/* With limits that are not met: it drops nothing here, as hein does not. */
static void
start_mosquitto (Broker *self, const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "conf", NULL);
  g_autofree char *text = NULL;
  char *argv[] = { "mosquitto", "-c", path, NULL };
  g_autoptr (GError) error = NULL;
  int fd = -1;

  self->port = find_port ();
  text = g_strdup_printf ("listener %u 127.0.0.1\nallow_anonymous true\n"
                          "max_queued_messages 0\nmax_inflight_messages 0\n"
                          "set_tcp_nodelay true\nlog_type error\n",
                          self->port);
  if (!g_file_set_contents (path, text, -1, &error) ||
      !g_spawn_async (NULL, argv, NULL,
                      G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                      NULL, &self->pid, &error))
    g_error ("%s", error->message);
  for (guint i = 0; i < 1000 && (fd = try_connect (self->port)) < 0; i++)
    g_usleep (10000);
  if (fd < 0)
    fail ("mosquitto");
  close (fd);
  g_unlink (path);
}

static double
get_cpu_seconds (GPid pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/schedstat", (int) pid);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    fail (path);
  return g_ascii_strtoull (text, NULL, 10) / 1e9;
}

/* ---- clients ---- */

static void
put (int fd, const void *data, gsize size)
{
  if (send (fd, data, size, MSG_NOSIGNAL) != (gssize) size)
    fail ("send");
}

static void
expect (int fd, gsize size, guint8 first)
{
  guint8 answer[16];

  if (recv (fd, answer, size, MSG_WAITALL) != (gssize) size ||
      answer[0] != first)
    fail ("the broker has answered something else");
}

static void
open_client (Client *self, guint port, gboolean subscribes, guint qos)
{
  static guint n_clients;
  g_autofree char *connect =
    g_strdup_printf ("\x10\x14%c\4MQTT\4\2%c\x3c%c\x08%08u", 0, 0, 0,
                     ++n_clients);
  const guint8 subscribe[] = { 0x82, 10,  0,   1,   0,   5,
                               'b',  'e', 'n', 'c', 'h', qos };

  *self = (Client){ .fd = try_connect (port) };
  if (self->fd < 0)
    fail ("connect");
  put (self->fd, connect, 22);
  expect (self->fd, 4, 0x20);
  if (subscribes)
    {
      put (self->fd, subscribe, sizeof subscribe);
      expect (self->fd, 5, 0x90);
    }
  fcntl (self->fd, F_SETFL, O_NONBLOCK);
}

/* Returns the size of each PUBLISH. */
static gsize
fill (guint8 *to, guint qos, guint16 id)
{
  const gsize head = 2 + 2 + strlen (TOPIC) + (qos > 0 ? 2 : 0);

  to[0] = 0x30 | qos << 1;
  to[1] = head - 2 + SIZE;
  to[2] = 0;
  to[3] = strlen (TOPIC);
  memcpy (to + 4, TOPIC, strlen (TOPIC));
  if (qos > 0)
    {
      to[head - 2] = id >> 8;
      to[head - 1] = id;
    }
  memset (to + head, 'x', SIZE);
  return head + SIZE;
}

/* Each has an id of its own, as they come in order: the broker numbers from 1 on. */
static void
acknowledge (Client *self, gsize n_messages)
{
  guint8 acks[4 * WINDOW * 2];
  gsize size = 0;

  for (; self->n_acked < n_messages; self->n_acked++)
    {
      const guint16 id = self->n_acked % 65535 + 1;
      const guint8 ack[] = { 0x40, 2, id >> 8, id };

      memcpy (acks + size, ack, sizeof ack);
      size += sizeof ack;
    }
  if (size > 0)
    put (self->fd, acks, size);
}

static void
take (Client *self)
{
  static guint8 bytes[CHUNK];
  gssize n;

  while ((n = recv (self->fd, bytes, sizeof bytes, 0)) > 0)
    self->n_bytes += n;
  if (n == 0 || errno != EAGAIN)
    fail ("the broker has ended a connection");
}

/* ---- runs ---- */

typedef struct
{
  Client publisher;
  Client subscribers[CLIENTS];
  guint n_subscribers, qos;
  gsize size; /* of a packet */
  gsize n_sent;
} Run;

static gsize
find_slowest (const Run *self)
{
  gsize n = self->n_sent;

  for (guint i = 0; i < self->n_subscribers; i++)
    n = MIN (n, self->subscribers[i].n_bytes / self->size);
  /* the broker acknowledges what is published */
  return self->qos > 0 ? MIN (n, self->publisher.n_bytes / 4) : n;
}

static void
publish (Run *self, gsize n_max)
{
  guint8 packets[CHUNK];
  gsize size = 0;

  while (self->n_sent < n_max && size + 2 * SIZE < sizeof packets)
    size += fill (packets + size, self->qos, self->n_sent++ % 65535 + 1);
  if (size > 0)
    put (self->publisher.fd, packets, size);
}

static void
wait_and_take (Run *self)
{
  struct pollfd fds[CLIENTS + 1];

  for (guint i = 0; i <= self->n_subscribers; i++)
    fds[i] =
      (struct pollfd){ .fd = i == self->n_subscribers ? self->publisher.fd
                                                      : self->subscribers[i].fd,
                       .events = POLLIN };
  if (poll (fds, self->n_subscribers + 1, TIMEOUT_MS) <= 0)
    fail ("messages are missing");
  for (guint i = 0; i <= self->n_subscribers; i++)
    if (fds[i].revents != 0)
      take (i == self->n_subscribers ? &self->publisher
                                     : &self->subscribers[i]);
  for (guint i = 0; self->qos > 0 && i < self->n_subscribers; i++)
    acknowledge (&self->subscribers[i],
                 self->subscribers[i].n_bytes / self->size);
}

static Result
run (const Broker *broker, guint row, guint n)
{
  guint8 packet[2 * SIZE];
  Run self = { .n_subscribers = rows[row].n_subscribers, .qos = rows[row].qos };
  double cpu_seconds;
  gint64 begin_us;
  Result result;

  self.size = fill (packet, self.qos, 0);
  for (guint i = 0; i < self.n_subscribers; i++)
    open_client (&self.subscribers[i], broker->port, TRUE, self.qos);
  open_client (&self.publisher, broker->port, FALSE, 0);
  cpu_seconds = get_cpu_seconds (broker->pid);
  begin_us = g_get_monotonic_time ();
  for (gsize slowest = 0; slowest < n; slowest = find_slowest (&self))
    {
      publish (&self, MIN (n, slowest + WINDOW));
      wait_and_take (&self);
    }
  result = (Result){ (g_get_monotonic_time () - begin_us) / 1e6,
                     get_cpu_seconds (broker->pid) - cpu_seconds };
  close (self.publisher.fd);
  for (guint i = 0; i < self.n_subscribers; i++)
    close (self.subscribers[i].fd);
  return result;
}

/* ---- results ---- */

static int
compare (gconstpointer a, gconstpointer b)
{
  const double x = *(const double *) a;
  const double y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
find_median (double *values, guint n)
{
  qsort (values, n, sizeof *values, compare);
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static void
print_row (Result (*results)[N_BROKERS][N_ROWS],
           guint n_repetitions,
           guint row,
           double n_given)
{
  g_autofree double *values = g_new (double, n_repetitions);
  double figures[6];

  for (guint figure = 0; figure < G_N_ELEMENTS (figures); figure++)
    {
      for (guint i = 0; i < n_repetitions; i++)
        {
          const Result *one = &results[i][0][row];
          const Result *hein = &results[i][1][row];
          const double all[] = {
            one->cpu_seconds / n_given * 1e6,
            hein->cpu_seconds / n_given * 1e6,
            one->cpu_seconds / hein->cpu_seconds,
            n_given / one->seconds,
            n_given / hein->seconds,
            one->seconds / hein->seconds,
          };

          values[i] = all[figure];
        }
      figures[figure] = find_median (values, n_repetitions);
    }
  g_print ("%s\t%.2f\t%.2f\t%.2f\t%.0f\t%.0f\t%.2f\n", rows[row].name,
           figures[0], figures[1], figures[2], figures[3], figures[4],
           figures[5]);
}

int
main (int argc, char **argv)
{
  const guint n_repetitions = argc > 1 ? MAX (atoi (argv[1]), 1) : 9;
  const guint n = argc > 2 ? MAX (atoi (argv[2]), 1) : 50000;
  Broker brokers[N_BROKERS] = { { .name = "mosquitto" }, { .name = "hein" } };
  g_autofree Result (*results)[N_BROKERS][N_ROWS] = NULL;
  g_autofree char *folder = g_dir_make_tmp ("hein-bench-XXXXXX", NULL);

  start_hein (&brokers[1]);
  start_mosquitto (&brokers[0], folder);
  results = g_malloc0 (n_repetitions * sizeof *results);
  for (guint i = 0; i < n_repetitions; i++)
    for (guint row = 0; row < N_ROWS; row++)
      for (guint b = 0; b < N_BROKERS; b++)
        results[i][(b + i) % N_BROKERS][row] =
          run (&brokers[(b + i) % N_BROKERS], row,
               MAX (n / rows[row].n_subscribers, 1));
  g_print (
    "what\tmosquitto, CPU us\thein\tratio\tmosquitto, /s\thein\tratio\n");
  for (guint row = 0; row < N_ROWS; row++)
    print_row (results, n_repetitions, row,
               MAX (n / rows[row].n_subscribers, 1) *
                 (double) rows[row].n_subscribers);
  for (guint b = 0; b < N_BROKERS; b++)
    {
      kill (brokers[b].pid, SIGTERM);
      waitpid (brokers[b].pid, NULL, 0);
    }
  g_rmdir (folder);
  return 0;
}

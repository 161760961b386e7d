/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench-broker.h"
#include "bench-median.h"

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
  double seconds, cpu_seconds; /* the latter of the broker */
} Result;

/* A client: how far it is in a stream of packets of one size. */
typedef struct
{
  int fd;
  gsize n_bytes; /* that have come */
  gsize n_acked; /* messages */
} Client;

/* ---- clients ---- */

static void
put (int fd, const void *data, gsize size)
{
  if (send (fd, data, size, MSG_NOSIGNAL) != (gssize) size)
    bench_mqtt_fail ("send");
}

static void
expect (int fd, gsize size, guint8 first)
{
  guint8 answer[16];

  if (recv (fd, answer, size, MSG_WAITALL) != (gssize) size ||
      answer[0] != first)
    bench_mqtt_fail ("the broker has answered something else");
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

  *self = (Client){ .fd = bench_mqtt_connect (port) };
  if (self->fd < 0)
    bench_mqtt_fail ("connect");
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
    bench_mqtt_fail ("the broker has ended a connection");
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
    bench_mqtt_fail ("messages are missing");
  for (guint i = 0; i <= self->n_subscribers; i++)
    if (fds[i].revents != 0)
      take (i == self->n_subscribers ? &self->publisher
                                     : &self->subscribers[i]);
  for (guint i = 0; self->qos > 0 && i < self->n_subscribers; i++)
    acknowledge (&self->subscribers[i],
                 self->subscribers[i].n_bytes / self->size);
}

static Result
run (const BenchBroker *broker, guint row, guint n)
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
  cpu_seconds = bench_broker_get_cpu (broker);
  begin_us = g_get_monotonic_time ();
  for (gsize slowest = 0; slowest < n; slowest = find_slowest (&self))
    {
      publish (&self, MIN (n, slowest + WINDOW));
      wait_and_take (&self);
    }
  result = (Result){ (g_get_monotonic_time () - begin_us) / 1e6,
                     bench_broker_get_cpu (broker) - cpu_seconds };
  close (self.publisher.fd);
  for (guint i = 0; i < self.n_subscribers; i++)
    close (self.subscribers[i].fd);
  return result;
}

/* ---- results ---- */

static void
print_row (Result (*results)[BENCH_N_BROKERS][N_ROWS],
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
      figures[figure] = bench_find_median (values, n_repetitions);
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
  BenchBroker brokers[BENCH_N_BROKERS];
  g_autofree Result (*results)[BENCH_N_BROKERS][N_ROWS] = NULL;

  bench_brokers_start (brokers);
  results = g_malloc0 (n_repetitions * sizeof *results);
  for (guint i = 0; i < n_repetitions; i++)
    for (guint row = 0; row < N_ROWS; row++)
      for (guint b = 0; b < BENCH_N_BROKERS; b++)
        results[i][(b + i) % BENCH_N_BROKERS][row] =
          run (&brokers[(b + i) % BENCH_N_BROKERS], row,
               MAX (n / rows[row].n_subscribers, 1));
  g_print (
    "what\tmosquitto, CPU us\thein\tratio\tmosquitto, /s\thein\tratio\n");
  for (guint row = 0; row < N_ROWS; row++)
    print_row (results, n_repetitions, row,
               MAX (n / rows[row].n_subscribers, 1) *
                 (double) rows[row].n_subscribers);
  bench_brokers_stop (brokers);
  return 0;
}

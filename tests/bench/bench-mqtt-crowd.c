/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench-broker.h"
#include "bench-median.h"

/* Many clients of MQTT, bare sockets of this program, that connect to a broker at the
 * same time, subscribe, and are told one message: mosquitto, and a hein bus that is the
 * broker, one after the other, each in a process of its own. What is printed is medians,
 * and of the ratios within a repetition.
 *
 * usage: bench-mqtt-crowd [REPETITIONS [CLIENTS]]
 */

#define N_FIGURES  5
#define N_EVENTS   256
#define TIMEOUT_MS 60000
/* A first few show what the broker needs however many there are. */
#define N_FIRST 16

#define CONNACK_SIZE 4
#define SUBACK_SIZE  5
/* PUBLISH with the topic `bench` and two bytes. */
#define NEWS_SIZE 11

static const char *const figures[N_FIGURES] = {
  "s until all are there", "CPU us for each of them", "bytes for each",
  "s until all are told",  "CPU us for each told",
};

typedef struct
{
  int fd;
  guint size; /* bytes that have come */
} Client;

typedef struct
{
  const BenchBroker *broker;
  int epoll_fd;
  Client *clients;
  guint n_clients;
  guint n_done; /* to which everything has come that is waited for */
} Crowd;

static void
put (int fd, const void *data, gsize size)
{
  if (send (fd, data, size, MSG_NOSIGNAL) != (gssize) size)
    bench_mqtt_fail ("send");
}

static void
join (Crowd *self)
{
  Client *client = &self->clients[self->n_clients++];
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };
  g_autofree char *connect =
    g_strdup_printf ("\x10\x14%c\4MQTT\4\2%c\x3c%c\x08%08u", 0, 0, 0,
                     self->n_clients);
  static const guint8 subscribe[] = { 0x82, 10,  0,   1,   0,   5,
                                      'b',  'e', 'n', 'c', 'h', 0 };

  client->fd = bench_mqtt_connect (self->broker->port);
  if (client->fd < 0)
    bench_mqtt_fail ("connect");
  put (client->fd, connect, 22);
  put (client->fd, subscribe, sizeof subscribe);
  fcntl (client->fd, F_SETFL, O_NONBLOCK);
  if (epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, client->fd, &event) != 0)
    bench_mqtt_fail ("epoll_ctl");
}

static void
take (Crowd *self, Client *client, guint wanted)
{
  guint8 bytes[64];
  const guint before = client->size;
  const gssize n = recv (client->fd, bytes, sizeof bytes, 0);

  if (n < 0 && errno == EAGAIN)
    return;
  if (n <= 0)
    bench_mqtt_fail ("the broker has ended a connection");
  client->size += n;
  if (client->size > wanted)
    bench_mqtt_fail ("the broker has said more than it should");
  self->n_done += before < wanted && client->size == wanted;
}

/* Waits until so many bytes have come to each. */
static void
wait_for_all (Crowd *self, guint wanted, int timeout_ms)
{
  struct epoll_event events[N_EVENTS];

  while (self->n_done < self->n_clients)
    {
      const int n = epoll_wait (self->epoll_fd, events, N_EVENTS, timeout_ms);

      if (n <= 0)
        return;
      for (int i = 0; i < n; i++)
        take (self, events[i].data.ptr, wanted);
    }
}

/* Answers are read meanwhile, so that nobody waits for this program. */
static void
join_many (Crowd *self, guint n)
{
  const guint wanted = CONNACK_SIZE + SUBACK_SIZE;

  self->n_done = self->n_clients;
  for (guint i = 0; i < n; i++)
    {
      join (self);
      wait_for_all (self, wanted, 0);
    }
  wait_for_all (self, wanted, TIMEOUT_MS);
  if (self->n_done < self->n_clients)
    bench_mqtt_fail ("a client was not let in");
}

static void
tell (Crowd *self)
{
  static const guint8 news[NEWS_SIZE] = { 0x30, NEWS_SIZE - 2, 0,   5,
                                          'b',  'e',           'n', 'c',
                                          'h',  'h',           'i' };

  self->n_done = 0;
  put (self->clients[0].fd, news, sizeof news);
  wait_for_all (self, CONNACK_SIZE + SUBACK_SIZE + NEWS_SIZE, TIMEOUT_MS);
  if (self->n_done < self->n_clients)
    bench_mqtt_fail ("a client was not told");
}

static void
run (const BenchBroker *broker, guint n, double results[N_FIGURES])
{
  g_autofree Client *clients = g_new0 (Client, N_FIRST + n);
  Crowd self = { broker, epoll_create1 (EPOLL_CLOEXEC), clients, 0, 0 };
  guint64 rss;
  double cpu_seconds;
  gint64 begin_us;

  join_many (&self, N_FIRST);
  rss = bench_broker_get_rss (broker);
  cpu_seconds = bench_broker_get_cpu (broker);
  begin_us = g_get_monotonic_time ();
  join_many (&self, n);
  results[0] = (g_get_monotonic_time () - begin_us) / 1e6;
  results[1] = (bench_broker_get_cpu (broker) - cpu_seconds) / n * 1e6;
  results[2] = ((double) bench_broker_get_rss (broker) - rss) / n;
  cpu_seconds = bench_broker_get_cpu (broker);
  begin_us = g_get_monotonic_time ();
  tell (&self);
  results[3] = (g_get_monotonic_time () - begin_us) / 1e6;
  results[4] = (bench_broker_get_cpu (broker) - cpu_seconds) / n * 1e6;
  for (guint i = 0; i < self.n_clients; i++)
    close (clients[i].fd);
  close (self.epoll_fd);
}

static void
print_figure (double (*results)[BENCH_N_BROKERS][N_FIGURES],
              guint n_repetitions,
              guint figure)
{
  g_autofree double *one = g_new (double, n_repetitions);
  g_autofree double *hein = g_new (double, n_repetitions);
  g_autofree double *ratios = g_new (double, n_repetitions);

  for (guint i = 0; i < n_repetitions; i++)
    {
      one[i] = results[i][0][figure];
      hein[i] = results[i][1][figure];
      ratios[i] = one[i] / hein[i];
    }
  g_print ("%s\t%.4g\t%.4g\t%.2f\n", figures[figure],
           bench_find_median (one, n_repetitions),
           bench_find_median (hein, n_repetitions),
           bench_find_median (ratios, n_repetitions));
}

static void
raise_descriptors (guint n)
{
  struct rlimit limit;

  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  if (limit.rlim_max < n + 100 || setrlimit (RLIMIT_NOFILE, &limit) != 0)
    g_error ("%u clients need more descriptors than the %lu that are allowed",
             n, (gulong) limit.rlim_max);
}

int
main (int argc, char **argv)
{
  const guint n_repetitions = argc > 1 ? MAX (atoi (argv[1]), 1) : 5;
  const guint n = argc > 2 ? MAX (atoi (argv[2]), 1) : 10000;
  g_autofree double (*results)[BENCH_N_BROKERS][N_FIGURES] =
    g_malloc0 (n_repetitions * sizeof *results);

  raise_descriptors (N_FIRST + n);
  for (guint i = 0; i < n_repetitions; i++)
    {
      BenchBroker brokers[BENCH_N_BROKERS];

      /* new ones, since what they keep of earlier clients would not show */
      bench_brokers_start (brokers);
      for (guint b = 0; b < BENCH_N_BROKERS; b++)
        run (&brokers[(b + i) % BENCH_N_BROKERS], n,
             results[i][(b + i) % BENCH_N_BROKERS]);
      bench_brokers_stop (brokers);
    }
  g_print ("what\tmosquitto\thein\tratio\n");
  for (guint figure = 0; figure < N_FIGURES; figure++)
    print_figure (results, n_repetitions, figure);
  return 0;
}

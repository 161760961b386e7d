/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Many subscribers in one process, by plain sockets that say what a ZeroMQ SUB
 * says (ZMTP 3.0): each has prefixes of its own, and each message has one that
 * wants it. Those with patterns say what a hein says; there the last of them
 * gets every message, so that what more subscribers cost is no more writes.
 * What arrives is looked at: by whom, its topic, its number. */

#define GREETING_SIZE 64
#define WAVE          64
#define READ_SIZE     (64 * 1024)
/* a topic of this size, of which a prefix is the first part */
#define TOPIC_SIZE   16
#define PREFIX_SIZE  12
#define PATTERN_SIZE 13

typedef struct
{
  int fd;
  gboolean is_ready; /* a probe has come */
  guint have;        /* bytes of an incomplete message */
  guint8 rest[256];
} Subscriber;

typedef struct
{
  Bench *bench;
  BenchCounter *counter;
  Subscriber *subscribers;
  guint n_ready;
  guint64 n_received;
} Client;

/* "00012/00007/more": that of a subscriber, then one of its prefixes. What a
 * pattern is compared with differs at the end. */
static void
write_topic (Bench *bench, char *text, guint subscriber, guint prefix)
{
  g_snprintf (text, TOPIC_SIZE + 1,
              bench->has_patterns ? "more/%05u/%05u" : "%05u/%05u/more",
              subscriber, prefix);
}

/* Of a message: as good as random, but the same on both sides. */
static guint
find_taker (Bench *bench, guint64 number)
{
  if (bench->has_patterns)
    return bench->n_connections - 1;
  return (guint) ((guint32) number * 2654435761u >> 8) % bench->n_connections;
}

void
bench_filter_send (Bench *bench,
                   BenchFilterSend send,
                   gpointer socket,
                   guint64 number)
{
  char topic[TOPIC_SIZE + 1];
  write_topic (bench, topic, find_taker (bench, number),
               (guint) (number % bench->n_prefixes));
  send (socket, topic, bench_stamp (bench, number), bench->size);
}

/* To the last prefix of each, which was heard last. */
void
bench_filter_probe (Bench *bench, BenchFilterSend send, gpointer socket)
{
  char topic[TOPIC_SIZE + 1];
  for (guint i = 0; i < bench->n_connections; i++)
    {
      write_topic (bench, topic, i, bench->n_prefixes - 1);
      send (socket, topic, bench_get_probe (0), BENCH_MIN_SIZE);
    }
}

static void
write_all (int fd, const void *data, gsize size)
{
  while (size > 0)
    {
      gssize n = write (fd, data, size);
      if (n < 0 && errno != EINTR)
        bench_fail ("write: %s", g_strerror (errno));
      data = (const guint8 *) data + MAX (n, 0);
      size -= MAX (n, 0);
    }
}

static void
read_all (int fd, guint8 *into, gsize size)
{
  while (size > 0)
    {
      gssize n = read (fd, into, size);
      if (n == 0 || (n < 0 && errno != EINTR))
        bench_fail ("read: %s", n == 0 ? "end of stream" : g_strerror (errno));
      into += MAX (n, 0);
      size -= MAX (n, 0);
    }
}

static int
dial (guint port)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  address.sin_port = htons (port);
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  if (fd < 0 ||
      connect (fd, (const struct sockaddr *) &address, sizeof address) != 0)
    bench_fail ("connect: %s", g_strerror (errno));
  return fd;
}

/* READY of a SUB, of a hein where patterns are said */
static void
append_ready (Bench *bench, GByteArray *frames, guint index)
{
  static const guint8 sub[] = "\x05READY\x0bSocket-Type\0\0\0\x03SUB";
  static const guint8 hein[] = "\x06X-Hein\0\0\0\x01"
                               "1\x0fX-Hein-Patterns\0\0\0\x01"
                               "1\x0fX-Hein-Instance\0\0\0\x20";
  char instance[33];
  guint8 head[] = { 4, sizeof sub - 1 };
  g_snprintf (instance, sizeof instance, "%032u", index);
  if (bench->has_patterns)
    head[1] += sizeof hein - 1 + strlen (instance);
  g_byte_array_append (frames, head, sizeof head);
  g_byte_array_append (frames, sub, sizeof sub - 1);
  if (!bench->has_patterns)
    return;
  g_byte_array_append (frames, hein, sizeof hein - 1);
  g_byte_array_append (frames, (const guint8 *) instance, strlen (instance));
}

static void
shake_hands (Bench *bench, int fd, guint index)
{
  g_autoptr (GByteArray) ready = g_byte_array_new ();
  guint8 welcome[GREETING_SIZE + 256];
  append_ready (bench, ready, index);
  write_all (fd, bench_zmtp_hello.first, bench_zmtp_hello.first_size);
  read_all (fd, welcome, GREETING_SIZE);
  write_all (fd, ready->data, ready->len);
  read_all (fd, welcome, 2);
  read_all (fd, welcome + 2, welcome[1]);
}

static void
append_prefix (Bench *bench, GByteArray *frames, guint index, guint prefix)
{
  static const guint8 head[] = { 0, 1 + PREFIX_SIZE, 1 };
  char topic[TOPIC_SIZE + 1];
  write_topic (bench, topic, index, prefix);
  g_byte_array_append (frames, head, sizeof head);
  g_byte_array_append (frames, (const guint8 *) topic, PREFIX_SIZE);
}

/* Any beginning, as a pattern cannot be looked up by that then. */
static void
append_pattern (GByteArray *frames, guint index, guint pattern)
{
  static const guint8 head[] = "\x04\x15\x07PATTERN";
  char text[PATTERN_SIZE + 1];
  g_snprintf (text, sizeof text, "*/%05u/%05u", index, pattern);
  g_byte_array_append (frames, head, sizeof head - 1);
  g_byte_array_append (frames, (const guint8 *) text, PATTERN_SIZE);
}

static void
subscribe (Bench *bench, int fd, guint index)
{
  g_autoptr (GByteArray) frames = g_byte_array_new ();
  for (guint i = 0; i < bench->n_prefixes; i++)
    if (bench->has_patterns)
      append_pattern (frames, index, i);
    else
      append_prefix (bench, frames, index, i);
  write_all (fd, frames->data, frames->len);
}

static void
open_all (Client *self, int epoll)
{
  const guint port = bench_wait_port (self->bench);
  for (guint i = 0; i < self->bench->n_connections; i++)
    {
      struct epoll_event event = { .events = EPOLLIN, .data.u32 = i };
      const int fd = dial (port);
      shake_hands (self->bench, fd, i);
      subscribe (self->bench, fd, i);
      self->subscribers[i].fd = fd;
      if (fcntl (fd, F_SETFL, O_NONBLOCK) != 0 ||
          epoll_ctl (epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        bench_fail ("epoll_ctl: %s", g_strerror (errno));
    }
}

static gboolean
is_right (Client *self, guint index, const char *topic, const guint8 *payload)
{
  char wanted[TOPIC_SIZE + 1];
  guint64 number;
  memcpy (&number, payload, sizeof number);
  write_topic (self->bench, wanted, index,
               (guint) (number % self->bench->n_prefixes));
  return find_taker (self->bench, number) == index &&
         memcmp (topic, wanted, TOPIC_SIZE) == 0 &&
         memcmp (payload, payload + self->bench->size - sizeof number,
                 sizeof number) == 0;
}

static void
take (Client *self, guint index, const char *topic, const guint8 *payload)
{
  Subscriber *subscriber = &self->subscribers[index];
  guint64 number;
  memcpy (&number, payload, sizeof number);
  if (bench_is_probe (number))
    {
      self->n_ready += !subscriber->is_ready;
      subscriber->is_ready = TRUE;
      if (self->n_ready == self->bench->n_connections)
        bench_mark_ready (self->bench, 0);
      return;
    }
  if (!is_right (self, index, topic, payload))
    atomic_fetch_add (&self->counter->n_wrong, 1);
  self->n_received++;
}

/* A hein subscribes, too, where it takes the other end for one, at any time: by
 * a command, or as ZMTP 3.0 did by a message. */
static gboolean
is_subscription (const Client *self, const guint8 *at)
{
  return self->bench->has_patterns &&
         (at[0] == 4 || (at[0] == 0 && at[2] == 1));
}

/* Returns the size of the two frames of a message, topic and payload, and takes
 * it; of a frame that subscribes its size. 0: not all of it has come. */
static gsize
take_one (Client *self, guint index, const guint8 *at, gsize size)
{
  const guint8 *payload = at + 2 + TOPIC_SIZE + 2;
  gsize whole;
  if (size < 3)
    return 0;
  if (is_subscription (self, at))
    {
      whole = 2 + (gsize) at[1];
      return size >= whole ? whole : 0;
    }
  if (size < 2 + TOPIC_SIZE + 2)
    return 0;
  if (at[0] != 1 || at[1] != TOPIC_SIZE || payload[-2] != 0)
    bench_fail ("frames come that nobody has sent");
  whole = 2 + TOPIC_SIZE + 2 + payload[-1];
  if (size < whole)
    return 0;
  take (self, index, (const char *) at + 2, payload);
  return whole;
}

/* Returns how many bytes of @data the complete messages have. */
static gsize
take_all (Client *self, guint index, const guint8 *data, gsize size)
{
  gsize done = 0;
  gsize n;
  while ((n = take_one (self, index, data + done, size - done)) > 0)
    done += n;
  return done;
}

static void
read_some (Client *self, guint index)
{
  static guint8 buffer[READ_SIZE];
  Subscriber *subscriber = &self->subscribers[index];
  memcpy (buffer, subscriber->rest, subscriber->have);
  gssize n = read (subscriber->fd, buffer + subscriber->have,
                   sizeof buffer - subscriber->have);
  if (n <= 0)
    {
      if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
      bench_fail ("read: %s", n == 0 ? "end of stream" : g_strerror (errno));
    }
  const gsize all = subscriber->have + n;
  const gsize done = take_all (self, index, buffer, all);
  subscriber->have = all - done;
  memcpy (subscriber->rest, buffer + done, all - done);
}

void
bench_filter_client (Bench *bench, guint index)
{
  Client self = { .bench = bench, .counter = &bench->shared->counters[0] };
  const int epoll = epoll_create1 (EPOLL_CLOEXEC);
  self.subscribers = g_new0 (Subscriber, bench->n_connections);
  open_all (&self, epoll);
  while (self.n_received < bench->count)
    {
      struct epoll_event events[WAVE];
      const int n = epoll_wait (epoll, events, WAVE, -1);
      for (int i = 0; i < n; i++)
        read_some (&self, events[i].data.u32);
    }
  atomic_store (&self.counter->n_received, self.n_received);
  atomic_store (&self.counter->end_ns, bench_now_ns ());
  sem_post (&bench->shared->done);
  bench_wait_over (bench);
  g_free (self.subscribers);
}

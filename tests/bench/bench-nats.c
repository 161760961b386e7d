/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-nats-server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* NATS core: a server between publisher and subscribers, spoken to over plain
 * sockets. It closes the connection of who is behind by 64 MiB, so there is a
 * window. Its protocol is text:
 *
 *   PUB subject size CR LF payload CR LF       to the server
 *   MSG subject id size CR LF payload CR LF    from it
 */

#define BATCH_SIZE (128 * 1024)

typedef struct
{
  Bench *bench;
  int fd;
  guint8 *batch; /* to be written */
  gsize batched;
  guint8 *buffer; /* [begin, end) has been read and not used */
  gsize room;
  gsize begin;
  gsize end;
} Client;

/* ---- a connection ---- */

static void
write_all (Client *self, const void *data, gsize size)
{
  const guint8 *next = data;
  while (size > 0)
    {
      gssize n = write (self->fd, next, size);
      if (n < 0 && errno != EINTR)
        bench_fail ("write: %s", g_strerror (errno));
      next += MAX (n, 0);
      size -= MAX (n, 0);
    }
}

static void
flush (Client *self)
{
  write_all (self, self->batch, self->batched);
  self->batched = 0;
}

static void
put (Client *self, const void *data, gsize size)
{
  if (self->batched + size > BATCH_SIZE)
    flush (self);
  if (size > BATCH_SIZE)
    {
      write_all (self, data, size);
      return;
    }
  memcpy (self->batch + self->batched, data, size);
  self->batched += size;
}

static void
read_more (Client *self)
{
  if (self->begin > 0)
    {
      memmove (self->buffer, self->buffer + self->begin,
               self->end - self->begin);
      self->end -= self->begin;
      self->begin = 0;
    }
  gssize n = read (self->fd, self->buffer + self->end, self->room - self->end);
  if (n == 0 || (n < 0 && errno != EINTR))
    bench_fail ("read: %s", n == 0 ? "end of stream" : g_strerror (errno));
  self->end += MAX (n, 0);
}

/* The next line without its end, which becomes a NUL. */
static char *
read_line (Client *self)
{
  for (;;)
    {
      char *line = (char *) self->buffer + self->begin;
      char *end = memchr (line, '\n', self->end - self->begin);
      if (end != NULL)
        {
          end[-1] = '\0';
          self->begin = end + 1 - (char *) self->buffer;
          return line;
        }
      read_more (self);
    }
}

static void
await_pong (Client *self)
{
  put (self, "PING\r\n", 6);
  flush (self);
  while (strcmp (read_line (self), "PONG") != 0)
    ;
}

static void
dial (Client *self, Bench *bench, guint port, const char *subject)
{
  static const char hello[] = "CONNECT {\"verbose\":false,\"pedantic\":false}"
                              "\r\n";
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_port = htons (port) };
  int on = 1;
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  *self = (Client){ .bench = bench, .batch = g_malloc (BATCH_SIZE) };
  self->room = BATCH_SIZE + bench->size + 256;
  self->buffer = g_malloc (self->room);
  self->fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (self->fd < 0 ||
      connect (self->fd, (struct sockaddr *) &address, sizeof address) != 0 ||
      setsockopt (self->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
    bench_fail ("connect: %s", g_strerror (errno));
  put (self, hello, strlen (hello));
  if (subject != NULL)
    {
      g_autofree char *line = g_strdup_printf ("SUB %s 1\r\n", subject);
      put (self, line, strlen (line));
    }
  await_pong (self);
}

static void
publish_to (Client *self, const char *subject, const guint8 *data, gsize size)
{
  char head[64];
  int n = snprintf (head, sizeof head, "PUB %s %zu\r\n", subject, size);
  put (self, head, n);
  put (self, data, size);
  put (self, "\r\n", 2);
}

/* The payload of the next message; it is there until the next call. */
static const guint8 *
read_message (Client *self, gsize *size)
{
  for (;;)
    {
      const char *line = read_line (self);
      if (strcmp (line, "PING") == 0)
        {
          put (self, "PONG\r\n", 6);
          flush (self);
          continue;
        }
      if (strncmp (line, "MSG ", 4) != 0)
        bench_fail ("the server said %s", line);
      *size = g_ascii_strtoull (strrchr (line, ' ') + 1, NULL, 10);
      break;
    }
  while (self->end - self->begin < *size + 2)
    read_more (self);
  const guint8 *payload = self->buffer + self->begin;
  self->begin += *size + 2;
  return payload;
}

/* ---- the roles ---- */

static void
send_message (gpointer socket, const guint8 *data, gsize size)
{
  Client *self = socket;
  guint64 number;
  memcpy (&number, data, sizeof number);
  publish_to (self, "bench", data, size);
  if (bench_is_probe (number) || number + 1 == self->bench->count)
    flush (self);
}

static void
publish (Bench *bench, guint index)
{
  Client client;
  BenchNatsServer server;
  bench_nats_server_start (&server, FALSE);
  dial (&client, bench, server.port, NULL);
  bench_set_port (bench, server.port);
  bench_publish (bench, send_message, &client);
  bench_nats_server_stop (&server);
}

static void
subscribe (Bench *bench, guint index)
{
  Client client;
  gsize size;
  const guint8 *data;
  dial (&client, bench, bench_wait_port (bench), "bench");
  do
    data = read_message (&client, &size);
  while (bench_count (bench, index, data, size));
  bench_wait_over (bench);
}

static void
echo (Bench *bench, guint index)
{
  Client client;
  BenchNatsServer server;
  bench_nats_server_start (&server, FALSE);
  dial (&client, bench, server.port, "question");
  bench_set_port (bench, server.port);
  for (guint64 i = 0; i < bench->count; i++)
    {
      gsize size;
      const guint8 *data = read_message (&client, &size);
      publish_to (&client, "answer", data, size);
      flush (&client);
    }
  bench_wait_over (bench);
  bench_nats_server_stop (&server);
}

static void
ping (Bench *bench, guint index)
{
  Client client;
  dial (&client, bench, bench_wait_port (bench), "answer");
  for (guint64 i = 0; i < bench->count; i++)
    {
      const guint8 *question = bench_stamp (bench, i);
      gint64 start_ns = bench_now_ns ();
      gsize size;
      publish_to (&client, "question", question, bench->size);
      flush (&client);
      const guint8 *data = read_message (&client, &size);
      bench_add_round_trip (bench, i, start_ns);
      bench_count (bench, 0, data, size);
    }
  bench_wait_over (bench);
}

static const BenchVariant variants[] = {
  { .name = "pubsub",
    .max_subscribers = BENCH_MAX_SUBSCRIBERS,
    .max_window = 1 << 20 },
  { 0 },
};

static const BenchPeer peer = {
  .name = "nats",
  .dup_version = bench_nats_server_dup_version,
  .variants = variants,
  .publish = publish,
  .subscribe = subscribe,
  .echo = echo,
  .ping = ping,
};

int
main (int argc, char **argv)
{
  return bench_main (argc, argv, &peer);
}

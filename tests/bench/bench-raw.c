/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

/* The limit: blocking sockets, a length of four octets before each message,
 * many small messages in one write, nothing else. */

#define PREFIX_SIZE 4
#define BATCH_SIZE  (128 * 1024)

/* messages from this size on are written and read by themselves */
#define LARGE_SIZE (64 * 1024)

/* of 10 messages the variant `lossy` forgets one */
#define LOSS 10

typedef struct
{
  Bench *bench;
  int sockets[BENCH_MAX_SUBSCRIBERS];
  guint8 *batch;
  gsize size;
} Publisher;

typedef union
{
  struct sockaddr any;
  struct sockaddr_in in;
  struct sockaddr_un un;
} Address;

static int
open_socket (Bench *bench)
{
  int family = bench->transport == BENCH_UNIX ? AF_UNIX : AF_INET;
  int fd = socket (family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    bench_fail ("socket: %s", g_strerror (errno));
  return fd;
}

static void
be_prompt (Bench *bench, int fd)
{
  int on = 1;
  if (bench->transport == BENCH_TCP &&
      setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
    bench_fail ("TCP_NODELAY: %s", g_strerror (errno));
}

static socklen_t
fill_address (Bench *bench, Address *address, guint port)
{
  g_autofree char *path = bench_dup_path (bench);
  *address = (Address){ 0 };
  if (bench->transport == BENCH_UNIX)
    {
      address->un.sun_family = AF_UNIX;
      g_strlcpy (address->un.sun_path, path, sizeof address->un.sun_path);
      return sizeof address->un;
    }
  address->in.sin_family = AF_INET;
  address->in.sin_port = htons (port);
  address->in.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  return sizeof address->in;
}

static int
listen_somewhere (Bench *bench)
{
  int fd = open_socket (bench);
  Address address;
  socklen_t size = fill_address (bench, &address, 0);
  if (bind (fd, &address.any, size) != 0 || listen (fd, SOMAXCONN) != 0 ||
      getsockname (fd, &address.any, &size) != 0)
    bench_fail ("listen: %s", g_strerror (errno));
  bench_set_port (bench, bench->transport == BENCH_TCP
                           ? ntohs (address.in.sin_port)
                           : 0);
  return fd;
}

static int
accept_one (Bench *bench, int listener)
{
  int fd = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0)
    bench_fail ("accept: %s", g_strerror (errno));
  be_prompt (bench, fd);
  return fd;
}

static int
dial (Bench *bench)
{
  Address address;
  socklen_t size = fill_address (bench, &address, bench_wait_port (bench));
  int fd = open_socket (bench);
  if (connect (fd, &address.any, size) != 0)
    bench_fail ("connect: %s", g_strerror (errno));
  be_prompt (bench, fd);
  return fd;
}

static void
write_all (int fd, const guint8 *data, gsize size)
{
  while (size > 0)
    {
      gssize n = write (fd, data, size);
      if (n < 0 && errno != EINTR)
        bench_fail ("write: %s", g_strerror (errno));
      data += MAX (n, 0);
      size -= MAX (n, 0);
    }
}

static void
read_all (int fd, void *into, gsize size)
{
  guint8 *next = into;
  while (size > 0)
    {
      gssize n = read (fd, next, size);
      if (n == 0 || (n < 0 && errno != EINTR))
        bench_fail ("read: %s", n == 0 ? "end of stream" : g_strerror (errno));
      next += MAX (n, 0);
      size -= MAX (n, 0);
    }
}

static void
write_message (int fd, const guint8 *data, gsize size)
{
  guint32 prefix = size;
  struct iovec parts[] = {
    { &prefix, sizeof prefix },
    { (guint8 *) data, size },
  };
  gssize n = writev (fd, parts, G_N_ELEMENTS (parts));
  if (n < PREFIX_SIZE)
    bench_fail ("writev: %s", g_strerror (errno));
  write_all (fd, data + n - PREFIX_SIZE, size + PREFIX_SIZE - n);
}

static gsize
read_message (int fd, guint8 *into, gsize room)
{
  guint32 size;
  read_all (fd, &size, sizeof size);
  if (size > room)
    bench_fail ("a message of %u octets came, %zu fit", size, room);
  read_all (fd, into, size);
  return size;
}

static void
flush (Publisher *self)
{
  for (guint i = 0; i < self->bench->n_subscribers; i++)
    write_all (self->sockets[i], self->batch, self->size);
  self->size = 0;
}

static void
send_message (gpointer socket, const guint8 *data, gsize size)
{
  Publisher *self = socket;
  if (size >= LARGE_SIZE)
    {
      for (guint i = 0; i < self->bench->n_subscribers; i++)
        write_message (self->sockets[i], data, size);
      return;
    }
  if (self->size + PREFIX_SIZE + size > BATCH_SIZE)
    flush (self);
  guint32 prefix = size;
  memcpy (self->batch + self->size, &prefix, sizeof prefix);
  memcpy (self->batch + self->size + PREFIX_SIZE, data, size);
  self->size += PREFIX_SIZE + size;
}

static void
publish (Bench *bench, guint index)
{
  Publisher self = { .bench = bench, .batch = g_malloc (BATCH_SIZE) };
  gboolean is_lossy = bench_is_variant (bench, "lossy");
  int listener = listen_somewhere (bench);
  for (guint i = 0; i < bench->n_subscribers; i++)
    self.sockets[i] = accept_one (bench, listener);
  send_message (&self, bench_get_probe (0), BENCH_MIN_SIZE);
  flush (&self);
  while (!bench_is_ready (bench))
    bench_pause (bench);

  bench_start (bench);
  for (guint64 i = 0; i < bench->count; i++)
    if (!is_lossy || i % LOSS != 0)
      send_message (&self, bench_stamp (bench, i), bench->size);
  flush (&self);
  bench_wait_over (bench);
}

static void
subscribe (Bench *bench, guint index)
{
  gsize have = 0;
  gboolean is_last = FALSE;
  int fd = dial (bench);
  gsize room = MAX (bench->size, BENCH_MIN_SIZE);
  g_autofree guint8 *buffer = g_malloc (MAX (BATCH_SIZE, room));
  while (!is_last && bench->size >= LARGE_SIZE)
    is_last =
      !bench_count (bench, index, buffer, read_message (fd, buffer, room));

  while (!is_last)
    {
      gssize n = read (fd, buffer + have, BATCH_SIZE - have);
      if (n <= 0)
        bench_fail ("read: %s", n == 0 ? "end of stream" : g_strerror (errno));
      const guint8 *next = buffer;
      guint32 size;
      for (have += n; have >= PREFIX_SIZE; have -= PREFIX_SIZE + size)
        {
          memcpy (&size, next, sizeof size);
          if (have - PREFIX_SIZE < size)
            break;
          if (!bench_count (bench, index, next + PREFIX_SIZE, size))
            is_last = TRUE;
          next += PREFIX_SIZE + size;
        }
      memmove (buffer, next, have);
    }
  bench_wait_over (bench);
}

static void
echo (Bench *bench, guint index)
{
  g_autofree guint8 *buffer = g_malloc (bench->size);
  int fd = accept_one (bench, listen_somewhere (bench));
  for (guint64 i = 0; i < bench->count; i++)
    write_message (fd, buffer, read_message (fd, buffer, bench->size));
  bench_wait_over (bench);
}

static void
ping (Bench *bench, guint index)
{
  g_autofree guint8 *buffer = g_malloc (bench->size);
  int fd = dial (bench);
  for (guint64 i = 0; i < bench->count; i++)
    {
      const guint8 *question = bench_stamp (bench, i);
      gint64 start_ns = bench_now_ns ();
      write_message (fd, question, bench->size);
      gsize size = read_message (fd, buffer, bench->size);
      bench_add_round_trip (bench, i, start_ns);
      bench_count (bench, 0, buffer, size);
    }
  bench_wait_over (bench);
}

static void
watch (int epoll, int fd)
{
  struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
  if (epoll_ctl (epoll, EPOLL_CTL_ADD, fd, &event) != 0)
    bench_fail ("epoll_ctl: %s", g_strerror (errno));
}

static void
hub (Bench *bench, guint index)
{
  int listener = listen_somewhere (bench);
  int epoll = epoll_create1 (EPOLL_CLOEXEC);
  g_autoptr (GArray) sockets = g_array_new (FALSE, FALSE, sizeof (int));
  watch (epoll, listener);
  while (!bench_is_over (bench))
    {
      struct epoll_event event;
      if (epoll_wait (epoll, &event, 1, 10) == 1 && event.data.fd == listener)
        {
          int fd = accept_one (bench, listener);
          watch (epoll, fd);
          g_array_append_val (sockets, fd);
          /* one octet says that it was accepted */
          write_all (fd, (const guint8 *) "", 1);
        }
      if (!bench_take_broadcast (bench))
        continue;
      for (guint i = 0; i < sockets->len; i++)
        write_message (g_array_index (sockets, int, i), bench->payload,
                       bench->size);
    }
}

static int
is_welcome (const guint8 *data, gsize size)
{
  return size > 0;
}

static char *
dup_version (void)
{
  return g_strdup ("TCP sockets");
}

static const BenchHello hello = { .is_welcome = is_welcome };

static const BenchVariant variants[] = {
  { .name = "batch", .max_subscribers = BENCH_MAX_SUBSCRIBERS },
  { .name = "lossy",
    .max_subscribers = BENCH_MAX_SUBSCRIBERS,
    .is_fixture = TRUE },
  { 0 },
};

static const BenchPeer peer = {
  .name = "raw",
  .dup_version = dup_version,
  .variants = variants,
  .publish = publish,
  .subscribe = subscribe,
  .echo = echo,
  .ping = ping,
  .hub = hub,
  .hello = &hello,
  .last_transport = BENCH_UNIX,
};

int
main (int argc, char **argv)
{
  return bench_main (argc, argv, &peer);
}

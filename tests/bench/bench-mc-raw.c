/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "bench-mc.h"

/* The limit of multicast without packing: a datagram for each message, as many
 * in one call as wait, nothing else. */

#define N_AT_ONCE      64
#define RECEIVE_BUFFER (4 * 1024 * 1024)
#define ROOM           65536

typedef struct
{
  Bench *bench;
  int fd;
  struct sockaddr_in group;
  guint8 *data; /* N_AT_ONCE * ROOM */
  struct iovec vectors[N_AT_ONCE];
  struct mmsghdr messages[N_AT_ONCE];
  guint n;
} Datagrams;

static void
set (int fd, int level, int name, const void *value, socklen_t size)
{
  if (setsockopt (fd, level, name, value, size) != 0)
    bench_fail ("setsockopt %d: %s", name, g_strerror (errno));
}

static Datagrams *
open_datagrams (Bench *bench)
{
  Datagrams *self = g_new0 (Datagrams, 1);

  self->bench = bench;
  self->fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (self->fd < 0)
    bench_fail ("socket: %s", g_strerror (errno));
  bench_mc_get_group (bench, &self->group);
  self->data = g_malloc (N_AT_ONCE * ROOM);
  for (guint i = 0; i < N_AT_ONCE; i++)
    {
      self->vectors[i] = (struct iovec){ self->data + i * ROOM, ROOM };
      self->messages[i].msg_hdr.msg_iov = &self->vectors[i];
      self->messages[i].msg_hdr.msg_iovlen = 1;
    }
  return self;
}

static void
close_datagrams (Datagrams *self)
{
  g_free (self->data);
  g_free (self);
}

static void
flush (Datagrams *self)
{
  guint done = 0;

  while (done < self->n)
    {
      int n = sendmmsg (self->fd, self->messages + done, self->n - done, 0);

      if (n < 0 && errno != EINTR)
        bench_fail ("sendmmsg: %s", g_strerror (errno));
      done += MAX (n, 0);
    }
  self->n = 0;
}

static void
send_message (gpointer socket, const guint8 *data, gsize size)
{
  Datagrams *self = socket;

  memcpy (self->vectors[self->n].iov_base, data, size);
  self->vectors[self->n].iov_len = size;
  if (++self->n == N_AT_ONCE)
    flush (self);
}

static void
turn (gpointer socket, int timeout_ms)
{
  Datagrams *self = socket;

  if (self->n > 0)
    flush (self);
  else
    bench_mc_wait (self->bench, -1);
}

static void
publish (Bench *bench, guint index)
{
  struct ip_mreqn interface = { .imr_ifindex = (int) if_nametoindex ("lo") };
  const int ttl = 0;
  Datagrams *self;

  bench_mc_choose_port (bench);
  self = open_datagrams (bench);
  set (self->fd, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof interface);
  set (self->fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl);
  for (guint i = 0; i < N_AT_ONCE; i++)
    {
      self->messages[i].msg_hdr.msg_name = &self->group;
      self->messages[i].msg_hdr.msg_namelen = sizeof self->group;
    }
  bench_mc_publish (bench, send_message, turn, self);
  close_datagrams (self);
}

static void
join (Datagrams *self)
{
  struct ip_mreqn request = { .imr_ifindex = (int) if_nametoindex ("lo") };
  const int size = RECEIVE_BUFFER;
  const int on = 1;

  if (setsockopt (self->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size))
    set (self->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  set (self->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind (self->fd, (struct sockaddr *) &self->group, sizeof self->group))
    bench_fail ("bind: %s", g_strerror (errno));
  request.imr_multiaddr = self->group.sin_addr;
  set (self->fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request);
}

static void
subscribe (Bench *bench, guint index)
{
  Datagrams *self = open_datagrams (bench);
  gboolean is_last = FALSE;

  join (self);
  while (!is_last)
    {
      int n =
        recvmmsg (self->fd, self->messages, N_AT_ONCE, MSG_WAITFORONE, NULL);

      if (n < 0 && errno != EINTR)
        bench_fail ("recvmmsg: %s", g_strerror (errno));
      for (int i = 0; i < n && !is_last; i++)
        is_last = !bench_count (bench, index, self->vectors[i].iov_base,
                                self->messages[i].msg_len);
    }
  bench_wait_over (bench);
  close_datagrams (self);
}

static char *
dup_version (void)
{
  return g_strdup ("UDP sockets");
}

static const BenchVariant variants[] = {
  { .name = "datagrams",
    .max_subscribers = BENCH_MAX_SUBSCRIBERS,
    .max_window = 2048,
    .may_lose = TRUE },
  { 0 },
};

static const BenchPeer peer = {
  .name = "mc-raw",
  .dup_version = dup_version,
  .variants = variants,
  .publish = publish,
  .subscribe = subscribe,
  .first_transport = BENCH_MULTICAST,
  .last_transport = BENCH_MULTICAST,
};

int
main (int argc, char **argv)
{
  return bench_main (argc, argv, &peer);
}

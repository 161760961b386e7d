/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-mc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS  1
#define AGAIN_MS 20

/* One that is free now. Others that take it in the meantime are in another
 * group. */
void
bench_mc_choose_port (Bench *bench)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t size = sizeof address;
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  if (fd < 0 || bind (fd, (struct sockaddr *) &address, sizeof address) != 0 ||
      getsockname (fd, (struct sockaddr *) &address, &size) != 0)
    bench_fail ("bind: %s", g_strerror (errno));
  close (fd);
  bench_set_port (bench, ntohs (address.sin_port));
}

void
bench_mc_get_group (Bench *bench, struct sockaddr_in *group)
{
  /* of RFC 2365: for this site, and here it does not leave this machine */
  const guint32 local = 0xefff0000;

  *group = (struct sockaddr_in){
    .sin_family = AF_INET,
    .sin_port = htons (bench_wait_port (bench)),
    .sin_addr.s_addr = htonl (local | ((guint32) bench->shared->pid & 0xffff)),
  };
}

void
bench_mc_wait (Bench *bench, int fd)
{
  struct pollfd fds[] = {
    { .fd = bench->shared->credit_fd, .events = POLLIN },
    { .fd = fd, .events = POLLIN },
  };
  eventfd_t n;

  if (poll (fds, G_N_ELEMENTS (fds), WAIT_MS) > 0 && fds[0].revents != 0)
    eventfd_read (bench->shared->credit_fd, &n);
}

void
bench_mc_publish (Bench *bench, BenchSend send, BenchTurn turn, gpointer socket)
{
  const guint64 last = bench->count - 1;
  gint64 again_ns;

  while (!bench_is_ready (bench))
    {
      send (socket, bench_get_probe (0), BENCH_MIN_SIZE);
      turn (socket, 1);
    }
  bench_start (bench);
  for (guint64 i = 0; i < bench->count; i++)
    {
      while (!bench_may_send (bench, i))
        turn (socket, WAIT_MS);
      send (socket, bench_stamp (bench, i), bench_get_size (bench, i));
    }
  again_ns = bench_now_ns () + AGAIN_MS * 1000000;
  while (!bench_is_over (bench))
    {
      turn (socket, WAIT_MS);
      if (!bench->may_lose || bench_now_ns () < again_ns)
        continue;
      send (socket, bench_stamp (bench, last), bench_get_size (bench, last));
      again_ns = bench_now_ns () + AGAIN_MS * 1000000;
    }
}

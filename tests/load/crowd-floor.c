/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "load-board.h"

/*
 * The least that a publisher can be, as the yardstick of crowd.py: it
 * accepts and closes whoever comes, and writes RATE messages a second, when
 * they are due and before anything else, to ears that are processes of their
 * own. Says its port, then for each line that it reads the counts of
 * latencies, as load-board.h has them.
 *
 * crowd-floor N_EARS RATE
 */

#define N_EVENTS 256
#define SIZE     200

typedef struct
{
  int fd;
  Board *board; /* of one process, shared with it */
} Ear;

static void
begin_ear (Ear *self)
{
  gint64 text[SIZE / sizeof (gint64)];
  int fds[2];

  self->board = mmap (NULL, sizeof *self->board, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (self->board == MAP_FAILED ||
      socketpair (AF_UNIX, SOCK_STREAM, 0, fds) != 0)
    g_error ("there is no room");
  self->fd = fds[0];
  if (fork () != 0)
    {
      close (fds[1]);
      return;
    }
  close (fds[0]);
  while (recv (fds[1], text, sizeof text, MSG_WAITALL) == sizeof text)
    board_note_latency (self->board, g_get_monotonic_time () - text[0]);
  _exit (0);
}

static int
listen_anywhere (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  const int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

  if (bind (fd, (struct sockaddr *) &address, size) != 0 ||
      listen (fd, SOMAXCONN) != 0 ||
      getsockname (fd, (struct sockaddr *) &address, &size) != 0)
    g_error ("there is no port");
  printf ("%u\n", ntohs (address.sin_port));
  fflush (stdout);
  return fd;
}

static void
tell (const Ear *ears, int n_ears)
{
  const gint64 text[SIZE / sizeof (gint64)] = { g_get_monotonic_time () };

  for (int i = 0; i < n_ears; i++)
    if (send (ears[i].fd, text, sizeof text, MSG_NOSIGNAL) != sizeof text)
      g_error ("nobody hears");
}

static void
say_latencies (const Ear *ears, int n_ears)
{
  char line[16];

  if (read (STDIN_FILENO, line, sizeof line) <= 0)
    exit (0);
  for (int bucket = 0; bucket < BOARD_N_BUCKETS; bucket++)
    {
      guint64 n = 0;

      for (int i = 0; i < n_ears; i++)
        n += ears[i].board->latencies[bucket];
      printf ("%" G_GUINT64_FORMAT " ", n);
    }
  printf ("\n");
  fflush (stdout);
}

static void
watch (int epoll, int fd)
{
  struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

  if (epoll_ctl (epoll, EPOLL_CTL_ADD, fd, &event) != 0)
    g_error ("nothing can be watched");
}

/* Whoever says something is read, and whoever has ended is closed. */
static void
serve (int epoll, int listener, int fd)
{
  char buffer[SIZE];

  if (fd == listener)
    while ((fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
      watch (epoll, fd);
  else if (recv (fd, buffer, sizeof buffer, 0) <= 0)
    close (fd);
}

int
main (int argc, char **argv)
{
  const int n_ears = atoi (argv[1]);
  const long period_ns = 1000000000 / atoi (argv[2]);
  const struct itimerspec period = { { 0, period_ns }, { 0, period_ns } };
  const int epoll = epoll_create1 (0);
  const int timer = timerfd_create (CLOCK_MONOTONIC, TFD_NONBLOCK);
  g_autofree Ear *ears = g_new0 (Ear, n_ears);
  int listener;

  for (int i = 0; i < n_ears; i++)
    begin_ear (&ears[i]);
  listener = listen_anywhere ();
  watch (epoll, listener);
  watch (epoll, timer);
  watch (epoll, STDIN_FILENO);
  timerfd_settime (timer, 0, &period, NULL);
  while (TRUE)
    {
      struct epoll_event ready[N_EVENTS];
      const int n = epoll_wait (epoll, ready, N_EVENTS, -1);
      guint64 n_due = 0;

      if (read (timer, &n_due, sizeof n_due) > 0)
        while (n_due-- > 0)
          tell (ears, n_ears);
      for (int i = 0; i < n; i++)
        if (ready[i].data.fd == STDIN_FILENO)
          say_latencies (ears, n_ears);
        else if (ready[i].data.fd != timer)
          serve (epoll, listener, ready[i].data.fd);
    }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-socket-receive.h"

#include <errno.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <string.h>

#include "mc-socket-open.h"
#include "mc-socket-sim.h"
#include "mc-socket-state.h"
#include "mc-socket.h"

/*
 * Reads some datagrams with one call. Those that the kernel put together
 * (UDP_GRO) are given on one by one.
 */

/* How often so many are read in a turn, and for how long. */
#define N_READ_TURNS 4
#define READ_US      500
/* Where the last ones were more bytes than this, fewer are read at once, since the
 * clock is read between: one may be 64 datagrams that the kernel put together. */
#define LARGE_READ   (128 * 1024)
#define N_READ_LARGE 4

/* How large each of the datagrams is that came as one; 0: it is one. */
static gsize
read_control (McSocket *self, struct msghdr *message, guint32 *n_before)
{
  gsize segment = 0;

  for (struct cmsghdr *one = CMSG_FIRSTHDR (message); one != NULL;
       one = CMSG_NXTHDR (message, one))
    {
      if (one->cmsg_level == IPPROTO_UDP && one->cmsg_type == UDP_GRO)
        {
          int size;

          memcpy (&size, CMSG_DATA (one), sizeof size);
          segment = size > 0 ? size : 0;
        }
      else if (one->cmsg_level == SOL_SOCKET && one->cmsg_type == SO_RXQ_OVFL)
        {
          guint32 n;

          memcpy (&n, CMSG_DATA (one), sizeof n);
          self->stats.n_overrun += n - *n_before;
          *n_before = n;
        }
    }
  return segment;
}

/* An empty datagram is one, too: hence the test at the end. */
static void
take (McSocket *self,
      const McAddress *from,
      const guint8 *data,
      gsize size,
      gsize segment,
      McReceive receive,
      gpointer user_data)
{
  if (segment == 0)
    segment = size;
  do
    {
      gsize n = MIN (segment, size);

      receive (from, data, n, user_data);
      data += n;
      size -= n;
    }
  while (size > 0);
}

/* Asked once for all that came as one, which is of one sender. */
static gboolean
is_skipped (McSocket *self, const McAddress *from)
{
  return self->options.skips_own && mc_socket_is_own (self, from);
}

static void
count_truncated (McSocket *self, gsize size)
{
  self->stats.n_truncated++;
  self->stats.truncated_bytes += size;
}

/* Reads @n_max, MC_N_READ at most. How many reads succeeded; -1 with @error. */
static int
read_some (McSocket *self,
           int fd,
           guint n_max,
           McReceive receive,
           gpointer user_data,
           GError **error)
{
  struct mmsghdr messages[MC_N_READ];
  struct iovec vectors[MC_N_READ];
  McAddress from[MC_N_READ];
  McControl control[MC_N_READ];
  guint32 *n_before =
    fd == self->group_fd ? &self->n_group_overrun : &self->n_own_overrun;
  gsize n_bytes = 0;
  int n;

  memset (messages, 0, sizeof messages);
  for (guint i = 0; i < n_max; i++)
    {
      vectors[i].iov_base = self->read_data + i * MC_READ_SIZE;
      vectors[i].iov_len = MC_READ_SIZE;
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_name = &from[i].address;
      messages[i].msg_hdr.msg_namelen = sizeof from[i].address;
      messages[i].msg_hdr.msg_control = &control[i];
      messages[i].msg_hdr.msg_controllen = sizeof control[i];
    }
  do
    n = recvmmsg (fd, messages, n_max, MSG_DONTWAIT, NULL);
  while (n < 0 && errno == EINTR);
  if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != ECONNREFUSED)
    {
      mc_socket_fail ("receiving", error);
      return -1;
    }
  for (int i = 0; i < n; i++)
    {
      struct msghdr *message = &messages[i].msg_hdr;
      const gsize segment = read_control (self, message, n_before);

      n_bytes += messages[i].msg_len;
      from[i].size = message->msg_namelen;
      if (message->msg_flags & MSG_TRUNC)
        count_truncated (self, messages[i].msg_len);
      else if (!is_skipped (self, &from[i]))
        take (self, &from[i], vectors[i].iov_base, messages[i].msg_len, segment,
              receive, user_data);
    }
  self->are_large = n_bytes > LARGE_READ;
  return MAX (n, 0);
}

void
mc_socket_read (
  McSocket *self, int fd, McReceive receive, gpointer user_data, GError **error)
{
  const gint64 end_us = hein_get_monotonic_time () + READ_US;
  int n_left = N_READ_TURNS * MC_N_READ;

  /* by time as well: datagrams may be full of small messages */
  while (n_left > 0)
    {
      const guint n_max = self->are_large ? N_READ_LARGE : MC_N_READ;
      const int n = read_some (self, fd, n_max, receive, user_data, error);

      if (n < (int) n_max || hein_get_monotonic_time () >= end_us)
        return;
      n_left -= n;
    }
}

/* ---- in a simulated network ---- */

static gboolean
read_all (McSocket *self,
          gboolean is_own,
          McReceive receive,
          gpointer user_data)
{
  McAddress from;
  gsize size;

  /* as many as of a real one, so that others have a turn, too */
  for (guint i = 0; i < N_READ_TURNS * MC_N_READ; i++)
    {
      if (!mc_socket_take_simulated (self, is_own, &from, &size))
        return TRUE;
      if (!is_skipped (self, &from))
        receive (&from, self->read_data, size, user_data);
    }
  return FALSE;
}

gboolean
mc_socket_read_simulated (McSocket *self, McReceive receive, gpointer user_data)
{
  const gboolean is_all = read_all (self, FALSE, receive, user_data);

  return read_all (self, TRUE, receive, user_data) && is_all;
}

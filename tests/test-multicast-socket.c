/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/udp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../plugins/transports/udp-multicast/socket/mc-socket-join.h"
#include "../plugins/transports/udp-multicast/socket/mc-socket-receive.h"
#include "../plugins/transports/udp-multicast/socket/mc-socket-send.h"
#include "../plugins/transports/udp-multicast/socket/mc-socket.h"

/* The two sockets of a group, without a bus, on lo. U…: the faults that a test
 * stands for. */

/* What the kernel says in place of sending. */
static struct
{
  int code;           /* 0: nothing, it sends */
  guint n;            /* so often */
  char letter;        /* only to what begins with it; 0: to all */
  gsize segments_max; /* only to those that are to be cut to more; 0: to all */
  guint n_calls;
} fault;

static gsize
get_segment (struct msghdr *message)
{
  struct cmsghdr *header = CMSG_FIRSTHDR (message);
  guint16 segment = 0;

  if (header != NULL && header->cmsg_type == UDP_SEGMENT)
    memcpy (&segment, CMSG_DATA (header), sizeof segment);
  return segment;
}

static gboolean
is_refused (struct msghdr *message)
{
  const struct iovec *data = message->msg_iov;

  if (fault.code == 0 || fault.n == 0 ||
      (fault.segments_max > 0 && get_segment (message) <= fault.segments_max) ||
      (fault.letter != 0 &&
       (data->iov_len == 0 || *(char *) data->iov_base != fault.letter)))
    return FALSE;
  fault.n--;
  return TRUE;
}

/* The program's own stands before that of libc. */
int
sendmmsg (int fd, struct mmsghdr *messages, unsigned int n, int flags)
{
  fault.n_calls++;
  for (guint i = 0; i < n; i++)
    if (is_refused (&messages[i].msg_hdr))
      {
        errno = fault.code;
        if (i == 0)
          return -1;
        fault.n++; /* it is told in the next call */
        n = i;
      }
  return syscall (SYS_sendmmsg, fd, messages, n, flags);
}

typedef struct
{
  McSocket *socket; /* NULL: there is no multicast on lo */
  GPtrArray *heard; /* owned GBytes */
  McAddress from;   /* of the last one */
  guint16 port;
} Fixture;

static guint16
find_port (GSocketFamily family)
{
  g_autoptr (GSocket) probe =
    g_socket_new (family, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
  g_autoptr (GInetAddress) any = g_inet_address_new_any (family);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (any, 0);
  g_autoptr (GSocketAddress) bound = NULL;

  if (probe == NULL || !g_socket_bind (probe, address, FALSE, NULL))
    return 0;
  bound = g_socket_get_local_address (probe, NULL);
  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
}

static void
put (Fixture *self, const McAddress *to, char letter, gsize size)
{
  memset (mc_socket_reserve (self->socket, MAX (size, 1)), letter, size);
  mc_socket_commit (self->socket, to, size);
}

static void
on_received (const McAddress *from,
             const guint8 *data,
             gsize size,
             gpointer user_data)
{
  Fixture *self = user_data;

  self->from = *from;
  g_ptr_array_add (self->heard, g_bytes_new (data, size));
}

/* lo gives back at once what was sent. */
static void
hear (Fixture *self, int fd)
{
  g_autoptr (GError) error = NULL;

  mc_socket_read (self->socket, fd, on_received, self, &error);
  g_assert_no_error (error);
}

static gboolean
can_multicast (Fixture *self, GError **error)
{
  put (self, NULL, '?', 1);
  if (!mc_socket_flush (self->socket, error) ||
      (error != NULL && *error != NULL))
    return FALSE;
  hear (self, mc_socket_get_group_fd (self->socket));
  if (self->heard->len != 1)
    return FALSE;
  g_ptr_array_set_size (self->heard, 0);
  return TRUE;
}

static McSocket *
open_socket (const char *group_text, guint16 port, GError **error)
{
  g_autoptr (GInetAddress) group = g_inet_address_new_from_string (group_text);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (group, port);
  char *interfaces[] = { (char *) "lo", NULL };
  McSocketOptions options = {
    .group = G_INET_SOCKET_ADDRESS (address),
    .interfaces = interfaces,
    .loopback = TRUE,
  };

  return mc_socket_new (&options, error);
}

static void
set_up (Fixture *self, gconstpointer group_text)
{
  const GSocketFamily family = strchr (group_text, ':') != NULL
                                 ? G_SOCKET_FAMILY_IPV6
                                 : G_SOCKET_FAMILY_IPV4;
  g_autoptr (GError) error = NULL;

  self->port = find_port (family);
  self->heard = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  memset (&fault, 0, sizeof fault);
  self->socket = open_socket (group_text, self->port, &error);
  if (self->socket != NULL && can_multicast (self, &error))
    {
      fault.n_calls = 0;
      return;
    }
  g_clear_pointer (&self->socket, mc_socket_free);
  g_test_skip (error != NULL ? error->message : "nothing comes back from lo");
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_clear_pointer (&self->socket, mc_socket_free);
  g_ptr_array_unref (self->heard);
}

static void
assert_heard (Fixture *self, guint index, char letter, gsize size)
{
  g_autofree char *expected = g_strnfill (size, letter);
  gsize heard_size;
  const char *heard =
    g_bytes_get_data (g_ptr_array_index (self->heard, index), &heard_size);

  g_assert_cmpmem (heard, heard_size, expected, size);
}

/* As many as are read at once, whatever else waits, when each takes its time. */
static void
on_received_slowly (const McAddress *from,
                    const guint8 *data,
                    gsize size,
                    gpointer user_data)
{
  const gint64 end_us = g_get_monotonic_time () + 1000;

  on_received (from, data, size, user_data);
  while (g_get_monotonic_time () < end_us)
    ;
}

static void
test_slow (Fixture *self, gconstpointer data)
{
  const guint n_at_once = 16;
  g_autoptr (GError) error = NULL;

  if (self->socket == NULL)
    return;
  /* each larger than the one before, so that none are put together */
  for (guint i = 0; i < 4 * n_at_once; i++)
    put (self, NULL, 'a', 1 + i);
  g_assert_true (mc_socket_flush (self->socket, NULL));
  for (guint i = 1; i <= 4; i++)
    {
      mc_socket_read (self->socket, mc_socket_get_group_fd (self->socket),
                      on_received_slowly, self, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (self->heard->len, ==, i * n_at_once);
    }
}

/* Datagrams of one size and of others, which the kernel cuts or not, come as
 * they were put. */
static void
test_sizes (Fixture *self, gconstpointer data)
{
  static const gsize sizes[] = { 100, 100, 100, 50,   100, 0,    0, 1,
                                 1,   1,   2,   1400, 1,   1400, 9, 9 };
  const McSocketStats *stats;

  if (self->socket == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    put (self, NULL, 'a' + i, sizes[i]);
  for (guint i = 0; i < 200; i++)
    put (self, NULL, 'A' + i % 26, 1400);
  g_assert_true (mc_socket_flush (self->socket, NULL));
  g_assert_cmpuint (mc_socket_get_queued (self->socket), ==, 0);
  for (guint i = 0; i < 10; i++)
    hear (self, mc_socket_get_group_fd (self->socket));
  g_assert_cmpuint (self->heard->len, ==, G_N_ELEMENTS (sizes) + 200);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    assert_heard (self, i, 'a' + i, sizes[i]);
  for (guint i = 0; i < 200; i++)
    assert_heard (self, G_N_ELEMENTS (sizes) + i, 'A' + i % 26, 1400);
  stats = mc_socket_get_stats (self->socket);
  g_assert_cmpuint (stats->n_unsent + stats->n_truncated + stats->n_overrun, ==,
                    0);
}

/* What comes back is known as one's own, and is from loopback: no other machine
 * can reach this socket. */
static void
test_own (Fixture *self, gconstpointer data)
{
  g_autoptr (GSocketAddress) from = NULL;

  if (self->socket == NULL)
    return;
  put (self, NULL, 'x', 1);
  g_assert_true (mc_socket_flush (self->socket, NULL));
  hear (self, mc_socket_get_group_fd (self->socket));
  g_assert_cmpuint (self->heard->len, ==, 1);
  g_assert_true (mc_socket_is_own (self->socket, &self->from));
  from = mc_address_to_gio (&self->from);
  g_assert_true (g_inet_address_get_is_loopback (
    g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (from))));
  put (self, &self->from, 'y', 2);
  g_assert_true (mc_socket_flush (self->socket, NULL));
  hear (self, mc_socket_get_own_fd (self->socket));
  g_assert_cmpuint (self->heard->len, ==, 2);
  assert_heard (self, 1, 'y', 2);
}

/* U11, U15: what cannot be sent does not hold up what is behind it. */
static void
test_unsendable (Fixture *self, gconstpointer data)
{
  struct sockaddr_in *address;
  McAddress broadcast = { .size = sizeof *address };
  g_autoptr (GError) error = NULL;

  if (self->socket == NULL)
    return;
  address = (struct sockaddr_in *) &broadcast.address;
  address->sin_family = AF_INET;
  address->sin_port = htons (9);
  address->sin_addr.s_addr = htonl (INADDR_BROADCAST);
  for (guint i = 0; i < 3; i++)
    {
      put (self, &broadcast, 'x', 10);
      put (self, NULL, 'a' + i, 10);
    }
  g_assert_true (mc_socket_flush (self->socket, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  g_assert_cmpuint (mc_socket_get_queued (self->socket), ==, 0);
  g_assert_cmpuint (mc_socket_get_stats (self->socket)->n_unsent, ==, 3);
  g_assert_cmpuint (mc_socket_get_stats (self->socket)->unsent_bytes, ==, 30);
  hear (self, mc_socket_get_group_fd (self->socket));
  g_assert_cmpuint (self->heard->len, ==, 3);
  for (guint i = 0; i < 3; i++)
    assert_heard (self, i, 'a' + i, 10);
}

/* To join again is no error. */
static void
test_join_again (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  if (self->socket == NULL)
    return;
  for (guint i = 0; i < 3; i++)
    g_assert_true (mc_socket_join (self->socket, &error));
  put (self, NULL, 'x', 1);
  g_assert_true (mc_socket_flush (self->socket, NULL));
  hear (self, mc_socket_get_group_fd (self->socket));
  g_assert_cmpuint (self->heard->len, ==, 1);
}

/* U11: what was lost with the network is joined again. */
static void
test_join_anew (Fixture *self, gconstpointer data)
{
  struct ip_mreqn request = { .imr_ifindex = (int) if_nametoindex ("lo") };

  if (self->socket == NULL)
    return;
  inet_pton (AF_INET, data, &request.imr_multiaddr);
  g_assert_no_errno (setsockopt (mc_socket_get_group_fd (self->socket),
                                 IPPROTO_IP, IP_DROP_MEMBERSHIP, &request,
                                 sizeof request));
  put (self, NULL, 'x', 1);
  g_assert_true (mc_socket_flush (self->socket, NULL));
  hear (self, mc_socket_get_group_fd (self->socket));
  g_assert_cmpuint (self->heard->len, ==, 0);
  g_assert_true (mc_socket_join (self->socket, NULL));
  put (self, NULL, 'y', 1);
  g_assert_true (mc_socket_flush (self->socket, NULL));
  hear (self, mc_socket_get_group_fd (self->socket));
  g_assert_cmpuint (self->heard->len, ==, 1);
  assert_heard (self, 0, 'y', 1);
}

/* U11: without a network, each is counted, and those after it are tried. */
static void
test_unreachable (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  if (self->socket == NULL)
    return;
  fault.code = ENETUNREACH;
  fault.n = 2;
  for (guint i = 0; i < 4; i++)
    put (self, NULL, 'a' + i, 10 + i);
  g_assert_true (mc_socket_flush (self->socket, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE);
  g_assert_cmpuint (mc_socket_get_stats (self->socket)->n_unsent, ==, 2);
  hear (self, mc_socket_get_group_fd (self->socket));
  g_assert_cmpuint (self->heard->len, ==, 2);
  assert_heard (self, 0, 'c', 12);
  assert_heard (self, 1, 'd', 13);
}

/* U15: the kernel takes no more for now: nothing is lost, and a writable
 * descriptor tells when. */
static void
test_full (Fixture *self, gconstpointer data)
{
  if (self->socket == NULL)
    return;
  fault.code = EAGAIN;
  fault.n = 1;
  fault.letter = 'b';
  for (guint i = 0; i < 3; i++)
    put (self, NULL, 'a' + i, 10 + i);
  g_assert_false (mc_socket_flush (self->socket, NULL));
  g_assert_cmpint (mc_socket_get_retry_us (self->socket), ==, 0);
  g_assert_cmpuint (mc_socket_get_queued (self->socket), ==, 11 + 12);
  g_assert_true (mc_socket_flush (self->socket, NULL));
  hear (self, mc_socket_get_group_fd (self->socket));
  g_assert_cmpuint (self->heard->len, ==, 3);
  g_assert_cmpuint (mc_socket_get_stats (self->socket)->n_unsent, ==, 0);
}

/* Turns until it does not wait any more. */
static guint
flush_all (Fixture *self, GError **error)
{
  guint n_waits = 0;
  gint64 last_us = 0;

  while (!mc_socket_flush (self->socket, error))
    {
      g_assert_cmpint (mc_socket_get_retry_us (self->socket), >, 0);
      n_waits += mc_socket_get_retry_us (self->socket) != last_us;
      last_us = mc_socket_get_retry_us (self->socket);
    }
  return n_waits;
}

/* U15: without memory it is tried five times more, not before its time; then it
 * goes. */
static void
test_no_memory (Fixture *self, gconstpointer data)
{
  if (self->socket == NULL)
    return;
  fault.code = ENOBUFS;
  fault.n = 5;
  put (self, NULL, 'x', 10);
  g_assert_cmpuint (flush_all (self, NULL), ==, 5);
  g_assert_cmpuint (fault.n_calls, ==, 6);
  hear (self, mc_socket_get_group_fd (self->socket));
  g_assert_cmpuint (self->heard->len, ==, 1);
  g_assert_cmpuint (mc_socket_get_stats (self->socket)->n_unsent, ==, 0);
}

/* U15: or it is dropped and counted, and those behind it go, with as many tries
 * of their own. */
static void
test_no_memory_for_long (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  if (self->socket == NULL)
    return;
  fault.code = ENOBUFS;
  fault.n = 6 + 5;
  put (self, NULL, 'x', 10);
  put (self, NULL, 'y', 11);
  g_assert_cmpuint (flush_all (self, &error), ==, 10);
  g_assert_nonnull (error);
  g_assert_cmpuint (mc_socket_get_stats (self->socket)->n_unsent, ==, 1);
  hear (self, mc_socket_get_group_fd (self->socket));
  g_assert_cmpuint (self->heard->len, ==, 1);
  assert_heard (self, 0, 'y', 11);
}

/* U6: what no datagram holds is dropped, and only that. */
static void
test_too_large (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  if (self->socket == NULL)
    return;
  put (self, NULL, 'a', 65507);
  put (self, NULL, 'b', 65508);
  put (self, NULL, 'c', 10);
  g_assert_true (mc_socket_flush (self->socket, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE);
  g_assert_cmpuint (mc_socket_get_stats (self->socket)->n_unsent, ==, 1);
  hear (self, mc_socket_get_group_fd (self->socket));
  g_assert_cmpuint (self->heard->len, ==, 2);
  assert_heard (self, 0, 'a', 65507);
  assert_heard (self, 1, 'c', 10);
}

/* U6: a link for which the pieces are too large, or that cuts nothing at all:
 * they go one by one, the empty one, too. */
static void
test_segments (Fixture *self, gconstpointer data)
{
  static const int codes[] = { EMSGSIZE, EIO, EINVAL };
  static const gsize sizes[] = { 1400, 1400, 1400, 0, 500, 500, 500, 1 };
  const guint n_sizes = G_N_ELEMENTS (sizes);

  for (guint j = 0; self->socket != NULL && j < G_N_ELEMENTS (codes); j++)
    {
      g_assert_true (mc_socket_join (self->socket, NULL)); /* as new */
      fault.code = codes[j];
      fault.n = 1000;
      fault.segments_max = codes[j] == EMSGSIZE ? 1000 : 1;
      for (guint i = 0; i < n_sizes; i++)
        put (self, NULL, 'a' + i, sizes[i]);
      g_assert_true (mc_socket_flush (self->socket, NULL));
      hear (self, mc_socket_get_group_fd (self->socket));
      g_assert_cmpuint (self->heard->len, ==, n_sizes);
      for (guint i = 0; i < n_sizes; i++)
        assert_heard (self, i, 'a' + i, sizes[i]);
      g_ptr_array_set_size (self->heard, 0);
    }
  if (self->socket != NULL)
    g_assert_cmpuint (mc_socket_get_stats (self->socket)->n_unsent, ==, 0);
}

static void
overrun (Fixture *self, int fd, const McAddress *to)
{
  const McSocketStats *stats = mc_socket_get_stats (self->socket);
  const guint64 n_before = stats->n_overrun;
  const guint n = 100;
  const int size = 1; /* the least there is */

  g_ptr_array_set_size (self->heard, 0);
  g_assert_no_errno (
    setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size));
  for (guint i = 0; i < n; i++)
    put (self, to, 'x', 1400);
  g_assert_true (mc_socket_flush (self->socket, NULL));
  hear (self, fd);
  put (self, to, 'y', 10); /* the kernel tells with the next one */
  g_assert_true (mc_socket_flush (self->socket, NULL));
  hear (self, fd);
  g_assert_cmpuint (stats->n_overrun - n_before + self->heard->len, ==, n + 1);
  g_assert_cmpuint (stats->n_overrun - n_before, >=, n / 2);
}

/* U13: what the kernel had no room for is counted, of both sockets. */
static void
test_overrun (Fixture *self, gconstpointer data)
{
  McAddress own;

  if (self->socket == NULL)
    return;
  fault.code = EIO; /* one by one, for it counts what comes as one as one */
  fault.n = 1000;
  fault.segments_max = 1;
  overrun (self, mc_socket_get_group_fd (self->socket), NULL);
  own = self->from;
  overrun (self, mc_socket_get_own_fd (self->socket), &own);
}

/* U14: neither another group on the same port is heard, nor one on the port that
 * happens to be ours. */
static void
test_one_port (Fixture *self, gconstpointer data)
{
  const gboolean is_ipv6 = strchr (data, ':') != NULL;
  struct sockaddr_storage own;
  socklen_t size = sizeof own;
  guint16 ports[] = { self->port, 0 };

  if (self->socket == NULL)
    return;
  g_assert_no_errno (getsockname (mc_socket_get_own_fd (self->socket),
                                  (struct sockaddr *) &own, &size));
  ports[1] = ntohs (is_ipv6 ? ((struct sockaddr_in6 *) &own)->sin6_port
                            : ((struct sockaddr_in *) &own)->sin_port);
  for (guint i = 0; i < G_N_ELEMENTS (ports); i++)
    {
      Fixture other = { .heard = self->heard };

      other.socket =
        open_socket (is_ipv6 ? "ff05::77" : "239.254.1.77", ports[i], NULL);
      g_assert_nonnull (other.socket);
      put (&other, NULL, 'x', 1);
      g_assert_true (mc_socket_flush (other.socket, NULL));
      hear (self, mc_socket_get_group_fd (self->socket));
      hear (self, mc_socket_get_own_fd (self->socket));
      g_assert_cmpuint (self->heard->len, ==, 0);
      hear (&other, mc_socket_get_group_fd (other.socket));
      g_assert_cmpuint (self->heard->len, ==, 1);
      g_ptr_array_set_size (self->heard, 0);
      mc_socket_free (other.socket);
    }
}

static McAddress
make_link_address (guint scope)
{
  McAddress address = { .size = sizeof (struct sockaddr_in6) };
  struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *) &address.address;

  ipv6->sin6_family = AF_INET6;
  ipv6->sin6_port = htons (7000);
  ipv6->sin6_scope_id = scope;
  g_assert_cmpint (inet_pton (AF_INET6, "fe80::7", &ipv6->sin6_addr), ==, 1);
  return address;
}

/* The same address on two links is two addresses. */
static void
test_links (void)
{
  const McAddress one = make_link_address (1);
  const McAddress again = make_link_address (1);
  const McAddress other = make_link_address (2);

  g_assert_true (mc_address_equal (&one, &again));
  g_assert_cmpuint (mc_address_hash (&one), ==, mc_address_hash (&again));
  g_assert_false (mc_address_equal (&one, &other));
}

int
main (int argc, char **argv)
{
  static const char ipv4[] = "239.254.1.2";
  static const char ipv6[] = "ff01::1234";

  g_test_init (&argc, &argv, NULL);
#define ADD(path, group, test)                                                 \
  g_test_add ("/multicast-socket/" path, Fixture, group, set_up, test,         \
              tear_down)
  ADD ("sizes/ipv4", ipv4, test_sizes);
  ADD ("sizes/ipv6", ipv6, test_sizes);
  ADD ("sizes/ipv6-wide", "ff05::1234", test_sizes);
  ADD ("slow", ipv4, test_slow);
  ADD ("own/ipv4", ipv4, test_own);
  ADD ("own/ipv6", ipv6, test_own);
  ADD ("unsendable", ipv4, test_unsendable);
  ADD ("join-again/ipv4", ipv4, test_join_again);
  ADD ("join-again/ipv6", ipv6, test_join_again);
  ADD ("join-anew", ipv4, test_join_anew);
  ADD ("unreachable", ipv4, test_unreachable);
  ADD ("full", ipv4, test_full);
  ADD ("no-memory", ipv4, test_no_memory);
  ADD ("no-memory-for-long", ipv4, test_no_memory_for_long);
  ADD ("too-large/ipv4", ipv4, test_too_large);
  ADD ("segments/ipv4", ipv4, test_segments);
  ADD ("segments/ipv6", ipv6, test_segments);
  ADD ("overrun/ipv4", ipv4, test_overrun);
  ADD ("overrun/ipv6", ipv6, test_overrun);
  ADD ("one-port/ipv4", ipv4, test_one_port);
  ADD ("one-port/ipv6", "ff05::1234", test_one_port);
#undef ADD
  g_test_add_func ("/multicast-socket/links", test_links);
  return g_test_run ();
}

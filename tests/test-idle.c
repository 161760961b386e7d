/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <arpa/inet.h>
#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hein-test.h"

/* What a connection costs that does nothing, and what is known of it when it has
 * gone. */

#define N_PRIMED      32
#define N_CONNECTIONS 416 /* of which both ends are here: 1024 descriptors */
/* On 64 bits it was 1,437 of 10,000 connections, and is more of fewer, since tables
 * of all of them double. */
#define BYTES_MAX 1750

/* What a SUB of ZeroMQ says at first (23/ZMTP): its greeting, READY, and that it
 * wants everything. */
static const char greeting[64] =
  "\xff\0\0\0\0\0\0\0\0\x7f\x03\0NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
static const char ready[] =
  "\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03SUB\0\x01\x01";

/* A plain socket, of which the heap of this process knows nothing. */
static int
dial (HeinEndpoint *endpoint, const char *host)
{
  g_autoptr (GUri) uri = g_uri_parse (hein_endpoint_get_bound_uri (endpoint),
                                      G_URI_FLAGS_NONE, NULL);
  g_autoptr (GSocketAddress) address =
    g_inet_socket_address_new_from_string (host, g_uri_get_port (uri));
  struct sockaddr_storage native;
  const gssize size = g_socket_address_get_native_size (address);
  int fd = socket (host[0] == ':' ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

  g_assert_true (
    g_socket_address_to_native (address, &native, sizeof native, NULL));
  g_assert_cmpint (connect (fd, (struct sockaddr *) &native, size), ==, 0);
  g_assert_cmpint (write (fd, greeting, sizeof greeting), ==, sizeof greeting);
  g_assert_cmpint (write (fd, ready, sizeof ready - 1), ==, sizeof ready - 1);
  return fd;
}

static void
bring_up (HeinTestBus *bus, HeinEndpoint *endpoint, int *fds, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      const guint up = bus->added->len + 1;

      fds[i] = dial (endpoint, "127.0.0.1");
      hein_test_wait (bus->added->len == up);
    }
}

static gsize
count_allocated (void)
{
  const struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}

/* FALSE: another malloc stands before that of libc, which counts nothing; or what
 * lies in structures takes less. */
static gboolean
can_measure (void)
{
  const gsize before = count_allocated ();
  g_autofree char *probe = g_malloc (100000);

  probe[0] = 1;
  if (count_allocated () >= before + 100000 && sizeof (gpointer) == 8)
    return TRUE;
  g_test_skip ("this malloc does not say what it has given");
  return FALSE;
}

static void
test_bytes (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("hub");
  HeinEndpoint *endpoint = hein_test_bus_listen (bus, "tcp://127.0.0.1:0");
  static int fds[N_PRIMED + N_CONNECTIONS];
  gsize before;
  gsize each;

  if (!can_measure ())
    return;
  bring_up (bus, endpoint, fds, N_PRIMED);
  before = count_allocated ();
  bring_up (bus, endpoint, fds + N_PRIMED, N_CONNECTIONS);
  each = (count_allocated () - before) / N_CONNECTIONS;
  g_test_message ("an idle connection takes %" G_GSIZE_FORMAT " bytes", each);
  g_assert_cmpuint (each, >, 400); /* else nothing was counted */
  g_assert_cmpuint (each, <=, BYTES_MAX);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
  hein_test_wait (bus->removed->len == G_N_ELEMENTS (fds));
}

static GInetSocketAddress *
get_own_address (int fd)
{
  struct sockaddr_storage native;
  socklen_t size = sizeof native;

  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &native, &size), ==, 0);
  return G_INET_SOCKET_ADDRESS (
    g_socket_address_new_from_native (&native, size));
}

static void
assert_address (HeinPeer *peer, GInetSocketAddress *expected)
{
  GInetSocketAddress *address =
    G_INET_SOCKET_ADDRESS (hein_peer_get_address (peer));

  g_assert_true (
    g_inet_address_equal (g_inet_socket_address_get_address (address),
                          g_inet_socket_address_get_address (expected)));
  g_assert_cmpuint (g_inet_socket_address_get_port (address), ==,
                    g_inet_socket_address_get_port (expected));
  g_assert_true (hein_peer_get_address (peer) == (gpointer) address);
}

/* It is made when it is asked for, which may be when a reset has taken the
 * connection away. */
static void
check_address (const char *uri, const char *host)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("hub");
  HeinEndpoint *endpoint = hein_test_bus_listen (bus, uri);
  const struct linger none = { .l_onoff = 1 };
  int fd = dial (endpoint, host);
  g_autoptr (GInetSocketAddress) own = get_own_address (fd);

  hein_test_wait (bus->added->len == 1);
  setsockopt (fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  close (fd);
  hein_test_wait (bus->removed->len == 1);
  assert_address (g_ptr_array_index (bus->removed, 0), own);
}

static void
test_address (void)
{
  int fd = socket (AF_INET6, SOCK_STREAM, 0);
  struct sockaddr_in6 loopback = { .sin6_family = AF_INET6,
                                   .sin6_addr = IN6ADDR_LOOPBACK_INIT };
  const gboolean has_ipv6 =
    bind (fd, (struct sockaddr *) &loopback, sizeof loopback) == 0;

  close (fd);
  check_address ("tcp://127.0.0.1:0", "127.0.0.1");
  if (has_ipv6)
    check_address ("tcp://[::1]:0", "::1");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/idle/bytes", test_bytes);
  g_test_add_func ("/idle/address", test_address);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "multicast-test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define DATAGRAM_MAX 65536
#define BUFFER       (4 * 1024 * 1024)

/* ---- without hein ---- */

static void
fill_address (struct sockaddr_in *address, const char *host, guint16 port)
{
  memset (address, 0, sizeof *address);
  address->sin_family = AF_INET;
  address->sin_port = htons (port);
  g_assert_cmpint (inet_pton (AF_INET, host, &address->sin_addr), ==, 1);
}

int
multicast_socket_new (const char *host)
{
  struct ip_mreqn lo = { .imr_ifindex = (int) if_nametoindex ("lo") };
  struct sockaddr_in address;
  const int ttl = 0;
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (fd, >=, 0);
  fill_address (&address, host != NULL ? host : "127.0.0.1", 0);
  g_assert_no_errno (bind (fd, (struct sockaddr *) &address, sizeof address));
  g_assert_no_errno (
    setsockopt (fd, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof lo));
  g_assert_no_errno (
    setsockopt (fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl));
  return fd;
}

gboolean
multicast_socket_send (int fd,
                       MulticastPlace *place,
                       gconstpointer data,
                       gsize size)
{
  struct sockaddr_in address;

  fill_address (&address, place->group, place->port);
  return sendto (fd, data, size, 0, (struct sockaddr *) &address,
                 sizeof address) == (gssize) size;
}

void
multicast_socket_send_to (int fd,
                          GSocketAddress *to,
                          gconstpointer data,
                          gsize size)
{
  struct sockaddr_in address;

  g_assert_true (
    g_socket_address_to_native (to, &address, sizeof address, NULL));
  g_assert_cmpint (sendto (fd, data, size, 0, (struct sockaddr *) &address,
                           sizeof address),
                   ==, size);
}

static int
open_recorder (MulticastPlace *place)
{
  struct ip_mreqn request = { .imr_ifindex = (int) if_nametoindex ("lo") };
  struct sockaddr_in address;
  const int yes = 1;
  const int no = 0;
  const int buffer = BUFFER;
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  g_assert_cmpint (fd, >=, 0);
  fill_address (&address, place->group, place->port);
  request.imr_multiaddr = address.sin_addr;
  setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  setsockopt (fd, IPPROTO_IP, IP_MULTICAST_ALL, &no, sizeof no);
  if (bind (fd, (struct sockaddr *) &address, sizeof address) == 0 &&
      setsockopt (fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request,
                  sizeof request) == 0)
    return fd;
  close (fd);
  return -1;
}

int
multicast_recorder_new (MulticastPlace *place)
{
  int fd = open_recorder (place);

  g_assert_cmpint (fd, >=, 0);
  return fd;
}

GPtrArray *
multicast_recorder_take (int fd)
{
  GPtrArray *all =
    g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autofree guint8 *data = g_malloc (DATAGRAM_MAX);
  gssize n;

  while ((n = recv (fd, data, DATAGRAM_MAX, 0)) >= 0)
    g_ptr_array_add (all, g_bytes_new (data, n));
  g_assert_cmpint (errno, ==, EAGAIN);
  return all;
}

/* ---- where ---- */

static guint16
find_port (void)
{
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  int fd = multicast_socket_new (NULL);

  g_assert_no_errno (getsockname (fd, (struct sockaddr *) &address, &size));
  close (fd);
  return ntohs (address.sin_port);
}

/* What is sent to lo comes back from there. */
static gboolean
can_multicast (MulticastPlace *self)
{
  g_autoptr (GPtrArray) heard = NULL;
  int to;
  int from = open_recorder (self);

  if (from < 0)
    return FALSE;
  to = multicast_socket_new (NULL);
  if (multicast_socket_send (to, self, "?", 1))
    heard = multicast_recorder_take (from);
  close (to);
  close (from);
  return heard != NULL && heard->len > 0;
}

char *
multicast_place_add_file (MulticastPlace *self,
                          const char *name,
                          const char *text)
{
  g_autoptr (GError) error = NULL;
  char *path = g_build_filename (self->folder, name, NULL);

  g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600,
                            &error);
  g_assert_no_error (error);
  return path;
}

static char *
make_key (void)
{
  GString *hex = g_string_new (NULL);

  for (guint i = 0; i < 8; i++)
    g_string_append_printf (hex, "%08x", g_random_int () | 1);
  return g_string_free (hex, FALSE);
}

MulticastPlace *
multicast_place_new (void)
{
  MulticastPlace *self = g_new0 (MulticastPlace, 1);
  g_autofree char *key = make_key ();

  self->group =
    g_strdup_printf ("239.%u.%u.%u", g_random_int_range (1, 255),
                     g_random_int_range (1, 255), g_random_int_range (1, 255));
  self->port = find_port ();
  self->folder = g_dir_make_tmp ("hein-multicast-XXXXXX", NULL);
  g_assert_nonnull (self->folder);
  self->key_file = multicast_place_add_file (self, "key", key);
  if (can_multicast (self))
    return self;
  multicast_place_free (self);
  g_test_skip ("there is no multicast on lo");
  return NULL;
}

void
multicast_place_free (MulticastPlace *self)
{
  g_autoptr (GDir) folder = g_dir_open (self->folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (self->folder);
  g_free (self->group);
  g_free (self->folder);
  g_free (self->key_file);
  g_free (self);
}

char *
multicast_place_dup_uri (MulticastPlace *self, const char *options)
{
  return g_strdup_printf ("udp-multicast://%s:%u?interface=lo&ttl=0%s%s",
                          self->group, self->port, options != NULL ? "&" : "",
                          options != NULL ? options : "");
}

char *
multicast_place_dup_sealed_uri (MulticastPlace *self, const char *options)
{
  g_autofree char *all = g_strdup_printf ("key-file=%s%s%s", self->key_file,
                                          options != NULL ? "&" : "",
                                          options != NULL ? options : "");

  return multicast_place_dup_uri (self, all);
}

void
multicast_open (HeinTestBus *bus, char *uri)
{
  HeinEndpoint *endpoint = hein_test_bus_listen (bus, uri);

  hein_test_wait (hein_endpoint_get_state (endpoint) ==
                  HEIN_ENDPOINT_STATE_OPEN);
  g_free (uri);
}

HeinTestBus *
multicast_join (const char *name, char *uri)
{
  HeinTestBus *bus = hein_test_bus_new (name);

  multicast_open (bus, uri);
  return bus;
}

HeinTestBus *
multicast_join_sealed (MulticastPlace *place,
                       const char *name,
                       const char *options)
{
  return multicast_join (name, multicast_place_dup_sealed_uri (place, options));
}

HeinTestBus *
multicast_join_open (MulticastPlace *place, const char *name)
{
  return multicast_join (name, multicast_place_dup_uri (place, "format=hein"));
}

void
multicast_add_modes (const char *path, GTestDataFunc test)
{
  static const char *const modes[][2] = { { "best-effort", "reliable=no" },
                                          { "reliable", "reliable=yes" } };

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autofree char *whole = g_strdup_printf ("%s/%s", path, modes[i][0]);

      g_test_add_data_func (whole, modes[i][1], test);
    }
}

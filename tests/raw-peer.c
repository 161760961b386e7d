/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "raw-peer.h"

#include <string.h>
#include <sys/socket.h>

RawPeer *
raw_peer_new (HeinTestBus *bus, const char *uri)
{
  RawPeer *self = g_new0 (RawPeer, 1);
  const guint16 port = g_ascii_strtoull (strrchr (uri, ':') + 1, NULL, 10);
  g_autoptr (GSocketAddress) address =
    g_inet_socket_address_new_from_string ("127.0.0.1", port);

  self->bus = bus;
  self->got = g_string_new (NULL);
  self->socket =
    g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, 0, NULL);
  g_assert_true (g_socket_connect (self->socket, address, NULL, NULL));
  g_socket_set_blocking (self->socket, FALSE);
  return self;
}

void
raw_peer_free (RawPeer *self)
{
  g_object_unref (self->socket);
  g_string_free (self->got, TRUE);
  g_free (self);
}

void
raw_peer_send (RawPeer *self, const char *data, gsize size)
{
  g_assert_cmpint (g_socket_send (self->socket, data, size, NULL, NULL), >, 0);
}

void
raw_peer_say (RawPeer *self, const char *text)
{
  g_assert_cmpint (g_socket_send (self->socket, text, strlen (text), NULL,
                                  NULL),
                   ==, strlen (text));
}

void
raw_peer_reset (RawPeer *self)
{
  const struct linger now = { 1, 0 };

  g_assert_cmpint (setsockopt (g_socket_get_fd (self->socket), SOL_SOCKET,
                               SO_LINGER, &now, sizeof now),
                   ==, 0);
  g_assert_true (g_socket_close (self->socket, NULL));
}

void
raw_peer_turn (RawPeer *self)
{
  char buffer[65536];
  gssize n;

  hein_bus_turn (self->bus->bus, 1);
  while ((n = g_socket_receive (self->socket, buffer, sizeof buffer, NULL,
                                NULL)) > 0)
    {
      g_string_append_len (self->got, buffer, n);
      self->n_reads++;
    }
  self->is_eof = self->is_eof || n == 0;
}

void
raw_peer_take (RawPeer *self, const char *bytes)
{
  const gsize size = strlen (bytes);

  raw_peer_wait (self, self->got->len >= size);
  g_assert_cmpmem (self->got->str, size, bytes, size);
  g_string_erase (self->got, 0, size);
}

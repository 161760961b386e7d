/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hub-scene.h"

#include <string.h>
#include <unistd.h>

#define N_GOOD 1000

int
hub_scene_connect (const char *uri)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  const char *address = strstr (uri, "://") + 3;
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;
  int fd;

  connection =
    g_socket_client_connect_to_host (client, address, 0, NULL, &error);
  g_assert_no_error (error);
  fd = dup (g_socket_get_fd (g_socket_connection_get_socket (connection)));
  g_assert_cmpint (fd, >=, 0);
  return fd;
}

HubScene *
hub_scene_new (void)
{
  HubScene *self = g_new0 (HubScene, 1);

  self->hub = hein_test_bus_new ("hub");
  self->good = hein_test_bus_new ("good");
  g_object_set (self->hub->bus, "handshake-timeout-ms",
                (guint) HUB_SCENE_HANDSHAKE_MS, NULL);
  self->uri = g_strdup (hein_endpoint_get_bound_uri (
    hein_test_bus_listen (self->hub, "tcp://127.0.0.1:0")));
  hein_test_bus_dial (self->good, self->uri);
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1);
  self->fd = hub_scene_connect (self->uri);
  return self;
}

void
hub_scene_free (HubScene *self)
{
  close (self->fd);
  hein_test_bus_free (self->good);
  hein_test_bus_free (self->hub);
  g_free (self->uri);
  g_free (self);
}

void
hub_scene_serve (HubScene *self)
{
  guint before = self->good->messages->len;

  for (guint i = 0; i < N_GOOD; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      hein_test_bus_send (self->hub, "good", "t", text);
      if (i % 100 == 0)
        hein_bus_turn (self->hub->bus, 0);
    }
  hein_test_wait (self->good->messages->len == before + N_GOOD);
  for (guint i = 0; i < N_GOOD; i++)
    {
      g_autofree char *text = hein_test_bus_dup_text (self->good, before + i);

      g_assert_cmpint (g_ascii_strtoll (text, NULL, 10), ==, i);
    }
  g_assert_cmpuint (hein_bus_get_memory_used (self->hub->bus), <,
                    HUB_SCENE_MEMORY_MAX);
}

GByteArray *
hub_scene_begin (void)
{
  GByteArray *bytes = g_byte_array_new ();

  g_byte_array_set_size (bytes, HUB_SCENE_GREETING_SIZE);
  memset (bytes->data, 0, HUB_SCENE_GREETING_SIZE);
  bytes->data[0] = 0xff;
  bytes->data[9] = 0x7f;
  bytes->data[10] = 3;
  bytes->data[11] = 1;
  memcpy (bytes->data + 12, "NULL", 4);
  return bytes;
}

void
hub_scene_append (GByteArray *bytes, const char *text, gsize size)
{
  g_byte_array_append (bytes, (const guint8 *) text, size);
}

#define APPEND(bytes, literal)                                                 \
  hub_scene_append (bytes, literal, sizeof (literal) - 1)

GByteArray *
hub_scene_introduce (void)
{
  GByteArray *bytes = hub_scene_begin ();

  APPEND (bytes, "\4\51\5READY\13Socket-Type\0\0\0\6DEALER");
  APPEND (bytes, "\10Identity\0\0\0\4evil");
  bytes->data[HUB_SCENE_GREETING_SIZE + 1] =
    bytes->len - HUB_SCENE_GREETING_SIZE - 2;
  return bytes;
}

void
hub_scene_append_long_frame (GByteArray *bytes, guint8 flags, guint64 size)
{
  guint8 header[9] = { flags | 2 };

  size = GUINT64_TO_BE (size);
  memcpy (header + 1, &size, sizeof size);
  g_byte_array_append (bytes, header, sizeof header);
}

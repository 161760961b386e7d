/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "hein-test.h"

/*
 * A dialler whose other side will never be right (it speaks another protocol, or
 * holds the name) is told why once, and slows down; what may heal it goes on trying.
 */

typedef struct
{
  GSocketService *service;
  guint16 port;
  const char
    *bytes; /* what it says to everybody; NULL: nothing, and it closes */
  gsize size;
  gboolean closes; /* behind them */
  guint n_accepted;
  GPtrArray
    *connections; /* owned: they stay until they are ended by the others */
} Server;

static gboolean
on_incoming (GSocketService *service,
             GSocketConnection *connection,
             GObject *source,
             gpointer data)
{
  Server *self = data;
  GOutputStream *stream =
    g_io_stream_get_output_stream (G_IO_STREAM (connection));

  self->n_accepted++;
  if (self->bytes == NULL)
    return FALSE;
  g_output_stream_write_all (stream, self->bytes, self->size, NULL, NULL, NULL);
  if (!self->closes)
    g_ptr_array_add (self->connections, g_object_ref (connection));
  return FALSE;
}

static void
server_init (Server *self, const char *bytes, gsize size)
{
  self->service = g_socket_service_new ();
  self->port =
    g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (self->service),
                                         NULL, NULL);
  self->bytes = bytes;
  self->size = size;
  self->closes = FALSE;
  self->n_accepted = 0;
  self->connections = g_ptr_array_new_with_free_func (g_object_unref);
  g_signal_connect (self->service, "incoming", G_CALLBACK (on_incoming), self);
}

static void
server_clear (Server *self)
{
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_object_unref (self->service);
  g_ptr_array_unref (self->connections);
}

static HeinEndpoint *
dial (HeinTestBus *bus, const char *protocol, const Server *server)
{
  g_autofree char *uri =
    g_strdup_printf ("tcp+%s://127.0.0.1:%u", protocol, server->port);

  return hein_test_bus_dial (bus, uri);
}

static const char http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
static const char ssh[] = "SSH-2.0-OpenSSH_9.2\r\n";

/* Those with a peer that is up before it has said a word, and one of each kind. */
static const char *const protocols[] = { "zmtp", "tinyproto", "aiomsg", "soc",
                                         "socketengine" };

static const struct Beginning
{
  const char *protocol;
  const char *bytes;
  gsize size;
} beginnings[] = {
  { "zmtp", "\xff\0\0", 3 },    { "aiomsg", "\0\0\0", 3 },
  { "soc", "\6\6__raw__", 9 },  { "socketengine", "{\"", 2 },
  { "tinyproto", "\xff\0", 2 },
};

static void
test_told_once (gconstpointer data)
{
  const char *protocol = data;
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  Server server;

  server_init (&server, http, sizeof http - 1);
  g_object_set (bus->bus, "reconnect-failed-ms", 2, NULL);
  dial (bus, protocol, &server);
  hein_test_wait (server.n_accepted >= 20);
  g_assert_cmpuint (bus->n_failed, ==, 1);
  g_assert_error (bus->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (bus->failure->message, "HTTP"));
  /* another reason is told again */
  server.bytes = ssh;
  server.size = sizeof ssh - 1;
  hein_test_wait (bus->n_failed == 2);
  g_assert_nonnull (strstr (bus->failure->message, "SSH"));
  server_clear (&server);
}

static void
test_slows_down (gconstpointer data)
{
  const char *protocol = data;
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  Server wrong, closing;
  HeinEndpoint *endpoint;

  server_init (&wrong, http, sizeof http - 1);
  server_init (&closing, NULL, 0);
  g_object_set (bus->bus, "reconnect-failed-ms", 3600000, NULL);
  endpoint = dial (bus, protocol, &wrong);
  hein_test_wait (bus->n_failed == 1);
  g_assert_cmpuint (wrong.n_accepted, <=, 3);
  wrong.n_accepted = 0;
  /* while that one waits, one that may heal is tried many times */
  dial (bus, "zmtp", &closing);
  hein_test_wait (closing.n_accepted >= 20);
  g_assert_cmpuint (wrong.n_accepted, ==, 0);
  g_assert_cmpuint (bus->n_failed, ==, 1);
  g_assert_cmpint (hein_endpoint_get_state (endpoint), ==,
                   HEIN_ENDPOINT_STATE_WAITING);
  server_clear (&wrong);
  server_clear (&closing);
}

/* A hub that dies within a word may be back at once. */
static void
test_dies_within (gconstpointer data)
{
  const struct Beginning *beginning = data;
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  Server server;

  server_init (&server, beginning->bytes, beginning->size);
  server.closes = TRUE;
  g_object_set (bus->bus, "reconnect-failed-ms", 3600000, NULL);
  dial (bus, beginning->protocol, &server);
  hein_test_wait (server.n_accepted >= 20);
  g_assert_cmpuint (bus->n_failed, ==, 0);
  server_clear (&server);
}

/* Who sends something of use before it goes wrong is not given up. */
static void
test_useful (void)
{
  static const char frames[] =
    "\6\6__raw__:0:hello!\xac\x96\xac\x96__raw__no tag\xac\x96\xac\x96";
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  Server server;

  server_init (&server, frames, sizeof frames - 1);
  g_object_set (bus->bus, "reconnect-failed-ms", 3600000, NULL);
  dial (bus, "soc", &server);
  hein_test_wait (server.n_accepted >= 10 && bus->messages->len >= 5);
  g_assert_cmpuint (bus->n_failed, ==, 0);
  server_clear (&server);
}

/* A name that somebody else has, whatever words are in it. */
static void
test_name (gconstpointer data)
{
  const char *name = data;
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) first = hein_test_bus_new (name);
  g_autoptr (HeinTestBus) second = hein_test_bus_new (name);
  HeinEndpoint *endpoint;
  Server closing;
  const char *uri;

  endpoint = hein_test_bus_listen (hub, "tcp://127.0.0.1:0");
  uri = hein_endpoint_get_bound_uri (endpoint);
  hein_test_bus_dial (first, uri);
  hein_test_wait (hub->added->len == 1);
  server_init (&closing, NULL, 0);
  g_object_set (second->bus, "reconnect-failed-ms", 2, NULL);
  hein_test_bus_dial (second, uri);
  hein_test_wait (second->n_failed == 1);
  g_assert_error (second->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
  dial (second, "zmtp", &closing);
  hein_test_wait (closing.n_accepted >= 20);
  g_assert_cmpuint (second->n_failed, ==, 1);
  /* it gets in as soon as the other one is gone */
  hein_test_bus_close (first);
  hein_test_wait (second->added->len == 1);
  server_clear (&closing);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (protocols); i++)
    {
      g_autofree char *told =
        g_strdup_printf ("/redial/told-once/%s", protocols[i]);
      g_autofree char *slows =
        g_strdup_printf ("/redial/slows-down/%s", protocols[i]);

      g_test_add_data_func (told, protocols[i], test_told_once);
      g_test_add_data_func (slows, protocols[i], test_slows_down);
    }
  for (guint i = 0; i < G_N_ELEMENTS (beginnings); i++)
    {
      g_autofree char *dies =
        g_strdup_printf ("/redial/dies-within/%s", beginnings[i].protocol);

      g_test_add_data_func (dies, &beginnings[i], test_dies_within);
    }
  g_test_add_func ("/redial/useful", test_useful);
  g_test_add_data_func ("/redial/name", "kirk", test_name);
  g_test_add_data_func ("/redial/name-like-a-code", "duplicate: kirk",
                        test_name);
  return g_test_run ();
}

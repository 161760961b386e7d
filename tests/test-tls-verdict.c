/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "byte-proxy.h"
#include "trust-ends.h"

/* Nobody is a peer before both sides are content: a dialler waits for the verdict
 * on its certificate, and what was recorded of one session opens no other. */

/* A way to be proved: what who listens says, and who dials. */
typedef struct
{
  const char *name;
  const char *hub;
  const char *kirk;
} Mode;

static const Mode modes[] = {
  { "key-file", "key-file=%s/lamps.key", "key-file=%s/lamps.key" },
  { "pins", "identity=%s/hub.id&peers=%s/hub.peers",
    "identity=%s/kirk.id&peers=%s/kirk.peers" },
  { "authority", "identity=%s/hub.id&ca-file=%s/fleet.pem",
    "identity=%s/kirk.id&ca-file=%s/fleet.pem" },
  { "ring", "key-ring-file=%s/hub.ring", "key-file=%s/lamps.key" },
};

static void
set_up (TrustEnds *self, gconstpointer data)
{
  const Mode *mode = data;

  trust_ends_set_up (self, data);
  if (mode != &modes[2])
    {
      trust_ends_make_files (self);
      trust_ends_write (self, "hub.ring",
                        "kirk 00112233445566778899aabbccddeeff"
                        "00112233445566778899aabbccddeeff\n",
                        0600);
    }
  else
    trust_ends_make_authority (self);
}

/* ---- replays ---- */

/* A session with a message each way; what went down and up in it. */
static void
record (TrustEnds *self, const Mode *mode, GByteArray *down, GByteArray *up)
{
  ByteProxy *proxy;

  trust_ends_listen (self, mode->hub);
  proxy = byte_proxy_new (trust_ends_get_port (self));
  proxy->recorded[0] = down;
  proxy->recorded[1] = up;
  self->port = proxy->port;
  trust_ends_dial (self, mode->kirk);
  trust_ends_wait_for_both (self);
  trust_ends_exchange (self);
  hein_endpoint_close (self->dialled);
  hein_test_wait (self->hub->removed->len == 1 &&
                  self->kirk->removed->len == 1);
  byte_proxy_free (proxy);
  g_assert_cmpuint (down->len, >, 100);
  g_assert_cmpuint (up->len, >, 100);
}

static void
send_all (GSocket *socket, const GByteArray *bytes)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_socket_send (socket, (const char *) bytes->data,
                                  bytes->len, NULL, &error),
                   ==, bytes->len);
}

/* The end, in order or not; what comes before it does not matter. */
static gboolean
has_ended (GSocket *socket)
{
  char data[4096];
  g_autoptr (GError) error = NULL;
  const gssize n = g_socket_receive (socket, data, sizeof data, NULL, &error);

  return n == 0 || (n < 0 && !g_error_matches (error, G_IO_ERROR,
                                               G_IO_ERROR_WOULD_BLOCK));
}

static void
test_replayed_to_listener (TrustEnds *self, gconstpointer data)
{
  g_autoptr (GByteArray) down = g_byte_array_new ();
  g_autoptr (GByteArray) up = g_byte_array_new ();
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;
  GSocket *socket;

  record (self, data, down, up);
  connection =
    g_socket_client_connect_to_host (client, "127.0.0.1",
                                     trust_ends_get_port (self), NULL, &error);
  g_assert_no_error (error);
  socket = g_socket_connection_get_socket (connection);
  g_socket_set_blocking (socket, FALSE);
  send_all (socket, up);
  hein_test_wait (has_ended (socket));
  g_assert_cmpuint (self->hub->added->len, ==, 1);
  g_assert_cmpuint (self->hub->messages->len, ==, 1);
  /* who has the key is still served */
  self->port = 0;
  trust_ends_dial (self, ((const Mode *) data)->kirk);
  hein_test_wait (self->hub->added->len == 2);
}

static gboolean
on_incoming (GSocketService *service,
             GSocketConnection *connection,
             GObject *source,
             gpointer data)
{
  send_all (g_socket_connection_get_socket (connection), data);
  return FALSE;
}

/* Who answers kirk with what the hub answered once. */
static void
test_replayed_to_dialler (TrustEnds *self, gconstpointer data)
{
  g_autoptr (GByteArray) down = g_byte_array_new ();
  g_autoptr (GByteArray) up = g_byte_array_new ();
  g_autoptr (GSocketService) service = g_socket_service_new ();
  g_autoptr (GError) error = NULL;

  record (self, data, down, up);
  self->port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (service),
                                                    NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (service, "incoming", G_CALLBACK (on_incoming), down);
  trust_ends_dial (self, ((const Mode *) data)->kirk);
  hein_test_wait (self->kirk->n_failed > 0);
  g_assert_error (self->kirk->failure, HEIN_ERROR, HEIN_ERROR_INSECURE);
  g_assert_cmpuint (self->kirk->added->len, ==, 1);
  g_assert_cmpuint (self->kirk->messages->len, ==, 1);
  g_socket_service_stop (service);
  g_socket_listener_close (G_SOCKET_LISTENER (service));
}

/* ---- the verdict ---- */

/* With TLS 1.3 who dials is done before who listens has seen its certificate: it has
 * no peer, and says nothing, until it has heard. @data: a scheme. */
static void
test_waits (TrustEnds *self, gconstpointer data)
{
  trust_ends_write (self, "hub.peers",
                    "kirk 00112233445566778899aabbccddeeff"
                    "00112233445566778899aabbccddeeff",
                    0600);
  self->scheme = data;
  trust_ends_listen (self, modes[1].hub);
  trust_ends_dial (self, modes[1].kirk);
  trust_ends_assert_nobody (self, "");
  g_assert_cmpuint (self->kirk->removed->len, ==, 0);
}

/* ---- descriptors that are connected already ---- */

#define TYPE_GIVER (giver_get_type ())
G_DECLARE_FINAL_TYPE (Giver, giver, , GIVER, HeinStreamTransport)

struct _Giver
{
  HeinStreamTransport parent_instance;
};

G_DEFINE_FINAL_TYPE (Giver, giver, HEIN_TYPE_STREAM_TRANSPORT)

static int ends[2]; /* given one after the other */

static int
giver_open_fd (HeinStreamTransport *transport,
               HeinEndpoint *endpoint,
               GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    if (ends[i] >= 0)
      {
        const int end = ends[i];

        ends[i] = -1;
        return end;
      }
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                       "nothing is left to give");
  return -1;
}

static void
giver_class_init (GiverClass *class)
{
  HEIN_STREAM_TRANSPORT_CLASS (class)->open_fd = giver_open_fd;
}

static void
giver_init (Giver *self)
{
}

static char *
dup_giver (TrustEnds *self)
{
  return g_strdup_printf ("giver://?key-file=%s/lamps.key", self->folder);
}

/* Both ends of a pair dial, so that nobody would be the server. */
static void
test_both_dial (TrustEnds *self, gconstpointer data)
{
  g_autofree char *uri = dup_giver (self);

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
  hein_test_bus_dial (self->hub, uri);
  hein_test_bus_dial (self->kirk, uri);
  hein_test_wait (self->hub->n_failed > 0 && self->kirk->n_failed > 0);
  for (guint i = 0; i < 2; i++)
    {
      HeinTestBus *bus = i == 0 ? self->hub : self->kirk;

      g_assert_error (bus->failure, HEIN_ERROR, HEIN_ERROR_INSECURE);
      g_assert_nonnull (strstr (bus->failure->message, "dials, too"));
      g_assert_cmpuint (bus->added->len, ==, 0);
    }
}

/* A device is not encrypted, and a key is not ignored. */
static void
test_device (TrustEnds *self, gconstpointer data)
{
  g_autofree char *uri = dup_giver (self);
  g_autoptr (GError) error = NULL;

  ends[0] = posix_openpt (O_RDWR | O_NOCTTY);
  ends[1] = -1;
  g_assert_cmpint (ends[0], >=, 0);
  g_assert_null (hein_bus_dial (self->kirk->bus, uri, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
  g_assert_nonnull (strstr (error->message, "only sockets can be encrypted"));
}

static void
add_waits (void)
{
  static const char *const schemes[] = { "tcp",           "tcp+soc",
                                         "tcp+tinyproto", "tcp+socketengine",
                                         "tcp+aiomsg",    "channel" };

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    {
      g_autofree char *path =
        g_strdup_printf ("/tls-verdict/waits/%s", schemes[i]);

      g_test_add (path, TrustEnds, schemes[i], set_up, test_waits,
                  trust_ends_tear_down);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autofree char *listener =
        g_strdup_printf ("/tls-verdict/replayed/%s/listener", modes[i].name);
      g_autofree char *dialler =
        g_strdup_printf ("/tls-verdict/replayed/%s/dialler", modes[i].name);

      g_test_add (listener, TrustEnds, &modes[i], set_up,
                  test_replayed_to_listener, trust_ends_tear_down);
      g_test_add (dialler, TrustEnds, &modes[i], set_up,
                  test_replayed_to_dialler, trust_ends_tear_down);
    }
  add_waits ();
  g_assert_true (hein_plugin_add ("giver", TYPE_GIVER, NULL));
  g_test_add ("/tls-verdict/both-dial", TrustEnds, &modes[0], set_up,
              test_both_dial, trust_ends_tear_down);
  g_test_add ("/tls-verdict/device", TrustEnds, &modes[0], set_up, test_device,
              trust_ends_tear_down);
  return g_test_run ();
}

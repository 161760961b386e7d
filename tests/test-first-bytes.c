/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "raw-peer.h"

/*
 * Each protocol meets what the other ones say first, and what browsers, TLS and
 * SSH do: no peer comes of it, no message, and an error names what it looks
 * like. What strangers say is harmless to a terminal.
 */

typedef struct
{
  const char *protocol; /* who speaks so; NULL: none of ours */
  const char *name;     /* what the error says; NULL: it cannot be told */
  const char *bytes;
  gsize size;
} Stranger;

#define BYTES(literal) literal, sizeof (literal) - 1
#define ZEROES_8       "\0\0\0\0\0\0\0\0"

static const char *const protocols[] = { "zmtp", "aiomsg", "tinyproto",
                                         "socketengine", "soc" };

static const Stranger strangers[] = {
  { "zmtp", "ZMTP", BYTES ("\xff" ZEROES_8 "\x7f\3\1NULL\0\0\0") },
  { "aiomsg", "aiomsg", BYTES ("\0\0\0\x12\1\1sixteen bytes ok") },
  { "tinyproto", "tinyproto", BYTES ("\xff") },
  { "socketengine", "socketengine",
    BYTES ("{\"type\": \"__name_conn\", \"data\": \"kirk\"}\n") },
  { "soc", "soc", BYTES ("\6") },
  { NULL, "HTTP", BYTES ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") },
  { NULL, "HTTP", BYTES ("HTTP/1.1 400 Bad Request\r\n\r\n") },
  { NULL, "TLS", BYTES ("\x16\3\1\2\0\1\0\1\xfc\3\3") },
  { NULL, "SSH", BYTES ("SSH-2.0-OpenSSH_9.2\r\n") },
  { NULL, NULL, BYTES ("\x93\xfe\x80\x42\xc3\x28\x07\xe2\x28\xa1\xf0") },
};

/* A lone FF may be the begin of ZMTP: only time tells that it is none. */
static gboolean
is_doubtful (const char *protocol, const Stranger *stranger)
{
  return strcmp (protocol, "zmtp") == 0 &&
         g_strcmp0 (stranger->protocol, "tinyproto") == 0;
}

static void
on_accepted (GObject *source, GAsyncResult *result, gpointer data)
{
  GSocketConnection **connection = data;

  *connection = g_socket_listener_accept_finish (G_SOCKET_LISTENER (source),
                                                 result, NULL, NULL);
}

static GSocketConnection *
accept_one (GSocketListener *listener)
{
  GSocketConnection *connection = NULL;

  g_socket_listener_accept_async (listener, NULL, on_accepted, &connection);
  hein_test_wait (connection != NULL);
  return connection;
}

static HeinTestBus *
new_bus (void)
{
  HeinTestBus *self = hein_test_bus_new ("bus");

  g_object_set (self->bus, "handshake-timeout-ms", 200u, NULL);
  return self;
}

static void
meet_listener (const char *protocol, const Stranger *stranger)
{
  g_autoptr (HeinTestBus) bus = new_bus ();
  g_autofree char *uri = g_strdup_printf ("tcp+%s://127.0.0.1:0", protocol);
  HeinEndpoint *endpoint = hein_test_bus_listen (bus, uri);
  g_autoptr (RawPeer) raw =
    raw_peer_new (bus, hein_endpoint_get_bound_uri (endpoint));

  raw_peer_send (raw, stranger->bytes, stranger->size);
  raw_peer_wait (raw, raw->is_eof);
  g_assert_cmpuint (bus->added->len, ==, 0);
  g_assert_cmpuint (bus->messages->len, ==, 0);
}

static void
meet_dialler (const char *protocol, const Stranger *stranger)
{
  g_autoptr (HeinTestBus) bus = new_bus ();
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  const guint16 port =
    g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree char *uri =
    g_strdup_printf ("tcp+%s://127.0.0.1:%u", protocol, port);
  HeinEndpoint *endpoint = hein_test_bus_dial (bus, uri);
  g_autoptr (GSocketConnection) connection = accept_one (listener);
  GSocket *socket = g_socket_connection_get_socket (connection);
  const GError *error;

  g_assert_cmpint (g_socket_send (socket, stranger->bytes, stranger->size, NULL,
                                  NULL),
                   ==, stranger->size);
  hein_test_wait (hein_endpoint_get_error (endpoint) != NULL);
  error = hein_endpoint_get_error (endpoint);
  if (stranger->name != NULL && !is_doubtful (protocol, stranger) &&
      strstr (error->message, stranger->name) == NULL)
    g_error ("%s, and %s: %s", protocol, stranger->name, error->message);
  /* who is dialled by socketengine says nothing, and is a peer by that */
  if (strcmp (protocol, "socketengine") != 0)
    g_assert_cmpuint (bus->added->len, ==, 0);
  g_assert_cmpuint (bus->messages->len, ==, 0);
}

static void
meet_all (void (*meet) (const char *protocol, const Stranger *stranger))
{
  for (guint i = 0; i < G_N_ELEMENTS (protocols); i++)
    for (guint j = 0; j < G_N_ELEMENTS (strangers); j++)
      if (g_strcmp0 (protocols[i], strangers[j].protocol) != 0)
        meet (protocols[i], &strangers[j]);
}

static void
test_listening (void)
{
  meet_all (meet_listener);
}

static void
test_dialling (void)
{
  meet_all (meet_dialler);
}

/* The error names what is wanted, though the greeting does not go on. */
static void
test_mechanism (void)
{
  static const Stranger curve = {
    NULL, "\"CURVE\"", BYTES ("\xff" ZEROES_8 "\x7f\3\1CURVE" ZEROES_8 ZEROES_8)
  };
  static const Stranger plain = {
    NULL, "\"PLAIN\"", BYTES ("\xff" ZEROES_8 "\x7f\3\1PLAIN" ZEROES_8 ZEROES_8)
  };

  meet_dialler ("zmtp", &curve);
  meet_dialler ("zmtp", &plain);
}

/* A lone FF is the whole greeting of tinyproto, so it makes a peer; that it was the
 * first byte of ZMTP shows with the next ones, and no message comes of them. */
static void
test_lone_byte (void)
{
  static const char rest[] = ZEROES_8 "\x7f\3\1NULL\0\0\0";
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  HeinEndpoint *endpoint =
    hein_test_bus_listen (bus, "tcp+tinyproto://127.0.0.1:0");
  g_autoptr (RawPeer) raw =
    raw_peer_new (bus, hein_endpoint_get_bound_uri (endpoint));

  raw_peer_send (raw, "\xff", 1);
  raw_peer_wait (raw, bus->added->len == 1);
  raw_peer_send (raw, rest, sizeof rest - 1);
  raw_peer_wait (raw, bus->removed->len == 1);
  g_assert_error (bus->reason, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (bus->reason->message, "ZMTP"));
  g_assert_cmpuint (bus->messages->len, ==, 0);
}

/* Who is dialled by socketengine says nothing, and is a peer by that: it may be
 * quiet for ever. A stranger who speaks goes again, and nothing came of it. */
static void
test_silent_peer (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autofree char *uri =
    g_strdup_printf ("tcp+socketengine://127.0.0.1:%u",
                     g_socket_listener_add_any_inet_port (listener, NULL,
                                                          NULL));
  g_autoptr (GSocketConnection) connection = NULL;

  hein_test_bus_dial (bus, uri);
  connection = accept_one (listener);
  hein_test_wait (bus->added->len == 1);
  g_socket_send (g_socket_connection_get_socket (connection),
                 "SSH-2.0-OpenSSH_9.2\r\n", 21, NULL, NULL);
  hein_test_wait (bus->removed->len == 1);
  g_assert_error (bus->reason, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (bus->reason->message, "SSH"));
  g_assert_cmpuint (bus->messages->len, ==, 0);
}

/* A transmitter of the Python library 0.1 is met in dialect c. */
static void
test_dialect (void)
{
  static const Stranger old = { NULL, "?dialect=b",
                                BYTES ("\6\6__raw__hello!\xac\x96\xac\x96") };
  g_autoptr (HeinTestBus) bus = new_bus ();
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autofree char *uri =
    g_strdup_printf ("tcp+soc://127.0.0.1:%u",
                     g_socket_listener_add_any_inet_port (listener, NULL,
                                                          NULL));
  g_autoptr (GSocketConnection) connection = NULL;

  hein_test_bus_dial (bus, uri);
  connection = accept_one (listener);
  g_socket_send (g_socket_connection_get_socket (connection), old.bytes,
                 old.size, NULL, NULL);
  hein_test_wait (bus->removed->len == 1);
  g_assert_nonnull (strstr (bus->reason->message, old.name));
  g_assert_cmpuint (bus->messages->len, ==, 0);
}

static void
test_printable (void)
{
  const char text[] =
    "a\33[2J\302\233b\342\200\256c\342\200\250\n\377\0d\303\274";
  g_autofree char *shown = hein_error_dup_printable (text, sizeof text - 1);
  g_autofree char *plain = hein_error_dup_printable ("a ~!", 3);
  g_autofree char *deleted = hein_error_dup_printable ("a\177", 2);
  g_autofree char *none = hein_error_dup_printable (NULL, 0);

  g_assert_cmpstr (shown, ==, "a?[2J?b?c??\357\277\275\357\277\275d\303\274");
  g_assert_cmpstr (plain, ==, "a ~");
  g_assert_cmpstr (deleted, ==, "a?");
  g_assert_cmpstr (none, ==, "");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/first-bytes/listening", test_listening);
  g_test_add_func ("/first-bytes/dialling", test_dialling);
  g_test_add_func ("/first-bytes/mechanism", test_mechanism);
  g_test_add_func ("/first-bytes/lone-byte", test_lone_byte);
  g_test_add_func ("/first-bytes/silent-peer", test_silent_peer);
  g_test_add_func ("/first-bytes/soc-dialect", test_dialect);
  g_test_add_func ("/first-bytes/printable", test_printable);
  return g_test_run ();
}

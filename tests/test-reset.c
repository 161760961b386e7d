/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <glib/gstdio.h>
#include <sys/socket.h>

#include "raw-peer.h"

/*
 * Who speaks a protocol without a goodbye takes an end in order for the word
 * that all was read. It gets a reset when that is not so, and still reads what
 * was said to it before.
 */

#define HELLO "\0\0\0\x12\1\1sixteen bytes ok"
#define DATA  "\0\0\0\x6\3hello"
#define HUGE  "\x7f\0\0\0\3"
#define NAME  "{\"type\": \"__name_conn\", \"data\": \"kirk\"}\n"
#define BYE   "{\"type\": \"__status\", \"data\": \"__closing\"}\n"

#define SAY(raw, literal) raw_peer_send (raw, literal, sizeof (literal) - 1)

static char *
listen_at (HeinTestBus *hub, const char *scheme, const char *options)
{
  g_autofree char *uri =
    g_strdup_printf ("%s://127.0.0.1:0%s", scheme, options);
  g_auto (GStrv) halves =
    g_strsplit (hein_endpoint_get_bound_uri (hein_test_bus_listen (hub, uri)),
                "?", 2);

  return g_strdup (halves[0]);
}

/* Reads until the end. Returns whether that is a reset. */
static gboolean
is_reset_at_end (RawPeer *self)
{
  const int fd = g_socket_get_fd (self->socket);
  const gint64 end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;
  char buffer[4096];

  for (;;)
    {
      const gssize n = recv (fd, buffer, sizeof buffer, 0);

      if (n > 0)
        g_string_append_len (self->got, buffer, n);
      else if (n == 0 || errno != EAGAIN)
        return n < 0 && errno == ECONNRESET;
      hein_bus_turn (self->bus->bus, 1);
      g_assert_cmpint (g_get_monotonic_time (), <, end_us);
    }
}

/* ---- refused ---- */

typedef struct
{
  const char *scheme;
  const char *words; /* of who is refused */
  gsize size;
  const char *answer; /* what it reads before the end */
  gsize answer_size;
  gboolean is_reset;
} Refusal;

#define BYTES(literal) literal, sizeof (literal) - 1

static const Refusal refusals[] = {
  { "tcp+aiomsg", BYTES (HELLO), NULL, 22, TRUE },
  { "tcp+aiomsg", BYTES (HELLO DATA DATA), NULL, 22, TRUE },
  { "tcp+socketengine", BYTES (NAME), NULL, 0, TRUE },
  { "tcp+tinyproto", BYTES ("\xff"), BYTES ("\xff\xfe"), TRUE },
  /* who receives sends nothing that counts */
  { "tcp+soc", BYTES ("a name of 15 by"), BYTES ("\6"), FALSE },
};

static void
test_refused (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      const Refusal *one = &refusals[i];
      g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
      g_autoptr (HeinTestBus) first = hein_test_bus_new ("first");
      g_autofree char *uri = listen_at (hub, one->scheme, "?max-peers=1");
      g_autoptr (RawPeer) second = NULL;

      hein_test_bus_dial (first, uri);
      hein_test_wait (hub->added->len == 1);
      second = raw_peer_new (hub, uri);
      raw_peer_send (second, one->words, one->size);
      g_assert_cmpint (is_reset_at_end (second), ==, one->is_reset);
      g_assert_cmpuint (second->got->len, ==, one->answer_size);
      if (one->answer != NULL)
        g_assert_cmpmem (second->got->str, second->got->len, one->answer,
                         one->answer_size);
      g_assert_cmpuint (hub->added->len, ==, 1);
    }
}

/* ---- not understood ---- */

static void
test_invalid (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autofree char *uri = listen_at (hub, "tcp+aiomsg", "");
  g_autoptr (RawPeer) raw = raw_peer_new (hub, uri);

  SAY (raw, HELLO);
  raw_peer_wait (raw, hub->added->len == 1);
  SAY (raw, DATA HUGE DATA);
  g_assert_true (is_reset_at_end (raw));
  hein_test_wait (hub->removed->len == 1);
  g_assert_error (hub->reason, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
  g_assert_cmpuint (hub->messages->len, ==, 1);
}

/* Of three messages the second is too large for the other side: what that has not
 * read is in doubt. */
static void
assert_counted (const char *scheme, const char *options)
{
  g_autofree char *large = g_strnfill (4000, 'x');
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autofree char *uri = NULL;
  g_autofree char *dialled = NULL;

  g_object_set (hub->bus, "max-message-size", (guint64) 100, NULL);
  uri = listen_at (hub, scheme, options);
  dialled = g_strconcat (uri, options, NULL);
  hein_test_bus_dial (kirk, dialled);
  hein_test_wait (hein_test_bus_count_peers (kirk) == 1);
  hein_test_bus_send (kirk, NULL, "t", "one");
  hein_test_bus_send (kirk, NULL, "t", large);
  hein_test_bus_send (kirk, NULL, "t", "three");
  hein_test_wait (kirk->removed->len == 1);
  g_assert_nonnull (kirk->reason);
  hein_test_wait (hub->removed->len == 1);
  g_assert_cmpuint (hub->messages->len, ==, 1);
  hein_test_wait (
    hein_bus_get_n_dropped (kirk->bus, HEIN_DROP_REASON_UNKNOWN) >= 2);
}

static void
test_counted (void)
{
  assert_counted ("tcp+aiomsg", "");
  assert_counted ("tcp+socketengine", "");
}

/* Their own word for an end would be one in order, too. */
static void
test_counted_websocket (void)
{
  assert_counted ("ws+aiomsg", "");
}

static void
call_with_key (void (*function) (const char *options))
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = NULL;
  g_autofree char *path = NULL;
  g_autofree char *options = NULL;

  if (g_strcmp0 (g_getenv ("HEIN_TEST_TLS"), "no") == 0)
    {
      g_test_skip ("built without TLS");
      return;
    }
  folder = g_dir_make_tmp ("hein-reset-XXXXXX", &error);
  g_assert_no_error (error);
  path = g_build_filename (folder, "key", NULL);
  g_file_set_contents_full (path,
                            "000102030405060708090a0b0c0d0e0f"
                            "101112131415161718191a1b1c1d1e1f\n",
                            -1, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
  options = g_strconcat ("?key-file=", path, NULL);
  function (options);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
count_with_key (const char *options)
{
  assert_counted ("tcp+aiomsg", options);
}

static void
test_counted_tls (void)
{
  call_with_key (count_with_key);
}

/* ---- in order ---- */

/* The peer has said that it ends: nothing of it is unread. */
static void
test_goodbye (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autofree char *uri = listen_at (hub, "tcp+socketengine", "");
  g_autoptr (RawPeer) raw = raw_peer_new (hub, uri);

  SAY (raw, NAME);
  raw_peer_wait (raw, hub->added->len == 1);
  SAY (raw, BYE);
  g_assert_false (is_reset_at_end (raw));
  hein_test_wait (hub->removed->len == 1);
  g_assert_error (hub->reason, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

/* This side ends, and reads on. */
static void
test_closed (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autofree char *uri = listen_at (hub, "tcp+aiomsg", "");
  g_autoptr (RawPeer) raw = raw_peer_new (hub, uri);

  SAY (raw, HELLO);
  raw_peer_wait (raw, hub->added->len == 1);
  hein_peer_close (hub->added->pdata[0]);
  SAY (raw, DATA);
  g_assert_false (is_reset_at_end (raw));
}

/* ---- who is reset in its handshake ---- */

static void
reset (GSocketConnection *connection)
{
  const struct linger at_once = { .l_onoff = 1 };
  GSocket *socket = g_socket_connection_get_socket (connection);

  g_assert_cmpint (setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_LINGER,
                               &at_once, sizeof at_once),
                   ==, 0);
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
}

/* Some dial once more, and say something else. */
static void
on_accepted (GObject *source, GAsyncResult *result, gpointer data)
{
  GSocketListener *listener = G_SOCKET_LISTENER (source);
  g_autoptr (GSocketConnection) connection =
    g_socket_listener_accept_finish (listener, result, NULL, NULL);

  if (connection == NULL)
    return;
  reset (connection);
  g_socket_listener_accept_async (listener, NULL, on_accepted, NULL);
}

/* It is told what an end in order would tell it. */
static void
assert_explained (const char *scheme, const char *options, const char *expected)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autofree char *uri =
    g_strdup_printf ("%s://127.0.0.1:%u%s", scheme,
                     g_socket_listener_add_any_inet_port (listener, NULL, NULL),
                     options);
  HeinEndpoint *endpoint = hein_test_bus_dial (bus, uri);
  const GError *error;

  g_socket_listener_accept_async (listener, NULL, on_accepted, NULL);
  hein_test_wait (hein_endpoint_get_error (endpoint) != NULL);
  error = hein_endpoint_get_error (endpoint);
  g_socket_listener_close (listener);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  if (strstr (error->message, expected) == NULL)
    g_error ("%s: %s", scheme, error->message);
}

/* One that dials by socketengine has no handshake. */
static void
test_explained (void)
{
  static const char *const schemes[] = {
    "tcp", "tcp+aiomsg", "tcp+soc", "tcp+tinyproto", "tcp+nats", "tcp+mqtt",
  };

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    assert_explained (schemes[i], "?plaintext=yes",
                      "closed during the handshake: it may be full");
  assert_explained ("ws", "?plaintext=yes",
                    "closed during the handshake of WebSocket");
}

static void
explain_with_key (const char *options)
{
  assert_explained ("tcp+aiomsg", options,
                    "closed during the handshake of TLS: it may be full");
}

static void
test_explained_tls (void)
{
  call_with_key (explain_with_key);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reset/refused", test_refused);
  g_test_add_func ("/reset/invalid", test_invalid);
  g_test_add_func ("/reset/counted", test_counted);
  g_test_add_func ("/reset/counted/websocket", test_counted_websocket);
  g_test_add_func ("/reset/counted/tls", test_counted_tls);
  g_test_add_func ("/reset/goodbye", test_goodbye);
  g_test_add_func ("/reset/closed", test_closed);
  g_test_add_func ("/reset/explained", test_explained);
  g_test_add_func ("/reset/explained/tls", test_explained_tls);
  return g_test_run ();
}

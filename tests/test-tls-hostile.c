/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "byte-proxy.h"
#include "key-ends.h"

/* Encrypted streams, with somebody on the way who changes them, and strangers who
 * speak to a listener. */

/* ---- somebody on the way ---- */

typedef struct
{
  HeinEndpoint *dialled;
  ByteProxy *proxy;
} Way;

static Way
meet_through_proxy (KeyEnds *self)
{
  HeinEndpoint *endpoint =
    key_ends_listen (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);
  Way way = { NULL, byte_proxy_new (key_ends_get_port (endpoint)) };
  g_autofree char *uri = g_strdup_printf ("tcp://127.0.0.1:%u?key-file=%s",
                                          way.proxy->port, self->lamps);

  way.dialled = hein_test_bus_dial (self->kirk, uri);
  return way;
}

/* An end that nobody has said is told from one that the other side has. */
static void
test_cut (KeyEnds *self, gconstpointer data)
{
  Way way = meet_through_proxy (self);

  key_ends_wait_for_both (self);
  key_ends_exchange (self);
  byte_proxy_cut (way.proxy);
  hein_test_wait (self->hub->removed->len == 1 &&
                  self->kirk->removed->len == 1);
  g_assert_error (self->hub->reason, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
  g_assert_nonnull (strstr (self->hub->reason->message, "was cut"));
  byte_proxy_free (way.proxy);
}

/* A byte at a time is as good as all at once. */
static void
test_drip (KeyEnds *self, gconstpointer data)
{
  Way way = meet_through_proxy (self);

  way.proxy->deed = BYTE_PROXY_DRIP;
  key_ends_wait_for_both (self);
  key_ends_exchange (self);
  g_assert_cmpuint (way.proxy->n_connections, ==, 1);
  byte_proxy_free (way.proxy);
}

/* So that it tries again soon, whatever the reason was. */
static void
hurry (HeinTestBus *bus)
{
  g_object_set (bus->bus, "reconnect-failed-ms", 10u, NULL);
}

/* @data: a deed, done to a byte of the connection, one place after the other: no
 * peer and no message comes of it that is not what was sent, and the next connection
 * is good. There are some 25 places each way. */
static void
test_tampered (KeyEnds *self, gconstpointer data)
{
  Way way = meet_through_proxy (self);
  gsize n_bytes[2];
  guint n_deeds = 0;

  hurry (self->kirk);
  key_ends_wait_for_both (self);
  n_bytes[0] = way.proxy->n_passed[0];
  n_bytes[1] = way.proxy->n_passed[1];
  for (guint side = 0; side < 2; side++)
    for (gsize place = 0; place < n_bytes[side];
         place += 1 + n_bytes[side] / 25)
      {
        const guint n_before = way.proxy->n_deeds;

        way.proxy->deed = GPOINTER_TO_INT (data);
        way.proxy->is_upward = side;
        way.proxy->place = place;
        byte_proxy_cut (way.proxy);
        hein_test_wait (way.proxy->n_deeds > n_before);
        way.proxy->deed = BYTE_PROXY_PASS;
        n_deeds++;
        byte_proxy_cut (way.proxy);
        key_ends_wait_for_both (self);
      }
  g_assert_cmpuint (n_deeds, >, 40);
  g_assert_cmpuint (self->hub->messages->len, ==, 0);
  g_assert_cmpuint (self->kirk->messages->len, ==, 0);
  key_ends_exchange (self);
  byte_proxy_free (way.proxy);
}

/* One bit of a record of a session: nothing of it arrives. Type and version of a
 * record have no meaning once it is sealed (RFC 8446, 5.2): there it may arrive, as
 * it was sent. */
static void
test_flipped (KeyEnds *self, gconstpointer data)
{
  Way way = meet_through_proxy (self);

  hurry (self->kirk);
  hurry (self->hub);
  key_ends_wait_for_both (self);
  for (guint i = 0; i < 40; i++)
    {
      const guint n_before = way.proxy->n_deeds;
      const guint n_removed = self->hub->removed->len;

      way.proxy->deed = BYTE_PROXY_FLIP;
      way.proxy->is_upward = TRUE;
      way.proxy->place = way.proxy->n_passed[1] + i;
      hein_test_bus_send (self->kirk, NULL, "t", "it is worse than that");
      hein_test_wait (way.proxy->n_deeds > n_before);
      way.proxy->deed = BYTE_PROXY_PASS;
      byte_proxy_cut (way.proxy);
      hein_test_wait (self->hub->removed->len > n_removed);
      g_assert_nonnull (self->hub->reason);
      key_ends_wait_for_both (self);
    }
  g_assert_cmpuint (self->hub->messages->len, <=, 3);
  for (guint i = 0; i < self->hub->messages->len; i++)
    {
      g_autofree char *text = hein_test_bus_dup_text (self->hub, i);

      g_assert_cmpstr (text, ==, "it is worse than that");
    }
  byte_proxy_free (way.proxy);
}

/* ---- strangers ---- */

static GSocket *
connect_raw (HeinEndpoint *endpoint)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection =
    g_socket_client_connect_to_host (client, "127.0.0.1",
                                     key_ends_get_port (endpoint), NULL,
                                     &error);

  g_assert_no_error (error);
  g_socket_set_blocking (g_socket_connection_get_socket (connection), FALSE);
  return g_object_ref (g_socket_connection_get_socket (connection));
}

/* Until it is turned out; what is said to it until then. (transfer full) */
static GString *
hear (GSocket *socket)
{
  GString *heard = g_string_new (NULL);
  gboolean is_open = TRUE;

  while (is_open)
    {
      char data[1024];
      g_autoptr (GError) error = NULL;
      const gssize n =
        g_socket_receive (socket, data, sizeof data, NULL, &error);

      if (n > 0)
        g_string_append_len (heard, data, n);
      is_open =
        n > 0 || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
      if (n < 0 && is_open)
        g_assert_true (
          hein_test_turn (g_get_monotonic_time () + HEIN_TEST_WAIT_US));
    }
  return heard;
}

/* A greeting of TLS 1.2, without any extension. */
static const char hello_12[] = "\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03"
                               "0123456789abcdef0123456789abcdef"
                               "\x00\x00\x04\x13\x01\xc0\x2f\x01\x00";

static void
test_strangers (KeyEnds *self, gconstpointer data)
{
  const struct
  {
    const char *bytes;
    gsize size;
  } words[] = {
    { "\xff\0\0\0\0\0\0\0\x01\x7f", 10 },
    { "GET / HTTP/1.1\r\n\r\n", 18 },
    { "\0", 1 },
    { "\x16\x03\x01\xff\xff", 5 },
    { "\x16\x03\x01\x00\x05garbage", 12 },
    { "\x15\x03\x03\x00\x02\x02\x28", 7 },
    { hello_12, sizeof hello_12 - 1 },
  };
  HeinEndpoint *endpoint =
    key_ends_listen (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autoptr (GSocket) socket = connect_raw (endpoint);
      g_autoptr (GString) heard = NULL;

      g_assert_cmpint (g_socket_send (socket, words[i].bytes, words[i].size,
                                      NULL, NULL),
                       ==, words[i].size);
      heard = hear (socket);
      /* an alert, or nothing */
      g_assert_cmpuint (heard->len, <=, 7);
      g_string_free (g_steal_pointer (&heard), TRUE);
    }
  key_ends_dial (self->kirk, endpoint, "key-file", self->lamps);
  key_ends_wait_for_both (self);
  g_assert_cmpuint (self->hub->added->len, ==, 1);
}

/* Those who say nothing go when their time is over, and when there are too many. */
static void
test_silent_strangers (KeyEnds *self, gconstpointer data)
{
  g_autoptr (GPtrArray) sockets =
    g_ptr_array_new_with_free_func (g_object_unref);
  HeinEndpoint *endpoint =
    key_ends_listen (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);

  for (guint i = 0; i < 300; i++)
    {
      g_ptr_array_add (sockets, connect_raw (endpoint));
      hein_test_turn (g_get_monotonic_time () + HEIN_TEST_WAIT_US);
    }
  key_ends_dial (self->kirk, endpoint, "key-file", self->lamps);
  key_ends_wait_for_both (self);
  key_ends_exchange (self);
  g_object_set (self->hub->bus, "handshake-timeout-ms", 50u, NULL);
  for (guint i = 0; i < sockets->len; i++)
    g_string_free (hear (sockets->pdata[i]), TRUE);
}

/* Who says its first words byte by byte gets no more time by that, and keeps nobody
 * else out. */
static void
test_dripping_strangers (KeyEnds *self, gconstpointer data)
{
  g_autoptr (GPtrArray) sockets =
    g_ptr_array_new_with_free_func (g_object_unref);
  HeinEndpoint *endpoint =
    key_ends_listen (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);

  for (guint i = 0; i < 20; i++)
    g_ptr_array_add (sockets, connect_raw (endpoint));
  for (guint at = 0; at + 1 < sizeof hello_12 - 1; at++)
    {
      for (guint i = 0; i < sockets->len; i++)
        g_assert_cmpint (g_socket_send (sockets->pdata[i], hello_12 + at, 1,
                                        NULL, NULL),
                         ==, 1);
      g_main_context_iteration (NULL, FALSE);
    }
  key_ends_dial (self->kirk, endpoint, "key-file", self->lamps);
  key_ends_wait_for_both (self);
  key_ends_exchange (self);
  g_object_set (self->hub->bus, "handshake-timeout-ms", 50u, NULL);
  for (guint i = 0; i < sockets->len; i++)
    g_string_free (hear (sockets->pdata[i]), TRUE);
  g_assert_cmpuint (self->hub->added->len, ==, 1);
}

/* A forked child has nothing to say on the connections of its parent. */

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  key_ends_add ("/tls-hostile/cut", NULL, test_cut);
  key_ends_add ("/tls-hostile/drip", NULL, test_drip);
  key_ends_add ("/tls-hostile/handshake/flip",
                GINT_TO_POINTER (BYTE_PROXY_FLIP), test_tampered);
  key_ends_add ("/tls-hostile/handshake/cut", GINT_TO_POINTER (BYTE_PROXY_CUT),
                test_tampered);
  key_ends_add ("/tls-hostile/handshake/reset",
                GINT_TO_POINTER (BYTE_PROXY_RESET), test_tampered);
  key_ends_add ("/tls-hostile/handshake/stall",
                GINT_TO_POINTER (BYTE_PROXY_STALL), test_tampered);
  key_ends_add ("/tls-hostile/flipped", NULL, test_flipped);
  key_ends_add ("/tls-hostile/strangers", NULL, test_strangers);
  key_ends_add ("/tls-hostile/silent-strangers", NULL, test_silent_strangers);
  key_ends_add ("/tls-hostile/dripping-strangers", NULL,
                test_dripping_strangers);
  return key_ends_run ();
}

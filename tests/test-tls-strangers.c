/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "key-ends.h"

/* Strangers who say something at an address with a key, or at whose address a bus with
 * a key dials: never a peer, a word of its own for each on this side, and nothing of use
 * on the other. */

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

/* As much as is taken before it is turned out. */
static void
say (GSocket *socket, const char *data, gsize size)
{
  while (size > 0)
    {
      g_autoptr (GError) error = NULL;
      const gssize n = g_socket_send (socket, data, size, NULL, &error);

      if (n < 0 && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return;
      data += MAX (n, 0);
      size -= MAX (n, 0);
      g_main_context_iteration (NULL, FALSE);
    }
}

/* A greeting of TLS 1.2, without any extension. */
static const char hello_12[] = "\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03"
                               "0123456789abcdef0123456789abcdef"
                               "\x00\x00\x04\x13\x01\xc0\x2f\x01\x00";

/* One that could have the key: ECDHE_PSK (RFC 5489, RFC 8442), over X25519. */
static const char hello_12_psk[] =
  "\x16\x03\x01\x00\x4a\x01\x00\x00\x46\x03\x03"
  "0123456789abcdef0123456789abcdef"
  "\x00\x00\x06\xd0\x01\xcc\xac\xc0\x37\x01\x00"
  "\x00\x17\x00\x0a\x00\x04\x00\x02\x00\x1d"
  "\x00\x0b\x00\x02\x01\x00"
  "\xff\x01\x00\x01\x00"
  "\x00\x17\x00\x00";

/* The same as a server, which is done with it at once. */
static const char done_12[] = "\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03"
                              "0123456789abcdef0123456789abcdef"
                              "\x00\xc0\x2f\x00";

/* A message of a handshake that would take a mebibyte, such as a chain of certificates:
 * as much of it as is more than anybody may say. */
#define RECORD_MAX 16384
#define N_RECORDS  66
static char endless[N_RECORDS * (5 + RECORD_MAX)];

static void
fill_endless (void)
{
  for (guint i = 0; i < N_RECORDS; i++)
    memcpy (endless + i * (5 + RECORD_MAX), "\x16\x03\x03\x40\x00", 5);
  memcpy (endless + 5, "\x0b\x10\x00\x00", 4);
}

typedef struct
{
  const char *name;
  const char *bytes;
  gsize size;
  const char *heard; /* by who listens; NULL: not said to it */
  const char *read;  /* by who dials; NULL: not said to it */
} Stranger;

#define SAYS(bytes) bytes, sizeof bytes - 1

static const Stranger strangers[] = {
  { "zmtp", SAYS ("\xff\0\0\0\0\0\0\0\x01\x7f"), "0xff, as plain ZMTP does",
    "0xff, as plain ZMTP does" },
  { "http", SAYS ("GET / HTTP/1.1\r\n\r\n"),
    "does not encrypt (it begins with 0x47)",
    "does not encrypt (it begins with 0x47)" },
  { "zero", SAYS ("\0"), "does not encrypt (it begins with 0x00)",
    "does not encrypt (it begins with 0x00)" },
  { "endless-record", SAYS ("\x16\x03\x01\xff\xff"),
    "packet with invalid length", "packet with invalid length" },
  { "garbage", SAYS ("\x16\x03\x01\x00\x04g\0\0\0"),
    "unexpected TLS handshake packet", "unexpected TLS handshake packet" },
  { "alert", SAYS ("\x15\x03\x03\x00\x02\x02\x28"), "unexpected TLS packet",
    "does not take the key" },
  { "data", SAYS ("\x17\x03\x03\x00\x02no"),
    "does not encrypt (it begins with 0x17)",
    "does not encrypt (it begins with 0x17)" },
  { "endless-message", endless, sizeof endless, "more than there is to say",
    "more than there is to say" },
  { "tls-1.2", SAYS (hello_12), "it speaks TLS, and has no key that is shared",
    NULL },
  { "tls-1.2-psk", SAYS (hello_12_psk), "it has no TLS 1.3", NULL },
  { "tls-1.2-answer", SAYS (done_12), NULL, "it has no TLS 1.3" },
};

static void
assert_told (HeinTestBus *bus, const char *words)
{
  hein_test_wait (bus->n_failed > 0);
  if (strstr (bus->failure->message, words) == NULL)
    g_error ("\"%s\" is not in: %s", words, bus->failure->message);
  g_assert_cmpuint (bus->added->len, ==, 0);
}

static void
test_listener (KeyEnds *self, gconstpointer data)
{
  const Stranger *it = data;
  HeinEndpoint *endpoint =
    key_ends_listen (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);
  g_autoptr (GSocket) socket = connect_raw (endpoint);
  g_autoptr (GString) heard = NULL;

  say (socket, it->bytes, it->size);
  heard = hear (socket);
  /* an alert, or nothing */
  g_assert_cmpuint (heard->len, <=, 7);
  assert_told (self->hub, it->heard);
  key_ends_dial (self->kirk, endpoint, "key-file", self->lamps);
  key_ends_wait_for_both (self);
  g_assert_cmpuint (self->hub->added->len, ==, 1);
}

static gboolean
on_incoming (GSocketService *service,
             GSocketConnection *connection,
             GObject *source,
             gpointer data)
{
  const Stranger *it = data;
  GSocket *socket = g_socket_connection_get_socket (connection);

  g_object_set_data_full (G_OBJECT (service), "it", g_object_ref (connection),
                          g_object_unref);
  g_socket_set_blocking (socket, FALSE);
  say (socket, it->bytes, it->size);
  return TRUE;
}

static void
test_dialler (KeyEnds *self, gconstpointer data)
{
  const Stranger *it = data;
  g_autoptr (GSocketService) service = g_socket_service_new ();
  g_autofree char *uri = NULL;
  guint16 port;

  port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (service), NULL,
                                              NULL);
  g_signal_connect (service, "incoming", G_CALLBACK (on_incoming),
                    (gpointer) it);
  g_socket_service_start (service);
  uri = g_strdup_printf ("tcp://127.0.0.1:%u?key-file=%s", port, self->lamps);
  hein_test_bus_dial (self->kirk, uri);
  assert_told (self->kirk, it->read);
  g_socket_service_stop (service);
  g_socket_listener_close (G_SOCKET_LISTENER (service));
}

#define N_SILENT    300
#define N_UNDER_WAY 128 /* handshakes at once */

static guint
count_gone (GPtrArray *sockets)
{
  guint n = 0;

  for (guint i = 0; i < sockets->len; i++)
    {
      char byte;
      g_autoptr (GError) error = NULL;

      n += g_socket_receive (sockets->pdata[i], &byte, 1, NULL, &error) >= 0 ||
           !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
    }
  return n;
}

/* Those who say nothing go when there are too many, and when their time is over. */
static void
test_silent_strangers (KeyEnds *self, gconstpointer data)
{
  g_autoptr (GPtrArray) sockets =
    g_ptr_array_new_with_free_func (g_object_unref);
  HeinEndpoint *endpoint =
    key_ends_listen (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);

  g_object_set (self->hub->bus, "handshake-timeout-ms", 60000u, NULL);
  for (guint i = 0; i < N_SILENT; i++)
    {
      g_ptr_array_add (sockets, connect_raw (endpoint));
      hein_test_turn (g_get_monotonic_time () + HEIN_TEST_WAIT_US);
    }
  hein_test_wait (count_gone (sockets) >= N_SILENT - N_UNDER_WAY);
  key_ends_dial (self->kirk, endpoint, "key-file", self->lamps);
  key_ends_wait_for_both (self);
  key_ends_exchange (self);
  g_object_set (self->hub->bus, "handshake-timeout-ms", 50u, NULL);
  for (guint i = 0; i < sockets->len; i++)
    g_string_free (hear (sockets->pdata[i]), TRUE);
}

/* The beginning of a greeting of 16 KiB, at a byte for each turn. Returns how many
 * were said until all are turned out. */
static guint
drip (GPtrArray *sockets)
{
  static const char head[] = "\x16\x03\x01\x40\x00\x01\x00\x3f\xfc\x03\x03";
  guint n = 0;
  guint n_open = sockets->len;

  for (; n_open > 0 && n < RECORD_MAX; n++)
    {
      const char byte = n < sizeof head - 1 ? head[n] : 'x';

      n_open = 0;
      for (guint i = 0; i < sockets->len; i++)
        n_open += g_socket_send (sockets->pdata[i], &byte, 1, NULL, NULL) == 1;
      hein_test_turn (g_get_monotonic_time () + 1000);
    }
  return n;
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
  key_ends_dial (self->kirk, endpoint, "key-file", self->lamps);
  key_ends_wait_for_both (self);
  g_object_set (self->hub->bus, "handshake-timeout-ms", 50u, NULL);
  g_assert_cmpuint (drip (sockets), <, RECORD_MAX);
  key_ends_exchange (self);
  g_assert_cmpuint (self->hub->added->len, ==, 1);
}

static void
add_all (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (strangers); i++)
    {
      const Stranger *it = &strangers[i];
      g_autofree char *to =
        g_strconcat ("/tls-strangers/to-listener/", it->name, NULL);
      g_autofree char *of =
        g_strconcat ("/tls-strangers/to-dialler/", it->name, NULL);

      if (it->heard != NULL)
        key_ends_add (to, it, test_listener);
      if (it->read != NULL)
        key_ends_add (of, it, test_dialler);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  fill_endless ();
  add_all ();
  key_ends_add ("/tls-strangers/silent", NULL, test_silent_strangers);
  key_ends_add ("/tls-strangers/dripping", NULL, test_dripping_strangers);
  return key_ends_run ();
}

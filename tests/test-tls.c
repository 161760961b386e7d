/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "byte-proxy.h"
#include "key-ends.h"

/* Encrypted streams with one key for all: who comes in, who does not, and what each
 * is told. */

/* ---- those who have the key ---- */

/* @data: an address. Not every protocol has a way up, or an end in order. */
static void
test_same_key (KeyEnds *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    key_ends_listen (self->hub, data, "key-file", self->lamps);
  const gboolean is_one_way = strstr (data, "+soc:") != NULL;
  g_autofree char *text = NULL;

  key_ends_dial (self->kirk, endpoint, "key-file", self->lamps);
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1 &&
                  self->kirk->added->len == 1);
  key_ends_assert_security (self->hub, "psk:lamps");
  key_ends_assert_security (self->kirk, "psk:lamps");
  if (!is_one_way)
    key_ends_exchange (self);
  else
    {
      hein_test_bus_send (self->hub, NULL, "t", "down");
      hein_test_wait (self->kirk->messages->len == 1);
      text = hein_test_bus_dup_text (self->kirk, 0);
      g_assert_cmpstr (text, ==, "down");
    }
  hein_test_bus_close (self->kirk);
  hein_test_wait (self->hub->removed->len == 1);
  if (strstr (data, "socketengine") == NULL)
    g_assert_no_error (self->hub->reason);
}

/* Raw bytes and digits are the same key. */
static void
test_raw_key (KeyEnds *self, gconstpointer data)
{
  g_autofree char *path = key_ends_dup_path ("raw");
  guint8 bytes[32];
  HeinEndpoint *endpoint;

  for (guint i = 0; i < sizeof bytes; i++)
    bytes[i] = g_ascii_xdigit_value (KEY_ENDS_LAMPS[2 * i]) << 4 |
               g_ascii_xdigit_value (KEY_ENDS_LAMPS[2 * i + 1]);
  g_assert_true (g_file_set_contents_full (path, (const char *) bytes, 32,
                                           G_FILE_SET_CONTENTS_NONE, 0600,
                                           NULL));
  endpoint = key_ends_listen (self->hub, "tcp://127.0.0.1:0", "key-file", path);
  key_ends_dial (self->kirk, endpoint, "key-file", self->lamps);
  key_ends_wait_for_both (self);
  key_ends_assert_security (self->hub, "psk:raw");
  key_ends_exchange (self);
}

/* Much, of all sizes, arrives whole and in order, and is what was sent. */
static void
test_much (KeyEnds *self, gconstpointer data)
{
  const gsize sizes[] = { 4, 100, 16383, 16384, 16385, 70000, 3000000 };
  HeinEndpoint *endpoint =
    key_ends_listen (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);
  /* valgrind has no instructions for AES */
  const guint n_rounds = g_getenv ("HEIN_TEST_SLOW") != NULL ? 1 : 10;
  guint n = 0;

  g_object_set (self->hub->bus, "overflow", HEIN_OVERFLOW_WAIT, NULL);
  g_object_set (self->kirk->bus, "overflow", HEIN_OVERFLOW_WAIT, NULL);
  key_ends_dial (self->kirk, endpoint, "key-file", self->lamps);
  key_ends_wait_for_both (self);
  for (guint round = 0; round < n_rounds; round++)
    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
      {
        hein_test_wait (
          hein_test_bus_send_number (self->kirk, "t", n, sizes[i]));
        hein_test_wait (
          hein_test_bus_send_number (self->hub, "t", n, sizes[i]));
        n++;
      }
  hein_test_wait (self->hub->messages->len == n &&
                  self->kirk->messages->len == n);
  for (guint i = 0; i < n; i++)
    {
      HeinMessage *message = self->hub->messages->pdata[i];

      g_assert_cmpuint (hein_test_get_number (message), ==, i);
      g_assert_cmpuint (g_bytes_get_size (hein_message_get_payload (message)),
                        ==, sizes[i % G_N_ELEMENTS (sizes)]);
    }
}

/* A key takes the place of plaintext=yes. */
static void
test_all_addresses (KeyEnds *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    key_ends_listen (self->hub, "tcp://0.0.0.0:0", "key-file", self->lamps);
  g_autofree char *address =
    g_strdup_printf ("tcp://127.0.0.1:%u", key_ends_get_port (endpoint));
  g_autofree char *uri = key_ends_dup_uri (address, "key-file", self->lamps);

  hein_test_bus_dial (self->kirk, uri);
  key_ends_wait_for_both (self);
  key_ends_exchange (self);
}

/* ---- those who have not ---- */

static void
assert_warned (HeinTestBus *bus, HeinEndpoint *listened, const char *words)
{
  hein_test_wait (bus->n_failed == 1);
  g_assert_error (bus->failure, HEIN_ERROR, HEIN_ERROR_INSECURE);
  g_assert_nonnull (
    strstr (bus->failure->message, "a connection from 127.0.0.1:"));
  g_assert_nonnull (strstr (bus->failure->message, words));
  g_assert_cmpint (hein_endpoint_get_state (listened), ==,
                   HEIN_ENDPOINT_STATE_OPEN);
  g_assert_no_error (hein_endpoint_get_error (listened));
}

static void
test_other_key (KeyEnds *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    key_ends_listen (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);

  key_ends_assert_nobody (self,
                          key_ends_dial (self->kirk, endpoint, "key-file",
                                         self->other),
                          "does not take the key \"other\"");
  assert_warned (self->hub, endpoint, "\"kirk\" has another key");
}

/* However often somebody tries: once a minute. */
static void
test_other_key_often (KeyEnds *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    key_ends_listen (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);

  g_object_set (self->kirk->bus, "reconnect-failed-ms", 1u, NULL);
  for (guint i = 0; i < 20; i++)
    {
      HeinEndpoint *dialled =
        key_ends_dial (self->kirk, endpoint, "key-file", self->other);

      hein_test_wait (self->kirk->n_failed == i + 1);
      hein_endpoint_close (dialled);
    }
  assert_warned (self->hub, endpoint, "\"kirk\" has another key");
}

/* @data: an address: whatever protocol hears TLS where it does not expect it. */
static void
test_plain_dialler (KeyEnds *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    key_ends_listen (self->hub, data, "key-file", self->lamps);

  if (strstr (data, "+soc:") != NULL)
    {
      g_test_skip ("who dials says nothing before it has heard something");
      return;
    }
  key_ends_assert_nobody (self,
                          key_ends_dial (self->kirk, endpoint, NULL, NULL),
                          "key-file=");
  if (g_str_has_prefix (data, "tcp"))
    assert_warned (self->hub, endpoint, "the other side does not encrypt");
}

static void
test_plain_listener (KeyEnds *self, gconstpointer data)
{
  HeinEndpoint *endpoint = key_ends_listen (self->hub, data, NULL, NULL);

  key_ends_assert_nobody (self,
                          key_ends_dial (self->kirk, endpoint, "key-file",
                                         self->lamps),
                          "does not encrypt");
}

/* A key that is shared must not prove a bus to itself. */
static void
test_itself (KeyEnds *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    key_ends_listen (self->kirk, "tcp://127.0.0.1:0", "key-file", self->lamps);
  g_autoptr (ByteProxy) proxy = byte_proxy_new (key_ends_get_port (endpoint));
  g_autofree char *uri = g_strdup_printf ("tcp://127.0.0.1:%u?key-file=%s",
                                          proxy->port, self->lamps);

  hein_test_bus_dial (self->kirk, uri);
  hein_test_wait (self->kirk->n_failed == 2); /* at both of its ends */
  g_assert_error (self->kirk->failure, HEIN_ERROR, HEIN_ERROR_INSECURE);
  g_assert_nonnull (strstr (self->kirk->failure->message, "this very bus"));
  g_assert_cmpuint (hein_test_bus_count_peers (self->kirk), ==, 0);
}

static void
test_fork (KeyEnds *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    key_ends_listen (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);
  pid_t child;
  int status;

  key_ends_dial (self->kirk, endpoint, "key-file", self->lamps);
  key_ends_wait_for_both (self);
  child = fork ();
  if (child == 0)
    {
      g_object_unref (self->kirk->bus);
      g_object_unref (self->hub->bus);
      _exit (0);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
  key_ends_exchange (self);
}

static void
add_each (const char *name, void (*test) (KeyEnds *, gconstpointer))
{
  static const char *const addresses[] = {
    "tcp://127.0.0.1:0",           "tcp+soc://127.0.0.1:0",
    "tcp+tinyproto://127.0.0.1:0", "tcp+socketengine://127.0.0.1:0",
    "tcp+aiomsg://127.0.0.1:0",    "channel://127.0.0.1:0",
    "unix:@hein-test-tls",
  };

  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      g_autofree char *scheme =
        g_strndup (addresses[i], strcspn (addresses[i], ":"));
      g_autofree char *path = g_strdup_printf ("/tls/%s/%s", name, scheme);

      key_ends_add (path, addresses[i], test);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_each ("same-key", test_same_key);
  add_each ("plain-dialler", test_plain_dialler);
  add_each ("plain-listener", test_plain_listener);
  key_ends_add ("/tls/raw-key", NULL, test_raw_key);
  key_ends_add ("/tls/much", NULL, test_much);
  key_ends_add ("/tls/all-addresses", NULL, test_all_addresses);
  key_ends_add ("/tls/other-key", NULL, test_other_key);
  key_ends_add ("/tls/other-key-often", NULL, test_other_key_often);
  key_ends_add ("/tls/itself", NULL, test_itself);
  key_ends_add ("/tls/fork", NULL, test_fork);
  return key_ends_run ();
}

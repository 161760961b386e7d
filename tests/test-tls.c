/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "byte-proxy.h"
#include "hein-test.h"

/* Encrypted streams: who comes in, who does not, and what each is told. */

#define LAMPS "b7f3d1c0a9e8476655443322110f0e0d0c0b0a09080706050403020100fedcba"
#define OTHER "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static char *folder;

/* (transfer full): the path of a file of keys. */
static char *
make_file (const char *name, const char *text, int mode)
{
  char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  g_unlink (path);
  g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600,
                            &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_chmod (path, mode), ==, 0);
  return path;
}

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *kirk;
  char *lamps;
  char *other;
  char *named; /* a ring that has a key for kirk, and others */
  char *hub_only;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->hub = hein_test_bus_new ("hub");
  self->kirk = hein_test_bus_new ("kirk");
  self->lamps = make_file ("lamps.key", LAMPS "\n", 0600);
  self->other = make_file ("other.key", OTHER, 0400);
  self->named = make_file ("named.ring",
                           "# who is there\n\n"
                           "spock " OTHER "\nkirk\t" LAMPS "\n",
                           0600);
  self->hub_only = make_file ("hub.ring", "hub " LAMPS "\n", 0600);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  hein_test_bus_free (self->kirk);
  hein_test_bus_free (self->hub);
  g_free (self->lamps);
  g_free (self->other);
  g_free (self->named);
  g_free (self->hub_only);
}

static char *
dup_uri (const char *address, const char *option, const char *path)
{
  if (path == NULL)
    return g_strdup (address);
  return g_strdup_printf ("%s%s%s=%s", address,
                          strchr (address, '?') != NULL ? "&" : "?", option,
                          path);
}

/* Without the options of who listens. */
static char *
dup_place (HeinEndpoint *endpoint)
{
  const char *uri = hein_endpoint_get_bound_uri (endpoint);

  return g_strndup (uri, strcspn (uri, "?"));
}

static guint16
get_port (HeinEndpoint *endpoint)
{
  g_autofree char *place = dup_place (endpoint);

  return atoi (strrchr (place, ':') + 1);
}

static HeinEndpoint *
listen_with (HeinTestBus *bus,
             const char *address,
             const char *option,
             const char *path)
{
  g_autofree char *uri = dup_uri (address, option, path);

  return hein_test_bus_listen (bus, uri);
}

static HeinEndpoint *
dial_with (HeinTestBus *bus,
           HeinEndpoint *to,
           const char *option,
           const char *path)
{
  g_autofree char *place = dup_place (to);
  g_autofree char *uri = dup_uri (place, option, path);

  return hein_test_bus_dial (bus, uri);
}

static void
assert_security (HeinTestBus *bus, const char *expected)
{
  g_autoptr (HeinPeer) peer =
    g_list_model_get_item (G_LIST_MODEL (hein_bus_get_peers (bus->bus)), 0);

  g_assert_cmpstr (hein_peer_get_security (peer), ==, expected);
}

static void
wait_for_both (Fixture *self)
{
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1 &&
                  hein_test_bus_count_peers (self->kirk) == 1);
}

static void
exchange (Fixture *self)
{
  g_autofree char *down = NULL;
  g_autofree char *up = NULL;

  hein_test_bus_send (self->hub, NULL, "t", "down");
  hein_test_bus_send (self->kirk, NULL, "t", "up");
  hein_test_wait (self->hub->messages->len == 1 &&
                  self->kirk->messages->len == 1);
  up = hein_test_bus_dup_text (self->hub, 0);
  down = hein_test_bus_dup_text (self->kirk, 0);
  g_assert_cmpstr (up, ==, "up");
  g_assert_cmpstr (down, ==, "down");
}

/* ---- those who have the key ---- */

/* @data: an address. Not every protocol has a way up, or an end in order. */
static void
test_same_key (Fixture *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    listen_with (self->hub, data, "key-file", self->lamps);
  const gboolean is_one_way = strstr (data, "+soc:") != NULL;
  g_autofree char *text = NULL;

  dial_with (self->kirk, endpoint, "key-file", self->lamps);
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1 &&
                  self->kirk->added->len == 1);
  assert_security (self->hub, "psk:lamps");
  assert_security (self->kirk, "psk:lamps");
  if (!is_one_way)
    exchange (self);
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
test_raw_key (Fixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (folder, "raw", NULL);
  guint8 bytes[32];
  HeinEndpoint *endpoint;

  for (guint i = 0; i < sizeof bytes; i++)
    bytes[i] = g_ascii_xdigit_value (LAMPS[2 * i]) << 4 |
               g_ascii_xdigit_value (LAMPS[2 * i + 1]);
  g_assert_true (g_file_set_contents_full (path, (const char *) bytes, 32,
                                           G_FILE_SET_CONTENTS_NONE, 0600,
                                           NULL));
  endpoint = listen_with (self->hub, "tcp://127.0.0.1:0", "key-file", path);
  dial_with (self->kirk, endpoint, "key-file", self->lamps);
  wait_for_both (self);
  assert_security (self->hub, "psk:raw");
  exchange (self);
}

/* Much, of all sizes, arrives whole and in order, and is what was sent. */
static void
test_much (Fixture *self, gconstpointer data)
{
  const gsize sizes[] = { 4, 100, 16383, 16384, 16385, 70000, 3000000 };
  HeinEndpoint *endpoint =
    listen_with (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);
  /* valgrind has no instructions for AES */
  const guint n_rounds = g_getenv ("HEIN_TEST_SLOW") != NULL ? 1 : 10;
  guint n = 0;

  g_object_set (self->hub->bus, "overflow", HEIN_OVERFLOW_WAIT, NULL);
  g_object_set (self->kirk->bus, "overflow", HEIN_OVERFLOW_WAIT, NULL);
  dial_with (self->kirk, endpoint, "key-file", self->lamps);
  wait_for_both (self);
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
test_all_addresses (Fixture *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    listen_with (self->hub, "tcp://0.0.0.0:0", "key-file", self->lamps);
  g_autofree char *address =
    g_strdup_printf ("tcp://127.0.0.1:%u", get_port (endpoint));
  g_autofree char *uri = dup_uri (address, "key-file", self->lamps);

  hein_test_bus_dial (self->kirk, uri);
  wait_for_both (self);
  exchange (self);
}

/* ---- those who have not ---- */

static void
assert_nobody (Fixture *self, HeinEndpoint *dialled, const char *words)
{
  g_autoptr (GError) error = NULL;

  hein_test_wait (self->kirk->n_failed == 1);
  g_assert_error (self->kirk->failure, HEIN_ERROR, HEIN_ERROR_INSECURE);
  g_assert_nonnull (strstr (self->kirk->failure->message, words));
  g_assert_cmpint (hein_endpoint_get_state (dialled), ==,
                   HEIN_ENDPOINT_STATE_WAITING);
  g_assert_cmpuint (self->hub->added->len, ==, 0);
  g_assert_cmpuint (hein_test_bus_count_peers (self->kirk), ==, 0);
}

/* Who listens is told, and goes on as before. */
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
test_other_key (Fixture *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    listen_with (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);

  assert_nobody (self,
                 dial_with (self->kirk, endpoint, "key-file", self->other),
                 "does not take the key \"other\"");
  assert_warned (self->hub, endpoint, "\"kirk\" has another key");
}

/* However often somebody tries: once a minute. */
static void
test_other_key_often (Fixture *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    listen_with (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);

  g_object_set (self->kirk->bus, "reconnect-failed-ms", 1u, NULL);
  for (guint i = 0; i < 20; i++)
    {
      HeinEndpoint *dialled =
        dial_with (self->kirk, endpoint, "key-file", self->other);

      hein_test_wait (self->kirk->n_failed == i + 1);
      hein_endpoint_close (dialled);
    }
  assert_warned (self->hub, endpoint, "\"kirk\" has another key");
}

/* @data: an address: whatever protocol hears TLS where it does not expect it. */
static void
test_plain_dialler (Fixture *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    listen_with (self->hub, data, "key-file", self->lamps);

  if (strstr (data, "+soc:") != NULL)
    {
      g_test_skip ("who dials says nothing before it has heard something");
      return;
    }
  assert_nobody (self, dial_with (self->kirk, endpoint, NULL, NULL),
                 "key-file=");
  if (g_str_has_prefix (data, "tcp"))
    assert_warned (self->hub, endpoint, "the other side does not encrypt");
}

static void
test_plain_listener (Fixture *self, gconstpointer data)
{
  HeinEndpoint *endpoint = listen_with (self->hub, data, NULL, NULL);

  assert_nobody (self,
                 dial_with (self->kirk, endpoint, "key-file", self->lamps),
                 "does not encrypt");
}

/* A key that is shared must not prove a bus to itself. */
static void
test_itself (Fixture *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    listen_with (self->kirk, "tcp://127.0.0.1:0", "key-file", self->lamps);
  g_autoptr (ByteProxy) proxy = byte_proxy_new (get_port (endpoint));
  g_autofree char *uri = g_strdup_printf ("tcp://127.0.0.1:%u?key-file=%s",
                                          proxy->port, self->lamps);

  hein_test_bus_dial (self->kirk, uri);
  hein_test_wait (self->kirk->n_failed == 2); /* at both of its ends */
  g_assert_error (self->kirk->failure, HEIN_ERROR, HEIN_ERROR_INSECURE);
  g_assert_nonnull (strstr (self->kirk->failure->message, "this very bus"));
  g_assert_cmpuint (hein_test_bus_count_peers (self->kirk), ==, 0);
}

/* ---- rings ---- */

static void
test_ring (Fixture *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    listen_with (self->hub, "tcp://127.0.0.1:0", "key-ring-file", self->named);

  dial_with (self->kirk, endpoint, "key-file", self->lamps);
  wait_for_both (self);
  assert_security (self->hub, "psk:kirk");
  assert_security (self->kirk, "psk:lamps");
  exchange (self);
}

static void
test_ring_both (Fixture *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    listen_with (self->hub, "tcp://127.0.0.1:0", "key-ring-file", self->named);

  dial_with (self->kirk, endpoint, "key-ring-file", self->hub_only);
  wait_for_both (self);
  assert_security (self->kirk, "psk:hub");
  exchange (self);
}

/* Kirk has a key of the ring, but not that of Kirk. */
static void
test_ring_other_name (Fixture *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    listen_with (self->hub, "tcp://127.0.0.1:0", "key-ring-file", self->named);

  assert_nobody (self,
                 dial_with (self->kirk, endpoint, "key-file", self->other),
                 "none for the name \"kirk\"");
}

/* Who dials knows whom it expects. */
static void
test_ring_other_hub (Fixture *self, gconstpointer data)
{
  g_autofree char *ring = make_file ("m5.ring", "m5 " LAMPS "\n", 0600);
  HeinEndpoint *endpoint =
    listen_with (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);
  HeinEndpoint *dialled =
    dial_with (self->kirk, endpoint, "key-ring-file", ring);

  hein_test_wait (self->kirk->n_failed == 1);
  g_assert_nonnull (
    strstr (self->kirk->failure->message, "its key is that of \"m5\""));
  g_assert_cmpint (hein_endpoint_get_state (dialled), ==,
                   HEIN_ENDPOINT_STATE_WAITING);
  g_assert_cmpuint (self->kirk->added->len, ==, 0);
  g_assert_cmpuint (self->kirk->messages->len, ==, 0);
}

/* Two keys of one name: the old one and the new one. */
static void
test_ring_change (Fixture *self, gconstpointer data)
{
  g_autofree char *ring =
    make_file ("change.ring", "kirk " OTHER "\nkirk " LAMPS "\n", 0600);
  HeinEndpoint *endpoint =
    listen_with (self->hub, "tcp://127.0.0.1:0", "key-ring-file", ring);
  HeinEndpoint *dialled =
    dial_with (self->kirk, endpoint, "key-file", self->other);

  wait_for_both (self);
  hein_endpoint_close (dialled);
  hein_test_wait (self->hub->removed->len == 1);
  dial_with (self->kirk, endpoint, "key-file", self->lamps);
  wait_for_both (self);
}

/* A protocol that says no names: the peer has that of its key. */
static void
test_ring_nameless (Fixture *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    listen_with (self->hub, "tcp+tinyproto://127.0.0.1:0", "key-ring-file",
                 self->named);

  dial_with (self->kirk, endpoint, "key-file", self->lamps);
  wait_for_both (self);
  g_assert_nonnull (hein_test_bus_find_peer (self->hub, "kirk"));
}

/* A line that is taken out ends what its key is for, and nothing else. */
static void
test_revoked (Fixture *self, gconstpointer data)
{
  HeinTestBus *spock = hein_test_bus_new ("spock");
  HeinEndpoint *endpoint =
    listen_with (self->hub, "tcp://127.0.0.1:0", "key-ring-file", self->named);

  g_object_set (self->kirk->bus, "reconnect-failed-ms", 20u, NULL);
  dial_with (self->kirk, endpoint, "key-file", self->lamps);
  dial_with (spock, endpoint, "key-file", self->other);
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 2);
  g_free (make_file ("named.ring", "spock " OTHER "\n", 0600));
  hein_test_wait (self->hub->removed->len == 1 &&
                  self->kirk->removed->len == 1);
  g_assert_cmpstr (hein_peer_get_name (self->hub->removed->pdata[0]), ==,
                   "kirk");
  g_assert_error (self->hub->reason, HEIN_ERROR, HEIN_ERROR_INSECURE);
  hein_test_wait (self->kirk->n_failed > 0);
  g_assert_nonnull (hein_test_bus_find_peer (self->hub, "spock"));
  /* what is of no use changes nothing, and is told */
  hein_test_wait (self->hub->n_failed == 1); /* kirk tries to come back */
  g_free (make_file ("named.ring", "spock\n", 0600));
  hein_test_wait (self->hub->n_failed == 2);
  g_assert_nonnull (strstr (self->hub->failure->message, "stay as they were"));
  g_assert_nonnull (hein_test_bus_find_peer (self->hub, "spock"));
  g_free (make_file ("named.ring", "spock " OTHER "\nkirk " LAMPS "\n", 0600));
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 2);
  hein_test_bus_free (spock);
}

/* ---- files and addresses that are of no use ---- */

static void
refuse (Fixture *self,
        HeinRole role,
        const char *uri,
        HeinError code,
        const char *words)
{
  g_autoptr (GError) error = NULL;
  HeinEndpoint *endpoint = role == HEIN_ROLE_LISTEN
                             ? hein_bus_listen (self->hub->bus, uri, &error)
                             : hein_bus_dial (self->hub->bus, uri, &error);

  g_assert_null (endpoint);
  g_assert_error (error, HEIN_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, words));
  g_assert_null (strstr (error->message, LAMPS));
}

static void
refuse_file (Fixture *self,
             const char *option,
             const char *text,
             int mode,
             HeinError code,
             const char *words)
{
  g_autofree char *path = make_file ("bad", text, mode);
  g_autofree char *uri = dup_uri ("tcp://127.0.0.1:0", option, path);

  refuse (self, HEIN_ROLE_LISTEN, uri, code, words);
}

static void
test_bad_files (Fixture *self, gconstpointer data)
{
  const char *zeros =
    "0000000000000000000000000000000000000000000000000000000000000000";
  g_autofree char *zero_line = g_strdup_printf ("kirk %s\n", zeros);

  refuse_file (self, "key-file", LAMPS, 0640, HEIN_ERROR_INSECURE, "mode");
  refuse_file (self, "key-ring-file", "kirk " LAMPS, 0604, HEIN_ERROR_INSECURE,
               "mode");
  refuse_file (self, "key-file", "secret", 0600, HEIN_ERROR_FAILED,
               "neither 32 bytes nor 64");
  refuse_file (self, "key-file", LAMPS "00\n", 0600, HEIN_ERROR_FAILED,
               "at most");
  refuse_file (self, "key-file", zeros, 0600, HEIN_ERROR_INSECURE, "zeros");
  refuse_file (self, "key-ring-file", "# none\n", 0600, HEIN_ERROR_FAILED,
               "no key");
  refuse_file (self, "key-ring-file", LAMPS "\n", 0600, HEIN_ERROR_FAILED,
               "line 1: expected: name key");
  refuse_file (self, "key-ring-file", "\nkirk " LAMPS "0\n", 0600,
               HEIN_ERROR_FAILED, "line 2: the key is not");
  refuse_file (self, "key-ring-file", zero_line, 0600, HEIN_ERROR_FAILED,
               "line 1: the key is not");
  refuse_file (self, "key-ring-file", "ki\x1brk " LAMPS "\n", 0600,
               HEIN_ERROR_FAILED, "line 1: the name");
  refuse_file (self, "key-ring-file", "kirk " LAMPS "\nkirk " LAMPS "\n", 0600,
               HEIN_ERROR_FAILED, "line 2: the same");
  refuse_file (self, "key-ring-file", "1 " LAMPS " - -\n", 0600,
               HEIN_ERROR_FAILED, "line 1: the key is not");
}

static void
test_bad_addresses (Fixture *self, gconstpointer data)
{
  g_autofree char *both =
    g_strdup_printf ("tcp://127.0.0.1:0?key-file=%s&key-ring-file=%s",
                     self->lamps, self->named);
  g_autofree char *plain =
    g_strdup_printf ("tcp://127.0.0.1:0?key-file=%s&plaintext=yes",
                     self->lamps);
  g_autofree char *many =
    g_strdup_printf ("tcp://127.0.0.1:1?key-ring-file=%s", self->named);

  refuse (self, HEIN_ROLE_LISTEN, both, HEIN_ERROR_BAD_ADDRESS, "say one");
  refuse (self, HEIN_ROLE_LISTEN, plain, HEIN_ERROR_BAD_ADDRESS, "say one");
  refuse (self, HEIN_ROLE_DIAL, many, HEIN_ERROR_INSECURE,
          "\"spock\" and of \"kirk\"");
  refuse (self, HEIN_ROLE_LISTEN, "inproc://x?key-file=y",
          HEIN_ERROR_BAD_ADDRESS, "no option \"key-file\"");
}

static void
test_no_file (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_listen (self->hub->bus,
                                  "tcp://127.0.0.1:0?key-file=/nonexistent/key",
                                  &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* ---- somebody on the way ---- */

typedef struct
{
  HeinEndpoint *dialled;
  ByteProxy *proxy;
} Way;

static Way
meet_through_proxy (Fixture *self)
{
  HeinEndpoint *endpoint =
    listen_with (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);
  Way way = { NULL, byte_proxy_new (get_port (endpoint)) };
  g_autofree char *uri = g_strdup_printf ("tcp://127.0.0.1:%u?key-file=%s",
                                          way.proxy->port, self->lamps);

  way.dialled = hein_test_bus_dial (self->kirk, uri);
  return way;
}

/* An end that nobody has said is told from one that the other side has. */
static void
test_cut (Fixture *self, gconstpointer data)
{
  Way way = meet_through_proxy (self);

  wait_for_both (self);
  exchange (self);
  byte_proxy_cut (way.proxy);
  hein_test_wait (self->hub->removed->len == 1 &&
                  self->kirk->removed->len == 1);
  g_assert_error (self->hub->reason, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
  g_assert_nonnull (strstr (self->hub->reason->message, "was cut"));
  byte_proxy_free (way.proxy);
}

/* A byte at a time is as good as all at once. */
static void
test_drip (Fixture *self, gconstpointer data)
{
  Way way = meet_through_proxy (self);

  way.proxy->deed = BYTE_PROXY_DRIP;
  wait_for_both (self);
  exchange (self);
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
test_tampered (Fixture *self, gconstpointer data)
{
  Way way = meet_through_proxy (self);
  gsize n_bytes[2];
  guint n_deeds = 0;

  hurry (self->kirk);
  wait_for_both (self);
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
        wait_for_both (self);
      }
  g_assert_cmpuint (n_deeds, >, 40);
  g_assert_cmpuint (self->hub->messages->len, ==, 0);
  g_assert_cmpuint (self->kirk->messages->len, ==, 0);
  exchange (self);
  byte_proxy_free (way.proxy);
}

/* One bit of a record of a session: nothing of it arrives. Type and version of a
 * record have no meaning once it is sealed (RFC 8446, 5.2): there it may arrive, as
 * it was sent. */
static void
test_flipped (Fixture *self, gconstpointer data)
{
  Way way = meet_through_proxy (self);

  hurry (self->kirk);
  hurry (self->hub);
  wait_for_both (self);
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
      wait_for_both (self);
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
    g_socket_client_connect_to_host (client, "127.0.0.1", get_port (endpoint),
                                     NULL, &error);

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
test_strangers (Fixture *self, gconstpointer data)
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
    listen_with (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);

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
  dial_with (self->kirk, endpoint, "key-file", self->lamps);
  wait_for_both (self);
  g_assert_cmpuint (self->hub->added->len, ==, 1);
}

/* Those who say nothing go when their time is over, and when there are too many. */
static void
test_silent_strangers (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) sockets =
    g_ptr_array_new_with_free_func (g_object_unref);
  HeinEndpoint *endpoint =
    listen_with (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);

  for (guint i = 0; i < 300; i++)
    {
      g_ptr_array_add (sockets, connect_raw (endpoint));
      hein_test_turn (g_get_monotonic_time () + HEIN_TEST_WAIT_US);
    }
  dial_with (self->kirk, endpoint, "key-file", self->lamps);
  wait_for_both (self);
  exchange (self);
  g_object_set (self->hub->bus, "handshake-timeout-ms", 50u, NULL);
  for (guint i = 0; i < sockets->len; i++)
    g_string_free (hear (sockets->pdata[i]), TRUE);
}

/* Who says its first words byte by byte gets no more time by that, and keeps nobody
 * else out. */
static void
test_dripping_strangers (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) sockets =
    g_ptr_array_new_with_free_func (g_object_unref);
  HeinEndpoint *endpoint =
    listen_with (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);

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
  dial_with (self->kirk, endpoint, "key-file", self->lamps);
  wait_for_both (self);
  exchange (self);
  g_object_set (self->hub->bus, "handshake-timeout-ms", 50u, NULL);
  for (guint i = 0; i < sockets->len; i++)
    g_string_free (hear (sockets->pdata[i]), TRUE);
  g_assert_cmpuint (self->hub->added->len, ==, 1);
}

/* A forked child has nothing to say on the connections of its parent. */
static void
test_fork (Fixture *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    listen_with (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);
  pid_t child;
  int status;

  dial_with (self->kirk, endpoint, "key-file", self->lamps);
  wait_for_both (self);
  child = fork ();
  if (child == 0)
    {
      g_object_unref (self->kirk->bus);
      g_object_unref (self->hub->bus);
      _exit (0);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
  exchange (self);
}

static void
add (const char *path,
     gconstpointer data,
     void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, data, set_up, test, tear_down);
}

static void
add_each (const char *name, void (*test) (Fixture *, gconstpointer))
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

      add (path, addresses[i], test);
    }
}

static void
add_rest (void)
{
  add ("/tls/raw-key", NULL, test_raw_key);
  add ("/tls/much", NULL, test_much);
  add ("/tls/all-addresses", NULL, test_all_addresses);
  add ("/tls/other-key", NULL, test_other_key);
  add ("/tls/other-key-often", NULL, test_other_key_often);
  add ("/tls/itself", NULL, test_itself);
  add ("/tls/ring/named", NULL, test_ring);
  add ("/tls/ring/both", NULL, test_ring_both);
  add ("/tls/ring/other-name", NULL, test_ring_other_name);
  add ("/tls/ring/other-hub", NULL, test_ring_other_hub);
  add ("/tls/ring/change", NULL, test_ring_change);
  add ("/tls/ring/nameless", NULL, test_ring_nameless);
  add ("/tls/ring/revoked", NULL, test_revoked);
  add ("/tls/bad-files", NULL, test_bad_files);
  add ("/tls/bad-addresses", NULL, test_bad_addresses);
  add ("/tls/no-file", NULL, test_no_file);
  add ("/tls/cut", NULL, test_cut);
  add ("/tls/drip", NULL, test_drip);
  add ("/tls/handshake/flip", GINT_TO_POINTER (BYTE_PROXY_FLIP), test_tampered);
  add ("/tls/handshake/cut", GINT_TO_POINTER (BYTE_PROXY_CUT), test_tampered);
  add ("/tls/handshake/reset", GINT_TO_POINTER (BYTE_PROXY_RESET),
       test_tampered);
  add ("/tls/handshake/stall", GINT_TO_POINTER (BYTE_PROXY_STALL),
       test_tampered);
  add ("/tls/flipped", NULL, test_flipped);
  add ("/tls/strangers", NULL, test_strangers);
  add ("/tls/silent-strangers", NULL, test_silent_strangers);
  add ("/tls/dripping-strangers", NULL, test_dripping_strangers);
  add ("/tls/fork", NULL, test_fork);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("hein-tls-XXXXXX", NULL);
  add_each ("same-key", test_same_key);
  add_each ("plain-dialler", test_plain_dialler);
  add_each ("plain-listener", test_plain_listener);
  add_rest ();
  status = g_test_run ();
  {
    g_autofree char *command = g_strdup_printf ("rm -r %s", folder);

    g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
  }
  g_free (folder);
  return status;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "key-ends.h"

/* Rings of keys, a key for each name; and files and addresses that are refused. */

/* ---- rings ---- */

static void
test_ring (KeyEnds *self, gconstpointer data)
{
  HeinEndpoint *endpoint = key_ends_listen (self->hub, "tcp://127.0.0.1:0",
                                            "key-ring-file", self->named);

  key_ends_dial (self->kirk, endpoint, "key-file", self->lamps);
  key_ends_wait_for_both (self);
  key_ends_assert_security (self->hub, "psk:kirk");
  key_ends_assert_security (self->kirk, "psk:lamps");
  key_ends_exchange (self);
}

static void
test_ring_both (KeyEnds *self, gconstpointer data)
{
  HeinEndpoint *endpoint = key_ends_listen (self->hub, "tcp://127.0.0.1:0",
                                            "key-ring-file", self->named);

  key_ends_dial (self->kirk, endpoint, "key-ring-file", self->hub_only);
  key_ends_wait_for_both (self);
  key_ends_assert_security (self->kirk, "psk:hub");
  key_ends_exchange (self);
}

/* Kirk has a key of the ring, but not that of Kirk. */
static void
test_ring_other_name (KeyEnds *self, gconstpointer data)
{
  HeinEndpoint *endpoint = key_ends_listen (self->hub, "tcp://127.0.0.1:0",
                                            "key-ring-file", self->named);

  key_ends_assert_nobody (self,
                          key_ends_dial (self->kirk, endpoint, "key-file",
                                         self->other),
                          "none for the name \"kirk\"");
}

/* Who dials knows whom it expects. */
static void
test_ring_other_hub (KeyEnds *self, gconstpointer data)
{
  g_autofree char *ring =
    key_ends_make_file ("m5.ring", "m5 " KEY_ENDS_LAMPS "\n", 0600);
  HeinEndpoint *endpoint =
    key_ends_listen (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);
  HeinEndpoint *dialled =
    key_ends_dial (self->kirk, endpoint, "key-ring-file", ring);

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
test_ring_change (KeyEnds *self, gconstpointer data)
{
  g_autofree char *ring =
    key_ends_make_file ("change.ring",
                        "kirk " KEY_ENDS_OTHER "\nkirk " KEY_ENDS_LAMPS "\n",
                        0600);
  HeinEndpoint *endpoint =
    key_ends_listen (self->hub, "tcp://127.0.0.1:0", "key-ring-file", ring);
  HeinEndpoint *dialled =
    key_ends_dial (self->kirk, endpoint, "key-file", self->other);

  key_ends_wait_for_both (self);
  hein_endpoint_close (dialled);
  hein_test_wait (self->hub->removed->len == 1);
  key_ends_dial (self->kirk, endpoint, "key-file", self->lamps);
  key_ends_wait_for_both (self);
}

/* A protocol that says no names: the peer has that of its key. */
static void
test_ring_nameless (KeyEnds *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    key_ends_listen (self->hub, "tcp+tinyproto://127.0.0.1:0", "key-ring-file",
                     self->named);

  key_ends_dial (self->kirk, endpoint, "key-file", self->lamps);
  key_ends_wait_for_both (self);
  g_assert_nonnull (hein_test_bus_find_peer (self->hub, "kirk"));
}

/* A line that is taken out ends what its key is for, and nothing else. */
static void
test_revoked (KeyEnds *self, gconstpointer data)
{
  HeinTestBus *spock = hein_test_bus_new ("spock");
  HeinEndpoint *endpoint = key_ends_listen (self->hub, "tcp://127.0.0.1:0",
                                            "key-ring-file", self->named);

  g_object_set (self->kirk->bus, "reconnect-failed-ms", 20u, NULL);
  key_ends_dial (self->kirk, endpoint, "key-file", self->lamps);
  key_ends_dial (spock, endpoint, "key-file", self->other);
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 2);
  g_free (
    key_ends_make_file ("named.ring", "spock " KEY_ENDS_OTHER "\n", 0600));
  hein_test_wait (self->hub->removed->len == 1 &&
                  self->kirk->removed->len == 1);
  g_assert_cmpstr (hein_peer_get_name (self->hub->removed->pdata[0]), ==,
                   "kirk");
  g_assert_error (self->hub->reason, HEIN_ERROR, HEIN_ERROR_INSECURE);
  hein_test_wait (self->kirk->n_failed > 0);
  g_assert_nonnull (hein_test_bus_find_peer (self->hub, "spock"));
  /* what is of no use changes nothing, and is told */
  hein_test_wait (self->hub->n_failed == 1); /* kirk tries to come back */
  g_free (key_ends_make_file ("named.ring", "spock\n", 0600));
  hein_test_wait (self->hub->n_failed == 2);
  g_assert_nonnull (strstr (self->hub->failure->message, "stay as they were"));
  g_assert_nonnull (hein_test_bus_find_peer (self->hub, "spock"));
  g_free (key_ends_make_file ("named.ring",
                              "spock " KEY_ENDS_OTHER "\nkirk " KEY_ENDS_LAMPS
                              "\n",
                              0600));
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 2);
  hein_test_bus_free (spock);
}

/* ---- files and addresses that are refused ---- */

static void
refuse (KeyEnds *self,
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
  g_assert_null (strstr (error->message, KEY_ENDS_LAMPS));
}

static void
refuse_file (KeyEnds *self,
             const char *option,
             const char *text,
             int mode,
             HeinError code,
             const char *words)
{
  g_autofree char *path = key_ends_make_file ("bad", text, mode);
  g_autofree char *uri = key_ends_dup_uri ("tcp://127.0.0.1:0", option, path);

  refuse (self, HEIN_ROLE_LISTEN, uri, code, words);
}

static void
test_bad_files (KeyEnds *self, gconstpointer data)
{
  const char *zeros =
    "0000000000000000000000000000000000000000000000000000000000000000";
  g_autofree char *zero_line = g_strdup_printf ("kirk %s\n", zeros);

  refuse_file (self, "key-file", KEY_ENDS_LAMPS, 0640, HEIN_ERROR_INSECURE,
               "mode");
  refuse_file (self, "key-ring-file", "kirk " KEY_ENDS_LAMPS, 0604,
               HEIN_ERROR_INSECURE, "mode");
  refuse_file (self, "key-file", "secret", 0600, HEIN_ERROR_FAILED,
               "neither 32 bytes nor 64");
  refuse_file (self, "key-file", KEY_ENDS_LAMPS "00\n", 0600, HEIN_ERROR_FAILED,
               "at most");
  refuse_file (self, "key-file", zeros, 0600, HEIN_ERROR_INSECURE, "zeros");
  refuse_file (self, "key-ring-file", "# none\n", 0600, HEIN_ERROR_FAILED,
               "no key");
  refuse_file (self, "key-ring-file", KEY_ENDS_LAMPS "\n", 0600,
               HEIN_ERROR_FAILED, "line 1: expected: name key");
  refuse_file (self, "key-ring-file", "\nkirk " KEY_ENDS_LAMPS "0\n", 0600,
               HEIN_ERROR_FAILED, "line 2: the key is not");
  refuse_file (self, "key-ring-file", zero_line, 0600, HEIN_ERROR_FAILED,
               "line 1: the key is not");
  refuse_file (self, "key-ring-file", "ki\x1brk " KEY_ENDS_LAMPS "\n", 0600,
               HEIN_ERROR_FAILED, "line 1: the name");
  refuse_file (self, "key-ring-file",
               "kirk " KEY_ENDS_LAMPS "\nkirk " KEY_ENDS_LAMPS "\n", 0600,
               HEIN_ERROR_FAILED, "line 2: the same");
  refuse_file (self, "key-ring-file", "1 " KEY_ENDS_LAMPS " - -\n", 0600,
               HEIN_ERROR_FAILED, "line 1: the key is not");
}

static void
test_bad_addresses (KeyEnds *self, gconstpointer data)
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
test_no_file (KeyEnds *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_listen (self->hub->bus,
                                  "tcp://127.0.0.1:0?key-file=/nonexistent/key",
                                  &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  key_ends_add ("/tls-keys/ring/named", NULL, test_ring);
  key_ends_add ("/tls-keys/ring/both", NULL, test_ring_both);
  key_ends_add ("/tls-keys/ring/other-name", NULL, test_ring_other_name);
  key_ends_add ("/tls-keys/ring/other-hub", NULL, test_ring_other_hub);
  key_ends_add ("/tls-keys/ring/change", NULL, test_ring_change);
  key_ends_add ("/tls-keys/ring/nameless", NULL, test_ring_nameless);
  key_ends_add ("/tls-keys/ring/revoked", NULL, test_revoked);
  key_ends_add ("/tls-keys/bad-files", NULL, test_bad_files);
  key_ends_add ("/tls-keys/bad-addresses", NULL, test_bad_addresses);
  key_ends_add ("/tls-keys/no-file", NULL, test_no_file);
  return key_ends_run ();
}

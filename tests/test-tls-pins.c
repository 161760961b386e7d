/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/stat.h>

#include "trust-ends.h"

/* Identities that are known by their keys: ?identity=…&peers=… */

#define HUB  "identity=%s/hub.id&peers=%s/hub.peers"
#define KIRK "identity=%s/kirk.id&peers=%s/kirk.peers"

/* A fingerprint that is nobody's. */
#define NOBODY                                                                 \
  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

typedef struct
{
  TrustEnds ends; /* first */
  char *hub_pin;
  char *kirk_pin;
} Pins;

static void
write_peer (Pins *self, const char *file, const char *name, const char *pin)
{
  g_autofree char *line = g_strdup_printf ("# who\n\n%s %s\n", name, pin);

  trust_ends_write (&self->ends, file, line, 0600);
}

static void
set_up (Pins *self, gconstpointer data)
{
  trust_ends_set_up (&self->ends, data);
  self->hub_pin = trust_ends_make_identity (&self->ends, "hub");
  self->kirk_pin = trust_ends_make_identity (&self->ends, "kirk");
  write_peer (self, "hub.peers", "kirk", self->kirk_pin);
  write_peer (self, "kirk.peers", "hub", self->hub_pin);
}

static void
tear_down (Pins *self, gconstpointer data)
{
  trust_ends_tear_down (&self->ends, data);
  g_free (self->hub_pin);
  g_free (self->kirk_pin);
}

/* ---- who is known ---- */

static void
test_right (Pins *self, gconstpointer data)
{
  TrustEnds *ends = &self->ends;

  trust_ends_listen (ends, HUB);
  trust_ends_dial (ends, KIRK);
  trust_ends_wait_for_both (ends);
  trust_ends_assert_security (ends->hub, "pin:kirk");
  trust_ends_assert_security (ends->kirk, "pin:hub");
  trust_ends_exchange (ends);
}

/* There is no secret in a file of peers: others may read it. */
static void
test_readable (Pins *self, gconstpointer data)
{
  TrustEnds *ends = &self->ends;
  g_autofree char *hub = trust_ends_dup_path (ends, "hub.peers");
  g_autofree char *kirk = trust_ends_dup_path (ends, "kirk.peers");

  g_assert_cmpint (chmod (hub, 0644), ==, 0);
  g_assert_cmpint (chmod (kirk, 0444), ==, 0);
  trust_ends_listen (ends, HUB);
  trust_ends_dial (ends, KIRK);
  trust_ends_wait_for_both (ends);
  trust_ends_exchange (ends);
}

/* A protocol that says no names: the peer has that of its key. */
static void
test_nameless (Pins *self, gconstpointer data)
{
  TrustEnds *ends = &self->ends;
  g_autofree char *uri = g_strdup_printf (
    "tcp+tinyproto://127.0.0.1:0?identity=%s/hub.id&peers=%s/hub.peers",
    ends->folder, ends->folder);

  ends->endpoint = hein_test_bus_listen (ends->hub, uri);
  trust_ends_dial (ends, KIRK);
  trust_ends_wait_for_both (ends);
  g_assert_nonnull (hein_test_bus_find_peer (ends->hub, "kirk"));
  g_assert_nonnull (hein_test_bus_find_peer (ends->kirk, "hub"));
}

/* What an access file says of a name is for who has proved it: kirk has, and may do
 * what its line says. */
static void
test_access (Pins *self, gconstpointer data)
{
  TrustEnds *ends = &self->ends;

  trust_ends_write (ends, "access",
                    "deny  spock publish **\nallow kirk  publish lamps/*\n"
                    "allow pin:* publish pins\n",
                    0644);
  trust_ends_listen (ends, HUB "&access-file=%s/access");
  trust_ends_dial (ends, KIRK);
  trust_ends_wait_for_both (ends);
  hein_test_bus_send (ends->kirk, NULL, "secret", "no");
  hein_test_bus_send (ends->kirk, NULL, "lamps/a", "yes");
  hein_test_bus_send (ends->kirk, NULL, "pins", "yes");
  hein_test_wait (ends->hub->messages->len == 2);
  g_assert_cmpuint (hein_bus_get_n_dropped (ends->hub->bus,
                                            HEIN_DROP_REASON_FORBIDDEN),
                    ==, 1);
}

/* Two keys of one name: the old one and the new one. */
static void
test_two_keys (Pins *self, gconstpointer data)
{
  TrustEnds *ends = &self->ends;
  g_autofree char *lines =
    g_strdup_printf ("kirk " NOBODY "\nkirk %s\n", self->kirk_pin);

  trust_ends_write (ends, "hub.peers", lines, 0600);
  trust_ends_listen (ends, HUB);
  trust_ends_dial (ends, KIRK);
  trust_ends_wait_for_both (ends);
}

/* ---- who is not ---- */

static void
test_unknown_dialler (Pins *self, gconstpointer data)
{
  write_peer (self, "hub.peers", "kirk", NOBODY);
  trust_ends_listen (&self->ends, HUB);
  trust_ends_dial (&self->ends, KIRK);
  trust_ends_assert_nobody (&self->ends, self->kirk_pin);
}

static void
test_unknown_listener (Pins *self, gconstpointer data)
{
  write_peer (self, "kirk.peers", "hub", NOBODY);
  trust_ends_listen (&self->ends, HUB);
  trust_ends_dial (&self->ends, KIRK);
  trust_ends_assert_nobody (&self->ends, self->hub_pin);
}

/* The line says that it is the key of another: what it says itself does not count.
 * @data: whose file is wrong. */
static void
test_wrong_name (Pins *self, gconstpointer data)
{
  TrustEnds *ends = &self->ends;

  if (strcmp (data, "dialler") == 0)
    write_peer (self, "hub.peers", "spock", self->kirk_pin);
  else
    write_peer (self, "kirk.peers", "m5", self->hub_pin);
  trust_ends_listen (ends, HUB);
  trust_ends_dial (ends, KIRK);
  hein_test_wait (ends->kirk->n_failed > 0);
  g_assert_nonnull (
    strstr (ends->kirk->failure->message, "its key is that of"));
  g_assert_cmpuint (ends->hub->added->len, ==, 0);
  g_assert_cmpuint (ends->kirk->added->len, ==, 0);
}

/* @data: what kirk says, who has no identity. */
static void
test_no_key (Pins *self, gconstpointer data)
{
  TrustEnds *ends = &self->ends;

  trust_ends_write (ends, "lamps.key", NOBODY, 0600);
  trust_ends_listen (ends, HUB);
  trust_ends_dial (ends, data);
  hein_test_wait (ends->kirk->n_failed > 0);
  g_assert_cmpuint (ends->hub->added->len, ==, 0);
  g_assert_cmpuint (ends->kirk->added->len, ==, 0);
  g_assert_error (ends->kirk->failure, HEIN_ERROR, HEIN_ERROR_INSECURE);
  if (*(const char *) data != '\0')
    g_assert_nonnull (
      strstr (ends->kirk->failure->message,
              "no key that is shared, but perhaps an identity"));
}

static void
test_listener_without (Pins *self, gconstpointer data)
{
  TrustEnds *ends = &self->ends;

  trust_ends_write (ends, "lamps.key", NOBODY, 0600);
  trust_ends_listen (ends, data);
  trust_ends_dial (ends, KIRK);
  trust_ends_assert_nobody (ends, *(const char *) data != '\0'
                                    ? "has no key of this kind: say identity="
                                    : "does not encrypt");
}

/* Led back to its own key, though that is among those it knows. */
static void
test_mirrored (Pins *self, gconstpointer data)
{
  TrustEnds *ends = &self->ends;
  g_autofree char *lines =
    g_strdup_printf ("hub %s\nkirk %s\n", self->hub_pin, self->kirk_pin);
  g_autofree char *uri = NULL;

  trust_ends_write (ends, "kirk.peers", lines, 0600);
  uri = g_strdup_printf (
    "tcp://127.0.0.1:0?identity=%s/kirk.id&peers=%s/kirk.peers", ends->folder,
    ends->folder);
  /* another process of that name, or a way that leads back */
  ends->endpoint = hein_test_bus_listen (ends->kirk, uri);
  trust_ends_dial (ends, KIRK);
  trust_ends_assert_nobody (ends, "it has the key of this very bus");
}

/* Only one of those who are known may be there. */
static void
test_peer_name (Pins *self, gconstpointer data)
{
  TrustEnds *ends = &self->ends;

  trust_ends_listen (ends, HUB);
  trust_ends_dial (ends, KIRK "&peer-name=m5");
  trust_ends_assert_nobody (ends, "it is \"hub\", and the address says "
                                  "peer-name=m5");
  hein_endpoint_close (ends->dialled);
  trust_ends_dial (ends, KIRK "&peer-name=hub");
  trust_ends_wait_for_both (ends);
}

/* ---- while it is open ---- */

/* A line that is taken out ends what its key is for; when it comes again so does the
 * peer. @data: whose. */
static void
test_revoked (Pins *self, gconstpointer data)
{
  TrustEnds *ends = &self->ends;
  const gboolean is_dialler = strcmp (data, "dialler") == 0;

  g_object_set (ends->kirk->bus, "reconnect-failed-ms", 20u, NULL);
  trust_ends_listen (ends, HUB);
  trust_ends_dial (ends, KIRK);
  trust_ends_wait_for_both (ends);
  trust_ends_write (ends, is_dialler ? "kirk.peers" : "hub.peers", "# none\n",
                    0600);
  hein_test_wait (ends->hub->removed->len == 1 &&
                  ends->kirk->removed->len == 1);
  if (is_dialler)
    g_assert_error (ends->kirk->reason, HEIN_ERROR, HEIN_ERROR_INSECURE);
  else
    g_assert_error (ends->hub->reason, HEIN_ERROR, HEIN_ERROR_INSECURE);
  hein_test_wait (ends->kirk->n_failed > 0);
  write_peer (self, "hub.peers", "kirk", self->kirk_pin);
  write_peer (self, "kirk.peers", "hub", self->hub_pin);
  trust_ends_wait_for_both (ends);
  trust_ends_exchange (ends);
}

/* A line that comes lets in; those who are there stay. */
static void
test_added (Pins *self, gconstpointer data)
{
  TrustEnds *ends = &self->ends;
  HeinTestBus *spock = hein_test_bus_new ("spock");
  g_autofree char *pin = trust_ends_make_identity (ends, "spock");
  g_autofree char *lines =
    g_strdup_printf ("kirk %s\nspock %s", self->kirk_pin, pin);
  const char *bound;
  g_autofree char *uri = NULL;

  g_object_set (spock->bus, "reconnect-failed-ms", 20u, NULL);
  trust_ends_listen (ends, HUB);
  trust_ends_dial (ends, KIRK);
  trust_ends_wait_for_both (ends);
  bound = hein_endpoint_get_bound_uri (ends->endpoint);
  uri = g_strdup_printf ("%.*s?identity=%s/spock.id&peers=%s/kirk.peers",
                         (int) strcspn (bound, "?"), bound, ends->folder,
                         ends->folder);
  hein_test_bus_dial (spock, uri);
  hein_test_wait (spock->n_failed > 0);
  trust_ends_write (ends, "hub.peers", lines, 0600);
  hein_test_wait (hein_test_bus_count_peers (ends->hub) == 2);
  g_assert_cmpuint (ends->hub->removed->len, ==, 0);
  hein_test_bus_free (spock);
}

/* What is of no use changes nothing, and is told. */
static void
test_spoiled (Pins *self, gconstpointer data)
{
  TrustEnds *ends = &self->ends;

  trust_ends_listen (ends, HUB);
  trust_ends_dial (ends, KIRK);
  trust_ends_wait_for_both (ends);
  trust_ends_write (ends, "hub.peers", "kirk\n", 0600);
  hein_test_wait (ends->hub->n_failed == 1);
  g_assert_nonnull (strstr (ends->hub->failure->message, "stay as they were"));
  trust_ends_exchange (ends);
}

/* ---- files that are of no use ---- */

static void
refuse_peers (Pins *self, const char *text, int mode, const char *words)
{
  trust_ends_write (&self->ends, "bad.peers", text, mode);
  trust_ends_refuse (&self->ends, HEIN_ROLE_LISTEN,
                     "identity=%s/hub.id&peers=%s/bad.peers",
                     mode == 0600 ? HEIN_ERROR_FAILED : HEIN_ERROR_INSECURE,
                     words);
}

static void
test_bad_peers (Pins *self, gconstpointer data)
{
  refuse_peers (self, "kirk " NOBODY "\n", 0620, "0620, so others could write");
  refuse_peers (self, "kirk " NOBODY "\n", 0646, "chmod 644");
  refuse_peers (self, "kirk\n", 0600, "line 1: expected: name fingerprint");
  refuse_peers (self, "\n#\nkirk " NOBODY "0\n", 0600,
                "line 3: the fingerprint is not 64");
  refuse_peers (self, "ki\x1brk " NOBODY "\n", 0600, "line 1: the name");
  refuse_peers (self, "kirk " NOBODY "\nspock " NOBODY "\n", 0600,
                "line 2: the fingerprint is that of \"kirk\" already");
}

static void
refuse_identity (Pins *self, const char *text, int mode, const char *words)
{
  trust_ends_write (&self->ends, "bad.id", text, mode);
  trust_ends_refuse (&self->ends, HEIN_ROLE_DIAL,
                     "identity=%s/bad.id&peers=%s/hub.peers",
                     mode == 0600 ? HEIN_ERROR_FAILED : HEIN_ERROR_INSECURE,
                     words);
}

static void
test_bad_identities (Pins *self, gconstpointer data)
{
  g_autofree char *path = trust_ends_dup_path (&self->ends, "hub.id");
  g_autofree char *other = trust_ends_dup_path (&self->ends, "kirk.id");
  g_autofree char *hub = NULL;
  g_autofree char *kirk = NULL;
  g_autofree char *mixed = NULL;
  g_autofree char *large = g_strnfill (1 << 20, 'x');

  g_assert_true (g_file_get_contents (path, &hub, NULL, NULL));
  g_assert_true (g_file_get_contents (other, &kirk, NULL, NULL));
  mixed =
    g_strdup_printf ("%.*s%s", (int) (strstr (hub, "-----BEGIN CERT") - hub),
                     hub, strstr (kirk, "-----BEGIN CERT"));
  refuse_identity (self, hub, 0640, "chmod 600");
  refuse_identity (self, "secret", 0600, "'hein keygen --identity FILE'");
  refuse_identity (self, strstr (hub, "-----BEGIN CERT"), 0600,
                   "'hein keygen --identity FILE'");
  refuse_identity (self, mixed, 0600, "that of its key");
  refuse_identity (self, large, 0600, "at most 65536 bytes");
  trust_ends_refuse (&self->ends, HEIN_ROLE_DIAL,
                     "identity=%s/kirk.id&peers=%s/hub.peers",
                     HEIN_ERROR_INSECURE, "is the identity of \"kirk\"");
}

static void
refuse_options (Pins *self, const char *query, const char *words)
{
  trust_ends_refuse (&self->ends, HEIN_ROLE_LISTEN, query,
                     HEIN_ERROR_BAD_ADDRESS, words);
}

static void
test_bad_addresses (Pins *self, gconstpointer data)
{
  refuse_options (self, "identity=%s/hub.id", "peers=FILE");
  refuse_options (self, "peers=%s/hub.peers", "identity=FILE");
  refuse_options (self, "peer-name=hub", "identity=FILE");
  refuse_options (self, HUB "&ca-file=x", "say one");
  refuse_options (self, HUB "&key-file=x", "say one");
  refuse_options (self, HUB "&plaintext=yes", "say one");
}

/* ---- making them ---- */

static void
test_make (Pins *self, gconstpointer data)
{
  g_autofree char *path = trust_ends_dup_path (&self->ends, "spock.id");
  g_autoptr (GError) error = NULL;
  g_autofree char *pin = hein_identity_make (path, "Mr. Spöck", &error);
  g_autofree char *name = NULL;
  g_autofree char *again = NULL;
  struct stat info;

  g_assert_no_error (error);
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0600);
  again = hein_identity_read (path, &name, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (again, ==, pin);
  g_assert_cmpstr (name, ==, "Mr. Spöck");
  g_assert_null (hein_identity_make (path, "spock", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_null (hein_identity_make (path, "sp\nock", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
}

static void
add (const char *path, gconstpointer data, void (*test) (Pins *, gconstpointer))
{
  g_test_add (path, Pins, data, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/tls-pins/right", NULL, test_right);
  add ("/tls-pins/readable", NULL, test_readable);
  add ("/tls-pins/nameless", NULL, test_nameless);
  add ("/tls-pins/access", NULL, test_access);
  add ("/tls-pins/two-keys", NULL, test_two_keys);
  add ("/tls-pins/unknown-dialler", NULL, test_unknown_dialler);
  add ("/tls-pins/unknown-listener", NULL, test_unknown_listener);
  add ("/tls-pins/wrong-name/dialler", "dialler", test_wrong_name);
  add ("/tls-pins/wrong-name/listener", "listener", test_wrong_name);
  add ("/tls-pins/no-key/plain", "", test_no_key);
  add ("/tls-pins/no-key/shared", "key-file=%s/lamps.key", test_no_key);
  add ("/tls-pins/no-key/plain-listener", "", test_listener_without);
  add ("/tls-pins/no-key/shared-listener", "key-file=%s/lamps.key",
       test_listener_without);
  add ("/tls-pins/mirrored", NULL, test_mirrored);
  add ("/tls-pins/peer-name", NULL, test_peer_name);
  add ("/tls-pins/revoked/listener", "listener", test_revoked);
  add ("/tls-pins/revoked/dialler", "dialler", test_revoked);
  add ("/tls-pins/added", NULL, test_added);
  add ("/tls-pins/spoiled", NULL, test_spoiled);
  add ("/tls-pins/bad-peers", NULL, test_bad_peers);
  add ("/tls-pins/bad-identities", NULL, test_bad_identities);
  add ("/tls-pins/bad-addresses", NULL, test_bad_addresses);
  add ("/tls-pins/make", NULL, test_make);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/stat.h>

#include <gnutls/x509.h>

#include "trust-certificates.h"

/* Identities that an authority has signed: ?identity=…&ca-file=… */

#define HUB  "identity=%s/hub.id&ca-file=%s/fleet.pem"
#define KIRK "identity=%s/kirk.id&ca-file=%s/fleet.pem"

static void
set_up (TrustEnds *self, gconstpointer data)
{
  trust_ends_set_up (self, data);
  trust_ends_make_authority (self);
}

static void
test_right (TrustEnds *self, gconstpointer data)
{
  trust_ends_listen (self, HUB);
  trust_ends_dial (self, KIRK);
  trust_ends_wait_for_both (self);
  trust_ends_assert_security (self->hub, "ca:fleet");
  trust_ends_assert_security (self->kirk, "ca:fleet");
  trust_ends_exchange (self);
}

/* Certificates of others name a peer plainly; an address names nobody. */
static void
test_foreign (TrustEnds *self, gconstpointer data)
{
  trust_certificates_make (self, "kirk",
                           (TestCertificate){ .dns = "kirk",
                                              .address = "\x7f\0\0\1" });
  trust_ends_listen (self, HUB);
  trust_ends_dial (self, KIRK);
  trust_ends_wait_for_both (self);
  trust_ends_exchange (self);
}

/* ---- what is wrong with a certificate ---- */

typedef struct
{
  TestCertificate like;
  const char *words; /* that the hub says of it */
  const char *told;  /* that who has it says, when the hub does not take it */
} Wrong;

static const Wrong expired = {
  { .dns = "kirk", .from_s = -2 * TRUST_DAY_S, .until_s = -TRUST_DAY_S },
  "has expired at",
  "kirk.id has expired by the clock here"
};
static const Wrong early = {
  { .dns = "kirk", .from_s = TRUST_DAY_S, .until_s = 2 * TRUST_DAY_S },
  "is not valid before",
  "kirk.id is not valid yet"
};
static const Wrong server_only = { { .dns = "kirk",
                                     .purpose = "1.3.6.1.5.5.7.3.1" },
                                   "another purpose",
                                   "look whether" };

/* To whom kirk listens, so that the hub is told what is wrong with him. */
static void
dial_wrong (TrustEnds *self)
{
  g_autofree char *uri = NULL;
  const char *bound = hein_endpoint_get_bound_uri (self->endpoint);

  uri = g_strdup_printf ("%.*s?identity=%s/hub.id&ca-file=%s/fleet.pem",
                         (int) strcspn (bound, "?"), bound, self->folder,
                         self->folder);
  self->dialled = hein_test_bus_dial (self->hub, uri);
}

static void
assert_hub_says (TrustEnds *self, const char *words)
{
  hein_test_wait (self->hub->n_failed > 0);
  if (strstr (self->hub->failure->message, words) == NULL)
    g_error ("\"%s\" is not in: %s", words, self->hub->failure->message);
  g_assert_error (self->hub->failure, HEIN_ERROR, HEIN_ERROR_INSECURE);
  g_assert_cmpuint (self->hub->added->len, ==, 0);
  g_assert_cmpuint (self->kirk->added->len, ==, 0);
}

/* He knows the hub by its key, and so takes any identity of his own. */
static void
listen_as_kirk (TrustEnds *self)
{
  g_autofree char *uri =
    g_strdup_printf ("tcp://127.0.0.1:0?identity=%s/kirk.id&peers=%s/peers",
                     self->folder, self->folder);

  trust_certificates_write_peers (self, "peers", "hub");
  self->endpoint = hein_test_bus_listen (self->kirk, uri);
}

static void
test_wrong (TrustEnds *self, gconstpointer data)
{
  const Wrong *wrong = data;

  trust_certificates_make (self, "kirk", wrong->like);
  trust_ends_listen (self, HUB);
  trust_ends_dial (self, KIRK);
  trust_ends_assert_nobody (self, "does not take the identity of this one");
  g_assert_nonnull (strstr (self->kirk->failure->message, wrong->told));
}

static void
test_wrong_listener (TrustEnds *self, gconstpointer data)
{
  const Wrong *wrong = data;

  trust_certificates_make (self, "kirk", wrong->like);
  listen_as_kirk (self);
  dial_wrong (self);
  assert_hub_says (self, wrong->words);
}

/* Who has two names has none. */
static void
test_two_names (TrustEnds *self, gconstpointer data)
{
  trust_certificates_make (self, "kirk",
                           (TestCertificate){ .dns = "kirk",
                                              .other = "spock" });
  listen_as_kirk (self);
  dial_wrong (self);
  assert_hub_says (self, "names 2, and has to name one");
}

static void
test_no_name (TrustEnds *self, gconstpointer data)
{
  trust_certificates_make (self, "kirk",
                           (TestCertificate){ .address = "\x7f\0\0\1" });
  trust_ends_refuse (self, HEIN_ROLE_LISTEN, KIRK, HEIN_ERROR_INSECURE,
                     "names nobody");
  listen_as_kirk (self);
  dial_wrong (self);
  assert_hub_says (self, "names nobody");
}

/* It is good, and of another. */
static void
test_other_name (TrustEnds *self, gconstpointer data)
{
  HeinTestBus *spock = hein_test_bus_new ("spock");
  const char *bound;
  g_autofree char *uri = NULL;

  trust_ends_refuse (self, HEIN_ROLE_LISTEN, KIRK, HEIN_ERROR_INSECURE,
                     "is the identity of \"kirk\"");
  trust_certificates_make (self, "kirk", (TestCertificate){ .dns = "kirk" });
  trust_ends_listen (self, HUB);
  bound = hein_endpoint_get_bound_uri (self->endpoint);
  uri = g_strdup_printf ("%.*s?identity=%s/kirk.id&ca-file=%s/fleet.pem",
                         (int) strcspn (bound, "?"), bound, self->folder,
                         self->folder);
  {
    g_autoptr (GError) error = NULL;

    g_assert_null (hein_bus_dial (spock->bus, uri, &error));
    g_assert_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE);
  }
  hein_test_bus_free (spock);
}

static void
test_other_authority (TrustEnds *self, gconstpointer data)
{
  g_autofree char *other = trust_certificates_make_other_authority (self);

  trust_certificates_make (self, "kirk",
                           (TestCertificate){ .issuer = other, .dns = "kirk" });
  trust_ends_listen (self, HUB);
  trust_ends_dial (self, KIRK);
  trust_ends_assert_nobody (self, "of an authority that its ca-file has");
  hein_endpoint_close (self->dialled);
  listen_as_kirk (self);
  dial_wrong (self);
  assert_hub_says (self, "of another authority");
}

/* A peer cannot sign for others, though it is signed itself. */
static void
test_signed_by_peer (TrustEnds *self, gconstpointer data)
{
  g_autofree char *hub = trust_ends_dup_path (self, "hub.id");

  trust_certificates_make (self, "kirk",
                           (TestCertificate){ .issuer = hub, .dns = "kirk" });
  trust_ends_listen (self, HUB);
  trust_ends_dial (self, KIRK);
  trust_ends_assert_nobody (self, "does not take the identity of this one");
}

/* Who is signed himself says so by that; nobody knows him. */
static void
test_self_signed (TrustEnds *self, gconstpointer data)
{
  trust_certificates_make_own (self, "kirk",
                               (TestCertificate){ .dns = "kirk" });
  trust_ends_listen (self, HUB);
  trust_ends_dial (self, KIRK);
  trust_ends_assert_nobody (self, "does not take the identity of this one");
}

/* More than the other side takes is found here. */
static void
test_large (TrustEnds *self, gconstpointer data)
{
  trust_certificates_make (self, "kirk",
                           (TestCertificate){ .dns = "kirk",
                                              .n_padding = 15000 });
  trust_ends_listen (self, HUB);
  trust_ends_dial (self, KIRK);
  trust_ends_wait_for_both (self);
  trust_certificates_make (self, "kirk",
                           (TestCertificate){ .dns = "kirk",
                                              .n_padding = 17000 });
  trust_ends_refuse (self, HEIN_ROLE_LISTEN, KIRK, HEIN_ERROR_FAILED,
                     "more than 16384 bytes");
}

static void
test_mirrored (TrustEnds *self, gconstpointer data)
{
  g_autofree char *uri =
    g_strdup_printf ("tcp://127.0.0.1:0?identity=%s/kirk.id&ca-file=%s/"
                     "fleet.pem",
                     self->folder, self->folder);

  self->endpoint = hein_test_bus_listen (self->kirk, uri);
  trust_ends_dial (self, KIRK);
  trust_ends_assert_nobody (self, "it has the key of this very bus");
}

/* Any peer of the authority could stand at the hub's address. */
static void
test_peer_name (TrustEnds *self, gconstpointer data)
{
  trust_ends_listen (self, HUB);
  trust_ends_dial (self, KIRK "&peer-name=m5");
  trust_ends_assert_nobody (self, "it is \"hub\", and the address says");
  hein_endpoint_close (self->dialled);
  trust_ends_dial (self, KIRK "&peer-name=hub");
  trust_ends_wait_for_both (self);
}

static void
test_no_key (TrustEnds *self, gconstpointer data)
{
  trust_ends_listen (self, HUB);
  trust_ends_dial (self, data);
  trust_ends_assert_nobody (self, "");
}

/* ---- while it is open ---- */

static void
test_revoked (TrustEnds *self, gconstpointer data)
{
  g_autofree char *list = trust_ends_dup_path (self, "fleet.pem");
  g_autofree char *authority = trust_ends_dup_path (self, "fleet");
  g_autofree char *kirk = trust_ends_dup_path (self, "kirk.id");

  trust_ends_listen (self, HUB);
  trust_ends_dial (self, KIRK);
  trust_ends_wait_for_both (self);
  certificates_revoke (list, authority, kirk);
  trust_ends_wait_for_end (self, "its key is no longer valid");
}

/* How many certificates the list in a file has. */
static int
count_revoked (const char *path)
{
  g_autofree char *text = NULL;
  gnutls_x509_crl_t list;
  gnutls_datum_t pem;
  int n;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  pem = (gnutls_datum_t){ (guint8 *) text, strlen (text) };
  gnutls_x509_crl_init (&list);
  g_assert_cmpint (gnutls_x509_crl_import (list, &pem, GNUTLS_X509_FMT_PEM), ==,
                   0);
  n = gnutls_x509_crl_get_crt_count (list);
  gnutls_x509_crl_deinit (list);
  return n;
}

/* The same by hein, twice, so that the list has two; what is renewed is good again. */
static void
test_taken_back (TrustEnds *self, gconstpointer data)
{
  g_autofree char *authority = trust_ends_dup_path (self, "fleet");
  g_autofree char *kirk = trust_ends_dup_path (self, "kirk.id");
  g_autofree char *spock = trust_ends_dup_path (self, "spock.id");
  g_autofree char *list = trust_ends_dup_path (self, "fleet.pem");
  g_autoptr (GError) error = NULL;

  hein_identity_certify (authority, spock, "spock", 1, &error);
  g_assert_no_error (error);
  hein_identity_revoke (authority, spock, &error);
  g_assert_no_error (error);
  trust_ends_listen (self, HUB);
  trust_ends_dial (self, KIRK);
  trust_ends_wait_for_both (self);
  g_object_set (self->kirk->bus, "reconnect-failed-ms", 20u, NULL);
  hein_identity_revoke (authority, kirk, &error);
  g_assert_no_error (error);
  g_assert_cmpint (count_revoked (list), ==, 2);
  trust_ends_wait_for_end (self, "its key is no longer valid");
  hein_test_wait (self->kirk->n_failed > 0);
  hein_identity_certify (authority, kirk, NULL, 1, &error);
  g_assert_no_error (error);
  trust_ends_wait_for_both (self);
}

/* What it has not signed, and who is none. */
static void
test_not_taken_back (TrustEnds *self, gconstpointer data)
{
  g_autofree char *authority = trust_ends_dup_path (self, "fleet");
  g_autofree char *own = trust_ends_dup_path (self, "own.id");
  g_autofree char *kirk = trust_ends_dup_path (self, "kirk.id");
  g_autofree char *pin = hein_identity_make (own, "own", NULL);
  g_autofree char *list = trust_ends_dup_path (self, "fleet.pem");
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (pin);
  g_assert_true (g_file_get_contents (list, &before, NULL, NULL));
  g_assert_false (hein_identity_revoke (authority, own, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "is not signed by this authority"));
  g_clear_error (&error);
  g_assert_false (hein_identity_revoke (kirk, own, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "is not an authority"));
  g_assert_true (g_file_get_contents (list, &after, NULL, NULL));
  g_assert_cmpstr (after, ==, before);
}

/* An authority that nobody believes any more. */
static void
test_authority_gone (TrustEnds *self, gconstpointer data)
{
  trust_ends_listen (self, HUB);
  trust_ends_dial (self, KIRK);
  trust_ends_wait_for_both (self);
  trust_certificates_change_authority (self);
  trust_ends_wait_for_end (self, "its key is no longer valid");
}

/* A new certificate of the same key, while connections stay. */
static void
test_renewed (TrustEnds *self, gconstpointer data)
{
  g_autofree char *path = trust_ends_dup_path (self, "kirk.id");
  g_autofree char *authority = trust_ends_dup_path (self, "fleet");
  g_autofree char *before = hein_identity_read (path, NULL, NULL);
  g_autofree char *after = NULL;
  g_autofree char *name = NULL;
  g_autofree char *text = NULL;
  g_autofree char *other_text = NULL;
  g_autoptr (GError) error = NULL;

  trust_ends_listen (self, HUB);
  trust_ends_dial (self, KIRK);
  trust_ends_wait_for_both (self);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_true (hein_identity_certify (authority, path, NULL, 2, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &other_text, NULL, NULL));
  g_assert_cmpstr (text, !=, other_text);
  after = hein_identity_read (path, &name, &error);
  g_assert_cmpstr (after, ==, before);
  g_assert_cmpstr (name, ==, "kirk");
  trust_ends_exchange (self);
  hein_endpoint_close (self->dialled);
  hein_test_wait (self->hub->removed->len == 1);
  trust_ends_dial (self, KIRK);
  trust_ends_wait_for_both (self);
}

/* ---- files that are of no use ---- */

static void
test_bad_files (TrustEnds *self, gconstpointer data)
{
  g_autofree char *large = g_strnfill (5 << 20, 'x');

  trust_ends_write (self, "bad.pem", "no certificate", 0644);
  trust_ends_refuse (self, HEIN_ROLE_LISTEN,
                     "identity=%s/hub.id&ca-file=%s/bad.pem", HEIN_ERROR_FAILED,
                     "has no certificate of an authority");
  trust_ends_write (self, "bad.pem", large, 0644);
  trust_ends_refuse (self, HEIN_ROLE_LISTEN,
                     "identity=%s/hub.id&ca-file=%s/bad.pem", HEIN_ERROR_FAILED,
                     "at most 4194304 bytes");
  trust_ends_write (self, "bad.pem", "x", 0666);
  trust_ends_refuse (self, HEIN_ROLE_LISTEN,
                     "identity=%s/hub.id&ca-file=%s/bad.pem",
                     HEIN_ERROR_INSECURE, "chmod 644");
}

static void
test_bad_making (TrustEnds *self, gconstpointer data)
{
  g_autofree char *authority = trust_ends_dup_path (self, "fleet");
  g_autofree char *kirk = trust_ends_dup_path (self, "kirk.id");
  g_autofree char *nobody = trust_ends_dup_path (self, "nobody.id");
  g_autoptr (GError) error = NULL;

  g_assert_false (hein_identity_make_authority (authority, "fleet", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_false (hein_identity_certify (kirk, nobody, "nobody", 1, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "is not an authority"));
  g_clear_error (&error);
  g_assert_false (hein_identity_certify (authority, nobody, NULL, 1, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_false (g_file_test (nobody, G_FILE_TEST_EXISTS));
}

static void
add (const char *path,
     gconstpointer data,
     void (*test) (TrustEnds *, gconstpointer))
{
  g_test_add (path, TrustEnds, data, set_up, test, trust_ends_tear_down);
}

static void
add_wrong (void)
{
  add ("/tls-authority/expired", &expired, test_wrong);
  add ("/tls-authority/expired-listener", &expired, test_wrong_listener);
  add ("/tls-authority/early", &early, test_wrong);
  add ("/tls-authority/early-listener", &early, test_wrong_listener);
  add ("/tls-authority/server-only", &server_only, test_wrong);
  add ("/tls-authority/two-names", NULL, test_two_names);
  add ("/tls-authority/no-name", NULL, test_no_name);
  add ("/tls-authority/other-name", NULL, test_other_name);
  add ("/tls-authority/other-authority", NULL, test_other_authority);
  add ("/tls-authority/signed-by-peer", NULL, test_signed_by_peer);
  add ("/tls-authority/self-signed", NULL, test_self_signed);
  add ("/tls-authority/large", NULL, test_large);
  add ("/tls-authority/mirrored", NULL, test_mirrored);
  add ("/tls-authority/plain", "", test_no_key);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/tls-authority/right", NULL, test_right);
  add ("/tls-authority/foreign", NULL, test_foreign);
  add_wrong ();
  add ("/tls-authority/peer-name", NULL, test_peer_name);
  add ("/tls-authority/revoked", NULL, test_revoked);
  add ("/tls-authority/taken-back", NULL, test_taken_back);
  add ("/tls-authority/not-taken-back", NULL, test_not_taken_back);
  add ("/tls-authority/authority-gone", NULL, test_authority_gone);
  add ("/tls-authority/renewed", NULL, test_renewed);
  add ("/tls-authority/bad-files", NULL, test_bad_files);
  add ("/tls-authority/bad-making", NULL, test_bad_making);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "certificates.h"

#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#define check(call) g_assert_cmpint (call, >=, 0)

typedef struct
{
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t certificate;
} Pair;

static void
read_pair (Pair *self, const char *path)
{
  g_autofree char *text = NULL;
  gsize size;
  gnutls_datum_t data;

  g_assert_true (g_file_get_contents (path, &text, &size, NULL));
  data = (gnutls_datum_t){ (guint8 *) text, size };
  check (gnutls_x509_privkey_init (&self->key));
  check (gnutls_x509_crt_init (&self->certificate));
  check (gnutls_x509_privkey_import2 (self->key, &data, GNUTLS_X509_FMT_PEM,
                                      NULL, GNUTLS_PKCS_PLAIN));
  check (
    gnutls_x509_crt_import (self->certificate, &data, GNUTLS_X509_FMT_PEM));
}

static void
clear (Pair *self)
{
  gnutls_x509_privkey_deinit (self->key);
  gnutls_x509_crt_deinit (self->certificate);
}

static void
append (char **text, gnutls_datum_t *pem)
{
  char *longer = g_strdup_printf ("%s%.*s", *text != NULL ? *text : "",
                                  (int) pem->size, (char *) pem->data);

  gnutls_free (pem->data);
  g_free (*text);
  *text = longer;
}

static void
write_text (const char *path, const char *text)
{
  g_assert_true (g_file_set_contents_full (path, text, -1,
                                           G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                           NULL));
}

static void
write_pair (const Pair *self, const char *path)
{
  g_autofree char *open = g_strconcat (path, ".pem", NULL);
  g_autofree char *certificate = NULL;
  g_autofree char *both = NULL;
  gnutls_datum_t pem;

  check (
    gnutls_x509_crt_export2 (self->certificate, GNUTLS_X509_FMT_PEM, &pem));
  append (&certificate, &pem);
  check (gnutls_x509_privkey_export2_pkcs8 (self->key, GNUTLS_X509_FMT_PEM,
                                            NULL, GNUTLS_PKCS_PLAIN, &pem));
  append (&both, &pem);
  pem.data = gnutls_malloc (strlen (certificate));
  pem.size = strlen (certificate);
  memcpy (pem.data, certificate, pem.size);
  append (&both, &pem);
  write_text (path, both);
  write_text (open, certificate);
}

static void
set_names (gnutls_x509_crt_t crt, const TestCertificate *like)
{
  if (like->dns != NULL)
    check (gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_DNSNAME,
                                                 like->dns, strlen (like->dns),
                                                 GNUTLS_FSAN_APPEND));
  if (like->other != NULL)
    check (gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_DNSNAME,
                                                 like->other,
                                                 strlen (like->other),
                                                 GNUTLS_FSAN_APPEND));
  if (like->address != NULL)
    check (gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_IPADDRESS,
                                                 like->address, 4,
                                                 GNUTLS_FSAN_APPEND));
}

static void
set_rest (gnutls_x509_crt_t crt, const TestCertificate *like)
{
  static guint serial;
  const guint8 number[] = { 1, ++serial };
  g_autofree guint8 *padding = g_malloc0 (like->n_padding);

  check (gnutls_x509_crt_set_version (crt, 3));
  check (gnutls_x509_crt_set_serial (crt, number, sizeof number));
  check (gnutls_x509_crt_set_basic_constraints (crt, like->is_authority, -1));
  if (like->is_authority)
    check (gnutls_x509_crt_set_key_usage (crt, GNUTLS_KEY_KEY_CERT_SIGN |
                                                 GNUTLS_KEY_CRL_SIGN));
  if (like->purpose != NULL)
    check (gnutls_x509_crt_set_key_purpose_oid (crt, like->purpose, 0));
  if (like->n_padding > 0)
    check (gnutls_x509_crt_set_extension_by_oid (crt, "1.3.6.1.4.1.99999.1",
                                                 padding, like->n_padding, 0));
}

static gnutls_digest_algorithm_t
get_digest (const Pair *by)
{
  return gnutls_x509_privkey_get_pk_algorithm (by->key) == GNUTLS_PK_ECDSA
           ? GNUTLS_DIG_SHA256
           : GNUTLS_DIG_SHA512;
}

static void
sign (Pair *self, const Pair *by)
{
  check (gnutls_x509_crt_sign2 (self->certificate, by->certificate, by->key,
                                get_digest (by), 0));
}

void
certificates_make (const char *path, const TestCertificate *like)
{
  Pair pair = { NULL };
  Pair by = { NULL };
  const char *name = like->dns != NULL ? like->dns : "an authority";

  check (gnutls_x509_privkey_init (&pair.key));
  check (gnutls_x509_privkey_generate (pair.key, GNUTLS_PK_ECDSA,
                                       GNUTLS_CURVE_TO_BITS (
                                         GNUTLS_ECC_CURVE_SECP256R1),
                                       0));
  check (gnutls_x509_crt_init (&pair.certificate));
  check (gnutls_x509_crt_set_key (pair.certificate, pair.key));
  check (gnutls_x509_crt_set_dn_by_oid (pair.certificate,
                                        GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                        strlen (name)));
  check (gnutls_x509_crt_set_activation_time (pair.certificate,
                                              time (NULL) + like->from_s));
  check (gnutls_x509_crt_set_expiration_time (pair.certificate,
                                              time (NULL) + like->until_s));
  set_rest (pair.certificate, like);
  set_names (pair.certificate, like);
  if (like->issuer != NULL)
    read_pair (&by, like->issuer);
  sign (&pair, like->issuer != NULL ? &by : &pair);
  write_pair (&pair, path);
  clear (&pair);
  if (like->issuer != NULL)
    clear (&by);
}

void
certificates_revoke (const char *list, const char *issuer, const char *path)
{
  gnutls_x509_crl_t crl;
  Pair by;
  Pair pair;
  gnutls_datum_t pem;
  g_autofree char *text = NULL;

  read_pair (&by, issuer);
  read_pair (&pair, path);
  check (gnutls_x509_crl_init (&crl));
  check (gnutls_x509_crl_set_version (crl, 2));
  check (gnutls_x509_crl_set_this_update (crl, time (NULL) - 10));
  check (gnutls_x509_crl_set_next_update (crl, time (NULL) + 86400));
  check (gnutls_x509_crl_set_crt (crl, pair.certificate, time (NULL) - 10));
  check (
    gnutls_x509_crl_sign2 (crl, by.certificate, by.key, get_digest (&by), 0));
  check (gnutls_x509_crl_export2 (crl, GNUTLS_X509_FMT_PEM, &pem));
  g_assert_true (g_file_get_contents (list, &text, NULL, NULL));
  append (&text, &pem);
  write_text (list, text);
  gnutls_x509_crl_deinit (crl);
  clear (&by);
  clear (&pair);
}

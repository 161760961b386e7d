/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-authorities.h"

#include <string.h>

#include <gnutls/x509.h>
#include <hein/hein.h>

#include "secret/hein-secret.h"
#include "tls-names.h"

/* Checks certificates against a file of authorities. */

/* Between a certificate and an authority that is known. */
#define CHAIN_MAX 8

struct _TlsAuthorities
{
  gnutls_x509_trust_list_t list;
  char *name; /* owned */
  gboolean is_of_system;
};

void
tls_authorities_free (TlsAuthorities *self)
{
  if (self->list != NULL)
    gnutls_x509_trust_list_deinit (self->list, 1);
  g_free (self->name);
  g_free (self);
}

/* ---- the file ---- */

/* (transfer full): followed by a 0; NULL with @error. */
static char *
read_file (const char *path, gsize *size, GError **error)
{
  g_autofree char *text = g_malloc (TLS_AUTHORITIES_FILE_MAX + 1);
  const gssize n =
    hein_secret_read_list (path, text, TLS_AUTHORITIES_FILE_MAX + 1, error);

  if (n > TLS_AUTHORITIES_FILE_MAX)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "%s: is not a file of authorities, which has at most %d bytes",
                 path, TLS_AUTHORITIES_FILE_MAX);
  if (n < 0 || n > TLS_AUTHORITIES_FILE_MAX)
    return NULL;
  text[n] = '\0';
  *size = n;
  return g_steal_pointer (&text);
}

static gboolean
add_all (TlsAuthorities *self,
         const char *path,
         const gnutls_datum_t *text,
         GError **error)
{
  const gboolean has_lists =
    strstr ((char *) text->data, "-----BEGIN X509 CRL-----") != NULL;
  const int n =
    gnutls_x509_trust_list_add_trust_mem (self->list, text,
                                          has_lists ? text : NULL,
                                          GNUTLS_X509_FMT_PEM, 0, 0);

  if (n > 0)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "%s: has no certificate of an authority%s%s%s: "
               "'hein keygen --ca FILE' makes one",
               path, n < 0 ? " (" : "", n < 0 ? gnutls_strerror (n) : "",
               n < 0 ? ")" : "");
  return FALSE;
}

static char *
dup_name (const char *path)
{
  g_autofree char *base = g_path_get_basename (path);
  char *dot = strrchr (base, '.');

  if (dot != NULL && dot != base)
    *dot = '\0';
  return hein_error_dup_printable (base, strlen (base));
}

static gboolean
add_system (TlsAuthorities *self, GError **error)
{
  const int n = gnutls_x509_trust_list_add_system_trust (self->list, 0, 0);

  self->is_of_system = TRUE;
  if (n > 0)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "this system trusts no authorities%s%s%s: install "
               "ca-certificates, or say ca-file=FILE",
               n < 0 ? " (" : "", n < 0 ? gnutls_strerror (n) : "",
               n < 0 ? ")" : "");
  return FALSE;
}

static TlsAuthorities *
authorities_new (const char *name, GError **error)
{
  TlsAuthorities *self = g_new0 (TlsAuthorities, 1);

  self->name = g_strdup (name);
  if (gnutls_x509_trust_list_init (&self->list, 0) == 0)
    return self;
  self->list = NULL;
  tls_authorities_free (self);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED, "%s: no memory", name);
  return NULL;
}

static TlsAuthorities *
new_from_file (const char *path, GError **error)
{
  g_autofree char *name = dup_name (path);
  gsize size = 0;
  g_autofree char *data = read_file (path, &size, error);
  const gnutls_datum_t text = { (guint8 *) data, size };
  g_autoptr (TlsAuthorities) self = NULL;

  if (data == NULL)
    return NULL;
  self = authorities_new (name, error);
  return self != NULL && add_all (self, path, &text, error)
           ? g_steal_pointer (&self)
           : NULL;
}

TlsAuthorities *
tls_authorities_new (const char *path, GError **error)
{
  g_autoptr (TlsAuthorities) self = NULL;

  if (path != NULL)
    return new_from_file (path, error);
  self = authorities_new ("system", error);
  return self != NULL && add_system (self, error) ? g_steal_pointer (&self)
                                                  : NULL;
}

const char *
tls_authorities_get_name (const TlsAuthorities *self)
{
  return self->name;
}

/* ---- certificates ---- */

static char *
dup_date (time_t time)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (time);

  return date != NULL ? g_date_time_format (date, "%F %T UTC")
                      : g_strdup ("a time that nobody can write");
}

/* The issuer; for the error only. */
static char *
dup_issuer (gnutls_x509_crt_t certificate)
{
  char text[256];
  size_t size = sizeof text;

  if (gnutls_x509_crt_get_issuer_dn (certificate, text, &size) != 0)
    return g_strdup ("?");
  return hein_error_dup_printable (text, strlen (text));
}

/* The most telling fault: a certificate of another authority may be too old,
 * too. */
static char *
explain (const TlsAuthorities *self,
         gnutls_x509_crt_t certificate,
         guint status)
{
  const time_t now = time (NULL);
  g_autofree char *from =
    dup_date (gnutls_x509_crt_get_activation_time (certificate));
  g_autofree char *until =
    dup_date (gnutls_x509_crt_get_expiration_time (certificate));
  g_autofree char *here = dup_date (now);
  g_autofree char *issuer = dup_issuer (certificate);

  if ((status & GNUTLS_CERT_REVOKED) != 0)
    return g_strdup ("its certificate was revoked by its authority");
  if ((status & (GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA)) !=
      0)
    return g_strdup_printf ("its certificate is of another authority (%s), "
                            "which %s",
                            issuer,
                            self->is_of_system
                              ? "this system does not trust: if it is right, "
                                "say ca-file=FILE with its certificate"
                              : "the ca-file does not have");
  if ((status & GNUTLS_CERT_UNEXPECTED_OWNER) != 0)
    return g_strdup ("its certificate is of another host: it has to name the "
                     "one in the address");
  if ((status & GNUTLS_CERT_SIGNATURE_FAILURE) != 0)
    return g_strdup_printf ("its certificate claims to be from %s, and is not",
                            issuer);
  if ((status & GNUTLS_CERT_NOT_ACTIVATED) != 0)
    return g_strdup_printf ("its certificate is not valid before %s, and here "
                            "it is %s: is the clock right?",
                            from, here);
  if ((status & GNUTLS_CERT_EXPIRED) != 0)
    return g_strdup_printf ("its certificate has expired at %s, and here it is "
                            "%s: if the clock is right, renew it by 'hein "
                            "keygen --by AUTHORITY --identity FILE'",
                            until, here);
  if ((status & GNUTLS_CERT_PURPOSE_MISMATCH) != 0)
    return g_strdup ("its certificate is for another purpose: it has to be for "
                     "clients and servers of TLS");
  if ((status & GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED) != 0)
    return g_strdup ("the ca-file has a list of revoked certificates that is "
                     "too old");
  if ((status & GNUTLS_CERT_INSECURE_ALGORITHM) != 0)
    return g_strdup ("its certificate is signed by a method that is broken");
  return g_strdup_printf ("its certificate is not good (0x%x)", status);
}

static char *
read_name (gnutls_x509_crt_t certificate, char **cause)
{
  guint n_names;
  char *name = tls_names_read (certificate, &n_names);

  if (name != NULL)
    return name;
  if (n_names > 1)
    *cause = g_strdup_printf ("its certificate names %u, and has to name one: "
                              "by one subject alternative name",
                              n_names);
  else if (n_names == 1)
    *cause = g_strdup ("its certificate has a name that no bus can have");
  else
    *cause = g_strdup ("its certificate names nobody: it needs a subject "
                       "alternative name such as DNS:kirk");
  return NULL;
}

/* What a certificate is to be good for, and perhaps whose it is to be. */
typedef struct
{
  gnutls_typed_vdata_st data[2];
  guint n;
  GInetAddress *ip; /* owned, nullable */
} Wanted;

static void
wanted_init (Wanted *self, gboolean dials, const char *host)
{
  const char *purpose =
    dials ? GNUTLS_KP_TLS_WWW_CLIENT : GNUTLS_KP_TLS_WWW_SERVER;

  *self = (Wanted){ .n = 1 };
  self->data[0].type = GNUTLS_DT_KEY_PURPOSE_OID;
  self->data[0].data = (guint8 *) purpose;
  if (host == NULL)
    return;
  self->n = 2;
  self->ip = g_inet_address_new_from_string (host);
  self->data[1].type =
    self->ip != NULL ? GNUTLS_DT_IP_ADDRESS : GNUTLS_DT_DNS_HOSTNAME;
  self->data[1].data = self->ip != NULL
                         ? (guint8 *) g_inet_address_to_bytes (self->ip)
                         : (guint8 *) host;
  self->data[1].size = self->ip != NULL
                         ? g_inet_address_get_native_size (self->ip)
                         : strlen (host);
}

static void
wanted_clear (Wanted *self)
{
  g_clear_object (&self->ip);
}

static gboolean
check_chain (const TlsAuthorities *self,
             gnutls_x509_crt_t *chain,
             guint n,
             Wanted *wanted,
             char **cause)
{
  guint status = 0;
  const int code =
    gnutls_x509_trust_list_verify_crt2 (self->list, chain, n, wanted->data,
                                        wanted->n, 0, &status, NULL);

  if (code == 0 && status == 0)
    return TRUE;
  *cause = code != 0 ? g_strdup_printf ("its certificate cannot be checked: %s",
                                        gnutls_strerror (code))
                     : explain (self, chain[0], status);
  return FALSE;
}

/* ---- what is shown ---- */

static void
chain_clear (gnutls_x509_crt_t *chain)
{
  for (guint i = 0; i < CHAIN_MAX && chain[i] != NULL; i++)
    gnutls_x509_crt_deinit (chain[i]);
}

static gboolean
chain_read (gnutls_x509_crt_t *chain,
            const gnutls_datum_t *data,
            guint n,
            char **cause)
{
  int code = 0;

  if (n > CHAIN_MAX)
    {
      *cause = g_strdup_printf ("it shows %u certificates, of which there are "
                                "at most %d from a peer to an authority",
                                n, CHAIN_MAX);
      return FALSE;
    }
  for (guint i = 0; i < n && code == 0; i++)
    {
      code = gnutls_x509_crt_init (&chain[i]);
      if (code == 0)
        code = gnutls_x509_crt_import (chain[i], &data[i], GNUTLS_X509_FMT_DER);
    }
  if (code != 0)
    *cause = g_strdup ("its certificate cannot be read");
  return code == 0;
}

char *
tls_authorities_check (const TlsAuthorities *self,
                       const gnutls_datum_t *data,
                       guint n,
                       gboolean dials,
                       char **cause)
{
  gnutls_x509_crt_t chain[CHAIN_MAX] = { NULL };
  char *name = NULL;
  Wanted wanted;

  wanted_init (&wanted, dials, NULL);
  if (chain_read (chain, data, n, cause) &&
      check_chain (self, chain, n, &wanted, cause))
    name = read_name (chain[0], cause);
  chain_clear (chain);
  wanted_clear (&wanted);
  return name;
}

gboolean
tls_authorities_check_host (const TlsAuthorities *self,
                            const gnutls_datum_t *data,
                            guint n,
                            const char *host,
                            char **cause)
{
  gnutls_x509_crt_t chain[CHAIN_MAX] = { NULL };
  gboolean ok;
  Wanted wanted;

  wanted_init (&wanted, FALSE, host);
  ok = chain_read (chain, data, n, cause) &&
       check_chain (self, chain, n, &wanted, cause);
  chain_clear (chain);
  wanted_clear (&wanted);
  return ok;
}

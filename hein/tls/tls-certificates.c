/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-certificates.h"

#include <string.h>

#include <hein/hein.h>

#include "tls-authorities.h"
#include "tls-identity-file.h"

/* The certificate of an endpoint, and what it accepts from the other side. */

struct _TlsCertificates
{
  guint refs; /* owner context */
  gboolean is_dialling;
  gboolean by_host;
  gnutls_certificate_credentials_t credentials;
  TlsIdentityFile own;
  char *own_path;
  char *only_name;             /* owned, nullable: nobody else may be there */
  TlsPeers *peers;             /* owned, nullable */
  TlsAuthorities *authorities; /* owned; of the two there is one */
};

TlsCertificates *
tls_certificates_ref (TlsCertificates *self)
{
  self->refs++;
  return self;
}

void
tls_certificates_unref (TlsCertificates *self)
{
  if (--self->refs > 0)
    return;
  if (self->credentials != NULL)
    gnutls_certificate_free_credentials (self->credentials);
  g_clear_pointer (&self->peers, tls_peers_free);
  g_clear_pointer (&self->authorities, tls_authorities_free);
  tls_identity_file_clear (&self->own);
  g_free (self->own_path);
  g_free (self->only_name);
  g_free (self);
}

/* ---- the files ---- */

/* A bus that shows another's name would be refused by the other side: better to
 * fail now. Sides that know keys go by their file of peers, whatever the
 * certificate says. */
static gboolean
check_own (TlsCertificates *self, const HeinTlsOptions *options, GError **error)
{
  if (self->own.name == NULL && options->peers == NULL)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                 "%s: its certificate names nobody: it needs one subject "
                 "alternative name, DNS:%s, as 'hein keygen' makes it",
                 options->identity, options->bus_name);
  else if (self->own.name != NULL &&
           !g_str_equal (self->own.name, options->bus_name))
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                 "%s: is the identity of \"%s\", and this bus is called "
                 "\"%s\": call it so, or make an identity for it",
                 options->identity, self->own.name, options->bus_name);
  else
    return TRUE;
  return FALSE;
}

static gboolean
read_files (TlsCertificates *self,
            const HeinTlsOptions *options,
            GError **error)
{
  if (options->identity != NULL &&
      !tls_identity_file_read (&self->own, options->identity, self->credentials,
                               error))
    return FALSE;
  if (!options->by_host && !check_own (self, options, error))
    return FALSE;
  if (options->peers != NULL)
    self->peers = tls_peers_new_from_file (options->peers, error);
  else
    self->authorities = tls_authorities_new (options->ca_file, error);
  return self->peers != NULL || self->authorities != NULL;
}

TlsCertificates *
tls_certificates_new (const HeinTlsOptions *options, GError **error)
{
  g_autoptr (TlsCertificates) self = g_new0 (TlsCertificates, 1);
  const int code = gnutls_certificate_allocate_credentials (&self->credentials);

  self->refs = 1;
  self->is_dialling = options->is_dialling;
  self->by_host = options->by_host;
  self->own_path = g_strdup (options->identity);
  self->only_name = g_strdup (options->peer_name);
  if (code == 0)
    return read_files (self, options, error) ? g_steal_pointer (&self) : NULL;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED, "certificates: %s",
               gnutls_strerror (code));
  return NULL;
}

/* ---- sessions ---- */

/* The dialler is not told the names of authorities: GnuTLS would send no
 * certificate if its own were not among them, and the error could not say whose
 * it is. */
int
tls_certificates_equip (TlsCertificates *self, gnutls_session_t session)
{
  if (!self->is_dialling)
    {
      gnutls_certificate_server_set_request (session, GNUTLS_CERT_REQUIRE);
      gnutls_certificate_send_x509_rdn_sequence (session, 1);
    }
  return gnutls_credentials_set (session, GNUTLS_CRD_CERTIFICATE,
                                 self->credentials);
}

/* ---- who is there ---- */

gboolean
tls_certificates_are_of_hosts (const TlsCertificates *self)
{
  return self->by_host;
}

static char *
check_pin (const TlsCertificates *self, const guint8 *pin, char **cause)
{
  const char *name = tls_peers_find (self->peers, pin);
  g_autofree char *text = tls_pin_dup_text (pin);

  if (name != NULL)
    return g_strdup (name);
  *cause = g_strdup_printf ("nobody in the file of peers has its key: if it "
                            "shall come in, add the line NAME %s",
                            text);
  return NULL;
}

static char *
check_certificate (const TlsCertificates *self,
                   gnutls_x509_crt_t certificate,
                   const gnutls_datum_t *chain,
                   guint n,
                   char **cause)
{
  guint8 pin[TLS_PIN_SIZE];

  if (tls_pin_read (certificate, pin) != 0)
    *cause = g_strdup ("its certificate cannot be read");
  else if (memcmp (pin, self->own.pin, sizeof pin) == 0)
    *cause = g_strdup ("it has the key of this very bus: it was led back to "
                       "itself, or its identity was copied");
  else if (self->peers != NULL)
    return check_pin (self, pin, cause);
  else
    return tls_authorities_check (self->authorities, chain, n,
                                  !self->is_dialling, cause);
  return NULL;
}

static char *
check_name (const TlsCertificates *self, char *name, char **cause)
{
  if (name == NULL || self->only_name == NULL ||
      g_str_equal (name, self->only_name))
    return name;
  *cause = g_strdup_printf ("it is \"%s\", and the address says "
                            "peer-name=%s",
                            name, self->only_name);
  g_free (name);
  return NULL;
}

char *
tls_certificates_check (const TlsCertificates *self,
                        gnutls_session_t session,
                        const char *host,
                        char **cause)
{
  guint n = 0;
  const gnutls_datum_t *chain = gnutls_certificate_get_peers (session, &n);
  gnutls_x509_crt_t certificate;
  char *name = NULL;

  *cause = NULL;
  if (chain == NULL || n == 0)
    {
      *cause = g_strdup ("it has shown no certificate");
      return NULL;
    }
  if (self->by_host)
    return tls_authorities_check_host (self->authorities, chain, n, host, cause)
             ? g_strdup (host)
             : NULL;
  if (gnutls_x509_crt_init (&certificate) != 0)
    {
      *cause = g_strdup ("its certificate cannot be read");
      return NULL;
    }
  if (gnutls_x509_crt_import (certificate, chain, GNUTLS_X509_FMT_DER) == 0)
    name = check_certificate (self, certificate, chain, n, cause);
  else
    *cause = g_strdup ("its certificate cannot be read");
  gnutls_x509_crt_deinit (certificate);
  return check_name (self, name, cause);
}

/* ---- words ---- */

char *
tls_certificates_dup_security (const TlsCertificates *self, const char *name)
{
  if (self->by_host)
    return g_strconcat ("host:", name, NULL);
  if (self->peers != NULL)
    return g_strconcat ("pin:", name, NULL);
  return g_strconcat ("ca:", tls_authorities_get_name (self->authorities),
                      NULL);
}

char *
tls_certificates_dup_advice (const TlsCertificates *self, const char *bus_name)
{
  g_autofree char *pin = tls_pin_dup_text (self->own.pin);
  const time_t now = time (NULL);

  if (self->own_path == NULL)
    return g_strdup (
      "it wants a certificate of this side: say identity=FILE, a "
      "file with the key and its certificates in PEM");
  if (self->peers != NULL)
    return g_strdup_printf ("its file of peers needs the line %s %s", bus_name,
                            pin);
  if (now > self->own.until || now < self->own.from)
    return g_strdup_printf ("the certificate in %s %s by the clock here: if "
                            "that is right, renew it "
                            "by 'hein keygen --by AUTHORITY --identity %s'",
                            self->own_path,
                            now < self->own.from ? "is not valid yet"
                                                 : "has expired",
                            self->own_path);
  return g_strdup_printf ("look whether %s is of an authority that its ca-file "
                          "has, whether that has taken it back, whether its "
                          "peer-name is another one, and whether both clocks "
                          "are right",
                          self->own_path);
}

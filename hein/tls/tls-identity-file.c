/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-identity-file.h"

#include <string.h>

#include <hein/hein.h>

#include "secret/hein-secret.h"
#include "tls-names.h"

/* Reads files of identities. */

static gboolean
fail (const char *path, int code, const char *advice, GError **error)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED, "%s: %s (%s): %s", path,
               "is not an identity", gnutls_strerror (code), advice);
  return FALSE;
}

#define MAKE_ONE "'hein keygen --identity FILE' makes one"

void
tls_identity_file_clear (TlsIdentityFile *self)
{
  g_free (self->name);
  *self = (TlsIdentityFile){ NULL };
}

int
tls_pin_read (gnutls_x509_crt_t certificate, guint8 *pin)
{
  size_t size = TLS_PIN_SIZE;

  return gnutls_x509_crt_get_key_id (certificate, GNUTLS_KEYID_USE_SHA256, pin,
                                     &size);
}

char *
tls_pin_dup_text (const guint8 *pin)
{
  GString *text = g_string_sized_new (2 * TLS_PIN_SIZE + 1);

  for (guint i = 0; i < TLS_PIN_SIZE; i++)
    g_string_append_printf (text, "%02x", pin[i]);
  return g_string_free (text, FALSE);
}

/* Reads the first certificate, which is that of the key. */
static int
read_certificate (TlsIdentityFile *self, const gnutls_datum_t *text)
{
  gnutls_x509_crt_t certificate;
  guint n_names;
  int code = gnutls_x509_crt_init (&certificate);

  if (code != 0)
    return code;
  code = gnutls_x509_crt_import (certificate, text, GNUTLS_X509_FMT_PEM);
  if (code == 0)
    code = tls_pin_read (certificate, self->pin);
  if (code == 0)
    {
      self->name = tls_names_read (certificate, &n_names);
      self->from = gnutls_x509_crt_get_activation_time (certificate);
      self->until = gnutls_x509_crt_get_expiration_time (certificate);
    }
  gnutls_x509_crt_deinit (certificate);
  return code;
}

gboolean
tls_pin_is_of (const guint8 *pin, gnutls_x509_privkey_t key)
{
  guint8 own[TLS_PIN_SIZE];
  size_t size = sizeof own;

  return gnutls_x509_privkey_get_key_id (key, GNUTLS_KEYID_USE_SHA256, own,
                                         &size) == 0 &&
         memcmp (pin, own, sizeof own) == 0;
}

/* GnuTLS does not notice that an Ed25519 key is another one. */
static gboolean
is_key_of (const guint8 *pin, gnutls_certificate_credentials_t credentials)
{
  gnutls_x509_privkey_t key;
  gboolean is_same;

  if (gnutls_certificate_get_x509_key (credentials, 0, &key) != 0)
    return FALSE;
  is_same = tls_pin_is_of (pin, key);
  gnutls_x509_privkey_deinit (key);
  return is_same;
}

/* What the other side is shown: its limit is that of ours. */
static gsize
measure (gnutls_certificate_credentials_t credentials)
{
  gnutls_datum_t data;
  gsize size = 0;

  for (guint i = 0;
       gnutls_certificate_get_crt_raw (credentials, 0, i, &data) == 0; i++)
    size += data.size;
  return size;
}

static gboolean
use (TlsIdentityFile *self,
     const char *path,
     const gnutls_datum_t *text,
     gnutls_certificate_credentials_t credentials,
     GError **error)
{
  int code =
    gnutls_certificate_set_x509_key_mem2 (credentials, text, text,
                                          GNUTLS_X509_FMT_PEM, NULL, 0);

  if (code >= 0)
    code = read_certificate (self, text);
  if (code == 0 && !is_key_of (self->pin, credentials))
    code = GNUTLS_E_CERTIFICATE_KEY_MISMATCH;
  if (code == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
    return fail (path, code, "its first certificate must be that of its key",
                 error);
  if (code != 0)
    return fail (path, code, MAKE_ONE, error);
  if (measure (credentials) <= TLS_CHAIN_MAX)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "%s: its certificates have more than %d bytes, which nobody "
               "takes: leave out those that are not needed",
               path, TLS_CHAIN_MAX);
  return FALSE;
}

static gboolean
read_text (TlsIdentityFile *self,
           const char *path,
           const gnutls_datum_t *text,
           gnutls_certificate_credentials_t credentials,
           GError **error)
{
  gnutls_certificate_credentials_t own = NULL;
  int code = 0;
  gboolean ok;

  if (credentials == NULL)
    code = gnutls_certificate_allocate_credentials (&own);
  if (code != 0)
    return fail (path, code, MAKE_ONE, error);
  ok = use (self, path, text, credentials != NULL ? credentials : own, error);
  if (own != NULL)
    gnutls_certificate_free_credentials (own);
  return ok;
}

gboolean
tls_identity_text_read (gnutls_datum_t *text, const char *path, GError **error)
{
  char *data = g_malloc0 (TLS_IDENTITY_FILE_MAX + 1);
  const gssize size =
    hein_secret_read_file (path, data, TLS_IDENTITY_FILE_MAX + 1, error);

  *text = (gnutls_datum_t){ (guint8 *) data, CLAMP (size, 0, G_MAXINT) };
  if (size <= TLS_IDENTITY_FILE_MAX)
    return size >= 0;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "%s: is too long: a key and its certificates have at most %d "
               "bytes: " MAKE_ONE,
               path, TLS_IDENTITY_FILE_MAX);
  return FALSE;
}

void
tls_identity_text_clear (gnutls_datum_t *text)
{
  explicit_bzero (text->data, TLS_IDENTITY_FILE_MAX + 1);
  g_free (text->data);
  *text = (gnutls_datum_t){ NULL };
}

gboolean
tls_identity_file_read (TlsIdentityFile *self,
                        const char *path,
                        gnutls_certificate_credentials_t credentials,
                        GError **error)
{
  gnutls_datum_t text;
  gboolean ok;

  *self = (TlsIdentityFile){ NULL };
  ok = tls_identity_text_read (&text, path, error) &&
       read_text (self, path, &text, credentials, error);
  tls_identity_text_clear (&text);
  if (!ok)
    tls_identity_file_clear (self);
  return ok;
}

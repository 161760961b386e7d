/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-issue.h"

#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <hein/hein.h>

#include "secret/hein-secret-write.h"
#include "tls-identity-file.h"
#include "tls-names.h"

/* Issues the keys and certificates of identities. */

/* RFC 5280, 4.1.2.5: a date that means none, as nobody looks at it. */
#define NEVER G_GINT64_CONSTANT (253402300799)

/* How far the clock of who reads it may be behind. */
#define EARLIER_S 3600

#define DAY_S           G_GINT64_CONSTANT (86400)
#define AUTHORITY_DAYS  (20 * 365)
#define SERIAL_SIZE     16
#define COMMON_NAME_MAX 64 /* RFC 5280, ub-common-name */

/* A key and its certificate. */
typedef struct
{
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t certificate;
} Pair;

static void
pair_clear (Pair *self)
{
  if (self->key != NULL)
    gnutls_x509_privkey_deinit (self->key);
  if (self->certificate != NULL)
    gnutls_x509_crt_deinit (self->certificate);
  *self = (Pair){ NULL };
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_clear)

static gboolean
fail (const char *path, int code, GError **error)
{
  if (code >= 0)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED, "%s: %s", path,
               gnutls_strerror (code));
  return FALSE;
}

/* ---- making ---- */

static int
make_key (Pair *self)
{
  int code = gnutls_x509_privkey_init (&self->key);

  if (code == 0)
    code =
      gnutls_x509_privkey_generate (self->key, GNUTLS_PK_EDDSA_ED25519, 256, 0);
  return code;
}

/* The subject is for people: its length is limited, and nobody goes by it. */
static int
set_subject (gnutls_x509_crt_t certificate, const char *name)
{
  const gsize size = strlen (name);
  const char *end = name + MIN (size, COMMON_NAME_MAX);

  while (end > name && (*end & 0xc0) == 0x80)
    end--; /* no half characters */
  return gnutls_x509_crt_set_dn_by_oid (certificate,
                                        GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                        end - name);
}

static int
set_serial (gnutls_x509_crt_t certificate)
{
  guint8 serial[SERIAL_SIZE];
  const int code = gnutls_rnd (GNUTLS_RND_NONCE, serial, sizeof serial);

  serial[0] = (serial[0] & 0x7f) | 0x40; /* a positive number of this length */
  return code != 0
           ? code
           : gnutls_x509_crt_set_serial (certificate, serial, sizeof serial);
}

static int
set_key_id (gnutls_x509_crt_t certificate)
{
  guint8 id[64];
  size_t size = sizeof id;
  const int code = gnutls_x509_crt_get_key_id (certificate, 0, id, &size);

  return code != 0 ? code
                   : gnutls_x509_crt_set_subject_key_id (certificate, id, size);
}

/* On machines whose time_t has 32 bits nothing lasts longer than to 2038: a
 * later date would wrap around to one that is past. */
static time_t
to_time (gint64 seconds)
{
  if (sizeof (time_t) < sizeof seconds)
    seconds = MIN (seconds, G_MAXINT32);
  return (time_t) seconds;
}

static int
begin_certificate (Pair *self, const char *name, gint64 from, gint64 until)
{
  gnutls_x509_crt_t crt;
  int code = gnutls_x509_crt_init (&self->certificate);

  if (code != 0)
    return code;
  crt = self->certificate;
  if ((code = gnutls_x509_crt_set_version (crt, 3)) != 0 ||
      (code = gnutls_x509_crt_set_key (crt, self->key)) != 0 ||
      (code = set_subject (crt, name)) != 0 || (code = set_serial (crt)) != 0 ||
      (code = gnutls_x509_crt_set_activation_time (crt, to_time (from))) != 0 ||
      (code = gnutls_x509_crt_set_expiration_time (crt, to_time (until))) != 0)
    return code;
  return set_key_id (crt);
}

/* Names the peer, and limits the certificate to both sides of TLS. */
static int
name_peer (Pair *self, const char *name)
{
  gnutls_x509_crt_t crt = self->certificate;
  int code = tls_names_write (crt, name);

  if (code == 0)
    code = gnutls_x509_crt_set_key_usage (crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
  if (code == 0)
    code =
      gnutls_x509_crt_set_key_purpose_oid (crt, GNUTLS_KP_TLS_WWW_SERVER, 0);
  if (code == 0)
    code =
      gnutls_x509_crt_set_key_purpose_oid (crt, GNUTLS_KP_TLS_WWW_CLIENT, 0);
  if (code == 0)
    code = gnutls_x509_crt_set_basic_constraints (crt, 0, -1);
  return code;
}

static gnutls_digest_algorithm_t
get_digest (const Pair *self)
{
  return gnutls_x509_privkey_get_pk_algorithm (self->key) ==
             GNUTLS_PK_EDDSA_ED25519
           ? GNUTLS_DIG_SHA512
           : GNUTLS_DIG_SHA256;
}

/* Signs the certificate. Names the authority's key, too, unless it is its
 * own. */
static int
sign (Pair *self, const Pair *by)
{
  guint8 id[64];
  size_t size = sizeof id;

  if (gnutls_x509_crt_get_subject_key_id (by->certificate, id, &size, NULL) ==
      0)
    gnutls_x509_crt_set_authority_key_id (self->certificate, id, size);
  return gnutls_x509_crt_sign2 (self->certificate, by->certificate, by->key,
                                get_digest (by), 0);
}

/* ---- files ---- */

static gboolean
append_certificate (GString *text, gnutls_x509_crt_t certificate)
{
  gnutls_datum_t pem = { NULL };

  if (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_PEM, &pem) != 0)
    return FALSE;
  g_string_append_len (text, (char *) pem.data, pem.size);
  gnutls_free (pem.data);
  return TRUE;
}

/* Room for all of it from the beginning: a string that grows leaves copies. */
#define TEXT_ROOM 16384

static gboolean
write_pair (const Pair *self,
            const char *path,
            HeinSecretWriteHow how,
            GError **error)
{
  g_autoptr (GString) text = g_string_sized_new (TEXT_ROOM);
  gnutls_datum_t key = { NULL };
  gboolean ok =
    fail (path,
          gnutls_x509_privkey_export2_pkcs8 (self->key, GNUTLS_X509_FMT_PEM,
                                             NULL, GNUTLS_PKCS_PLAIN, &key),
          error);

  if (!ok)
    return FALSE;
  g_string_append_len (text, (char *) key.data, key.size);
  explicit_bzero (key.data, key.size);
  gnutls_free (key.data);
  ok = append_certificate (text, self->certificate) &&
       hein_secret_write_file (path, text->str, text->len, 0600, how, error);
  explicit_bzero (text->str, text->len);
  return ok;
}

/* Its first certificate must be that of its key. */
static gboolean
check_pair (const Pair *self, const char *path, GError **error)
{
  guint8 pin[TLS_PIN_SIZE];

  if (tls_pin_read (self->certificate, pin) == 0 &&
      tls_pin_is_of (pin, self->key))
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "%s: its key and its certificate do not belong together", path);
  return FALSE;
}

static gboolean
parse_pair (Pair *self,
            const char *path,
            const gnutls_datum_t *text,
            GError **error)
{
  return fail (path, gnutls_x509_privkey_init (&self->key), error) &&
         fail (path,
               gnutls_x509_privkey_import2 (self->key, text,
                                            GNUTLS_X509_FMT_PEM, NULL,
                                            GNUTLS_PKCS_PLAIN),
               error) &&
         fail (path, gnutls_x509_crt_init (&self->certificate), error) &&
         fail (path,
               gnutls_x509_crt_import (self->certificate, text,
                                       GNUTLS_X509_FMT_PEM),
               error) &&
         check_pair (self, path, error);
}

static gboolean
read_pair (Pair *self, const char *path, GError **error)
{
  gnutls_datum_t text;
  const gboolean ok = tls_identity_text_read (&text, path, error) &&
                      parse_pair (self, path, &text, error);

  tls_identity_text_clear (&text);
  return ok;
}

/* ---- identities ---- */

char *
tls_issue_identity (const char *path, const char *name, GError **error)
{
  g_auto (Pair) pair = { NULL };
  guint8 pin[TLS_PIN_SIZE];
  int code;

  if ((code = make_key (&pair)) != 0 ||
      (code = begin_certificate (&pair, name, 0, NEVER)) != 0 ||
      (code = name_peer (&pair, name)) != 0 ||
      (code = sign (&pair, &pair)) != 0 ||
      (code = tls_pin_read (pair.certificate, pin)) != 0)
    {
      fail (path, code, error);
      return NULL;
    }
  return write_pair (&pair, path, HEIN_SECRET_WRITE_NEW, error)
           ? tls_pin_dup_text (pin)
           : NULL;
}

char *
tls_issue_read (const char *path, char **name, GError **error)
{
  TlsIdentityFile file;
  char *text;

  if (!tls_identity_file_read (&file, path, NULL, error))
    return NULL;
  if (name != NULL)
    *name = g_steal_pointer (&file.name);
  text = tls_pin_dup_text (file.pin);
  tls_identity_file_clear (&file);
  return text;
}

/* ---- an authority ---- */

gboolean
tls_issue_authority (const char *path, const char *name, GError **error)
{
  g_auto (Pair) pair = { NULL };
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *open = g_strconcat (path, ".pem", NULL);
  const gint64 now = time (NULL);
  int code;

  if ((code = make_key (&pair)) != 0 ||
      (code = begin_certificate (&pair, name, now - EARLIER_S,
                                 now + AUTHORITY_DAYS * DAY_S)) != 0 ||
      (code = gnutls_x509_crt_set_basic_constraints (pair.certificate, 1, 0)) !=
        0 ||
      (code = gnutls_x509_crt_set_key_usage (pair.certificate,
                                             GNUTLS_KEY_KEY_CERT_SIGN |
                                               GNUTLS_KEY_CRL_SIGN)) != 0 ||
      (code = sign (&pair, &pair)) != 0)
    return fail (path, code, error);
  return append_certificate (text, pair.certificate) &&
         write_pair (&pair, path, HEIN_SECRET_WRITE_NEW, error) &&
         hein_secret_write_file (open, text->str, text->len, 0644,
                                 HEIN_SECRET_WRITE_NEW, error);
}

static gboolean
is_authority (const Pair *self, const char *path, GError **error)
{
  if (gnutls_x509_crt_get_ca_status (self->certificate, NULL) > 0)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "%s: is not an authority: 'hein keygen --ca FILE' makes one",
               path);
  return FALSE;
}

/* The name that it has, if none is said; a new key when there is no file. */
static gboolean
prepare (Pair *self,
         const char *path,
         const char *said,
         char **name,
         gboolean *is_there,
         GError **error)
{
  guint n_names;

  *is_there = g_file_test (path, G_FILE_TEST_EXISTS);
  *name = g_strdup (said);
  if (*is_there && !read_pair (self, path, error))
    return FALSE;
  if (!*is_there && !fail (path, make_key (self), error))
    return FALSE;
  if (*name == NULL && *is_there)
    *name = tls_names_read (self->certificate, &n_names);
  if (*name != NULL)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "%s: no name is given: say which bus it is for", path);
  return FALSE;
}

gboolean
tls_issue_certify (const char *authority,
                   const char *path,
                   const char *said,
                   guint days,
                   GError **error)
{
  g_auto (Pair) by = { NULL };
  g_auto (Pair) pair = { NULL };
  g_autofree char *name = NULL;
  const gint64 now = time (NULL);
  gboolean is_there;
  int code;

  if (!read_pair (&by, authority, error) ||
      !is_authority (&by, authority, error) ||
      !prepare (&pair, path, said, &name, &is_there, error))
    return FALSE;
  if (pair.certificate != NULL)
    gnutls_x509_crt_deinit (g_steal_pointer (&pair.certificate));
  if ((code = begin_certificate (&pair, name, now - EARLIER_S,
                                 now + days * DAY_S)) != 0 ||
      (code = name_peer (&pair, name)) != 0 || (code = sign (&pair, &by)) != 0)
    return fail (path, code, error);
  return write_pair (&pair, path,
                     is_there ? HEIN_SECRET_WRITE_REPLACE
                              : HEIN_SECRET_WRITE_NEW,
                     error);
}

/* ---- taking back ---- */

#define LIST_BEGIN "-----BEGIN X509 CRL-----"
#define LIST_END   "-----END X509 CRL-----\n"

/* Cuts the list of what was taken back before off the file that everybody has,
 * and reads it. */
static gboolean
cut_list (gnutls_x509_crl_t list,
          const char *path,
          GString *text,
          GError **error)
{
  char *begin = strstr (text->str, LIST_BEGIN);
  char *end = begin != NULL ? strstr (begin, LIST_END) : NULL;
  gnutls_datum_t pem;

  if (begin == NULL)
    return fail (path, gnutls_x509_crl_set_version (list, 2), error);
  if (end == NULL || strstr (end, LIST_BEGIN) != NULL)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                   "%s: has several lists of revoked certificates, or half of "
                   "one: leave the list of this authority in it alone",
                   path);
      return FALSE;
    }
  end += strlen (LIST_END);
  pem = (gnutls_datum_t){ (guint8 *) begin, end - begin };
  if (!fail (path, gnutls_x509_crl_import (list, &pem, GNUTLS_X509_FMT_PEM),
             error))
    return FALSE;
  g_string_erase (text, begin - text->str, end - begin);
  return TRUE;
}

static int
sign_list (gnutls_x509_crl_t list, const Pair *by)
{
  const time_t now = time (NULL);
  int code = gnutls_x509_crl_set_this_update (list, now - EARLIER_S);

  if (code == 0)
    code =
      gnutls_x509_crl_set_next_update (list,
                                       gnutls_x509_crt_get_expiration_time (
                                         by->certificate));
  if (code == 0)
    code = gnutls_x509_crl_sign2 (list, by->certificate, by->key,
                                  get_digest (by), 0);
  return code;
}

static gboolean
append_list (GString *text,
             gnutls_x509_crl_t list,
             const char *path,
             GError **error)
{
  gnutls_datum_t pem = { NULL };

  if (!fail (path, gnutls_x509_crl_export2 (list, GNUTLS_X509_FMT_PEM, &pem),
             error))
    return FALSE;
  g_string_append_len (text, (char *) pem.data, pem.size);
  gnutls_free (pem.data);
  return TRUE;
}

static gboolean
take_back (gnutls_x509_crl_t list,
           const Pair *by,
           gnutls_x509_crt_t certificate,
           const char *path,
           GError **error)
{
  g_autofree char *contents = NULL;
  g_autoptr (GString) text = NULL;

  if (!g_file_get_contents (path, &contents, NULL, error))
    return FALSE;
  text = g_string_new (contents);
  return cut_list (list, path, text, error) &&
         fail (path,
               gnutls_x509_crl_set_crt (list, certificate,
                                        time (NULL) - EARLIER_S),
               error) &&
         fail (path, sign_list (list, by), error) &&
         append_list (text, list, path, error) &&
         hein_secret_write_file (path, text->str, text->len, 0644,
                                 HEIN_SECRET_WRITE_REPLACE, error);
}

static gboolean
has_signed (const Pair *self,
            gnutls_x509_crt_t certificate,
            const char *path,
            GError **error)
{
  if (gnutls_x509_crt_check_issuer (certificate, self->certificate) == 1)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "%s: is not signed by this authority, which can take back only "
               "what it has signed",
               path);
  return FALSE;
}

gboolean
tls_issue_revoke (const char *authority, const char *path, GError **error)
{
  g_auto (Pair) by = { NULL };
  g_auto (Pair) pair = { NULL };
  g_autofree char *open = g_strconcat (authority, ".pem", NULL);
  gnutls_x509_crl_t list;
  gboolean ok;

  if (!read_pair (&by, authority, error) ||
      !is_authority (&by, authority, error) ||
      !read_pair (&pair, path, error) ||
      !has_signed (&by, pair.certificate, path, error) ||
      !fail (open, gnutls_x509_crl_init (&list), error))
    return FALSE;
  ok = take_back (list, &by, pair.certificate, open, error);
  gnutls_x509_crl_deinit (list);
  return ok;
}

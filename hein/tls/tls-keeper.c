/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-keeper.h"

#include <string.h>

#include <hein/hein.h>

#include "tls-identity-file.h"

/* Keeps the credentials of an endpoint up to date with its files. */

/*
 * Nothing but TLS 1.3 with a pre-shared key and a key exchange by X25519, so
 * that recorded traffic stays secret when the key becomes known. AES is
 * preferred: with a pre-shared key GnuTLS would choose ChaCha20, which takes 14
 * times as long for large messages on processors with AES instructions.
 */
#define PRIORITY                                                               \
  "NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+ECDHE-PSK:-GROUP-ALL:+GROUP-X25519:" \
  "-CIPHER-ALL:+AES-128-GCM:+CHACHA20-POLY1305"

/* The same with certificates, whose keys may be of any kind that GnuTLS
 * accepts; hein makes keys of Ed25519. */
#define PRIORITY_CERTIFICATES                                                  \
  "NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:"             \
  "-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:"                                 \
  "-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305"

/* Limits for handshake messages in bytes: each is received as a whole. With
 * certificates, GnuTLS counts those of both sides. */
#define HANDSHAKE_MAX              16384
#define HANDSHAKE_MAX_CERTIFICATES (3 * TLS_CHAIN_MAX)

static gboolean
fail_tls (int code, const char *what, GError **error)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED, "%s: %s", what,
               gnutls_strerror (code));
  return FALSE;
}

/* ---- credentials ---- */

static gboolean
make_client (HeinTls *self, GError **error)
{
  TlsKey *own = tls_keys_get_own (self->keys, error);
  g_autofree char *identity = NULL;
  guint8 psk[TLS_PSK_SIZE];
  const gnutls_datum_t key = { psk, sizeof psk };
  gnutls_datum_t name;
  int code;

  if (own == NULL)
    return FALSE;
  identity = tls_identity_dup_text (own->id, self->options.bus_instance,
                                    self->options.bus_name);
  name.data = (guint8 *) identity;
  name.size = strlen (identity);
  tls_key_derive (own, name.data, name.size, psk);
  code = gnutls_psk_allocate_client_credentials (&self->client);
  if (code == 0)
    code = gnutls_psk_set_client_credentials2 (self->client, &name, &key,
                                               GNUTLS_PSK_KEY_RAW);
  explicit_bzero (psk, sizeof psk);
  if (code != 0)
    return fail_tls (code, "using the key", error);
  self->own = own;
  return TRUE;
}

static gboolean
make_server (HeinTls *self,
             gnutls_psk_server_credentials_function2 *find,
             GError **error)
{
  const int code = gnutls_psk_allocate_server_credentials (&self->server);

  if (code != 0)
    return fail_tls (code, "using the keys", error);
  gnutls_psk_set_server_credentials_function2 (self->server, find);
  return TRUE;
}

/* ---- making ---- */

static void
take_options (HeinTls *self, const HeinTlsOptions *options)
{
  HeinTlsOptions *own = &self->options;

  *own = *options;
  own->key_file = g_strdup (options->key_file);
  own->key_ring_file = g_strdup (options->key_ring_file);
  own->identity = g_strdup (options->identity);
  own->peers = g_strdup (options->peers);
  own->ca_file = g_strdup (options->ca_file);
  own->peer_name = g_strdup (options->peer_name);
  own->bus_name = g_strdup (options->bus_name);
  own->bus_instance = g_strdup (options->bus_instance);
}

static void
clear_options (HeinTls *self)
{
  const char *const texts[] = {
    self->options.key_file, self->options.key_ring_file,
    self->options.identity, self->options.peers,
    self->options.ca_file,  self->options.peer_name,
    self->options.bus_name, self->options.bus_instance,
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_free ((char *) texts[i]);
}

static TlsKeys *
read_keys (HeinTls *self, GError **error)
{
  const gboolean is_ring = self->options.key_ring_file != NULL;

  return tls_keys_new_from_file (is_ring ? self->options.key_ring_file
                                         : self->options.key_file,
                                 is_ring, error);
}

static void
watch (HeinTls *self)
{
  const HeinTlsOptions *options = &self->options;

  if (options->by_host && options->identity == NULL)
    tls_watch_init (&self->watch, options->ca_file, NULL);
  else if (options->identity != NULL)
    tls_watch_init (&self->watch, options->identity,
                    options->peers != NULL ? options->peers : options->ca_file);
  else
    tls_watch_init (&self->watch,
                    options->key_ring_file != NULL ? options->key_ring_file
                                                   : options->key_file,
                    NULL);
}

static gboolean
has_certificates (const HeinTls *self)
{
  return self->options.identity != NULL || self->options.by_host;
}

/* Both stay until the process ends: parsing the text takes half of the time
 * that making the credentials of a dialler takes. */
static gboolean
choose_ciphers (HeinTls *self, GError **error)
{
  static GMutex lock;
  static gnutls_priority_t all[2];
  static const char *const texts[] = { PRIORITY, PRIORITY_CERTIFICATES };
  const guint i = has_certificates (self);
  int code = 0;

  g_mutex_lock (&lock);
  if (all[i] == NULL)
    code = gnutls_priority_init (&all[i], texts[i], NULL);
  if (code != 0)
    all[i] = NULL;
  self->priority = all[i];
  g_mutex_unlock (&lock);
  return code == 0 || fail_tls (code, "choosing the ciphers", error);
}

static gboolean
make_credentials (HeinTls *self,
                  gnutls_psk_server_credentials_function2 *find,
                  GError **error)
{
  if (has_certificates (self))
    {
      self->certificates = tls_certificates_new (&self->options, error);
      return self->certificates != NULL;
    }
  self->former = g_ptr_array_new_with_free_func (
    (GDestroyNotify) gnutls_psk_free_client_credentials);
  self->keys = read_keys (self, error);
  if (self->keys == NULL)
    return FALSE;
  return self->options.is_dialling ? make_client (self, error)
                                   : make_server (self, find, error);
}

HeinTls *
tls_keeper_new (const HeinTlsOptions *options,
                gnutls_psk_server_credentials_function2 *find,
                GError **error)
{
  HeinTls *self = g_new0 (HeinTls, 1);

  self->refs = 1;
  take_options (self, options);
  watch (self);
  if (choose_ciphers (self, error) && make_credentials (self, find, error))
    return self;
  tls_keeper_unref (self);
  return NULL;
}

HeinTls *
tls_keeper_ref (HeinTls *self)
{
  self->refs++;
  return self;
}

void
tls_keeper_unref (HeinTls *self)
{
  if (--self->refs > 0)
    return;
  if (self->client != NULL)
    gnutls_psk_free_client_credentials (self->client);
  g_clear_pointer (&self->former, g_ptr_array_unref);
  if (self->server != NULL)
    gnutls_psk_free_server_credentials (self->server);
  g_clear_pointer (&self->keys, tls_keys_free);
  g_clear_pointer (&self->certificates, tls_certificates_unref);
  tls_watch_clear (&self->watch);
  clear_options (self);
  g_free (self);
}

/* ---- changes of the files ---- */

static gboolean
are_same (const TlsKeys *a, const TlsKeys *b)
{
  return tls_keys_are_within (a, b) && tls_keys_are_within (b, a);
}

static gboolean
read_certificates_again (HeinTls *self, GError **error)
{
  TlsCertificates *now = tls_certificates_new (&self->options, error);

  if (now == NULL)
    return FALSE;
  tls_certificates_unref (self->certificates);
  self->certificates = now;
  return TRUE;
}

static gboolean
read_keys_again (HeinTls *self, GError **error)
{
  TlsKeys *before = self->keys;
  gnutls_psk_client_credentials_t client = self->client;
  TlsKeys *now = read_keys (self, error);

  if (now == NULL)
    return FALSE;
  if (are_same (now, before))
    {
      tls_keys_free (now);
      return FALSE;
    }
  self->keys = now;
  self->client = NULL;
  if (self->options.is_dialling && !make_client (self, error))
    {
      if (self->client != NULL)
        gnutls_psk_free_client_credentials (self->client);
      self->client = client;
      self->keys = before;
      tls_keys_free (now);
      return FALSE;
    }
  if (client != NULL)
    g_ptr_array_add (self->former, client);
  tls_keys_free (before);
  return TRUE;
}

gboolean
tls_keeper_look (HeinTls *self, GError **error)
{
  if (!tls_watch_look (&self->watch))
    return FALSE;
  if (self->certificates != NULL ? read_certificates_again (self, error)
                                 : read_keys_again (self, error))
    return TRUE;
  if (error != NULL && *error != NULL)
    g_prefix_error (error, "the keys stay as they were: ");
  return FALSE;
}

/* ---- sessions ---- */

static int
equip (HeinTls *self, gnutls_session_t session)
{
  if (self->certificates != NULL)
    return tls_certificates_equip (self->certificates, session);
  return gnutls_credentials_set (session, GNUTLS_CRD_PSK,
                                 self->options.is_dialling
                                   ? (gpointer) self->client
                                   : self->server);
}

/* Servers with several certificates choose by this one. It is no address (RFC
 * 6066, 3). */
static int
say_host (HeinTls *self, const char *host, gnutls_session_t session)
{
  if (!self->options.by_host || g_hostname_is_ip_address (host))
    return 0;
  return gnutls_server_name_set (session, GNUTLS_NAME_DNS, host, strlen (host));
}

int
tls_keeper_make_session (HeinTls *self,
                         const char *host,
                         gnutls_session_t *session)
{
  const guint side = self->options.is_dialling ? GNUTLS_CLIENT : GNUTLS_SERVER;
  int code = gnutls_init (session, side | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS);

  if (code != 0)
    return code;
  gnutls_handshake_set_max_packet_length (*session,
                                          self->certificates != NULL
                                            ? HANDSHAKE_MAX_CERTIFICATES
                                            : HANDSHAKE_MAX);
  /* disables the key log that GnuTLS writes to $SSLKEYLOGFILE */
  gnutls_session_set_keylog_function (*session, NULL);
  code = gnutls_priority_set (*session, self->priority);
  if (code == 0)
    code = equip (self, *session);
  if (code == 0)
    code = say_host (self, host, *session);
  if (code != 0)
    gnutls_deinit (*session);
  return code;
}

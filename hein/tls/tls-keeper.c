/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-keeper.h"

#include <string.h>

#include <hein/hein.h>

/* Keeps the credentials of an endpoint up to date with its key file. */

/*
 * Nothing but TLS 1.3 with a pre-shared key and a key exchange by X25519, so
 * that recorded traffic stays secret when the key becomes known. AES is
 * preferred: with a pre-shared key GnuTLS would choose ChaCha20, which takes 14
 * times as long for large messages on processors with AES instructions.
 */
#define PRIORITY                                                               \
  "NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+ECDHE-PSK:-GROUP-ALL:+GROUP-X25519:" \
  "-CIPHER-ALL:+AES-128-GCM:+CHACHA20-POLY1305"

/* Limit for handshake messages in bytes: each is received as a whole. */
#define HANDSHAKE_MAX 16384

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
  identity = tls_identity_dup_text (own->id, self->instance, self->bus_name);
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

/* ---- the file ---- */

HeinTls *
tls_keeper_new (const HeinTlsOptions *options,
                gnutls_psk_server_credentials_function2 *find,
                GError **error)
{
  HeinTls *self = g_new0 (HeinTls, 1);
  gboolean ok;
  int code;

  self->refs = 1;
  self->former = g_ptr_array_new_with_free_func (
    (GDestroyNotify) gnutls_psk_free_client_credentials);
  self->is_ring = options->key_ring_file != NULL;
  self->path =
    g_strdup (self->is_ring ? options->key_ring_file : options->key_file);
  self->is_dialling = options->is_dialling;
  self->bus_name = g_strdup (options->bus_name);
  self->instance = g_strdup (options->bus_instance);
  /* before the file is read, so that a later change is noticed */
  self->read = self->seen = hein_secret_stamp_look (self->path);
  self->keys = tls_keys_new_from_file (self->path, self->is_ring, error);
  ok = self->keys != NULL;
  if (ok)
    {
      code = gnutls_priority_init (&self->priority, PRIORITY, NULL);
      ok = code == 0 || fail_tls (code, "choosing the ciphers", error);
    }
  ok = ok && (self->is_dialling ? make_client (self, error)
                                : make_server (self, find, error));
  if (ok)
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
  g_ptr_array_unref (self->former);
  if (self->server != NULL)
    gnutls_psk_free_server_credentials (self->server);
  if (self->priority != NULL)
    gnutls_priority_deinit (self->priority);
  g_clear_pointer (&self->keys, tls_keys_free);
  g_free (self->path);
  g_free (self->bus_name);
  g_free (self->instance);
  g_free (self);
}

/* ---- changes of the file ---- */

static gboolean
are_same (const TlsKeys *a, const TlsKeys *b)
{
  return tls_keys_are_within (a, b) && tls_keys_are_within (b, a);
}

static gboolean
read_again (HeinTls *self, GError **error)
{
  TlsKeys *before = self->keys;
  gnutls_psk_client_credentials_t client = self->client;
  TlsKeys *now = tls_keys_new_from_file (self->path, self->is_ring, error);

  if (now == NULL)
    return FALSE;
  if (are_same (now, before))
    {
      tls_keys_free (now);
      return FALSE;
    }
  self->keys = now;
  self->client = NULL;
  if (self->is_dialling && !make_client (self, error))
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
  const HeinSecretStamp stamp = hein_secret_stamp_look (self->path);
  const gboolean stays = hein_secret_stamp_is_same (&stamp, &self->seen);

  self->seen = stamp;
  if (!stays || hein_secret_stamp_is_same (&stamp, &self->read))
    return FALSE;
  self->read = stamp;
  if (read_again (self, error))
    return TRUE;
  if (error != NULL && *error != NULL)
    g_prefix_error (error, "the keys stay as they were: ");
  return FALSE;
}

/* ---- sessions ---- */

int
tls_keeper_make_session (HeinTls *self, gnutls_session_t *session)
{
  const guint side = self->is_dialling ? GNUTLS_CLIENT : GNUTLS_SERVER;
  int code = gnutls_init (session, side | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS);

  if (code != 0)
    return code;
  gnutls_handshake_set_max_packet_length (*session, HANDSHAKE_MAX);
  /* disables the key log that GnuTLS writes to $SSLKEYLOGFILE */
  gnutls_session_set_keylog_function (*session, NULL);
  code = gnutls_priority_set (*session, self->priority);
  if (code == 0)
    code = gnutls_credentials_set (*session, GNUTLS_CRD_PSK,
                                   self->is_dialling ? (gpointer) self->client
                                                     : self->server);
  if (code != 0)
    gnutls_deinit (*session);
  return code;
}

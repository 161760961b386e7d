/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-shake.h"

#include <string.h>

#include <gnutls/crypto.h>
#include <hein/hein.h>

#include "tls-carry.h"
#include "tls-end.h"

/* Shakes hands: finds keys, looks at certificates, and begins the stream when
 * both sides are content. */

/* Notes why no key was found; the peer is not told the reason. */
static void
note_cause (TlsStream *self, const TlsIdentity *identity)
{
  g_free (self->cause);
  if (identity == NULL)
    self->cause = g_strdup ("it has a key of another kind");
  else if (strcmp (identity->instance, self->tls->options.bus_instance) == 0)
    self->cause =
      g_strdup ("it says to be this very bus: it was led back to itself, or is "
                "another one that pretends to be it");
  else if (self->tls->options.key_ring_file != NULL)
    self->cause = g_strdup_printf (
      "the ring has no such key for \"%s\": it needs a line of this name "
      "with "
      "the key of that side, or that bus the name of its line",
      identity->name);
  else
    self->cause = g_strdup_printf (
      "\"%s\" has another key: let both sides have a copy of the same file",
      identity->name);
}

/* A peer that has no key is given one that nobody knows, so that strangers
 * cannot find out which names are in the ring (RFC 9257, 6.1.1, and RFC 8446,
 * 4.2.11). */
int
tls_shake_find_key (gnutls_session_t session,
                    const gnutls_datum_t *text,
                    gnutls_datum_t *psk)
{
  TlsStream *self = gnutls_session_get_ptr (session);
  TlsIdentity identity;
  TlsKey *key = NULL;
  const gboolean is_one =
    tls_identity_parse (&identity, text->data, text->size);

  psk->data = gnutls_malloc (TLS_PSK_SIZE);
  psk->size = TLS_PSK_SIZE;
  if (psk->data == NULL)
    return GNUTLS_E_MEMORY_ERROR;
  if (is_one &&
      strcmp (identity.instance, self->tls->options.bus_instance) != 0)
    key = tls_keys_find (self->tls->keys, &identity);
  g_clear_pointer (&self->key, tls_key_unref);
  if (key == NULL)
    {
      note_cause (self, is_one ? &identity : NULL);
      return gnutls_rnd (GNUTLS_RND_NONCE, psk->data, psk->size);
    }
  self->key = tls_key_ref (key);
  tls_key_derive (key, text->data, text->size, psk->data);
  return 0;
}

int
tls_shake_look (gnutls_session_t session)
{
  TlsStream *self = gnutls_session_get_ptr (session);

  g_clear_pointer (&self->cause, g_free);
  if (tls_certified_check (self->certified, self->tls->certificates, session,
                           &self->cause))
    return 0;
  return GNUTLS_E_CERTIFICATE_ERROR;
}

/* ---- the handshake ---- */

static void
name_key (TlsStream *self)
{
  if (self->key == NULL)
    self->key = tls_key_ref (self->tls->own);
  self->security = g_strconcat ("psk:", self->key->name, NULL);
}

static void
begin_stream (TlsStream *self)
{
  if (self->certified == NULL)
    name_key (self);
  self->stream.is_open = TRUE;
  self->stream.has_pending = tls_carry_has_pending (self);
}

/* Nothing else was offered, but this is what all rests on. */
static gboolean
has_proof (TlsStream *self)
{
  const gnutls_credentials_type_t type = gnutls_auth_get_type (self->session);

  if (self->certified != NULL)
    return type == GNUTLS_CRD_CERTIFICATE && self->certified->name != NULL;
  return type == GNUTLS_CRD_PSK &&
         (self->key != NULL || self->tls->options.is_dialling);
}

static gboolean
is_in_dry (gpointer data)
{
  TlsStream *self = data;

  return self->is_dry && tls_sealed_get_size (&self->in) == 0;
}

static int
be_content (TlsStream *self)
{
  if (self->certified == NULL)
    return 0;
  if (tls_certificates_are_of_hosts (self->certified->begun_with))
    return 0;
  if (!self->tls->options.is_dialling)
    return tls_certified_tell (self->certified, self->session);
  return tls_certified_hear (self->certified, self->session, is_in_dry, self);
}

static int
shake_hands (TlsStream *self)
{
  int code;

  if (self->certified != NULL && self->certified->waits)
    return be_content (self);
  do
    code = gnutls_handshake (self->session);
  while (code < 0 && code != GNUTLS_E_AGAIN && !gnutls_error_is_fatal (code));
  if (code == GNUTLS_E_AGAIN && tls_carry_has_heard_enough (self))
    return GNUTLS_E_HANDSHAKE_TOO_LARGE;
  if (code != 0)
    return code;
  return has_proof (self) ? be_content (self)
                          : GNUTLS_E_INSUFFICIENT_CREDENTIALS;
}

gboolean
tls_shake_open (HeinStream *stream, GError **error)
{
  TlsStream *self = (TlsStream *) stream;
  g_autoptr (GError) send_error = NULL;

  self->is_dry = FALSE;
  self->n_wanted = G_MAXSIZE;
  if (self->code == 0)
    {
      const int code = shake_hands (self);

      if (code == 0)
        begin_stream (self);
      else if (code != GNUTLS_E_AGAIN)
        tls_end_fail (self, code);
    }
  tls_carry_flush (self, &send_error);
  tls_carry_leave (self);
  if (self->code != 0)
    tls_end_set_error (self, error);
  else if (send_error != NULL)
    g_propagate_error (error, g_steal_pointer (&send_error));
  return stream->is_open && self->code == 0;
}

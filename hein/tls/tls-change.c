/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-change.h"

#include <sys/socket.h>

#include <hein/hein.h>

#include "tls-carry.h"
#include "tls-end.h"
#include "tls-stream-state.h"

/* Ends streams whose key is none any more, and renews the keys of old ones. */

/* The age at which a session gets new keys, so that who comes to know its keys
 * does not know them for ever. */
#define RENEW_AFTER_US (G_GINT64_CONSTANT (24) * 60 * 60 * G_USEC_PER_SEC)

/* ---- changed keys ---- */

/* A dialler whose handshake may be using the old key has to start again. */
static gboolean
is_revoked (TlsStream *self)
{
  if (self->certified != NULL)
    return tls_certified_is_revoked (self->certified, self->tls->certificates,
                                     self->session);
  return self->key != NULL ? !tls_keys_have (self->tls->keys, self->key)
                           : self->tls->options.is_dialling;
}

/* The end of the socket wakes the owner of the stream, which learns the reason
 * when it reads. */
static void
give_up (TlsStream *self)
{
  if (self->code != 0)
    return;
  g_free (self->cause);
  self->cause = g_strdup ("its key is no longer valid: the file has changed");
  if (self->stream.is_open && self->stream.n_unsent == 0)
    gnutls_alert_send (self->session, GNUTLS_AL_FATAL, GNUTLS_A_ACCESS_DENIED);
  self->code = GNUTLS_E_INSUFFICIENT_CREDENTIALS;
  tls_carry_flush (self, NULL);
  shutdown (self->stream.fd, SHUT_RDWR);
}

/* ---- new keys for an old session ---- */

/* Each side renews those that it sends with. By itself GnuTLS does so after
 * 2^24 records, which is what AES-GCM permits (RFC 8446, 5.5). */
static gint64 renew_after_us = RENEW_AFTER_US;
static int n_renewals; /* atomic */

int
tls_change_set_renewal (gint64 after_us)
{
  renew_after_us = after_us;
  return g_atomic_int_get (&n_renewals);
}

static void
renew (TlsStream *self, gint64 now_us)
{
  int code;

  g_queue_unlink (&self->tls->streams, &self->in_tls);
  g_queue_push_tail_link (&self->tls->streams, &self->in_tls);
  self->renewed_us = now_us;
  if (!self->stream.is_open || self->code != 0 || self->has_told_end)
    return;
  if (is_revoked (self)) /* a certificate may have expired */
    {
      give_up (self);
      return;
    }
  code = gnutls_session_key_update (self->session, 0);
  if (code != 0 && gnutls_error_is_fatal (code))
    tls_end_fail (self, code);
  else
    g_atomic_int_inc (&n_renewals);
  tls_carry_flush (self, NULL);
}

/* The queue is in the order of the times. */
static void
renew_old (HeinTls *tls)
{
  const gint64 now_us = hein_get_monotonic_time ();

  for (guint n = tls->streams.length; n > 0; n--)
    {
      TlsStream *self = tls->streams.head->data;

      if (now_us - self->renewed_us < renew_after_us)
        break;
      renew (self, now_us);
    }
}

void
tls_change_look (HeinTls *tls, GError **error)
{
  renew_old (tls);
  if (!tls_keeper_look (tls, error))
    return;
  for (GList *l = tls->streams.head; l != NULL; l = l->next)
    if (is_revoked (l->data))
      give_up (l->data);
}

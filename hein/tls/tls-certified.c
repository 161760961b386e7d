/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-certified.h"

#include <string.h>

/* Checks the certificate of the other side of a stream. */

TlsCertified *
tls_certified_new (TlsCertificates *certificates, const char *host)
{
  TlsCertified *self = g_new0 (TlsCertified, 1);

  self->begun_with = tls_certificates_ref (certificates);
  self->host = g_strdup (host);
  return self;
}

void
tls_certified_free (TlsCertified *self)
{
  tls_certificates_unref (self->begun_with);
  g_free (self->host);
  g_free (self->name);
  g_free (self->security);
  g_free (self);
}

/* ---- who it is ---- */

gboolean
tls_certified_check (TlsCertified *self,
                     const TlsCertificates *now,
                     gnutls_session_t session,
                     char **cause)
{
  g_free (self->name);
  self->name = tls_certificates_check (now, session, self->host, cause);
  if (self->name == NULL)
    return FALSE;
  g_free (self->security);
  self->security = tls_certificates_dup_security (now, self->name);
  return TRUE;
}

gboolean
tls_certified_is_revoked (const TlsCertified *self,
                          const TlsCertificates *now,
                          gnutls_session_t session)
{
  g_autofree char *cause = NULL;
  g_autofree char *name = NULL;

  if (self->name == NULL)
    return FALSE;
  name = tls_certificates_check (now, session, self->host, &cause);
  return g_strcmp0 (name, self->name) != 0;
}

/* ---- both are content ---- */

int
tls_certified_tell (TlsCertified *self, gnutls_session_t session)
{
  /* one byte of padding: GnuTLS takes nothing at all for a mistake */
  const gssize n = gnutls_record_send2 (session, "", 0, 1, 0);

  return n < 0 ? n : 0;
}

/* Whether a whole record has come since hands were shaken. */
static gboolean
has_heard (gnutls_session_t session)
{
  static const guint8 none[8];
  guint8 number[8];

  return gnutls_record_get_state (session, 1, NULL, NULL, NULL, number) == 0 &&
         memcmp (number, none, sizeof none) != 0;
}

int
tls_certified_hear (TlsCertified *self,
                    gnutls_session_t session,
                    gboolean (*is_dry) (gpointer data),
                    gpointer data)
{
  gssize n;

  self->waits = TRUE;
  do
    n = gnutls_record_recv (session, &self->early, 1);
  while (n < 0 && !gnutls_error_is_fatal (n) && !has_heard (session) &&
         !is_dry (data));
  if (n > 0)
    self->has_early = TRUE;
  else if (n == 0)
    return GNUTLS_E_PREMATURE_TERMINATION;
  else if (gnutls_error_is_fatal (n))
    return n;
  else if (!has_heard (session))
    return GNUTLS_E_AGAIN;
  self->waits = FALSE;
  return 0;
}

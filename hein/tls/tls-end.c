/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-end.h"

#include <errno.h>

#include "tls-carry.h"
#include "tls-error.h"

/* Ends sessions, in order or with an alert. */

void
tls_end_set_error (TlsStream *self, GError **error)
{
  const TlsTrouble trouble = {
    .tls = self->tls,
    .session = self->session,
    .code = self->code,
    .number = self->number,
    .cause = self->cause,
    .is_open = self->stream.is_open,
    .dials_too = self->dials_too,
    .first = self->first,
  };

  tls_error_set (&trouble, error);
}

/* GnuTLS does not tell a connection that was cut within a record from one that
 * is not TLS. */
static int
review (TlsStream *self, int code)
{
  if (code == GNUTLS_E_UNEXPECTED_PACKET_LENGTH && self->is_at_end)
    return GNUTLS_E_PREMATURE_TERMINATION;
  return code;
}

void
tls_end_fail (TlsStream *self, int code)
{
  self->code = code = review (self, code);
  if (code == GNUTLS_E_PREMATURE_TERMINATION)
    self->stream.code = ECONNRESET; /* not an orderly end */
  if (self->session == NULL || self->number != 0 ||
      code == GNUTLS_E_FATAL_ALERT_RECEIVED ||
      code == GNUTLS_E_PREMATURE_TERMINATION)
    return;
  if (self->first >= 0 && !tls_carry_is_tls (self))
    gnutls_alert_send (self->session, GNUTLS_AL_FATAL,
                       GNUTLS_A_UNEXPECTED_MESSAGE);
  else
    gnutls_alert_send_appropriate (self->session, code);
}

void
tls_end_tell (TlsStream *self)
{
  if (!self->stream.is_open || self->code != 0 || self->has_told_end)
    return;
  self->has_told_end = TRUE;
  gnutls_bye (self->session, GNUTLS_SHUT_WR);
}

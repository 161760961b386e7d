/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-error.h"

#include <errno.h>

#include <hein/hein.h>

/* Explains why a TLS connection has failed. */

/* The types of TLS records in a handshake (RFC 8446, 5.1). */
#define RECORD_ALERT     0x15
#define RECORD_HANDSHAKE 0x16
/* The first byte of ZMTP (23/ZMTP, greeting). */
#define ZMTP_BEGIN 0xff

/* What the other address lacks. */
static const char *
advise (const TlsTrouble *self)
{
  if (self->tls->options.by_host)
    return "is it the port for TLS?";
  if (self->tls->options.peers != NULL)
    return "say identity= and peers= in its address, too";
  if (self->tls->options.ca_file != NULL)
    return "say identity= and ca-file= in its address, too";
  return "say key-file= in its address, too, with a copy of the same file";
}

static void
set (GError **error, HeinError code, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, code, text);
}

/* ---- the peer does not speak TLS ---- */

static gboolean
explain_first (const TlsTrouble *self, GError **error)
{
  if (self->first < 0 || self->first == RECORD_HANDSHAKE ||
      self->first == RECORD_ALERT)
    return FALSE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
               "the other side does not encrypt (it begins with 0x%02x%s): "
               "%s",
               (guint) self->first,
               self->first == ZMTP_BEGIN ? ", as plain ZMTP does" : "",
               advise (self));
  return TRUE;
}

/* ---- the peer refuses ---- */

/* A listener that does not find the key valid sends one of these alerts; which
 * one depends on the TLS library. */
static gboolean
is_about_keys (gnutls_alert_description_t alert)
{
  return alert == GNUTLS_A_ILLEGAL_PARAMETER ||
         alert == GNUTLS_A_DECRYPT_ERROR ||
         alert == GNUTLS_A_HANDSHAKE_FAILURE ||
         alert == GNUTLS_A_UNKNOWN_PSK_IDENTITY ||
         alert == GNUTLS_A_INTERNAL_ERROR || alert == GNUTLS_A_ACCESS_DENIED;
}

/* Whether an alert is about a certificate. */
static gboolean
is_about_certificates (gnutls_alert_description_t alert)
{
  return alert == GNUTLS_A_BAD_CERTIFICATE ||
         alert == GNUTLS_A_UNSUPPORTED_CERTIFICATE ||
         alert == GNUTLS_A_CERTIFICATE_REVOKED ||
         alert == GNUTLS_A_CERTIFICATE_EXPIRED ||
         alert == GNUTLS_A_CERTIFICATE_UNKNOWN ||
         alert == GNUTLS_A_UNKNOWN_CA ||
         alert == GNUTLS_A_CERTIFICATE_REQUIRED ||
         alert == GNUTLS_A_ACCESS_DENIED;
}

static void
explain_refusal (const TlsTrouble *self, const char *alert, GError **error)
{
  g_autofree char *advice =
    tls_certificates_dup_advice (self->tls->certificates,
                                 self->tls->options.bus_name);

  g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
               "the other side does not take the identity of this one (%s): %s",
               alert, advice);
}

static void
explain_alert (const TlsTrouble *self, GError **error)
{
  const gnutls_alert_description_t alert = gnutls_alert_get (self->session);
  const char *name = gnutls_alert_get_name (alert);

  /* a host that is no bus looks at certificates when this side is done */
  if (self->is_open &&
      !(self->tls->options.by_host && is_about_certificates (alert)))
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                 "the other side ended it: %s",
                 name != NULL ? name : "unknown alert");
  else if (alert == GNUTLS_A_PROTOCOL_VERSION)
    set (error, HEIN_ERROR_INSECURE, "the other side has no TLS 1.3");
  else if (alert == GNUTLS_A_UNEXPECTED_MESSAGE)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                 "the other side does not encrypt, or not like this: %s",
                 advise (self));
  else if (self->tls->certificates != NULL && is_about_certificates (alert))
    explain_refusal (self, name, error);
  else if (self->tls->own != NULL && is_about_keys (alert))
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                 "the other side does not take the key \"%s\": it has another "
                 "one, none for the name \"%s\", or is this very bus: let both "
                 "sides have a copy of the same file, and this bus the name "
                 "that a ring there has for it",
                 self->tls->own->name, self->tls->options.bus_name);
  else if (alert == GNUTLS_A_HANDSHAKE_FAILURE)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                 "the other side has no key of this kind: %s", advise (self));
  else
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                 "the other side refuses: %s",
                 name != NULL ? name : "unknown alert");
}

/* ---- this side refuses ---- */

static void
explain_handshake (const TlsTrouble *self, GError **error)
{
  switch (self->code)
    {
    case GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER:
    case GNUTLS_E_DECRYPTION_FAILED:
      set (error, HEIN_ERROR_INSECURE,
           "it has another key: let both sides have a copy of the same file");
      break;
    case GNUTLS_E_UNSUPPORTED_VERSION_PACKET:
      set (error, HEIN_ERROR_INSECURE, "it has no TLS 1.3");
      break;
    case GNUTLS_E_NO_CIPHER_SUITES:
    case GNUTLS_E_INSUFFICIENT_CREDENTIALS:
    case GNUTLS_E_MISSING_EXTENSION:
    case GNUTLS_E_NO_COMMON_KEY_SHARE:
    case GNUTLS_E_CERTIFICATE_REQUIRED:
    case GNUTLS_E_NO_CERTIFICATE_FOUND:
    case GNUTLS_E_UNKNOWN_CIPHER_SUITE:
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                   "it speaks TLS, and has %s: %s",
                   self->tls->certificates != NULL
                     ? "shown no certificate"
                     : "no key that is shared, but perhaps an identity",
                   advise (self));
      break;
    case GNUTLS_E_HANDSHAKE_TOO_LARGE:
      set (error, HEIN_ERROR_INSECURE,
           "it says more than there is to say to shake hands: its certificates "
           "are too many, or too large");
      break;
    default:
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                   "the handshake of TLS failed: %s",
                   gnutls_strerror (self->code));
    }
}

static void
explain_end (const TlsTrouble *self, GError **error)
{
  if (self->is_open)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED,
                         "the connection was cut: the other side did not say "
                         "that it ends");
  else
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED,
                 "the other side closed during the handshake of TLS: it may be "
                 "full, or does not encrypt (%s)",
                 advise (self));
}

static void
explain_session (const TlsTrouble *self, GError **error)
{
  if (self->code == GNUTLS_E_DECRYPTION_FAILED)
    set (error, HEIN_ERROR_PROTOCOL,
         "what came was changed on its way, or is not from the other side");
  else
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, "TLS failed: %s",
                 gnutls_strerror (self->code));
}

void
tls_error_set (const TlsTrouble *self, GError **error)
{
  if (self->number != 0 && (self->is_open || self->number != ECONNRESET))
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (self->number),
                 "reading: %s", g_strerror (self->number));
  else if (!self->is_open && explain_first (self, error))
    return;
  else if (self->dials_too)
    set (error, HEIN_ERROR_INSECURE,
         "the other side dials, too: with a key, one of both has to listen");
  else if (self->code == GNUTLS_E_PREMATURE_TERMINATION || self->number != 0)
    explain_end (self, error);
  else if (self->code == GNUTLS_E_FATAL_ALERT_RECEIVED)
    explain_alert (self, error);
  else if (self->cause != NULL)
    set (error, HEIN_ERROR_INSECURE, self->cause);
  else if (self->is_open)
    explain_session (self, error);
  else
    explain_handshake (self, error);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gnutls/gnutls.h>

#include "tls-keeper.h"

G_BEGIN_DECLS

/* Errors of TLS, with what is known about their causes. */
typedef struct
{
  HeinTls *tls;
  gnutls_session_t session;
  int code;           /* of GnuTLS */
  int number;         /* errno of the socket, or 0 */
  const char *cause;  /* nullable: why the peer was not given a key */
  gboolean dials_too; /* as this side does */
  gboolean is_open;   /* the handshake was complete */
  int first;          /* the first byte that arrived; -1: none did */
} TlsTrouble;

void tls_error_set (const TlsTrouble *trouble, GError **error);

G_END_DECLS

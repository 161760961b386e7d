/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-line.h"

G_BEGIN_DECLS

/*
 * Who this client is, where it proves it by a signature: the server says a nonce in
 * INFO, and CONNECT has it signed.
 */
typedef struct
{
  char *nkey_file;  /* the seed of a user */
  char *creds_file; /* its JWT and its seed */
  char *nonce;      /* of the server; NULL: none yet, or none is signed */
} NatsIdentity;

/* Bytes of CONNECT that one may take. */
#define NATS_IDENTITY_MAX 32768

/* Whether the address has one. */
gboolean nats_identity_is_set (const NatsIdentity *self);
/* Reads the file once, and keeps nothing. */
gboolean nats_identity_check (const NatsIdentity *self, GError **error);
/* Takes the nonce of INFO, which is JSON; FALSE with @error: there is none, or one
 * that nobody should sign. */
gboolean nats_identity_take_info (NatsIdentity *self,
                                  const NatsSpan *json,
                                  GError **error);
/* Appends members of CONNECT. */
gboolean
nats_identity_put (const NatsIdentity *self, GString *line, GError **error);

G_END_DECLS

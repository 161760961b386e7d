/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The identity of a dialler in the TLS handshake. */

G_BEGIN_DECLS

/*
 * What a dialler declares about itself, unencrypted, as the identity of its
 * pre-shared key (RFC 8446, 4.2.11):
 *
 *   hein1:KEY:INSTANCE:NAME
 *
 * the id of the key (8 hexadecimal digits), the instance of its bus (32) and
 * the name of its bus. The pre-shared key is derived from all of it, so that
 * nobody can change any part.
 *
 * A key that several buses share violates the assumption of TLS that one side
 * always dials and the other always listens (RFC 9257, 4.1): a dialler could be
 * redirected to its own listener, and take that for another bus. The instance
 * prevents this: a listener refuses its own.
 */
#define TLS_INSTANCE_SIZE 32
#define TLS_IDENTITY_MAX  (6 + 9 + TLS_INSTANCE_SIZE + 1 + 255)

typedef struct
{
  guint32 key_id;
  char instance[TLS_INSTANCE_SIZE + 1];
  char name[256]; /* valid UTF-8 */
} TlsIdentity;

/* Returns the identity as text. (transfer full) */
char *
tls_identity_dup_text (guint32 key_id, const char *instance, const char *name);
/* Parses an identity; FALSE when it is not one. @data need not be
 * terminated. */
gboolean tls_identity_parse (TlsIdentity *self, const guint8 *data, gsize size);

G_END_DECLS

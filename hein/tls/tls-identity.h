/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * What who dials says of itself, in the clear, as the identity of its
 * pre-shared key (RFC 8446, 4.2.11):
 *
 *   hein1:KEY:INSTANCE:NAME
 *
 * the id of the key (8 hexadecimal digits), the instance of its bus (32) and
 * the name of its bus. The key is derived from all of it, so nothing in it can
 * be exchanged.
 *
 * A key that several have breaks the assumption of TLS that one side always
 * dials and the other always listens (RFC 9257, 4.1): who dials could be led to
 * its own listener, and take that for another. It is told by the instance,
 * which a listener refuses when it is its own.
 */
#define TLS_INSTANCE_SIZE 32
#define TLS_IDENTITY_MAX  (6 + 9 + TLS_INSTANCE_SIZE + 1 + 255)

typedef struct
{
  guint32 key_id;
  char instance[TLS_INSTANCE_SIZE + 1];
  char name[256]; /* valid UTF-8 */
} TlsIdentity;

/* (transfer full) */
char *
tls_identity_dup_text (guint32 key_id, const char *instance, const char *name);
/* FALSE: it is none. @data need not end with a 0. */
gboolean tls_identity_parse (TlsIdentity *self, const guint8 *data, gsize size);

G_END_DECLS

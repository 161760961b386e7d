/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <time.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "tls-peers.h"

/* Files that hold the key and certificate of an identity. */

G_BEGIN_DECLS

/*
 * A file of an identity: a private key and its certificate, and perhaps those
 * of the authorities between it and one that others know, in PEM (RFC 7468), as
 * `hein keygen --identity` makes it. It is for its owner only.
 */
#define TLS_IDENTITY_FILE_MAX (64 * 1024)
/* The greatest size of its certificates, in DER. */
#define TLS_CHAIN_MAX (16 * 1024)

typedef struct
{
  char *name;   /* owned, nullable: the name in the certificate */
  time_t from;  /* the certificate is valid from then */
  time_t until; /* until then */
  guint8 pin[TLS_PIN_SIZE];
} TlsIdentityFile;

void tls_identity_file_clear (TlsIdentityFile *self);
/* @credentials is nullable: then it is only looked at. */
gboolean tls_identity_file_read (TlsIdentityFile *self,
                                 const char *path,
                                 gnutls_certificate_credentials_t credentials,
                                 GError **error);

/* Reads the PEM text of @path, a key and certificates, and terminates it by a
 * NUL. FALSE with @error. Clearing, which is needed in any case, overwrites
 * it. */
gboolean
tls_identity_text_read (gnutls_datum_t *text, const char *path, GError **error);
void tls_identity_text_clear (gnutls_datum_t *text);

/* Whether @pin is the fingerprint of @key. */
gboolean tls_pin_is_of (const guint8 *pin, gnutls_x509_privkey_t key);
/* The fingerprint of the key of @certificate. 0, or a code of GnuTLS. */
int tls_pin_read (gnutls_x509_crt_t certificate, guint8 *pin);
/* (transfer full): 64 hexadecimal digits. */
char *tls_pin_dup_text (const guint8 *pin);

G_END_DECLS

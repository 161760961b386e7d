/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tls-identity-file.h"

/* The two files of a side that pairs: its identity, and its peers. */

G_BEGIN_DECLS

/* The identity of this side, as it is needed to prove it. */
typedef struct
{
  TlsIdentityFile file; /* which names somebody */
  gnutls_certificate_credentials_t credentials;
  gnutls_privkey_t key;
} TlsPairOwn;

/* Clear it in any case. Errors: as those of #TlsIdentityFile. */
gboolean tls_pair_own_read (TlsPairOwn *self, const char *path, GError **error);
void tls_pair_own_clear (TlsPairOwn *self);

/* What HeinTlsModule says. */
gboolean tls_pair_files_prepare (const char *identity,
                                 const char *peers,
                                 const char *name,
                                 GError **error);
/* Whether the line may be added to the file of peers. Errors:
 * `G_IO_ERROR_EXISTS` (the name has another key there, or the key another
 * name), and those of #TlsPeers. */
gboolean tls_pair_files_check (const char *peers,
                               const char *name,
                               const guint8 *pin,
                               GError **error);
/* Adds the line, if it is not there. Errors: the same, and those of writing. */
gboolean tls_pair_files_add (const char *peers,
                             const char *name,
                             const guint8 *pin,
                             GError **error);

G_END_DECLS

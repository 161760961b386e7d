/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The peers that are known by the fingerprints of their keys. */

G_BEGIN_DECLS

/*
 * The peers that are known, each by a key of its own: lines of
 *
 *   name fingerprint
 *
 * where the fingerprint is the SHA-256 of the public key (as
 * SubjectPublicKeyInfo, RFC 5280, in DER) in 64 hexadecimal digits. A name may
 * be there again with another fingerprint, while a key is changed; a
 * fingerprint is of one name.
 */
#define TLS_PIN_SIZE       32
#define TLS_PEERS_MAX      16384
#define TLS_PEERS_FILE_MAX (4 * 1024 * 1024)

typedef struct _TlsPeers TlsPeers;

/* The permissions of the file are checked like those of keys: anybody who can
 * write to it can let in anybody. */
TlsPeers *tls_peers_new_from_file (const char *path, GError **error);
/* What such a file says. @text is changed; @name is for errors. */
TlsPeers *tls_peers_new_from_text (const char *name,
                                   char *text,
                                   gsize size,
                                   GError **error);
void tls_peers_free (TlsPeers *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlsPeers, tls_peers_free)

/* (transfer none): whose key it is; NULL: nobody's. */
const char *tls_peers_find (const TlsPeers *self, const guint8 *pin);
gboolean tls_peers_have_name (const TlsPeers *self, const char *name);

G_END_DECLS

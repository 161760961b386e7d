/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tls-identity.h"
#include "tls-key.h"

G_BEGIN_DECLS

/*
 * The keys that a file has: one that all share, which is called as the file is,
 * without ".key"; or a ring of lines
 *
 *   name key
 *
 * where the key is 64 hexadecimal digits and the name, which may have spaces in
 * it, is that of the bus that the key is for. Blank lines and those that begin
 * with # are skipped. A name may be there again with another key: who listens
 * takes both, who dials uses the last, and so a key can be changed one side
 * after the other.
 */
#define TLS_KEYS_MAX 4096

typedef struct _TlsKeys TlsKeys;

/* Who may read the file is checked as everywhere: mode 0600 or 0400. */
TlsKeys *
tls_keys_new_from_file (const char *path, gboolean is_ring, GError **error);
/* What such a file says. @text is changed; @name is for errors. */
TlsKeys *tls_keys_new_from_text (
  const char *name, char *text, gsize size, gboolean is_ring, GError **error);
void tls_keys_free (TlsKeys *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlsKeys, tls_keys_free)

/* Whether names are those of buses. */
gboolean tls_keys_are_named (const TlsKeys *self);
/* (transfer none): the key of who says to be @identity; NULL: there is none. */
TlsKey *tls_keys_find (const TlsKeys *self, const TlsIdentity *identity);
/* (transfer none): the one to dial with. NULL with @error: it is not clear. */
TlsKey *tls_keys_get_own (const TlsKeys *self, GError **error);
/* Whether a key of the same name and bytes is among them. */
gboolean tls_keys_have (const TlsKeys *self, const TlsKey *key);

/* Whether all that @self has is in @other, too; the last one as the last. */
gboolean tls_keys_are_within (const TlsKeys *self, const TlsKeys *other);

G_END_DECLS

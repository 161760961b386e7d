/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tls-identity.h"
#include "tls-key.h"

/* The keys of a key file. */

G_BEGIN_DECLS

/*
 * A file holds one key that all peers share, named after the file without
 * ".key"; or it is a key ring with lines of the form
 *
 *   name key
 *
 * where the key is 64 hexadecimal digits, and the name, which may contain
 * spaces, is that of the bus that the key belongs to. Blank lines and those
 * that begin with # are ignored. A name may have several lines with different
 * keys: listeners accept all of them, diallers use the last one, so that a key
 * can be changed on one side after the other.
 */
#define TLS_KEYS_MAX 4096

typedef struct _TlsKeys TlsKeys;

/* Reads a file, which must have mode 0600 or 0400. */
TlsKeys *
tls_keys_new_from_file (const char *path, gboolean is_ring, GError **error);
/* Parses the contents of such a file. @text is modified; @name is for
 * errors. */
TlsKeys *tls_keys_new_from_text (
  const char *name, char *text, gsize size, gboolean is_ring, GError **error);
void tls_keys_free (TlsKeys *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlsKeys, tls_keys_free)

/* Returns whether keys are for single buses, by name. */
gboolean tls_keys_are_named (const TlsKeys *self);
/* (transfer none) (nullable): the key for a claimed identity. */
TlsKey *tls_keys_find (const TlsKeys *self, const TlsIdentity *identity);
/* Returns the key to dial with; NULL with @error if it is ambiguous. (transfer
 * none) */
TlsKey *tls_keys_get_own (const TlsKeys *self, GError **error);
/* Returns whether there is a key with the same name and bytes. */
gboolean tls_keys_have (const TlsKeys *self, const TlsKey *key);

/* Returns whether @other has all keys of @self, and the same key last. */
gboolean tls_keys_are_within (const TlsKeys *self, const TlsKeys *other);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

#define HEIN_PREFIXES_MAX 1024

/*
 * A set of counted prefixes. Sorted, so that a subject is matched by looking
 * up its own beginnings, at most one for each length in use.
 */
typedef struct
{
  GPtrArray *prefixes; /* owned Prefix, sorted by bytes; NULL when empty */
  guint64 lengths[4];  /* bit n: a prefix of n bytes is there (n <= 255) */
  gsize cost;          /* memory that they take; the empty one counts nothing */
} HeinPrefixes;

void hein_prefixes_clear (HeinPrefixes *self);
/* FALSE with REFUSED when there are HEIN_PREFIXES_MAX, TOO_LARGE over
 * 255 bytes. *added: whether the prefix was not there before. */
gboolean hein_prefixes_add (HeinPrefixes *self,
                            const guint8 *prefix,
                            gsize size,
                            gboolean *added,
                            GError **error);
/* Returns whether the prefix is gone now. */
gboolean
hein_prefixes_remove (HeinPrefixes *self, const guint8 *prefix, gsize size);
gboolean hein_prefixes_match (const HeinPrefixes *self,
                              const guint8 *subject,
                              gsize size);
/* Whether it has the empty prefix, which matches all. */
static inline gboolean
hein_prefixes_has_all (const HeinPrefixes *self)
{
  return self->lengths[0] & 1;
}
guint hein_prefixes_get_size (const HeinPrefixes *self);
/* (transfer none) NUL-terminated */
const char *hein_prefixes_get (const HeinPrefixes *self, guint index);

G_END_DECLS

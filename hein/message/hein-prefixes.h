/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

#define HEIN_PREFIXES_MAX 1024

/* Those that are not empty. */
typedef struct
{
  GPtrArray *prefixes; /* owned, sorted by bytes */
  guint64 lengths[4];  /* bit n: a prefix of n bytes is there (n <= 255) */
  gsize cost;          /* memory that they take */
} HeinPrefixRow;

/*
 * A set of counted prefixes. Sorted, so that a subject is matched by looking up
 * its own beginnings, at most one for each length in use. The empty one, which
 * is all that most peers have, takes no memory.
 */
typedef struct
{
  HeinPrefixRow *row; /* owned; NULL: none */
  guint n_empty;      /* how often the empty one was added */
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
  return self->n_empty > 0;
}
static inline gsize
hein_prefixes_get_cost (const HeinPrefixes *self)
{
  return self->row != NULL ? self->row->cost : 0;
}
guint hein_prefixes_get_size (const HeinPrefixes *self);
/* (transfer none) NUL-terminated */
const char *hein_prefixes_get (const HeinPrefixes *self, guint index);

G_END_DECLS

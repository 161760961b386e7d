/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

#define HEIN_PREFIXES_MAX 1024

/* The prefixes that are not empty. */
typedef struct
{
  GPtrArray *prefixes; /* owned, sorted by bytes */
  guint64 lengths[4];  /* bit n: there is a prefix of n bytes (n <= 255) */
  gsize cost;          /* the memory that they occupy */
} HeinPrefixRow;

/*
 * A set of prefixes with counts. It is sorted, so that a topic is matched by
 * looking up its own beginnings, at most one for each length in use. The empty
 * prefix, the only one that most peers have, needs no memory.
 */
typedef struct
{
  HeinPrefixRow *row; /* owned; NULL: none */
  guint n_empty;      /* how often the empty prefix was added */
} HeinPrefixes;

void hein_prefixes_clear (HeinPrefixes *self);
/* FALSE with REFUSED when there are HEIN_PREFIXES_MAX already, TOO_LARGE above
 * 255 bytes. Sets *added to whether the prefix was not in the set before. */
gboolean hein_prefixes_add (HeinPrefixes *self,
                            const guint8 *prefix,
                            gsize size,
                            gboolean *added,
                            GError **error);
/* Returns whether the prefix is no longer in the set. */
gboolean
hein_prefixes_remove (HeinPrefixes *self, const guint8 *prefix, gsize size);
gboolean hein_prefixes_match (const HeinPrefixes *self,
                              const guint8 *subject,
                              gsize size);
/* Returns whether the set has the empty prefix, which matches everything. */
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
/* Returns a prefix, terminated by NUL. (transfer none) */
const char *hein_prefixes_get (const HeinPrefixes *self, guint index);

G_END_DECLS

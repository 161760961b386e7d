/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "hein-pattern-shapes.h"

/* Sets of prefixes that topics are matched against. */

G_BEGIN_DECLS

#define HEIN_PREFIXES_MAX 100000

/* Of patterns fewer, as each may have to be looked at for a message. */
#define HEIN_PATTERNS_MAX 10000

typedef struct _HeinInterest HeinInterest;
typedef struct _HeinPatternNode HeinPatternNode;

/* A prefix that is not empty, of one set; or a pattern, of a set of these. */
typedef struct
{
  guint count;    /* how often it was added */
  guint hash;     /* hein_prefix_hash of its bytes */
  guint place;    /* in the row of its set */
  guint position; /* among those of its interest */
  gpointer owner; /* set by the interests: whose it is */
  union           /* NULL: neither interests nor patterns have it */
  {
    HeinInterest *interest;
    HeinPatternNode *node;
  };
  guint8 size;
  guint8 bytes[]; /* followed by a NUL */
} HeinPrefix;

/* The prefixes that are not empty. */
typedef struct
{
  GPtrArray *prefixes; /* owned HeinPrefix */
  guint *slots;        /* owned: 1 + the place of a prefix, by hash; 0: free;
                        * NULL while there are few prefixes */
  guint n_slots;       /* a power of two */
  guint n_removed;     /* since `lengths` was exact */
  guint64 lengths[4];  /* bit n: there may be a prefix of n bytes (n <= 255) */
  gsize cost;          /* the memory that they occupy */
  HeinPatternShapes *shapes; /* owned: of a set of patterns */
} HeinPrefixRow;

/*
 * A set of prefixes with counts, in no order. A topic is matched by looking up
 * its own beginnings, at most one for each length in use. The empty prefix, the
 * only one that most peers have, needs no memory. Which of many sets match is
 * found by HeinInterests.
 */
typedef struct
{
  HeinPrefixRow *row; /* owned; NULL: none */
  guint n_empty;      /* how often the empty prefix was added */
} HeinPrefixes;

/* A hash of prefixes that can be computed byte by byte, so that those of all
 * beginnings of a topic come from one pass: a polynomial of the bytes modulo
 * 2³¹-1 at a point that is secret. Whoever does not know the point cannot make
 * prefixes that collide more often than 255 times in 2³¹. */
#define HEIN_PREFIX_HASH_MODULUS 0x7fffffffu

guint hein_prefix_get_point (void);

static inline guint
hein_prefix_hash_on (guint hash, guint8 byte, guint point)
{
  const guint64 product = ((guint64) hash + byte + 1) * point;
  const guint64 folded = (product & HEIN_PREFIX_HASH_MODULUS) + (product >> 31);

  return (guint) ((folded & HEIN_PREFIX_HASH_MODULUS) + (folded >> 31));
}

guint hein_prefix_hash (const guint8 *bytes, gsize size);

void hein_prefixes_clear (HeinPrefixes *self);
/* FALSE with REFUSED when there are HEIN_PREFIXES_MAX already, TOO_LARGE above
 * 255 bytes. Sets *added to whether the prefix was not in the set before. */
gboolean hein_prefixes_add (HeinPrefixes *self,
                            const guint8 *prefix,
                            gsize size,
                            gboolean *added,
                            GError **error);
/* The same with a pattern, for sets of those; FAILED when it is none, REFUSED
 * when there are HEIN_PATTERNS_MAX already, or HEIN_PATTERN_SHAPES_MAX other
 * shapes. */
gboolean hein_prefixes_add_pattern (HeinPrefixes *self,
                                    const guint8 *pattern,
                                    gsize size,
                                    gboolean *added,
                                    GError **error);
/* Returns whether the prefix is no longer in the set. One that is among
 * interests is only taken out of the set by the last removal when it was taken
 * out of those before. */
gboolean
hein_prefixes_remove (HeinPrefixes *self, const guint8 *prefix, gsize size);
gboolean hein_prefixes_match (const HeinPrefixes *self,
                              const guint8 *subject,
                              gsize size);
/* Returns a prefix that is not empty; NULL: the set does not have it. */
HeinPrefix *
hein_prefixes_find (const HeinPrefixes *self, const guint8 *prefix, gsize size);
/* Returns whether the set has the empty prefix, which matches everything. */
static inline gboolean
hein_prefixes_has_all (const HeinPrefixes *self)
{
  return self->n_empty > 0;
}
/* Returns whether the set has a prefix, which may be empty. */
gboolean hein_prefixes_has (const HeinPrefixes *self, const char *prefix);
static inline gsize
hein_prefixes_get_cost (const HeinPrefixes *self)
{
  return self->row != NULL ? self->row->cost : 0;
}
static inline guint
hein_prefixes_get_size (const HeinPrefixes *self)
{
  return (self->row != NULL ? self->row->prefixes->len : 0) +
         (self->n_empty > 0);
}
/* Returns a prefix, terminated by NUL. (transfer none) */
const char *hein_prefixes_get (const HeinPrefixes *self, guint index);

G_END_DECLS

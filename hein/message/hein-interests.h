/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-prefixes.h"

/* Which of many sets of prefixes match a topic. */

G_BEGIN_DECLS

/*
 * The prefixes of many owners in one table. A topic costs one look-up for each
 * length of prefixes in use that it has, and then what it finds, however many
 * owners do not match.
 */
typedef struct
{
  HeinInterest **buckets; /* owned; NULL: empty */
  guint n_buckets;        /* a power of two */
  guint n;                /* interests in them */
  gsize cost;             /* the memory that all this occupies */
  guint longest;          /* no prefix is longer */
  guint n_of_length[256];
} HeinInterests;

/* Forgets all prefixes, which do not learn of it. */
void hein_interests_clear (HeinInterests *self);
/* Adds a prefix of @owner, which must not be among any interests. */
void
hein_interests_add (HeinInterests *self, HeinPrefix *prefix, gpointer owner);
/* Removes a prefix that was added. */
void hein_interests_remove (HeinInterests *self, HeinPrefix *prefix);
/* Appends the owner of each prefix that @subject begins with: an owner as often
 * as it has such prefixes. */
void hein_interests_match (const HeinInterests *self,
                           const guint8 *subject,
                           gsize size,
                           GPtrArray *owners);

G_END_DECLS

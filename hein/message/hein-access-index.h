/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Finds the rules of an access file that can apply, without looking at all. */

G_BEGIN_DECLS

/*
 * Each rule is filed under whom it is about and the levels of its pattern
 * before the first star. For a peer and a topic, a few of these keys come into
 * question: the cost of a message does not depend on the number of rules about
 * others.
 */
typedef struct _HeinAccessIndex HeinAccessIndex;

/* At most so many keys say whom a rule can be about, for one peer. */
#define HEIN_ACCESS_WHOS_MAX 4

/* Whether a rule, by its number, really applies. */
typedef gboolean (*HeinAccessApplies) (gconstpointer user_data, guint rule);

HeinAccessIndex *hein_access_index_new (guint n_rules);
void hein_access_index_free (HeinAccessIndex *self);
/* A key for @size bytes. */
guint hein_access_index_get_key (const char *who, gsize size);
/* Files a rule; the last rule has to be the first to be filed. */
void hein_access_index_add (HeinAccessIndex *self,
                            guint rule,
                            guint who,
                            const char *pattern);
/* The number of the first rule that applies; G_MAXUINT: none does. @applies is
 * asked about rules that have one of the keys @whos; @topic need not be
 * terminated. */
guint hein_access_index_find (const HeinAccessIndex *self,
                              const guint *whos,
                              guint n_whos,
                              const char *topic,
                              gsize topic_size,
                              HeinAccessApplies applies,
                              gconstpointer user_data);

G_END_DECLS

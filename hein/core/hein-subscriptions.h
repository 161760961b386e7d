/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-core-state.h"

/* What the bus itself has subscribed to. */

G_BEGIN_DECLS

/* Returns whether it has subscribed to nothing, and so gets everything. */
static inline gboolean
hein_subscriptions_is_empty (HeinCore *self)
{
  return self->roster.patterns == NULL &&
         hein_prefixes_get_size (&self->roster.subscriptions) == 0;
}

/* Returns whether a prefix or a pattern is for the topic. */
gboolean
hein_subscriptions_have (HeinCore *self, const char *topic, gsize topic_size);

/* Returns whether messages of the topic are wanted. */
static inline gboolean
hein_subscriptions_want (HeinCore *self, const char *topic, gsize topic_size)
{
  return hein_subscriptions_is_empty (self) ||
         hein_subscriptions_have (self, topic, topic_size);
}

/* The same for a message of a peer that compares prefixes with the first part
 * where there is no topic. */
gboolean hein_subscriptions_want_part (HeinCore *self,
                                       const char *topic,
                                       gsize topic_size,
                                       const guint8 *part,
                                       gsize size);

/* FALSE with TOO_LARGE or REFUSED; sets *added to whether it is new. */
gboolean hein_subscriptions_add_prefix (HeinCore *self,
                                        const char *prefix,
                                        gboolean *added,
                                        GError **error);
/* Returns whether the bus had subscribed to it, and has not any more. */
gboolean hein_subscriptions_remove_prefix (HeinCore *self, const char *prefix);

/* What a pattern is to peers that know prefixes only. */
typedef struct
{
  gboolean changed;       /* the pattern was added, or removed for good */
  gboolean has_beginning; /* so was its beginning, and no prefix equals it */
  char *beginning;        /* owned; NULL: nothing has changed */
} HeinPatternChange;

/* FALSE with FAILED, TOO_LARGE or REFUSED when it is no pattern, or there are
 * too many. */
gboolean hein_subscriptions_add_pattern (HeinCore *self,
                                         const char *pattern,
                                         HeinPatternChange *change,
                                         GError **error);
void hein_subscriptions_remove_pattern (HeinCore *self,
                                        const char *pattern,
                                        HeinPatternChange *change);
/* Returns whether peers that know prefixes only have been told of @prefix on
 * behalf of a pattern. */
gboolean hein_subscriptions_has_beginning (HeinCore *self, const char *prefix);
void hein_subscriptions_clear (HeinCore *self);

G_END_DECLS

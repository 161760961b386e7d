/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-tree.h"

G_BEGIN_DECLS

/*
 * What the bus has subscribed to, and the subjects that stand for it. A server sends
 * a message once for each subject that has it, so they do not overlap: where some
 * would, one that has all of theirs takes their place.
 */
typedef struct
{
  NatsTree *tree;        /* of borrowed Group; NULL until used */
  GHashTable *by_wanted; /* owned subject -> owned Wanted */
} NatsFilters;

/* Called with each subject that is to be subscribed to, or not any more. */
typedef void (*NatsFilterFunc) (gpointer data,
                                const char *subject,
                                gboolean wanted);

/* Called as often for a subject as the other one. */
void nats_filters_add (NatsFilters *self,
                       const char *subject,
                       NatsFilterFunc func,
                       gpointer data);
void nats_filters_remove (NatsFilters *self,
                          const char *subject,
                          NatsFilterFunc func,
                          gpointer data);
void nats_filters_clear (NatsFilters *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Subjects with wildcards, level by level: finds those which have a subject in
 * common with another one. */
typedef struct _NatsTree NatsTree;

NatsTree *nats_tree_new (void);
void nats_tree_free (NatsTree *self);
/* @value: not NULL; @subject is not in it. */
void nats_tree_add (NatsTree *self, const char *subject, gpointer value);
void nats_tree_remove (NatsTree *self, const char *subject);
/* Adds the values of those that overlap with @subject to @found. */
void
nats_tree_find (const NatsTree *self, const char *subject, GPtrArray *found);
/* Returns the narrowest subject that has all that two which overlap have.
 * (transfer full) */
char *nats_tree_join (const char *a, const char *b);

G_END_DECLS

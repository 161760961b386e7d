/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "multisock-value.h"

G_BEGIN_DECLS

/*
 * What the program that a pickle is works on: a stack with marks in it, below
 * which only what takes the mark away may reach, and a memo of values to use
 * again. All that is in them is owned by the MultisockValues.
 */

/* What a pickle may remember. */
#define MULTISOCK_MEMO_MAX 65536

typedef struct
{
  MultisockValues *values;
  GPtrArray *stack; /* MultisockValue */
  GArray *marks;    /* guint: how much of the stack is below each */
  GPtrArray *memo;  /* MultisockValue, or NULL */
  guint n_memo;     /* without the NULLs */
  guint n_pushed;
} MultisockStack;

void multisock_stack_init (MultisockStack *self, MultisockValues *values);
void multisock_stack_clear (MultisockStack *self);

/* FALSE with @error: there have been too many. */
gboolean multisock_stack_push (MultisockStack *self,
                               MultisockValue *value,
                               GError **error);
/* NULL with @error: there have been too many. */
MultisockValue *multisock_stack_push_new (MultisockStack *self,
                                          MultisockKind kind,
                                          GError **error);
/* How much is above the last mark. */
guint multisock_stack_count (const MultisockStack *self);
/* FALSE with @error: fewer than @n are above the last mark. */
gboolean
multisock_stack_needs (const MultisockStack *self, guint n, GError **error);
/* @depth: 0 is the last one; it has to be there. */
MultisockValue *multisock_stack_peek (const MultisockStack *self, guint depth);
/* So many have to be there. */
void multisock_stack_drop (MultisockStack *self, guint n);
gboolean multisock_stack_is_one_value (const MultisockStack *self);

gboolean multisock_stack_put_mark (MultisockStack *self, GError **error);
/* Removes the last mark; *@n: how much was above it. */
gboolean
multisock_stack_take_mark (MultisockStack *self, guint *n, GError **error);

/* The last value, as @place. */
gboolean
multisock_stack_remember (MultisockStack *self, guint64 place, GError **error);
gboolean
multisock_stack_recall (MultisockStack *self, guint64 place, GError **error);

G_END_DECLS

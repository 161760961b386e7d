/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "multisock-stack.h"

/*
 * The stack and the memo of a pickle. Each access is checked against the last
 * mark: a pickle is a stranger's program, and must not reach below what it was
 * given.
 */

static gboolean
fail (GError **error, const char *what)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, "pickle: %s", what);
  return FALSE;
}

static gboolean
fail_size (GError **error, guint max, const char *what)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
               "pickle: more than %u %s", max, what);
  return FALSE;
}

void
multisock_stack_init (MultisockStack *self, MultisockValues *values)
{
  *self = (MultisockStack){ .values = values,
                            .stack = g_ptr_array_new (),
                            .marks = g_array_new (FALSE, FALSE, sizeof (guint)),
                            .memo = g_ptr_array_new () };
}

void
multisock_stack_clear (MultisockStack *self)
{
  g_ptr_array_unref (self->stack);
  g_array_unref (self->marks);
  g_ptr_array_unref (self->memo);
}

gboolean
multisock_stack_push (MultisockStack *self,
                      MultisockValue *value,
                      GError **error)
{
  if (++self->n_pushed > MULTISOCK_VALUES_MAX)
    return fail_size (error, MULTISOCK_VALUES_MAX, "values");
  g_ptr_array_add (self->stack, value);
  return TRUE;
}

MultisockValue *
multisock_stack_push_new (MultisockStack *self,
                          MultisockKind kind,
                          GError **error)
{
  MultisockValue *value = multisock_values_add (self->values, kind, error);

  return value != NULL && multisock_stack_push (self, value, error) ? value
                                                                    : NULL;
}

guint
multisock_stack_count (const MultisockStack *self)
{
  const guint n_marks = self->marks->len;

  return self->stack->len -
         (n_marks > 0 ? g_array_index (self->marks, guint, n_marks - 1) : 0);
}

gboolean
multisock_stack_needs (const MultisockStack *self, guint n, GError **error)
{
  return multisock_stack_count (self) >= n ||
         fail (error, "a stack that is too short");
}

MultisockValue *
multisock_stack_peek (const MultisockStack *self, guint depth)
{
  return self->stack->pdata[self->stack->len - 1 - depth];
}

void
multisock_stack_drop (MultisockStack *self, guint n)
{
  g_ptr_array_set_size (self->stack, (int) (self->stack->len - n));
}

gboolean
multisock_stack_is_one_value (const MultisockStack *self)
{
  return self->stack->len == 1 && self->marks->len == 0;
}

gboolean
multisock_stack_put_mark (MultisockStack *self, GError **error)
{
  if (self->marks->len == MULTISOCK_VALUES_MAX)
    return fail_size (error, MULTISOCK_VALUES_MAX, "marks");
  g_array_append_val (self->marks, self->stack->len);
  return TRUE;
}

gboolean
multisock_stack_take_mark (MultisockStack *self, guint *n, GError **error)
{
  if (self->marks->len == 0)
    return fail (error, "no mark where one is needed");
  *n = multisock_stack_count (self);
  g_array_set_size (self->marks, self->marks->len - 1);
  return TRUE;
}

gboolean
multisock_stack_remember (MultisockStack *self, guint64 place, GError **error)
{
  if (!multisock_stack_needs (self, 1, error))
    return FALSE;
  if (place >= MULTISOCK_MEMO_MAX)
    return fail_size (error, MULTISOCK_MEMO_MAX, "places in the memo");
  if (place >= self->memo->len)
    g_ptr_array_set_size (self->memo, (int) place + 1);
  if (self->memo->pdata[place] == NULL)
    self->n_memo++;
  self->memo->pdata[place] = multisock_stack_peek (self, 0);
  return TRUE;
}

gboolean
multisock_stack_recall (MultisockStack *self, guint64 place, GError **error)
{
  if (place >= self->memo->len || self->memo->pdata[place] == NULL)
    return fail (error, "a place of the memo where nothing is");
  return multisock_stack_push (self, self->memo->pdata[place], error);
}

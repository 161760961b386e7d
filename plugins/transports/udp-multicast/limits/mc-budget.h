/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MC_BUDGET_BYTES (64 * 1024 * 1024)

/* One bound over the memory of many: what all receivers keep of fragments. */
typedef struct
{
  gsize limit;
  gsize used;
} McBudget;

#define MC_BUDGET_INIT                                                         \
  {                                                                            \
    MC_BUDGET_BYTES, 0                                                         \
  }

static inline gboolean
mc_budget_take (McBudget *self, gsize size)
{
  if (size > self->limit - MIN (self->used, self->limit))
    return FALSE;
  self->used += size;
  return TRUE;
}

static inline void
mc_budget_give (McBudget *self, gsize size)
{
  g_assert (size <= self->used);
  self->used -= size;
}

G_END_DECLS

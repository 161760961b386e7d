/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-core-state.h"

/* Guards for functions of the owner's thread, and checks that a bus is open. */

G_BEGIN_DECLS

/* Returns FALSE, with a critical, on a thread that is not the owner; FALSE
 * without one in a forked child, where calls do nothing. */
gboolean hein_core_check_owner (HeinCore *self, const char *function);

#define hein_core_return_unless_owner(self)                                    \
  G_STMT_START                                                                 \
  {                                                                            \
    if (G_UNLIKELY (!hein_core_check_owner (self, G_STRFUNC)))                 \
      return;                                                                  \
  }                                                                            \
  G_STMT_END

#define hein_core_return_val_unless_owner(self, value)                         \
  G_STMT_START                                                                 \
  {                                                                            \
    if (G_UNLIKELY (!hein_core_check_owner (self, G_STRFUNC)))                 \
      return value;                                                            \
  }                                                                            \
  G_STMT_END

/* Fails with CLOSED when the bus is closed, or in a forked child. */
gboolean hein_core_check_open (HeinCore *self, GError **error);

static inline gboolean
hein_core_is_owner (HeinCore *self)
{
  return g_atomic_pointer_get (&self->owner) == hein_thread_self ();
}

/* Returns the calling thread if it is the owner; it then stays the owner until
 * hein_thread_end. For functions that any thread may call while the owner hands
 * the bus to another thread. NULL: it is not the owner. */
static inline HeinThread *
hein_core_begin_work (HeinCore *self)
{
  HeinThread *thread = hein_thread_self ();

  if (G_UNLIKELY (g_atomic_pointer_get (&self->owner) != thread))
    return NULL;
  hein_thread_begin (thread);
  if (G_LIKELY (g_atomic_pointer_get (&self->owner) == thread))
    return thread;
  hein_thread_end (thread);
  return NULL;
}

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-core-guard.h"
#include "hein-core-state.h"

/* Who may do what with a bus: its owner everything, and nobody anything once it
 * is closed, or in a forked child. */

gboolean
hein_core_check_owner (HeinCore *self, const char *function)
{
  if (G_UNLIKELY (hein_core_is_forked (self)))
    {
      g_debug ("%s: the bus belongs to the process that was forked", function);
      return FALSE;
    }
  if (hein_core_is_owner (self))
    return TRUE;
  g_critical ("%s: called on another thread than the one that turns the bus",
              function);
  return FALSE;
}

gboolean
hein_core_check_open (HeinCore *self, GError **error)
{
  if (G_LIKELY (!g_atomic_int_get (&self->is_closed) &&
                !hein_core_is_forked (self)))
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED,
               hein_core_is_forked (self)
                 ? "the bus \"%s\" belongs to the process that was forked"
                 : "the bus \"%s\" is closed",
               self->host.name);
  return FALSE;
}

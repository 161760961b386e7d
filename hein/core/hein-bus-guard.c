/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-bus-guard.h"
#include "hein-bus-state.h"

/* Who may do what with a bus: its owner, and nobody once it is closed, or in a
 * forked child. */

gboolean
hein_bus_check_owner (HeinBus *self, const char *function)
{
  if (G_UNLIKELY (hein_bus_is_forked (self)))
    {
      g_debug ("%s: the bus belongs to the process that was forked", function);
      return FALSE;
    }
  if (hein_bus_is_owner (self))
    return TRUE;
  g_critical ("%s: called on another thread than the one that turns the bus",
              function);
  return FALSE;
}

gboolean
hein_bus_check_open (HeinBus *self, GError **error)
{
  if (G_LIKELY (!g_atomic_int_get (&self->is_closed) &&
                !hein_bus_is_forked (self)))
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED,
               hein_bus_is_forked (self)
                 ? "the bus \"%s\" belongs to the process that was forked"
                 : "the bus \"%s\" is closed",
               self->name);
  return FALSE;
}

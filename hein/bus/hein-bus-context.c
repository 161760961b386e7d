/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>

#include "hein-bus-guard.h"
#include "hein-bus-owner.h"
#include "hein-bus-state.h"
#include "hein-turn.h"

/* In which main context a bus is turned. */

static void
set_context (HeinBus *self, GMainContext *context)
{
  GMainContext *old;

  g_source_destroy (self->source);
  g_source_unref (self->source);
  self->source = hein_turn_source_new (self);
  g_mutex_lock (&self->core.lock);
  old = self->core.context;
  self->core.context =
    context != NULL ? g_main_context_ref (context) : g_main_context_new ();
  g_mutex_unlock (&self->core.lock);
  g_main_context_unref (old);
  g_source_attach (self->source, self->core.context);
}

/**
 * hein_bus_move_to_context:
 * @self: a bus
 * @context: (nullable): where its signals are emitted from now on; %NULL:
 *   nowhere: it is turned by [method@Bus.receive], by [method@Bus.turn], or by
 *   who polls [method@Bus.get_fd]
 * @error: return location
 *
 * Makes the calling thread the owner of the bus, and moves it out of the
 * #GMainContext in which it was made: for a bus that another event loop or
 * another thread is to turn beside a running main loop.
 *
 * - Errors: `HEIN_ERROR_FAILED` while another thread turns the bus, or iterates
 *   the context that it is in; `HEIN_ERROR_CLOSED` in a forked child.
 * - Thread: any that may take it, also within a turn of its own.
 *
 * Returns: %TRUE when the bus belongs to the calling thread
 *
 * Since: 0.9
 */
gboolean
hein_bus_move_to_context (HeinBus *self, GMainContext *context, GError **error)
{
  GMainContext *held;

  g_return_val_if_fail (HEIN_IS_BUS (self), FALSE);

  if (self->core.host.is_in_turn && hein_core_is_owner (&self->core) &&
      !hein_core_is_forked (&self->core))
    held = hein_bus_take_context (self, error);
  else
    held = hein_bus_begin_turn (self, error);
  if (held == NULL)
    return FALSE;
  set_context (self, context);
  hein_bus_end_turn (self, held);
  return TRUE;
}

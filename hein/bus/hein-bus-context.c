/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>

#include "hein-bus-guard.h"
#include "hein-bus-owner.h"
#include "hein-bus-state.h"
#include "hein-turn.h"

/* Moving a bus to another main context, and so to another thread. */

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
 * @context: (nullable): where its signals are emitted from now on; %NULL for no
 *   context: the bus is turned by [method@Bus.receive], [method@Bus.turn], or a
 *   loop that polls [method@Bus.get_fd]
 * @error: return location
 *
 * Makes the calling thread the owner of the bus, and moves the bus out of the
 * #GMainContext in which it was made. Use it when another event loop or another
 * thread shall turn the bus while a main loop runs here.
 *
 * - Errors: `HEIN_ERROR_FAILED` while another thread turns the bus, or iterates
 *   its current context; `HEIN_ERROR_CLOSED` in a forked child.
 * - Thread: any, as long as no other thread is turning the bus; also allowed
 *   within a turn, on the thread that makes it.
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
  if (hein_loop_get_place (self->core.host.loop) != NULL)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                   "the bus \"%s\" is in a simulation, which turns it",
                   self->core.host.name);
      hein_bus_end_turn (held);
      return FALSE;
    }
  set_context (self, context);
  hein_bus_end_turn (held);
  return TRUE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>

#include "core/hein-ingress.h"
#include "hein-bus-guard.h"
#include "hein-bus-owner.h"
#include "hein-bus-state.h"
#include "io/hein-world-net.h"

/* Which thread owns a bus, and how another thread becomes its owner. */

/* A thread other than the owner needs the lock: hein_bus_move_to_context may be
 * replacing the context meanwhile. */
static GMainContext *
ref_context (HeinBus *self)
{
  GMainContext *context;

  if (G_LIKELY (hein_core_is_owner (&self->core)))
    return g_main_context_ref (self->core.context);
  g_mutex_lock (&self->core.lock);
  context = g_main_context_ref (self->core.context);
  g_mutex_unlock (&self->core.lock);
  return context;
}

static gboolean
check_alive (HeinBus *self, GError **error)
{
  if (hein_core_is_forked (&self->core))
    return hein_core_check_open (&self->core, error);
  if (!self->core.host.is_disposed)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED, "the bus \"%s\" is gone",
               self->core.host.name);
  return FALSE;
}

/* Every turn begins with this call, and finds that nothing changed. */
void
hein_bus_take_over (HeinBus *self)
{
  HeinThread *thread = hein_thread_self ();
  HeinThread *old = g_atomic_pointer_get (&self->core.owner);

  if (G_LIKELY (old == thread))
    return;
  g_atomic_pointer_set (&self->core.owner, hein_thread_ref (thread));
  hein_thread_wait (old);
  hein_ingress_fall_behind (&self->core);
  /* other threads compare the pointer with themselves only, so that none of
   * them reads what is freed here */
  hein_thread_unref (old);
}

GMainContext *
hein_bus_take_context (HeinBus *self, GError **error)
{
  g_autoptr (GMainContext) context = ref_context (self);

  if (!g_main_context_acquire (context))
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                   "another thread turns the bus \"%s\": one bus has one owner",
                   self->core.host.name);
      return NULL;
    }
  hein_bus_take_over (self);
  return g_steal_pointer (&context);
}

GMainContext *
hein_bus_begin_dispose (HeinBus *self)
{
  g_autoptr (GMainContext) context = ref_context (self);

  if ((self->core.sender.n_inside > 0 ||
       hein_loop_is_waiting (self->core.host.loop)) &&
      hein_core_is_owner (&self->core))
    return NULL;
  if (!g_main_context_acquire (context))
    return NULL;
  hein_bus_take_over (self);
  return g_steal_pointer (&context);
}

GMainContext *
hein_bus_begin_turn (HeinBus *self, GError **error)
{
  if (!check_alive (self, error))
    return NULL;
  if (!self->core.host.is_in_turn)
    return hein_bus_take_context (self, error);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               hein_core_is_owner (&self->core)
                 ? "the bus \"%s\" is within a turn: a handler of it runs"
                 : "another thread turns the bus \"%s\": one bus has one owner",
               self->core.host.name);
  return NULL;
}

void
hein_bus_end_turn (GMainContext *context)
{
  g_main_context_release (context);
  g_main_context_unref (context);
}

/**
 * hein_bus_check_turn:
 * @self: a bus
 * @error: return location
 *
 * Checks that the calling thread may turn the bus now, and if so makes it the
 * owner. Where this function fails, [method@Bus.turn] only logs a critical.
 *
 * - Errors: `HEIN_ERROR_FAILED` within a turn, or while another thread turns
 *   the bus or iterates its context; `HEIN_ERROR_CLOSED` in a forked child.
 * - Thread: any, as long as no other thread is turning the bus.
 *
 * Returns: %TRUE when the thread may turn the bus
 *
 * Since: 0.9
 */
gboolean
hein_bus_check_turn (HeinBus *self, GError **error)
{
  GMainContext *held;

  g_return_val_if_fail (HEIN_IS_BUS (self), FALSE);

  held = hein_bus_begin_turn (self, error);
  if (held == NULL)
    return FALSE;
  hein_bus_end_turn (held);
  return TRUE;
}

/**
 * hein_bus_check_thread:
 * @self: a bus
 * @error: return location
 *
 * Checks that the calling thread owns the bus, so that it may call the
 * functions that say "Thread: owner".
 *
 * - Errors: `HEIN_ERROR_FAILED` on a thread that is not the owner,
 *   `HEIN_ERROR_CLOSED` in a forked child.
 * - Thread: any.
 *
 * Returns: %TRUE when the thread is the owner
 *
 * Since: 0.9
 */
gboolean
hein_bus_check_thread (HeinBus *self, GError **error)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), FALSE);

  if (hein_core_is_forked (&self->core))
    return hein_core_check_open (&self->core, error);
  if (hein_core_is_owner (&self->core))
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "the bus \"%s\" belongs to the thread that turns it: on others "
               "nothing but sending is allowed",
               self->core.host.name);
  return FALSE;
}

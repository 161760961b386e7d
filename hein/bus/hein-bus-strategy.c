/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>

#include "hein-bus-guard.h"
#include "hein-bus-state.h"
#include "hein-bus-strategy.h"

/* The strategy of a bus: `publish` unless the application sets another. */

gboolean
hein_bus_ensure_strategy (HeinBus *self, GError **error)
{
  if (G_UNLIKELY (self->core.sender.strategy == NULL))
    self->core.sender.strategy = hein_strategy_new ("publish", error);
  return self->core.sender.strategy != NULL;
}

/**
 * hein_bus_get_strategy: (attributes org.gtk.Method.get_property=strategy)
 * @self: a bus
 *
 * Gets the strategy, which chooses the peers that get a message.
 *
 * - Thread: owner.
 *
 * Returns: (transfer none) (nullable): the strategy, %NULL when the plugin
 *   `publish` is missing
 *
 * Since: 0.9
 */
HeinStrategy *
hein_bus_get_strategy (HeinBus *self)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);

  hein_bus_ensure_strategy (self, NULL);
  return self->core.sender.strategy;
}

/**
 * hein_bus_set_strategy: (attributes org.gtk.Method.set_property=strategy)
 * @self: a bus
 * @strategy: (nullable): the strategy from now on; %NULL: `publish`
 *
 * Sets the strategy, which chooses the peers that get a message. Messages that
 * are held are chosen for again, with the new strategy.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_set_strategy (HeinBus *self, HeinStrategy *strategy)
{
  g_return_if_fail (HEIN_IS_BUS (self));
  g_return_if_fail (strategy == NULL || HEIN_IS_STRATEGY (strategy));

  hein_bus_return_unless_owner (self);
  if (self->core.sender.strategy == strategy)
    return;
  if (self->core.sender.n_selecting > 0 && self->core.sender.strategy != NULL)
    {
      /* the old strategy is choosing on this very stack, and must outlive it */
      if (self->core.sender.old_strategies == NULL)
        self->core.sender.old_strategies =
          g_ptr_array_new_with_free_func (g_object_unref);
      g_ptr_array_add (self->core.sender.old_strategies,
                       g_object_ref (self->core.sender.strategy));
    }
  g_set_object (&self->core.sender.strategy, strategy);
  self->core.roster.targets_changed = TRUE;
  hein_core_want_turn (&self->core);
  g_object_notify (G_OBJECT (self), "strategy");
}

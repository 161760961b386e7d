/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-plugin.h>
#include <hein/hein-strategy.h>

#include "hein-plugin-private.h"

/* Making objects of plugins by name. */

/**
 * hein_strategy_new:
 * @name: name of a strategy plugin, such as "round-robin"
 * @error: return location
 *
 * Makes a strategy with its default properties. `hein inspect` lists the names.
 *
 * - Errors: `HEIN_ERROR_NO_PLUGIN`, `HEIN_ERROR_BAD_PLUGIN`.
 * - Thread: any.
 *
 * Returns: (transfer full): the strategy
 *
 * Since: 0.9
 */
HeinStrategy *
hein_strategy_new (const char *name, GError **error)
{
  g_autoptr (HeinPluginInfo) info = NULL;

  g_return_val_if_fail (name != NULL, NULL);

  info = hein_plugin_find (HEIN_PLUGIN_KIND_STRATEGY, name, error);
  if (info == NULL)
    return NULL;
  return g_object_new (hein_plugin_info_get_object_type (info), NULL);
}

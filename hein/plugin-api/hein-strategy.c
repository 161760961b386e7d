/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-strategy.h>

/**
 * HeinStrategy:
 *
 * Chooses which peers get a message.
 *
 * A bus has one strategy ([property@Bus:strategy]); [method@Bus.send_with] uses
 * another one for a single message. An object may serve one bus only.
 *
 * Since: 0.9
 */

G_DEFINE_ABSTRACT_TYPE (HeinStrategy, hein_strategy, G_TYPE_OBJECT)

static void
hein_strategy_class_init (HeinStrategyClass *class)
{
}

static void
hein_strategy_init (HeinStrategy *self)
{
}

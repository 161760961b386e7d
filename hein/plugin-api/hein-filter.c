/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-filter.h>

/**
 * HeinFilter:
 *
 * Changes every message of a bus on its way out and in: compresses, encrypts,
 * signs, logs.
 *
 * A bus has any number of filters ([method@Bus.add_filter]), independent of its
 * protocols. Messages that are sent pass the filters in the order in which they
 * were added, messages that arrive in reverse order.
 *
 * Since: 0.9
 */

G_DEFINE_INTERFACE (HeinFilter, hein_filter, G_TYPE_OBJECT)

static void
hein_filter_default_init (HeinFilterInterface *iface)
{
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

G_BEGIN_DECLS

#define HEIN_TYPE_FILTER (hein_filter_get_type ())
HEIN_API
G_DECLARE_INTERFACE (HeinFilter, hein_filter, HEIN, FILTER, GObject)

/**
 * HeinFilterInterface:
 * @parent_iface: the parent interface
 * @send: changes what is sent
 * @receive: changes what arrived
 *
 * The slots of a filter; one that is unset lets every message pass. Both run in
 * a turn of the bus, or in a call to send of its owner.
 *
 * Since: 0.9
 */
struct _HeinFilterInterface
{
  GTypeInterface parent_iface;

  /**
   * HeinFilterInterface::send:
   * @self: a filter
   * @message: what is sent
   * @error: return location
   *
   * Changes what is sent, before the strategy chooses who gets it.
   *
   * Returns: (transfer full) (nullable): @message with a reference of its own,
   *   or another one instead; %NULL with @error: it cannot be sent
   */
  HeinMessage *(*send) (HeinFilter *self, HeinMessage *message, GError **error);
  /**
   * HeinFilterInterface::receive:
   * @self: a filter
   * @peer: who sent it
   * @message: what arrived
   * @error: return location
   *
   * Changes what arrived, before the application sees it.
   *
   * Returns: (transfer full) (nullable): @message with a reference of its own,
   *   or another one instead; %NULL with @error: it is of no use
   */
  HeinMessage *(*receive) (HeinFilter *self,
                           HeinPeer *peer,
                           HeinMessage *message,
                           GError **error);
};

G_END_DECLS

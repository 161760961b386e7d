/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* HeinFilter: the interface of objects that change messages. */

G_BEGIN_DECLS

#define HEIN_TYPE_FILTER (hein_filter_get_type ())
HEIN_API
G_DECLARE_INTERFACE (HeinFilter, hein_filter, HEIN, FILTER, GObject)

/**
 * HeinFilterInterface:
 * @parent_iface: the parent interface
 * @send: changes messages that are sent
 * @receive: changes messages that have arrived
 *
 * The slots of a filter; a slot that is unset lets every message pass. Both run
 * in a turn of the bus, or in a call of its owner that sends.
 *
 * Since: 0.9
 */
struct _HeinFilterInterface
{
  GTypeInterface parent_iface;

  /**
   * HeinFilterInterface::send:
   * @self: a filter
   * @message: the message to send
   * @error: return location
   *
   * Changes a message before the strategy chooses the peers that get it.
   *
   * Returns: (transfer full) (nullable): @message with a new reference, or
   *   another message instead; %NULL with @error when it must not be sent
   */
  HeinMessage *(*send) (HeinFilter *self, HeinMessage *message, GError **error);
  /**
   * HeinFilterInterface::receive:
   * @self: a filter
   * @peer: the peer that sent it
   * @message: the message that arrived
   * @error: return location
   *
   * Changes a message before the application sees it.
   *
   * Returns: (transfer full) (nullable): @message with a new reference, or
   *   another message instead; %NULL with @error to discard it
   */
  HeinMessage *(*receive) (HeinFilter *self,
                           HeinPeer *peer,
                           HeinMessage *message,
                           GError **error);
};

G_END_DECLS

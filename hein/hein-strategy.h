/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* HeinStrategy: the base class of strategies. */

G_BEGIN_DECLS

#define HEIN_TYPE_STRATEGY (hein_strategy_get_type ())
HEIN_API
G_DECLARE_DERIVABLE_TYPE (HeinStrategy, hein_strategy, HEIN, STRATEGY, GObject)

/**
 * HeinStrategyClass:
 * @parent_class: the parent class
 * @select: chooses the peers that get @message, and adds them to @selection
 * @lost: forgets what the strategy remembers about @peer
 * @padding: room for later slots
 *
 * The slots of a strategy. All run in a turn of the bus, or in a call that
 * sends.
 *
 * Since: 0.9
 */
struct _HeinStrategyClass
{
  GObjectClass parent_class;

  /**
   * HeinStrategyClass::select:
   * @self: a strategy
   * @peers: the peers that take messages
   * @key: (nullable): the key that was given to [method@Bus.send_with]
   * @message: the message to send
   * @selection: collects the peers
   *
   * Chooses the peers that get @message, by any number of calls on @selection.
   * Other peers do not get it; when no peer is chosen, the message is dropped.
   */
  void (*select) (HeinStrategy *self,
                  HeinPeers *peers,
                  const char *key,
                  HeinMessage *message,
                  HeinSelection *selection);
  /**
   * HeinStrategyClass::lost:
   * @self: a strategy
   * @peer: the peer that is gone
   *
   * Forgets what the strategy remembers about @peer. The properties of @peer
   * are still what they were, except that it has no connection. Optional.
   */
  void (*lost) (HeinStrategy *self, HeinPeer *peer);

  gpointer padding[8];
};

HEIN_API
HeinStrategy *hein_strategy_new (const char *name, GError **error);

G_END_DECLS

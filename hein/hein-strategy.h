/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

G_BEGIN_DECLS

#define HEIN_TYPE_STRATEGY (hein_strategy_get_type ())
HEIN_API
G_DECLARE_DERIVABLE_TYPE (HeinStrategy, hein_strategy, HEIN, STRATEGY, GObject)

/**
 * HeinStrategyClass:
 * @parent_class: the parent class
 * @select: chooses who gets @message and says so to @selection
 * @lost: forgets what is remembered of @peer
 * @padding: room for later slots
 *
 * The slots of a strategy. All run in a turn of the bus, or in a call to send.
 *
 * Since: 0.9
 */
struct _HeinStrategyClass
{
  GObjectClass parent_class;

  /**
   * HeinStrategyClass::select:
   * @self: a strategy
   * @peers: those that take messages
   * @key: (nullable): what the caller of send gave
   * @message: what is sent
   * @selection: collects who gets it
   *
   * Chooses who gets @message, and says so to @selection, once or several times.
   * Who is not said to get it does not; when nobody is, it is dropped.
   */
  void (*select) (HeinStrategy *self,
                  HeinPeers *peers,
                  const char *key,
                  HeinMessage *message,
                  HeinSelection *selection);
  /**
   * HeinStrategyClass::lost:
   * @self: a strategy
   * @peer: who is gone
   *
   * Forgets what is remembered of @peer, which still is what it was, but for its
   * connection. Left out by strategies that remember nobody.
   */
  void (*lost) (HeinStrategy *self, HeinPeer *peer);

  gpointer padding[8];
};

HEIN_API
HeinStrategy *hein_strategy_new (const char *name, GError **error);

G_END_DECLS

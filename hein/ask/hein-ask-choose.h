/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"
#include "core/hein-send.h"

/* Choosing the peers that a request is sent to. */

G_BEGIN_DECLS

/* Adds the peers to ask to @askable, of owned HeinPeer: those that @sending
 * chooses and that understand as much as @needed. FALSE with NO_PEER, or with
 * FAILED when none of them does. @selection is for the strategy. */
gboolean hein_ask_choose (HeinCore *self,
                          const HeinSending *sending,
                          HeinAsks needed,
                          HeinSelection *selection,
                          GPtrArray *askable,
                          GError **error);
/* The same with all peers, whatever the strategy. */
gboolean hein_ask_choose_all (HeinCore *self,
                              HeinAsks needed,
                              GPtrArray *askable,
                              GError **error);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"
#include "core/hein-send.h"

G_BEGIN_DECLS

/* Who is asked: those of whom @sending chooses that can be. NULL with NO_PEER, or
 * FAILED when nobody can. (transfer container), of owned HeinPeer */
GPtrArray *
hein_ask_choose (HeinCore *self, const HeinSending *sending, GError **error);

G_END_DECLS

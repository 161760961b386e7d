/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-replies.h>

#include "core/hein-core-state.h"
#include "core/hein-send.h"

/* Making the HeinReplies that the application takes answers from. */

G_BEGIN_DECLS

/* Asks the peers that @sending chooses for many answers; see hein-asker.h. */
HeinReplies *hein_replies_new (HeinCore *core,
                               const HeinSending *sending,
                               int timeout_ms,
                               guint credit);

G_END_DECLS

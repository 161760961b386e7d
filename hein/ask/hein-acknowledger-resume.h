/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"

/* The side of a bus that says once more what became of messages. */

G_BEGIN_DECLS

/* Handles the question of @peer about its deliveries before a cut. What is open
 * is told when it is over, on this connection. Takes ownership of @word. */
void
hein_acknowledger_resume (HeinCore *self, HeinPeer *peer, HeinMessage *word);

G_END_DECLS

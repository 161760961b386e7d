/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"

/* The side of a bus that tells what became of messages delivered to it. */

G_BEGIN_DECLS

/* Takes in a message that @peer delivers: the bus receives it as any other, and
 * says later what became of it. Takes ownership of @message. */
void
hein_acknowledger_take (HeinCore *self, HeinPeer *peer, HeinMessage *message);
/* Tells @peer that delivery @number fails. Any thread. */
void hein_acknowledger_fail (
  HeinCore *self, HeinPeer *peer, guint64 number, int code, const char *why);
/* Says what is to be said, before the jobs of a turn write. */
void hein_acknowledger_flush (HeinCore *core);
/* Ends the acknowledger with its bus. */
void hein_acknowledger_end (HeinCore *self);

G_END_DECLS

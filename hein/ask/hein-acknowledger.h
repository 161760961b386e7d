/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"

/* The side of a bus that tells what became of messages delivered to it. */

G_BEGIN_DECLS

/* Takes in a message that @peer delivers: the bus receives it as any other, and
 * says later what became of it. Takes ownership of @message. */
void
hein_acknowledger_take (HeinCore *self, HeinPeer *peer, HeinMessage *message);
/* Takes in a delivery that hein_message_new_numbered has made. Takes ownership
 * of @message. FALSE: it has arrived before, and @peer is cut off. */
gboolean hein_acknowledger_receive (HeinCore *self,
                                    HeinPeer *peer,
                                    HeinMessage *message);
/* To be called when delivery @number of @peer has arrived, before anything
 * becomes of it. FALSE: it has arrived before, and @peer is cut off. */
gboolean
hein_acknowledger_note_arrival (HeinCore *self, HeinPeer *peer, guint64 number);
/* Tells @peer that delivery @number, which has just arrived, fails. */
void hein_acknowledger_fail (
  HeinCore *self, HeinPeer *peer, guint64 number, int code, const char *why);
/* The same, and it is remembered already. Any thread. */
void hein_acknowledger_say_failure (
  HeinCore *self, HeinPeer *peer, guint64 number, int code, const char *why);
/* Returns the acknowledger of a bus, making it at first use. */
HeinAcknowledger *hein_acknowledger_get (HeinCore *core);
/* Says what is to be said, before the jobs of a turn write. */
void hein_acknowledger_flush (HeinCore *core);
/* The bus closes: nobody who was cut off comes again to be told. */
void hein_acknowledger_close (HeinCore *core);
/* Ends the acknowledger with its bus. */
void hein_acknowledger_end (HeinCore *self);

G_END_DECLS

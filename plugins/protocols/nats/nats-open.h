/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-ack.h"
#include "nats-state.h"

G_BEGIN_DECLS

/*
 * Messages of a durable consumer that the bus has, and of which the server does not
 * know yet what became: it hears so by a message to the reply of each.
 *
 *   +ACK   it was handled
 *   -NAK   it was not, and is to be brought again, at once or after a while
 *   +TERM  it was not, and is not to come again
 *   +WPI   it is still being handled
 */
typedef enum
{
  NATS_HANDLED,
  NATS_AGAIN,
  NATS_LATER,
  NATS_NEVER
} NatsOutcome;

guint nats_open_count (const NatsOpen *self);
gsize nats_open_get_memory (const NatsOpen *self);
/* FALSE: the same one is open, and is known by its new reply from now on. */
gboolean
nats_open_add (NatsOpen *self, const NatsAck *ack, const NatsSpan *reply);
/* Tells the server, of one that may not be open any more. */
void nats_open_settle (NatsOpen *self,
                       HeinWire *wire,
                       guint64 sequence,
                       NatsOutcome outcome);
/* Gives back all that are open. */
void nats_open_return (NatsOpen *self, HeinWire *wire);
/* Says of those that were open when this was called before that they still are. */
void nats_open_go_on (NatsOpen *self, HeinWire *wire);
/* What a failure of the bus means for the message. */
NatsOutcome nats_open_get_outcome (const GError *failure);
void nats_open_clear (NatsOpen *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-ack.h"
#include "nats-message.h"
#include "nats-open.h"
#include "nats-state.h"

G_BEGIN_DECLS

/*
 * Where an address has a stream and a durable, what comes is from this consumer of
 * JetStream, which all programs with the same one share; each message is acknowledged
 * when it was handled.
 */

/* Checks the names, and what else the address says. */
gboolean nats_durable_check (const HeinNats *self, GError **error);
/* The bus wants, or no longer wants, what a prefix or a pattern has; @subject is the
 * narrowest one that has all of it. */
void nats_durable_change (HeinNats *self,
                          HeinWire *wire,
                          const char *subject,
                          const char *text,
                          gboolean is_pattern,
                          gboolean wanted);
/* Whether a message comes from it. */
gboolean nats_durable_is_its (const HeinNats *self, guint64 sid);
/* Something has. TRUE: it is a message that is to be delivered, or to be settled, and
 * is open. */
gboolean nats_durable_take (HeinNats *self,
                            HeinWire *wire,
                            const NatsIncoming *incoming,
                            const guint8 *body,
                            NatsAck *ack);
/* Something has come to the inbox. FALSE: it is not for it. */
gboolean nats_durable_take_answer (HeinNats *self,
                                   HeinWire *wire,
                                   const NatsIncoming *incoming,
                                   const guint8 *body);
/* Whether the consumer is still to be found, or made. */
gboolean nats_durable_is_waiting (const HeinNats *self);
/* It is known what became of a message. */
void nats_durable_settle (HeinNats *self,
                          HeinWire *wire,
                          guint64 sequence,
                          NatsOutcome outcome);
/* Returns when to call it again. */
gint64 nats_durable_tick (HeinNats *self, HeinWire *wire, gint64 now_us);
/* A PONG has come. */
void nats_durable_take_pong (HeinNats *self, HeinWire *wire);
/* The peer is about to leave: no more is to come. */
void nats_durable_stop (HeinNats *self, HeinWire *wire);
/* The connection ends: what was not handled is for others. */
void nats_durable_finish (HeinNats *self, HeinWire *wire);
void nats_durable_init (HeinNats *self);
void nats_durable_clear (HeinNats *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-message.h"
#include "nats-state.h"

G_BEGIN_DECLS

/* Where answers to this connection come: the number of what they answer follows. */
#define NATS_INBOX_MAX 64

/* Writes the subject of an answer to a request or a delivery; that of all when @ask
 * is NULL. */
void nats_ask_write_inbox (const HeinNats *self,
                           char inbox[NATS_INBOX_MAX],
                           const HeinMessageAttributes *ask);
/* Appends what tells the server of the inbox, where it does not know it yet. */
void nats_ask_want_inbox (HeinNats *self, GString *line);
/* Reads what follows @kind in the subject of an answer; FALSE: it is another one. */
gboolean nats_ask_read_number (const HeinNats *self,
                               const NatsSpan *subject,
                               char kind,
                               guint64 *number);
/* Makes up the inbox; the server is not told yet. */
void nats_ask_begin (HeinNats *self, HeinWire *wire);
/* Whether a message is an answer. */
gboolean nats_ask_is_answer (const HeinNats *self, guint64 sid);
void nats_ask_take_answer (HeinNats *self,
                           HeinWire *wire,
                           const NatsIncoming *incoming,
                           const guint8 *body);
/* The same of one that is too large to be taken. */
void nats_ask_refuse_answer (HeinNats *self,
                             HeinWire *wire,
                             const NatsIncoming *incoming);

G_END_DECLS

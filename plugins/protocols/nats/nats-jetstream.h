/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-message.h"
#include "nats-state.h"

G_BEGIN_DECLS

/*
 * Deliveries by way of JetStream: a message that is published with a reply, to
 * which the stream that keeps its subject says PubAck, as JSON:
 *
 *   {"stream":"ORDERS","seq":17,"duplicate":true}
 *   {"error":{"code":503,"err_code":10077,"description":"maximum …"}}
 */

/* What one says. */
typedef struct
{
  gboolean is_kept;
  guint64 code;       /* of the error; 0: there is none */
  guint64 error_code; /* which is more exact */
  char *description;  /* of the error, or NULL */
} NatsPubAck;

/* Reads it; FALSE: it is none. To be cleared in any case. */
gboolean nats_pub_ack_read (NatsPubAck *self, const char *json, gsize size);
void nats_pub_ack_clear (NatsPubAck *self);

/* Whether deliveries go to a stream: a bucket is one. */
gboolean nats_jetstream_is_used (const HeinNats *self);
/* Says that deliveries can be made, where the address asks for that. */
void nats_jetstream_begin (HeinNats *self, HeinWire *wire);
/* Tells what became of the delivery @number. */
void nats_jetstream_take_ack (HeinWire *wire,
                              guint64 number,
                              const NatsIncoming *incoming,
                              const guint8 *body);
/* What came in place of PubAck does not say what became of it. */
void nats_jetstream_doubt (HeinWire *wire,
                           guint64 number,
                           int code,
                           const char *why);

G_END_DECLS

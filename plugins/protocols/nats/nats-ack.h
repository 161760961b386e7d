/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-line.h"

G_BEGIN_DECLS

/*
 * The reply of a message that a consumer of JetStream brings, which says what it is,
 * and by which it is acknowledged:
 *
 *   $JS.ACK.<stream>.<consumer>.<times>.<stream's number>.<consumer's>.<time>.<left>
 *
 * Newer servers have two more words before the stream, and one at the end.
 */
#define NATS_ACK_MAX 1024 /* two names have at most 255 bytes each */

typedef struct
{
  guint64 n_times;  /* it was brought, with this one */
  guint64 sequence; /* in the stream */
  guint64 number;   /* of those that its consumer has brought */
} NatsAck;

/* FALSE: it is another reply, or there is none. */
gboolean nats_ack_read (NatsAck *self, const NatsSpan *reply);

G_END_DECLS

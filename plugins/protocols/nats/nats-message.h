/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-headers.h"
#include "nats-line.h"

G_BEGIN_DECLS

/* A message that comes, as its line says. */
typedef struct
{
  NatsSpan subject;
  NatsSpan reply; /* empty: none */
  guint64 sid;
  guint64 headers_size; /* 0: none */
  guint64 size;         /* with them */
} NatsIncoming;

/* Reads what is behind MSG or HMSG. */
gboolean nats_incoming_read (NatsIncoming *self,
                             const NatsSpan *rest,
                             gboolean has_headers,
                             guint64 max_payload,
                             GError **error);
/* Whether the bus does not take so much. */
gboolean nats_incoming_is_too_large (const NatsIncoming *self, HeinWire *wire);
/* Reads what headers there are, of which none counts when they are malformed; to be
 * cleared by nats_headers_clear. */
gboolean nats_incoming_read_headers (const NatsIncoming *self,
                                     const guint8 *body,
                                     NatsHeaders *headers);
/* Makes a message of it, with its content type and attributes. (transfer full) */
HeinMessage *nats_incoming_make_message (const NatsIncoming *self,
                                         HeinWire *wire,
                                         const char *topic,
                                         gsize topic_size,
                                         const guint8 *body,
                                         HeinMessageAttributes *attributes,
                                         GBytes *return_path);

G_END_DECLS

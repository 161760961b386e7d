/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * What JetStream says of a consumer, as JSON:
 *
 *   {"stream_name":"ORDERS","name":"workers","config":{"ack_policy":"explicit",
 *    "ack_wait":30000000000,"filter_subject":"orders.>",…},…}
 *   {"error":{"code":404,"err_code":10014,"description":"consumer not found"}}
 */
#define NATS_CONSUMER_NAME_MAX 255

typedef struct
{
  gboolean is_there;    /* it has a configuration */
  char *filter;         /* NULL: it has none */
  char *ack_policy;     /* nullable */
  gboolean is_pushed;   /* to a subject of its own */
  gboolean has_filters; /* several: servers since 2.10 */
  gint64 ack_wait_us;   /* after which it is brought again; the shortest one */
  guint64 max_batch;    /* of what is asked for at a time; 0: no limit */
  gint64 max_wait_us;   /* the same */
  guint64 code;         /* of an error; 0: there is none */
  guint64 error_code;   /* which is more exact */
  char *description;    /* of the error, or NULL */
} NatsConsumer;

/* Reads it; FALSE: it is none. To be cleared in any case. */
gboolean nats_consumer_read (NatsConsumer *self, const char *json, gsize size);
void nats_consumer_clear (NatsConsumer *self);
/* Whether a stream or a consumer can have this name. */
gboolean nats_consumer_is_name (const char *name);
/* Appends what makes one. @filter: NULL: it has all of the stream. */
void nats_consumer_append_config (GString *json,
                                  const char *stream,
                                  const char *name,
                                  const char *filter);

G_END_DECLS

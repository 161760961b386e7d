/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-line.h"

G_BEGIN_DECLS

/*
 * A bucket of keys and values, which is a stream of JetStream:
 *
 *   bucket house       stream KV_house
 *   key lamps.1        subject $KV.house.lamps.1
 *   a key is deleted   a message with the header KV-Operation: DEL, or PURGE
 *
 * Where an address has one, topics are its keys.
 */
#define NATS_BUCKET_MAX        64
#define NATS_BUCKET_PREFIX_MAX (4 + NATS_BUCKET_MAX + 1)
#define NATS_BUCKET_OPERATION  "KV-Operation"

/* Checks the name; NULL is none. */
gboolean nats_bucket_check (const char *bucket, GError **error);
/* Whether a topic is a key; FALSE with @error. */
gboolean
nats_bucket_check_topic (const char *topic, gsize size, GError **error);
/* Writes what the subjects of all keys begin with, without a NUL; returns the end. */
char *nats_bucket_write_prefix (const char *bucket,
                                char to[NATS_BUCKET_PREFIX_MAX]);
/* Leaves the key of a subject; FALSE: it is none of the bucket. */
gboolean nats_bucket_take_prefix (const char *bucket, NatsSpan *subject);
/* Appends the subject by which the value of a topic is asked for, where the topic is
 * one of hein_bus_get_async(); FALSE: it is another one, or with @error no key. */
gboolean nats_bucket_append_get (GString *line,
                                 const char *bucket,
                                 const char *topic,
                                 gsize size,
                                 GError **error);
/* Adds the header that deletes a key to what headers there are. */
void nats_bucket_append_deletion (GString *headers);

G_END_DECLS

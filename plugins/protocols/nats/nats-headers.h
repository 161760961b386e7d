/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-line.h"

G_BEGIN_DECLS

/*
 * Headers of a message:
 *
 *   NATS/1.0 [status [description]] CR LF
 *   Name: value CR LF …
 *   CR LF
 *
 *   Content-Type          its content type
 *   Nats-Msg-Id           the attribute "id"; JetStream leaves out what comes twice
 *   Hein-Expiry           in how many milliseconds it expires
 *   Nats-Service-Error, Nats-Service-Error-Code
 *                         an error of the application in place of an answer
 *   KV-Operation          of a bucket: DEL or PURGE, and an attribute
 *   all others            attributes of these names
 */
#define NATS_HEADERS_MAX 65536 /* of those that come */

typedef struct
{
  guint status; /* 0: none */
  char *content_type;
  guint expiry_ms; /* 0: it does not expire */
  char *error;     /* in place of an answer */
  guint error_code;
  gboolean is_gone; /* a key of a bucket was deleted */
} NatsHeaders;

/* Whether a message has any. */
gboolean nats_headers_has (HeinMessage *message, const HeinMessageView *view);
/* Appends them; FALSE with @error when a value cannot be in one. */
gboolean nats_headers_write (GString *to,
                             HeinMessage *message,
                             const HeinMessageView *view,
                             GError **error);
/* Appends those of an error in place of an answer. */
void nats_headers_write_error (GString *to,
                               HeinMessage *message,
                               const HeinMessageView *view);
/* Reads what is of the message itself; FALSE: they are malformed. To be cleared in
 * any case. */
gboolean nats_headers_read (NatsHeaders *self, const char *data, gsize size);
/* Sets the attributes of a message that was made just now; FALSE: some are left out. */
gboolean nats_headers_add (const char *data, gsize size, HeinMessage *message);
/* Finds one by its name in capitals. */
gboolean nats_headers_find (const char *data,
                            gsize size,
                            const char *upper,
                            NatsSpan *value);
void nats_headers_clear (NatsHeaders *self);

G_END_DECLS

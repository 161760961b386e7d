/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-want.h"

G_BEGIN_DECLS

/*
 * What has come by watches that have ended: each of their wants, and up to which
 * message of the stream it has come. Of several that have a key, it came by the first.
 */
typedef struct _NatsTold NatsTold;

NatsTold *nats_told_new (void);
NatsTold *nats_told_ref (NatsTold *self);
void nats_told_unref (NatsTold *self);
void nats_told_append (NatsTold *self, NatsWant *want, guint64 seen);
/* The last message that may be among it. */
guint64 nats_told_get_end (const NatsTold *self);
gboolean
nats_told_has (const NatsTold *self, const NatsSpan *key, guint64 sequence);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-message.h"
#include "nats-state.h"

G_BEGIN_DECLS

/*
 * Watching a bucket: for each subject that the bus wants there is a consumer of its
 * stream, which brings the last value of each key, and then what is put, in the order
 * of the stream.
 */
typedef struct _NatsWatch NatsWatch;

/* The bus wants, or no longer wants, the keys of a subject that begin with a prefix,
 * or that fit a pattern. */
void nats_watch_add (HeinNats *self,
                     HeinWire *wire,
                     const char *subject,
                     const char *text,
                     gboolean is_pattern);
void nats_watch_remove (HeinNats *self,
                        HeinWire *wire,
                        const char *subject,
                        const char *text,
                        gboolean is_pattern);
/* NULL: there is none of this number. */
NatsWatch *nats_watch_find (const HeinNats *self, guint64 sid);
/* Something has come for one. TRUE: it is a value that is to be delivered, with its
 * key as its subject and without a reply. */
gboolean nats_watch_take (HeinNats *self,
                          HeinWire *wire,
                          NatsWatch *watch,
                          NatsIncoming *incoming,
                          const guint8 *body);
/* Something has come to the inbox. FALSE: it is not for one. */
gboolean nats_watch_take_answer (HeinNats *self,
                                 HeinWire *wire,
                                 const NatsIncoming *incoming,
                                 const guint8 *body);
/* Whether the server has not yet answered for one of them. */
gboolean nats_watch_is_waiting (const HeinNats *self);
/* Looks for consumers that are gone; returns when to call it again. */
gint64 nats_watch_tick (HeinNats *self, HeinWire *wire, gint64 now_us);
/* A PONG has come. */
void nats_watch_take_pong (HeinNats *self, HeinWire *wire);
void nats_watch_clear (HeinNats *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-state.h"

G_BEGIN_DECLS

/* How a message comes. */
typedef enum
{
  NATS_SID_KNOWN,
  NATS_SID_OLD,    /* on its way when it was no longer wanted */
  NATS_SID_UNKNOWN /* was never said */
} NatsSid;

/* The bus subscribes to a prefix, or does not any more. */
void nats_subscribe_change (HeinNats *self,
                            HeinWire *wire,
                            const char *prefix,
                            gboolean wanted);
/* The same with a pattern. */
void nats_subscribe_change_pattern (HeinNats *self,
                                    HeinWire *wire,
                                    const char *pattern,
                                    gboolean wanted);
/* Until the end of collecting, changes wait, to be told together. */
void nats_subscribe_collect (HeinNats *self, HeinWire *wire, gboolean collect);
/* Whether a message comes by a subscription; not when its subject is a special one,
 * which that has not named. */
NatsSid nats_subscribe_check (const HeinNats *self,
                              guint64 sid,
                              const char *subject,
                              gsize size);
/* Confirms what the bus has asked about, once the server has answered. */
void nats_subscribe_review (HeinNats *self, HeinWire *wire);
/* A PONG has come. */
void nats_subscribe_take_pong (HeinNats *self, HeinWire *wire);
void nats_subscribe_clear (HeinNats *self);

G_END_DECLS

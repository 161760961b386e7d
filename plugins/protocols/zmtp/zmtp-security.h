/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "zmtp-state.h"
#include "zmtp-step.h"

G_BEGIN_DECLS

/*
 * Which mechanism an address asks for, NULL, PLAIN or CURVE, and what it does
 * with the words of the handshake.
 */

/* "NULL", "PLAIN" or "CURVE", by the options. */
const char *zmtp_security_get_mechanism (const HeinZmtp *self);
/* Reads the files that the options name. *secrecy: what they mean for the
 * stream. */
gboolean
zmtp_security_prepare (HeinZmtp *self, HeinSecrecy *secrecy, GError **error);
/* The connection begins; FALSE with @error when the files cannot be used
 * now. */
gboolean zmtp_security_begin (HeinZmtp *self, HeinWire *wire, GError **error);
/* But for the texts in it. */
void zmtp_security_free (ZmtpSecurity *self);
/* A connection has begun with PLAIN or CURVE. */
gboolean zmtp_security_is_begun (const HeinZmtp *self);
/* Of PLAIN and CURVE; decided by the options, not by who dials. */
gboolean zmtp_security_is_server (const HeinZmtp *self);
/* The same before it has begun, by the options. */
gboolean zmtp_security_will_serve (const HeinZmtp *self);
/* The greetings are there. TRUE: READY is to be put as without any mechanism. */
gboolean zmtp_security_start (HeinZmtp *self, HeinWire *wire);
ZmtpStep zmtp_security_take (HeinZmtp *self,
                             HeinWire *wire,
                             const guint8 *body,
                             gsize size,
                             GByteArray **pairs,
                             GError **error);
void zmtp_security_put_pairs (HeinZmtp *self,
                              HeinWire *wire,
                              const guint8 *pairs,
                              gsize size);
/* The handshake is over, for good or bad: what follows is sealed, if it is to be. */
void zmtp_security_end (HeinZmtp *self, HeinWire *wire);
/* The name that the other side must have; NULL: any. */
const char *zmtp_security_get_name (const HeinZmtp *self);
/* FALSE with @error when the other side is trusted no more. */
gboolean zmtp_security_review (HeinZmtp *self, gint64 now_us, GError **error);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-protocol.h"

/**
 * HeinProtocol:
 *
 * Turns bytes into messages and back, on one connection.
 *
 * A protocol is pure: bytes come in, events go out through the
 * [class@Wire], and time and randomness are handed in by it. So it can be
 * tested without a socket and written in any language.
 *
 * Only `consume` and `encode` must be there.
 *
 * Since: 0.9
 */

G_DEFINE_ABSTRACT_TYPE (HeinProtocol, hein_protocol, G_TYPE_OBJECT)

static void
hein_protocol_class_init (HeinProtocolClass *klass)
{
}

static void
hein_protocol_init (HeinProtocol *self)
{
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * A protocol for tests to derive from: each message is one byte, the first one
 * of its payload, and there is no handshake.
 */
#define BYTE_TYPE_PROTOCOL (byte_protocol_get_type ())
G_DECLARE_DERIVABLE_TYPE (
  ByteProtocol, byte_protocol, BYTE, PROTOCOL, HeinProtocol)

struct _ByteProtocolClass
{
  HeinProtocolClass parent_class;
};

G_END_DECLS

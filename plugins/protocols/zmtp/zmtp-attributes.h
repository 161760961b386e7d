/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * What a message between heins says of itself, in a frame of its own: pairs as in
 * READY, in any order, of which those that are not known are passed over.
 *
 *   "Content-Type"   what the payload is
 *   "Expiry"         the milliseconds that are left (4 B), at least 1
 *   "." and a name   an attribute of the application
 *   "Ask"            kind (1 B) │ number of the request or delivery (8 B) │ number (4 B) │
 *                    credit (4 B, may be left out when it is 0)
 *
 * The kinds are those of HeinAsk. The number is that of a request or a delivery
 * in milliseconds, that of an error its code.
 */
#define ZMTP_ATTRIBUTES_MAX 3072

/* Returns its size; @place has ZMTP_ATTRIBUTES_MAX bytes. */
gsize zmtp_attributes_write (guint8 *place,
                             HeinMessage *message,
                             const HeinMessageAttributes *attributes);
/* @attributes is zeroed before; its content type is owned. *has_more: there are
 * others, for zmtp_attributes_add. FALSE: it belongs to a request in a way that is
 * not known, or not whole. */
gboolean zmtp_attributes_read (const guint8 *data,
                               gsize size,
                               HeinMessageAttributes *attributes,
                               gboolean *has_more);
/* Gives @message, which was made just now, what else it says of itself. */
void zmtp_attributes_add (const guint8 *data,
                          gsize size,
                          HeinWire *wire,
                          HeinMessage *message);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "format/mc-format.h"
#include "multisock/multisock-crypter.h"

G_BEGIN_DECLS

/*
 * The payload is the datagram, as it is or encrypted as multisock does. Who
 * sends is a peer, called by its address.
 */

/* Takes @crypter, which may be NULL. @has_objects: content of the type
 * application/json goes as multisock's objects, and these arrive so. */
McFormat mc_plain_new (HeinTransport *transport,
                       McSocket *socket,
                       MultisockCrypter *crypter,
                       gboolean has_objects);

G_END_DECLS

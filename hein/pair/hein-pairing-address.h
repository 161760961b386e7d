/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* The addresses of pairings: HOST:PORT, and what a QR code holds. */

G_BEGIN_DECLS

#define HEIN_PAIRING_SCHEME "hein-pair://"

/* Binds a listening socket. @address: nullable; "*" or an IP address or
 * "localhost", with or without a port; sets @shown (transfer full), by which
 * others dial it. NULL with @error: `HEIN_ERROR_BAD_ADDRESS`, or of
 * #GIOErrorEnum. */
GSocket *
hein_pairing_address_bind (const char *address, char **shown, GError **error);
/* Reads what somebody dials: HOST:PORT, or what a QR code says, with the code
 * in it. @code: (transfer full) (nullable). */
GSocketConnectable *
hein_pairing_address_parse (const char *address, char **code, GError **error);

G_END_DECLS

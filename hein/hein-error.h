/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <glib-object.h>
#include <hein/hein-macros.h>

G_BEGIN_DECLS

#define HEIN_ERROR      (hein_error_quark ())
#define HEIN_TYPE_ERROR (hein_error_get_type ())

/**
 * HeinError:
 * @HEIN_ERROR_FAILED: nothing in particular: read the text
 * @HEIN_ERROR_CLOSED: it is closed: open it again
 * @HEIN_ERROR_WOULD_BLOCK: no room: slow down, or use `send_async`
 * @HEIN_ERROR_NO_PEER: wait for a peer, or give another name
 * @HEIN_ERROR_TOO_LARGE: split the message, or raise the limit
 * @HEIN_ERROR_BAD_ADDRESS: mend the URI: the text names the part
 * @HEIN_ERROR_NO_PLUGIN: install it: the text names folders and plugins found
 * @HEIN_ERROR_BAD_PLUGIN: rebuild it: wrong ABI, wrong type, missing symbol
 * @HEIN_ERROR_PROTOCOL: the peer did not keep to the protocol
 * @HEIN_ERROR_REFUSED: the peer or a limit said no: name taken, too many
 * @HEIN_ERROR_TIMED_OUT: it took too long: try again, or allow more time
 * @HEIN_ERROR_INSECURE: let both sides have the same key-file, or say plaintext=yes
 * @HEIN_ERROR_DUPLICATE: nothing: the same two are connected already
 *
 * What a caller can do about a failure. Trouble of sockets and files stays in
 * the #GIOErrorEnum domain.
 *
 * Since: 0.9
 */
typedef enum
{
  HEIN_ERROR_FAILED = 0,
  HEIN_ERROR_CLOSED = 1,
  HEIN_ERROR_WOULD_BLOCK = 2,
  HEIN_ERROR_NO_PEER = 3,
  HEIN_ERROR_TOO_LARGE = 4,
  HEIN_ERROR_BAD_ADDRESS = 5,
  HEIN_ERROR_NO_PLUGIN = 6,
  HEIN_ERROR_BAD_PLUGIN = 7,
  HEIN_ERROR_PROTOCOL = 8,
  HEIN_ERROR_REFUSED = 9,
  HEIN_ERROR_TIMED_OUT = 10,
  HEIN_ERROR_INSECURE = 11,
  HEIN_ERROR_DUPLICATE = 12
} HeinError;

HEIN_API
GQuark hein_error_quark (void);
HEIN_API
GType hein_error_get_type (void) G_GNUC_CONST;
HEIN_API
char *hein_error_dup_printable (const char *text, gsize size);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <glib-object.h>
#include <hein/hein-macros.h>

/* The error domain of hein. */

G_BEGIN_DECLS

#define HEIN_ERROR      (hein_error_quark ())
#define HEIN_TYPE_ERROR (hein_error_get_type ())

/**
 * HeinError:
 * @HEIN_ERROR_FAILED: no advice: read the message
 * @HEIN_ERROR_CLOSED: the object is closed: open another
 * @HEIN_ERROR_WOULD_BLOCK: no room: slow down, or use `send_async`
 * @HEIN_ERROR_NO_PEER: wait for a peer, or use another name
 * @HEIN_ERROR_TOO_LARGE: split the message, or raise the limit
 * @HEIN_ERROR_BAD_ADDRESS: correct the URI: the message names the part
 * @HEIN_ERROR_NO_PLUGIN: install the plugin: the message lists the folders that
 *   were searched, and the plugins found
 * @HEIN_ERROR_BAD_PLUGIN: rebuild the plugin: wrong ABI, wrong type, missing
 *   symbol
 * @HEIN_ERROR_PROTOCOL: the peer violated the protocol
 * @HEIN_ERROR_REFUSED: the peer or a limit refused: name taken, too many
 * @HEIN_ERROR_TIMED_OUT: it took too long: try again, or allow more time
 * @HEIN_ERROR_INSECURE: use the same key-file on both sides, or say
 *   plaintext=yes
 * @HEIN_ERROR_DUPLICATE: nothing to do: the two buses are connected already
 * @HEIN_ERROR_NOT_SERVED: ask another peer: this one does not serve the topic
 * @HEIN_ERROR_FORBIDDEN: have it allowed in the access file of the side that
 *   refused; `hein doctor --access` says which line decides
 *
 * What a caller can do about a failure. Errors of sockets and files stay in
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
  HEIN_ERROR_DUPLICATE = 12,
  HEIN_ERROR_NOT_SERVED = 13,
  HEIN_ERROR_FORBIDDEN = 14
} HeinError;

/**
 * HEIN_ANSWER_ERROR:
 *
 * The error domain of answers that are errors; the code is the one that the
 * application gave to [method@Request.refuse].
 *
 * Since: 0.9
 */
#define HEIN_ANSWER_ERROR (hein_answer_error_domain ())

HEIN_API
GQuark hein_answer_error_domain (void);
HEIN_API
GQuark hein_error_quark (void);
HEIN_API
GType hein_error_get_type (void) G_GNUC_CONST;
HEIN_API
char *hein_error_dup_printable (const char *text, gsize size);

G_END_DECLS

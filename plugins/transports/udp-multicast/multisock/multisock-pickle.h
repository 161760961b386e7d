/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * What send_object () of the Python library multisock sends: the pickle of an
 * object, in base64 without line feeds. (With a crypter, the base64 is
 * encrypted as text is.)
 *
 * Objects are None, bool, int, float, str, bytes, list, tuple and dict with
 * texts as keys; multisock-json.h says what they look like as JSON. Whatever
 * else a pickle can hold is refused, never executed, and the error names the
 * opcode. Pickles of protocol 2 to 5 are read, protocol 4 is written.
 *
 * An object has at most MULTISOCK_VALUES_MAX values, HEIN_JSON_DEPTH_MAX levels,
 * and integers of MULTISOCK_LONG_MAX bytes. One that is in itself is refused,
 * one that is there several times is written out each time.
 */

/* As Python 3.8 and later would write it, without references to the memo: these
 * would need equal texts to be found. NULL with @error: no JSON, or no object.
 * (transfer full) */
GBytes *
multisock_pickle_from_json (const char *json, gsize size, GError **error);
/* NULL with @error: it is damaged, refused, or more than @max_size bytes of
 * JSON. (transfer full) */
GBytes *multisock_pickle_to_json (const guint8 *pickle,
                                  gsize size,
                                  gsize max_size,
                                  GError **error);

/* The same in base64, as in the datagram. */
GBytes *
multisock_object_from_json (const char *json, gsize size, GError **error);
GBytes *multisock_object_to_json (const guint8 *object,
                                  gsize size,
                                  gsize max_size,
                                  GError **error);

G_END_DECLS

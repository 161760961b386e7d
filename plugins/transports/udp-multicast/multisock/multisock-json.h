/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "multisock-value.h"

G_BEGIN_DECLS

/*
 * What objects of multisock look like as JSON.
 *
 *   None, bool, text, list, dict     as in JSON; keys have to be text
 *   int                              a number without fraction and exponent, of
 *                                    any size
 *   float                            a number with one: 1.0, 1e+16
 *   tuple                            an array, so it comes back as a list
 *   bytes                            {"__bytes__": "base64"}
 *   nan, inf, -inf                   {"__float__": "nan"}
 *   a dict of which the only key     {"__dict__": {"__bytes__": ...}}
 *   is one of these three
 *
 * Text is written in pure ASCII. Of a member that is there twice the last value
 * counts.
 */

#define MULTISOCK_BYTES_KEY "__bytes__"
#define MULTISOCK_FLOAT_KEY "__float__"
#define MULTISOCK_DICT_KEY  "__dict__"

/* The only key of the dict @value, when it is one of these; else NULL. */
const MultisockText *
multisock_json_get_reserved_key (const MultisockValue *value);

/* FALSE with @error: it would be more than @max_size bytes, or more than
 * HEIN_JSON_DEPTH_MAX levels; @to has then part of it. */
gboolean multisock_json_append (GString *to,
                                const MultisockValue *value,
                                gsize max_size,
                                GError **error);
/* NULL with @error: it is no JSON, or not as above. Owned by @values. */
MultisockValue *multisock_json_parse (MultisockValues *values,
                                      const char *json,
                                      gsize size,
                                      GError **error);

G_END_DECLS

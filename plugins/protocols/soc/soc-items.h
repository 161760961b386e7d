/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * What dialect b sends as dictionaries and lists:
 *
 *   key ':' value  AC BD AC BD   key ':' value  AC BD AC BD   …
 *   value          AC BD AC BD   value          AC BD AC BD   …
 *
 * AC BD within an item is written AC BD EE. Values are texts, or typed ones
 * ("i:1", see soc-json.h). Each is carried as an object, or an array, of JSON.
 */

/* What follows a key of three letters. */
typedef struct
{
  gboolean is_list;
  gboolean is_typed;
} SocItemsKind;

/* FALSE: the key stands for something else than items. */
gboolean soc_items_get_kind (const char *key, SocItemsKind *kind);
/* The body of the JSON @data, which has been checked. NULL with @error: it is
 * not flat, or not an object or array as @kind wants. (transfer full) */
GBytes *soc_items_encode (const SocItemsKind *kind,
                          const char *data,
                          gsize size,
                          GError **error);
/* The JSON of a body; NULL: it has no such items, or not of text.
 * (transfer full) */
GBytes *
soc_items_decode (const SocItemsKind *kind, const guint8 *data, gsize size);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* Hash functions whose collisions a peer cannot predict. */

G_BEGIN_DECLS

HEIN_API
guint hein_hash_data (const guint8 *data, gsize size);
HEIN_API
guint hein_hash_text (gconstpointer text);

G_END_DECLS

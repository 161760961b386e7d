/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

HEIN_API
guint hein_hash_data (const guint8 *data, gsize size);
HEIN_API
guint hein_hash_text (gconstpointer text);

G_END_DECLS

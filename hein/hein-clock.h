/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* The clock and the random numbers of plugins, which a simulation replaces. */

G_BEGIN_DECLS

HEIN_API
gint64 hein_get_monotonic_time (void);
HEIN_API
gint64 hein_get_real_time (void);
HEIN_API
gboolean hein_get_random (guint8 *bytes, gsize size, GError **error);
HEIN_API
guint32 hein_get_random_int (void);

G_END_DECLS

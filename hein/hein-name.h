/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* The rule for names of buses and peers. */

G_BEGIN_DECLS

HEIN_API
gboolean hein_name_is_valid (const char *text, gsize size);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-enums.h>

/* Files that say which peer may do what. */

G_BEGIN_DECLS

HEIN_API
char *hein_access_explain (const char *path,
                           const char *name,
                           const char *security,
                           HeinAction action,
                           const char *topic,
                           gboolean *is_allowed,
                           GError **error);

G_END_DECLS

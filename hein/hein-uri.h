/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* Functions on the addresses of endpoints. */

G_BEGIN_DECLS

HEIN_API
char *hein_uri_hide_secrets (const char *uri);

G_END_DECLS

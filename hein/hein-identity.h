/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* Making identities: keys and certificates that prove a name. */

G_BEGIN_DECLS

HEIN_API
char *hein_identity_make (const char *path, const char *name, GError **error);
HEIN_API
char *hein_identity_read (const char *path, char **name, GError **error);
HEIN_API
gboolean hein_identity_make_authority (const char *path,
                                       const char *name,
                                       GError **error);
HEIN_API
gboolean hein_identity_certify (const char *authority,
                                const char *path,
                                const char *name,
                                guint days,
                                GError **error);
HEIN_API
gboolean
hein_identity_revoke (const char *authority, const char *path, GError **error);

G_END_DECLS

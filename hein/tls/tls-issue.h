/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Making identities and a small authority for them; what hein-identity.h
 * says. */

char *tls_issue_identity (const char *path, const char *name, GError **error);
char *tls_issue_read (const char *path, char **name, GError **error);
gboolean
tls_issue_authority (const char *path, const char *name, GError **error);
gboolean tls_issue_certify (const char *authority,
                            const char *path,
                            const char *name,
                            guint days,
                            GError **error);
gboolean
tls_issue_revoke (const char *authority, const char *path, GError **error);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The files of keys that pairing writes, and addresses with keys. */

G_BEGIN_DECLS

/* The identity of this program, and who it is paired with. */
char *monitor_keys_dup_identity (void);
char *monitor_keys_dup_peers (void);
/* Makes the folder for them. */
gboolean monitor_keys_make_folder (GError **error);

/* @address with an option more. @value: a file, or another text. */
char *monitor_keys_add_option (const char *address,
                               const char *name,
                               const char *value);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gmodule.h>

/* Opening files in the plugin folders, by one thread at a time. */

G_BEGIN_DECLS

/* Waits until no other thread is the loader, and becomes it, also when it is
 * already. Thread: any, as everything here. */
void hein_plugin_become_loader (void);
/* Once for each time that it became the loader. */
void hein_plugin_leave_loader (void);
/* Whether the calling thread is the loader. */
gboolean hein_plugin_is_loader (void);

/* Opens a module that is not a plugin: the first file called @file in the
 * plugin folders, after the same checks. Sets @path, (transfer full), to where
 * it is. Errors: `HEIN_ERROR_NO_PLUGIN`, `HEIN_ERROR_BAD_PLUGIN`. */
GModule *hein_plugin_open_file (const char *file, char **path, GError **error);

G_END_DECLS

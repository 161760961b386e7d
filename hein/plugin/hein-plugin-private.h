/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gmodule.h>
#include <hein/hein-plugin.h>

/* Finding plugins and modules, for the rest of the library. */

G_BEGIN_DECLS

/* Finds the plugin of @kind that serves @name (a scheme, or the name of a
 * protocol or strategy): first among the known plugins, then in
 * libhein-<name>.so of each folder, then in all modules. Errors: NO_PLUGIN,
 * which lists what was found and where; BAD_PLUGIN when libhein-<name>.so
 * exists but is broken. Thread: any. (transfer full) */
HeinPluginInfo *
hein_plugin_find (HeinPluginKind kind, const char *name, GError **error);

/* Opens a module that is not a plugin: the first file called @file in the
 * plugin folders, after the same checks. Sets @path, (transfer full), to where
 * it is. Errors: `HEIN_ERROR_NO_PLUGIN`, `HEIN_ERROR_BAD_PLUGIN`. Thread:
 * any. */
GModule *hein_plugin_open_file (const char *file, char **path, GError **error);

/* The size of the first version of a description; fields may be appended to
 * it. */
#define HEIN_PLUGIN_SIZE_MIN                                                   \
  (G_STRUCT_OFFSET (HeinPluginDescription, get_type) +                         \
   sizeof (HeinPluginGetType))

/* Copies the description of a module into @self: the fields that both know; the
 * rest is 0. Fails with BAD_PLUGIN, having read nothing behind magic, abi and
 * size, when one of these three does not fit. */
gboolean hein_plugin_read_description (HeinPluginDescription *self,
                                       const HeinPluginDescription *theirs,
                                       GError **error);
/* Checks the values of a description, after it was read. */
gboolean hein_plugin_check_description (const HeinPluginDescription *self,
                                        GError **error);

G_END_DECLS

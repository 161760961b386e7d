/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gmodule.h>
#include <hein/hein-plugin.h>

G_BEGIN_DECLS

/* Finds the plugin of @kind that serves @name (a scheme, a protocol's or a
 * strategy's name): among those known, then in libhein-<name>.so of each
 * folder, then in all modules. NO_PLUGIN says what was found and where; it is
 * BAD_PLUGIN when libhein-<name>.so is there but broken. Thread: any.
 * (transfer full) */
HeinPluginInfo *
hein_plugin_find (HeinPluginKind kind, const char *name, GError **error);

/* Opens a module that is no plugin: the first of the name @file in the folders of
 * plugins, trusted as they are. @path: (transfer full), where it is. Errors:
 * `HEIN_ERROR_NO_PLUGIN`, `HEIN_ERROR_BAD_PLUGIN`. Thread: any. */
GModule *hein_plugin_open_file (const char *file, char **path, GError **error);

/* What the first version of a description has: fields are added behind it. */
#define HEIN_PLUGIN_SIZE_MIN                                                   \
  (G_STRUCT_OFFSET (HeinPluginDescription, get_type) +                         \
   sizeof (HeinPluginGetType))

/* Reads what a module says of itself into @self: as much as both know of, the
 * rest is 0. FALSE with BAD_PLUGIN: nothing behind magic, abi and size was read,
 * for those three are not right. */
gboolean hein_plugin_read_description (HeinPluginDescription *self,
                                       const HeinPluginDescription *theirs,
                                       GError **error);
/* Whether what was read can be used. */
gboolean hein_plugin_check_description (const HeinPluginDescription *self,
                                        GError **error);

G_END_DECLS

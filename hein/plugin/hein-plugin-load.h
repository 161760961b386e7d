/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gmodule.h>
#include <hein/hein-plugin.h>

/* Loading plugins from the plugin folders. */

G_BEGIN_DECLS

/* A script that adds its plugin. */
typedef struct
{
  const char *path;
  const char *description;
} HeinPluginScript;

/* Loads what is called like that: libhein-NAME.so, hein-NAME.py or
 * hein-NAME.js. Each file is tried once. Thread: any, as everything here. */
void hein_plugin_load_named (const char *name);
/* Loads all modules of all folders and, with scripts, runs these. Scripts are
 * run only when all plugins are listed: who mistypes an address starts no
 * interpreter. */
void hein_plugin_load_all (gboolean with_scripts);
/* Returns whether the file of that name was tried and is broken. */
gboolean hein_plugin_is_broken (const char *name);
/* Returns the script that is being run on this thread; NULL: none. */
const HeinPluginScript *hein_plugin_get_script (void);
/* Checks a type, concrete and of that kind. The text of an error continues a
 * sentence that begins with the plugin. */
gboolean
hein_plugin_check_type (GType type, HeinPluginKind kind, GError **error);

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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-plugin.h>

/* Finding plugins, for the rest of the library. */

G_BEGIN_DECLS

/* Finds the plugin of @kind that serves @name (a scheme, or the name of a
 * protocol or strategy): first among the known plugins, then in
 * libhein-<name>.so, hein-<name>.py and hein-<name>.js of each folder, then
 * in all modules. Errors: NO_PLUGIN, which lists what was found and where;
 * BAD_PLUGIN when a file of that name exists but is broken; FAILED when it is a
 * script that another thread has to itself. Thread: any. (transfer full) */
HeinPluginInfo *
hein_plugin_find (HeinPluginKind kind, const char *name, GError **error);

G_END_DECLS

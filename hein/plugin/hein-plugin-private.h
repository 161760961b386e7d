/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-plugin.h>

G_BEGIN_DECLS

/* Finds the plugin of @kind that serves @name (a scheme, a protocol's or a
 * strategy's name): among those known, then in libhein-<name>.so of each
 * folder, then in all modules. NO_PLUGIN says what was found and where; it is
 * BAD_PLUGIN when libhein-<name>.so is there but broken. Thread: any.
 * (transfer full) */
HeinPluginInfo *
hein_plugin_find (HeinPluginKind kind, const char *name, GError **error);

/* Whether what a module says of itself can be used. Nothing behind magic, abi
 * and size is read before those three are right. */
gboolean hein_plugin_check_description (const HeinPluginDescription *self,
                                        GError **error);

G_END_DECLS

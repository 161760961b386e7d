/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-plugin.h>

G_BEGIN_DECLS

/* Finds the plugin of @kind that serves @name (a scheme, a protocol's or a
 * strategy's name): among those known, then in libhein-<name>.so of each
 * folder, then in all modules. Thread: any. (transfer full) */
HeinPluginInfo *hein_plugin_find (HeinPluginKind kind,
                                  const char *name,
                                  GError **error);

G_END_DECLS

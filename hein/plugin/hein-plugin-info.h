/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-plugin.h>

/* Making descriptions of plugins, and matching them by name. */

G_BEGIN_DECLS

/* @schemes: separated by spaces; @file: NULL when the program added the
 * plugin. */
HeinPluginInfo *hein_plugin_info_new (HeinPluginKind kind,
                                      const char *name,
                                      const char *description,
                                      const char *schemes,
                                      const char *file,
                                      GType object_type);
/* Returns whether @name, in an address or as a strategy, means this plugin. */
gboolean hein_plugin_info_serves (HeinPluginInfo *self,
                                  HeinPluginKind kind,
                                  const char *name);

G_END_DECLS

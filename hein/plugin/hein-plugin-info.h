/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-plugin.h>

G_BEGIN_DECLS

/* @schemes: separated by spaces; @file: NULL when no module has it. */
HeinPluginInfo *hein_plugin_info_new (HeinPluginKind kind,
                                      const char *name,
                                      const char *description,
                                      const char *schemes,
                                      const char *file,
                                      GType object_type);
/* Whether an address or a bus means this plugin by @name. */
gboolean hein_plugin_info_serves (HeinPluginInfo *self,
                                  HeinPluginKind kind,
                                  const char *name);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-plugin.h>

/* The registry of plugins, for those who load and find them. */

G_BEGIN_DECLS

#define HEIN_PLUGIN_NAME_SIZE_MAX 64 /* bytes */

/* The first thing that is called. Thread: any, as everything here. */
void hein_registry_prepare (void);

/* What a kind is called, and what its types derive from. */
const char *hein_registry_kind_name (HeinPluginKind kind);
GType hein_registry_kind_type (HeinPluginKind kind);

/* Returns whether it is a name that a plugin or a scheme may have; NULL is
 * none. */
gboolean hein_registry_is_name (const char *text);
/* The same for several, separated by spaces. */
gboolean hein_registry_are_names (const char *text);

/* Finds a known plugin; NULL: none. (transfer full) */
HeinPluginInfo *hein_registry_find (HeinPluginKind kind, const char *name);
/* Adds a plugin for good. Errors: HEIN_ERROR_REFUSED when one of that kind and
 * name, type or scheme is there. */
gboolean hein_registry_add (HeinPluginInfo *self, GError **error);
/* All that are known. (transfer full) */
GPtrArray *hein_registry_dup (void);

G_END_DECLS

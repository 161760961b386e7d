/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What tests may do with modules that are no plugins. */

G_BEGIN_DECLS

/* From now on `hein_plugin_find_module` finds @module by @name, instead of
 * looking for a file: for tests, which provide a module of their own. It is
 * borrowed for ever. */
void hein_plugin_set_module (const char *name, gconstpointer module);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "io/hein-tls-module.h"

/* Access to the TLS module for the makers of endpoints. */

G_BEGIN_DECLS

/*
 * Returns the TLS module: hein-tls.so from the plugin folders, after the same
 * checks as for plugins. The first call loads it. Errors:
 * `HEIN_ERROR_NO_PLUGIN`, `HEIN_ERROR_BAD_PLUGIN`. Thread: any.
 */
const HeinTlsModule *hein_plugin_find_tls (GError **error);

/* For tests, which provide a module of their own. */
void hein_plugin_set_tls (const HeinTlsModule *module);

G_END_DECLS

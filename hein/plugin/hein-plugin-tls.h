/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "io/hein-tls-module.h"

G_BEGIN_DECLS

/*
 * The module of TLS, hein-tls.so, from the folders of plugins, and trusted as they
 * are; loaded when it is asked for first. Errors: `HEIN_ERROR_NO_PLUGIN`,
 * `HEIN_ERROR_BAD_PLUGIN`. Thread: any.
 */
const HeinTlsModule *hein_plugin_find_tls (GError **error);

/* For tests, which have one of their own. */
void hein_plugin_set_tls (const HeinTlsModule *module);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-plugin.h>

#include "io/hein-tls-module.h"

/* Access to the TLS module for the makers of endpoints. */

G_BEGIN_DECLS

/* Returns the module of TLS, hein-tls.so; see hein_plugin_find_module(). */
static inline const HeinTlsModule *
hein_plugin_find_tls (GError **error)
{
  return hein_plugin_find_module (HEIN_TLS_MODULE, HEIN_TLS_MODULE_ABI,
                                  sizeof (HeinTlsModule), error);
}

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "io/hein-tls-module.h"

/* Pairing two sides by a code. */

G_BEGIN_DECLS

/* What HeinTlsModule says. */
char *tls_pair (const HeinTlsPairing *pairing, GError **error);

G_END_DECLS

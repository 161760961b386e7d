/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tls-keeper.h"

/* What becomes of streams when keys change. */

G_BEGIN_DECLS

/* See `look` of HeinTlsModule. */
void tls_change_look (HeinTls *tls, GError **error);
/* For tests: sets the age in µs at which a session gets new keys, and returns
 * how many sessions have got them. Call it before there are any. */
int tls_change_set_renewal (gint64 after_us);

G_END_DECLS

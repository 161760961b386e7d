/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "zmtp-curve-words.h"

G_BEGIN_DECLS

/*
 * The folder of the public certificates of those who may come in: every file in
 * it is one, but for those whose name begins with a dot or ends with "_secret".
 * It is looked at again when that is more than CURVE_PEERS_INTERVAL_US ago, and
 * may be used by several threads.
 */
#define CURVE_PEERS_INTERVAL_US (400 * 1000)
#define CURVE_PEERS_MAX         10000 /* files */

typedef struct _CurvePeers CurvePeers;

/* Errors: `HEIN_ERROR_INSECURE` (others may write to the folder), or of the
 * #GIOErrorEnum domain. A file in it that is of no use is only warned of. */
CurvePeers *curve_peers_new (const char *folder, GError **error);
void curve_peers_free (CurvePeers *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CurvePeers, curve_peers_free)

/* Whether this key may come in, as of @now_us. *name: what its certificate calls
 * it, or NULL. (transfer full) */
gboolean curve_peers_find (CurvePeers *self,
                           const guint8 key[CURVE_KEY_SIZE],
                           gint64 now_us,
                           char **name);

G_END_DECLS

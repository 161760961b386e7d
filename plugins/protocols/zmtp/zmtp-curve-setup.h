/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "zmtp-certificate.h"

G_BEGIN_DECLS

/*
 * What the options of an address name: the own keys, and whose keys are those of
 * the other side. All connections of the same options share one, in whatever
 * thread.
 */
typedef struct _CurveSetup CurveSetup;

/*
 * @peers: a folder, or "any"; then this side is the server. @server: a file, or
 * a key in Z85; then it is the client. Exactly one of them is there.
 *
 * Errors: `HEIN_ERROR_BAD_ADDRESS`, and those of the files.
 */
CurveSetup *curve_setup_get (const char *key_file,
                             const char *peers,
                             const char *server,
                             GError **error);
CurveSetup *curve_setup_ref (CurveSetup *self);
void curve_setup_unref (CurveSetup *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CurveSetup, curve_setup_unref)

gboolean curve_setup_is_server (CurveSetup *self);

/* The own keys for another connection: the file may have changed, and is looked
 * at again when that is some time ago. (transfer full) */
CurveCertificate *curve_setup_get_own (CurveSetup *self, gint64 now_us);
/* Of the client: S, the same way. */
void curve_setup_get_server (CurveSetup *self,
                             gint64 now_us,
                             guint8 key[CURVE_KEY_SIZE]);
/* Whether this key may come in, or stay. *name: the only name that it may have;
 * NULL: any. (transfer full) */
gboolean curve_setup_admits (CurveSetup *self,
                             const guint8 key[CURVE_KEY_SIZE],
                             gint64 now_us,
                             char **name);

G_END_DECLS

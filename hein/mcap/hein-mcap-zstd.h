/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Compression by libzstd, where hein was built with it. */

G_BEGIN_DECLS

typedef struct _HeinMcapZstd HeinMcapZstd;

gboolean hein_mcap_zstd_is_there (void);
/* NULL where it is not there. */
HeinMcapZstd *hein_mcap_zstd_new (void);
void hein_mcap_zstd_free (HeinMcapZstd *self);
/* Both return data that is borrowed until the next call. */
const guint8 *hein_mcap_zstd_compress (HeinMcapZstd *self,
                                       const guint8 *data,
                                       gsize *size,
                                       GError **error);
/* NULL: it is not exactly @plain_size bytes. */
const guint8 *hein_mcap_zstd_expand (HeinMcapZstd *self,
                                     const guint8 *data,
                                     gsize size,
                                     gsize plain_size);

G_END_DECLS

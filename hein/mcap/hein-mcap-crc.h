/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The checksum of recordings: CRC-32 of ISO 3309, as that of zlib. */

G_BEGIN_DECLS

/* @crc: of what stands in front of @data; 0: nothing. */
guint32 hein_mcap_crc (guint32 crc, const guint8 *data, gsize size);

G_END_DECLS

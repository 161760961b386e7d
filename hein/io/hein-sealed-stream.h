/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-stream.h"

G_BEGIN_DECLS

/*
 * A stream that encrypts what is written, by a function of who made it; what is
 * read comes as it is, for that is its maker's to open. Bytes are sealed in the
 * order in which they go out, so that boxes can be counted, and all of one write
 * together, so that one box can hold many messages.
 */

/* Appends to @sealed what goes out instead of @data. */
typedef void (*HeinSeal) (gpointer user_data,
                          const guint8 *data,
                          gsize size,
                          GByteArray *sealed);

/* Takes @stream. The first @n_plain bytes that are written go as they are. */
HeinStream *hein_sealed_stream_new (HeinStream *stream,
                                    gsize n_plain,
                                    HeinSeal seal,
                                    gpointer user_data);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-mcap-chunk.h"

/* Writes chunks to a file. What was written reads back even when nothing
 * follows, as after kill -9. */

G_BEGIN_DECLS

typedef struct _HeinMcapWriter HeinMcapWriter;

gboolean hein_mcap_can_compress (HeinMcapCompression compression);

/* Writes to @fd, which is borrowed and may be a pipe; NULL with @error. */
HeinMcapWriter *
hein_mcap_writer_new (int fd, HeinMcapCompression compression, GError **error);
void hein_mcap_writer_free (HeinMcapWriter *self);
/* After an error nothing more can be written. */
gboolean hein_mcap_writer_add (HeinMcapWriter *self,
                               HeinMcapChunk *chunk,
                               GError **error);
/* Writes what stands at the end. @channels: all of them, by number. */
gboolean hein_mcap_writer_finish (HeinMcapWriter *self,
                                  const HeinMcapChannel *channels,
                                  guint n_channels,
                                  GError **error);
guint64 hein_mcap_writer_get_size (HeinMcapWriter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinMcapWriter, hein_mcap_writer_free)

G_END_DECLS

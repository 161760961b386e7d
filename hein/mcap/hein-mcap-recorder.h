/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "hein-mcap.h"

/* Records the messages of a bus. A thread of its own compresses and writes, so
 * that the bus does not wait for a disk. */

G_BEGIN_DECLS

typedef struct _HeinMcapRecorder HeinMcapRecorder;

/* Writes to @fd, which is borrowed; NULL with @error. Whenever there is room
 * again, @context is woken. */
HeinMcapRecorder *hein_mcap_recorder_new (int fd,
                                          HeinMcapCompression compression,
                                          GMainContext *context,
                                          GError **error);
/* Discards what was not written. */
void hein_mcap_recorder_free (HeinMcapRecorder *self);
/* FALSE: the disk is behind, and no more should be added now. */
gboolean hein_mcap_recorder_has_room (HeinMcapRecorder *self);
void hein_mcap_recorder_add (HeinMcapRecorder *self, HeinMessage *message);
/* To be called at least twice a second: writes what is a second old. FALSE
 * with @error: writing has failed, and nothing more is written. */
gboolean hein_mcap_recorder_flush (HeinMcapRecorder *self, GError **error);
/* Writes all that is left, and the end of the file; waits for that. */
gboolean hein_mcap_recorder_finish (HeinMcapRecorder *self, GError **error);
/* How many messages are in the file, and its size. */
guint64 hein_mcap_recorder_get_n_written (HeinMcapRecorder *self);
guint64 hein_mcap_recorder_get_size (HeinMcapRecorder *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinMcapRecorder, hein_mcap_recorder_free)

G_END_DECLS

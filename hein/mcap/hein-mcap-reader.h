/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-mcap-channel.h"

/* Reads messages from a file, in the order in which they stand there. A file
 * may end anywhere, and anything in it may be wrong: what can be read is. */

G_BEGIN_DECLS

typedef struct _HeinMcapReader HeinMcapReader;

typedef struct
{
  const HeinMcapChannel *channel; /* NULL: none yet, though much was read */
  guint64 time_ns;                /* since 1970 */
  const guint8 *data;
  gsize size;
} HeinMcapMessage;

/* Reads from @fd, which is borrowed and must be a regular file; NULL with
 * @error when it is no MCAP file. */
HeinMcapReader *hein_mcap_reader_new (int fd, GError **error);
void hein_mcap_reader_free (HeinMcapReader *self);
/* Reads the next message, which is borrowed until the next call. FALSE with
 * @error when the file cannot be read, and without one at its end. */
gboolean hein_mcap_reader_next (HeinMcapReader *self,
                                HeinMcapMessage *message,
                                GError **error);
/* Back to the first message. */
void hein_mcap_reader_rewind (HeinMcapReader *self);
/* How many places were damaged, of which each may have cost many messages. */
guint64 hein_mcap_reader_get_n_damaged (HeinMcapReader *self);
/* Whether the file ended before its end was written. */
gboolean hein_mcap_reader_is_cut (HeinMcapReader *self);
/* How much of the file has been read, 0 to 1. */
double hein_mcap_reader_get_progress (HeinMcapReader *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinMcapReader, hein_mcap_reader_free)

G_END_DECLS

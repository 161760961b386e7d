/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-mcap-chunk.h"

#include "hein-mcap-bytes.h"

/* A chunk while it is filled. */

HeinMcapChunk *
hein_mcap_chunk_new (gsize size)
{
  HeinMcapChunk *self = g_new0 (HeinMcapChunk, 1);

  self->records = g_byte_array_sized_new (size);
  self->entries = g_array_new (FALSE, FALSE, sizeof (HeinMcapEntry));
  return self;
}

void
hein_mcap_chunk_free (HeinMcapChunk *self)
{
  g_byte_array_unref (self->records);
  g_array_unref (self->entries);
  g_free (self);
}

void
hein_mcap_chunk_add_channel (HeinMcapChunk *self,
                             const HeinMcapChannel *channel,
                             guint16 id)
{
  hein_mcap_channel_append (channel, id, self->records);
}

guint8 *
hein_mcap_chunk_add (HeinMcapChunk *self,
                     guint16 channel,
                     guint32 sequence,
                     guint64 time_ns,
                     gsize size)
{
  GByteArray *records = self->records;
  const HeinMcapEntry entry = { time_ns, records->len, channel };
  const gsize start = hein_mcap_begin_record (records, HEIN_MCAP_MESSAGE);
  gsize at;

  hein_mcap_put_u16 (records, channel);
  hein_mcap_put_u32 (records, sequence);
  hein_mcap_put_u64 (records, time_ns); /* recorded */
  hein_mcap_put_u64 (records, time_ns); /* published: not known */
  at = records->len;
  g_byte_array_set_size (records, at + size);
  hein_mcap_end_record (records, start);
  g_array_append_val (self->entries, entry);
  return records->data + at;
}

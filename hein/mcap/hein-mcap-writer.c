/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-mcap-writer.h"

#include <errno.h>
#include <libdeflate.h>
#include <sys/uio.h>
#include <unistd.h>

#include <gio/gio.h>

#include "hein-mcap-bytes.h"
#include "hein-mcap-zstd.h"

/* Writes chunks to a file, and behind them what is known of them. */

/* What is kept of each chunk for the index at the end. Which channels a chunk
 * has is left out of it once so many bytes are kept: the file stays whole, and
 * programs that look for one channel read more of it. */
#define INDEX_CHANNELS_MAX (4 * 1024 * 1024 / sizeof (ChannelIndex))

typedef struct
{
  guint64 offset; /* of the message index in the file */
  guint16 channel;
} ChannelIndex;

typedef struct
{
  guint64 start_ns;
  guint64 end_ns;
  guint64 offset;
  guint64 size; /* with its head */
  guint64 index_size;
  guint64 compressed_size;
  guint64 plain_size;
  guint first_channel; /* in channel_indexes */
  guint n_channels;
} ChunkIndex;

struct _HeinMcapWriter
{
  int fd;
  HeinMcapCompression compression;
  HeinMcapZstd *zstd; /* nullable */
  guint64 size;
  guint64 n_messages;
  GArray *chunks;          /* ChunkIndex */
  GArray *channel_indexes; /* ChannelIndex of all chunks */
  GArray *counts;          /* guint64: messages by channel */
};

gboolean
hein_mcap_can_compress (HeinMcapCompression compression)
{
  return compression == HEIN_MCAP_PLAIN || hein_mcap_zstd_is_there ();
}

static const char *
get_compression_name (HeinMcapWriter *self)
{
  return self->compression == HEIN_MCAP_ZSTD ? "zstd" : "";
}

/* ---- the file ---- */

static gboolean
write_all (HeinMcapWriter *self, const guint8 *data, gsize size, GError **error)
{
  while (size > 0)
    {
      const gssize n = write (self->fd, data, size);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
                       "it cannot be written: %s", g_strerror (errno));
          return FALSE;
        }
      data += n;
      size -= n;
      self->size += n;
    }
  return TRUE;
}

static gboolean
write_bytes (HeinMcapWriter *self, GByteArray *bytes, GError **error)
{
  return write_all (self, bytes->data, bytes->len, error);
}

HeinMcapWriter *
hein_mcap_writer_new (int fd, HeinMcapCompression compression, GError **error)
{
  g_autoptr (HeinMcapWriter) self = g_new0 (HeinMcapWriter, 1);
  g_autoptr (GByteArray) head = g_byte_array_new ();
  gsize start;

  self->fd = fd;
  self->compression = compression;
  if (compression == HEIN_MCAP_ZSTD)
    self->zstd = hein_mcap_zstd_new ();
  self->chunks = g_array_new (FALSE, FALSE, sizeof (ChunkIndex));
  self->channel_indexes = g_array_new (FALSE, FALSE, sizeof (ChannelIndex));
  self->counts = g_array_new (FALSE, TRUE, sizeof (guint64));
  g_byte_array_append (head, (const guint8 *) HEIN_MCAP_MAGIC,
                       HEIN_MCAP_MAGIC_SIZE);
  start = hein_mcap_begin_record (head, HEIN_MCAP_HEADER);
  hein_mcap_put_text (head, "");
  hein_mcap_put_text (head, HEIN_MCAP_LIBRARY);
  hein_mcap_end_record (head, start);
  return write_bytes (self, head, error) ? g_steal_pointer (&self) : NULL;
}

void
hein_mcap_writer_free (HeinMcapWriter *self)
{
  g_clear_pointer (&self->zstd, hein_mcap_zstd_free);
  g_array_unref (self->chunks);
  g_array_unref (self->channel_indexes);
  g_array_unref (self->counts);
  g_free (self);
}

guint64
hein_mcap_writer_get_size (HeinMcapWriter *self)
{
  return self->size;
}

/* ---- chunks ---- */

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const HeinMcapEntry *one = a;
  const HeinMcapEntry *two = b;

  if (one->channel != two->channel)
    return one->channel < two->channel ? -1 : 1;
  return one->offset < two->offset ? -1 : one->offset > two->offset;
}

static void
count_messages (HeinMcapWriter *self, guint16 channel, guint n)
{
  if (channel >= self->counts->len)
    g_array_set_size (self->counts, channel + 1u);
  g_array_index (self->counts, guint64, channel) += n;
  self->n_messages += n;
}

/* Appends the index of the messages of one channel, which are @entries. */
static void
append_message_index (GByteArray *bytes,
                      const HeinMcapEntry *entries,
                      guint n_entries)
{
  const gsize start = hein_mcap_begin_record (bytes, HEIN_MCAP_MESSAGE_INDEX);

  hein_mcap_put_u16 (bytes, entries[0].channel);
  hein_mcap_put_u32 (bytes, n_entries * 16);
  for (guint i = 0; i < n_entries; i++)
    {
      hein_mcap_put_u64 (bytes, entries[i].time_ns);
      hein_mcap_put_u64 (bytes, entries[i].offset);
    }
  hein_mcap_end_record (bytes, start);
}

/* Appends the indexes of all messages of a chunk, which stand behind it. */
static void
append_indexes (HeinMcapWriter *self,
                GByteArray *bytes,
                const HeinMcapChunk *chunk,
                ChunkIndex *index)
{
  const HeinMcapEntry *entries = (const HeinMcapEntry *) chunk->entries->data;
  const guint n = chunk->entries->len;
  guint end;

  for (guint i = 0; i < n; i = end)
    {
      ChannelIndex own = { self->size + bytes->len, entries[i].channel };

      for (end = i; end < n && entries[end].channel == entries[i].channel;)
        end++;
      append_message_index (bytes, &entries[i], end - i);
      count_messages (self, own.channel, end - i);
      if (self->channel_indexes->len < INDEX_CHANNELS_MAX)
        {
          g_array_append_val (self->channel_indexes, own);
          index->n_channels++;
        }
    }
}

static void
begin_index (HeinMcapWriter *self,
             const HeinMcapChunk *chunk,
             ChunkIndex *index)
{
  const HeinMcapEntry *entries = (const HeinMcapEntry *) chunk->entries->data;

  *index = (ChunkIndex){
    .start_ns = entries[0].time_ns,
    .end_ns = entries[chunk->entries->len - 1].time_ns,
    .offset = self->size,
    .plain_size = chunk->records->len,
    .first_channel = self->channel_indexes->len,
  };
}

static gboolean
write_chunk (HeinMcapWriter *self,
             const HeinMcapChunk *chunk,
             ChunkIndex *index,
             GError **error)
{
  g_autoptr (GByteArray) head = g_byte_array_new ();
  const gsize start = hein_mcap_begin_record (head, HEIN_MCAP_CHUNK);
  const guint8 *data = chunk->records->data;
  gsize size = chunk->records->len;
  guint64 whole;

  if (self->zstd != NULL &&
      (data = hein_mcap_zstd_compress (self->zstd, data, &size, error)) == NULL)
    return FALSE;
  hein_mcap_put_u64 (head, index->start_ns);
  hein_mcap_put_u64 (head, index->end_ns);
  hein_mcap_put_u64 (head, chunk->records->len);
  hein_mcap_put_u32 (head, libdeflate_crc32 (0, chunk->records->data,
                                             chunk->records->len));
  hein_mcap_put_text (head, get_compression_name (self));
  hein_mcap_put_u64 (head, size);
  whole = GUINT64_TO_LE (head->len - start + size);
  memcpy (head->data + start - sizeof whole, &whole, sizeof whole);
  index->compressed_size = size;
  index->size = head->len + size;
  return write_bytes (self, head, error) && write_all (self, data, size, error);
}

gboolean
hein_mcap_writer_add (HeinMcapWriter *self,
                      HeinMcapChunk *chunk,
                      GError **error)
{
  g_autoptr (GByteArray) indexes = g_byte_array_new ();
  ChunkIndex index;

  if (chunk->entries->len == 0)
    return TRUE;
  begin_index (self, chunk, &index);
  if (!write_chunk (self, chunk, &index, error))
    return FALSE;
  g_array_sort (chunk->entries, compare_entries);
  append_indexes (self, indexes, chunk, &index);
  index.index_size = indexes->len;
  if (!write_bytes (self, indexes, error))
    return FALSE;
  g_array_append_val (self->chunks, index);
  return TRUE;
}

/* ---- the end ---- */

static void
append_chunk_index (HeinMcapWriter *self,
                    GByteArray *bytes,
                    const ChunkIndex *index)
{
  const gsize start = hein_mcap_begin_record (bytes, HEIN_MCAP_CHUNK_INDEX);

  hein_mcap_put_u64 (bytes, index->start_ns);
  hein_mcap_put_u64 (bytes, index->end_ns);
  hein_mcap_put_u64 (bytes, index->offset);
  hein_mcap_put_u64 (bytes, index->size);
  hein_mcap_put_u32 (bytes, index->n_channels * 10);
  for (guint i = 0; i < index->n_channels; i++)
    {
      const ChannelIndex *channel =
        &g_array_index (self->channel_indexes, ChannelIndex,
                        index->first_channel + i);

      hein_mcap_put_u16 (bytes, channel->channel);
      hein_mcap_put_u64 (bytes, channel->offset);
    }
  hein_mcap_put_u64 (bytes, index->index_size);
  hein_mcap_put_text (bytes, get_compression_name (self));
  hein_mcap_put_u64 (bytes, index->compressed_size);
  hein_mcap_put_u64 (bytes, index->plain_size);
  hein_mcap_end_record (bytes, start);
}

static guint64
get_end_ns (HeinMcapWriter *self)
{
  guint64 end_ns = 0;

  for (guint i = 0; i < self->chunks->len; i++)
    end_ns = MAX (end_ns, g_array_index (self->chunks, ChunkIndex, i).end_ns);
  return end_ns;
}

static void
append_statistics (HeinMcapWriter *self, GByteArray *bytes, guint n_channels)
{
  const gsize start = hein_mcap_begin_record (bytes, HEIN_MCAP_STATISTICS);
  guint n = 0;

  hein_mcap_put_u64 (bytes, self->n_messages);
  hein_mcap_put_u16 (bytes, 0); /* schemas */
  hein_mcap_put_u32 (bytes, n_channels);
  hein_mcap_put_u32 (bytes, 0); /* attachments */
  hein_mcap_put_u32 (bytes, 0); /* metadata */
  hein_mcap_put_u32 (bytes, self->chunks->len);
  hein_mcap_put_u64 (bytes,
                     self->chunks->len > 0
                       ? g_array_index (self->chunks, ChunkIndex, 0).start_ns
                       : 0);
  hein_mcap_put_u64 (bytes, get_end_ns (self));
  for (guint i = 0; i < self->counts->len; i++)
    n += g_array_index (self->counts, guint64, i) > 0;
  hein_mcap_put_u32 (bytes, n * 10);
  for (guint i = 0; i < self->counts->len; i++)
    if (g_array_index (self->counts, guint64, i) > 0)
      {
        hein_mcap_put_u16 (bytes, i);
        hein_mcap_put_u64 (bytes, g_array_index (self->counts, guint64, i));
      }
  hein_mcap_end_record (bytes, start);
}

/* Where the records of one opcode are that were appended from @start on. */
static void
append_offset (HeinMcapWriter *self,
               GByteArray *offsets,
               HeinMcapOpcode opcode,
               GByteArray *bytes,
               gsize start)
{
  const gsize record =
    hein_mcap_begin_record (offsets, HEIN_MCAP_SUMMARY_OFFSET);

  hein_mcap_put_u8 (offsets, opcode);
  hein_mcap_put_u64 (offsets, self->size + start);
  hein_mcap_put_u64 (offsets, bytes->len - start);
  hein_mcap_end_record (offsets, record);
}

/* The summary: channels, index and counts. Returns the offsets of its parts. */
static GByteArray *
append_summary (HeinMcapWriter *self,
                GByteArray *bytes,
                const HeinMcapChannel *channels,
                guint n_channels)
{
  GByteArray *offsets = g_byte_array_new ();
  gsize start = bytes->len;

  for (guint i = 0; i < n_channels; i++)
    hein_mcap_channel_append (&channels[i], i, bytes);
  append_offset (self, offsets, HEIN_MCAP_CHANNEL, bytes, start);
  start = bytes->len;
  for (guint i = 0; i < self->chunks->len; i++)
    append_chunk_index (self, bytes,
                        &g_array_index (self->chunks, ChunkIndex, i));
  append_offset (self, offsets, HEIN_MCAP_CHUNK_INDEX, bytes, start);
  start = bytes->len;
  append_statistics (self, bytes, n_channels);
  append_offset (self, offsets, HEIN_MCAP_STATISTICS, bytes, start);
  return offsets;
}

gboolean
hein_mcap_writer_finish (HeinMcapWriter *self,
                         const HeinMcapChannel *channels,
                         guint n_channels,
                         GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GByteArray) offsets = NULL;
  gsize start = hein_mcap_begin_record (bytes, HEIN_MCAP_DATA_END);
  gsize summary, at;

  hein_mcap_put_u32 (bytes, 0); /* no checksum of the whole */
  hein_mcap_end_record (bytes, start);
  summary = bytes->len;
  offsets = append_summary (self, bytes, channels, n_channels);
  at = bytes->len;
  g_byte_array_append (bytes, offsets->data, offsets->len);
  start = hein_mcap_begin_record (bytes, HEIN_MCAP_FOOTER);
  hein_mcap_put_u64 (bytes, self->size + summary);
  hein_mcap_put_u64 (bytes, self->size + at);
  hein_mcap_put_u32 (bytes, 0);
  hein_mcap_end_record (bytes, start);
  at = GUINT32_TO_LE (
    libdeflate_crc32 (0, bytes->data + summary, bytes->len - 4 - summary));
  memcpy (bytes->data + bytes->len - 4, &(guint32){ at }, 4);
  g_byte_array_append (bytes, (const guint8 *) HEIN_MCAP_MAGIC,
                       HEIN_MCAP_MAGIC_SIZE);
  return write_bytes (self, bytes, error);
}

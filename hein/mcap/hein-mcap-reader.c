/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-mcap-reader.h"

#include <libdeflate.h>
#include <sys/stat.h>

#include <gio/gio.h>

#include "hein-mcap-bytes.h"
#include "hein-mcap-source.h"
#include "hein-mcap-zstd.h"

/* Reads messages from a file that may be damaged anywhere. */

/* What one call does until others get their turn, in bytes that it goes
 * through, so that it takes a few milliseconds; a chunk as large as any takes
 * longer. A record costs more than its bytes. */
#define WORK_MAX    (64 * 1024 * 1024)
#define RECORD_WORK (16 * 1024)
/* Bytes of all channels: compressed, they take next to nothing in the file. */
#define CHANNELS_SIZE_MAX (64 * 1024 * 1024)

struct _HeinMcapReader
{
  HeinMcapSource source;
  GByteArray *record;   /* the content of the record that was read last */
  HeinMcapCursor chunk; /* what is left of the chunk, within record or zstd */
  HeinMcapZstd *zstd;   /* nullable */
  GHashTable *channels; /* by number: owned HeinMcapChannel */
  gsize channels_size;  /* of their records */
  gsize work_left;      /* of this call */
  guint64 n_messages;   /* of this pass */
  guint64 n_damaged;
  guint64 n_damaged_before; /* the most of an earlier pass */
  gboolean has_chunks;
  gboolean is_cut;
  gboolean is_over;
  GError *error; /* why the file cannot be read at all */
};

static void
free_channel (gpointer data)
{
  hein_mcap_channel_clear (data);
  g_free (data);
}

HeinMcapReader *
hein_mcap_reader_new (int fd, GError **error)
{
  g_autoptr (HeinMcapReader) self = g_new0 (HeinMcapReader, 1);

  self->zstd = hein_mcap_zstd_new ();
  self->record = g_byte_array_new ();
  self->channels = g_hash_table_new_full (NULL, NULL, NULL, free_channel);
  return hein_mcap_source_open (&self->source, fd, error)
           ? g_steal_pointer (&self)
           : NULL;
}

void
hein_mcap_reader_free (HeinMcapReader *self)
{
  hein_mcap_source_clear (&self->source);
  g_byte_array_unref (self->record);
  g_hash_table_unref (self->channels);
  g_clear_pointer (&self->zstd, hein_mcap_zstd_free);
  g_clear_error (&self->error);
  g_free (self);
}

void
hein_mcap_reader_rewind (HeinMcapReader *self)
{
  self->source.offset = HEIN_MCAP_MAGIC_SIZE;
  self->chunk = (HeinMcapCursor){ 0 };
  self->n_damaged_before = MAX (self->n_damaged_before, self->n_damaged);
  self->n_damaged = 0;
  self->n_messages = 0;
  self->has_chunks = FALSE;
  self->is_over = FALSE;
}

guint64
hein_mcap_reader_get_n_damaged (HeinMcapReader *self)
{
  return MAX (self->n_damaged, self->n_damaged_before);
}

gboolean
hein_mcap_reader_is_cut (HeinMcapReader *self)
{
  return self->is_cut;
}

double
hein_mcap_reader_get_progress (HeinMcapReader *self)
{
  return self->is_over
           ? 1
           : self->source.offset / (double) MAX (self->source.size, 1);
}

/* ---- what a record says ---- */

static void
work (HeinMcapReader *self, gsize n_bytes)
{
  self->work_left -= MIN (self->work_left, n_bytes);
}

static void
add_channel (HeinMcapReader *self, const guint8 *content, gsize size)
{
  HeinMcapChannel channel;
  guint16 id;

  work (self, size);
  if (size > HEIN_MCAP_CHANNEL_SIZE_MAX ||
      !hein_mcap_channel_parse (&channel, content, size, &id))
    {
      self->n_damaged++;
      return;
    }
  /* stands in each chunk again */
  if (g_hash_table_contains (self->channels, GUINT_TO_POINTER (id)))
    hein_mcap_channel_clear (&channel);
  else if (size > CHANNELS_SIZE_MAX - self->channels_size)
    {
      hein_mcap_channel_clear (&channel);
      self->n_damaged++;
    }
  else
    {
      self->channels_size += size;
      g_hash_table_insert (self->channels, GUINT_TO_POINTER (id),
                           g_memdup2 (&channel, sizeof channel));
    }
}

static gboolean
parse_message (HeinMcapReader *self,
               const guint8 *content,
               gsize size,
               HeinMcapMessage *message)
{
  HeinMcapCursor cursor = { content, size, FALSE };
  const guint16 id = hein_mcap_get_number (&cursor, 2);

  hein_mcap_get_number (&cursor, 4); /* the sequence */
  message->time_ns = hein_mcap_get_number (&cursor, 8);
  hein_mcap_get_number (&cursor, 8); /* when it was published */
  message->channel =
    g_hash_table_lookup (self->channels, GUINT_TO_POINTER (id));
  message->data = cursor.data;
  message->size = cursor.size;
  if (!cursor.is_short && message->channel != NULL)
    {
      self->n_messages++;
      return TRUE;
    }
  self->n_damaged++;
  return FALSE;
}

/* Returns what is in a chunk; empty when it is damaged, which counts. */
static HeinMcapCursor
open_chunk (HeinMcapReader *self)
{
  const HeinMcapCursor none = { 0 };
  HeinMcapCursor cursor = { self->record->data, self->record->len, FALSE };
  guint64 plain_size, n;
  guint32 checksum;
  gsize name_size;
  const guint8 *name, *data;

  hein_mcap_get (&cursor, 16); /* the first time and the last */
  plain_size = hein_mcap_get_number (&cursor, 8);
  checksum = hein_mcap_get_number (&cursor, 4);
  name = hein_mcap_get_data (&cursor, &name_size);
  n = hein_mcap_get_number (&cursor, 8);
  data = n <= G_MAXUINT32 ? hein_mcap_get (&cursor, n) : NULL;
  self->n_damaged++;
  if (data == NULL || plain_size > HEIN_MCAP_CHUNK_MAX)
    return none;
  work (self, plain_size);
  if (name_size == 4 && memcmp (name, "zstd", 4) == 0 && self->zstd != NULL)
    data = hein_mcap_zstd_expand (self->zstd, data, n, plain_size);
  else if (name_size > 0)
    {
      g_set_error (&self->error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   "it is compressed by a method that this hein does not "
                   "have: %.*s",
                   (int) MIN (name_size, 16), (const char *) name);
      return none;
    }
  if (data == NULL || (name_size == 0 && n != plain_size) ||
      (checksum != 0 && checksum != libdeflate_crc32 (0, data, plain_size)))
    return none;
  self->n_damaged--;
  return (HeinMcapCursor){ data, plain_size, FALSE };
}

/* ---- the records of a chunk ---- */

/* Returns FALSE when no message is left in the chunk, or others get their
 * turn. */
static gboolean
read_chunk (HeinMcapReader *self, HeinMcapMessage *message)
{
  for (; self->chunk.size > 0 && self->work_left > 0; work (self, RECORD_WORK))
    {
      const guint8 opcode = hein_mcap_get_number (&self->chunk, 1);
      const guint64 size = hein_mcap_get_number (&self->chunk, 8);
      const guint8 *content =
        size <= self->chunk.size ? hein_mcap_get (&self->chunk, size) : NULL;

      if (content == NULL)
        {
          self->n_damaged++;
          self->chunk = (HeinMcapCursor){ 0 };
          break;
        }
      if (opcode == HEIN_MCAP_CHANNEL)
        add_channel (self, content, size);
      else if (opcode == HEIN_MCAP_MESSAGE &&
               parse_message (self, content, size, message))
        return TRUE;
    }
  return FALSE;
}

/* ---- the records of the file ---- */

static gsize
get_limit (guint8 opcode)
{
  switch (opcode)
    {
    case HEIN_MCAP_CHANNEL:
      return HEIN_MCAP_CHANNEL_SIZE_MAX;
    case HEIN_MCAP_CHUNK:
    case HEIN_MCAP_MESSAGE:
      return HEIN_MCAP_CHUNK_MAX;
    default:
      return 0; /* is passed over */
    }
}

/* Goes on where the index at the end of the file says that a chunk begins. */
static void
find_on (HeinMcapReader *self)
{
  if (hein_mcap_source_find_chunk (&self->source))
    self->n_damaged++;
  else
    self->is_over = self->is_cut = TRUE;
}

/* Reads the content of the record whose head was read, or passes over it. */
static gboolean
read_content (HeinMcapReader *self, guint8 opcode, guint64 size, GError **error)
{
  const gsize limit = get_limit (opcode);

  if (limit > 0 && size <= limit)
    {
      work (self, size);
      return hein_mcap_source_read (&self->source, self->record, size, error);
    }
  self->n_damaged += limit > 0;
  self->source.offset += size;
  g_byte_array_set_size (self->record, 0);
  return TRUE;
}

/* At the end: a record that calls itself another one hides what is in it. */
static void
end (HeinMcapReader *self)
{
  const guint64 n = hein_mcap_source_get_n_messages (&self->source);

  self->is_over = TRUE;
  if (n != G_MAXUINT64 && n != self->n_messages && self->n_damaged == 0)
    self->n_damaged++;
}

/* Reads a record. Returns whether it is a message, which @message is then. */
static gboolean
read_record (HeinMcapReader *self, HeinMcapMessage *message, GError **error)
{
  guint8 opcode;
  guint64 size;

  if (!hein_mcap_source_read_head (&self->source, &opcode, &size, error))
    {
      self->is_over = self->is_cut = TRUE; /* unless @error is set */
      return FALSE;
    }
  work (self, RECORD_WORK);
  if (opcode == 0 || size > self->source.size - self->source.offset)
    {
      find_on (self);
      return FALSE;
    }
  if (opcode == HEIN_MCAP_DATA_END || opcode == HEIN_MCAP_FOOTER)
    {
      end (self);
      return FALSE;
    }
  if (!read_content (self, opcode, size, error) || self->record->len == 0)
    return FALSE;
  if (opcode == HEIN_MCAP_CHUNK)
    {
      self->chunk = open_chunk (self);
      self->has_chunks = TRUE;
    }
  else if (self->has_chunks)
    self->n_damaged++; /* no program mixes both, and this has no checksum */
  else if (opcode == HEIN_MCAP_CHANNEL)
    add_channel (self, self->record->data, self->record->len);
  else
    return parse_message (self, self->record->data, self->record->len, message);
  return FALSE;
}

gboolean
hein_mcap_reader_next (HeinMcapReader *self,
                       HeinMcapMessage *message,
                       GError **error)
{
  g_autoptr (GError) trouble = NULL;

  self->work_left = WORK_MAX;
  while (!read_chunk (self, message))
    {
      if (self->work_left == 0)
        {
          message->channel = NULL;
          return TRUE;
        }
      if (self->is_over)
        return FALSE;
      if (read_record (self, message, &trouble))
        return TRUE;
      if (trouble == NULL)
        trouble = g_steal_pointer (&self->error);
      if (trouble != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&trouble));
          return FALSE;
        }
    }
  return TRUE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-mcap-source.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>

#include "hein-mcap-bytes.h"

/* The bytes of a file, and the places in it where chunks begin. */

#define FOOTER_SIZE 20
/* How many chunks the index may have: of more, those in front are found. */
#define CHUNKS_MAX (1024 * 1024)
/* All of whose records are looked at: it may be no summary at all. */
#define SUMMARY_RECORDS_MAX (CHUNKS_MAX + 256 * 1024)

static gboolean
read_at (HeinMcapSource *self,
         guint64 offset,
         guint8 *data,
         gsize size,
         GError **error)
{
  while (size > 0)
    {
      const gssize n = pread (self->fd, data, size, offset);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        {
          g_set_error (error, G_IO_ERROR,
                       g_io_error_from_errno (n < 0 ? errno : EIO),
                       "it cannot be read: %s",
                       n < 0 ? g_strerror (errno) : "it has become shorter");
          return FALSE;
        }
      data += n;
      offset += n;
      size -= n;
    }
  return TRUE;
}

gboolean
hein_mcap_source_open (HeinMcapSource *self, int fd, GError **error)
{
  guint8 magic[HEIN_MCAP_MAGIC_SIZE];
  struct stat info;

  self->fd = fd;
  if (fstat (fd, &info) < 0 || !S_ISREG (info.st_mode))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
                           "it is no file");
      return FALSE;
    }
  self->size = info.st_size;
  self->offset = sizeof magic;
  if (self->size >= sizeof magic &&
      !read_at (self, 0, magic, sizeof magic, error))
    return FALSE;
  if (self->size >= sizeof magic &&
      memcmp (magic, HEIN_MCAP_MAGIC, sizeof magic) == 0)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                       "it is not an MCAP file");
  return FALSE;
}

void
hein_mcap_source_clear (HeinMcapSource *self)
{
  g_clear_pointer (&self->chunks, g_array_unref);
}

gboolean
hein_mcap_source_read_head (HeinMcapSource *self,
                            guint8 *opcode,
                            guint64 *size,
                            GError **error)
{
  guint8 head[HEIN_MCAP_HEAD_SIZE];
  HeinMcapCursor cursor = { head, sizeof head, FALSE };

  if (self->offset > self->size || self->size - self->offset < sizeof head ||
      !read_at (self, self->offset, head, sizeof head, error))
    return FALSE;
  *opcode = hein_mcap_get_number (&cursor, 1);
  *size = hein_mcap_get_number (&cursor, 8);
  self->offset += sizeof head;
  return TRUE;
}

gboolean
hein_mcap_source_read (HeinMcapSource *self,
                       GByteArray *bytes,
                       gsize size,
                       GError **error)
{
  g_byte_array_set_size (bytes, size);
  if (!read_at (self, self->offset, bytes->data, size, error))
    return FALSE;
  self->offset += size;
  return TRUE;
}

/* ---- the summary ---- */

/* Returns where the summary begins; 0: there is none. */
static guint64
find_summary (HeinMcapSource *self)
{
  guint8 tail[HEIN_MCAP_HEAD_SIZE + FOOTER_SIZE + HEIN_MCAP_MAGIC_SIZE];
  HeinMcapCursor cursor = { tail, sizeof tail, FALSE };
  const gsize magic = sizeof tail - HEIN_MCAP_MAGIC_SIZE;

  if (self->size < HEIN_MCAP_MAGIC_SIZE + sizeof tail ||
      !read_at (self, self->size - sizeof tail, tail, sizeof tail, NULL) ||
      tail[0] != HEIN_MCAP_FOOTER ||
      memcmp (tail + magic, HEIN_MCAP_MAGIC, HEIN_MCAP_MAGIC_SIZE) != 0)
    return 0;
  hein_mcap_get (&cursor, HEIN_MCAP_HEAD_SIZE);
  return hein_mcap_get_number (&cursor, 8);
}

static int
compare_offsets (gconstpointer a, gconstpointer b)
{
  const guint64 one = *(const guint64 *) a;
  const guint64 two = *(const guint64 *) b;

  return one < two ? -1 : one > two;
}

/* Reads a number of 64 bits within the record whose content comes next. */
static gboolean
read_number (HeinMcapSource *self, gsize at, guint64 size, guint64 *number)
{
  guint8 bytes[8];
  HeinMcapCursor cursor = { bytes, sizeof bytes, FALSE };

  if (size < at + sizeof bytes ||
      !read_at (self, self->offset + at, bytes, sizeof bytes, NULL))
    return FALSE;
  *number = hein_mcap_get_number (&cursor, sizeof bytes);
  return TRUE;
}

/* Takes what is of use of a record of the summary. */
static void
look_at (HeinMcapSource *self, guint8 opcode, guint64 size)
{
  guint64 number;

  if (opcode == HEIN_MCAP_CHUNK_INDEX && self->chunks->len < CHUNKS_MAX &&
      read_number (self, 16, size, &number))
    g_array_append_val (self->chunks, number);
  else if (opcode == HEIN_MCAP_STATISTICS &&
           read_number (self, 0, size, &number))
    self->n_messages = number;
}

/* Reads the summary at the end of the file. */
static void
look_up (HeinMcapSource *self)
{
  const guint64 at = self->offset;
  guint64 size;
  guint8 opcode;
  guint n = 0;

  if (self->chunks != NULL)
    return;
  self->chunks = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->n_messages = G_MAXUINT64;
  self->offset = find_summary (self);
  while (self->offset > 0 && n++ < SUMMARY_RECORDS_MAX &&
         hein_mcap_source_read_head (self, &opcode, &size, NULL) &&
         size <= self->size - self->offset && opcode != 0 &&
         opcode != HEIN_MCAP_FOOTER)
    {
      look_at (self, opcode, size);
      self->offset += size;
    }
  g_array_sort (self->chunks, compare_offsets);
  self->offset = at;
}

guint64
hein_mcap_source_get_n_messages (HeinMcapSource *self)
{
  look_up (self);
  return self->n_messages;
}

gboolean
hein_mcap_source_find_chunk (HeinMcapSource *self)
{
  /* the head that made no sense has been read */
  const guint64 from = self->offset - HEIN_MCAP_HEAD_SIZE;
  guint low = 0, high;

  look_up (self);
  for (high = self->chunks->len; low < high;)
    {
      const guint middle = low + (high - low) / 2;

      if (g_array_index (self->chunks, guint64, middle) > from)
        high = middle;
      else
        low = middle + 1;
    }
  if (low == self->chunks->len ||
      g_array_index (self->chunks, guint64, low) >= self->size)
    return FALSE;
  self->offset = g_array_index (self->chunks, guint64, low);
  return TRUE;
}

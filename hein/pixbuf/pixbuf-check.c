/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pixbuf-check.h"

#include <string.h>

#include <hein/hein.h>

/* Checks pictures before a decoder gets them. */

/*
 * PNG (ISO/IEC 15948, 5.3): a signature, then chunks:
 *
 *   size (4, big endian) type (4) data (size) CRC (4)
 *
 * A chunk may be skipped by decoders that do not know it if its type begins
 * with a lower-case letter: bit 0x20 of its first byte.
 */
#define PNG_SIGNATURE  "\x89PNG\r\n\x1a\n"
#define SIGNATURE_SIZE 8
#define CHUNK_OVERHEAD 12
#define ANCILLARY      0x20

/*
 * JPEG (ITU T.81, B.1): segments, and coded data behind each SOS:
 *
 *   FF marker [size (2, big endian, includes itself) data]
 *
 * In coded data, FF is escaped as FF 00, and FF D0 to FF D7 may occur.
 */
#define JPEG_SIGNATURE "\xff\xd8\xff"
#define JPEG_FILL      0xff
#define JPEG_SOF0      0xc0
#define JPEG_RST0      0xd0
#define JPEG_SOI       0xd8
#define JPEG_EOI       0xd9
#define JPEG_SOS       0xda

/* Each scan costs time for every pixel, and may consist of a few bytes only.
 * Encoders make up to 18. */
#define MAX_SCANS 32

static gboolean
begins_with (const guint8 *data, gsize size, const char *text, gsize text_size)
{
  return size >= text_size && memcmp (data, text, text_size) == 0;
}

gboolean
pixbuf_is_png (const guint8 *data, gsize size)
{
  return begins_with (data, size, PNG_SIGNATURE, SIGNATURE_SIZE);
}

gboolean
pixbuf_is_jpeg (const guint8 *data, gsize size)
{
  return begins_with (data, size, JPEG_SIGNATURE, strlen (JPEG_SIGNATURE));
}

static GBytes *
fail (GError **error, const char *what)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, what);
  return NULL;
}

static GBytes *
fail_cut_off (GError **error, const char *name, gsize size)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "%s picture is cut off behind %" G_GSIZE_FORMAT " bytes", name,
               size);
  return NULL;
}

static guint32
read_be32 (const guint8 *data)
{
  guint32 value;

  memcpy (&value, data, sizeof value);
  return GUINT32_FROM_BE (value);
}

/* Texts and profiles are compressed separately: some KiB of them could make the
 * decoder allocate a thousand times as much. Of the optional chunks only
 * transparency is needed. */
static gboolean
is_wanted (const guint8 *type)
{
  return !(type[0] & ANCILLARY) || memcmp (type, "tRNS", 4) == 0;
}

GBytes *
pixbuf_check_png (const guint8 *data, gsize size, GError **error)
{
  g_autoptr (GByteArray) kept = NULL;
  gsize at = SIGNATURE_SIZE;

  if (!pixbuf_is_png (data, size))
    return fail (error, "PNG picture does not begin as one");
  kept = g_byte_array_sized_new (size);
  g_byte_array_append (kept, data, SIGNATURE_SIZE);
  while (size - at >= CHUNK_OVERHEAD)
    {
      const guint8 *chunk = data + at;
      gsize chunk_size = (gsize) read_be32 (chunk) + CHUNK_OVERHEAD;

      if (chunk_size > size - at)
        break;
      if (is_wanted (chunk + 4))
        g_byte_array_append (kept, chunk, chunk_size);
      if (memcmp (chunk + 4, "IEND", 4) == 0)
        return g_byte_array_free_to_bytes (g_steal_pointer (&kept));
      at += chunk_size;
    }
  return fail_cut_off (error, "PNG", size);
}

/* Finds the next marker as decoders do, and moves @at behind it. 0: none. */
static guint8
next_marker (const guint8 *data, gsize size, gsize *at)
{
  for (gsize i = *at; i + 1 < size; i++)
    if (data[i] == JPEG_FILL && data[i + 1] != JPEG_FILL && data[i + 1] != 0)
      {
        *at = i + 2;
        return data[i + 1];
      }
  return 0;
}

/* Decoders reject markers below SOF0, or do not skip anything behind them. */
static gboolean
has_segment (guint8 marker)
{
  return marker >= JPEG_SOF0 && (marker < JPEG_RST0 || marker > JPEG_EOI);
}

/* Moves @at behind the segment; FALSE when it is truncated, or there is
 * none. */
static gboolean
skip_segment (const guint8 *data, gsize size, gsize *at)
{
  gsize segment_size;

  if (size - *at < 2)
    return FALSE;
  segment_size = (gsize) data[*at] << 8 | data[*at + 1];
  if (segment_size < 2 || segment_size > size - *at)
    return FALSE;
  *at += segment_size;
  return TRUE;
}

GBytes *
pixbuf_check_jpeg (const guint8 *data, gsize size, GError **error)
{
  gsize at = strlen (JPEG_SIGNATURE) - 1;
  guint n_scans = 0;
  guint8 marker;

  if (!pixbuf_is_jpeg (data, size))
    return fail (error, "JPEG picture does not begin as one");
  while ((marker = next_marker (data, size, &at)) != 0)
    {
      if (marker == JPEG_EOI)
        return g_bytes_new (data, at);
      if (marker == JPEG_SOS && ++n_scans > MAX_SCANS)
        return fail (error, "JPEG picture has more than " G_STRINGIFY (
                              MAX_SCANS) " scans");
      if (has_segment (marker) && !skip_segment (data, size, &at))
        break;
    }
  return fail_cut_off (error, "JPEG", size);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include <glib.h>

/* Numbers and texts as they stand in records. */

G_BEGIN_DECLS

/* ---- writing ---- */

static inline void
hein_mcap_put_u8 (GByteArray *bytes, guint8 value)
{
  g_byte_array_append (bytes, &value, 1);
}

static inline void
hein_mcap_put_u16 (GByteArray *bytes, guint16 value)
{
  const guint16 le = GUINT16_TO_LE (value);

  g_byte_array_append (bytes, (const guint8 *) &le, sizeof le);
}

static inline void
hein_mcap_put_u32 (GByteArray *bytes, guint32 value)
{
  const guint32 le = GUINT32_TO_LE (value);

  g_byte_array_append (bytes, (const guint8 *) &le, sizeof le);
}

static inline void
hein_mcap_put_u64 (GByteArray *bytes, guint64 value)
{
  const guint64 le = GUINT64_TO_LE (value);

  g_byte_array_append (bytes, (const guint8 *) &le, sizeof le);
}

static inline void
hein_mcap_put_data (GByteArray *bytes, gconstpointer data, guint32 size)
{
  hein_mcap_put_u32 (bytes, size);
  g_byte_array_append (bytes, data, size);
}

static inline void
hein_mcap_put_text (GByteArray *bytes, const char *text)
{
  hein_mcap_put_data (bytes, text, strlen (text));
}

/* Leaves room for a size of 64 bits; returns where it is. */
static inline gsize
hein_mcap_begin_record (GByteArray *bytes, guint8 opcode)
{
  hein_mcap_put_u8 (bytes, opcode);
  hein_mcap_put_u64 (bytes, 0);
  return bytes->len;
}

/* Fills in the size of the record whose content begins at @start. */
static inline void
hein_mcap_end_record (GByteArray *bytes, gsize start)
{
  const guint64 le = GUINT64_TO_LE (bytes->len - start);

  memcpy (bytes->data + start - sizeof le, &le, sizeof le);
}

/* ---- reading ---- */

/* What is left of a content. Reading beyond its end gives zeros, and is seen at
 * the end by `is_short`. */
typedef struct
{
  const guint8 *data;
  gsize size;
  gboolean is_short;
} HeinMcapCursor;

static inline const guint8 *
hein_mcap_get (HeinMcapCursor *self, gsize size)
{
  const guint8 *start = self->data;

  if (self->is_short || size > self->size)
    {
      self->is_short = TRUE;
      return NULL;
    }
  self->data += size;
  self->size -= size;
  return start;
}

static inline guint64
hein_mcap_get_number (HeinMcapCursor *self, guint size)
{
  guint64 value = 0;
  const guint8 *start = hein_mcap_get (self, size);

  for (guint i = size; start != NULL && i-- > 0;)
    value = value << 8 | start[i];
  return value;
}

/* Data with its size of 32 bits; NULL: there is not so much. */
static inline const guint8 *
hein_mcap_get_data (HeinMcapCursor *self, gsize *size)
{
  *size = hein_mcap_get_number (self, 4);
  return hein_mcap_get (self, *size);
}

/* The same as a text that ends with NUL; NULL unless it is UTF-8. */
static inline char *
hein_mcap_dup_text (HeinMcapCursor *self)
{
  gsize size;
  const guint8 *start = hein_mcap_get_data (self, &size);

  if (start == NULL || !g_utf8_validate ((const char *) start, size, NULL))
    return NULL;
  return g_strndup ((const char *) start, size);
}

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-spool-format.h"

#include <string.h>

#include <hein/hein-error.h>

/* The bytes of the files of a spool. */

#define VERSION      1
#define SETTLED_SIZE 16

static const char magic[8] = { 'H', 'E', 'I', 'N', 'S', 'P', 'O', 'L' };

/* ---- sums ---- */

static guint32 sums[256];

static gpointer
make_sums (gpointer data)
{
  for (guint32 i = 0; i < 256; i++)
    {
      sums[i] = i;
      for (guint bit = 0; bit < 8; bit++)
        sums[i] = sums[i] >> 1 ^ (sums[i] & 1 ? 0x82f63b78 : 0); /* CRC-32C */
    }
  return sums;
}

static guint32
add_to_sum (guint32 sum, gconstpointer data, gsize size)
{
  static GOnce once = G_ONCE_INIT;
  const guint8 *bytes = data;

  g_once (&once, make_sums, NULL);
  sum = ~sum;
  for (gsize i = 0; i < size; i++)
    sum = sum >> 8 ^ sums[(sum ^ bytes[i]) & 0xff];
  return ~sum;
}

/* ---- numbers ---- */

static void
put32 (guint8 *bytes, guint32 value)
{
  value = GUINT32_TO_LE (value);
  memcpy (bytes, &value, sizeof value);
}

static void
put64 (guint8 *bytes, guint64 value)
{
  value = GUINT64_TO_LE (value);
  memcpy (bytes, &value, sizeof value);
}

static guint32
get32 (const guint8 *bytes)
{
  guint32 value;

  memcpy (&value, bytes, sizeof value);
  return GUINT32_FROM_LE (value);
}

static guint64
get64 (const guint8 *bytes)
{
  guint64 value;

  memcpy (&value, bytes, sizeof value);
  return GUINT64_FROM_LE (value);
}

/* ---- the header ---- */

static guint32
sum_header (const guint8 *bytes)
{
  return add_to_sum (add_to_sum (0, bytes, 12), bytes + 16, 16);
}

void
hein_spool_header_fill (const HeinSpoolHeader *self, guint8 *bytes)
{
  memcpy (bytes, magic, sizeof magic);
  put32 (bytes + 8, VERSION);
  put64 (bytes + 16, self->salt);
  put64 (bytes + 24, self->next_number);
  put32 (bytes + 12, sum_header (bytes));
}

gboolean
hein_spool_header_read (HeinSpoolHeader *self,
                        const guint8 *bytes,
                        GError **error)
{
  if (memcmp (bytes, magic, sizeof magic) != 0)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                         "it is no file of a spool");
  else if (get32 (bytes + 8) > VERSION)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "it has version %u of the format, and this hein knows %u",
                 get32 (bytes + 8), VERSION);
  else if (get32 (bytes + 8) == 0 || get32 (bytes + 12) != sum_header (bytes) ||
           get64 (bytes + 24) > HEIN_SPOOL_NUMBER_MAX)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                         "its header is damaged");
  else
    {
      self->salt = get64 (bytes + 16);
      self->next_number = get64 (bytes + 24);
      return TRUE;
    }
  return FALSE;
}

gboolean
hein_spool_header_is_cut (const guint8 *bytes, gsize size)
{
  return size < HEIN_SPOOL_HEADER_SIZE &&
         (size == 0 || memcmp (bytes, magic, MIN (size, sizeof magic)) == 0);
}

/* ---- records ---- */

/* The sum of bytes 4 to @end. */
static guint32
sum_record (guint64 salt, const guint8 *bytes, gsize end)
{
  guint8 seed[8];

  put64 (seed, salt);
  return add_to_sum (add_to_sum (0, seed, sizeof seed), bytes + 4, end - 4);
}

void
hein_spool_record_append (GByteArray *bytes,
                          guint64 salt,
                          HeinSpoolKind kind,
                          guint64 number,
                          gconstpointer body,
                          gsize size)
{
  const guint begin = bytes->len;
  guint8 header[HEIN_SPOOL_RECORD_SIZE] = { 0 };

  put32 (header + 4, size);
  put64 (header + 8, number);
  header[16] = kind;
  put32 (header + 20, sum_record (salt, header, 20));
  g_byte_array_append (bytes, header, sizeof header);
  g_byte_array_append (bytes, body, size);
  put32 (bytes->data + begin,
         sum_record (salt, bytes->data + begin, sizeof header + size));
}

void
hein_spool_record_append_settled (
  GByteArray *bytes, guint64 salt, guint64 number, guint64 n, guint64 top)
{
  guint8 body[SETTLED_SIZE];

  put64 (body, n);
  put64 (body + 8, top);
  hein_spool_record_append (bytes, salt, HEIN_SPOOL_SETTLED, number, body,
                            sizeof body);
}

static gboolean
is_head (guint64 salt, const guint8 *bytes, gsize size)
{
  return size >= HEIN_SPOOL_RECORD_SIZE &&
         get32 (bytes + 4) <= size - HEIN_SPOOL_RECORD_SIZE &&
         (bytes[16] == HEIN_SPOOL_MESSAGE ||
          (bytes[16] == HEIN_SPOOL_SETTLED &&
           get32 (bytes + 4) == SETTLED_SIZE)) &&
         get32 (bytes + 20) == sum_record (salt, bytes, 20);
}

gsize
hein_spool_record_read (HeinSpoolRecord *self,
                        guint64 salt,
                        const guint8 *bytes,
                        gsize size)
{
  gsize whole;

  if (!is_head (salt, bytes, size))
    return 0;
  self->kind = bytes[16];
  self->size = get32 (bytes + 4);
  self->number = get64 (bytes + 8);
  self->body = bytes + HEIN_SPOOL_RECORD_SIZE;
  self->n = self->kind == HEIN_SPOOL_SETTLED ? get64 (self->body) : 1;
  self->top =
    self->kind == HEIN_SPOOL_SETTLED ? get64 (self->body + 8) : self->number;
  whole = HEIN_SPOOL_RECORD_SIZE + (gsize) self->size;
  if (self->number > HEIN_SPOOL_NUMBER_MAX || self->n > HEIN_SPOOL_NUMBER_MAX ||
      self->top > HEIN_SPOOL_NUMBER_MAX)
    return 0;
  return get32 (bytes) == sum_record (salt, bytes, whole) ? whole : 0;
}

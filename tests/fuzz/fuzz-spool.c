/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein.h>

#include "fuzz.h"
#include "spool/hein-spool-message.h"
#include "spool/hein-spool-scan.h"

/* What a spool reads. The first byte says what the others are:
 *
 *   f  a file
 *   m  a message in one
 *   r  bodies of records with sums that are right, one of them damaged then:
 *      each is a byte of size and that many bytes
 */

typedef struct
{
  guint n;
  gsize end; /* of the last record */
} Found;

static void
on_found (const HeinSpoolRecord *record, gsize at, gsize size, gpointer data)
{
  Found *found = data;

  g_assert_cmpuint (at, >=, found->end);
  g_assert_cmpuint (size, ==, HEIN_SPOOL_RECORD_SIZE + record->size);
  found->n++;
  found->end = at + size;
}

static void
read_message (const guint8 *data, gsize size)
{
  g_auto (HeinSpooled) spooled = { 0 };
  g_auto (HeinSpooled) again = { 0 };
  g_autoptr (GBytes) bytes = NULL;

  if (!hein_spool_message_read (&spooled, data, size))
    return;
  g_assert_cmpuint (hein_message_get_n_parts (spooled.message), >, 0);
  if (!hein_spool_message_check (spooled.message, NULL))
    return;
  bytes = hein_spool_message_write (spooled.message, spooled.to, "1/1");
  g_assert_true (hein_spool_message_read (&again,
                                          g_bytes_get_data (bytes, NULL),
                                          g_bytes_get_size (bytes)));
  g_assert_cmpstr (again.to, ==, spooled.to);
  g_assert_cmpuint (hein_message_get_size (again.message), ==,
                    hein_message_get_size (spooled.message));
}

static Found
read_file (const guint8 *data, gsize size)
{
  Found found = { 0, HEIN_SPOOL_HEADER_SIZE };
  HeinSpoolScan scan;

  if (hein_spool_scan (&scan, data, size, on_found, &found, NULL))
    g_assert_cmpuint (scan.n_torn + scan.n_damaged, <=, size);
  return found;
}

/* However one of the records is damaged, all others are found. */
static void
read_records (const guint8 *data, gsize size)
{
  const HeinSpoolHeader header = { 0x0123456789abcdef, 1 };
  g_autoptr (GByteArray) file = g_byte_array_new ();
  const guint damaged = size > 0 ? data[0] : 0;
  guint n = 0;

  g_byte_array_set_size (file, HEIN_SPOOL_HEADER_SIZE);
  hein_spool_header_fill (&header, file->data);
  for (gsize at = 1; at < size; n++)
    {
      const gsize left = size - at - 1;
      const gsize body = MIN (data[at], left);

      hein_spool_record_append (file, header.salt, HEIN_SPOOL_MESSAGE, n + 1,
                                data + at + 1, body);
      at += 1 + body;
    }
  g_assert_cmpuint (read_file (file->data, file->len).n, ==, n);
  if (file->len == HEIN_SPOOL_HEADER_SIZE)
    return;
  file->data[HEIN_SPOOL_HEADER_SIZE +
             damaged % (file->len - HEIN_SPOOL_HEADER_SIZE)] ^= 0x55;
  g_assert_cmpuint (read_file (file->data, file->len).n, ==, n - 1);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  if (data[0] == 'f')
    read_file (data + 1, size - 1);
  else if (data[0] == 'm')
    read_message (data + 1, size - 1);
  else if (data[0] == 'r')
    read_records (data + 1, size - 1);
  return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-spool-scan.h"

#include <string.h>

/* Reads the records of a file, and finds the next one behind damaged bytes. */

/* Returns the offset of the next record; @size: there is none. To be a record
 * by chance, bytes would have to have the right sum. */
static gsize
find_next (const guint8 *bytes, gsize size, gsize at, guint64 salt)
{
  HeinSpoolRecord record;

  while (at < size &&
         hein_spool_record_read (&record, salt, bytes + at, size - at) == 0)
    at++;
  return at;
}

gboolean
hein_spool_scan (HeinSpoolScan *self,
                 const guint8 *bytes,
                 gsize size,
                 HeinSpoolFound found,
                 gpointer data,
                 GError **error)
{
  gsize at = HEIN_SPOOL_HEADER_SIZE;

  memset (self, 0, sizeof *self);
  if (hein_spool_header_is_cut (bytes, size))
    {
      self->n_torn = size;
      return TRUE;
    }
  if (size < HEIN_SPOOL_HEADER_SIZE)
    {
      guint8 padded[HEIN_SPOOL_HEADER_SIZE] = { 0 };

      memcpy (padded, bytes, size);
      return hein_spool_header_read (&self->header, padded, error);
    }
  if (!hein_spool_header_read (&self->header, bytes, error))
    return FALSE;
  while (at < size)
    {
      HeinSpoolRecord record;
      const gsize whole = hein_spool_record_read (&record, self->header.salt,
                                                  bytes + at, size - at);
      gsize next;

      if (whole > 0)
        {
          found (&record, at, whole, data);
          at += whole;
          continue;
        }
      next = find_next (bytes, size, at + 1, self->header.salt);
      if (next == size)
        self->n_torn = size - at;
      else
        {
          self->n_damaged += next - at;
          self->n_holes++;
        }
      at = next;
    }
  return TRUE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-spool-index.h"

#include <string.h>
#include <unistd.h>

#include <hein/hein-error.h>

#include "hein-spool-load.h"

/*
 * Finds the messages that are not settled, and those that are missing: each
 * number from the first of the oldest file on has its message in a file, or is
 * settled by one. A message may be there twice, when a process ended while it
 * was moved.
 */

typedef struct
{
  guint64 first;
  guint64 n;
} Range;

typedef struct
{
  HeinSpoolIndex *index;
  HeinSpoolFile *file; /* the one that is read */
  GArray *settled;     /* of Range */
  GArray *all;         /* of Range: settled, or there */
  GHashTable *entries; /* number -> borrowed HeinSpoolEntry */
  guint64 first;       /* number of the oldest file */
} Reading;

void
hein_spool_stock_clear (HeinSpoolStock *self)
{
  g_clear_pointer (&self->entries, g_ptr_array_unref);
}

void
hein_spool_file_free (HeinSpoolFile *self)
{
  GList *link;

  while ((link = g_queue_pop_head_link (&self->entries)) != NULL)
    g_free (link->data);
  close (self->fd);
  g_free (self);
}

void
hein_spool_index_clear (HeinSpoolIndex *self)
{
  g_queue_clear_full (&self->files, (GDestroyNotify) hein_spool_file_free);
  hein_spool_stock_clear (&self->stock);
}

/* ---- reading ---- */

static void
on_begin (HeinSpoolLoaded *loaded, gpointer data)
{
  Reading *self = data;
  HeinSpoolFile *file = g_new0 (HeinSpoolFile, 1);

  file->number = loaded->number;
  file->fd = loaded->fd;
  file->known_size = loaded->size;
  loaded->fd = -1;
  self->file = file;
  g_queue_push_tail (&self->index->files, file);
  self->index->next_file =
    MAX (self->index->next_file,
         MIN (loaded->number, HEIN_SPOOL_NUMBER_MAX) + 1);
  self->index->size += loaded->size;
}

static void
on_end (HeinSpoolLoaded *loaded, gpointer data)
{
  Reading *self = data;
  HeinSpoolIndex *index = self->index;

  self->file->salt = loaded->scan.header.salt;
  index->stock.n_damaged += loaded->scan.n_damaged;
  index->stock.n_torn += loaded->scan.n_torn;
  index->next_number =
    MAX (index->next_number, loaded->scan.header.next_number);
  if (self->first == 0)
    self->first = loaded->scan.header.next_number;
}

static void
forget (Reading *self, HeinSpoolEntry *entry)
{
  g_queue_unlink (&entry->file->entries, &entry->in_file);
  g_hash_table_remove (self->entries, &entry->number);
  g_free (entry);
}

static void
add_entry (Reading *self, const HeinSpoolRecord *record, gsize at, gsize size)
{
  HeinSpoolEntry *entry = g_hash_table_lookup (self->entries, &record->number);

  if (entry != NULL)
    forget (self, entry);
  entry = g_new0 (HeinSpoolEntry, 1);
  entry->number = record->number;
  entry->file = self->file;
  entry->offset = at;
  entry->size = size;
  entry->in_file.data = entry;
  g_queue_push_tail_link (&self->file->entries, &entry->in_file);
  g_hash_table_insert (self->entries, &entry->number, entry);
}

static void
on_found (const HeinSpoolRecord *record, gsize at, gsize size, gpointer data)
{
  Reading *self = data;
  const Range range = { record->number, record->n };

  g_array_append_val (self->all, range);
  if (record->kind == HEIN_SPOOL_SETTLED)
    g_array_append_val (self->settled, range);
  else
    add_entry (self, record, at, size);
  self->index->next_number = MAX (self->index->next_number,
                                  MAX (range.first + range.n, record->top + 1));
}

/* ---- what it comes to ---- */

static int
compare_ranges (gconstpointer a, gconstpointer b)
{
  const Range *first = a;
  const Range *second = b;

  return first->first < second->first ? -1 : first->first > second->first;
}

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const HeinSpoolEntry *first = *(HeinSpoolEntry *const *) a;
  const HeinSpoolEntry *second = *(HeinSpoolEntry *const *) b;

  return first->number < second->number ? -1 : first->number > second->number;
}

static GPtrArray *
sort_entries (Reading *self)
{
  GPtrArray *sorted = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer entry;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    g_ptr_array_add (sorted, entry);
  g_ptr_array_sort (sorted, compare_entries);
  return sorted;
}

/* Leaves those that are not settled. */
static void
drop_settled (Reading *self)
{
  g_autoptr (GPtrArray) sorted = sort_entries (self);
  GPtrArray *left = g_ptr_array_new ();
  guint64 end = 0; /* all from where it began to here are settled */
  guint at = 0;

  g_array_sort (self->settled, compare_ranges);
  for (guint i = 0; i < sorted->len; i++)
    {
      HeinSpoolEntry *entry = g_ptr_array_index (sorted, i);

      for (; at < self->settled->len; at++)
        {
          const Range *range = &g_array_index (self->settled, Range, at);

          if (range->first > entry->number)
            break;
          end = MAX (end, range->first + range->n);
        }
      if (entry->number < end)
        {
          forget (self, entry);
          continue;
        }
      self->index->live += entry->size;
      g_ptr_array_add (left, entry);
    }
  self->index->stock.entries = left;
}

/* Where no bytes are damaged, a number that is missing is that of a message
 * that was never accepted. */
static void
count_missing (Reading *self)
{
  guint64 at = self->first;

  if (self->index->stock.n_damaged == 0)
    return;
  g_array_sort (self->all, compare_ranges);
  for (guint i = 0; i < self->all->len; i++)
    {
      const Range *range = &g_array_index (self->all, Range, i);

      if (range->first > at)
        self->index->stock.n_missing += range->first - at;
      at = MAX (at, range->first + range->n);
    }
  if (self->index->next_number > at)
    self->index->stock.n_missing += self->index->next_number - at;
}

/* Numbers that no spool comes to: with those behind them, what is written would
 * not be found again. */
static gboolean
check_numbers (const HeinSpoolIndex *self,
               const HeinSpoolFolder *folder,
               GError **error)
{
  if (self->next_file < HEIN_SPOOL_NUMBER_MAX / 2 &&
      self->next_number < HEIN_SPOOL_NUMBER_MAX / 2)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "spool %s: a number of a file, or of a message, is one that no "
               "spool comes to",
               folder->path);
  return FALSE;
}

gboolean
hein_spool_index_read (HeinSpoolIndex *self,
                       HeinSpoolFolder *folder,
                       GError **error)
{
  static const HeinSpoolLoadFuncs funcs = { on_begin, on_found, on_end };
  g_autoptr (GArray) settled = g_array_new (FALSE, FALSE, sizeof (Range));
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (Range));
  g_autoptr (GHashTable) entries =
    g_hash_table_new (g_int64_hash, g_int64_equal);
  Reading reading = { self, NULL, settled, all, entries, 0 };

  memset (self, 0, sizeof *self);
  self->next_file = self->next_number = 1;
  if (!hein_spool_load (folder, &funcs, &reading, error) ||
      !check_numbers (self, folder, error))
    {
      hein_spool_index_clear (self);
      return FALSE;
    }
  drop_settled (&reading);
  count_missing (&reading);
  return TRUE;
}

GBytes *
hein_spool_entry_read (HeinSpoolEntry *self,
                       HeinSpoolFolder *folder,
                       GError **error)
{
  g_autofree guint8 *bytes =
    hein_spool_load_bytes (folder, self->file->fd, self->offset, self->size,
                           error);
  HeinSpoolRecord record;

  if (bytes == NULL)
    return NULL;
  if (hein_spool_record_read (&record, self->file->salt, bytes, self->size) !=
        self->size ||
      record.number != self->number)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                   "spool %s: message %" G_GUINT64_FORMAT " is damaged",
                   folder->path, self->number);
      return NULL;
    }
  return g_bytes_new (record.body, record.size);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-spool.h"

#include <string.h>
#include <unistd.h>

#include <hein/hein-error.h>

/*
 * The messages of a folder and the space that they take. Files are removed in
 * the order in which they were made, so that whatever says that a message is
 * settled outlives the message. The newest one stays: it knows which numbers
 * were given. Where a file that could go has messages left, and much of what
 * the spool takes is of settled ones, those messages are written again, into
 * the newest file.
 */

/* How many files a spool is made of when it is full. */
#define FILES_OF_LIMIT 64
#define FILE_MIN       (64 * 1024)
#define FILE_MAX       (4 * 1024 * 1024)

struct _HeinSpool
{
  HeinSpoolFolder folder;
  HeinSpoolWriter *writer; /* owned */
  GQueue files;            /* owned HeinSpoolFile, in order */
  guint64 limit;
  guint64 next;
  guint64 size;    /* of all files, as far as is known */
  guint64 live;    /* of the messages that are not settled */
  guint64 writing; /* of those that are being written */
  guint n_moving;
  gboolean is_stuck; /* the last move has failed */
};

static gsize
get_file_max (guint64 limit)
{
  return CLAMP (limit / FILES_OF_LIMIT, FILE_MIN, FILE_MAX);
}

/* ---- space ---- */

static void
move_entry (HeinSpool *self, HeinSpoolEntry *entry)
{
  g_autoptr (GBytes) body = hein_spool_read (self, entry, NULL);
  HeinSpoolJob *job;

  if (body == NULL)
    return; /* who wants to have it learns why */
  job = hein_spool_job_new (HEIN_SPOOL_WRITE, entry->number);
  job->body = g_steal_pointer (&body);
  job->data = entry;
  entry->is_moving = TRUE;
  self->n_moving++;
  self->writing += entry->size;
  hein_spool_writer_push (self->writer, job);
}

static void
remove_settled (HeinSpool *self)
{
  HeinSpoolFile *oldest;

  while (self->files.length > 1 &&
         (oldest = self->files.head->data)->entries.length == 0)
    {
      hein_spool_writer_push (self->writer,
                              hein_spool_job_new (HEIN_SPOOL_REMOVE,
                                                  oldest->number));
      self->size -= oldest->known_size;
      g_queue_pop_head (&self->files);
      hein_spool_file_free (oldest);
    }
}

static gboolean
is_wasteful (HeinSpool *self)
{
  return self->size > self->limit / 2 &&
         self->size - self->live > self->size / 4;
}

static void
give_space_back (HeinSpool *self)
{
  HeinSpoolFile *oldest;

  remove_settled (self);
  if (self->n_moving > 0 || self->is_stuck || self->files.length < 2 ||
      !is_wasteful (self))
    return;
  oldest = self->files.head->data;
  for (GList *link = oldest->entries.head; link != NULL; link = link->next)
    move_entry (self, link->data);
}

/* ---- opening ---- */

HeinSpool *
hein_spool_open (const char *path,
                 guint64 limit,
                 HeinSpoolStock *stock,
                 void (*told) (gpointer data),
                 gpointer data,
                 GError **error)
{
  HeinSpool *self = g_new0 (HeinSpool, 1);
  HeinSpoolIndex index;

  if (!hein_spool_folder_open (&self->folder, path, error))
    {
      g_free (self);
      return NULL;
    }
  if (!hein_spool_index_read (&index, &self->folder, error))
    {
      hein_spool_folder_close (&self->folder);
      g_free (self);
      return NULL;
    }
  self->files = index.files;
  self->limit = limit;
  self->next = index.next_number;
  self->size = index.size;
  self->live = index.live;
  *stock = index.stock;
  self->writer =
    hein_spool_writer_new (&self->folder, index.next_file, index.next_number,
                           get_file_max (limit), told, data);
  remove_settled (self);
  return self;
}

/* ---- messages ---- */

static gboolean
check_room (HeinSpool *self, gsize size, GError **error)
{
  const guint64 room = self->limit - self->limit / FILES_OF_LIMIT;

  if (size > G_MAXUINT32)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
                 "spool %s: the message has %" G_GSIZE_FORMAT
                 " bytes, and one in a spool less than 4 GiB",
                 self->folder.path, size);
  else if (size > room)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
                 "spool %s: the message has %" G_GSIZE_FORMAT
                 " bytes, and the spool may have %" G_GUINT64_FORMAT,
                 self->folder.path, size, self->limit);
  else if (self->size + self->writing + size > room)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
                 "spool %s is full: it has %" G_GUINT64_FORMAT
                 " of %" G_GUINT64_FORMAT " bytes",
                 self->folder.path, self->size + self->writing, self->limit);
  else
    return TRUE;
  return FALSE;
}

HeinSpoolEntry *
hein_spool_append (HeinSpool *self, GBytes *body, gpointer data, GError **error)
{
  const gsize size = HEIN_SPOOL_RECORD_SIZE + g_bytes_get_size (body);
  HeinSpoolEntry *entry;
  HeinSpoolJob *job;

  if (!check_room (self, size, error))
    return NULL;
  entry = g_new0 (HeinSpoolEntry, 1);
  entry->number = self->next++;
  entry->data = data;
  entry->size = size;
  entry->in_file.data = entry;
  self->writing += size;
  job = hein_spool_job_new (HEIN_SPOOL_WRITE, entry->number);
  job->body = g_bytes_ref (body);
  job->data = entry;
  hein_spool_writer_push (self->writer, job);
  return entry;
}

static void
place (HeinSpool *self, HeinSpoolEntry *entry, const HeinSpoolJob *job)
{
  HeinSpoolFile *file = job->file;
  HeinSpoolFile *newest = g_queue_peek_tail (&self->files);
  const guint64 end = job->offset + entry->size;

  if (newest == NULL || newest->number < file->number)
    g_queue_push_tail (&self->files, file);
  self->size += end - MIN (end, file->known_size);
  file->known_size = MAX (file->known_size, end);
  entry->file = file;
  entry->offset = job->offset;
  g_queue_push_tail_link (&file->entries, &entry->in_file);
}

static void
end_move (HeinSpool *self, HeinSpoolEntry *entry, const HeinSpoolJob *job)
{
  self->n_moving--;
  entry->is_moving = FALSE;
  self->is_stuck = job->error != NULL;
  if (job->error == NULL)
    {
      g_queue_unlink (&entry->file->entries, &entry->in_file);
      place (self, entry, job);
    }
  if (entry->is_over)
    hein_spool_settle (self, entry);
  else
    give_space_back (self);
}

gpointer
hein_spool_take_done (HeinSpool *self, GError **error)
{
  for (;;)
    {
      g_autoptr (HeinSpoolJob) job = hein_spool_writer_take_done (self->writer);
      HeinSpoolEntry *entry;
      gpointer data;

      if (job == NULL)
        return NULL;
      entry = job->data;
      data = entry->data;
      self->writing -= entry->size;
      if (entry->is_moving)
        {
          end_move (self, entry, job);
          continue;
        }
      if (job->error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&job->error));
          g_free (entry);
          return data;
        }
      self->is_stuck = FALSE;
      self->live += entry->size;
      place (self, entry, job);
      return data;
    }
}

GBytes *
hein_spool_read (HeinSpool *self, HeinSpoolEntry *entry, GError **error)
{
  return hein_spool_entry_read (entry, &self->folder, error);
}

void
hein_spool_settle (HeinSpool *self, HeinSpoolEntry *entry)
{
  entry->data = NULL;
  entry->is_over = TRUE;
  if (entry->is_moving)
    return; /* end_move does the rest */
  hein_spool_writer_push (self->writer, hein_spool_job_new (HEIN_SPOOL_SETTLE,
                                                            entry->number));
  self->live -= entry->size;
  g_queue_unlink (&entry->file->entries, &entry->in_file);
  g_free (entry);
  give_space_back (self);
}

void
hein_spool_flush (HeinSpool *self)
{
  hein_spool_writer_flush (self->writer);
}

/* ---- the whole ---- */

/* Files that are known by what nobody has taken. */
static void
take_rest (HeinSpool *self)
{
  HeinSpoolJob *job;

  self->is_stuck = TRUE;
  while ((job = hein_spool_writer_take_done (self->writer)) != NULL)
    {
      HeinSpoolEntry *entry = job->data;

      if (entry->is_moving)
        end_move (self, entry, job);
      else if (job->error != NULL)
        g_free (entry);
      else
        place (self, entry, job);
      hein_spool_job_free (job);
    }
}

void
hein_spool_free (HeinSpool *self, gboolean is_fork)
{
  if (!is_fork)
    {
      hein_spool_writer_end (self->writer);
      take_rest (self);
    }
  hein_spool_writer_free (self->writer, is_fork);
  g_queue_clear_full (&self->files, (GDestroyNotify) hein_spool_file_free);
  hein_spool_folder_close (&self->folder);
  g_free (self);
}

guint64
hein_spool_get_size (HeinSpool *self)
{
  return self->size + self->writing;
}

guint64
hein_spool_get_next (HeinSpool *self)
{
  return self->next;
}

const char *
hein_spool_get_path (HeinSpool *self)
{
  return self->folder.path;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-spool-writer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/*
 * Writes records on a thread of its own, so that nobody else waits for the
 * disk. What is pushed while the disk is busy makes up the next batch, and a
 * batch is synced once. Only then its messages are done.
 *
 * When a batch cannot be written, the file is cut back to what was whole before
 * it, and the messages of the batch fail. When a file cannot be synced, the
 * system may have dropped what it had not written, and says so only once: no
 * later sync of this file would mean anything. So all that comes then fails.
 */

/* How many bytes are written at once, unless a single record is larger. */
#define BATCH_MAX (4 * 1024 * 1024)

struct _HeinSpoolWriter
{
  HeinSpoolFolder *folder; /* borrowed */
  gsize file_max;
  void (*told) (gpointer data);
  gpointer data;
  GThread *thread;

  GMutex lock;
  GCond cond;
  GQueue row;  /* under the lock: owned HeinSpoolJob by in_row */
  GQueue done; /* the same, done */
  gboolean is_busy;
  gboolean is_ending;
  GCond idle;

  /* the writer's thread */
  HeinSpoolFile *file; /* NULL: the next record begins one */
  guint64 next_file;
  guint64 top;       /* no number above it was written */
  GArray *settled;   /* numbers that could not be written yet */
  GByteArray *bytes; /* of the batch */
  GError *broken;    /* a sync has failed */
};

/* ---- jobs ---- */

HeinSpoolJob *
hein_spool_job_new (HeinSpoolDeed deed, guint64 number)
{
  HeinSpoolJob *self = g_new0 (HeinSpoolJob, 1);

  self->deed = deed;
  self->number = number;
  self->in_row.data = self;
  return self;
}

void
hein_spool_job_free (HeinSpoolJob *self)
{
  g_clear_pointer (&self->body, g_bytes_unref);
  g_clear_error (&self->error);
  g_free (self);
}

static void
free_row (GQueue *row)
{
  GList *link;

  while ((link = g_queue_pop_head_link (row)) != NULL)
    hein_spool_job_free (link->data);
}

/* ---- files ---- */

static HeinSpoolFile *
file_new (guint64 number, int fd)
{
  HeinSpoolFile *self = g_new0 (HeinSpoolFile, 1);

  self->number = number;
  self->fd = fd;
  self->salt =
    (guint64) g_random_int () << 32 | g_random_int (); /* no secret */
  return self;
}

/* The header is written with the first batch. */
static gboolean
begin_file (HeinSpoolWriter *self, GError **error)
{
  const guint64 number = self->next_file;
  HeinSpoolHeader header;
  int fd;

  if (self->file != NULL && self->file->size < self->file_max)
    return TRUE;
  fd = hein_spool_folder_make_file (self->folder, number, error);
  if (fd < 0)
    return FALSE;
  self->next_file++;
  self->file = file_new (number, fd);
  header.salt = self->file->salt;
  header.next_number = self->top + 1;
  g_byte_array_set_size (self->bytes, HEIN_SPOOL_HEADER_SIZE);
  hein_spool_header_fill (&header, self->bytes->data);
  return TRUE;
}

/* The spool has the files that it knows. */
static void
drop_file (HeinSpoolWriter *self)
{
  HeinSpoolFile *file = g_steal_pointer (&self->file);

  if (file == NULL || file->is_known)
    return;
  if (file->size == 0)
    hein_spool_folder_remove_file (self->folder, file->number);
  close (file->fd);
  g_free (file);
}

static gboolean
write_all (HeinSpoolWriter *self, GError **error)
{
  const guint8 *data = self->bytes->data;
  gsize left = self->bytes->len;
  off_t at = self->file->size;

  while (left > 0)
    {
      const gssize n = pwrite (self->file->fd, data, left, at);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        {
          hein_spool_folder_fail (self->folder, error, n < 0 ? errno : ENOSPC,
                                  "cannot be written");
          return FALSE;
        }
      data += n;
      left -= n;
      at += n;
    }
  return TRUE;
}

/* Where the end of the file cannot be cut off, records go to another one. */
static void
take_back (HeinSpoolWriter *self)
{
  if (self->file->size == 0 ||
      ftruncate (self->file->fd, self->file->size) != 0)
    drop_file (self);
}

static gboolean
sync_all (HeinSpoolWriter *self, GError **error)
{
  const gboolean is_new = self->file->size == 0;

  if (fdatasync (self->file->fd) == 0)
    return !is_new || hein_spool_folder_sync (self->folder, error);
  hein_spool_folder_fail (self->folder, error, errno,
                          "what was written is not on the disk");
  return FALSE;
}

static gboolean
write_batch (HeinSpoolWriter *self, gboolean must_sync, GError **error)
{
  if (self->broken != NULL)
    {
      if (error != NULL)
        *error = g_error_copy (self->broken);
      return FALSE;
    }
  if (!write_all (self, error))
    {
      take_back (self);
      return FALSE;
    }
  if ((must_sync || self->file->size == 0) && !sync_all (self, &self->broken))
    {
      take_back (self);
      return write_batch (self, FALSE, error);
    }
  self->file->size += self->bytes->len;
  return TRUE;
}

/* ---- batches ---- */

static void
append_settled (HeinSpoolWriter *self)
{
  const guint64 *numbers = (const guint64 *) self->settled->data;
  guint begin = 0;

  while (begin < self->settled->len)
    {
      guint end = begin + 1;

      while (end < self->settled->len && numbers[end] == numbers[end - 1] + 1)
        end++;
      hein_spool_record_append_settled (self->bytes, self->file->salt,
                                        numbers[begin], end - begin, self->top);
      begin = end;
    }
}

static void
append_messages (HeinSpoolWriter *self, GQueue *batch)
{
  for (GList *link = batch->head; link != NULL; link = link->next)
    {
      HeinSpoolJob *job = link->data;

      job->file = self->file;
      job->offset = self->file->size + self->bytes->len;
      hein_spool_record_append (self->bytes, self->file->salt,
                                HEIN_SPOOL_MESSAGE, job->number,
                                g_bytes_get_data (job->body, NULL),
                                g_bytes_get_size (job->body));
      self->top = MAX (self->top, job->number);
    }
}

static void
finish_batch (HeinSpoolWriter *self, GQueue *batch, const GError *error)
{
  const gboolean has_done = batch->length > 0;
  GList *link;

  for (link = batch->head; error != NULL && link != NULL; link = link->next)
    {
      ((HeinSpoolJob *) link->data)->file = NULL;
      ((HeinSpoolJob *) link->data)->error = g_error_copy (error);
    }
  if (error == NULL)
    g_array_set_size (self->settled, 0);
  if (error == NULL && has_done)
    self->file->is_known = TRUE;
  g_mutex_lock (&self->lock);
  while ((link = g_queue_pop_head_link (batch)) != NULL)
    g_queue_push_tail_link (&self->done, link);
  g_mutex_unlock (&self->lock);
  if (has_done)
    self->told (self->data);
}

static void
run_batch (HeinSpoolWriter *self, GQueue *batch)
{
  g_autoptr (GError) error = NULL;

  if (batch->length == 0 && self->settled->len == 0)
    return;
  g_byte_array_set_size (self->bytes, 0);
  if (begin_file (self, &error))
    {
      append_settled (self);
      append_messages (self, batch);
      write_batch (self, batch->length > 0, &error);
    }
  finish_batch (self, batch, error);
}

/* Does @job, or adds it to the batch. */
static void
take_job (HeinSpoolWriter *self, GQueue *batch, HeinSpoolJob *job)
{
  switch (job->deed)
    {
    case HEIN_SPOOL_WRITE:
      g_queue_push_tail_link (batch, &job->in_row);
      return;
    case HEIN_SPOOL_SETTLE:
      g_array_append_val (self->settled, job->number);
      break;
    case HEIN_SPOOL_REMOVE:
      hein_spool_folder_remove_file (self->folder, job->number);
      break;
    }
  hein_spool_job_free (job);
}

/* Waits for jobs. Returns FALSE when there will be no more. */
static gboolean
wait_for_jobs (HeinSpoolWriter *self, GQueue *taken)
{
  gsize size = 0;

  g_mutex_lock (&self->lock);
  self->is_busy = FALSE;
  g_cond_broadcast (&self->idle);
  while (self->row.length == 0 && !self->is_ending)
    g_cond_wait (&self->cond, &self->lock);
  self->is_busy = TRUE;
  while (self->row.length > 0 && size < BATCH_MAX)
    {
      HeinSpoolJob *job = g_queue_pop_head_link (&self->row)->data;

      size += job->body != NULL ? g_bytes_get_size (job->body) : 0;
      g_queue_push_tail_link (taken, &job->in_row);
    }
  g_mutex_unlock (&self->lock);
  return taken->length > 0;
}

static gpointer
run (gpointer data)
{
  HeinSpoolWriter *self = data;
  GQueue taken = G_QUEUE_INIT;
  GQueue batch = G_QUEUE_INIT;

  while (wait_for_jobs (self, &taken))
    {
      GList *link;

      while ((link = g_queue_pop_head_link (&taken)) != NULL)
        take_job (self, &batch, link->data);
      run_batch (self, &batch);
    }
  return NULL;
}

/* ---- for others ---- */

HeinSpoolWriter *
hein_spool_writer_new (HeinSpoolFolder *folder,
                       guint64 next_file,
                       guint64 next_number,
                       gsize file_max,
                       void (*told) (gpointer data),
                       gpointer data)
{
  HeinSpoolWriter *self = g_new0 (HeinSpoolWriter, 1);

  self->folder = folder;
  self->next_file = next_file;
  self->top = next_number - 1;
  self->file_max = file_max;
  self->told = told;
  self->data = data;
  self->settled = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->bytes = g_byte_array_new ();
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  g_cond_init (&self->idle);
  self->thread = g_thread_new ("hein spool", run, self);
  return self;
}

void
hein_spool_writer_push (HeinSpoolWriter *self, HeinSpoolJob *job)
{
  g_mutex_lock (&self->lock);
  g_queue_push_tail_link (&self->row, &job->in_row);
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

HeinSpoolJob *
hein_spool_writer_take_done (HeinSpoolWriter *self)
{
  GList *link;

  g_mutex_lock (&self->lock);
  link = g_queue_pop_head_link (&self->done);
  g_mutex_unlock (&self->lock);
  return link != NULL ? link->data : NULL;
}

void
hein_spool_writer_flush (HeinSpoolWriter *self)
{
  g_mutex_lock (&self->lock);
  while (self->row.length > 0 || self->is_busy)
    g_cond_wait (&self->idle, &self->lock);
  g_mutex_unlock (&self->lock);
}

void
hein_spool_writer_end (HeinSpoolWriter *self)
{
  if (self->thread == NULL)
    return;
  g_mutex_lock (&self->lock);
  self->is_ending = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  g_thread_join (g_steal_pointer (&self->thread));
}

void
hein_spool_writer_free (HeinSpoolWriter *self, gboolean is_fork)
{
  /* the lock may be held for ever, and the memory changes no more */
  if (is_fork)
    return;
  hein_spool_writer_end (self);
  free_row (&self->row);
  free_row (&self->done);
  drop_file (self);
  g_array_unref (self->settled);
  g_byte_array_unref (self->bytes);
  g_clear_error (&self->broken);
  g_cond_clear (&self->idle);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}

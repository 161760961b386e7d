/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-spool-folder.h"
#include "hein-spool-format.h"

/* The thread that writes the records of a spool. */

G_BEGIN_DECLS

typedef struct _HeinSpoolWriter HeinSpoolWriter;

/* A file that has records. It is made by the writer, and belongs to the spool
 * from the first of its records on that is done. */
typedef struct
{
  guint64 number; /* of the file */
  guint64 salt;
  int fd;

  /* the writer's thread */
  gboolean is_known; /* to the spool */
  guint64 size;

  /* of the spool */
  guint64 known_size; /* up to the end of the last message */
  GQueue entries;     /* those that are not settled, by in_file */
} HeinSpoolFile;

typedef enum
{
  HEIN_SPOOL_WRITE,  /* a message, which is done when it is on the disk */
  HEIN_SPOOL_SETTLE, /* a number; never done */
  HEIN_SPOOL_REMOVE  /* a file; never done */
} HeinSpoolDeed;

typedef struct
{
  HeinSpoolDeed deed;
  guint64 number;
  GBytes *body;  /* owned */
  gpointer data; /* of the spool */
  GList in_row;

  /* the result */
  HeinSpoolFile *file;
  guint64 offset;
  GError *error; /* owned */
} HeinSpoolJob;

HeinSpoolJob *hein_spool_job_new (HeinSpoolDeed deed, guint64 number);
void hein_spool_job_free (HeinSpoolJob *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinSpoolJob, hein_spool_job_free)

/* @told is called on the writer's thread when jobs are done. Files get the
 * numbers from @next_file on, messages those from @next_number on, and a new
 * file begins above @file_max bytes. */
HeinSpoolWriter *hein_spool_writer_new (HeinSpoolFolder *folder,
                                        guint64 next_file,
                                        guint64 next_number,
                                        gsize file_max,
                                        void (*told) (gpointer data),
                                        gpointer data);
/* Takes ownership of @job. */
void hein_spool_writer_push (HeinSpoolWriter *self, HeinSpoolJob *job);
/* The next that is done. (transfer full) (nullable) */
HeinSpoolJob *hein_spool_writer_take_done (HeinSpoolWriter *self);
/* Waits until all that was pushed is done. */
void hein_spool_writer_flush (HeinSpoolWriter *self);
/* The same; then nothing may be pushed. */
void hein_spool_writer_end (HeinSpoolWriter *self);
/* @is_fork: the thread is in another process. */
void hein_spool_writer_free (HeinSpoolWriter *self, gboolean is_fork);

G_END_DECLS

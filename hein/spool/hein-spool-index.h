/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-spool-writer.h"

/* What the files of a folder say together. */

G_BEGIN_DECLS

/* A message in the spool. */
typedef struct
{
  guint64 number;
  gpointer data;       /* of the user */
  HeinSpoolFile *file; /* borrowed; NULL while it is being written */
  guint64 offset;
  guint32 size; /* of the record */
  gboolean is_moving;
  gboolean is_over; /* settled while it moved */
  GList in_file;
} HeinSpoolEntry;

/* What was found in the folder. */
typedef struct
{
  GPtrArray *entries; /* borrowed HeinSpoolEntry, in order */
  guint64 n_missing;  /* messages that are damaged beyond reading */
  gsize n_damaged;    /* bytes */
  gsize n_torn;       /* bytes of what was never accepted */
} HeinSpoolStock;

void hein_spool_stock_clear (HeinSpoolStock *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HeinSpoolStock, hein_spool_stock_clear)

typedef struct
{
  GQueue files; /* owned HeinSpoolFile, in order, with their entries */
  guint64 next_file;
  guint64 next_number;
  guint64 size; /* of all files */
  guint64 live; /* of the messages that are not settled */
  HeinSpoolStock stock;
} HeinSpoolIndex;

gboolean hein_spool_index_read (HeinSpoolIndex *self,
                                HeinSpoolFolder *folder,
                                GError **error);
/* The body of a message. (transfer full) */
GBytes *hein_spool_entry_read (HeinSpoolEntry *self,
                               HeinSpoolFolder *folder,
                               GError **error);
/* Frees the files with their entries. */
void hein_spool_index_clear (HeinSpoolIndex *self);
void hein_spool_file_free (HeinSpoolFile *self);

G_END_DECLS

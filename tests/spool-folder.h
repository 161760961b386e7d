/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "spool/hein-spool.h"

/* A folder with a spool, for tests that look at its files. */

G_BEGIN_DECLS

typedef struct
{
  char *path; /* owned; it and its files are removed in the end */
  HeinSpool *spool;
  HeinSpoolStock stock;
} SpoolFolder;

void spool_folder_init (SpoolFolder *self);
void spool_folder_clear (SpoolFolder *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SpoolFolder, spool_folder_clear)

void spool_folder_open (SpoolFolder *self, guint64 limit);
void spool_folder_close (SpoolFolder *self);
/* Opens it where that has to fail. */
GError *spool_folder_fail (SpoolFolder *self);
/* Appends a message, and waits for it. NULL: it was not accepted. */
HeinSpoolEntry *
spool_folder_append (SpoolFolder *self, const char *text, GError **error);
/* What the spool has: its messages, each followed by a space. */
char *spool_folder_dup_text (SpoolFolder *self);
/* Removes all files. */
void spool_folder_empty (SpoolFolder *self);
/* The number of its files, without the lock. */
guint spool_folder_count (SpoolFolder *self);
/* The path of a file of it, by its number. */
char *spool_folder_get_file (SpoolFolder *self, guint64 number);

G_END_DECLS

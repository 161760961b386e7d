/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* The folder of a spool: whose it is, who uses it, and its files. */

G_BEGIN_DECLS

typedef struct
{
  char *path; /* owned */
  int fd;
  int lock_fd; /* -1: it is only read */
} HeinSpoolFolder;

/* Makes the folder if it is not there, and locks it. Fails with
 * G_IO_ERROR_BUSY while another process, or another bus, has it. */
gboolean hein_spool_folder_open (HeinSpoolFolder *self,
                                 const char *path,
                                 GError **error);
/* To look into it, also while a process has it. */
gboolean hein_spool_folder_look (HeinSpoolFolder *self,
                                 const char *path,
                                 GError **error);
typedef enum
{
  HEIN_SPOOL_NO_LOCK, /* no process ever had it */
  HEIN_SPOOL_FREE,
  HEIN_SPOOL_IN_USE
} HeinSpoolUse;

/* Whether a process has it now. */
HeinSpoolUse hein_spool_folder_get_use (HeinSpoolFolder *self);
void hein_spool_folder_close (HeinSpoolFolder *self);
/* The numbers of the files, in order. (transfer full) */
GArray *hein_spool_folder_list (HeinSpoolFolder *self, GError **error);
/* Opens a file to be read. Returns -1 with @error. */
int hein_spool_folder_open_file (HeinSpoolFolder *self,
                                 guint64 number,
                                 GError **error);
/* Makes a file that is not there yet. Returns -1 with @error. */
int hein_spool_folder_make_file (HeinSpoolFolder *self,
                                 guint64 number,
                                 GError **error);
gboolean hein_spool_folder_sync (HeinSpoolFolder *self, GError **error);
void hein_spool_folder_remove_file (HeinSpoolFolder *self, guint64 number);
/* Sets an error from errno, about the folder. */
void hein_spool_folder_fail (HeinSpoolFolder *self,
                             GError **error,
                             int code,
                             const char *what);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-spool-folder.h"
#include "hein-spool-scan.h"

/* Reading the files of a folder, one after the other. */

G_BEGIN_DECLS

/* One file: its descriptor, which the receiver takes, and what it has. */
typedef struct
{
  guint64 number;
  int fd;
  gsize size;
  HeinSpoolScan scan;
} HeinSpoolLoaded;

typedef struct
{
  /* called before the records of a file */
  void (*begin) (HeinSpoolLoaded *file, gpointer data);
  HeinSpoolFound found;
  /* called behind them */
  void (*end) (HeinSpoolLoaded *file, gpointer data);
} HeinSpoolLoadFuncs;

gboolean hein_spool_load (HeinSpoolFolder *folder,
                          const HeinSpoolLoadFuncs *funcs,
                          gpointer data,
                          GError **error);
/* Reads the bytes at @offset. (transfer full) */
guint8 *hein_spool_load_bytes (
  HeinSpoolFolder *folder, int fd, guint64 offset, gsize size, GError **error);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/* The state of a file when it was last looked at, to notice changes; all 0:
 * there was no file. The change time covers the mode as well. */
typedef struct
{
  guint64 device;
  guint64 inode;
  gint64 size;
  struct timespec written;
  struct timespec changed;
} HeinSecretStamp;

static inline HeinSecretStamp
hein_secret_stamp_from_stat (const struct stat *info)
{
  return (HeinSecretStamp){
    .device = info->st_dev,
    .inode = info->st_ino,
    .size = info->st_size,
    .written = info->st_mtim,
    .changed = info->st_ctim,
  };
}

static inline HeinSecretStamp
hein_secret_stamp_look (const char *path)
{
  struct stat info;

  if (stat (path, &info) != 0)
    return (HeinSecretStamp){ .size = 0 };
  return hein_secret_stamp_from_stat (&info);
}

static inline gboolean
hein_secret_stamp_is_same (const HeinSecretStamp *a, const HeinSecretStamp *b)
{
  return a->device == b->device && a->inode == b->inode && a->size == b->size &&
         a->written.tv_sec == b->written.tv_sec &&
         a->written.tv_nsec == b->written.tv_nsec &&
         a->changed.tv_sec == b->changed.tv_sec &&
         a->changed.tv_nsec == b->changed.tv_nsec;
}

G_END_DECLS

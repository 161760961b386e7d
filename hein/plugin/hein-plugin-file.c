/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-plugin-file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hein/hein-error.h>

/*
 * Checks and opens the file of a module, or of a script. Code of a module runs
 * with all rights of the process, from its first constructor on. So the file is
 * checked before it is loaded, by a descriptor, so that the file which was
 * checked is the one loaded.
 */

#define SCRIPT_SIZE_MAX (1024 * 1024) /* bytes: larger ones are a mistake */

gboolean
hein_plugin_refuse (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_propagate_error (error,
                     g_error_new_valist (HEIN_ERROR, HEIN_ERROR_BAD_PLUGIN,
                                         format, arguments));
  va_end (arguments);
  return FALSE;
}

/* ---- is the file complete? ---- */

static gboolean
lies_inside (const struct stat *file, guint64 offset, guint64 size)
{
  guint64 whole = (guint64) file->st_size;

  return offset <= whole && size <= whole - offset;
}

/* Less than @size only where the file ends, or with errno set. */
static gsize
read_at (int fd, gpointer data, gsize size, guint64 offset)
{
  gsize n_read = 0;
  gssize n;

  do
    {
      n = pread (fd, (guint8 *) data + n_read, size - n_read,
                 (off_t) (offset + n_read));
      n_read += n > 0 ? (gsize) n : 0;
    }
  while ((n > 0 && n_read < size) || (n < 0 && errno == EINTR));
  return n_read;
}

static gboolean
are_segments_inside (int fd,
                     const struct stat *file,
                     const ElfW (Ehdr) * header)
{
  gsize size = (gsize) header->e_phnum * sizeof (ElfW (Phdr));
  g_autofree ElfW (Phdr) *segments = NULL;

  if (!lies_inside (file, header->e_phoff, size))
    return FALSE;
  segments = g_malloc (size);
  if (read_at (fd, segments, size, header->e_phoff) != size)
    return FALSE;
  for (guint i = 0; i < header->e_phnum; i++)
    if (!lies_inside (file, segments[i].p_offset, segments[i].p_filesz))
      return FALSE;
  return TRUE;
}

gboolean
hein_plugin_file_is_whole (int fd, const struct stat *file)
{
  ElfW (Ehdr) header;

  return read_at (fd, &header, sizeof header, 0) == sizeof header &&
         memcmp (header.e_ident, ELFMAG, SELFMAG) == 0 &&
         header.e_ident[EI_CLASS] ==
           (sizeof (void *) == 8 ? ELFCLASS64 : ELFCLASS32) &&
         header.e_ident[EI_DATA] ==
           (G_BYTE_ORDER == G_BIG_ENDIAN ? ELFDATA2MSB : ELFDATA2LSB) &&
         header.e_type == ET_DYN && header.e_phnum > 0 &&
         header.e_phentsize == sizeof (ElfW (Phdr)) &&
         lies_inside (file, header.e_shoff,
                      (guint64) header.e_shnum * header.e_shentsize) &&
         are_segments_inside (fd, file, &header);
}

/* ---- who may change the file? ---- */

static gboolean
is_ours (const struct stat *status)
{
  return status->st_uid == 0 || status->st_uid == geteuid ();
}

/* In a sticky folder, such as /tmp, others may add files but not replace
 * ours. */
static gboolean
may_others_replace (const struct stat *folder)
{
  return folder->st_mode & (S_IWGRP | S_IWOTH) && !(folder->st_mode & S_ISVTX);
}

static gboolean
check_folder (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  struct stat status;

  if (stat (folder, &status) != 0)
    return hein_plugin_refuse (error,
                               "is in a folder that cannot be looked at: %s",
                               g_strerror (errno));
  if (!is_ours (&status))
    return hein_plugin_refuse (
      error, "is in a folder that belongs to user %u, not to root or you",
      status.st_uid);
  if (may_others_replace (&status))
    return hein_plugin_refuse (error,
                               "is in a folder that can be written by others "
                               "(chmod go-w, or +t, the folder)");
  return TRUE;
}

/* Checks what holds for modules and scripts; @file is filled. */
static gboolean
check_file (int fd, struct stat *file, GError **error)
{
  if (fd < 0 || fstat (fd, file) != 0)
    return hein_plugin_refuse (error, "cannot be read: %s", g_strerror (errno));
  if (!S_ISREG (file->st_mode))
    return hein_plugin_refuse (error, "is not a file");
  if (!is_ours (file))
    return hein_plugin_refuse (error, "belongs to user %u, not to root or you",
                               file->st_uid);
  if (file->st_mode & (S_IWGRP | S_IWOTH))
    return hein_plugin_refuse (error, "can be written by others (chmod go-w)");
  return TRUE;
}

static gboolean
check_module (int fd, GError **error)
{
  struct stat file;

  if (!check_file (fd, &file, error))
    return FALSE;
  if (!hein_plugin_file_is_whole (fd, &file))
    return hein_plugin_refuse (error,
                               "is not a whole ELF module of this machine");
  return TRUE;
}

/* ---- loading ---- */

/* Returns whether nobody else can put another file there: checks every folder
 * up to the root. */
static gboolean
is_path_ours (const char *real_path)
{
  g_autofree char *folder = g_path_get_dirname (real_path);

  for (;;)
    {
      g_autofree char *parent = g_path_get_dirname (folder);
      struct stat status;

      if (stat (folder, &status) != 0 || !is_ours (&status) ||
          may_others_replace (&status))
        return FALSE;
      if (g_str_equal (parent, folder))
        return TRUE;
      g_free (g_steal_pointer (&folder));
      folder = g_steal_pointer (&parent);
    }
}

/* Makes a path that no earlier call has made. The dynamic linker and GModule
 * identify modules by name, but descriptor numbers are reused; so each path has
 * one "./" more than the one before. */
static char *
dup_descriptor_path (int fd)
{
  static guint n_made; /* needs no lock: one thread loads at a time */
  GString *path = g_string_new ("/proc/self/fd/");

  for (guint i = 0; i < n_made; i++)
    g_string_append (path, "./");
  n_made++;
  g_string_append_printf (path, "%d", fd);
  return g_string_free (path, FALSE);
}

/* Returns the real path, which debuggers want to see, when it certainly leads
 * to the file that was checked; otherwise a path by way of the descriptor. */
static char *
dup_loadable_path (int fd, const char *path)
{
  char *real_path = realpath (path, NULL);
  struct stat named;
  struct stat checked;

  if (real_path != NULL && is_path_ours (real_path) &&
      stat (real_path, &named) == 0 && fstat (fd, &checked) == 0 &&
      named.st_dev == checked.st_dev && named.st_ino == checked.st_ino)
    return real_path;
  free (real_path);
  return dup_descriptor_path (fd);
}

/* Does not wait for anybody when the path leads to a pipe. */
static int
open_unchecked (const char *path)
{
  return open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

GModule *
hein_plugin_file_open (const char *path, GError **error)
{
  int fd = open_unchecked (path);
  g_autoptr (GError) local = NULL;
  GModule *module = NULL;

  if (check_module (fd, error) && check_folder (path, error))
    {
      g_autofree char *loadable = dup_loadable_path (fd, path);

      module = g_module_open_full (loadable, G_MODULE_BIND_LOCAL, &local);
      if (module == NULL)
        hein_plugin_refuse (error, "cannot be opened: %s", local->message);
    }
  if (fd >= 0)
    close (fd);
  return module;
}

/* ---- scripts ---- */

static char *
read_text (int fd, gsize size, GError **error)
{
  g_autofree char *text = g_malloc (size + 1);
  gsize n_read;

  errno = 0;
  n_read = read_at (fd, text, size, 0);
  if (n_read < size && errno != 0)
    {
      hein_plugin_refuse (error, "cannot be read: %s", g_strerror (errno));
      return NULL;
    }
  text[n_read] = '\0';
  if (g_utf8_validate_len (text, n_read, NULL))
    return g_steal_pointer (&text);
  hein_plugin_refuse (error, "is not UTF-8 without NUL");
  return NULL;
}

char *
hein_plugin_file_read (const char *path, gboolean is_secure, GError **error)
{
  int fd = open_unchecked (path);
  char *text = NULL;
  struct stat file;

  if (is_secure)
    hein_plugin_refuse (error, "is a script: a program with more rights than "
                               "its user (set-user-ID) runs none");
  else if (check_file (fd, &file, error) && check_folder (path, error))
    {
      if (file.st_size > SCRIPT_SIZE_MAX)
        hein_plugin_refuse (error,
                            "has %" G_GUINT64_FORMAT " bytes; a script has at "
                            "most %d",
                            (guint64) file.st_size, SCRIPT_SIZE_MAX);
      else
        text = read_text (fd, (gsize) file.st_size, error);
    }
  if (fd >= 0)
    close (fd);
  return text;
}

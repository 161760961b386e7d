/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/stat.h>

#include <gmodule.h>

G_BEGIN_DECLS

/*
 * Opens the module at @path, of which no code runs before it and its folder
 * are known to belong to root or the user of this process, and to be closed to
 * others. BAD_PLUGIN says what is wrong, as the end of a sentence that begins
 * with the path. Thread: the loader's.
 */
GModule *hein_plugin_file_open (const char *path, GError **error);

/* FALSE with BAD_PLUGIN, whose text goes on behind a path. */
gboolean hein_plugin_refuse (GError **error, const char *format, ...)
  G_GNUC_PRINTF (2, 3);

/* Whether an ELF file has what its headers promise: the dynamic linker maps
 * that, and the process dies of SIGBUS when a file that is still being copied
 * has less. */
gboolean hein_plugin_file_is_whole (int fd, const struct stat *file);

G_END_DECLS

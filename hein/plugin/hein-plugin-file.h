/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/stat.h>

#include <gmodule.h>

/* Opening the file of a module or a script after checks that make it safe to
 * load. */

G_BEGIN_DECLS

/*
 * Checks the module at @path and opens it. No code of the module runs before it
 * and its folder are known to belong to root or the user of this process, and
 * to be writable by nobody else. The message of HEIN_ERROR_BAD_PLUGIN continues
 * a sentence that begins with the path. Thread: the loader's.
 */
GModule *hein_plugin_file_open (const char *path, GError **error);

/*
 * Reads the script at @path, of at most 1 MiB, after the same checks;
 * @is_secure: whether the process has more rights than its user, so that no
 * script is run. The text of the error continues a sentence, as above. Thread:
 * any. (transfer full)
 */
char *
hein_plugin_file_read (const char *path, gboolean is_secure, GError **error);

/* Sets HEIN_ERROR_BAD_PLUGIN, with a text that continues a path; returns
 * FALSE. */
gboolean hein_plugin_refuse (GError **error, const char *format, ...)
  G_GNUC_PRINTF (2, 3);

/* Returns whether an ELF file is as long as its headers say. The dynamic linker
 * maps what they say, and a process that touches a part beyond the end of a
 * file (one that is still being copied, say) is killed by SIGBUS. */
gboolean hein_plugin_file_is_whole (int fd, const struct stat *file);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include <glib.h>

/*
 * The folder of control sockets, $XDG_RUNTIME_DIR/hein, and which socket may be
 * trusted. The command line is made of this file as well, so that it uses
 * nothing of the library.
 */

G_BEGIN_DECLS

/* Gets the path of the folder, whether it exists or not. NULL with @error when
 * XDG_RUNTIME_DIR does not say where it is. */
char *hein_inspect_folder_dup (GError **error);
/* Checks that nobody but this user can enter @folder. */
gboolean hein_inspect_folder_check (const char *folder, GError **error);
/* Makes @folder unless it exists, and checks it. */
gboolean hein_inspect_folder_make (const char *folder, GError **error);

/* Gets the name of a socket: "PID-NAME", and "-SUFFIX" unless that is NULL, in
 * at most @max bytes. What a file name had better not contain is %XX. */
char *hein_inspect_folder_dup_name (pid_t pid,
                                    const char *bus_name,
                                    const char *suffix,
                                    gsize max);
/* The opposite; @bus_name (owned) may be cut short. FALSE: not such a name. */
gboolean
hein_inspect_folder_parse_name (const char *name, pid_t *pid, char **bus_name);
/* Bytes for the name of a socket in @folder; 0: its path is too long. */
gsize hein_inspect_folder_get_room (const char *folder);

/* Connects to the socket @path, without blocking. Returns the descriptor, or a
 * negative errno. */
int hein_inspect_folder_connect (const char *path);
/* Whether a process of this user is at the other end of @fd; @pid (nullable):
 * which. */
gboolean hein_inspect_folder_is_ours (int fd, pid_t *pid);
/* Removes the socket @path when nobody listens to it and the process that made
 * it is gone; @pid: that process. */
gboolean hein_inspect_folder_remove_stale (const char *path, pid_t pid);

G_END_DECLS

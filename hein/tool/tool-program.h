/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include <glib.h>

/* What a process runs. */

G_BEGIN_DECLS

/* Gets the name of the program of @pid and, where there is one, its first word:
 * "python3 lamp.py", "hein receive". Empty: nobody can tell. (transfer full) */
char *tool_program_dup (pid_t pid);

G_END_DECLS

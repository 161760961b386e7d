/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Finding out whether this process is a forked child. */

G_BEGIN_DECLS

/*
 * The number of forks since the process was started. Whatever was made in an
 * earlier generation belongs to the parent, as do its descriptors. Comparing
 * the number is cheaper than getpid (), which is a system call.
 */
extern guint hein_fork_generation;

/* Starts counting. To be called before any code stores a generation. */
void hein_fork_watch (void);

G_END_DECLS

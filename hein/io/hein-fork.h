/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Forks, counted: what was made in an earlier generation belongs to the parent,
 * and so do the descriptors in it. Cheaper than getpid (), which is a system
 * call.
 */
extern guint hein_fork_generation;

/* Begins to count; before anything remembers a generation. */
void hein_fork_watch (void);

G_END_DECLS

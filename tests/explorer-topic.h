/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Topics of the explorer, and what is subscribed to or allowed of them: a set
 * of topics has a bit for each. The first SCENE_N_TOPICS are published. */

G_BEGIN_DECLS

#define TOPIC_ALL G_MAXUINT32

extern const char *const topic_names[];

/* Returns which one it is, or G_MAXUINT. */
guint topic_find (const char *name);
/* Those that begin so, or that the pattern matches. */
guint32 topic_set_of_prefix (const char *prefix);
guint32 topic_set_of_pattern (const char *pattern);
/* One at random, of those that match some and not all. */
const char *topic_draw_prefix (void);
const char *topic_draw_pattern (void);

G_END_DECLS

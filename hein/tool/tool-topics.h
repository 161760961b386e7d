/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* The options --topic and --pattern: which messages a command wants. */

G_BEGIN_DECLS

typedef struct
{
  char **topics;
  char **patterns;
  guint64 n_hidden; /* messages of other topics */
} ToolTopics;

/* Fills in the options of @self, which must outlive @entries, and a NULL
 * entry. */
#define TOOL_TOPICS_N_OPTIONS 3
void tool_topics_fill_options (ToolTopics *self, GOptionEntry *entries);
/* FALSE: the options are wrong, and it has complained. */
gboolean tool_topics_check (ToolTopics *self);
/* The same for what a bus subscribes to. */
gboolean tool_topics_subscribe (ToolTopics *self, HeinBus *bus);
/* Checks the topic: peers whose protocol has no subscriptions send
 * everything. */
gboolean tool_topics_want (ToolTopics *self, HeinMessage *message);
void tool_topics_clear (ToolTopics *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-topics.h"

#include "tool-options.h"

/* Which messages a command wants. */

#define MAX_TOPICS 1024

void
tool_topics_fill_options (ToolTopics *self, GOptionEntry *entries)
{
  const GOptionEntry own[TOOL_TOPICS_N_OPTIONS] = {
    { "topic", 't', 0, G_OPTION_ARG_FILENAME_ARRAY, &self->topics,
      "Only topics that begin with PREFIX; may be given several times",
      "PREFIX" },
    { "pattern", 'p', 0, G_OPTION_ARG_FILENAME_ARRAY, &self->patterns,
      "Only topics that match PATTERN, in which the level * is any, and ** is "
      "any number of levels; may be given several times",
      "PATTERN" },
    { NULL },
  };

  memcpy (entries, own, sizeof own);
}

static gboolean
is_too_many (const char *option, char **list)
{
  if (list == NULL || g_strv_length (list) <= MAX_TOPICS)
    return FALSE;
  tool_complain_usage ("%s can be given %d times", option, MAX_TOPICS);
  return TRUE;
}

gboolean
tool_topics_check (ToolTopics *self)
{
  if (is_too_many ("--topic", self->topics) ||
      is_too_many ("--pattern", self->patterns))
    return FALSE;
  for (guint i = 0; self->topics != NULL && self->topics[i] != NULL; i++)
    if (!tool_check_topic ("--topic", self->topics[i]))
      return FALSE;
  return TRUE;
}

gboolean
tool_topics_subscribe (ToolTopics *self, HeinBus *bus)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; self->topics != NULL && self->topics[i] != NULL; i++)
    hein_bus_subscribe (bus, self->topics[i], NULL); /* checked */
  for (guint i = 0; self->patterns != NULL && self->patterns[i] != NULL; i++)
    if (!hein_bus_subscribe_pattern (bus, self->patterns[i], &error))
      {
        tool_complain_usage ("--pattern: %s", error->message);
        return FALSE;
      }
  return TRUE;
}

gboolean
tool_topics_want (ToolTopics *self, HeinMessage *message)
{
  const char *topic = hein_message_get_topic (message);
  HeinPeer *sender = hein_message_get_sender (message);

  if (self->topics == NULL && self->patterns == NULL)
    return TRUE;
  for (guint i = 0; self->topics != NULL && self->topics[i] != NULL; i++)
    if (g_str_has_prefix (topic, self->topics[i]))
      return TRUE;
  for (guint i = 0; self->patterns != NULL && self->patterns[i] != NULL; i++)
    if (hein_topic_matches (topic, self->patterns[i]))
      return TRUE;
  if (self->n_hidden++ == 0 && topic[0] == '\0')
    tool_complain ("messages of %s have no topic, so that %s hides them",
                   sender != NULL ? hein_peer_get_name (sender) : "somebody",
                   self->topics != NULL ? "--topic" : "--pattern");
  return FALSE;
}

void
tool_topics_clear (ToolTopics *self)
{
  g_strfreev (self->topics);
  g_strfreev (self->patterns);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-message.h>

#include "hein-pattern.h"

/* What programs may ask about topics. */

/**
 * hein_topic_matches:
 * @topic: a topic
 * @pattern: a pattern
 *
 * Returns whether a topic matches a pattern, as
 * [method@Bus.subscribe_pattern] and [method@Bus.serve] compare them: for
 * programs that subscribe to several, and tell messages apart. In what is no
 * pattern every level but `*` and `**` stands for itself.
 *
 * - Thread: any.
 *
 * Returns: whether it matches
 *
 * Since: 0.9
 */
gboolean
hein_topic_matches (const char *topic, const char *pattern)
{
  g_return_val_if_fail (topic != NULL, FALSE);
  g_return_val_if_fail (pattern != NULL, FALSE);

  return hein_pattern_match (pattern, topic, strlen (topic));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-subscriptions.h"

#include <string.h>

#include "hein-subscriber.h"
#include "message/hein-pattern.h"

/*
 * The prefixes and patterns that the bus has subscribed to. Peers that know
 * prefixes only send what begins like the patterns, and this side leaves out
 * what is not meant.
 */

static gboolean
matches_pattern (HeinCore *self, const char *topic, gsize topic_size)
{
  HeinOwnPatterns *patterns = self->roster.patterns;

  return patterns != NULL &&
         hein_pattern_tree_has_match (&patterns->tree, topic, topic_size, NULL);
}

gboolean
hein_subscriptions_have (HeinCore *self, const char *topic, gsize topic_size)
{
  return hein_prefixes_match (&self->roster.subscriptions,
                              (const guint8 *) topic, topic_size) ||
         matches_pattern (self, topic, topic_size);
}

gboolean
hein_subscriptions_want_part (HeinCore *self,
                              const char *topic,
                              gsize topic_size,
                              const guint8 *part,
                              gsize size)
{
  return hein_subscriptions_want (self, topic, topic_size) ||
         (topic_size == 0 &&
          hein_prefixes_match (&self->roster.subscriptions, part, size));
}

/* ---- patterns ---- */

gboolean
hein_subscriptions_has_beginning (HeinCore *self, const char *prefix)
{
  const HeinOwnPatterns *patterns = self->roster.patterns;

  return patterns != NULL && hein_prefixes_has (&patterns->beginnings, prefix);
}

static void
drop_if_empty (HeinCore *self)
{
  HeinOwnPatterns *patterns = self->roster.patterns;

  if (patterns == NULL || hein_prefixes_get_size (&patterns->set) > 0)
    return;
  hein_prefixes_clear (&patterns->set);
  hein_prefixes_clear (&patterns->beginnings);
  hein_pattern_tree_clear (&patterns->tree);
  g_clear_pointer (&self->roster.patterns, g_free);
}

static char *
dup_beginning (const char *pattern)
{
  return g_strndup (pattern, hein_pattern_get_beginning (pattern));
}

static gboolean
add_pattern (HeinCore *self,
             const char *pattern,
             HeinPatternChange *change,
             GError **error)
{
  const guint8 *bytes = (const guint8 *) pattern;
  const gsize size = strlen (pattern);
  HeinOwnPatterns *patterns;

  if (self->roster.patterns == NULL)
    self->roster.patterns = g_new0 (HeinOwnPatterns, 1);
  patterns = self->roster.patterns;
  if (!hein_prefixes_add_pattern (&patterns->set, bytes, size, &change->changed,
                                  error))
    {
      drop_if_empty (self);
      return FALSE;
    }
  if (!change->changed)
    return TRUE;
  hein_pattern_tree_add (&patterns->tree,
                         hein_prefixes_find (&patterns->set, bytes, size),
                         self);
  change->beginning = dup_beginning (pattern);
  hein_prefixes_add (&patterns->beginnings, (const guint8 *) change->beginning,
                     strlen (change->beginning), &change->has_beginning, NULL);
  change->has_beginning =
    change->has_beginning &&
    !hein_prefixes_has (&self->roster.subscriptions, change->beginning);
  return TRUE;
}

gboolean
hein_subscriptions_add_pattern (HeinCore *self,
                                const char *pattern,
                                HeinPatternChange *change,
                                GError **error)
{
  gboolean ok;

  *change = (HeinPatternChange){ FALSE };
  hein_subscriber_begin_change (self);
  ok = add_pattern (self, pattern, change, error);
  hein_subscriber_end_change (self);
  return ok;
}

static void
remove_pattern (HeinCore *self, const char *pattern, HeinPatternChange *change)
{
  const guint8 *bytes = (const guint8 *) pattern;
  const gsize size = strlen (pattern);
  HeinOwnPatterns *patterns = self->roster.patterns;
  HeinPrefix *old =
    patterns != NULL ? hein_prefixes_find (&patterns->set, bytes, size) : NULL;

  if (old == NULL)
    return;
  if (old->count == 1)
    hein_pattern_tree_remove (&patterns->tree, old);
  change->changed = hein_prefixes_remove (&patterns->set, bytes, size);
  if (!change->changed)
    return;
  change->beginning = dup_beginning (pattern);
  change->has_beginning =
    hein_prefixes_remove (&patterns->beginnings,
                          (const guint8 *) change->beginning,
                          strlen (change->beginning)) &&
    !hein_prefixes_has (&self->roster.subscriptions, change->beginning);
  drop_if_empty (self);
}

void
hein_subscriptions_remove_pattern (HeinCore *self,
                                   const char *pattern,
                                   HeinPatternChange *change)
{
  *change = (HeinPatternChange){ FALSE };
  hein_subscriber_begin_change (self);
  remove_pattern (self, pattern, change);
  hein_subscriber_end_change (self);
}

/* ---- prefixes ---- */

gboolean
hein_subscriptions_add_prefix (HeinCore *self,
                               const char *prefix,
                               gboolean *added,
                               GError **error)
{
  gboolean ok;

  hein_subscriber_begin_change (self);
  ok = hein_prefixes_add (&self->roster.subscriptions, (const guint8 *) prefix,
                          strlen (prefix), added, error);
  hein_subscriber_end_change (self);
  return ok;
}

gboolean
hein_subscriptions_remove_prefix (HeinCore *self, const char *prefix)
{
  gboolean is_gone;

  hein_subscriber_begin_change (self);
  is_gone = hein_prefixes_remove (&self->roster.subscriptions,
                                  (const guint8 *) prefix, strlen (prefix));
  hein_subscriber_end_change (self);
  return is_gone;
}

/* ---- the whole ---- */

void
hein_subscriptions_clear (HeinCore *self)
{
  hein_subscriber_detach (self);
  hein_prefixes_clear (&self->roster.subscriptions);
  if (self->roster.patterns == NULL)
    return;
  hein_prefixes_clear (&self->roster.patterns->set);
  drop_if_empty (self);
}

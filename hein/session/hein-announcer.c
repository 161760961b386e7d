/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-announcer.h"

#include "hein-link-filter.h"
#include "link/hein-link-send.h"
#include "link/hein-link-state.h"
#include "link/hein-link.h"
#include "message/hein-prefixes.h"

/*
 * Telling peers what the bus has subscribed to. Peers that know prefixes only
 * are told how patterns begin, each beginning once; what they send beyond that
 * is left out here.
 */

typedef struct
{
  const char *prefix;  /* NULL: nothing changes for who knows prefixes only */
  const char *pattern; /* what others are told instead; NULL: the prefix */
  gboolean is_alone;   /* nothing else is subscribed to */
} Change;

/* A bus without any subscription asks for "", which may be one, too. */
static gboolean
is_as_without (const Change *change, gboolean is_pattern)
{
  return change->is_alone && !is_pattern && change->prefix != NULL &&
         change->prefix[0] == '\0';
}

/* Returns whether the peer has been told of the pattern itself. */
static gboolean
add_pattern (HeinLink *link, const char *pattern)
{
  if (link->knows_prefixes_only)
    return FALSE;
  if (hein_link_pattern (link, pattern, TRUE))
    return TRUE;
  link->knows_prefixes_only = TRUE;
  hein_link_filter_begin (link);
  return FALSE;
}

static void
add (HeinLink *link, const Change *change)
{
  const gboolean is_pattern =
    change->pattern != NULL && add_pattern (link, change->pattern);

  if (is_as_without (change, is_pattern))
    return;
  if (!is_pattern && change->prefix != NULL)
    hein_link_subscription (link, change->prefix, TRUE);
  if (change->is_alone)
    hein_link_subscription (link, "", FALSE);
}

/* Asks for what is wanted from now on before it ends the rest. */
static void
take_back (HeinLink *link, const Change *change)
{
  const gboolean is_pattern =
    change->pattern != NULL && !link->knows_prefixes_only;

  if (is_as_without (change, is_pattern))
    return;
  if (change->is_alone)
    hein_link_subscription (link, "", TRUE);
  if (is_pattern)
    hein_link_pattern (link, change->pattern, FALSE);
  else if (change->prefix != NULL)
    hein_link_subscription (link, change->prefix, FALSE);
}

static void
tell_all (HeinCore *self,
          Change *change,
          const char *prefix,
          void (*tell) (HeinLink *link, const Change *change))
{
  const gboolean is_told_already =
    change->pattern == NULL && hein_subscriptions_has_beginning (self, prefix);
  GList *next;

  for (GList *l = self->host.links.head; l != NULL; l = next)
    {
      HeinLink *link = l->data;

      next = l->next;
      if (!hein_link_hears (link))
        continue;
      change->prefix =
        is_told_already && link->knows_prefixes_only ? NULL : prefix;
      tell (link, change);
    }
}

void
hein_announcer_add (HeinCore *self, const char *prefix, gboolean was_empty)
{
  Change change = { .is_alone = was_empty };

  tell_all (self, &change, prefix, add);
}

void
hein_announcer_remove (HeinCore *self, const char *prefix)
{
  Change change = { .is_alone = hein_subscriptions_is_empty (self) };

  tell_all (self, &change, prefix, take_back);
}

void
hein_announcer_add_pattern (HeinCore *self,
                            const char *pattern,
                            const HeinPatternChange *pattern_change,
                            gboolean was_empty)
{
  Change change = { .pattern = pattern, .is_alone = was_empty };

  tell_all (self, &change,
            pattern_change->has_beginning ? pattern_change->beginning : NULL,
            add);
}

void
hein_announcer_remove_pattern (HeinCore *self,
                               const char *pattern,
                               const HeinPatternChange *pattern_change)
{
  Change change = {
    .pattern = pattern,
    .is_alone = hein_subscriptions_is_empty (self),
  };

  tell_all (self, &change,
            pattern_change->has_beginning ? pattern_change->beginning : NULL,
            take_back);
}

/* ---- a new connection ---- */

static void
begin_prefixes (HeinLink *link, const HeinPrefixes *prefixes)
{
  for (guint i = 0; i < hein_prefixes_get_size (prefixes); i++)
    hein_link_subscription (link, hein_prefixes_get (prefixes, i), TRUE);
}

static void
begin_patterns (HeinLink *link, const HeinOwnPatterns *patterns)
{
  const HeinPrefixes *set = &patterns->set;
  const HeinPrefixes *prefixes =
    &hein_core_of_link (link)->roster.subscriptions;

  for (guint i = 0; i < hein_prefixes_get_size (set); i++)
    if (!add_pattern (link, hein_prefixes_get (set, i)))
      break;
  if (!link->knows_prefixes_only)
    return;
  for (guint i = 0; i < hein_prefixes_get_size (&patterns->beginnings); i++)
    {
      const char *prefix = hein_prefixes_get (&patterns->beginnings, i);

      if (!hein_prefixes_has (prefixes, prefix))
        hein_link_subscription (link, prefix, TRUE);
    }
}

void
hein_announcer_begin (HeinLink *link)
{
  HeinCore *core = hein_core_of_link (link);

  if (hein_subscriptions_is_empty (core))
    hein_link_subscription (link, "", TRUE);
  begin_prefixes (link, &core->roster.subscriptions);
  if (core->roster.patterns != NULL)
    begin_patterns (link, core->roster.patterns);
}

/* ---- confirmation ---- */

gboolean
hein_announcer_ask (HeinLink *link, guint number)
{
  if (!hein_link_hears (link))
    return FALSE;
  if (hein_link_confirm (link, number))
    return TRUE;
  hein_link_flush (link);
  return FALSE;
}

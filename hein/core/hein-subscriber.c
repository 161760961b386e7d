/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-subscriber.h"

#include "message/hein-pattern.h"

/*
 * Lets other threads look at the subscriptions of a bus. Its own thread, which
 * alone changes them, reads them without the lock. Others do not search the
 * tree of patterns, since a search uses memory of the tree.
 */

/**
 * HeinSubscriber: (skip)
 *
 * What a bus has subscribed to, as other buses of the process see it: see
 * [method@Transport.dup_subscriber].
 *
 * Since: 0.9
 */
struct _HeinSubscriber
{
  gatomicrefcount refs;

  /* under lock */
  GMutex lock;
  HeinCore *core; /* borrowed; NULL: it is gone */
};

HeinSubscriber *
hein_subscriber_of (HeinCore *core)
{
  HeinSubscriber *self = core->roster.subscriber;

  if (self != NULL)
    return hein_subscriber_ref (self);
  self = g_new0 (HeinSubscriber, 1);
  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  self->core = core;
  core->roster.subscriber = self;
  return hein_subscriber_ref (self);
}

/**
 * hein_subscriber_ref: (skip)
 * @self: a subscriber
 *
 * Adds a reference.
 *
 * - Thread: any.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.9
 */
HeinSubscriber *
hein_subscriber_ref (HeinSubscriber *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->refs);
  return self;
}

/**
 * hein_subscriber_unref: (skip)
 * @self: (transfer full): a subscriber
 *
 * Drops a reference.
 *
 * - Thread: any.
 *
 * Since: 0.9
 */
void
hein_subscriber_unref (HeinSubscriber *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* ---- looking ---- */

static gboolean
matches_pattern (const HeinPrefixes *patterns,
                 const char *topic,
                 gsize topic_size)
{
  for (guint i = 0; i < hein_prefixes_get_size (patterns); i++)
    if (hein_pattern_match (hein_prefixes_get (patterns, i), topic, topic_size))
      return TRUE;
  return FALSE;
}

static gboolean
wants_locked (const HeinRoster *roster, const char *topic, gsize topic_size)
{
  if (roster->patterns == NULL &&
      hein_prefixes_get_size (&roster->subscriptions) == 0)
    return TRUE;
  return hein_prefixes_match (&roster->subscriptions, (const guint8 *) topic,
                              topic_size) ||
         (roster->patterns != NULL &&
          matches_pattern (&roster->patterns->set, topic, topic_size));
}

gboolean
hein_subscriber_wants (HeinSubscriber *self,
                       const char *topic,
                       gsize topic_size)
{
  gboolean wants;

  g_mutex_lock (&self->lock);
  wants =
    self->core == NULL || wants_locked (&self->core->roster, topic, topic_size);
  g_mutex_unlock (&self->lock);
  return wants;
}

/* ---- for the bus ---- */

void
hein_subscriber_begin_change (HeinCore *core)
{
  if (core->roster.subscriber != NULL)
    g_mutex_lock (&core->roster.subscriber->lock);
}

void
hein_subscriber_end_change (HeinCore *core)
{
  if (core->roster.subscriber != NULL)
    g_mutex_unlock (&core->roster.subscriber->lock);
}

void
hein_subscriber_detach (HeinCore *core)
{
  HeinSubscriber *self = g_steal_pointer (&core->roster.subscriber);

  if (self == NULL)
    return;
  g_mutex_lock (&self->lock);
  self->core = NULL;
  g_mutex_unlock (&self->lock);
  hein_subscriber_unref (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-budget.h"
#include "hein-core-state.h"
#include "hein-news.h"
#include "hein-run.h"
#include "io/hein-world.h"
#include "link/hein-link-close.h"
#include "link/hein-link-send.h"
#include "link/hein-link-state.h"
#include "message/hein-topics.h"

/* Measures the memory that a bus uses for its peers, and enforces its limit. */

/* The most connections that are closed in one turn, if there is time for so
 * many: all are looked at for each. */
#define CUTS_MAX 16
#define CUTS_US  500

gsize
hein_budget_get_used (HeinCore *self)
{
  gsize used = hein_segment_pool_get_size (self->host.segments) +
               self->host.links_cost + self->host.partial_cost +
               self->host.receive_cost + self->held.held_cost +
               self->held.sends_cost + self->budget.transports_cost +
               (gsize) g_atomic_pointer_get (&self->asks_cost);

  if (self->sender.sent_topics != NULL)
    used += hein_topics_get_cost (self->sender.sent_topics);
  if (self->news.received_topics != NULL)
    used += hein_topics_get_cost (self->news.received_topics);
  return used;
}

void
hein_budget_measure (HeinCore *self)
{
  self->budget.is_measured = TRUE;
  self->funcs->measure (self);
}

gboolean
hein_budget_is_over_slow (HeinCore *self)
{
  /* done once per turn, since it may look at every peer */
  if (!self->budget.is_measured)
    hein_budget_measure (self);
  return hein_budget_get_pressing (self) >= self->host.settings.memory_limit;
}

/* What is kept for the next messages is no reason to close a connection. */
static void
clear_idle (HeinCore *self)
{
  hein_run_settle (self);
  if (self->host.encoding.link == NULL)
    hein_link_clear_idle (&self->host);
}

/* What else counts changes by what comes, which is in turns; so in between only
 * the segments need to be looked at. */
void
hein_budget_begin_turn (HeinCore *self)
{
  const gsize segments = hein_segment_pool_get_size (self->host.segments);
  const gsize others = hein_budget_get_pressing (self) - segments;
  const guint64 limit = self->host.settings.memory_limit;

  self->host.segments->most = MIN (limit - MIN (limit, others), G_MAXSIZE);
  self->budget.has_cleared = FALSE;
  if (!hein_budget_has_recovered (self))
    return;
  self->budget.has_refused = FALSE;
  self->roster.room_changed = TRUE;
}

gboolean
hein_budget_has_room_slow (HeinCore *self)
{
  if (!self->budget.has_cleared)
    {
      self->budget.has_cleared = TRUE;
      clear_idle (self);
    }
  if (!hein_budget_is_over (self))
    return TRUE;
  self->budget.has_refused = TRUE;
  return FALSE;
}

void
hein_budget_limits_changed (HeinCore *self)
{
  self->host.receive_max = MIN (self->host.settings.receive_limit,
                                self->host.settings.memory_limit / 2);
  hein_budget_begin_turn (self);
  hein_news_review_pauses (self);
  hein_core_want_turn (self);
}

static gsize
get_cost (HeinLink *link)
{
  return link->queue.cost +
         (link->queue.ahead != NULL ? link->queue.ahead->cost : 0) +
         link->load.counted +
         (link->entry != NULL ? link->entry->stream_cost : 0) +
         (link->partial != NULL ? link->partial->cost : 0);
}

static HeinLink *
find_costliest (HeinCore *self)
{
  HeinLink *found = NULL;
  /* below this no single connection is the reason for the shortage */
  gsize most =
    self->host.settings.memory_limit / 4 / MAX (self->host.links.length, 1);

  for (GList *l = self->host.links.head; l != NULL; l = l->next)
    {
      HeinLink *link = l->data;

      if (link->state == HEIN_LINK_GONE || get_cost (link) <= most)
        continue;
      found = link;
      most = get_cost (link);
    }
  return found;
}

static void
cut (HeinCore *self, HeinLink *link)
{
  g_autoptr (GError) error = g_error_new (
    HEIN_ERROR, HEIN_ERROR_REFUSED,
    "it took most of the memory, %" G_GSIZE_FORMAT
    " bytes, when all of it was over memory-limit, %" G_GUINT64_FORMAT,
    get_cost (link), self->host.settings.memory_limit);

  hein_link_abort (link, error);
}

/* The memory of a link is freed at the end of the turn, so that what is to be
 * freed is estimated; if the estimate was too high, the next turn continues. */
void
hein_budget_check_slow (HeinCore *self)
{
  const gint64 end_us = hein_world_get_us () + CUTS_US;
  gsize relief = 0;
  gsize used;

  self->host.is_relieving = FALSE;
  hein_budget_measure (self);
  if (hein_budget_get_pressing (self) >= self->host.settings.memory_limit)
    clear_idle (self);
  used = hein_budget_get_pressing (self);
  for (guint n = 0; n < CUTS_MAX && used - MIN (used, relief) >=
                                      self->host.settings.memory_limit;
       n++)
    {
      HeinLink *link = find_costliest (self);

      if (link == NULL)
        return;
      relief += get_cost (link);
      cut (self, link);
      self->host.is_relieving = TRUE;
      if (hein_world_get_us () >= end_us)
        break;
    }
  if (self->host.is_relieving)
    hein_core_want_turn (self);
}

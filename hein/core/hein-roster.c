/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "hein-behind.h"
#include "hein-carrier.h"
#include "hein-core-state.h"
#include "hein-directory.h"
#include "hein-news.h"
#include "hein-notify.h"
#include "hein-peer-private.h"
#include "hein-peers-private.h"
#include "hein-roster.h"
#include "hein-run.h"
#include "hein-send.h"
#include "hein-takers.h"
#include "link/hein-link-send.h"
#include "link/hein-link-state.h"
#include "link/hein-peer-state.h"
#include "message/hein-pattern.h"
#include "message/hein-topics.h"

/*
 * The peers of a bus. A new peer becomes a target of sends at once, while the
 * application is told in order, between messages from before and after.
 */

static void
tell_joined (HeinCore *self, HeinPeer *peer)
{
  GList *next;

  for (GList *l = self->roster.watches.head; l != NULL; l = next)
    {
      HeinPeerWatch *watch = l->data;

      next = l->next;
      if (watch->joined != NULL)
        watch->joined (watch, peer);
    }
}

static void
settle_row (GQueue *row, HeinPeer *peer, gboolean is_alive)
{
  GList *next;

  for (GList *l = row->head; l != NULL; l = next)
    {
      HeinPeerWatch *watch = l->data;

      next = l->next;
      if (watch->settled != NULL)
        watch->settled (watch, peer, is_alive);
    }
}

void
hein_roster_settle (HeinCore *self, HeinPeer *peer, gboolean is_alive)
{
  if (peer->watches != NULL)
    settle_row (peer->watches, peer, is_alive);
  settle_row (&self->roster.watches, peer, is_alive);
}

void
hein_roster_confirm (HeinCore *self, HeinPeer *peer, guint number)
{
  GList *next;

  for (GList *l = self->roster.watches.head; l != NULL; l = next)
    {
      HeinPeerWatch *watch = l->data;

      next = l->next;
      if (watch->confirmed != NULL)
        watch->confirmed (watch, peer, number);
    }
}

static gboolean
has_retained (HeinCore *self, HeinPeer *peer)
{
  return peer->carrier != NULL && peer->carrier->retain &&
         self->sender.sent_topics != NULL;
}

static void
send_retained (HeinCore *self, HeinPeer *peer, GPtrArray *messages)
{
  for (guint i = 0; messages != NULL && i < messages->len; i++)
    {
      HeinMessage *message = g_ptr_array_index (messages, i);

      if (!hein_peer_wants (peer, message))
        continue;
      if (peer->link != NULL)
        hein_link_send_retained (peer->link, message);
      else
        hein_send_retained (self, peer, message);
    }
}

static void
update_target (HeinCore *self, HeinPeer *peer)
{
  gboolean is_target = peer->is_up && peer->accepts;

  if (is_target == peer->is_target)
    return;
  hein_run_settle (self);
  self->roster.targets_changed = TRUE;
  if (is_target)
    {
      g_autoptr (GPtrArray) retained =
        has_retained (self, peer)
          ? hein_topics_get (self->sender.sent_topics, NULL)
          : NULL;

      /* sends retained messages first, before any new ones */
      send_retained (self, peer, retained);
      if (!peer->is_up || !peer->accepts)
        return; /* its transport has removed it meanwhile */
      peer->is_target = TRUE;
      hein_behind_add_newcomer (self, peer);
      hein_peers_add (self->roster.targets, peer);
      hein_takers_add (self, peer);
      self->roster.n_full += peer->is_full;
      tell_joined (self, peer);
    }
  else
    {
      self->roster.n_full -= peer->is_full;
      hein_takers_remove (self, peer);
      peer->is_target = FALSE;
      hein_peers_remove (self->roster.targets, peer);
    }
}

/* A peer that filters, but takes nothing yet, has still to subscribe. */
static void
review_settled (HeinCore *self, HeinPeer *peer)
{
  const gboolean is_settled =
    peer->is_up && (peer->accepts || peer->wants.match == HEIN_MATCH_ALL);

  if (peer->is_settled == is_settled)
    return;
  peer->is_settled = is_settled;
  self->roster.n_settled += is_settled ? 1 : -1;
}

void
hein_roster_add (HeinCore *self, HeinPeer *peer)
{
  peer->is_up = TRUE;
  review_settled (self, peer);
  hein_directory_add (self, peer);
  hein_news_push_event (self, HEIN_EVENT_PEER_ADDED, g_object_ref (peer), NULL);
  update_target (self, peer);
  self->funcs->check_ready (self);
}

/* Called while the peer still has its properties, so that strategies can forget
 * it. */
static void
tell_strategy (HeinCore *self, HeinPeer *peer)
{
  HeinStrategyClass *class;

  if (self->sender.strategy == NULL)
    return;
  class = HEIN_STRATEGY_GET_CLASS (self->sender.strategy);
  if (class->lost != NULL)
    {
      self->sender.n_inside++;
      class->lost (self->sender.strategy, peer);
      self->sender.n_inside--;
    }
}

/* The latest values of a peer go with it, which is told behind its messages and
 * before its end. */
static void
forget_latest (HeinCore *self, HeinPeer *peer)
{
  g_autoptr (GPtrArray) gone = NULL;

  if (self->news.received_topics == NULL)
    return;
  gone = hein_topics_forget (self->news.received_topics, peer);
  for (guint i = 0; i < gone->len; i++)
    hein_news_push_event (self, HEIN_EVENT_LATEST_GONE,
                          hein_message_ref (g_ptr_array_index (gone, i)), NULL);
}

void
hein_roster_keep_counts (HeinCore *self, HeinPeer *peer)
{
  hein_peer_counts_add (&self->roster.gone, &peer->counts);
}

void
hein_roster_remove (HeinCore *self, HeinPeer *peer, const GError *error)
{
  g_return_if_fail (peer->is_up);

  peer->is_up = FALSE;
  /* that of a link goes on sending what is queued */
  if (peer->link == NULL)
    hein_roster_keep_counts (self, peer);
  review_settled (self, peer);
  update_target (self, peer);
  hein_directory_remove (self, peer);
  tell_strategy (self, peer);
  forget_latest (self, peer);
  hein_roster_settle (self, peer, FALSE);
  hein_news_end_pause (self, peer);
  hein_notify_peer (peer, HEIN_CHANGE_IS_UP | HEIN_CHANGE_ACCEPTS_MESSAGES |
                            HEIN_CHANGE_HAS_ROOM);
  hein_peer_detach (peer);
  hein_news_push_event (self, HEIN_EVENT_PEER_REMOVED, g_object_ref (peer),
                        error != NULL ? g_error_copy (error) : NULL);
}

void
hein_roster_set_accepts (HeinCore *self, HeinPeer *peer, gboolean accepts)
{
  if (peer->accepts == accepts)
    return;
  peer->accepts = accepts;
  review_settled (self, peer);
  hein_notify_peer (peer, HEIN_CHANGE_ACCEPTS_MESSAGES);
  update_target (self, peer);
  self->funcs->check_ready (self);
}

void
hein_roster_set_match (HeinCore *self, HeinPeer *peer, HeinMatch match)
{
  hein_run_settle (self);
  if (peer->is_target)
    hein_takers_remove (self, peer);
  peer->wants.match = match;
  review_settled (self, peer);
  if (peer->is_target)
    hein_takers_add (self, peer);
}

/* For peers that are targets, and others, which are looked at as a whole when
 * they become targets. */
static void
begin_filter (HeinCore *self, HeinPeer *peer)
{
  hein_run_settle (self);
  if (peer->is_target)
    hein_takers_begin_change (self, peer);
}

static void
end_filter (HeinCore *self, HeinPeer *peer)
{
  if (peer->is_target)
    hein_takers_end_change (self, peer);
}

/* What a peer is about to subscribe to. */
typedef struct
{
  HeinPeer *peer;
  char text[HEIN_TOPIC_MAX + 1];
  gsize size;
  gboolean is_pattern;
} Wish;

/* Returns whether the peer gets the message only once it has subscribed; what
 * peers compare where there is no topic is left to hein_peer_wants. */
static gboolean
is_new_to (const Wish *self, HeinMessage *message)
{
  const char *topic = hein_message_get_topic (message);
  const gboolean may_match =
    self->is_pattern
      ? hein_pattern_match (self->text, topic, strlen (topic))
      : topic[0] == '\0' || strncmp (topic, self->text, self->size) == 0;

  return may_match && !hein_peer_wants (self->peer, message);
}

/* Returns the retained messages that a target does not get yet, and may get;
 * NULL: none. (transfer full) */
static GPtrArray *
get_missing (HeinCore *self,
             HeinPeer *peer,
             const guint8 *text,
             gsize size,
             gboolean is_pattern)
{
  Wish wish = { .peer = peer, .size = size, .is_pattern = is_pattern };
  g_autoptr (GPtrArray) all = NULL;
  GPtrArray *missing;

  if (!peer->is_target || size > HEIN_TOPIC_MAX || !has_retained (self, peer))
    return NULL;
  memcpy (wish.text, text, size);
  all = hein_topics_get (self->sender.sent_topics, NULL);
  missing =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
  for (guint i = 0; i < all->len; i++)
    if (is_new_to (&wish, g_ptr_array_index (all, i)))
      g_ptr_array_add (missing, hein_message_ref (g_ptr_array_index (all, i)));
  return missing;
}

gboolean
hein_roster_subscribe (HeinCore *self,
                       HeinPeer *peer,
                       const guint8 *prefix,
                       gsize size,
                       GError **error)
{
  HeinPrefixes *prefixes = &peer->wants.prefixes;
  g_autoptr (GPtrArray) missing = get_missing (self, peer, prefix, size, FALSE);
  gboolean added;
  gboolean ok;

  begin_filter (self, peer);
  ok = hein_prefixes_add (prefixes, prefix, size, &added, error);
  if (added && size > 0 && peer->is_target)
    hein_takers_subscribe (self, peer,
                           hein_prefixes_find (prefixes, prefix, size));
  end_filter (self, peer);
  if (added)
    send_retained (self, peer, missing);
  return ok;
}

void
hein_roster_unsubscribe (HeinCore *self,
                         HeinPeer *peer,
                         const guint8 *prefix,
                         gsize size)
{
  HeinPrefixes *prefixes = &peer->wants.prefixes;
  HeinPrefix *old = NULL;

  begin_filter (self, peer);
  if (size > 0 && peer->is_target)
    old = hein_prefixes_find (prefixes, prefix, size);
  if (old != NULL && old->count == 1)
    hein_takers_unsubscribe (self, peer, old);
  hein_prefixes_remove (prefixes, prefix, size);
  end_filter (self, peer);
}

static void
drop_empty_patterns (HeinPeer *peer)
{
  if (hein_prefixes_get_size (peer->wants.patterns) == 0)
    g_clear_pointer (&peer->wants.patterns, g_free);
}

gboolean
hein_roster_subscribe_pattern (HeinCore *self,
                               HeinPeer *peer,
                               const guint8 *pattern,
                               gsize size,
                               gboolean gets_retained,
                               GError **error)
{
  g_autoptr (GPtrArray) missing =
    gets_retained ? get_missing (self, peer, pattern, size, TRUE) : NULL;
  gboolean added;
  gboolean ok;

  begin_filter (self, peer);
  if (peer->wants.patterns == NULL)
    peer->wants.patterns = g_new0 (HeinPrefixes, 1);
  ok = hein_prefixes_add_pattern (peer->wants.patterns, pattern, size, &added,
                                  error);
  if (added && peer->is_target)
    hein_takers_subscribe_pattern (self, peer,
                                   hein_prefixes_find (peer->wants.patterns,
                                                       pattern, size));
  drop_empty_patterns (peer);
  end_filter (self, peer);
  if (added)
    send_retained (self, peer, missing);
  return ok;
}

void
hein_roster_unsubscribe_pattern (HeinCore *self,
                                 HeinPeer *peer,
                                 const guint8 *pattern,
                                 gsize size)
{
  HeinPrefixes *patterns = peer->wants.patterns;
  HeinPrefix *old =
    patterns != NULL ? hein_prefixes_find (patterns, pattern, size) : NULL;

  if (old == NULL)
    return;
  begin_filter (self, peer);
  if (old->count == 1 && peer->is_target)
    hein_takers_unsubscribe_pattern (self, peer, old);
  hein_prefixes_remove (patterns, pattern, size);
  drop_empty_patterns (peer);
  end_filter (self, peer);
}

void
hein_roster_set_full (HeinCore *self, HeinPeer *peer, gboolean is_full)
{
  if (peer->is_full == is_full)
    return;
  peer->is_full = is_full;
  hein_notify_peer (peer, HEIN_CHANGE_HAS_ROOM);
  if (peer->is_target)
    self->roster.n_full += is_full ? 1 : -1;
  if (!is_full)
    self->roster.room_changed = TRUE;
}

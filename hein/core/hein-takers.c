/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "hein-peer-private.h"
#include "hein-peers-private.h"
#include "hein-takers.h"
#include "message/hein-message-memory.h"

/*
 * The targets in a list, if they want everything, and by what they have
 * subscribed to. A message costs what those who get it cost, not those who do
 * not.
 */

static HeinInterests *
get_interests (HeinCore *self, HeinMatch match)
{
  return &self->roster.takers.interests[match];
}

/* ---- those who have subscribed to everything ---- */

void
hein_takers_begin_change (HeinCore *self, HeinPeer *peer)
{
  GPtrArray *all = self->roster.takers.all;
  HeinPeer *last;

  if (!hein_peer_wants_all (peer))
    self->roster.n_filtered--;
  if (!hein_peer_has_subscribed_to_all (peer))
    return;
  last = g_ptr_array_index (all, all->len - 1);
  last->all_place = peer->all_place;
  g_ptr_array_index (all, peer->all_place) = last;
  g_ptr_array_set_size (all, (gint) all->len - 1);
}

void
hein_takers_end_change (HeinCore *self, HeinPeer *peer)
{
  if (!hein_peer_wants_all (peer))
    self->roster.n_filtered++;
  if (!hein_peer_has_subscribed_to_all (peer))
    return;
  if (self->roster.takers.all == NULL)
    self->roster.takers.all = g_ptr_array_new ();
  peer->all_place = self->roster.takers.all->len;
  g_ptr_array_add (self->roster.takers.all, peer);
}

/* ---- prefixes ---- */

/* What peers share here counts once, beside what each of them costs. */
void
hein_takers_subscribe (HeinCore *self, HeinPeer *peer, HeinPrefix *prefix)
{
  HeinInterests *interests = get_interests (self, peer->wants.match);

  self->host.links_cost -= interests->cost;
  hein_interests_add (interests, prefix, peer);
  self->host.links_cost += interests->cost;
}

void
hein_takers_unsubscribe (HeinCore *self, HeinPeer *peer, HeinPrefix *prefix)
{
  HeinInterests *interests = get_interests (self, peer->wants.match);

  self->host.links_cost -= interests->cost;
  hein_interests_remove (interests, prefix);
  self->host.links_cost += interests->cost;
}

/* ---- patterns ---- */

void
hein_takers_subscribe_pattern (HeinCore *self,
                               HeinPeer *peer,
                               HeinPrefix *pattern)
{
  HeinPatternTree *patterns = &self->roster.takers.patterns;

  self->host.links_cost -= patterns->cost;
  hein_pattern_tree_add (patterns, pattern, peer);
  self->host.links_cost += patterns->cost;
}

void
hein_takers_unsubscribe_pattern (HeinCore *self,
                                 HeinPeer *peer,
                                 HeinPrefix *pattern)
{
  HeinPatternTree *patterns = &self->roster.takers.patterns;

  self->host.links_cost -= patterns->cost;
  hein_pattern_tree_remove (patterns, pattern);
  self->host.links_cost += patterns->cost;
}

/* ---- both ---- */

typedef void (*Change) (HeinCore *self, HeinPeer *peer, HeinPrefix *prefix);

static void
change_all (HeinCore *self,
            HeinPeer *peer,
            const HeinPrefixes *prefixes,
            Change change)
{
  const HeinPrefixRow *row = prefixes != NULL ? prefixes->row : NULL;

  for (guint i = 0; row != NULL && i < row->prefixes->len; i++)
    change (self, peer, g_ptr_array_index (row->prefixes, i));
}

void
hein_takers_add (HeinCore *self, HeinPeer *peer)
{
  peer->taken = 0;
  change_all (self, peer, &peer->wants.prefixes, hein_takers_subscribe);
  change_all (self, peer, peer->wants.patterns, hein_takers_subscribe_pattern);
  hein_takers_end_change (self, peer);
}

void
hein_takers_remove (HeinCore *self, HeinPeer *peer)
{
  hein_takers_begin_change (self, peer);
  change_all (self, peer, &peer->wants.prefixes, hein_takers_unsubscribe);
  change_all (self, peer, peer->wants.patterns,
              hein_takers_unsubscribe_pattern);
}

/* ---- finding ---- */

/* Marks what is found with a number that no target has. */
static guint
begin_serial (HeinCore *self)
{
  GPtrArray *targets = self->roster.targets->array;

  if (G_UNLIKELY (++self->roster.takers.serial == 0))
    {
      self->roster.takers.serial = 1;
      for (guint i = 0; i < targets->len; i++)
        HEIN_PEER (g_ptr_array_index (targets, i))->taken = 0;
    }
  return self->roster.takers.serial;
}

/* Keeps each peer once. */
static void
keep_once (GPtrArray *peers, guint serial)
{
  guint n = 0;

  for (guint i = 0; i < peers->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (peers, i);

      if (peer->taken == serial)
        continue;
      peer->taken = serial;
      g_ptr_array_index (peers, n++) = peer;
    }
  g_ptr_array_set_size (peers, (gint) n);
}

static void
match (HeinCore *self,
       HeinMatch match,
       const guint8 *subject,
       gsize size,
       GPtrArray *found)
{
  if (get_interests (self, match)->n > 0)
    hein_interests_match (get_interests (self, match), subject, size, found);
}

static void
match_message (HeinCore *self, HeinMessage *message, GPtrArray *found)
{
  const guint8 *topic = (const guint8 *) message->data;
  const gsize topic_size = message->topic_size;
  const guint8 *part = hein_message_data (message);

  if (!hein_pattern_tree_is_empty (&self->roster.takers.patterns))
    hein_pattern_tree_match (&self->roster.takers.patterns, message->data,
                             topic_size, found);
  match (self, HEIN_MATCH_TOPIC, topic, topic_size, found);
  match (self, HEIN_MATCH_PART, part, message->size, found);
  if (topic_size > 0)
    match (self, HEIN_MATCH_TOPIC_OR_PART, topic, topic_size, found);
  else
    match (self, HEIN_MATCH_TOPIC_OR_PART, part, message->size, found);
}

GPtrArray *
hein_takers_find (HeinCore *self, HeinMessage *message)
{
  GPtrArray *all = self->roster.takers.all;
  GPtrArray *found = g_steal_pointer (&self->roster.takers.spare);

  if (found == NULL)
    found = g_ptr_array_new ();
  for (guint i = 0; all != NULL && i < all->len; i++)
    g_ptr_array_add (found, g_ptr_array_index (all, i));
  match_message (self, message, found);
  keep_once (found, begin_serial (self));
  return found;
}

/* One send may be within another. */
void
hein_takers_end (HeinCore *self, GPtrArray *takers)
{
  g_ptr_array_set_size (takers, 0);
  if (self->roster.takers.spare == NULL)
    self->roster.takers.spare = takers;
  else
    g_ptr_array_unref (takers);
}

void
hein_takers_clear (HeinCore *self)
{
  HeinTakers *takers = &self->roster.takers;

  for (guint i = 0; i < G_N_ELEMENTS (takers->interests); i++)
    hein_interests_clear (&takers->interests[i]);
  hein_pattern_tree_clear (&takers->patterns);
  g_clear_pointer (&takers->all, g_ptr_array_unref);
  g_clear_pointer (&takers->spare, g_ptr_array_unref);
}

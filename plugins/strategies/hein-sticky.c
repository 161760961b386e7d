/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein.h>

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
#define FNV_OFFSET G_GUINT64_CONSTANT (0xcbf29ce484222325)
#define FNV_PRIME  G_GUINT64_CONSTANT (0x00000100000001b3)

/* The same key goes to the same peer while that is there (rendezvous hashing:
 * Thaler, Ravishankar, 1998): when a peer comes or goes, only the keys that it
 * gets or had move. */
struct _HeinSticky
{
  HeinStrategy parent_instance;
};

#define HEIN_TYPE_STICKY (hein_sticky_get_type ())
G_DECLARE_FINAL_TYPE (HeinSticky, hein_sticky, HEIN, STICKY, HeinStrategy)
G_DEFINE_FINAL_TYPE (HeinSticky, hein_sticky, HEIN_TYPE_STRATEGY)

/* The NUL at the end goes in, too: "ab" + "c" is not "a" + "bc". */
static guint64
add_text (guint64 hash, const char *text)
{
  gsize size = strlen (text) + 1;

  for (gsize i = 0; i < size; i++)
    hash = (hash ^ (guint8) text[i]) * FNV_PRIME;
  return hash;
}

/* FNV leaves the high bits of short texts alike, and the highest score wins:
 * the finaliser of SplitMix64 (Steele, Lea, Flood, 2014) spreads them. */
static guint64
spread (guint64 hash)
{
  hash ^= hash >> 30;
  hash *= G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  hash ^= hash >> 27;
  hash *= G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return hash ^ (hash >> 31);
}

/* A full peer keeps its keys: their order matters more than speed. */
static void
hein_sticky_select (HeinStrategy *strategy,
                    HeinPeers *peers,
                    const char *key,
                    HeinMessage *message,
                    HeinSelection *selection)
{
  guint n_peers = hein_peers_get_n_peers (peers);
  HeinPeer *best = NULL;
  guint64 best_score = 0;
  guint64 seed;

  if (key == NULL)
    key = hein_message_get_topic (message);
  seed = add_text (FNV_OFFSET, key);
  for (guint i = 0; i < n_peers; i++)
    {
      HeinPeer *peer = hein_peers_get_peer (peers, i);
      guint64 score = spread (add_text (seed, hein_peer_get_name (peer)));

      if (best == NULL || score > best_score)
        {
          best = peer;
          best_score = score;
        }
    }
  if (best != NULL)
    hein_selection_add (selection, best);
  else
    hein_selection_hold (selection);
}

static void
hein_sticky_class_init (HeinStickyClass *class)
{
  HEIN_STRATEGY_CLASS (class)->select = hein_sticky_select;
}

static void
hein_sticky_init (HeinSticky *self)
{
}

HEIN_PLUGIN_DEFINE (HeinSticky,
                    hein_sticky,
                    STRATEGY,
                    "sticky",
                    "",
                    "The same key (or topic) to the same peer")

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

/* The key is "accepted" (those that dialled this bus) or "dialled" (those that
 * it dialled). */
struct _HeinByOrigin
{
  HeinStrategy parent_instance;
};

#define HEIN_TYPE_BY_ORIGIN (hein_by_origin_get_type ())
G_DECLARE_FINAL_TYPE (
  HeinByOrigin, hein_by_origin, HEIN, BY_ORIGIN, HeinStrategy)
G_DEFINE_FINAL_TYPE (HeinByOrigin, hein_by_origin, HEIN_TYPE_STRATEGY)

static void
add_all_of (HeinPeers *peers, HeinOrigin origin, HeinSelection *selection)
{
  guint n_peers = hein_peers_get_n_peers (peers);

  for (guint i = 0; i < n_peers; i++)
    {
      HeinPeer *peer = hein_peers_get_peer (peers, i);

      if (hein_peer_get_origin (peer) == origin)
        hein_selection_add (selection, peer);
    }
}

/* As with publish, nobody waits for peers that are not there. */
static void
hein_by_origin_select (HeinStrategy *strategy,
                       HeinPeers *peers,
                       const char *key,
                       HeinMessage *message,
                       HeinSelection *selection)
{
  if (g_strcmp0 (key, "accepted") == 0)
    add_all_of (peers, HEIN_ORIGIN_ACCEPTED, selection);
  else if (g_strcmp0 (key, "dialled") == 0)
    add_all_of (peers, HEIN_ORIGIN_DIALLED, selection);
  else
    hein_selection_drop (selection);
}

static void
hein_by_origin_class_init (HeinByOriginClass *class)
{
  HEIN_STRATEGY_CLASS (class)->select = hein_by_origin_select;
}

static void
hein_by_origin_init (HeinByOrigin *self)
{
}

HEIN_PLUGIN_DEFINE (HeinByOrigin,
                    hein_by_origin,
                    STRATEGY,
                    "by-origin",
                    "",
                    "Every peer that was accepted, or that was dialled")

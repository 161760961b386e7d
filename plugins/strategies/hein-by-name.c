/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

/* The key is the name of the peer. */
struct _HeinByName
{
  HeinStrategy parent_instance;
};

#define HEIN_TYPE_BY_NAME (hein_by_name_get_type ())
G_DECLARE_FINAL_TYPE (HeinByName, hein_by_name, HEIN, BY_NAME, HeinStrategy)
G_DEFINE_FINAL_TYPE (HeinByName, hein_by_name, HEIN_TYPE_STRATEGY)

static void
add_all_named (HeinPeers *peers, const char *name, HeinSelection *selection)
{
  guint n_peers = hein_peers_get_n_peers (peers);

  for (guint i = 0; i < n_peers; i++)
    {
      HeinPeer *peer = hein_peers_get_peer (peers, i);

      if (g_strcmp0 (hein_peer_get_name (peer), name) == 0)
        hein_selection_add (selection, peer);
    }
}

/* Some protocols allow a name several times: all who have it get the message. A
 * message to nobody in particular has nowhere to go, now or later. */
static void
hein_by_name_select (HeinStrategy *strategy,
                     HeinPeers *peers,
                     const char *key,
                     HeinMessage *message,
                     HeinSelection *selection)
{
  if (key == NULL)
    hein_selection_drop (selection);
  else if (hein_peers_lookup (peers, key) == NULL)
    hein_selection_hold_for (selection, key);
  else
    add_all_named (peers, key, selection);
}

static void
hein_by_name_class_init (HeinByNameClass *class)
{
  HEIN_STRATEGY_CLASS (class)->select = hein_by_name_select;
}

static void
hein_by_name_init (HeinByName *self)
{
}

HEIN_PLUGIN_DEFINE (HeinByName,
                    hein_by_name,
                    STRATEGY,
                    "by-name",
                    "",
                    "The peer whose name is the key")

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-peers.h>

G_BEGIN_DECLS

/* The two lists of a bus: the peers that the application has been told of, and
 * those that messages can be sent to. */
typedef enum
{
  HEIN_PEERS_TOLD,
  HEIN_PEERS_TARGETS
} HeinPeersKind;

struct _HeinPeers
{
  GObject parent_instance;

  HeinPeersKind kind;
  guint64 n_added;  /* number of peers that were ever added */
  GPtrArray *array; /* owned HeinPeer, in order of arrival */
  guint n_walks;
  gboolean is_walked;  /* a caller iterates over `array` */
  GPtrArray *old;      /* owned arrays that are still iterated over; nullable */
  GHashTable *by_name; /* borrowed name -> borrowed HeinPeer, or several */
};

/* Memory for the result of a lookup that finds one peer, the common case. */
typedef struct
{
  GPtrArray array;
  gpointer peer;
} HeinNamed;

HeinPeers *hein_peers_new (HeinPeersKind kind);
/* Finds the first peer that came after the one with the number @arrival; NULL:
 * there is none. */
HeinPeer *hein_peers_find_after (HeinPeers *self, guint64 arrival);
void hein_peers_add (HeinPeers *self, HeinPeer *peer);
gboolean hein_peers_remove (HeinPeers *self, HeinPeer *peer);
/* Returns an array of the present peers, which stays the same during the
 * walk. */
GPtrArray *hein_peers_begin_walk (HeinPeers *self);
void hein_peers_end_walk (HeinPeers *self);
/* Finds all peers of a name; NULL: there are none. The result is valid until
 * one of them comes or goes. */
GPtrArray *
hein_peers_lookup_all (HeinPeers *self, const char *name, HeinNamed *room);

G_END_DECLS

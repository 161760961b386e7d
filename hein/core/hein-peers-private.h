/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-peers.h>

G_BEGIN_DECLS

/* The lists of a bus: as the application has been told, and who can be sent
 * to. */
typedef enum
{
  HEIN_PEERS_TOLD,
  HEIN_PEERS_TARGETS
} HeinPeersKind;

struct _HeinPeers
{
  GObject parent_instance;

  HeinPeersKind kind;
  guint64 n_added;  /* ever */
  GPtrArray *array; /* owned HeinPeer, in order of arrival */
  guint n_walks;
  gboolean is_walked;  /* the array is what a walk is in */
  GPtrArray *old;      /* owned arrays that walks may be in; NULL: none */
  GHashTable *by_name; /* borrowed name -> borrowed HeinPeer, or several */
};

/* Room for the answer when there is one of that name, as nearly always. */
typedef struct
{
  GPtrArray array;
  gpointer peer;
} HeinNamed;

HeinPeers *hein_peers_new (HeinPeersKind kind);
void hein_peers_add (HeinPeers *self, HeinPeer *peer);
gboolean hein_peers_remove (HeinPeers *self, HeinPeer *peer);
/* Those that are there now, whoever goes until the walk ends. */
GPtrArray *hein_peers_begin_walk (HeinPeers *self);
void hein_peers_end_walk (HeinPeers *self);
/* All of that name, or NULL; valid until one of them comes or goes. */
GPtrArray *
hein_peers_lookup_all (HeinPeers *self, const char *name, HeinNamed *room);

G_END_DECLS

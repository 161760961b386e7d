/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-peers.h>

#include <hein/hein-hash.h>
#include <hein/hein-peer.h>

#include "hein-peers-private.h"
#include "link/hein-peer-state.h"

/**
 * HeinPeers:
 *
 * A list of peers, in order of arrival.
 *
 * It is a #GListModel of #HeinPeer. [property@Bus:peers] changes together with
 * the signals `peer-added` and `peer-removed`.
 *
 * Since: 0.9
 */

static GType
get_item_type (GListModel *model)
{
  return HEIN_TYPE_PEER;
}

static guint
get_n_items (GListModel *model)
{
  return HEIN_PEERS (model)->array->len;
}

static gpointer
get_item (GListModel *model, guint position)
{
  HeinPeers *self = HEIN_PEERS (model);

  if (position >= self->array->len)
    return NULL;
  return g_object_ref (g_ptr_array_index (self->array, position));
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (HeinPeers,
                               hein_peers,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      list_model_init))

/* A value of the table is a peer, or an array of several peers that share the
 * name; the lowest bit tells which. With thousands of peers, an array for each
 * would be most of what a peer costs here. */
#define SEVERAL(array) ((gpointer) ((guintptr) (array) | 1))

static GPtrArray *
get_several (gpointer value)
{
  guintptr bits = (guintptr) value;

  return bits & 1 ? (GPtrArray *) (bits & ~(guintptr) 1) : NULL;
}

static void
free_several (gpointer value)
{
  GPtrArray *several = get_several (value);

  if (several != NULL)
    g_ptr_array_unref (several);
}

static void
hein_peers_finalize (GObject *object)
{
  HeinPeers *self = HEIN_PEERS (object);

  g_hash_table_unref (self->by_name);
  g_ptr_array_unref (self->array);
  g_clear_pointer (&self->old, g_ptr_array_unref);
  G_OBJECT_CLASS (hein_peers_parent_class)->finalize (object);
}

static void
hein_peers_class_init (HeinPeersClass *class)
{
  G_OBJECT_CLASS (class)->finalize = hein_peers_finalize;
}

static void
hein_peers_init (HeinPeers *self)
{
  self->array = g_ptr_array_new_with_free_func (g_object_unref);
  self->by_name =
    g_hash_table_new_full (hein_hash_text, g_str_equal, NULL, free_several);
}

HeinPeers *
hein_peers_new (HeinPeersKind kind)
{
  HeinPeers *self = g_object_new (HEIN_TYPE_PEERS, NULL);

  self->kind = kind;
  return self;
}

/* Finds the first peer of at least that arrival in an array that is sorted by
 * it. */
static guint
find_arrival (HeinPeers *self, GPtrArray *array, guint64 arrival)
{
  guint begin = 0;
  guint end = array->len;

  while (begin < end)
    {
      const guint middle = begin + (end - begin) / 2;
      HeinPeer *other = g_ptr_array_index (array, middle);

      if (other->arrival[self->kind] < arrival)
        begin = middle + 1;
      else
        end = middle;
    }
  return begin;
}

static gboolean
find_place (HeinPeers *self, GPtrArray *array, HeinPeer *peer, guint *place)
{
  *place = find_arrival (self, array, peer->arrival[self->kind]);
  return *place < array->len && g_ptr_array_index (array, *place) == peer;
}

HeinPeer *
hein_peers_find_after (HeinPeers *self, guint64 arrival)
{
  const guint place = find_arrival (self, self->array, arrival + 1);

  return place < self->array->len ? g_ptr_array_index (self->array, place)
                                  : NULL;
}

/* The key of the table belongs to the first peer of that name. */
static void
add_name (HeinPeers *self, HeinPeer *peer)
{
  const char *name = peer->name;
  gpointer value = g_hash_table_lookup (self->by_name, name);
  GPtrArray *several;

  if (value == NULL)
    {
      g_hash_table_insert (self->by_name, (gpointer) name, peer);
      return;
    }
  several = get_several (value);
  if (several == NULL)
    {
      several = g_ptr_array_new ();
      g_ptr_array_add (several, value);
      g_hash_table_replace (self->by_name, (gpointer) HEIN_PEER (value)->name,
                            SEVERAL (several));
    }
  g_ptr_array_add (several, peer);
}

static gpointer
ref_peer (gconstpointer peer, gpointer data)
{
  return g_object_ref ((gpointer) peer);
}

/* An array that a caller up the stack iterates over is replaced, not
 * changed. */
static void
prepare_change (HeinPeers *self)
{
  GPtrArray *old = self->array;

  if (G_LIKELY (!self->is_walked))
    return;
  self->is_walked = FALSE;
  self->array = g_ptr_array_copy (old, ref_peer, NULL);
  if (self->old == NULL)
    self->old =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  g_ptr_array_add (self->old, old);
}

GPtrArray *
hein_peers_begin_walk (HeinPeers *self)
{
  self->n_walks++;
  self->is_walked = TRUE;
  return self->array;
}

void
hein_peers_end_walk (HeinPeers *self)
{
  if (--self->n_walks > 0)
    return;
  self->is_walked = FALSE;
  if (G_UNLIKELY (self->old != NULL))
    g_clear_pointer (&self->old, g_ptr_array_unref);
}

void
hein_peers_add (HeinPeers *self, HeinPeer *peer)
{
  prepare_change (self);
  peer->arrival[self->kind] = ++self->n_added;
  add_name (self, peer);
  g_ptr_array_add (self->array, g_object_ref (peer));
  g_list_model_items_changed (G_LIST_MODEL (self), self->array->len - 1, 0, 1);
}

static void
remove_name (HeinPeers *self, HeinPeer *peer)
{
  const char *name = peer->name;
  GPtrArray *several = get_several (g_hash_table_lookup (self->by_name, name));
  guint place;

  if (several == NULL)
    {
      g_hash_table_remove (self->by_name, name);
      return;
    }
  g_hash_table_steal (self->by_name, name);
  if (find_place (self, several, peer, &place))
    g_ptr_array_remove_index (several, place);
  name = HEIN_PEER (g_ptr_array_index (several, 0))->name;
  if (several->len > 1)
    g_hash_table_insert (self->by_name, (gpointer) name, SEVERAL (several));
  else
    {
      g_hash_table_insert (self->by_name, (gpointer) name,
                           g_ptr_array_index (several, 0));
      g_ptr_array_unref (several);
    }
}

gboolean
hein_peers_remove (HeinPeers *self, HeinPeer *peer)
{
  guint position;

  if (!find_place (self, self->array, peer, &position))
    return FALSE;
  prepare_change (self);
  remove_name (self, peer);
  g_ptr_array_remove_index (self->array, position);
  g_list_model_items_changed (G_LIST_MODEL (self), position, 1, 0);
  return TRUE;
}

GPtrArray *
hein_peers_lookup_all (HeinPeers *self, const char *name, HeinNamed *room)
{
  gpointer value = g_hash_table_lookup (self->by_name, name);
  GPtrArray *several = get_several (value);

  if (value == NULL || several != NULL)
    return several;
  room->peer = value;
  room->array = (GPtrArray){ &room->peer, 1 };
  return &room->array;
}

/**
 * hein_peers_get_n_peers:
 * @self: a list of peers
 *
 * Gets how many peers there are.
 *
 * - Thread: owner.
 *
 * Returns: 0 or more
 *
 * Since: 0.9
 */
guint
hein_peers_get_n_peers (HeinPeers *self)
{
  g_return_val_if_fail (HEIN_IS_PEERS (self), 0);

  return self->array->len;
}

/**
 * hein_peers_get_peer:
 * @self: a list of peers
 * @index: 0 to [method@Peers.get_n_peers] - 1
 *
 * Gets one of the peers without taking a reference, which is fast for
 * strategies.
 *
 * - Thread: owner.
 *
 * Returns: (transfer none) (nullable): the peer; %NULL past the end
 *
 * Since: 0.9
 */
HeinPeer *
hein_peers_get_peer (HeinPeers *self, guint index)
{
  g_return_val_if_fail (HEIN_IS_PEERS (self), NULL);

  if (index >= self->array->len)
    return NULL;
  return g_ptr_array_index (self->array, index);
}

/**
 * hein_peers_lookup:
 * @self: a list of peers
 * @name: a name
 *
 * Gets the peer of that name; where several share it, the one that arrived
 * first.
 *
 * - Thread: owner.
 *
 * Returns: (transfer none) (nullable): the peer
 *
 * Since: 0.9
 */
HeinPeer *
hein_peers_lookup (HeinPeers *self, const char *name)
{
  HeinNamed room;
  GPtrArray *named;

  g_return_val_if_fail (HEIN_IS_PEERS (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  named = hein_peers_lookup_all (self, name, &room);
  return named != NULL ? g_ptr_array_index (named, 0) : NULL;
}

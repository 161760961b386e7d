/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-selection.h>

#include <hein/hein-peer.h>

#include "hein-selection-private.h"

/* Collects the peers that a strategy chooses. */

/* Up to this number, a linear search is faster than a table. */
#define FEW 32

/**
 * HeinSelection:
 *
 * Where a strategy collects the peers that get a message.
 *
 * A strategy that calls nothing drops the message, as by
 * [method@Selection.drop].
 *
 * Since: 0.9
 */

G_DEFINE_FINAL_TYPE (HeinSelection, hein_selection, G_TYPE_OBJECT)

static void
hein_selection_finalize (GObject *object)
{
  HeinSelection *self = HEIN_SELECTION (object);

  g_free (self->held_for);
  g_clear_pointer (&self->many, g_hash_table_unref);
  g_ptr_array_unref (self->peers);
  G_OBJECT_CLASS (hein_selection_parent_class)->finalize (object);
}

static void
hein_selection_class_init (HeinSelectionClass *class)
{
  G_OBJECT_CLASS (class)->finalize = hein_selection_finalize;
}

static void
hein_selection_init (HeinSelection *self)
{
  self->peers = g_ptr_array_new ();
}

HeinSelection *
hein_selection_new (void)
{
  return g_object_new (HEIN_TYPE_SELECTION, NULL);
}

void
hein_selection_clear_slow (HeinSelection *self)
{
  g_ptr_array_set_size (self->peers, 0);
  if (self->many != NULL)
    g_hash_table_remove_all (self->many);
  g_clear_pointer (&self->held_for, g_free);
}

/* Uses a table when there are many peers: searching linearly for each of them
 * would take quadratic time. */
static gboolean
has_peer (HeinSelection *self, HeinPeer *peer)
{
  if (self->peers->len < FEW)
    return g_ptr_array_find (self->peers, peer, NULL);
  if (self->many == NULL)
    self->many = g_hash_table_new (NULL, NULL);
  if (g_hash_table_size (self->many) == 0)
    for (guint i = 0; i < self->peers->len; i++)
      g_hash_table_add (self->many, g_ptr_array_index (self->peers, i));
  return !g_hash_table_add (self->many, peer);
}

/**
 * hein_selection_add:
 * @self: a selection
 * @peer: a peer that shall get the message
 *
 * Sends the message to @peer, whatever the peer has subscribed to. To respect
 * subscriptions, check [method@Peer.can_take] first. Adding a peer twice has no
 * further effect.
 *
 * - Thread: owner, in `select`.
 *
 * Since: 0.9
 */
void
hein_selection_add (HeinSelection *self, HeinPeer *peer)
{
  g_return_if_fail (HEIN_IS_SELECTION (self));
  g_return_if_fail (HEIN_IS_PEER (peer));

  if (!has_peer (self, peer))
    g_ptr_array_add (self->peers, peer);
}

/**
 * hein_selection_add_all:
 * @self: a selection
 *
 * Sends the message to every peer that has subscribed to it. Much faster than
 * adding each peer, since the message is encoded once.
 *
 * - Thread: owner, in `select`.
 *
 * Since: 0.9
 */
void
hein_selection_add_all (HeinSelection *self)
{
  g_return_if_fail (HEIN_IS_SELECTION (self));

  self->is_all = TRUE;
}

/**
 * hein_selection_hold:
 * @self: a selection
 *
 * Holds the message until there is a new peer; then `select` is called again.
 *
 * - Limits: [property@Bus:send-limit] bytes in all; beyond that, sending fails
 *   with `HEIN_ERROR_WOULD_BLOCK`.
 * - Thread: owner, in `select`.
 *
 * Since: 0.9
 */
void
hein_selection_hold (HeinSelection *self)
{
  g_return_if_fail (HEIN_IS_SELECTION (self));

  self->is_held = TRUE;
}

/**
 * hein_selection_hold_for:
 * @self: a selection
 * @name: the name of the peer that shall get the message
 *
 * Holds the message until a peer of that name comes back. Sending fails with
 * `HEIN_ERROR_NO_PEER` when none was up within the last 300 s.
 *
 * - Thread: owner, in `select`.
 *
 * Since: 0.9
 */
void
hein_selection_hold_for (HeinSelection *self, const char *name)
{
  g_return_if_fail (HEIN_IS_SELECTION (self));
  g_return_if_fail (name != NULL);

  self->is_held = TRUE;
  g_free (self->held_for);
  self->held_for = g_strdup (name);
}

/**
 * hein_selection_drop:
 * @self: a selection
 *
 * Drops the message and cancels all earlier calls on @self: nobody gets the
 * message, and it does not wait. It counts as dropped, as
 * %HEIN_DROP_REASON_NO_PEER when there is no peer, else as
 * %HEIN_DROP_REASON_STRATEGY. Later calls on @self count again.
 *
 * - Thread: owner, in `select`.
 *
 * Since: 0.9
 */
void
hein_selection_drop (HeinSelection *self)
{
  g_return_if_fail (HEIN_IS_SELECTION (self));

  hein_selection_clear (self);
}

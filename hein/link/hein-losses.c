/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-losses.h"

#include "base/hein-row.h"
#include "hein-peer-state.h"

/* Counts dropped messages; a turn reports them. */

void
hein_drop_free (gpointer drop)
{
  HeinDrop *self = drop;

  g_clear_object (&self->peer);
  g_free (self);
}

/* Most peers never need it. */
static void
count_of_peer (HeinPeer *peer, HeinDropReason reason, guint64 n_messages)
{
  if (peer->counts.dropped == NULL)
    peer->counts.dropped = g_new0 (guint64, HEIN_N_DROP_REASONS);
  peer->counts.dropped[reason] += n_messages;
}

guint64
hein_losses_get_n_dropped (HeinPeer *peer, HeinDropReason reason)
{
  return peer->counts.dropped != NULL ? peer->counts.dropped[reason] : 0;
}

guint64
hein_losses_sum_dropped (HeinPeer *peer)
{
  guint64 n = 0;

  for (guint i = 0; i < HEIN_N_DROP_REASONS; i++)
    n += hein_losses_get_n_dropped (peer, i);
  return n;
}

/* Objects are further apart than there are reasons, so that each pair has a key
 * of its own. */
static gpointer
get_key (HeinPeer *peer, HeinDropReason reason)
{
  return GSIZE_TO_POINTER (GPOINTER_TO_SIZE (peer) + reason);
}

void
hein_losses_count (HeinLinkHost *self,
                   HeinPeer *peer,
                   HeinDropReason reason,
                   guint64 n_messages,
                   guint64 n_bytes)
{
  gpointer key = get_key (peer, reason);
  HeinDrop *drop;

  self->losses.n_dropped[reason] += n_messages;
  if (peer != NULL)
    count_of_peer (peer, reason, n_messages);
  if (self->losses.drops == NULL)
    self->losses.drops =
      g_hash_table_new_full (NULL, NULL, NULL, hein_drop_free);
  drop = g_hash_table_lookup (self->losses.drops, key);
  if (drop == NULL)
    {
      drop = g_new0 (HeinDrop, 1);
      g_set_object (&drop->peer, peer);
      drop->reason = reason;
      drop->in_row.data = drop;
      g_hash_table_insert (self->losses.drops, key, drop);
      hein_row_push_tail (&self->losses.row, &drop->in_row);
      hein_link_host_want_turn (self);
    }
  drop->n_messages += n_messages;
  drop->n_bytes += n_bytes;
}

HeinDrop *
hein_losses_take (HeinLinkHost *self)
{
  GList *first = self->losses.row.head;
  HeinDrop *drop;

  if (first == NULL)
    return NULL;
  drop = first->data;
  hein_row_unlink (&self->losses.row, first);
  g_hash_table_steal (self->losses.drops, get_key (drop->peer, drop->reason));
  if (self->losses.row.length == 0)
    g_clear_pointer (&self->losses.drops, g_hash_table_unref);
  return drop;
}

/* Few peers ever need it, so that it does not make all of them larger. */
static GQuark
n_stripped_quark (void)
{
  return g_quark_from_static_string ("hein-peer-n-stripped");
}

void
hein_losses_count_stripped (HeinPeer *peer)
{
  const gsize n = hein_losses_get_n_stripped (peer);

  if (n == 0)
    g_info ("%s gets messages without their attributes, or sends some that "
            "cannot be taken",
            peer->name);
  g_object_set_qdata (G_OBJECT (peer), n_stripped_quark (),
                      GSIZE_TO_POINTER (n + 1));
}

gsize
hein_losses_get_n_stripped (HeinPeer *peer)
{
  return GPOINTER_TO_SIZE (
    g_object_get_qdata (G_OBJECT (peer), n_stripped_quark ()));
}

HeinDropReason
hein_losses_get_reason (const GError *error)
{
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK))
    return HEIN_DROP_REASON_OVERFLOW;
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_NO_PEER))
    return HEIN_DROP_REASON_NO_PEER;
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_CLOSED))
    return HEIN_DROP_REASON_CLOSED;
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_FORBIDDEN))
    return HEIN_DROP_REASON_FORBIDDEN;
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT))
    return HEIN_DROP_REASON_EXPIRED;
  return HEIN_DROP_REASON_UNSENDABLE;
}

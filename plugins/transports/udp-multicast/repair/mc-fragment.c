/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-fragment.h"

#include "datagram/mc-pack.h"

/*
 * Checks that a fragment does not contradict itself, and says where it lies in
 * its message.
 */

static gboolean
place_whole (const McInner *inner, GBytes *payload, McPlace *place)
{
  place->offset = 0;
  place->fragment_size = 0;
  place->n_messages = inner->flags & MC_PACKED ? mc_pack_count (payload) : 1;
  return place->n_messages > 0 &&
         g_bytes_get_size (payload) == inner->message_size;
}

/* Its offset is known from the size of the message, and tells the size of those
 * before it. */
static gboolean
place_last (const McInner *inner, gsize size, McPlace *place)
{
  if (size == 0 || size >= inner->message_size ||
      (inner->message_size - size) % inner->index != 0)
    return FALSE;
  place->offset = inner->message_size - size;
  place->fragment_size = place->offset / inner->index;
  return size <= place->fragment_size;
}

static gboolean
place_full (const McInner *inner, gsize size, McPlace *place)
{
  guint64 offset = (guint64) inner->index * size;

  if (size == 0 || offset + size >= inner->message_size)
    return FALSE;
  place->offset = offset;
  place->fragment_size = size;
  return TRUE;
}

gboolean
mc_fragment_get_place (const McInner *inner,
                       GBytes *payload,
                       gsize max_message_size,
                       McPlace *place)
{
  gsize size = g_bytes_get_size (payload);

  if (inner->message_size > max_message_size || inner->dseq <= inner->index ||
      inner->dseq == G_MAXUINT64 ||
      ((inner->flags & MC_FIRST) != 0) != (inner->index == 0))
    return FALSE;
  if (mc_fragment_is_whole (inner))
    return place_whole (inner, payload, place);
  place->n_messages = 1;
  if (inner->flags & MC_PACKED)
    return FALSE;
  return inner->flags & MC_LAST ? place_last (inner, size, place)
                                : place_full (inner, size, place);
}

McPosition
mc_fragment_get_end (const McInner *inner, const McPlace *place)
{
  McPosition end = mc_inner_get_position (inner);

  end.dseq++;
  end.index++;
  if (inner->flags & MC_LAST)
    {
      end.ordinal += place->n_messages;
      end.index = 0;
    }
  return end;
}

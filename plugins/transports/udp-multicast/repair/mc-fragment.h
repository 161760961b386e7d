/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "datagram/mc-control.h"

G_BEGIN_DECLS

/*
 * Where a fragment lies in its message. All fragments of a message but the last
 * one have the same size, so each says by itself where it belongs, and none can
 * overlap another.
 */
typedef struct
{
  gsize offset;
  guint32 fragment_size; /* 0: the message has this fragment only */
  guint n_messages;      /* above 1 if packed */
} McPlace;

/* FALSE: it contradicts itself, or its message is over the limit. */
gboolean mc_fragment_get_place (const McInner *inner,
                                GBytes *payload,
                                gsize max_message_size,
                                McPlace *place);
/* Of the bytes after it. */
McPosition mc_fragment_get_end (const McInner *inner, const McPlace *place);

static inline gboolean
mc_fragment_is_whole (const McInner *inner)
{
  return (inner->flags & MC_FIRST) && (inner->flags & MC_LAST);
}

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-bus-state.h"
#include "core/hein-news.h"
#include "link/hein-peer-state.h"

G_BEGIN_DECLS

/* While bus->filters is not NULL. */

/* What is sent instead of @message; NULL with @error. (transfer full) */
HeinMessage *
hein_filters_send (HeinBus *self, HeinMessage *message, GError **error);
/* What arrives instead of @message, which is taken; NULL: it was dropped.
 * (transfer full) */
HeinMessage *
hein_filters_receive (HeinBus *self, HeinPeer *peer, HeinMessage *message);

/* The same behind the filters. FALSE: they have dropped it. */
static inline gboolean
hein_filters_deliver (HeinBus *self, HeinPeer *peer, HeinMessage *message)
{
  if (G_UNLIKELY (self->filters != NULL))
    message = hein_filters_receive (self, peer, message);
  if (G_UNLIKELY (message == NULL))
    return FALSE;
  hein_news_deliver (self, peer, message);
  return TRUE;
}

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-core-state.h"
#include "hein-news.h"
#include "link/hein-peer-state.h"

G_BEGIN_DECLS

/* While there are filters. */

/* What is sent instead of @message; NULL with @error. (transfer full) */
HeinMessage *
hein_filters_send (HeinCore *self, HeinMessage *message, GError **error);
/* What arrives instead of @message, which is taken; NULL: it was dropped.
 * (transfer full) */
HeinMessage *
hein_filters_receive (HeinCore *self, HeinPeer *peer, HeinMessage *message);

/* The same behind the filters. FALSE: they have dropped it. */
static inline gboolean
hein_filters_deliver (HeinCore *self, HeinPeer *peer, HeinMessage *message)
{
  if (G_UNLIKELY (self->sender.filters != NULL))
    message = hein_filters_receive (self, peer, message);
  if (G_UNLIKELY (message == NULL))
    return FALSE;
  hein_news_deliver (self, peer, message);
  return TRUE;
}

G_END_DECLS

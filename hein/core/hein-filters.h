/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-core-state.h"
#include "hein-news.h"
#include "link/hein-peer-state.h"

G_BEGIN_DECLS

/* Passing messages through the filters of a bus, which must have some. */

/* Returns what is to be sent instead of @message; NULL with @error when a
 * filter refuses it. (transfer full) */
HeinMessage *
hein_filters_send (HeinCore *self, HeinMessage *message, GError **error);
/* Returns what is to be received instead of @message, whose ownership it takes;
 * NULL: a filter has dropped it. (transfer full) */
HeinMessage *
hein_filters_receive (HeinCore *self, HeinPeer *peer, HeinMessage *message);

/* Delivers what the filters make of @message. FALSE: one has dropped it. */
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

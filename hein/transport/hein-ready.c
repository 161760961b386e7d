/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/hein-core-state.h"
#include "core/hein-news.h"
#include "hein-endpoint-state.h"
#include "hein-ready.h"

/* Finds out whether all endpoints are open, for the signal `ready`. */

/* Starts with the endpoint that was not open the last time: looking at all of
 * them takes long when thousands of endpoints open one after the other. */
static gboolean
are_all_open (HeinCore *self)
{
  GListModel *endpoints = G_LIST_MODEL (self->endpoints);
  const guint n = g_list_model_get_n_items (endpoints);

  for (guint i = 0; i < n; i++)
    {
      const guint place = (self->ready_hint + i) % n;
      g_autoptr (HeinEndpoint) endpoint =
        g_list_model_get_item (endpoints, place);

      if (endpoint->state == HEIN_ENDPOINT_STATE_OPEN ||
          endpoint->state == HEIN_ENDPOINT_STATE_DUPLICATE)
        continue;
      self->ready_hint = place;
      return FALSE;
    }
  return TRUE;
}

void
hein_ready_check (HeinCore *self)
{
  if (self->was_ready ||
      (self->roster.media->len == 0 && self->roster.n_settled == 0) ||
      !are_all_open (self))
    return;
  self->was_ready = TRUE;
  hein_news_push_event (self, HEIN_EVENT_READY, NULL, NULL);
}

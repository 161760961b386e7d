/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/hein-carrier.h"
#include "core/hein-core-state.h"
#include "hein-endpoint-state.h"
#include "hein-media.h"

/* Keeps the list of media: transports where one send reaches all peers. */

/* A medium that is still opening gets messages too: it queues them, or fails
 * with WOULD_BLOCK. */
static gboolean
is_medium (HeinEndpoint *endpoint)
{
  return (endpoint->state == HEIN_ENDPOINT_STATE_OPENING ||
          endpoint->state == HEIN_ENDPOINT_STATE_OPEN) &&
         endpoint->reaches_all;
}

/* An array that a caller up the stack iterates over is replaced, not
 * changed. */
static void
clear_media (HeinCore *self)
{
  if (G_LIKELY (self->roster.n_media_walks == 0))
    {
      g_ptr_array_set_size (self->roster.media, 0);
      return;
    }
  if (self->roster.old_media == NULL)
    self->roster.old_media =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  g_ptr_array_add (self->roster.old_media, self->roster.media);
  self->roster.media = hein_carrier_array_new ();
}

void
hein_media_review (HeinCore *self)
{
  GListModel *endpoints = G_LIST_MODEL (self->endpoints);

  clear_media (self);
  for (guint i = 0; i < g_list_model_get_n_items (endpoints); i++)
    {
      g_autoptr (HeinEndpoint) endpoint = g_list_model_get_item (endpoints, i);

      if (is_medium (endpoint))
        hein_carrier_array_add (self->roster.media, endpoint->carrier);
    }
}

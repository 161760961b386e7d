/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-stream-places.h"

#include "hein-endpoint-state.h"
#include "hein-transport-private.h"
#include "io/hein-world.h"

/* The places that a stream endpoint dials, and whose turn it is. */

static void
place_free (gpointer data)
{
  HeinStreamPlace *self = data;

  g_clear_object (&self->target);
  g_clear_pointer (&self->told, hein_place_free);
  g_free (self);
}

/* Where the transport looks for host and port, it finds those of @place. */
static GSocketConnectable *
ask_target (HeinStreamTransport *transport,
            const HeinPlace *place,
            GError **error)
{
  HeinEndpoint *endpoint =
    hein_transport_get_endpoint (HEIN_TRANSPORT (transport));
  HeinStreamTransportClass *class = HEIN_STREAM_TRANSPORT_GET_CLASS (transport);
  GSocketConnectable *target;

  g_atomic_pointer_set (&endpoint->asked_place, place);
  target = class->get_connectable (transport, endpoint, error);
  g_atomic_pointer_set (&endpoint->asked_place, NULL);
  if (target == NULL && error != NULL && *error == NULL)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "the transport %s has nothing to dial, and did not say why",
                 G_OBJECT_TYPE_NAME (transport));
  return target;
}

void
hein_stream_places_add (HeinStreamPlaces *self,
                        const HeinPlace *place,
                        GSocketConnectable *target)
{
  HeinStreamPlace *made = g_new (HeinStreamPlace, 1);
  guint n;

  if (self->all == NULL)
    self->all = g_ptr_array_new_with_free_func (place_free);
  n = self->all->len;
  *made = (HeinStreamPlace){ .place = place, .target = target };
  /* one alone draws no number, which would change all others of a run */
  g_ptr_array_insert (self->all,
                      n > 0 ? (int) (hein_world_draw_part () * (n + 1)) : 0,
                      made);
}

gboolean
hein_stream_places_open (HeinStreamPlaces *self,
                         HeinStreamTransport *transport,
                         gboolean is_in_world,
                         GError **error)
{
  const GPtrArray *places =
    hein_transport_get_endpoint (HEIN_TRANSPORT (transport))->address->places;

  for (guint i = 0; i < places->len; i++)
    {
      GSocketConnectable *target = NULL;

      if (!is_in_world)
        {
          target = ask_target (transport, places->pdata[i], error);
          if (target == NULL)
            return FALSE;
        }
      hein_stream_places_add (self, places->pdata[i], target);
    }
  hein_stream_places_begin_round (self);
  return TRUE;
}

void
hein_stream_places_clear (HeinStreamPlaces *self)
{
  g_clear_pointer (&self->all, g_ptr_array_unref);
}

const HeinStreamPlace *
hein_stream_places_get (const HeinStreamPlaces *self)
{
  return self->all->pdata[self->at];
}

void
hein_stream_places_begin_round (HeinStreamPlaces *self)
{
  self->n_left = self->all != NULL ? self->all->len - 1 : 0;
}

gboolean
hein_stream_places_step (HeinStreamPlaces *self)
{
  if (self->all == NULL)
    return FALSE;
  self->at = (self->at + 1) % self->all->len;
  if (self->n_left == 0)
    {
      hein_stream_places_begin_round (self);
      return FALSE;
    }
  self->n_left--;
  return TRUE;
}

GError *
hein_stream_places_explain (const HeinStreamPlaces *self, const GError *error)
{
  GError *copy = g_error_copy (error);
  g_autofree char *text = NULL;

  if (self->all == NULL || self->all->len == 1)
    return copy;
  text = hein_place_dup_text (hein_stream_places_get (self)->place);
  g_prefix_error (&copy, "%s: ", text);
  return copy;
}

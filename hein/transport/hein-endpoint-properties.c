/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-endpoint.h>

#include "hein-endpoint-properties.h"
#include "hein-endpoint-state.h"

/* The properties of HeinEndpoint, all read-only; hein-notify.c notifies
 * them. */

enum
{
  PROP_0,
  PROP_URI,
  PROP_BOUND_URI,
  PROP_ROLE,
  PROP_STATE,
  PROP_ERROR,
  PROP_N_CONNECTIONS,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

void
hein_endpoint_get_property (GObject *object,
                            guint prop_id,
                            GValue *value,
                            GParamSpec *pspec)
{
  HeinEndpoint *self = HEIN_ENDPOINT (object);

  switch (prop_id)
    {
    case PROP_URI:
      g_value_set_string (value, self->address->uri);
      break;
    case PROP_BOUND_URI:
      g_value_set_string (value, hein_endpoint_get_bound_uri (self));
      break;
    case PROP_ROLE:
      g_value_set_enum (value, self->role);
      break;
    case PROP_STATE:
      g_value_set_enum (value, self->state);
      break;
    case PROP_ERROR:
      g_value_set_boxed (value, self->error);
      break;
    case PROP_N_CONNECTIONS:
      g_value_set_uint64 (value, self->n_connections);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
install_properties (void)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  /**
   * HeinEndpoint:uri:
   *
   * The address as it was given, including any secret. It never changes.
   *
   * - Thread: any.
   *
   * Since: 0.9
   */
  props[PROP_URI] = g_param_spec_string ("uri", NULL, NULL, NULL, flags);
  /**
   * HeinEndpoint:bound-uri:
   *
   * The address that peers can dial to reach this endpoint: with the real port
   * where port 0 was given, and including any secret. The address as it was
   * given until the endpoint is bound. Notifies at the end of a turn.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  props[PROP_BOUND_URI] =
    g_param_spec_string ("bound-uri", NULL, NULL, NULL, flags);
  /**
   * HeinEndpoint:role:
   *
   * Whether the bus listens or dials here. It never changes.
   *
   * - Thread: any.
   *
   * Since: 0.9
   */
  props[PROP_ROLE] = g_param_spec_enum ("role", NULL, NULL, HEIN_TYPE_ROLE,
                                        HEIN_ROLE_LISTEN, flags);
  /**
   * HeinEndpoint:state:
   *
   * The state of the endpoint. Notifies at the end of a turn.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  props[PROP_STATE] =
    g_param_spec_enum ("state", NULL, NULL, HEIN_TYPE_ENDPOINT_STATE,
                       HEIN_ENDPOINT_STATE_OPENING, flags);
  /**
   * HeinEndpoint:error:
   *
   * The last error; %NULL when there was none since the endpoint was last open.
   * Notifies at the end of a turn, but not when the next attempt fails in the
   * same way.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  props[PROP_ERROR] =
    g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, flags);
  /**
   * HeinEndpoint:n-connections:
   *
   * How many peers have come up here since the endpoint was made, from 0.
   * Notifies at the end of a turn, once for all peers of that turn.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  props[PROP_N_CONNECTIONS] =
    g_param_spec_uint64 ("n-connections", NULL, NULL, 0, G_MAXUINT64, 0, flags);
}

void
hein_endpoint_install_properties (GObjectClass *object_class)
{
  install_properties ();
  g_object_class_install_properties (object_class, N_PROPS, props);
}

/**
 * hein_endpoint_get_bound_uri: (attributes org.gtk.Method.get_property=bound-uri)
 * @self: an endpoint
 *
 * Gets the address that peers can dial to reach this endpoint: with the real
 * port where port 0 was given, and including any secret. Before showing it to
 * anybody, see [func@uri_hide_secrets].
 *
 * - Thread: owner.
 *
 * Returns: (transfer none): a URI
 *
 * Since: 0.9
 */
const char *
hein_endpoint_get_bound_uri (HeinEndpoint *self)
{
  g_return_val_if_fail (HEIN_IS_ENDPOINT (self), NULL);

  return self->bound_uri != NULL ? self->bound_uri : self->address->uri;
}

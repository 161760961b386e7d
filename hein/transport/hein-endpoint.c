/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-endpoint.h>

#include <hein/hein-plugin.h>
#include <hein/hein-protocol.h>
#include <hein/hein-stream-transport.h>
#include <hein/hein-transport.h>

#include "base/hein-address.h"
#include "base/hein-call.h"
#include "base/hein-error-private.h"
#include "core/hein-calls.h"
#include "core/hein-core-state.h"
#include "core/hein-news.h"
#include "core/hein-notify.h"
#include "hein-endpoint-private.h"
#include "hein-endpoint-properties.h"
#include "hein-endpoint-state.h"
#include "hein-media.h"

/**
 * HeinEndpoint:
 *
 * One address that a bus listens on or dials.
 *
 * A dialled endpoint tries to connect until it is closed.
 *
 * Properties notify once at the end of a turn, after the bus has emitted the
 * signals of that turn, so that a [class@GObject.Binding] can follow them. When
 * a bus is disposed of without having been closed, its endpoints notify no
 * more.
 *
 * Since: 0.9
 */

G_DEFINE_FINAL_TYPE (HeinEndpoint, hein_endpoint, G_TYPE_OBJECT)

static void
hein_endpoint_finalize (GObject *object)
{
  HeinEndpoint *self = HEIN_ENDPOINT (object);

  for (guint i = 0; i < self->n_options; i++)
    g_value_unset (&self->option_values[i]);
  g_free (self->option_values);
  g_free (self->option_names);
  g_clear_object (&self->prepared);
  g_clear_object (&self->transport);
  g_clear_object (&self->call);
  g_clear_pointer (&self->address, hein_address_free);
  g_clear_error (&self->error);
  g_free (self->bound_uri);
  G_OBJECT_CLASS (hein_endpoint_parent_class)->finalize (object);
}

static void
hein_endpoint_class_init (HeinEndpointClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = hein_endpoint_get_property;
  object_class->finalize = hein_endpoint_finalize;

  hein_endpoint_install_properties (object_class);
}

static void
hein_endpoint_init (HeinEndpoint *self)
{
  self->protocol_type = G_TYPE_INVALID;
}

void
hein_endpoint_notify (HeinEndpoint *self, guint changes)
{
  if (self->core != NULL)
    hein_notify_mark (self->core, self, &self->changes, changes);
}

void
hein_endpoint_set_state (HeinEndpoint *self, HeinEndpointState state)
{
  if (self->state == state)
    return;
  self->state = state;
  hein_endpoint_notify (self, HEIN_CHANGE_STATE);
  if (state == HEIN_ENDPOINT_STATE_OPEN)
    {
      self->was_open = TRUE;
      if (self->error != NULL)
        hein_endpoint_notify (self, HEIN_CHANGE_ERROR);
      g_clear_error (&self->error);
    }
  if (self->core != NULL && self->reaches_all)
    hein_media_review (self->core);
}

static GError *
add_uri (HeinEndpoint *self, const GError *error)
{
  GError *copy = hein_error_copy_printable (error);

  g_prefix_error (&copy, "%s: ", self->address->shown);
  return copy;
}

void
hein_endpoint_warn (HeinEndpoint *self, const GError *error)
{
  if (self->core != NULL)
    hein_news_push_event (self->core, HEIN_EVENT_FAILED, g_object_ref (self),
                          add_uri (self, error));
}

void
hein_endpoint_report (HeinEndpoint *self, const GError *error)
{
  g_autoptr (GError) copy = add_uri (self, error);

  hein_endpoint_warn (self, error);
  g_clear_error (&self->error);
  self->error = g_steal_pointer (&copy);
  hein_endpoint_notify (self, HEIN_CHANGE_ERROR);
}

void
hein_endpoint_note (HeinEndpoint *self, const GError *error)
{
  GError *copy = hein_error_copy_printable (error);
  gboolean is_new =
    self->error == NULL || strcmp (self->error->message, copy->message) != 0;

  /* attempts repeat: the first such error is logged as info, the rest as
   * debug */
  g_log (G_LOG_DOMAIN, is_new ? G_LOG_LEVEL_INFO : G_LOG_LEVEL_DEBUG, "%s: %s",
         self->address->shown, copy->message);
  g_clear_error (&self->error);
  self->error = copy;
  if (is_new)
    hein_endpoint_notify (self, HEIN_CHANGE_ERROR);
}

void
hein_endpoint_settle_call (HeinEndpoint *self, const GError *error)
{
  HeinCall *call = g_steal_pointer (&self->call);

  if (call == NULL)
    return;
  if (error != NULL)
    hein_call_set_error (call, hein_error_copy_printable (error));
  else
    hein_call_set_result (call, g_object_ref (self), g_object_unref);
  hein_calls_end (call->owner, call);
}

HeinProtocol *
hein_endpoint_create_protocol (HeinEndpoint *self)
{
  return HEIN_PROTOCOL (
    g_object_new_with_properties (self->protocol_type, self->n_options,
                                  self->option_names, self->option_values));
}

void
hein_endpoint_set_bound_uri (HeinEndpoint *self, const char *uri)
{
  g_free (self->bound_uri);
  self->bound_uri = g_strdup (uri);
  hein_endpoint_notify (self, HEIN_CHANGE_BOUND_URI);
}

/**
 * hein_endpoint_get_bus:
 * @self: an endpoint
 *
 * Gets the bus that the endpoint belongs to.
 *
 * - Thread: owner.
 *
 * Returns: (transfer none) (nullable): the bus; %NULL once the endpoint is
 *   closed
 *
 * Since: 0.9
 */
HeinBus *
hein_endpoint_get_bus (HeinEndpoint *self)
{
  g_return_val_if_fail (HEIN_IS_ENDPOINT (self), NULL);

  return self->core != NULL ? self->core->bus : NULL;
}

/**
 * hein_endpoint_get_uri: (attributes org.gtk.Method.get_property=uri)
 * @self: an endpoint
 *
 * Gets the address as it was given, including any secret. Before showing it to
 * anybody, see [func@uri_hide_secrets].
 *
 * - Thread: any.
 *
 * Returns: (transfer none): a URI
 *
 * Since: 0.9
 */
const char *
hein_endpoint_get_uri (HeinEndpoint *self)
{
  g_return_val_if_fail (HEIN_IS_ENDPOINT (self), NULL);

  return self->address->uri;
}

/**
 * hein_endpoint_get_role: (attributes org.gtk.Method.get_property=role)
 * @self: an endpoint
 *
 * Gets whether the bus listens or dials here.
 *
 * - Thread: any.
 *
 * Returns: the role
 *
 * Since: 0.9
 */
HeinRole
hein_endpoint_get_role (HeinEndpoint *self)
{
  g_return_val_if_fail (HEIN_IS_ENDPOINT (self), HEIN_ROLE_LISTEN);

  return self->role;
}

/**
 * hein_endpoint_get_state: (attributes org.gtk.Method.get_property=state)
 * @self: an endpoint
 *
 * Gets the state of the endpoint.
 *
 * - Thread: owner.
 *
 * Returns: the state
 *
 * Since: 0.9
 */
HeinEndpointState
hein_endpoint_get_state (HeinEndpoint *self)
{
  g_return_val_if_fail (HEIN_IS_ENDPOINT (self), HEIN_ENDPOINT_STATE_CLOSED);

  return self->state;
}

/**
 * hein_endpoint_get_error: (attributes org.gtk.Method.get_property=error)
 * @self: an endpoint
 *
 * Gets the last error, which is cleared when the endpoint is open again.
 *
 * - Thread: owner.
 *
 * Returns: (transfer none) (nullable): the error
 *
 * Since: 0.9
 */
const GError *
hein_endpoint_get_error (HeinEndpoint *self)
{
  g_return_val_if_fail (HEIN_IS_ENDPOINT (self), NULL);

  return self->error;
}

/**
 * hein_endpoint_get_reaches_all:
 * @self: an endpoint
 *
 * Gets whether one send reaches everybody at once, whether known as a peer or
 * not, as with multicast.
 *
 * - Thread: owner.
 *
 * Returns: %TRUE when it does
 *
 * Since: 0.9
 */
gboolean
hein_endpoint_get_reaches_all (HeinEndpoint *self)
{
  g_return_val_if_fail (HEIN_IS_ENDPOINT (self), FALSE);

  return self->reaches_all;
}

/**
 * hein_endpoint_get_knows_peers:
 * @self: an endpoint
 *
 * Gets whether everybody who can hear a message to all is known as a peer, so
 * that nobody hears it when there is no peer. %FALSE for media where one can
 * listen unseen: `udp-multicast` in the formats `plain` and `multisock`. Where
 * members announce themselves, as in the format `hein`, they become peers
 * within milliseconds, or within 5 s when the first announcement was lost.
 *
 * - Thread: owner.
 *
 * Returns: %TRUE when only peers can hear
 *
 * Since: 0.9
 */
gboolean
hein_endpoint_get_knows_peers (HeinEndpoint *self)
{
  g_return_val_if_fail (HEIN_IS_ENDPOINT (self), FALSE);

  return !self->reaches_all || self->knows_peers;
}

/**
 * hein_endpoint_get_n_connections: (attributes org.gtk.Method.get_property=n-connections)
 * @self: an endpoint
 *
 * Gets how many peers have come up here since the endpoint was made.
 *
 * - Thread: owner.
 *
 * Returns: the number of connections
 *
 * Since: 0.9
 */
guint64
hein_endpoint_get_n_connections (HeinEndpoint *self)
{
  g_return_val_if_fail (HEIN_IS_ENDPOINT (self), 0);

  return self->n_connections;
}

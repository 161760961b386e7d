/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-endpoint.h"

#include <hein/hein-plugin.h>
#include <hein/hein-protocol.h>
#include <hein/hein-stream-transport.h>
#include <hein/hein-transport.h>

#include "hein-bus-private.h"
#include "hein-endpoint-private.h"
#include "hein-error-private.h"
#include "hein-notify-private.h"
#include "hein-plugin-private.h"
#include "hein-transport-private.h"

#define DEFAULT_PROTOCOL "zmtp"

/**
 * HeinEndpoint:
 *
 * One address that a bus listens on or dials.
 *
 * A dialled endpoint tries for ever, until it is closed. Owned by the thread
 * of its bus.
 *
 * What changes notifies, once when a turn ends, behind what the bus tells of that
 * turn, so that [class@GObject.Binding] can follow it. When the bus is disposed
 * of without being closed, nothing is told any more.
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
  g_clear_object (&self->transport);
  g_clear_object (&self->call);
  g_clear_pointer (&self->address, hein_address_free);
  g_clear_error (&self->error);
  g_free (self->bound_uri);
  G_OBJECT_CLASS (hein_endpoint_parent_class)->finalize (object);
}

static void
hein_endpoint_class_init (HeinEndpointClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = hein_endpoint_get_property;
  object_class->finalize = hein_endpoint_finalize;

  hein_endpoint_install_properties (object_class);
}

static void
hein_endpoint_init (HeinEndpoint *self)
{
  self->protocol_type = G_TYPE_INVALID;
}

static gboolean
has_option (GObjectClass *class, const char *name)
{
  g_auto (GStrv) names = hein_option_dup_names (class);

  return g_strv_contains ((const char *const *) names, name);
}

static char *
join_choices (GObjectClass *first, GObjectClass *second)
{
  g_auto (GStrv) a = hein_option_dup_names (first);
  g_autofree char *left = g_strjoinv (", ", a);
  g_auto (GStrv) b = NULL;
  g_autofree char *right = NULL;

  if (second == NULL)
    return g_steal_pointer (&left);
  b = hein_option_dup_names (second);
  if (b[0] == NULL)
    return g_steal_pointer (&left);
  right = g_strjoinv (", ", b);
  return g_strconcat (left, ", ", right, NULL);
}

static gboolean
parse_option (HeinEndpoint *self,
              GObjectClass *class,
              guint index,
              GValue *value,
              GError **error)
{
  if (hein_option_parse (class, self->address->names[index],
                         self->address->values[index], value, error))
    return TRUE;
  g_prefix_error (error, "%s: ", self->address->shown);
  return FALSE;
}

/* Gives one option of the address to the class that has it. */
static gboolean
apply_option (HeinEndpoint *self,
              GObjectClass *protocol_class,
              guint index,
              GError **error)
{
  GObjectClass *class = G_OBJECT_GET_CLASS (self->transport);
  const char *name = self->address->names[index];
  g_auto (GValue) value = G_VALUE_INIT;
  g_autofree char *choices = NULL;

  if (has_option (class, name))
    {
      if (!parse_option (self, class, index, &value, error))
        return FALSE;
      g_object_set_property (G_OBJECT (self->transport), name, &value);
      return TRUE;
    }
  if (protocol_class != NULL && has_option (protocol_class, name))
    {
      GValue *place = &self->option_values[self->n_options];

      if (!parse_option (self, protocol_class, index, place, error))
        return FALSE;
      self->option_names[self->n_options++] = name;
      return TRUE;
    }
  choices = join_choices (class, protocol_class);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
               "%s: there is no option \"%s\"; known ones: %s",
               self->address->shown, name, choices);
  return FALSE;
}

static gboolean
apply_options (HeinEndpoint *self, GError **error)
{
  guint n = g_strv_length (self->address->names);
  GObjectClass *protocol_class = NULL;
  gboolean ok = TRUE;

  self->option_names = g_new0 (const char *, n + 1);
  self->option_values = g_new0 (GValue, n + 1);
  if (self->protocol_type != G_TYPE_INVALID)
    protocol_class = g_type_class_ref (self->protocol_type);
  for (guint i = 0; ok && i < n; i++)
    ok = apply_option (self, protocol_class, i, error);
  g_clear_pointer (&protocol_class, g_type_class_unref);
  return ok;
}

static gboolean
find_protocol (HeinEndpoint *self, GError **error)
{
  const char *name = self->address->protocol;
  g_autoptr (HeinPluginInfo) info = NULL;

  if (!HEIN_IS_STREAM_TRANSPORT (self->transport))
    {
      if (name == NULL)
        return TRUE;
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                   "%s: %s carries messages, not bytes, and takes no protocol",
                   self->address->shown, self->address->transport);
      return FALSE;
    }
  info = hein_plugin_find (HEIN_PLUGIN_PROTOCOL,
                           name != NULL ? name : DEFAULT_PROTOCOL, error);
  if (info == NULL)
    {
      g_prefix_error (error, "%s: ", self->address->shown);
      return FALSE;
    }
  self->protocol_type = hein_plugin_info_get_object_type (info);
  self->protocol_name = g_intern_string (hein_plugin_info_get_name (info));
  return TRUE;
}

static HeinPluginInfo *
find_transport (HeinEndpoint *self, GError **error)
{
  const char *name = self->address->transport;
  g_autoptr (HeinPluginInfo) protocol = NULL;
  HeinPluginInfo *info = hein_plugin_find (HEIN_PLUGIN_TRANSPORT, name, error);

  if (info != NULL)
    return info;
  /* who comes from another library knows the protocol only */
  protocol = hein_plugin_find (HEIN_PLUGIN_PROTOCOL, name, NULL);
  if (protocol != NULL)
    g_prefix_error (error, "'%s' is a protocol, write tcp+%s://…: ", name,
                    name);
  else if (hein_address_is_host_port (self->address->uri))
    g_prefix_error (error, "a transport is missing, write tcp://%s: ",
                    self->address->shown);
  g_prefix_error (error, "%s: ", self->address->shown);
  return NULL;
}

HeinEndpoint *
hein_endpoint_new (HeinBus *bus, HeinRole role, const char *uri, GError **error)
{
  g_autoptr (HeinEndpoint) self = g_object_new (HEIN_TYPE_ENDPOINT, NULL);
  g_autoptr (HeinPluginInfo) info = NULL;

  self->bus = bus;
  self->role = role;
  self->address = hein_address_parse (uri, error);
  if (self->address == NULL)
    return NULL;
  info = find_transport (self, error);
  if (info == NULL)
    return NULL;
  self->transport_name = g_intern_string (self->address->transport);
  self->transport =
    g_object_new (hein_plugin_info_get_object_type (info), NULL);
  hein_transport_set_endpoint (self->transport, self);
  if (!find_protocol (self, error) || !apply_options (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (HeinEndpoint) self = data;
  g_autoptr (GError) error = NULL;
  gboolean ok = g_task_propagate_boolean (G_TASK (result), &error);

  /* begin_open failed, and its caller knows */
  if (!ok && error == NULL)
    return;
  if (self->bus != NULL)
    hein_loop_disarm (self->bus->loop, &self->timer);
  if (!ok)
    {
      if (self->bus != NULL)
        hein_endpoint_report (self, error);
      hein_endpoint_settle_call (self, error);
      hein_endpoint_close (self);
      return;
    }
  if (self->bus == NULL || self->state != HEIN_ENDPOINT_OPENING)
    return;
  if (self->role == HEIN_ROLE_LISTEN ||
      hein_transport_reaches_all (self->transport))
    {
      hein_endpoint_set_state (self, HEIN_ENDPOINT_OPEN);
      hein_endpoint_settle_call (self, NULL);
    }
  hein_roster_check_ready (self->bus);
}

static void
on_forgotten (HeinTimer *timer, gint64 now_us)
{
  HeinEndpoint *self =
    (HeinEndpoint *) ((char *) timer - G_STRUCT_OFFSET (HeinEndpoint, timer));
  g_autoptr (HeinEndpoint) keep = g_object_ref (self);
  g_autoptr (GError) error = g_error_new (HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
                                          "the transport %s did not say "
                                          "within %u ms whether it is open",
                                          G_OBJECT_TYPE_NAME (self->transport),
                                          self->bus->handshake_timeout_ms);

  hein_endpoint_report (self, error);
  hein_endpoint_settle_call (self, error);
  hein_endpoint_close (self);
}

gboolean
hein_endpoint_open (HeinEndpoint *self, GError **error)
{
  HeinLoop *loop = self->bus->loop;
  g_autoptr (GTask) task = NULL;
  gboolean ok;

  hein_loop_enter (loop);
  task = g_task_new (self->transport, NULL, on_opened, g_object_ref (self));
  g_task_set_source_tag (task, hein_endpoint_open);
  self->timer.expired = on_forgotten;
  hein_loop_arm (loop, &self->timer,
                 hein_loop_get_now_us (loop) +
                   (gint64) self->bus->handshake_timeout_ms * 1000);
  ok = hein_transport_begin_open (self->transport, task, error);
  if (!ok)
    {
      hein_loop_disarm (loop, &self->timer);
      hein_transport_close (self->transport);
      self->state = HEIN_ENDPOINT_CLOSED;
      self->bus = NULL;
      /* a task that is dropped without an answer is a mistake to GLib */
      g_task_return_boolean (task, FALSE);
    }
  hein_loop_leave (loop);
  return ok;
}

void
hein_endpoint_set_state (HeinEndpoint *self, HeinEndpointState state)
{
  if (self->state == state)
    return;
  if (self->bus != NULL)
    self->bus->n_duplicates += (state == HEIN_ENDPOINT_DUPLICATE) -
                               (self->state == HEIN_ENDPOINT_DUPLICATE);
  self->state = state;
  hein_notify_endpoint (self, HEIN_CHANGE_STATE);
  if (state == HEIN_ENDPOINT_OPEN)
    {
      self->was_open = TRUE;
      if (self->error != NULL)
        hein_notify_endpoint (self, HEIN_CHANGE_ERROR);
      g_clear_error (&self->error);
    }
  if (self->bus != NULL && hein_transport_reaches_all (self->transport))
    hein_roster_review_media (self->bus);
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
  if (self->bus != NULL)
    hein_turn_push_event (self->bus, HEIN_EVENT_FAILED, g_object_ref (self),
                          add_uri (self, error));
}

void
hein_endpoint_report (HeinEndpoint *self, const GError *error)
{
  g_autoptr (GError) copy = add_uri (self, error);

  hein_endpoint_warn (self, error);
  g_clear_error (&self->error);
  self->error = g_steal_pointer (&copy);
  hein_notify_endpoint (self, HEIN_CHANGE_ERROR);
}

void
hein_endpoint_note (HeinEndpoint *self, const GError *error)
{
  GError *copy = hein_error_copy_printable (error);
  gboolean is_new =
    self->error == NULL || strcmp (self->error->message, copy->message) != 0;

  /* it is tried again and again: said once, and then in every detail only */
  g_log (G_LOG_DOMAIN, is_new ? G_LOG_LEVEL_INFO : G_LOG_LEVEL_DEBUG, "%s: %s",
         self->address->shown, copy->message);
  g_clear_error (&self->error);
  self->error = copy;
  if (is_new)
    hein_notify_endpoint (self, HEIN_CHANGE_ERROR);
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
  hein_bus_end_call (HEIN_BUS (call->source), call);
}

HeinProtocol *
hein_endpoint_create_protocol (HeinEndpoint *self)
{
  return HEIN_PROTOCOL (
    g_object_new_with_properties (self->protocol_type, self->n_options,
                                  self->option_names, self->option_values));
}

static void
end (HeinEndpoint *self)
{
  hein_loop_disarm (self->bus->loop, &self->timer);
  hein_transport_close (self->transport);
  self->bus = NULL;
}

void
hein_endpoint_end_finishing (HeinEndpoint *self)
{
  HeinBus *bus = self->bus;

  if (!self->is_finishing)
    return;
  self->is_finishing = FALSE;
  end (self);
  g_ptr_array_remove (bus->finishing, self);
  hein_bus_want_turn (bus); /* it may have been the last one */
}

static void
on_late (HeinTimer *timer, gint64 now_us)
{
  HeinEndpoint *self =
    (HeinEndpoint *) ((char *) timer - G_STRUCT_OFFSET (HeinEndpoint, timer));
  HeinBus *bus = self->bus;

  if (bus->close_error == NULL)
    bus->close_error = g_error_new (HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
                                    "%s: not all that was sent has gone out",
                                    self->address->shown);
  hein_endpoint_end_finishing (self);
}

static void
begin_finishing (HeinEndpoint *self)
{
  HeinLoop *loop = self->bus->loop;
  int linger_ms = hein_transport_get_linger_ms (self->transport);

  if (linger_ms < 0)
    linger_ms = (int) self->bus->linger_ms;
  self->is_finishing = TRUE;
  g_ptr_array_add (self->bus->finishing, g_object_ref (self));
  self->timer.expired = on_late;
  hein_loop_arm (loop, &self->timer,
                 hein_loop_get_now_us (loop) + (gint64) linger_ms * 1000);
}

void
hein_endpoint_shut (HeinEndpoint *self)
{
  HeinBus *bus = self->bus;

  if (bus == NULL || self->is_finishing)
    return;
  hein_endpoint_set_state (self, HEIN_ENDPOINT_CLOSED);
  hein_loop_disarm (bus->loop, &self->timer);
  if (self->call != NULL)
    {
      g_autoptr (GError) error =
        g_error_new (HEIN_ERROR, HEIN_ERROR_CLOSED,
                     "%s: closed before it was open", self->address->shown);

      hein_endpoint_settle_call (self, error);
    }
  hein_loop_enter (bus->loop);
  if (hein_transport_finish (self->transport))
    end (self);
  else
    begin_finishing (self);
  hein_loop_leave (bus->loop);
}

/**
 * hein_endpoint_get_bus:
 * @self: an endpoint
 *
 * Gets the bus it belongs to.
 *
 * - Thread: owner.
 *
 * Returns: (transfer none) (nullable): the bus, %NULL once it is closed
 *
 * Since: 0.9
 */
HeinBus *
hein_endpoint_get_bus (HeinEndpoint *self)
{
  g_return_val_if_fail (HEIN_IS_ENDPOINT (self), NULL);

  return self->bus;
}

/**
 * hein_endpoint_get_uri: (attributes org.gtk.Method.get_property=uri)
 * @self: an endpoint
 *
 * Gets the address as it was given, with any secret in it. To show it, see
 * [func@uri_hide_secrets].
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
 * Gets how it is doing.
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
  g_return_val_if_fail (HEIN_IS_ENDPOINT (self), HEIN_ENDPOINT_CLOSED);

  return self->state;
}

/**
 * hein_endpoint_get_error: (attributes org.gtk.Method.get_property=error)
 * @self: an endpoint
 *
 * Gets what went wrong last; forgotten when it is open again.
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
 * hein_endpoint_get_host:
 * @self: an endpoint
 *
 * Gets the host of the address; for transports.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): a name or number without brackets, empty when
 *   there is none
 *
 * Since: 0.9
 */
const char *
hein_endpoint_get_host (HeinEndpoint *self)
{
  g_return_val_if_fail (HEIN_IS_ENDPOINT (self), NULL);

  return self->address->host;
}

/**
 * hein_endpoint_get_port:
 * @self: an endpoint
 *
 * Gets the port of the address; for transports.
 *
 * - Thread: any.
 *
 * Returns: 0 to 65535, -1 when there is none
 *
 * Since: 0.9
 */
int
hein_endpoint_get_port (HeinEndpoint *self)
{
  g_return_val_if_fail (HEIN_IS_ENDPOINT (self), -1);

  return self->address->port;
}

/**
 * hein_endpoint_get_path:
 * @self: an endpoint
 *
 * Gets the path of the address; for transports.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): the path with its first slash, or what follows the
 *   colon where there is no host; empty when there is none
 *
 * Since: 0.9
 */
const char *
hein_endpoint_get_path (HeinEndpoint *self)
{
  g_return_val_if_fail (HEIN_IS_ENDPOINT (self), NULL);

  return self->address->path;
}

/**
 * hein_endpoint_set_bound_uri:
 * @self: an endpoint
 * @uri: (nullable): what others dial to come here
 *
 * Tells where it is really bound; for transports.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_endpoint_set_bound_uri (HeinEndpoint *self, const char *uri)
{
  g_return_if_fail (HEIN_IS_ENDPOINT (self));

  g_free (self->bound_uri);
  self->bound_uri = g_strdup (uri);
  hein_notify_endpoint (self, HEIN_CHANGE_BOUND_URI);
}

/**
 * hein_endpoint_get_reaches_all:
 * @self: an endpoint
 *
 * Gets whether what is sent to all reaches everybody at once, known as a peer or
 * not, as with multicast.
 *
 * - Thread: owner.
 *
 * Returns: whether it does
 *
 * Since: 0.9
 */
gboolean
hein_endpoint_get_reaches_all (HeinEndpoint *self)
{
  g_return_val_if_fail (HEIN_IS_ENDPOINT (self), FALSE);

  return hein_transport_reaches_all (self->transport);
}

/**
 * hein_endpoint_get_knows_peers:
 * @self: an endpoint
 *
 * Gets whether everybody who hears what is sent to all is a peer, so that nobody
 * hears it when there is none. %FALSE for media in which one can hear without
 * being seen: `udp-multicast` in the formats `plain` and `multisock`. Where
 * members answer each other, as in the format `hein`, it takes them some
 * milliseconds, and 5 s when they missed each other at first.
 *
 * - Thread: owner.
 *
 * Returns: whether there is nobody else
 *
 * Since: 0.9
 */
gboolean
hein_endpoint_get_knows_peers (HeinEndpoint *self)
{
  g_return_val_if_fail (HEIN_IS_ENDPOINT (self), FALSE);

  return hein_transport_knows_peers (self->transport);
}

/**
 * hein_endpoint_get_n_connections: (attributes org.gtk.Method.get_property=n-connections)
 * @self: an endpoint
 *
 * Gets how many peers have come up here since it was made.
 *
 * - Thread: owner.
 *
 * Returns: connections
 *
 * Since: 0.9
 */
guint64
hein_endpoint_get_n_connections (HeinEndpoint *self)
{
  g_return_val_if_fail (HEIN_IS_ENDPOINT (self), 0);

  return self->n_connections;
}

/**
 * hein_endpoint_close:
 * @self: an endpoint
 *
 * Stops listening or dialling, and closes its connections in order: what is
 * queued is sent for up to [property@Transport:linger].
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_endpoint_close (HeinEndpoint *self)
{
  HeinBus *bus;
  guint position;

  g_return_if_fail (HEIN_IS_ENDPOINT (self));

  bus = self->bus;
  if (bus == NULL)
    return;
  hein_bus_return_unless_owner (bus);
  /* a handler of items-changed may drop the last reference to either */
  g_object_ref (bus);
  g_object_ref (self);
  hein_endpoint_shut (self);
  if (g_list_store_find (bus->endpoints, self, &position))
    g_list_store_remove (bus->endpoints, position);
  hein_bus_want_turn (bus);
  g_object_unref (self);
  g_object_unref (bus);
}

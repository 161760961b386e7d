/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-plugin.h>
#include <hein/hein-protocol.h>
#include <hein/hein-stream-transport.h>

#include "base/hein-address.h"
#include "base/hein-option.h"
#include "base/hein-suggestion.h"
#include "hein-bus-guard.h"
#include "hein-bus-state.h"
#include "hein-endpoint-open.h"
#include "plugin/hein-plugin-private.h"
#include "plugin/hein-plugin-tls.h"
#include "transport/hein-endpoint-private.h"
#include "transport/hein-endpoint-state.h"
#include "transport/hein-ready.h"
#include "transport/hein-stream-transport-private.h"
#include "transport/hein-transport-private.h"

/* Making, opening and closing an endpoint: finds its plugins, applies the
 * options of its address, and drives its transport. */

#define DEFAULT_PROTOCOL "zmtp"

/* The names of the options of both classes; @second may be NULL. */
static char **
dup_choices (GObjectClass *first, GObjectClass *second)
{
  g_autoptr (GStrvBuilder) choices = g_strv_builder_new ();
  g_auto (GStrv) names = hein_option_dup_names (first);
  g_auto (GStrv) more = NULL;

  g_strv_builder_addv (choices, (const char **) names);
  if (second != NULL)
    {
      more = hein_option_dup_names (second);
      for (guint i = 0; more[i] != NULL; i++)
        if (!g_strv_contains ((const char *const *) names, more[i]))
          g_strv_builder_add (choices, more[i]);
    }
  return g_strv_builder_end (choices);
}

static void
set_no_option (HeinEndpoint *self,
               const char *name,
               char **choices,
               GError **error)
{
  g_autofree char *known = g_strjoinv (", ", choices);
  const char *meant =
    hein_suggestion_find (name, (const char *const *) choices);

  g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
               "%s: there is no option \"%s\"%s%s%s; known ones: %s",
               self->address->shown, name,
               meant != NULL ? " (did you mean \"" : "",
               meant != NULL ? meant : "", meant != NULL ? "\"?)" : "", known);
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

static gboolean
apply_to_transport (HeinEndpoint *self, guint index, GError **error)
{
  GObjectClass *class = G_OBJECT_GET_CLASS (self->transport);
  g_auto (GValue) value = G_VALUE_INIT;

  if (!parse_option (self, class, index, &value, error))
    return FALSE;
  g_object_set_property (G_OBJECT (self->transport),
                         self->address->names[index], &value);
  return TRUE;
}

static gboolean
apply_to_protocol (HeinEndpoint *self,
                   GObjectClass *class,
                   guint index,
                   GError **error)
{
  if (!parse_option (self, class, index, &self->option_values[self->n_options],
                     error))
    return FALSE;
  self->option_names[self->n_options++] = self->address->names[index];
  return TRUE;
}

/* Applies one option of the address to the class that has it, or to both when
 * both have, as `retain`. */
static gboolean
apply_option (HeinEndpoint *self,
              GObjectClass *protocol_class,
              guint index,
              GError **error)
{
  GObjectClass *class = G_OBJECT_GET_CLASS (self->transport);
  const char *name = self->address->names[index];
  const gboolean is_transport = hein_option_is_of (class, name);
  const gboolean is_protocol =
    protocol_class != NULL && hein_option_is_of (protocol_class, name);
  g_auto (GStrv) choices = NULL;

  if (is_transport || is_protocol)
    return (!is_transport || apply_to_transport (self, index, error)) &&
           (!is_protocol ||
            apply_to_protocol (self, protocol_class, index, error));
  choices = dup_choices (class, protocol_class);
  set_no_option (self, name, choices, error);
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
  info = hein_plugin_find (HEIN_PLUGIN_KIND_PROTOCOL,
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

/* Only who dials a stream may find it at one place or another. */
static gboolean
check_places (HeinEndpoint *self, GError **error)
{
  const gboolean is_stream = HEIN_IS_STREAM_TRANSPORT (self->transport);

  if (self->address->places->len == 1)
    return TRUE;
  if (!is_stream ||
      HEIN_STREAM_TRANSPORT_GET_CLASS (self->transport)->open_fd != NULL)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                 "%s: %s has one host: write %%2C for a ',' in its name",
                 self->address->shown, self->address->transport);
  else if (self->role == HEIN_ROLE_LISTEN)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                 "%s: several hosts are for dialling: listen at each by an "
                 "address of its own",
                 self->address->shown);
  else
    return TRUE;
  return FALSE;
}

/* Lets the protocol check its options once, before anything is opened. */
static gboolean
prepare_protocol (HeinEndpoint *self, GError **error)
{
  g_autoptr (HeinProtocol) protocol = NULL;
  g_autoptr (GError) local_error = NULL;
  HeinProtocolClass *class;

  if (self->protocol_type == G_TYPE_INVALID)
    return TRUE;
  protocol = hein_endpoint_create_protocol (self);
  class = HEIN_PROTOCOL_GET_CLASS (protocol);
  if (class->prepare == NULL)
    return TRUE;
  if (class->prepare (protocol, self->role, &self->secrecy, &local_error))
    {
      self->prepared = g_steal_pointer (&protocol);
      return TRUE;
    }
  if (local_error == NULL)
    g_set_error (&local_error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "the protocol %s does not take these options, and did not say "
                 "why",
                 G_OBJECT_TYPE_NAME (protocol));
  g_prefix_error (&local_error, "%s: ", self->address->shown);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static HeinPluginInfo *
find_transport (HeinEndpoint *self, GError **error)
{
  const char *name = self->address->transport;
  g_autoptr (HeinPluginInfo) protocol = NULL;
  HeinPluginInfo *info =
    hein_plugin_find (HEIN_PLUGIN_KIND_TRANSPORT, name, error);

  if (info != NULL)
    return info;
  /* users of other libraries often know the name of the protocol only */
  protocol = hein_plugin_find (HEIN_PLUGIN_KIND_PROTOCOL, name, NULL);
  if (protocol != NULL)
    g_prefix_error (error, "'%s' is a protocol, write tcp+%s://…: ", name,
                    name);
  else if (hein_address_is_host_port (self->address->uri))
    g_prefix_error (error, "a transport is missing, write tcp://%s: ",
                    self->address->shown);
  g_prefix_error (error, "%s: ", self->address->shown);
  return NULL;
}

static gboolean
find_tls (HeinEndpoint *self, GError **error)
{
  HeinStreamTransport *transport;
  const HeinTlsModule *module;

  if (!HEIN_IS_STREAM_TRANSPORT (self->transport))
    return TRUE;
  transport = HEIN_STREAM_TRANSPORT (self->transport);
  if (!hein_stream_transport_wants_tls (transport))
    return TRUE;
  module = hein_plugin_find_tls (error);
  hein_stream_transport_set_tls (transport, module);
  if (module == NULL)
    g_prefix_error (error, "%s: encryption needs the module of TLS: ",
                    self->address->shown);
  return module != NULL;
}

HeinEndpoint *
hein_endpoint_new (HeinBus *bus, HeinRole role, const char *uri, GError **error)
{
  g_autoptr (HeinEndpoint) self = g_object_new (HEIN_TYPE_ENDPOINT, NULL);
  g_autoptr (HeinPluginInfo) info = NULL;

  self->core = &bus->core;
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
  if (!find_protocol (self, error) || !apply_options (self, error) ||
      !check_places (self, error) || !find_tls (self, error) ||
      !prepare_protocol (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

static void
note_open (HeinEndpoint *self)
{
  if (self->core == NULL || self->state != HEIN_ENDPOINT_STATE_OPENING)
    return;
  if (self->role == HEIN_ROLE_LISTEN || self->reaches_all)
    {
      hein_endpoint_set_state (self, HEIN_ENDPOINT_STATE_OPEN);
      hein_endpoint_settle_call (self, NULL);
    }
  hein_ready_check (self->core);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (HeinEndpoint) self = data;
  g_autoptr (GError) error = NULL;
  gboolean ok = g_task_propagate_boolean (G_TASK (result), &error);

  /* begin_open failed, and hein_endpoint_open has returned its error */
  if (!ok && error == NULL)
    return;
  if (self->core != NULL)
    hein_loop_disarm (self->core->host.loop, &self->timer);
  if (ok)
    {
      note_open (self);
      return;
    }
  if (self->core != NULL)
    hein_endpoint_report (self, error);
  hein_endpoint_settle_call (self, error);
  hein_endpoint_close (self);
}

static void
on_turn (HeinTimer *timer, gint64 now_us)
{
  g_autoptr (HeinEndpoint) self =
    g_object_ref (HEIN_CONTAINER (timer, HeinEndpoint, timer));

  note_open (self);
}

static void
on_forgotten (HeinTimer *timer, gint64 now_us)
{
  HeinEndpoint *self = HEIN_CONTAINER (timer, HeinEndpoint, timer);
  g_autoptr (HeinEndpoint) keep = g_object_ref (self);
  g_autoptr (GError) error =
    g_error_new (HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
                 "the transport %s did not say "
                 "within %u ms whether it is open",
                 G_OBJECT_TYPE_NAME (self->transport),
                 self->core->host.settings.handshake_timeout_ms);

  hein_endpoint_report (self, error);
  hein_endpoint_settle_call (self, error);
  hein_endpoint_close (self);
}

/* What opens at once has no need of a GTask, the first of which begins a thread
 * of GLib. */
static gboolean
opens_at_once (HeinEndpoint *self)
{
  return HEIN_IS_STREAM_TRANSPORT (self->transport) &&
         hein_stream_transport_opens_at_once (
           HEIN_STREAM_TRANSPORT (self->transport));
}

static GTask *
make_task (HeinEndpoint *self)
{
  GTask *task =
    g_task_new (self->transport, NULL, on_opened, g_object_ref (self));

  g_task_set_source_tag (task, hein_endpoint_open);
  return task;
}

gboolean
hein_endpoint_open (HeinEndpoint *self, GError **error)
{
  HeinLoop *loop = self->core->host.loop;
  const guint timeout_ms = self->core->host.settings.handshake_timeout_ms;
  g_autoptr (GTask) task = NULL;
  gboolean ok;

  if (!HEIN_IS_STREAM_TRANSPORT (self->transport))
    hein_loop_use_descriptors (loop);
  hein_loop_enter (loop);
  if (!opens_at_once (self))
    task = make_task (self);
  self->timer.expired = task != NULL ? on_forgotten : on_turn;
  hein_loop_arm (loop, &self->timer,
                 hein_loop_get_now_us (loop) +
                   (task != NULL ? (gint64) timeout_ms * 1000 : 0));
  ok = hein_transport_begin_open (self->transport, task, error);
  if (!ok)
    {
      hein_loop_disarm (loop, &self->timer);
      hein_transport_close (self->transport);
      self->state = HEIN_ENDPOINT_STATE_CLOSED;
      self->core = NULL;
      /* GLib warns of a GTask that is freed without having returned */
      if (task != NULL)
        g_task_return_boolean (task, FALSE);
    }
  hein_loop_leave (loop);
  return ok;
}

static void
end (HeinEndpoint *self)
{
  hein_loop_disarm (self->core->host.loop, &self->timer);
  hein_transport_close (self->transport);
  self->core = NULL;
}

void
hein_endpoint_end_finishing (HeinEndpoint *self)
{
  HeinCore *core = self->core;

  if (!self->is_finishing)
    return;
  self->is_finishing = FALSE;
  end (self);
  g_ptr_array_remove (core->finishing, self);
  hein_core_want_turn (core); /* a pending close may be complete now */
}

/* The transport keeps its resources, which are the parent's, and nothing is
 * emitted. */
void
hein_endpoint_forget_bus (HeinEndpoint *self)
{
  self->state = HEIN_ENDPOINT_STATE_CLOSED;
  self->is_finishing = FALSE;
  self->core = NULL;
}

static void
on_late (HeinTimer *timer, gint64 now_us)
{
  HeinEndpoint *self = HEIN_CONTAINER (timer, HeinEndpoint, timer);
  HeinCore *core = self->core;

  if (core->host.close_error == NULL)
    core->host.close_error =
      g_error_new (HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
                   "%s: not all that was sent has gone out",
                   self->address->shown);
  hein_endpoint_end_finishing (self);
}

static void
begin_finishing (HeinEndpoint *self)
{
  HeinLoop *loop = self->core->host.loop;
  int linger_ms = hein_transport_get_linger_ms (self->transport);

  if (linger_ms < 0)
    linger_ms = (int) self->core->host.settings.linger_ms;
  self->is_finishing = TRUE;
  self->finished = hein_endpoint_end_finishing;
  g_ptr_array_add (self->core->finishing, g_object_ref (self));
  self->timer.expired = on_late;
  hein_loop_arm (loop, &self->timer,
                 hein_loop_get_now_us (loop) + (gint64) linger_ms * 1000);
}

void
hein_endpoint_shut (HeinEndpoint *self)
{
  HeinCore *core = self->core;

  if (core == NULL || self->is_finishing)
    return;
  hein_endpoint_set_state (self, HEIN_ENDPOINT_STATE_CLOSED);
  hein_loop_disarm (core->host.loop, &self->timer);
  if (self->call != NULL)
    {
      g_autoptr (GError) error =
        g_error_new (HEIN_ERROR, HEIN_ERROR_CLOSED,
                     "%s: closed before it was open", self->address->shown);

      hein_endpoint_settle_call (self, error);
    }
  hein_loop_enter (core->host.loop);
  if (hein_transport_finish (self->transport))
    end (self);
  else
    begin_finishing (self);
  hein_loop_leave (core->host.loop);
}

/**
 * hein_endpoint_close:
 * @self: an endpoint
 *
 * Stops listening or dialling, and closes the endpoint's connections in order:
 * queued messages are still sent, for at most [property@Transport:linger].
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_endpoint_close (HeinEndpoint *self)
{
  HeinCore *core;
  HeinBus *bus;
  guint position;

  g_return_if_fail (HEIN_IS_ENDPOINT (self));

  core = self->core;
  if (core == NULL)
    return;
  hein_core_return_unless_owner (core);
  /* a handler of items-changed may drop the last reference to bus or
   * endpoint */
  bus = g_object_ref (core->bus);
  g_object_ref (self);
  hein_endpoint_shut (self);
  if (g_list_store_find (core->endpoints, self, &position))
    g_list_store_remove (core->endpoints, position);
  hein_core_want_turn (core);
  g_object_unref (self);
  g_object_unref (bus);
}

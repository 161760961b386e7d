/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-attached.h"

#include <glib-unix.h>
#include <gtk/gtk.h>
#include <math.h>

#include "monitor-losses.h"
#include "monitor-peer.h"
#include "monitor-value.h"

/*
 * Holds a bus of this program. Its turns come after GTK has drawn: a bus that is
 * flooded always has something to do, and would leave the window no time.
 */

#define TURN_PRIORITY G_PRIORITY_DEFAULT_IDLE

/* The window learns of messages so often. */
#define TELL_MS 250

/* What the end of the program waits for at most. */
#define FINISH_TURNS   20
#define FINISH_TURN_MS 25

struct _MonitorAttached
{
  MonitorBus parent_instance;

  HeinBus *bus;
  guint turn_id;
  guint tell_id; /* 0: there is nothing to tell */
  MonitorTopics *topics;
  guint64 n_received;
  guint64 n_sent_to_gone; /* to peers that are gone */
  char *failure;          /* of an endpoint; nullable */

  MonitorTopic *plotted; /* nullable */
  MonitorSeries *plot;   /* nullable */
};

G_DEFINE_FINAL_TYPE (MonitorAttached, monitor_attached, MONITOR_TYPE_BUS)

/* ---- messages ---- */

static gboolean
on_tell (gpointer data)
{
  MonitorAttached *self = data;

  if (monitor_topics_tell (self->topics))
    return G_SOURCE_CONTINUE;
  self->tell_id = 0;
  return G_SOURCE_REMOVE;
}

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  MonitorAttached *self = data;

  self->n_received++;
  monitor_topics_take (self->topics, message);
  if (self->tell_id == 0)
    self->tell_id = g_timeout_add (TELL_MS, on_tell, self);
}

static gboolean
on_ready (int fd, GIOCondition condition, gpointer data)
{
  MonitorAttached *self = data;
  g_autoptr (MonitorAttached) held = g_object_ref (self);

  hein_bus_turn (self->bus, 0);
  return G_SOURCE_CONTINUE;
}

/* ---- peers ---- */

static char *
dup_address (HeinPeer *peer)
{
  GSocketAddress *address = hein_peer_get_address (peer);

  return address != NULL
           ? g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address))
           : NULL;
}

static void
update_row (MonitorPeer *row, HeinPeer *peer, gint64 now_us)
{
  g_autofree char *address = dup_address (peer);
  g_autofree char *protocol =
    g_strdup_printf ("%s over %s", hein_peer_get_protocol_name (peer),
                     hein_peer_get_transport_name (peer));
  g_autofree char *losses = monitor_losses_dup_of_peer (peer);
  const MonitorPeerFacts facts = {
    .name = hein_peer_get_name (peer),
    .address = address,
    .protocol = protocol,
    .security = hein_peer_get_security (peer),
    .losses = losses,
    .sent = hein_peer_get_messages_sent (peer),
    .received = hein_peer_get_messages_received (peer),
    .dropped = hein_peer_get_messages_dropped (peer),
    .queued_bytes = hein_peer_get_queued_bytes (peer),
    .rtt_us = hein_peer_get_rtt_us (peer),
  };

  monitor_peer_update (row, &facts, now_us);
}

static gpointer
make_row (gpointer item, gpointer data)
{
  g_autoptr (HeinPeer) peer = item;
  MonitorPeer *row = monitor_peer_new ();

  update_row (row, peer, g_get_monotonic_time ());
  return row;
}

static void
on_peer_removed (HeinBus *bus,
                 HeinPeer *peer,
                 const GError *error,
                 gpointer data)
{
  MonitorAttached *self = data;

  self->n_sent_to_gone += hein_peer_get_messages_sent (peer);
}

static void
on_failed (HeinBus *bus,
           HeinEndpoint *endpoint,
           const GError *error,
           gpointer data)
{
  MonitorAttached *self = data;

  g_free (self->failure);
  self->failure = g_strdup (error->message);
}

/* ---- looking at it ---- */

static void
note_plotted (MonitorAttached *self)
{
  HeinMessage *latest;
  double value = NAN;

  if (self->plotted == NULL)
    return;
  latest = monitor_topic_get_latest (self->plotted);
  if (latest == NULL || !monitor_value_read_number (latest, &value))
    value = NAN;
  monitor_series_add (self->plot, value);
}

/* That of an endpoint, for as long as nobody is there; borrowed. */
static const char *
find_problem (MonitorAttached *self)
{
  GListModel *endpoints = hein_bus_get_endpoints (self->bus);
  const guint n = g_list_model_get_n_items (endpoints);

  if (n == 0)
    return self->failure != NULL ? self->failure : "it is closed";
  if (hein_peers_get_n_peers (hein_bus_get_peers (self->bus)) > 0)
    return NULL;
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (HeinEndpoint) endpoint = g_list_model_get_item (endpoints, i);
      const GError *error = hein_endpoint_get_error (endpoint);

      if (error != NULL)
        return error->message;
    }
  return NULL;
}

static void
monitor_attached_refresh (MonitorBus *bus)
{
  MonitorAttached *self = MONITOR_ATTACHED (bus);
  HeinPeers *peers = hein_bus_get_peers (self->bus);
  GListModel *rows = monitor_bus_get_peers (bus);
  const gint64 now_us = g_get_monotonic_time ();
  const char *problem = find_problem (self);
  MonitorCounts counts = { .sent = self->n_sent_to_gone,
                           .received = self->n_received,
                           .dropped = monitor_losses_count (self->bus) };

  for (guint i = 0; i < hein_peers_get_n_peers (peers); i++)
    {
      HeinPeer *peer = hein_peers_get_peer (peers, i);
      g_autoptr (MonitorPeer) row = g_list_model_get_item (rows, i);

      update_row (row, peer, now_us);
      counts.sent += hein_peer_get_messages_sent (peer);
      counts.queued_bytes += hein_peer_get_queued_bytes (peer);
    }
  note_plotted (self);
  if (problem != NULL)
    monitor_bus_tell_problem (bus, problem);
  else
    monitor_bus_tell (bus, &counts);
}

/* ---- class ---- */

static void
stop (MonitorAttached *self)
{
  if (self->bus != NULL)
    {
      hein_bus_set_handler (self->bus, NULL, NULL, NULL);
      g_signal_handlers_disconnect_by_data (self->bus, self);
    }
  g_clear_handle_id (&self->turn_id, g_source_remove);
  g_clear_handle_id (&self->tell_id, g_source_remove);
}

static void
monitor_attached_dispose (GObject *object)
{
  MonitorAttached *self = MONITOR_ATTACHED (object);

  stop (self);
  monitor_bus_set_peers (MONITOR_BUS (self), NULL);
  g_clear_object (&self->bus);
  g_clear_object (&self->topics);
  g_clear_object (&self->plotted);
  g_clear_object (&self->plot);
  g_clear_pointer (&self->failure, g_free);
  G_OBJECT_CLASS (monitor_attached_parent_class)->dispose (object);
}

static void
monitor_attached_class_init (MonitorAttachedClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = monitor_attached_dispose;
  MONITOR_BUS_CLASS (klass)->refresh = monitor_attached_refresh;
}

static void
monitor_attached_init (MonitorAttached *self)
{
  self->topics = monitor_topics_new ();
}

/* ---- beginning and ending ---- */

static gboolean
open_bus (MonitorAttached *self,
          const char *uri,
          gboolean listens,
          const char *prefix,
          GError **error)
{
  HeinEndpoint *endpoint;

  if (*prefix != '\0' && !hein_bus_subscribe (self->bus, prefix, error))
    return FALSE;
  endpoint = listens ? hein_bus_listen (self->bus, uri, error)
                     : hein_bus_dial (self->bus, uri, error);
  if (endpoint == NULL)
    return FALSE;
  if (listens)
    monitor_bus_set_address (MONITOR_BUS (self),
                             hein_endpoint_get_bound_uri (endpoint));
  return TRUE;
}

static void
describe (MonitorAttached *self, const char *uri, gboolean listens)
{
  const char *bound = monitor_bus_get_address (MONITOR_BUS (self));
  g_autofree char *shown = hein_uri_hide_secrets (bound != NULL ? bound : uri);
  g_autofree char *detail =
    g_strconcat (listens ? "listens on " : "dials ", shown, NULL);

  monitor_bus_set_name (MONITOR_BUS (self), hein_bus_get_name (self->bus));
  monitor_bus_set_detail (MONITOR_BUS (self), detail);
}

static void
watch (MonitorAttached *self)
{
  GtkMapListModel *rows =
    gtk_map_list_model_new (g_object_ref (
                              G_LIST_MODEL (hein_bus_get_peers (self->bus))),
                            make_row, NULL, NULL);

  monitor_bus_set_peers (MONITOR_BUS (self), G_LIST_MODEL (rows));
  g_object_unref (rows);
  hein_bus_set_handler (self->bus, on_message, self, NULL);
  g_signal_connect (self->bus, "failed", G_CALLBACK (on_failed), self);
  g_signal_connect (self->bus, "peer-removed", G_CALLBACK (on_peer_removed),
                    self);
  self->turn_id =
    g_unix_fd_add_full (TURN_PRIORITY, hein_bus_get_fd (self->bus), G_IO_IN,
                        on_ready, self, NULL);
}

MonitorAttached *
monitor_attached_new (const char *name,
                      const char *uri,
                      gboolean listens,
                      const char *prefix,
                      GError **error)
{
  g_autoptr (MonitorAttached) self = g_object_new (MONITOR_TYPE_ATTACHED, NULL);

  self->bus = g_object_new (HEIN_TYPE_BUS, "name", name, NULL);
  if (!hein_bus_move_to_context (self->bus, NULL, error))
    return NULL;
  watch (self);
  if (!open_bus (self, uri, listens, prefix, error))
    return NULL;
  describe (self, uri, listens);
  return g_steal_pointer (&self);
}

static void
on_closed (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (MonitorAttached) self = data;

  stop (self);
}

void
monitor_attached_close (MonitorAttached *self)
{
  hein_bus_close_async (self->bus, NULL, on_closed, g_object_ref (self));
}

void
monitor_attached_finish (MonitorAttached *self)
{
  monitor_attached_close (self);
  for (guint i = 0; i < FINISH_TURNS && self->turn_id != 0; i++)
    hein_bus_turn (self->bus, FINISH_TURN_MS);
}

/* ---- the rest ---- */

MonitorTopics *
monitor_attached_get_topics (MonitorAttached *self)
{
  return self->topics;
}

HeinPeers *
monitor_attached_get_hein_peers (MonitorAttached *self)
{
  return hein_bus_get_peers (self->bus);
}

gboolean
monitor_attached_send (MonitorAttached *self,
                       const char *name,
                       HeinMessage *message,
                       GError **error)
{
  return name != NULL ? hein_bus_send_to (self->bus, name, message, error)
                      : hein_bus_send (self->bus, message, error);
}

void
monitor_attached_set_plotted (MonitorAttached *self, MonitorTopic *topic)
{
  if (!g_set_object (&self->plotted, topic))
    return;
  g_clear_object (&self->plot);
  if (topic != NULL)
    self->plot = monitor_series_new (monitor_topic_get_title (topic));
}

MonitorTopic *
monitor_attached_get_plotted (MonitorAttached *self)
{
  return self->plotted;
}

MonitorSeries *
monitor_attached_get_plot (MonitorAttached *self)
{
  return self->plot;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "multicast-test.h"

/*
 * Every deed in every callback on every transport and protocol: what a program
 * does with a bus while the bus calls it, it may do. Meant for a build with
 * AddressSanitizer; what is not sound elsewhere shows as a critical, a bus that
 * is not freed, or a wait in vain.
 */

typedef enum
{
  IN_MESSAGE,
  IN_MESSAGES,
  IN_PEER_ADDED,
  IN_PEER_REMOVED,
  IN_READY,
  IN_FAILED,
  IN_DROPPED,
  IN_HANDLER,
  IN_HANDLER_DESTROY,
  IN_FILTER_SEND,
  IN_FILTER_RECEIVE,
  IN_STRATEGY,
  IN_ENDPOINTS_CHANGED,
  IN_PEERS_CHANGED,
  N_PLACES,
  IN_MESSAGES_LOST = N_PLACES /* by a transport of its own */
} Place;

static const char *const place_names[N_PLACES + 1] = {
  "message",           "messages",       "peer-added",
  "peer-removed",      "ready",          "failed",
  "dropped",           "handler",        "handler-destroy",
  "filter-send",       "filter-receive", "strategy",
  "endpoints-changed", "peers-changed",  "messages-lost",
};

typedef struct _Scene Scene;

static const struct
{
  const char *name;
  const char *uri;
} addresses[] = {
  { "tcp", "tcp://127.0.0.1:0" },
  { "inproc", "inproc://reentrancy" },
  { "unix", "unix:@hein-test-reentrancy" },
  { "channel", "channel://127.0.0.1:0" },
  { "aiomsg", "tcp+aiomsg://127.0.0.1:0?guarantee=at-least-once" },
  { "soc", "tcp+soc://127.0.0.1:0" },
  { "tinyproto", "tcp+tinyproto://127.0.0.1:0" },
  { "socketengine", "tcp+socketengine://127.0.0.1:0" },
};

struct _Scene
{
  HeinBus *bus;   /* owned; NULL once it was dropped */
  HeinBus *other; /* owned */
  GObject *filter;
  Place place;
  void (*deed) (Scene *self);
  guint n_deeds;
  guint n_removed;
  guint n_received; /* by the other */
  gboolean is_busy; /* a deed runs: those within it do nothing */
  gulong handler_id;
};

/* Which places were reached at all. */
static guint n_reached[N_PLACES + 1];

static void
do_deed (Scene *self, Place place)
{
  if (place != self->place || self->bus == NULL || self->is_busy)
    return;
  n_reached[place]++;
  self->is_busy = TRUE;
  self->n_deeds++;
  self->deed (self);
  self->is_busy = FALSE;
}

/* ---- deeds ---- */

static HeinPeer *
get_peer (Scene *self)
{
  HeinPeers *peers = hein_bus_get_peers (self->bus);

  return hein_peers_get_n_peers (peers) > 0 ? hein_peers_get_peer (peers, 0)
                                            : NULL;
}

static void
deed_send (Scene *self)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "again");

  hein_bus_send (self->bus, message, NULL);
  hein_bus_send_to (self->bus, "other", message, NULL);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  hein_bus_send_finish (HEIN_BUS (source), result, NULL);
}

static void
deed_send_async (Scene *self)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "later");

  hein_bus_send_async (self->bus, message, NULL, on_sent, NULL);
}

static void
deed_close (Scene *self)
{
  hein_bus_close (self->bus);
}

static void
deed_close_peer (Scene *self)
{
  g_autoptr (HeinPeer) peer = get_peer (self);

  if (peer != NULL)
    {
      g_object_ref (peer);
      hein_peer_close (peer);
    }
}

static void
deed_close_endpoints (Scene *self)
{
  GListModel *endpoints = hein_bus_get_endpoints (self->bus);

  while (g_list_model_get_n_items (endpoints) > 0)
    {
      g_autoptr (HeinEndpoint) endpoint = g_list_model_get_item (endpoints, 0);

      hein_endpoint_close (endpoint);
    }
}

static void
deed_dispose (Scene *self)
{
  g_object_run_dispose (G_OBJECT (self->bus));
}

static void
deed_unref (Scene *self)
{
  g_clear_object (&self->bus);
}

static void
deed_nested_loop (Scene *self)
{
  for (guint i = 0; i < 10; i++)
    g_main_context_iteration (NULL, FALSE);
}

static void
on_any_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
}

static void
deed_connect (Scene *self)
{
  g_signal_connect (self->bus, "message", G_CALLBACK (on_any_message), NULL);
  g_signal_connect (self->bus, "messages", G_CALLBACK (on_any_message), NULL);
}

static void
deed_disconnect (Scene *self)
{
  g_signal_handlers_disconnect_by_data (self->bus, self);
}

static void
deed_set_handler (Scene *self)
{
  hein_bus_set_handler (self->bus, on_any_message, NULL, NULL);
}

static void
deed_clear_handler (Scene *self)
{
  hein_bus_set_handler (self->bus, NULL, NULL, NULL);
}

static void
deed_set_limits (Scene *self)
{
  g_object_set (self->bus, "send-limit", (guint64) 1, "receive-limit",
                (guint64) 1, "memory-limit", (guint64) 1 << 20, "overflow",
                HEIN_OVERFLOW_LATEST, "keep-latest", TRUE, "linger-ms", 1,
                NULL);
}

static void
deed_subscribe (Scene *self)
{
  hein_bus_subscribe (self->bus, "t", NULL);
  hein_bus_subscribe (self->bus, "u", NULL);
  hein_bus_unsubscribe (self->bus, "t");
}

static void
deed_take (Scene *self)
{
  g_autoptr (GPtrArray) messages = hein_bus_take (self->bus, 10);
}

static void
deed_set_strategy (Scene *self)
{
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("round-robin", NULL);

  hein_bus_set_strategy (self->bus, strategy);
}

static void
deed_remove_filter (Scene *self)
{
  hein_bus_remove_filter (self->bus, (HeinFilter *) self->filter);
}

static void
deed_open (Scene *self)
{
  HeinEndpoint *endpoint =
    hein_bus_listen (self->bus, "tcp://127.0.0.1:0", NULL);

  if (endpoint != NULL)
    hein_bus_dial (self->bus, hein_endpoint_get_bound_uri (endpoint), NULL);
}

static const struct
{
  const char *name;
  void (*run) (Scene *self);
} deeds[] = {
  { "send", deed_send },
  { "send-async", deed_send_async },
  { "close", deed_close },
  { "close-peer", deed_close_peer },
  { "close-endpoints", deed_close_endpoints },
  { "dispose", deed_dispose },
  { "unref", deed_unref },
  { "nested-loop", deed_nested_loop },
  { "connect", deed_connect },
  { "disconnect", deed_disconnect },
  { "set-handler", deed_set_handler },
  { "clear-handler", deed_clear_handler },
  { "set-limits", deed_set_limits },
  { "subscribe", deed_subscribe },
  { "take", deed_take },
  { "set-strategy", deed_set_strategy },
  { "remove-filter", deed_remove_filter },
  { "open", deed_open },
};

/* ---- places: filters and strategies ---- */

typedef struct
{
  GObject parent_instance;
  Scene *scene; /* borrowed */
} SceneFilter;

typedef GObjectClass SceneFilterClass;

static GType scene_filter_get_type (void);

static HeinMessage *
on_filter_send (HeinFilter *filter, HeinMessage *message, GError **error)
{
  HeinMessage *kept = hein_message_ref (message);

  do_deed (((SceneFilter *) filter)->scene, IN_FILTER_SEND);
  return kept;
}

static HeinMessage *
on_filter_receive (HeinFilter *filter,
                   HeinPeer *peer,
                   HeinMessage *message,
                   GError **error)
{
  HeinMessage *kept = hein_message_ref (message);

  do_deed (((SceneFilter *) filter)->scene, IN_FILTER_RECEIVE);
  return kept;
}

static void
scene_filter_iface_init (HeinFilterInterface *iface)
{
  iface->send = on_filter_send;
  iface->receive = on_filter_receive;
}

G_DEFINE_TYPE_WITH_CODE (SceneFilter,
                         scene_filter,
                         G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (HEIN_TYPE_FILTER,
                                                scene_filter_iface_init))

static void
scene_filter_class_init (SceneFilterClass *class)
{
}

static void
scene_filter_init (SceneFilter *self)
{
}

typedef struct
{
  HeinStrategy parent_instance;
  Scene *scene; /* borrowed */
} SceneStrategy;

typedef HeinStrategyClass SceneStrategyClass;

static GType scene_strategy_get_type (void);

G_DEFINE_TYPE (SceneStrategy, scene_strategy, HEIN_TYPE_STRATEGY)

static void
on_select (HeinStrategy *strategy,
           HeinPeers *peers,
           const char *key,
           HeinMessage *message,
           HeinSelection *selection)
{
  do_deed (((SceneStrategy *) strategy)->scene, IN_STRATEGY);
  hein_selection_add_all (selection);
}

static void
scene_strategy_class_init (SceneStrategyClass *class)
{
  class->select = on_select;
}

static void
scene_strategy_init (SceneStrategy *self)
{
}

/* ---- places: signals and functions ---- */

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  do_deed (data, IN_MESSAGE);
}

static void
on_messages (HeinBus *bus, GPtrArray *messages, gpointer data)
{
  do_deed (data, IN_MESSAGES);
}

static void
on_handler (HeinBus *bus, HeinMessage *message, gpointer data)
{
  do_deed (data, IN_HANDLER);
}

static void
on_handler_destroyed (gpointer data)
{
  do_deed (data, IN_HANDLER_DESTROY);
}

static void
on_peer_added (HeinBus *bus, HeinPeer *peer, gpointer data)
{
  do_deed (data, IN_PEER_ADDED);
}

static void
on_peer_removed (HeinBus *bus,
                 HeinPeer *peer,
                 const GError *error,
                 gpointer data)
{
  ((Scene *) data)->n_removed++;
  do_deed (data, IN_PEER_REMOVED);
}

static void
on_ready (HeinBus *bus, gpointer data)
{
  do_deed (data, IN_READY);
}

static void
on_failed (HeinBus *bus,
           HeinEndpoint *endpoint,
           const GError *error,
           gpointer data)
{
  do_deed (data, IN_FAILED);
}

static void
on_dropped (HeinBus *bus,
            HeinPeer *peer,
            HeinDropReason reason,
            guint64 n_messages,
            guint64 n_bytes,
            gpointer data)
{
  do_deed (data, IN_DROPPED);
}

static void
on_endpoints_changed (GListModel *model,
                      guint position,
                      guint n_removed,
                      guint n_added,
                      gpointer data)
{
  do_deed (data, IN_ENDPOINTS_CHANGED);
}

static void
on_peers_changed (GListModel *model,
                  guint position,
                  guint n_removed,
                  guint n_added,
                  gpointer data)
{
  do_deed (data, IN_PEERS_CHANGED);
}

static void
on_other_received (HeinBus *bus, HeinMessage *message, gpointer data)
{
  ((Scene *) data)->n_received++;
}

static void
on_messages_lost (
  HeinBus *bus, HeinPeer *peer, guint64 first, guint64 n, gpointer data)
{
  do_deed (data, IN_MESSAGES_LOST);
}

/* ---- a transport that loses ---- */

typedef HeinTransport SceneLossy;
typedef HeinTransportClass SceneLossyClass;

static HeinTransport *lossy; /* borrowed: the one that was opened last */

static GType scene_lossy_get_type (void);

G_DEFINE_TYPE (SceneLossy, scene_lossy, HEIN_TYPE_TRANSPORT)

static gboolean
on_open (HeinTransport *transport,
         HeinEndpoint *endpoint,
         GTask *task,
         GError **error)
{
  lossy = transport;
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

static gboolean
on_send (HeinTransport *transport,
         HeinPeer *peer,
         HeinMessage *message,
         GError **error)
{
  return TRUE;
}

static void
scene_lossy_class_init (SceneLossyClass *class)
{
  class->begin_open = on_open;
  class->send = on_send;
}

static void
scene_lossy_init (SceneLossy *self)
{
}

/* ---- the scene ---- */

static void
watch (Scene *self)
{
  g_signal_connect (hein_bus_get_endpoints (self->bus), "items-changed",
                    G_CALLBACK (on_endpoints_changed), self);
  g_signal_connect (hein_bus_get_peers (self->bus), "items-changed",
                    G_CALLBACK (on_peers_changed), self);
  g_signal_connect (self->bus, "peer-added", G_CALLBACK (on_peer_added), self);
  g_signal_connect (self->bus, "peer-removed", G_CALLBACK (on_peer_removed),
                    self);
  g_signal_connect (self->bus, "ready", G_CALLBACK (on_ready), self);
  g_signal_connect (self->bus, "failed", G_CALLBACK (on_failed), self);
  g_signal_connect (self->bus, "dropped", G_CALLBACK (on_dropped), self);
  g_signal_connect (self->bus, "messages-lost", G_CALLBACK (on_messages_lost),
                    self);
  if (self->place == IN_HANDLER || self->place == IN_HANDLER_DESTROY)
    hein_bus_set_handler (self->bus, on_handler, self, on_handler_destroyed);
  else if (self->place == IN_MESSAGES)
    g_signal_connect (self->bus, "messages", G_CALLBACK (on_messages), self);
  else
    g_signal_connect (self->bus, "message", G_CALLBACK (on_message), self);
}

static void
add_filter_and_strategy (Scene *self)
{
  self->filter = g_object_new (scene_filter_get_type (), NULL);
  ((SceneFilter *) self->filter)->scene = self;
  if (self->place == IN_FILTER_SEND || self->place == IN_FILTER_RECEIVE ||
      self->deed == deed_remove_filter)
    hein_bus_add_filter (self->bus, (HeinFilter *) self->filter);
  if (self->place == IN_STRATEGY)
    {
      g_autoptr (HeinStrategy) strategy =
        g_object_new (scene_strategy_get_type (), NULL);

      ((SceneStrategy *) strategy)->scene = self;
      hein_bus_set_strategy (self->bus, strategy);
    }
}

static HeinBus *
bus_new (const char *name)
{
  HeinBus *bus = hein_bus_new (name);

  hein_bus_subscribe (bus, "t", NULL); /* with soc one gets nothing else */
  g_object_set (bus, "reconnect-min-ms", 1, "reconnect-max-ms", 20, "linger-ms",
                100, NULL);
  return bus;
}

/* The deed is done, or what it was to be done in cannot come any more. */
#define act_until(self, condition)                                             \
  hein_test_wait ((self)->n_deeds > 0 || (self)->bus == NULL || (condition))

/* By the strategy, which cannot be "publish" where all is confirmed, and by name.
 */
static void
send_some (HeinBus *bus, const char *name)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "x");

  for (guint i = 0; bus != NULL && i < 3; i++)
    {
      hein_bus_send (bus, message, NULL);
      hein_bus_send_to (bus, name, message, NULL);
    }
}

static gboolean
has_peer (HeinBus *bus)
{
  return bus != NULL && hein_peers_get_n_peers (hein_bus_get_peers (bus)) > 0;
}

static gboolean
can_send (HeinBus *bus)
{
  return has_peer (bus) && hein_peer_get_accepts_messages (
                             hein_peers_get_peer (hein_bus_get_peers (bus), 0));
}

/* With soc a peer that is up has still to subscribe, and only one is heard. */
static gboolean
are_connected (Scene *self)
{
  return has_peer (self->bus) && has_peer (self->other) &&
         (can_send (self->bus) || can_send (self->other));
}

/* With soc only who dials receives. */
static gboolean
must_receive (Scene *self)
{
  return self->place == IN_MESSAGE || self->place == IN_MESSAGES ||
         self->place == IN_HANDLER || self->place == IN_FILTER_RECEIVE;
}

static void
begin (Scene *self, const char *uri)
{
  HeinEndpoint *endpoint;
  g_autofree char *bound = NULL;

  send_some (self->bus, "other"); /* to nobody: dropped */
  if (self->bus == NULL)
    return;
  endpoint =
    hein_bus_listen (must_receive (self) ? self->other : self->bus, uri, NULL);
  if (endpoint == NULL)
    return;
  bound = g_strdup (hein_endpoint_get_bound_uri (endpoint));
  hein_bus_dial (must_receive (self) ? self->bus : self->other, bound, NULL);
  if (self->place != IN_FAILED || self->bus == NULL)
    return;
  /* it meets itself */
  endpoint = hein_bus_listen (self->bus, "tcp://127.0.0.1:0", NULL);
  hein_bus_dial (self->bus, hein_endpoint_get_bound_uri (endpoint), NULL);
}

/* Once more than what the deed was done in: the bus goes on, or is gone. */
static void
play (Scene *self, const char *uri)
{
  begin (self, uri);
  act_until (self, are_connected (self));
  if (self->place == IN_FAILED)
    act_until (self, FALSE);
  send_some (self->bus, "other");
  send_some (self->other, "bus");
  if (must_receive (self))
    act_until (self, FALSE);
  for (guint i = 0; i < 5; i++)
    g_main_context_iteration (NULL, FALSE);
  send_some (self->bus, "other");
  send_some (self->other, "bus");
  if (self->place == IN_HANDLER_DESTROY && self->bus != NULL)
    hein_bus_set_handler (self->bus, NULL, NULL, NULL);
  hein_bus_close (self->other);
  if (self->place == IN_PEER_REMOVED || self->place == IN_PEERS_CHANGED)
    act_until (self, FALSE);
  for (guint i = 0; i < 5; i++)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (self->n_deeds, >, 0);
}

/* Other losses and a message wait behind the one that the deed is done in. */
static void
play_losses (Scene *self)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "x");
  HeinPeer *peer;

  g_assert_nonnull (hein_bus_listen (self->bus, "scene-lossy://x", NULL));
  peer = hein_transport_add_peer (lossy, "other", NULL, NULL, NULL);
  for (guint i = 0; i < 3; i++)
    {
      hein_transport_lose (lossy, peer, i, 1);
      hein_transport_deliver (lossy, peer, message);
    }
  hein_test_wait (self->n_deeds > 0);
  send_some (self->bus, "other");
  for (guint i = 0; i < 5; i++)
    g_main_context_iteration (NULL, FALSE);
}

static void
on_gone (gpointer data, GObject *object)
{
  *(gboolean *) data = TRUE;
}

/* @uri: NULL for the transport that loses. */
static void
run (const char *name, const char *uri, Place place, gsize deed)
{
  Scene scene = { .place = place, .deed = deeds[deed].run };
  GListModel *endpoints;
  HeinPeers *peers;
  gboolean is_gone = FALSE;

  g_test_message ("%s: %s in %s", name, deeds[deed].name, place_names[place]);
  scene.bus = bus_new ("bus");
  scene.other = bus_new ("other");
  endpoints = g_object_ref (hein_bus_get_endpoints (scene.bus));
  peers = g_object_ref (hein_bus_get_peers (scene.bus));
  g_object_weak_ref (G_OBJECT (scene.bus), on_gone, &is_gone);
  hein_bus_set_handler (scene.other, on_other_received, &scene, NULL);
  watch (&scene);
  add_filter_and_strategy (&scene);
  if (uri != NULL)
    play (&scene, uri);
  else
    play_losses (&scene);
  /* from here on nothing is done any more */
  scene.is_busy = TRUE;
  g_clear_object (&scene.bus);
  g_clear_object (&scene.other);
  hein_test_wait (is_gone);
  g_signal_handlers_disconnect_by_data (endpoints, &scene);
  g_signal_handlers_disconnect_by_data (peers, &scene);
  g_object_unref (endpoints);
  g_object_unref (peers);
  g_assert_finalize_object (scene.filter);
}

static void
test_address (gconstpointer data)
{
  const gsize address = GPOINTER_TO_SIZE (data);

  memset (n_reached, 0, sizeof n_reached);
  for (guint place = 0; place < N_PLACES; place++)
    for (gsize deed = 0; deed < G_N_ELEMENTS (deeds); deed++)
      run (addresses[address].name, addresses[address].uri, place, deed);
  for (guint place = 0; place < N_PLACES; place++)
    g_assert_cmpuint (n_reached[place], >=, G_N_ELEMENTS (deeds));
}

static gboolean
has_plugin (const char *uri)
{
  g_autoptr (HeinBus) bus = hein_bus_new (NULL);
  g_autoptr (GError) error = NULL;

  hein_bus_listen (bus, uri, &error);
  return !g_error_matches (error, HEIN_ERROR, HEIN_ERROR_NO_PLUGIN);
}

/* Each has a group of its own: who was there before is still remembered. */
static void
test_group (gconstpointer options)
{
  for (guint place = 0; place < N_PLACES; place++)
    for (gsize deed = 0; deed < G_N_ELEMENTS (deeds); deed++)
      {
        g_autoptr (MulticastPlace) group = multicast_place_new ();
        g_autofree char *uri = NULL;

        if (group == NULL)
          return;
        uri = multicast_place_dup_uri (group, options);
        if (!has_plugin (uri))
          {
            g_test_skip ("without udp-multicast");
            return;
          }
        run (options, uri, place, deed);
      }
}

static void
test_messages_lost (void)
{
  for (gsize deed = 0; deed < G_N_ELEMENTS (deeds); deed++)
    run ("losses", NULL, IN_MESSAGES_LOST, deed);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (
    hein_plugin_add ("scene-lossy", scene_lossy_get_type (), NULL));
  g_test_add_func ("/reentrancy/messages-lost", test_messages_lost);
  g_test_add_data_func ("/reentrancy/group", "format=hein", test_group);
  for (gsize i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      g_autofree char *path =
        g_strconcat ("/reentrancy/", addresses[i].name, NULL);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_address);
    }
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "random-deeds.h"

guint
random_draw (guint n)
{
  return (guint) g_test_rand_int_range (0, (gint32) n);
}

static RandomParty *
draw_party (RandomScene *self)
{
  return &self->parties[random_draw (RANDOM_N_BUSES)];
}

/* ---- what a program holds ---- */

static void
keep (RandomParty *self, HeinMessage *message)
{
  HeinMessage **place = &self->kept[random_draw (RANDOM_N_KEPT)];

  if (message == NULL)
    return;
  self->n_received++;
  g_clear_pointer (place, hein_message_unref);
  *place = message;
}

static void
keep_all (RandomParty *self, GPtrArray *messages)
{
  for (guint i = 0; messages != NULL && i < messages->len; i++)
    keep (self, hein_message_ref (g_ptr_array_index (messages, i)));
}

static HeinMessage *
make_message (void)
{
  static const char *const topics[] = { "a", "ab", "b", "" };
  const gsize size =
    random_draw (8) == 0 ? random_draw (200000) : random_draw (200);
  g_autoptr (GBytes) payload = g_bytes_new_take (g_strnfill (size, 'x'), size);

  return hein_message_new (topics[random_draw (G_N_ELEMENTS (topics))],
                           payload);
}

static const char *
draw_name (void)
{
  static const char *const names[] = { "0", "1", "2", "nobody" };

  return names[random_draw (G_N_ELEMENTS (names))];
}

static HeinPeer *
draw_peer (RandomParty *self)
{
  HeinPeers *peers = hein_bus_get_peers (self->bus);
  const guint n = hein_peers_get_n_peers (peers);

  return n > 0 ? g_object_ref (hein_peers_get_peer (peers, random_draw (n)))
               : NULL;
}

static HeinEndpoint *
draw_endpoint (RandomParty *self)
{
  GListModel *endpoints = hein_bus_get_endpoints (self->bus);
  const guint n = g_list_model_get_n_items (endpoints);

  return n > 0 ? g_list_model_get_item (endpoints, random_draw (n)) : NULL;
}

/* ---- deeds ---- */

static void
deed_send (RandomParty *self)
{
  for (guint n = random_draw (20); n > 0; n--)
    {
      g_autoptr (HeinMessage) message = make_message ();

      hein_bus_send (self->bus, message, NULL);
    }
}

static void
deed_send_to (RandomParty *self)
{
  g_autoptr (HeinMessage) message = make_message ();

  hein_bus_send_to (self->bus, draw_name (), message, NULL);
}

static void
deed_send_with (RandomParty *self)
{
  static const char *const names[] = { "round-robin", "random", "sticky",
                                       "failover", "least-queued" };
  g_autoptr (HeinStrategy) strategy =
    hein_strategy_new (names[random_draw (G_N_ELEMENTS (names))], NULL);
  g_autoptr (HeinMessage) message = make_message ();

  hein_bus_send_with (self->bus, strategy, draw_name (), message, NULL);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  hein_bus_send_finish (HEIN_BUS (source), result, NULL);
}

static void
deed_send_async (RandomParty *self)
{
  g_autoptr (HeinMessage) message = make_message ();

  hein_bus_send_async (self->bus, message, self->cancellable, on_sent, NULL);
}

static void
deed_send_reply (RandomParty *self)
{
  HeinMessage *kept = self->kept[random_draw (RANDOM_N_KEPT)];
  g_autoptr (GBytes) payload = g_bytes_new_static ("reply", 5);
  g_autoptr (HeinMessage) reply = NULL;

  if (kept == NULL)
    return;
  reply = hein_message_new_reply (kept, payload);
  hein_bus_send (self->bus, reply, NULL);
}

static gpointer
send_elsewhere (gpointer data)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("a", "elsewhere");

  hein_bus_send (data, message, NULL);
  hein_bus_send_to (data, "1", message, NULL);
  return NULL;
}

static void
deed_send_elsewhere (RandomParty *self)
{
  g_thread_join (g_thread_new ("elsewhere", send_elsewhere, self->bus));
}

static void
on_received (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GPtrArray) messages =
    hein_bus_receive_finish (HEIN_BUS (source), result, NULL);

  keep_all (data, messages);
}

static void
deed_receive_async (RandomParty *self)
{
  hein_bus_receive_async (self->bus, random_draw (4), self->cancellable,
                          on_received, self);
}

static void
deed_receive (RandomParty *self)
{
  keep (self, hein_bus_receive (self->bus, 0, NULL));
}

static void
deed_take (RandomParty *self)
{
  g_autoptr (GPtrArray) messages = hein_bus_take (self->bus, random_draw (50));

  keep_all (self, messages);
}

static void
deed_take_ahead (RandomParty *self)
{
  g_autoptr (GPtrArray) messages =
    hein_bus_take_ahead (self->bus, random_draw (50), NULL);

  if (messages != NULL)
    keep_all (self, messages);
  if (random_draw (2) == 0)
    hein_bus_note_taken (self->bus, random_draw (50));
}

static void
deed_take_data_ahead (RandomParty *self)
{
  g_autoptr (GArray) sizes = NULL;
  g_autoptr (GByteArray) kinds = NULL;
  g_autoptr (GPtrArray) models = NULL;
  g_autoptr (GByteArray) data =
    hein_bus_take_data_ahead (self->bus, random_draw (50), &sizes, &kinds,
                              &models, NULL);

  if (data != NULL && models->len > 0)
    keep (self,
          hein_message_new_like (g_ptr_array_index (models, 0), data->data,
                                 g_array_index (sizes, guint32, 0)));
  if (random_draw (2) == 0)
    hein_bus_note_taken (self->bus, random_draw (50));
}

static void
deed_take_one (RandomParty *self)
{
  keep (self, hein_bus_take_one (self->bus));
}

static void
deed_let_go (RandomParty *self)
{
  for (guint i = 0; i < RANDOM_N_KEPT; i++)
    g_clear_pointer (&self->kept[i], hein_message_unref);
}

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  if (random_draw (50) == 0)
    hein_bus_send (bus, message, NULL);
  keep (data, hein_message_ref (message));
}

static void
deed_set_handler (RandomParty *self)
{
  hein_bus_set_handler (self->bus, on_message, self, NULL);
}

static void
deed_clear_handler (RandomParty *self)
{
  hein_bus_set_handler (self->bus, NULL, NULL, NULL);
}

static void
deed_look_at_latest (RandomParty *self)
{
  g_autoptr (GPtrArray) all = hein_bus_get_latest (self->bus, "a");
}

static void
deed_subscribe (RandomParty *self)
{
  hein_bus_subscribe (self->bus, random_draw (2) == 0 ? "a" : "ab", NULL);
}

static void
deed_unsubscribe (RandomParty *self)
{
  hein_bus_unsubscribe (self->bus, random_draw (2) == 0 ? "a" : "ab");
}

static void
on_pinged (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GVariant) answers =
    hein_bus_ping_finish (HEIN_BUS (source), result, NULL);
}

static void
deed_ping (RandomParty *self)
{
  hein_bus_ping_async (self->bus, 1 + random_draw (20), self->cancellable,
                       on_pinged, NULL);
}

static void
on_peer_pinged (GObject *source, GAsyncResult *result, gpointer data)
{
  hein_peer_ping_finish (HEIN_PEER (source), result, NULL);
}

static void
deed_ping_peer (RandomParty *self)
{
  g_autoptr (HeinPeer) peer = draw_peer (self);

  if (peer != NULL)
    hein_peer_ping_async (peer, 1 + random_draw (20), self->cancellable,
                          on_peer_pinged, NULL);
}

static void
on_waited (GObject *source, GAsyncResult *result, gpointer data)
{
  hein_bus_wait_for_peers_finish (HEIN_BUS (source), result, NULL);
}

static void
deed_wait_for_peers (RandomParty *self)
{
  hein_bus_wait_for_peers_async (self->bus, 1 + random_draw (4),
                                 (int) random_draw (20), self->cancellable,
                                 on_waited, NULL);
}

static void
deed_cancel (RandomParty *self)
{
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  self->cancellable = g_cancellable_new ();
}

static void
deed_close_peer (RandomParty *self)
{
  g_autoptr (HeinPeer) peer = draw_peer (self);

  if (peer != NULL)
    hein_peer_close (peer);
}

static void
deed_close_endpoint (RandomParty *self)
{
  g_autoptr (HeinEndpoint) endpoint = draw_endpoint (self);

  if (endpoint != NULL)
    hein_endpoint_close (endpoint);
}

static void
deed_listen (RandomParty *self)
{
  static guint n;
  g_autofree char *uri = NULL;
  g_auto (GStrv) halves = g_strsplit (self->scene->uri, "%u", 2);

  if (g_list_model_get_n_items (hein_bus_get_endpoints (self->bus)) > 3)
    return;
  uri = halves[1] != NULL ? g_strdup_printf ("%s%u", halves[0], n++)
                          : g_strdup (self->scene->uri);
  hein_bus_listen (self->bus, uri, NULL);
}

/* What another bus listens on. */
static const char *
draw_uri (RandomParty *self)
{
  g_autoptr (HeinEndpoint) endpoint = draw_endpoint (draw_party (self->scene));

  if (endpoint == NULL || hein_endpoint_get_role (endpoint) != HEIN_ROLE_LISTEN)
    return NULL;
  return g_intern_string (hein_endpoint_get_bound_uri (endpoint));
}

static void
deed_dial (RandomParty *self)
{
  const char *uri = draw_uri (self);

  if (uri != NULL &&
      g_list_model_get_n_items (hein_bus_get_endpoints (self->bus)) < 6)
    hein_bus_dial (self->bus, uri, NULL);
}

static void
on_dialled (GObject *source, GAsyncResult *result, gpointer data)
{
  hein_bus_dial_finish (HEIN_BUS (source), result, NULL);
}

static void
deed_dial_async (RandomParty *self)
{
  const char *uri = draw_uri (self);

  if (uri != NULL &&
      g_list_model_get_n_items (hein_bus_get_endpoints (self->bus)) < 6)
    hein_bus_dial_async (self->bus, uri, self->cancellable, on_dialled, NULL);
}

static void
deed_set_limits (RandomParty *self)
{
  static const guint64 limits[] = { 1000,      100000,    1000000,
                                    100000000, 100000000, 100000000 };
  static const char *const names[] = { "send-limit", "receive-limit",
                                       "memory-limit", "max-message-size" };

  g_object_set (self->bus, names[random_draw (G_N_ELEMENTS (names))],
                limits[random_draw (G_N_ELEMENTS (limits))], NULL);
}

static void
deed_set_times (RandomParty *self)
{
  static const char *const names[] = {
    "linger-ms",           "heartbeat-ms",     "silence-ms",
    "reconnect-max-ms",    "reconnect-min-ms", "busy-poll-us",
    "handshake-timeout-ms"
  };

  g_object_set (self->bus, names[random_draw (G_N_ELEMENTS (names))],
                100 + random_draw (200), NULL);
}

static void
deed_set_overflow (RandomParty *self)
{
  g_object_set (self->bus, "overflow", random_draw (5), "keep-latest",
                random_draw (2), NULL);
}

static void
deed_set_strategy (RandomParty *self)
{
  g_autoptr (HeinStrategy) strategy =
    hein_strategy_new (random_draw (3) == 0 ? "round-robin" : "publish", NULL);

  hein_bus_set_strategy (self->bus, strategy);
}

static void
deed_move (RandomParty *self)
{
  hein_bus_move_to_context (self->bus, NULL, NULL);
  self->fd = hein_bus_get_fd (self->bus);
}

static void
deed_turn (RandomParty *self)
{
  hein_bus_turn (self->bus, 0);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  hein_bus_close_finish (HEIN_BUS (source), result, NULL);
}

static void
open (RandomParty *self)
{
  char name[2] = { (char) ('0' + (self - self->scene->parties)), 0 };

  self->bus = hein_bus_new (name);
  hein_bus_move_to_context (self->bus, NULL, NULL);
  self->fd = hein_bus_get_fd (self->bus);
  g_object_set (self->bus, "reconnect-min-ms", 1, "reconnect-max-ms", 20,
                "linger-ms", 20, NULL);
  deed_listen (self);
}

static void
deed_close (RandomParty *self)
{
  if (random_draw (2) == 0)
    hein_bus_close (self->bus);
  else
    hein_bus_close_async (self->bus, self->cancellable, on_closed, NULL);
}

static void
deed_begin_anew (RandomParty *self)
{
  if (!hein_bus_get_is_closed (self->bus) && random_draw (20) != 0)
    return;
  deed_let_go (self);
  g_object_unref (self->bus);
  open (self);
}

static const struct
{
  const char *name;
  guint weight;
  void (*run) (RandomParty *self);
} deeds[] = {
  { "send", 8, deed_send },
  { "send-to", 6, deed_send_to },
  { "send-with", 4, deed_send_with },
  { "send-async", 4, deed_send_async },
  { "send-reply", 4, deed_send_reply },
  { "send-elsewhere", 4, deed_send_elsewhere },
  { "receive", 4, deed_receive },
  { "receive-async", 4, deed_receive_async },
  { "take", 3, deed_take },
  { "take-one", 6, deed_take_one },
  { "take-ahead", 6, deed_take_ahead },
  { "take-data-ahead", 6, deed_take_data_ahead },
  { "let-go", 2, deed_let_go },
  { "set-handler", 1, deed_set_handler },
  { "clear-handler", 2, deed_clear_handler },
  { "look-at-latest", 1, deed_look_at_latest },
  { "subscribe", 1, deed_subscribe },
  { "unsubscribe", 1, deed_unsubscribe },
  { "ping", 1, deed_ping },
  { "ping-peer", 1, deed_ping_peer },
  { "wait-for-peers", 1, deed_wait_for_peers },
  { "cancel", 2, deed_cancel },
  { "close-peer", 2, deed_close_peer },
  { "close-endpoint", 1, deed_close_endpoint },
  { "listen", 4, deed_listen },
  { "dial", 8, deed_dial },
  { "dial-async", 4, deed_dial_async },
  { "set-limits", 3, deed_set_limits },
  { "set-times", 1, deed_set_times },
  { "set-overflow", 1, deed_set_overflow },
  { "set-strategy", 1, deed_set_strategy },
  { "move", 1, deed_move },
  { "turn", 20, deed_turn },
  { "close", 1, deed_close },
  { "begin-anew", 4, deed_begin_anew },
};

static guint
draw_deed (void)
{
  guint sum = 0;
  guint deed = 0;

  for (guint i = 0; i < G_N_ELEMENTS (deeds); i++)
    sum += deeds[i].weight;
  for (guint left = random_draw (sum); left >= deeds[deed].weight; deed++)
    left -= deeds[deed].weight;
  return deed;
}

const char *
random_scene_act (RandomScene *self)
{
  const guint deed = draw_deed ();

  deeds[deed].run (draw_party (self));
  return deeds[deed].name;
}

guint
random_scene_count_received (RandomScene *self)
{
  guint n = 0;

  for (guint i = 0; i < RANDOM_N_BUSES; i++)
    n += self->parties[i].n_received;
  return n;
}

void
random_scene_begin (RandomScene *self, const char *uri)
{
  *self = (RandomScene){ .uri = uri };
  for (guint i = 0; i < RANDOM_N_BUSES; i++)
    {
      self->parties[i].scene = self;
      self->parties[i].cancellable = g_cancellable_new ();
      open (&self->parties[i]);
    }
}

void
random_scene_end (RandomScene *self)
{
  for (guint i = 0; i < RANDOM_N_BUSES; i++)
    {
      deed_let_go (&self->parties[i]);
      g_object_unref (self->parties[i].bus);
      deed_let_go (&self->parties[i]);
      g_object_unref (self->parties[i].cancellable);
    }
}

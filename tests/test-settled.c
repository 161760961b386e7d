/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <poll.h>

#include "hein-test.h"
#include "probe/hein-probe.h"

/*
 * Whatever is called, and whatever comes of it: when the call returns, the
 * descriptor of each bus is readable, or nothing is left to do. Buses that are
 * turned by their descriptors do things at random, and are looked into after
 * each. Protocols are called in the bus's own context meanwhile, whoever brought
 * it about.
 */

#define N_BUSES 3
#define N_DEEDS 4000
#define N_KEPT  8
/* Deeds until a rest, and turns until it has to come. */
#define N_BUSY      20
#define N_TURNS_MAX 20000
#define WAIT_MS     5

typedef struct _Scene Scene;

/* A bus, and what the program holds of it. */
typedef struct
{
  HeinBus *bus;
  int fd; /* of the bus */
  HeinMessage *kept[N_KEPT];
  GCancellable *cancellable;
  Scene *scene; /* borrowed */
  guint n_received;
} Party;

struct _Scene
{
  const char *uri;
  Party parties[N_BUSES];
  GThreadPool *others; /* sends on another thread */
  GMutex lock;
  GCond done;
  gboolean is_done; /* under lock */
};

static const struct
{
  const char *name;
  const char *uri;
} addresses[] = {
  { "tcp", "tcp://127.0.0.1:0" },
  { "unix", "unix:@hein-test-settled-%u" },
  { "inproc", "inproc://settled-%u" },
  { "channel", "channel://127.0.0.1:0" },
  { "aiomsg", "tcp+aiomsg://127.0.0.1:0?guarantee=at-least-once" },
  { "soc", "tcp+soc://127.0.0.1:0" },
  { "tinyproto", "tcp+tinyproto://127.0.0.1:0" },
  { "socketengine", "tcp+socketengine://127.0.0.1:0" },
};

static guint
draw (guint n)
{
  return (guint) g_test_rand_int_range (0, (gint32) n);
}

static Party *
draw_party (Scene *self)
{
  return &self->parties[draw (N_BUSES)];
}

/* ---- what a program holds ---- */

static void
keep (Party *self, HeinMessage *message)
{
  HeinMessage **place = &self->kept[draw (N_KEPT)];

  if (message == NULL)
    return;
  self->n_received++;
  g_clear_pointer (place, hein_message_unref);
  *place = message;
}

static void
keep_all (Party *self, GPtrArray *messages)
{
  for (guint i = 0; messages != NULL && i < messages->len; i++)
    keep (self, hein_message_ref (g_ptr_array_index (messages, i)));
}

static HeinMessage *
make_message (void)
{
  static const char *const topics[] = { "a", "ab", "b", "" };
  const gsize size = draw (8) == 0 ? draw (200000) : draw (200);
  g_autoptr (GBytes) payload = g_bytes_new_take (g_strnfill (size, 'x'), size);

  return hein_message_new (topics[draw (G_N_ELEMENTS (topics))], payload);
}

static const char *
draw_name (void)
{
  static const char *const names[] = { "0", "1", "2", "nobody" };

  return names[draw (G_N_ELEMENTS (names))];
}

static HeinPeer *
draw_peer (Party *self)
{
  HeinPeers *peers = hein_bus_get_peers (self->bus);
  const guint n = hein_peers_get_n_peers (peers);

  return n > 0 ? g_object_ref (hein_peers_get_peer (peers, draw (n))) : NULL;
}

static HeinEndpoint *
draw_endpoint (Party *self)
{
  GListModel *endpoints = hein_bus_get_endpoints (self->bus);
  const guint n = g_list_model_get_n_items (endpoints);

  return n > 0 ? g_list_model_get_item (endpoints, draw (n)) : NULL;
}

/* ---- deeds ---- */

static void
deed_send (Party *self)
{
  for (guint n = draw (20); n > 0; n--)
    {
      g_autoptr (HeinMessage) message = make_message ();

      hein_bus_send (self->bus, message, NULL);
    }
}

static void
deed_send_to (Party *self)
{
  g_autoptr (HeinMessage) message = make_message ();

  hein_bus_send_to (self->bus, draw_name (), message, NULL);
}

static void
deed_send_with (Party *self)
{
  static const char *const names[] = { "round-robin", "random", "sticky",
                                       "failover", "least-queued" };
  g_autoptr (HeinStrategy) strategy =
    hein_strategy_new (names[draw (G_N_ELEMENTS (names))], NULL);
  g_autoptr (HeinMessage) message = make_message ();

  hein_bus_send_with (self->bus, strategy, draw_name (), message, NULL);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  hein_bus_send_finish (HEIN_BUS (source), result, NULL);
}

static void
deed_send_async (Party *self)
{
  g_autoptr (HeinMessage) message = make_message ();

  hein_bus_send_async (self->bus, message, self->cancellable, on_sent, NULL);
}

static void
deed_send_reply (Party *self)
{
  HeinMessage *kept = self->kept[draw (N_KEPT)];
  g_autoptr (GBytes) payload = g_bytes_new_static ("reply", 5);
  g_autoptr (HeinMessage) reply = NULL;

  if (kept == NULL)
    return;
  reply = hein_message_new_reply (kept, payload);
  hein_bus_send (self->bus, reply, NULL);
}

static void
send_elsewhere (gpointer data, gpointer user_data)
{
  Party *self = data;
  g_autoptr (HeinMessage) message = hein_message_new_text ("a", "elsewhere");

  hein_bus_send (self->bus, message, NULL);
  hein_bus_send_to (self->bus, "1", message, NULL);
  g_mutex_lock (&self->scene->lock);
  self->scene->is_done = TRUE;
  g_cond_signal (&self->scene->done);
  g_mutex_unlock (&self->scene->lock);
}

static void
deed_send_elsewhere (Party *self)
{
  Scene *scene = self->scene;

  scene->is_done = FALSE;
  g_thread_pool_push (scene->others, self, NULL);
  g_mutex_lock (&scene->lock);
  while (!scene->is_done)
    g_cond_wait (&scene->done, &scene->lock);
  g_mutex_unlock (&scene->lock);
}

static void
on_received (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GPtrArray) messages =
    hein_bus_receive_finish (HEIN_BUS (source), result, NULL);

  keep_all (data, messages);
}

static void
deed_receive_async (Party *self)
{
  hein_bus_receive_async (self->bus, draw (4), self->cancellable, on_received,
                          self);
}

static void
deed_receive (Party *self)
{
  keep (self, hein_bus_receive (self->bus, 0, NULL));
}

static void
deed_take (Party *self)
{
  g_autoptr (GPtrArray) messages = hein_bus_take (self->bus, draw (50));

  keep_all (self, messages);
}

static void
deed_take_one (Party *self)
{
  keep (self, hein_bus_take_one (self->bus));
}

static void
deed_let_go (Party *self)
{
  for (guint i = 0; i < N_KEPT; i++)
    g_clear_pointer (&self->kept[i], hein_message_unref);
}

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  if (draw (50) == 0)
    hein_bus_send (bus, message, NULL);
  keep (data, hein_message_ref (message));
}

static void
deed_set_handler (Party *self)
{
  hein_bus_set_handler (self->bus, on_message, self, NULL);
}

static void
deed_clear_handler (Party *self)
{
  hein_bus_set_handler (self->bus, NULL, NULL, NULL);
}

static void
deed_look_at_latest (Party *self)
{
  g_autoptr (GPtrArray) all = hein_bus_get_latest (self->bus, "a");
  g_autoptr (GPtrArray) some =
    hein_bus_get_latest_from (self->bus, "a", draw_name ());
}

static void
deed_subscribe (Party *self)
{
  hein_bus_subscribe (self->bus, draw (2) == 0 ? "a" : "ab");
}

static void
deed_unsubscribe (Party *self)
{
  hein_bus_unsubscribe (self->bus, draw (2) == 0 ? "a" : "ab");
}

static void
on_pinged (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GVariant) answers =
    hein_bus_ping_finish (HEIN_BUS (source), result, NULL);
}

static void
deed_ping (Party *self)
{
  hein_bus_ping_async (self->bus, 1 + draw (20), self->cancellable, on_pinged,
                       NULL);
}

static void
on_peer_pinged (GObject *source, GAsyncResult *result, gpointer data)
{
  hein_peer_ping_finish (HEIN_PEER (source), result, NULL);
}

static void
deed_ping_peer (Party *self)
{
  g_autoptr (HeinPeer) peer = draw_peer (self);

  if (peer != NULL)
    hein_peer_ping_async (peer, 1 + draw (20), self->cancellable,
                          on_peer_pinged, NULL);
}

static void
on_waited (GObject *source, GAsyncResult *result, gpointer data)
{
  hein_bus_wait_for_peers_finish (HEIN_BUS (source), result, NULL);
}

static void
deed_wait_for_peers (Party *self)
{
  hein_bus_wait_for_peers_async (self->bus, 1 + draw (4), (int) draw (20),
                                 self->cancellable, on_waited, NULL);
}

static void
deed_cancel (Party *self)
{
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  self->cancellable = g_cancellable_new ();
}

static void
deed_close_peer (Party *self)
{
  g_autoptr (HeinPeer) peer = draw_peer (self);

  if (peer != NULL)
    hein_peer_close (peer);
}

static void
deed_close_endpoint (Party *self)
{
  g_autoptr (HeinEndpoint) endpoint = draw_endpoint (self);

  if (endpoint != NULL)
    hein_endpoint_close (endpoint);
}

static void
deed_listen (Party *self)
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
draw_uri (Party *self)
{
  g_autoptr (HeinEndpoint) endpoint = draw_endpoint (draw_party (self->scene));

  if (endpoint == NULL || hein_endpoint_get_role (endpoint) != HEIN_ROLE_LISTEN)
    return NULL;
  return g_intern_string (hein_endpoint_get_bound_uri (endpoint));
}

static void
deed_dial (Party *self)
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
deed_dial_async (Party *self)
{
  const char *uri = draw_uri (self);

  if (uri != NULL &&
      g_list_model_get_n_items (hein_bus_get_endpoints (self->bus)) < 6)
    hein_bus_dial_async (self->bus, uri, self->cancellable, on_dialled, NULL);
}

static void
deed_set_limits (Party *self)
{
  static const guint64 limits[] = { 1000,      100000,    1000000,
                                    100000000, 100000000, 100000000 };
  static const char *const names[] = { "send-limit", "receive-limit",
                                       "memory-limit", "max-message-size" };

  g_object_set (self->bus, names[draw (G_N_ELEMENTS (names))],
                limits[draw (G_N_ELEMENTS (limits))], NULL);
}

static void
deed_set_times (Party *self)
{
  static const char *const names[] = {
    "linger-ms",           "heartbeat-ms",     "silence-ms",
    "reconnect-max-ms",    "reconnect-min-ms", "busy-poll-us",
    "handshake-timeout-ms"
  };

  g_object_set (self->bus, names[draw (G_N_ELEMENTS (names))], 100 + draw (200),
                NULL);
}

static void
deed_set_overflow (Party *self)
{
  g_object_set (self->bus, "overflow", draw (5), "keep-latest", draw (2), NULL);
}

static void
deed_set_strategy (Party *self)
{
  g_autoptr (HeinStrategy) strategy =
    hein_strategy_new (draw (3) == 0 ? "round-robin" : "publish", NULL);

  hein_bus_set_strategy (self->bus, strategy);
}

static void
deed_move (Party *self)
{
  hein_bus_move_to_context (self->bus, NULL, NULL);
  self->fd = hein_bus_get_fd (self->bus);
}

static void
deed_turn (Party *self)
{
  hein_bus_turn (self->bus, 0);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  hein_bus_close_finish (HEIN_BUS (source), result, NULL);
}

static void
open (Party *self)
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
deed_close (Party *self)
{
  if (draw (2) == 0)
    hein_bus_close (self->bus);
  else
    hein_bus_close_async (self->bus, self->cancellable, on_closed, NULL);
}

static void
deed_begin_anew (Party *self)
{
  if (!hein_bus_get_is_closed (self->bus) && draw (20) != 0)
    return;
  deed_let_go (self);
  g_object_unref (self->bus);
  open (self);
}

static const struct
{
  const char *name;
  guint weight;
  void (*run) (Party *self);
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

/* ---- where protocols are called ---- */

/* What the classes were before they were wrapped, by type. */
static GHashTable *originals;

static HeinProtocolClass *
get_original (HeinProtocol *protocol)
{
  return g_hash_table_lookup (originals,
                              GSIZE_TO_POINTER (G_OBJECT_TYPE (protocol)));
}

/* The application's context is the thread's default one outside of the bus. */
static void
check_context (const char *slot)
{
  if (g_main_context_get_thread_default () == NULL)
    g_error ("%s is called outside of the bus's own context", slot);
}

static void
on_finish (HeinProtocol *protocol, HeinWire *wire)
{
  check_context ("finish");
  get_original (protocol)->finish (protocol, wire);
}

static void
on_lost (HeinProtocol *protocol, HeinWire *wire)
{
  check_context ("lost");
  get_original (protocol)->lost (protocol, wire);
}

static void
on_handled (HeinProtocol *protocol, HeinWire *wire)
{
  check_context ("handled");
  get_original (protocol)->handled (protocol, wire);
}

static void
on_ping (HeinProtocol *protocol, HeinWire *wire)
{
  check_context ("ping");
  get_original (protocol)->ping (protocol, wire);
}

static void
on_subscription (HeinProtocol *protocol,
                 HeinWire *wire,
                 const char *prefix,
                 gboolean wanted)
{
  check_context ("subscription");
  get_original (protocol)->subscription (protocol, wire, prefix, wanted);
}

static gssize
on_consume (HeinProtocol *protocol,
            HeinWire *wire,
            GBytes *bytes,
            GError **error)
{
  check_context ("consume");
  return get_original (protocol)->consume (protocol, wire, bytes, error);
}

static gint64
on_tick (HeinProtocol *protocol, HeinWire *wire, gint64 now_us)
{
  check_context ("tick");
  return get_original (protocol)->tick (protocol, wire, now_us);
}

static void
on_admitted (HeinProtocol *protocol, HeinWire *wire, const GError *refusal)
{
  check_context ("admitted");
  get_original (protocol)->admitted (protocol, wire, refusal);
}

static void
wrap (GType type)
{
  HeinProtocolClass *class = g_type_class_ref (type);

  if (!g_hash_table_contains (originals, GSIZE_TO_POINTER (type)))
    {
      g_hash_table_insert (originals, GSIZE_TO_POINTER (type),
                           g_memdup2 (class, sizeof *class));
      class->consume = on_consume;
      class->tick = class->tick != NULL ? on_tick : NULL;
      class->admitted = class->admitted != NULL ? on_admitted : NULL;
      class->finish = class->finish != NULL ? on_finish : NULL;
      class->lost = class->lost != NULL ? on_lost : NULL;
      class->handled = class->handled != NULL ? on_handled : NULL;
      class->ping = class->ping != NULL ? on_ping : NULL;
      class->subscription =
        class->subscription != NULL ? on_subscription : NULL;
    }
  g_type_class_unref (class);
}

/* Those that are loaded by now; their classes stay. */
static void
wrap_protocols (void)
{
  guint n;
  g_autofree GType *types = g_type_children (HEIN_TYPE_PROTOCOL, &n);

  if (originals == NULL)
    originals = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  for (guint i = 0; i < n; i++)
    wrap (types[i]);
}

/* ---- the test ---- */

static void
check (Scene *self, const char *deed)
{
  for (guint i = 0; i < N_BUSES; i++)
    {
      const char *left = hein_probe_find_unsettled (self->parties[i].bus);

      if (left != NULL)
        g_error ("after %s, bus %u: %s", deed, i, left);
    }
}

/* As somebody does who polls the descriptors. */
static void
turn_all (Scene *self)
{
  for (guint i = 0; i < N_BUSES; i++)
    {
      hein_bus_turn (self->parties[i].bus, 0);
      check (self, "turn");
    }
}

static guint
draw_deed (void)
{
  guint sum = 0;
  guint deed = 0;

  for (guint i = 0; i < G_N_ELEMENTS (deeds); i++)
    sum += deeds[i].weight;
  for (guint left = draw (sum); left >= deeds[deed].weight; deed++)
    left -= deeds[deed].weight;
  return deed;
}

/* Waits now and then, for what takes its time. */
static gboolean
is_readable (Scene *self, gboolean waits)
{
  struct pollfd fds[N_BUSES];

  for (guint i = 0; i < N_BUSES; i++)
    fds[i] = (struct pollfd){ .fd = self->parties[i].fd, .events = POLLIN };
  return poll (fds, N_BUSES, waits ? WAIT_MS : 0) > 0;
}

/* And once nobody does anything, there is an end of it: none is readable for
 * nothing. */
static void
come_to_rest (Scene *self)
{
  guint n = 0;

  while (is_readable (self, n == 0 && draw (2) == 0))
    {
      turn_all (self);
      g_assert_cmpuint (++n, <, N_TURNS_MAX);
    }
}

static void
act (Scene *self)
{
  const guint deed = draw_deed ();

  deeds[deed].run (draw_party (self));
  check (self, deeds[deed].name);
}

static guint
count_received (Scene *self)
{
  guint n = 0;

  for (guint i = 0; i < N_BUSES; i++)
    n += self->parties[i].n_received;
  return n;
}

static void
begin (Scene *self, const char *uri)
{
  *self = (Scene){ .uri = uri };
  g_mutex_init (&self->lock);
  g_cond_init (&self->done);
  self->others = g_thread_pool_new (send_elsewhere, NULL, 1, TRUE, NULL);
  for (guint i = 0; i < N_BUSES; i++)
    {
      self->parties[i].scene = self;
      self->parties[i].cancellable = g_cancellable_new ();
      open (&self->parties[i]);
    }
  wrap_protocols ();
}

static void
end (Scene *self)
{
  g_thread_pool_free (self->others, FALSE, TRUE);
  for (guint i = 0; i < N_BUSES; i++)
    {
      deed_let_go (&self->parties[i]);
      g_object_unref (self->parties[i].bus);
      deed_let_go (&self->parties[i]);
      g_object_unref (self->parties[i].cancellable);
    }
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->done);
}

static void
test_after_each_call (gconstpointer data)
{
  Scene scene;

  begin (&scene, data);
  check (&scene, "open");
  for (guint i = 0; i < N_DEEDS || count_received (&scene) == 0; i++)
    {
      g_assert_cmpuint (i, <, 10 * N_DEEDS);
      act (&scene);
      if (i % N_BUSY == 0)
        come_to_rest (&scene);
      else if (draw (3) == 0)
        turn_all (&scene);
    }
  g_test_message ("%u messages came", count_received (&scene));
  end (&scene);
}

/* It can fail. */
static void
test_unsettled_is_found (void)
{
  g_autoptr (HeinBus) bus = hein_bus_new ("a");

  hein_bus_get_fd (bus);
  hein_bus_turn (bus, 0);
  hein_bus_turn (bus, 0);
  g_assert_null (hein_probe_find_unsettled (bus));
  hein_probe_unsettle (bus);
  g_assert_nonnull (hein_probe_find_unsettled (bus));
}

int
main (int argc, char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/settled/unsettled-is-found", test_unsettled_is_found);
  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      g_autofree char *path =
        g_strdup_printf ("/settled/after-each-call/%s", addresses[i].name);

      g_test_add_data_func (path, addresses[i].uri, test_after_each_call);
    }
  result = g_test_run ();
  g_clear_pointer (&originals, g_hash_table_unref);
  return result;
}

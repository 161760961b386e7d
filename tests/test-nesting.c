/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "byte-protocol.h"
#include "hein-test.h"

/* What is done to a bus within a call of it that was not made in a turn: by a
 * handler of items-changed, a strategy that runs a loop, a filter that closes,
 * a protocol that sends. */

/* ---- items-changed ---- */

typedef struct
{
  HeinBus *bus; /* owned; NULL once it was dropped */
  gboolean disposes;
  guint n_changes;
} Owner;

static void
on_items_changed (GListModel *model,
                  guint position,
                  guint n_removed,
                  guint n_added,
                  gpointer data)
{
  Owner *self = data;

  if (self->n_changes++ > 0)
    return;
  if (self->disposes)
    g_object_run_dispose (G_OBJECT (self->bus));
  else
    g_clear_object (&self->bus);
}

static void
do_listen (HeinBus *bus)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_listen (bus, "tcp://127.0.0.1:0", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

static void
do_dial (HeinBus *bus)
{
  g_assert_null (hein_bus_dial (bus, "tcp://127.0.0.1:9", NULL));
}

static void
do_close_endpoint (HeinBus *bus)
{
  g_autoptr (HeinEndpoint) endpoint =
    g_list_model_get_item (hein_bus_get_endpoints (bus), 0);

  hein_endpoint_close (endpoint);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  hein_bus_close_finish (HEIN_BUS (source), result, NULL);
}

static void
do_close_async (HeinBus *bus)
{
  hein_bus_close_async (bus, NULL, on_closed, NULL);
}

static void
do_dispose (HeinBus *bus)
{
  g_object_run_dispose (G_OBJECT (bus));
}

static const struct
{
  const char *name;
  void (*func) (HeinBus *bus);
} causes[] = {
  { "listen", do_listen },
  { "dial", do_dial },
  { "close", hein_bus_close },
  { "close-async", do_close_async },
  { "close-endpoint", do_close_endpoint },
  { "dispose", do_dispose },
};

/* The bus is gone by the end of the call, or with what tells of that. */
static void
test_items_changed (gconstpointer data)
{
  const gboolean disposes = GPOINTER_TO_UINT (data) & 1;
  const gsize cause = GPOINTER_TO_UINT (data) >> 1;
  Owner self = { .bus = hein_bus_new ("owner"), .disposes = disposes };
  g_autoptr (GListModel) endpoints =
    g_object_ref (hein_bus_get_endpoints (self.bus));
  GWeakRef weak;

  g_weak_ref_init (&weak, self.bus);
  g_assert_nonnull (hein_bus_listen (self.bus, "tcp://127.0.0.1:0", NULL));
  g_signal_connect (endpoints, "items-changed", G_CALLBACK (on_items_changed),
                    &self);
  causes[cause].func (self.bus);
  g_assert_cmpuint (self.n_changes, >, 0);
  if (disposes)
    g_assert_finalize_object (g_steal_pointer (&self.bus));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (g_weak_ref_get (&weak));
  g_weak_ref_clear (&weak);
}

/* ---- gone before the first turn ---- */

static guint
count_fds (void)
{
  return hein_test_count_entries ("/proc/self/fd");
}

/* What opens just then has to hear of the end, or it keeps its context. */
static void
test_gone_at_once (void)
{
  guint n_fds = 0;

  for (guint i = 0; i < 10; i++)
    {
      HeinBus *bus = hein_bus_new (NULL);

      g_assert_nonnull (hein_bus_listen (bus, "tcp://127.0.0.1:0", NULL));
      g_assert_nonnull (hein_bus_dial (bus, "tcp://127.0.0.1:9", NULL));
      g_assert_finalize_object (bus);
      if (i == 0)
        n_fds = count_fds (); /* plugins and GLib have theirs now */
    }
  g_assert_cmpuint (count_fds (), ==, n_fds);
}

/* ---- a strategy that runs a loop ---- */

#define TEST_TYPE_HOLDER (test_holder_get_type ())
G_DECLARE_FINAL_TYPE (TestHolder, test_holder, TEST, HOLDER, HeinStrategy)

struct _TestHolder
{
  HeinStrategy parent_instance;

  GCancellable *cancels; /* borrowed; NULL: nothing is done */
};

G_DEFINE_FINAL_TYPE (TestHolder, test_holder, HEIN_TYPE_STRATEGY)

static void
test_holder_select (HeinStrategy *strategy,
                    HeinPeers *peers,
                    const char *key,
                    HeinMessage *message,
                    HeinSelection *selection)
{
  GCancellable *cancels = g_steal_pointer (&TEST_HOLDER (strategy)->cancels);

  hein_selection_hold (selection);
  if (cancels == NULL)
    return;
  g_cancellable_cancel (cancels);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_holder_class_init (TestHolderClass *class)
{
  HEIN_STRATEGY_CLASS (class)->select = test_holder_select;
}

static void
test_holder_init (TestHolder *self)
{
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  GError **error = data;

  g_assert_false (hein_bus_send_finish (HEIN_BUS (source), result, error));
}

/* Calls that wait are being tried again just then. */
static void
test_cancel_while_chosen_for (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (TestHolder) holder = g_object_new (TEST_TYPE_HOLDER, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "x");
  g_autoptr (GError) first = NULL;
  g_autoptr (GError) second = NULL;

  /* the message alone fills it, so that calls wait */
  g_object_set (hub->bus, "send-limit", (guint64) 1, NULL);
  hein_bus_set_strategy (hub->bus, HEIN_STRATEGY (holder));
  g_assert_true (hein_bus_send (hub->bus, message, NULL));
  hein_bus_send_async (hub->bus, message, NULL, on_sent, &first);
  hein_bus_send_async (hub->bus, message, cancellable, on_sent, &second);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  hein_bus_set_strategy (hub->bus, NULL);
  hein_bus_set_strategy (hub->bus, HEIN_STRATEGY (holder));
  holder->cancels = cancellable;
  g_assert_false (hein_bus_send (hub->bus, message, NULL));
  g_assert_null (holder->cancels);
  hein_test_wait (second != NULL);
  g_assert_error (second, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (first);
  hein_bus_close (hub->bus);
  hein_test_wait (first != NULL);
  g_assert_error (first, HEIN_ERROR, HEIN_ERROR_CLOSED);
  g_assert_cmpuint (hein_bus_get_n_dropped (hub->bus, HEIN_DROP_REASON_CLOSED),
                    ==, 1);
}

/* ---- a filter that closes, of what another thread sent ---- */

#define TEST_TYPE_CLOSER (test_closer_get_type ())
G_DECLARE_FINAL_TYPE (TestCloser, test_closer, TEST, CLOSER, GObject)

struct _TestCloser
{
  GObject parent_instance;

  HeinBus *bus;
  guint n_sent;
};

#define N_EARLY 10

static gpointer
send_late (gpointer data)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "late");

  g_assert_true (hein_bus_send (data, message, NULL));
  return NULL;
}

static gpointer
send_early (gpointer data)
{
  for (guint i = 0; i < N_EARLY; i++)
    {
      g_autoptr (HeinMessage) message = hein_message_new_text ("t", "early");

      g_assert_true (hein_bus_send (data, message, NULL));
    }
  return NULL;
}

static HeinMessage *
test_closer_send (HeinFilter *filter, HeinMessage *message, GError **error)
{
  TestCloser *self = TEST_CLOSER (filter);

  if (++self->n_sent == 2)
    {
      g_thread_join (g_thread_new ("late", send_late, self->bus));
      hein_bus_close (self->bus);
    }
  return hein_message_ref (message);
}

static void
test_closer_filter_init (HeinFilterInterface *iface)
{
  iface->send = test_closer_send;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestCloser,
                               test_closer,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (HEIN_TYPE_FILTER,
                                                      test_closer_filter_init))

static void
test_closer_class_init (TestCloserClass *class)
{
}

static void
test_closer_init (TestCloser *self)
{
}

/* What comes last does not overtake the rest, and all of it is counted. */
static void
test_filter_closes_posted (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (TestCloser) closer = g_object_new (TEST_TYPE_CLOSER, NULL);
  HeinEndpoint *endpoint = hein_test_bus_listen (hub, "tcp://127.0.0.1:0");

  hein_test_bus_dial (client, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  closer->bus = hub->bus;
  hein_bus_add_filter (hub->bus, HEIN_FILTER (closer));
  g_thread_join (g_thread_new ("early", send_early, hub->bus));
  hein_test_wait (client->removed->len == 1);
  g_assert_cmpuint (closer->n_sent, ==, 2);
  g_assert_cmpuint (client->messages->len, ==, 1);
  g_assert_cmpuint (hein_bus_get_n_dropped (hub->bus, HEIN_DROP_REASON_CLOSED),
                    ==, N_EARLY);
}

/* ---- a protocol that sends while it encodes ---- */

#define TEST_TYPE_TALKER (test_talker_get_type ())
G_DECLARE_FINAL_TYPE (TestTalker, test_talker, TEST, TALKER, ByteProtocol)

struct _TestTalker
{
  ByteProtocol parent_instance;
};

G_DEFINE_FINAL_TYPE (TestTalker, test_talker, BYTE_TYPE_PROTOCOL)

/* borrowed: what sends "B" when it encodes "A", once; NULL: nothing */
static HeinBus *talks;

static void
test_talker_start (HeinProtocol *protocol, HeinWire *wire, gboolean is_dialled)
{
  hein_wire_set_encoding (wire, "one");
  HEIN_PROTOCOL_CLASS (test_talker_parent_class)
    ->start (protocol, wire, is_dialled);
}

static gboolean
test_talker_encode (HeinProtocol *protocol,
                    HeinWire *wire,
                    HeinMessage *message,
                    GError **error)
{
  const guint8 *data =
    g_bytes_get_data (hein_message_get_payload (message), NULL);
  HeinBus *bus = talks;

  if (*data == 'A' && bus != NULL)
    {
      g_autoptr (HeinMessage) other = hein_message_new_text ("", "B");

      talks = NULL;
      g_assert_true (hein_bus_send (bus, other, NULL));
    }
  return HEIN_PROTOCOL_CLASS (test_talker_parent_class)
    ->encode (protocol, wire, message, error);
}

static void
test_talker_class_init (TestTalkerClass *class)
{
  HeinProtocolClass *protocol_class = HEIN_PROTOCOL_CLASS (class);

  protocol_class->start = test_talker_start;
  protocol_class->encode = test_talker_encode;
}

static void
test_talker_init (TestTalker *self)
{
}

static char *
dup_texts (HeinTestBus *bus)
{
  GString *all = g_string_new (NULL);

  for (guint i = 0; i < bus->messages->len; i++)
    {
      g_autofree char *text = hein_test_bus_dup_text (bus, i);

      g_string_append (all, text);
    }
  return g_string_free (all, FALSE);
}

/* The two do not mix: what it sends comes behind what it encodes. */
static void
test_protocol_sends (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  HeinEndpoint *endpoint =
    hein_test_bus_listen (hub, "tcp+test-talker://127.0.0.1:0");
  HeinTestBus *clients[3];

  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      clients[i] = hein_test_bus_new (NULL);
      hein_test_bus_dial (clients[i], hein_endpoint_get_bound_uri (endpoint));
      hein_test_wait (hein_test_bus_count_peers (hub) == i + 1);
    }
  hein_test_bus_send (hub, NULL, "", "A");
  talks = hub->bus;
  hein_test_bus_send (hub, NULL, "", "A");
  hein_test_bus_send (hub, NULL, "", "C");
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_autofree char *texts = NULL;

      hein_test_wait (clients[i]->messages->len == 4);
      texts = dup_texts (clients[i]);
      g_assert_cmpstr (texts, ==, "AABC");
      hein_test_bus_free (clients[i]);
    }
}

/* ---- a protocol that gives up when it is to ask ---- */

#define TEST_TYPE_SULKER (test_sulker_get_type ())
G_DECLARE_FINAL_TYPE (TestSulker, test_sulker, TEST, SULKER, ByteProtocol)

struct _TestSulker
{
  ByteProtocol parent_instance;
};

G_DEFINE_FINAL_TYPE (TestSulker, test_sulker, BYTE_TYPE_PROTOCOL)

static void
test_sulker_start (HeinProtocol *protocol, HeinWire *wire, gboolean is_dialled)
{
  HEIN_PROTOCOL_CLASS (test_sulker_parent_class)
    ->start (protocol, wire, is_dialled);
  hein_wire_set_heartbeat (wire, TRUE);
}

static void
test_sulker_ping (HeinProtocol *protocol, HeinWire *wire)
{
  g_autoptr (GError) error =
    g_error_new_literal (HEIN_ERROR, HEIN_ERROR_FAILED, "it does not ask");

  hein_wire_fail (wire, error);
}

static void
test_sulker_class_init (TestSulkerClass *class)
{
  HeinProtocolClass *protocol_class = HEIN_PROTOCOL_CLASS (class);

  protocol_class->start = test_sulker_start;
  protocol_class->ping = test_sulker_ping;
}

static void
test_sulker_init (TestSulker *self)
{
}

static void
on_pinged (GObject *source, GAsyncResult *result, gpointer data)
{
  GVariant **answers = data;

  g_assert_null (*answers);
  *answers = hein_bus_ping_finish (HEIN_BUS (source), result, NULL);
  g_assert_nonnull (*answers);
}

/* The call ends once, and knows of every peer. */
static void
test_ping_fails_at_once (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (GVariant) answers = NULL;
  HeinEndpoint *endpoint =
    hein_test_bus_listen (hub, "tcp+test-sulker://127.0.0.1:0");
  HeinTestBus *clients[3];

  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      clients[i] = hein_test_bus_new (NULL);
      hein_test_bus_dial (clients[i], hein_endpoint_get_bound_uri (endpoint));
      hein_test_wait (hein_test_bus_count_peers (hub) == i + 1);
    }
  hein_bus_ping_async (hub->bus, 60000, NULL, on_pinged, &answers);
  hein_test_wait (hub->removed->len == G_N_ELEMENTS (clients));
  g_assert_nonnull (answers);
  g_assert_cmpuint (g_variant_n_children (answers), ==, G_N_ELEMENTS (clients));
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    hein_test_bus_free (clients[i]);
}

static void
on_peer_pinged (GObject *source, GAsyncResult *result, gpointer data)
{
  GError **error = data;

  g_assert_false (hein_peer_ping_finish (HEIN_PEER (source), result, error));
}

static void
test_peer_ping_fails_at_once (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (HeinPeer) peer = NULL;
  g_autoptr (GError) error = NULL;
  HeinEndpoint *endpoint =
    hein_test_bus_listen (hub, "tcp+test-sulker://127.0.0.1:0");

  hein_test_bus_dial (client, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  peer =
    g_list_model_get_item (G_LIST_MODEL (hein_bus_get_peers (hub->bus)), 0);
  hein_peer_ping_async (peer, 60000, NULL, on_peer_pinged, &error);
  g_assert_false (hein_peer_get_is_up (peer));
  hein_test_wait (error != NULL);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

/* ---- a strategy that adds many peers ---- */

#define N_MANY 100

#define TEST_TYPE_TWICE (test_twice_get_type ())
G_DECLARE_FINAL_TYPE (TestTwice, test_twice, TEST, TWICE, HeinStrategy)

struct _TestTwice
{
  HeinStrategy parent_instance;
};

G_DEFINE_FINAL_TYPE (TestTwice, test_twice, HEIN_TYPE_STRATEGY)

static void
test_twice_select (HeinStrategy *strategy,
                   HeinPeers *peers,
                   const char *key,
                   HeinMessage *message,
                   HeinSelection *selection)
{
  for (guint i = 0; i < 2 * hein_peers_get_n_peers (peers); i++)
    hein_selection_add (selection, hein_peers_get_peer (peers, i / 2));
}

static void
test_twice_class_init (TestTwiceClass *class)
{
  HEIN_STRATEGY_CLASS (class)->select = test_twice_select;
}

static void
test_twice_init (TestTwice *self)
{
}

/* To add one twice is the same as once, also where they are looked up. */
static void
test_adds_many_twice (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinStrategy) twice = g_object_new (TEST_TYPE_TWICE, NULL);
  HeinTestBus *clients[N_MANY];

  hein_test_bus_listen (hub, "inproc://test-nesting");
  hein_bus_set_strategy (hub->bus, twice);
  for (guint i = 0; i < N_MANY; i++)
    {
      clients[i] = hein_test_bus_new (NULL);
      hein_test_bus_dial (clients[i], "inproc://test-nesting");
    }
  hein_test_wait (hein_test_bus_count_peers (hub) == N_MANY);
  for (guint n = 1; n <= 3; n++)
    hein_test_bus_send (hub, NULL, "", "x");
  hein_test_bus_send (hub, NULL, "", "last");
  for (guint i = 0; i < N_MANY; i++)
    {
      g_autofree char *last = NULL;

      hein_test_wait (clients[i]->messages->len >= 4);
      last = hein_test_bus_dup_text (clients[i], 3);
      g_assert_cmpstr (last, ==, "last");
      hein_test_bus_free (clients[i]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (hein_plugin_add ("test-talker", TEST_TYPE_TALKER, NULL));
  g_assert_true (hein_plugin_add ("test-sulker", TEST_TYPE_SULKER, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (causes); i++)
    for (guint disposes = 0; disposes < 2; disposes++)
      {
        g_autofree char *path =
          g_strdup_printf ("/nesting/items-changed/%s/%s", causes[i].name,
                           disposes ? "disposes" : "drops-last-reference");

        /* who disposes has a reference, and it is his to drop */
        if (disposes || causes[i].func != do_dispose)
          g_test_add_data_func (path, GUINT_TO_POINTER (i << 1 | disposes),
                                test_items_changed);
      }
  g_test_add_func ("/nesting/gone-at-once", test_gone_at_once);
  g_test_add_func ("/nesting/cancel-while-chosen-for",
                   test_cancel_while_chosen_for);
  g_test_add_func ("/nesting/filter-closes-posted", test_filter_closes_posted);
  g_test_add_func ("/nesting/protocol-sends", test_protocol_sends);
  g_test_add_func ("/nesting/ping-fails-at-once", test_ping_fails_at_once);
  g_test_add_func ("/nesting/peer-ping-fails-at-once",
                   test_peer_ping_fails_at_once);
  g_test_add_func ("/nesting/adds-many-twice", test_adds_many_twice);
  return g_test_run ();
}

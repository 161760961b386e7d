/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "byte-protocol.h"
#include "hein-test.h"

/* What strategies, filters and protocols may do while a message is given to
 * those whom it is for. */

/* ---- a strategy that acts while it chooses ---- */

typedef enum
{
  DEED_NONE,
  DEED_SEND,
  DEED_CLOSE,
  DEED_CLOSE_PEER,
  DEED_REPLACE
} Deed;

#define TEST_TYPE_DOER (test_doer_get_type ())
G_DECLARE_FINAL_TYPE (TestDoer, test_doer, TEST, DOER, HeinStrategy)

struct _TestDoer
{
  HeinStrategy parent_instance;

  HeinBus *bus;
  Deed deed;
  gboolean holds;
};

G_DEFINE_FINAL_TYPE (TestDoer, test_doer, HEIN_TYPE_STRATEGY)

static void
act (TestDoer *self, HeinPeers *peers)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("log", "chosen");

  switch (self->deed)
    {
    case DEED_SEND:
      hein_bus_send (self->bus, message, NULL);
      break;
    case DEED_CLOSE:
      hein_bus_close (self->bus);
      break;
    case DEED_CLOSE_PEER:
      hein_peer_close (hein_peers_lookup (peers, "first"));
      break;
    case DEED_REPLACE:
      hein_bus_set_strategy (self->bus, NULL);
      break;
    case DEED_NONE:
    default:
      break;
    }
}

/* The first peer gets what is sent, the second one what it sends itself. */
static void
test_doer_select (HeinStrategy *strategy,
                  HeinPeers *peers,
                  const char *key,
                  HeinMessage *message,
                  HeinSelection *selection)
{
  TestDoer *self = TEST_DOER (strategy);
  const gboolean is_own = g_str_equal (hein_message_get_topic (message), "log");
  HeinPeer *peer = hein_peers_lookup (peers, is_own ? "second" : "first");

  if (self->holds || peer == NULL)
    hein_selection_hold (selection);
  else
    hein_selection_add (selection, peer);
  if (!is_own)
    act (self, peers);
}

static void
test_doer_class_init (TestDoerClass *class)
{
  HEIN_STRATEGY_CLASS (class)->select = test_doer_select;
}

static void
test_doer_init (TestDoer *self)
{
}

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *first;
  HeinTestBus *second;
  TestDoer *doer;
  char *uri;
} Trio;

static void
trio_init (Trio *self, const char *uri)
{
  self->hub = hein_test_bus_new ("hub");
  self->first = hein_test_bus_new ("first");
  self->second = hein_test_bus_new ("second");
  self->uri = g_strdup (
    hein_endpoint_get_bound_uri (hein_test_bus_listen (self->hub, uri)));
  self->doer = g_object_new (TEST_TYPE_DOER, NULL);
  self->doer->bus = self->hub->bus;
}

static void
trio_meet (Trio *self)
{
  hein_test_bus_dial (self->first, self->uri);
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1);
  hein_test_bus_dial (self->second, self->uri);
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 2);
}

static void
trio_clear (Trio *self)
{
  g_object_unref (self->doer);
  hein_test_bus_free (self->second);
  hein_test_bus_free (self->first);
  hein_test_bus_free (self->hub);
  g_free (self->uri);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Trio, trio_clear)

static void
assert_topic (HeinTestBus *bus, guint index, const char *topic)
{
  g_assert_cmpuint (bus->messages->len, >, index);
  g_assert_cmpstr (hein_message_get_topic (
                     g_ptr_array_index (bus->messages, index)),
                   ==, topic);
}

/* Each message goes to whom it was chosen for. */
static void
test_strategy_sends (gconstpointer uri)
{
  g_auto (Trio) trio = { 0 };

  trio_init (&trio, uri);
  trio_meet (&trio);
  trio.doer->deed = DEED_SEND;
  hein_bus_set_strategy (trio.hub->bus, HEIN_STRATEGY (trio.doer));
  hein_test_bus_send (trio.hub, NULL, "secret", "for the first");
  hein_test_wait (trio.first->messages->len == 1 &&
                  trio.second->messages->len == 1);
  assert_topic (trio.first, 0, "secret");
  assert_topic (trio.second, 0, "log");
}

static void
test_strategy_closes (gconstpointer uri)
{
  g_auto (Trio) trio = { 0 };
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "x");
  g_autoptr (GError) error = NULL;

  trio_init (&trio, uri);
  trio_meet (&trio);
  trio.doer->deed = DEED_CLOSE;
  hein_bus_set_strategy (trio.hub->bus, HEIN_STRATEGY (trio.doer));
  g_assert_false (hein_bus_send (trio.hub->bus, message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

/* It is chosen for a peer that is then sent away. */
static void
test_strategy_closes_peer (gconstpointer uri)
{
  g_auto (Trio) trio = { 0 };
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "x");
  g_autoptr (GError) error = NULL;

  trio_init (&trio, uri);
  trio_meet (&trio);
  trio.doer->deed = DEED_CLOSE_PEER;
  hein_bus_set_strategy (trio.hub->bus, HEIN_STRATEGY (trio.doer));
  g_assert_false (hein_bus_send (trio.hub->bus, message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_NO_PEER);
}

/* Nobody but the bus knows the strategy that is choosing. */
static void
test_strategy_replaces_itself (gconstpointer uri)
{
  g_auto (Trio) trio = { 0 };
  TestDoer *doer = g_object_new (TEST_TYPE_DOER, NULL);

  trio_init (&trio, uri);
  trio_meet (&trio);
  doer->bus = trio.hub->bus;
  doer->deed = DEED_REPLACE;
  hein_bus_set_strategy (trio.hub->bus, HEIN_STRATEGY (doer));
  g_object_unref (doer);
  hein_test_bus_send (trio.hub, NULL, "t", "x");
  hein_test_wait (trio.first->messages->len == 1);
}

/* What is held is tried again, and then this happens: every message has arrived
 * or is counted. */
static void
held (const char *uri, Deed deed)
{
  enum
  {
    N = 5
  };
  g_auto (Trio) trio = { 0 };

  trio_init (&trio, uri);
  trio.doer->holds = TRUE;
  hein_bus_set_strategy (trio.hub->bus, HEIN_STRATEGY (trio.doer));
  for (guint i = 0; i < N; i++)
    hein_test_bus_send (trio.hub, NULL, "t", "x");
  trio.doer->deed = deed;
  trio.doer->holds = deed != DEED_SEND;
  hein_test_bus_dial (trio.first, trio.uri);
  if (deed != DEED_SEND)
    {
      hein_test_wait (hein_test_bus_count_dropped (trio.hub) == N);
      g_assert_cmpuint (hein_bus_get_n_dropped (trio.hub->bus,
                                                HEIN_DROP_REASON_CLOSED),
                        ==, N);
      return;
    }
  hein_test_wait (trio.first->messages->len == N);
  hein_test_bus_dial (trio.second, trio.uri);
  hein_test_wait (trio.second->messages->len >= N);
}

static void
test_held_and_closes (gconstpointer uri)
{
  held (uri, DEED_CLOSE);
}

static void
test_held_and_sends (gconstpointer uri)
{
  held (uri, DEED_SEND);
}

/* ---- a filter that acts on what comes from another thread ---- */

#define TEST_TYPE_SIEVE (test_sieve_get_type ())
G_DECLARE_FINAL_TYPE (TestSieve, test_sieve, TEST, SIEVE, GObject)

struct _TestSieve
{
  GObject parent_instance;

  HeinBus *bus;
  guint n;
  guint close_at;
  gsize size; /* of what goes out instead; 0: the same */
};

static HeinMessage *
sieve_send (HeinFilter *filter, HeinMessage *message, GError **error)
{
  TestSieve *self = TEST_SIEVE (filter);
  g_autofree guint8 *data = g_malloc0 (self->size + 1);

  if (++self->n == self->close_at)
    hein_bus_close (self->bus);
  if (self->size == 0)
    return hein_message_ref (message);
  return hein_message_new_data ("t", data, self->size);
}

static void
test_sieve_iface_init (HeinFilterInterface *iface)
{
  iface->send = sieve_send;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestSieve,
                               test_sieve,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (HEIN_TYPE_FILTER,
                                                      test_sieve_iface_init))

static void
test_sieve_class_init (TestSieveClass *class)
{
}

static void
test_sieve_init (TestSieve *self)
{
}

#define N_POSTED 10

static gpointer
send_some (gpointer data)
{
  for (guint i = 0; i < N_POSTED; i++)
    hein_test_bus_send (data, NULL, "t", "x");
  return NULL;
}

static void
test_filter_closes (void)
{
  g_auto (Trio) trio = { 0 };
  g_autoptr (TestSieve) sieve = g_object_new (TEST_TYPE_SIEVE, NULL);

  trio_init (&trio, "tcp://127.0.0.1:0");
  trio_meet (&trio);
  sieve->bus = trio.hub->bus;
  sieve->close_at = 4;
  hein_bus_add_filter (trio.hub->bus, HEIN_FILTER (sieve));
  g_thread_join (g_thread_new ("sender", send_some, trio.hub));
  hein_test_wait (
    trio.first->messages->len +
      hein_bus_get_n_dropped (trio.hub->bus, HEIN_DROP_REASON_CLOSED) >=
    N_POSTED);
}

/* The limit is for what leaves the last filter. */
static void
test_filter_makes_too_large (void)
{
  g_auto (Trio) trio = { 0 };
  g_autoptr (TestSieve) sieve = g_object_new (TEST_TYPE_SIEVE, NULL);

  trio_init (&trio, "tcp://127.0.0.1:0");
  trio_meet (&trio);
  g_object_set (trio.hub->bus, "max-message-size", (guint64) 1000, NULL);
  sieve->size = 2000;
  hein_bus_add_filter (trio.hub->bus, HEIN_FILTER (sieve));
  g_thread_join (g_thread_new ("sender", send_some, trio.hub));
  hein_test_wait (
    hein_bus_get_n_dropped (trio.hub->bus, HEIN_DROP_REASON_UNSENDABLE) ==
    N_POSTED);
  g_assert_cmpuint (trio.first->messages->len, ==, 0);
}

/* ---- a protocol that gives up while it encodes ---- */

#define TEST_TYPE_BAD (test_bad_get_type ())
G_DECLARE_FINAL_TYPE (TestBad, test_bad, TEST, BAD, ByteProtocol)

struct _TestBad
{
  ByteProtocol parent_instance;

  gboolean fails;
};

G_DEFINE_FINAL_TYPE (TestBad, test_bad, BYTE_TYPE_PROTOCOL)

static GPtrArray *accepted; /* borrowed TestBad, in order */

static void
test_bad_start (HeinProtocol *protocol, HeinWire *wire, gboolean is_dialled)
{
  HEIN_PROTOCOL_CLASS (test_bad_parent_class)
    ->start (protocol, wire, is_dialled);
  if (!is_dialled)
    g_ptr_array_add (accepted, protocol);
}

static gboolean
test_bad_encode (HeinProtocol *protocol,
                 HeinWire *wire,
                 HeinMessage *message,
                 GError **error)
{
  if (TEST_BAD (protocol)->fails)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED, "not today");
      hein_wire_fail (wire, *error);
      return FALSE;
    }
  return HEIN_PROTOCOL_CLASS (test_bad_parent_class)
    ->encode (protocol, wire, message, error);
}

static void
test_bad_class_init (TestBadClass *class)
{
  HeinProtocolClass *protocol_class = HEIN_PROTOCOL_CLASS (class);

  protocol_class->start = test_bad_start;
  protocol_class->encode = test_bad_encode;
}

static void
test_bad_init (TestBad *self)
{
}

#define N_CLIENTS 4

/* To everybody. */
static void
test_choose_each (HeinPeers *peers, HeinSelection *selection)
{
  for (guint i = 0; i < hein_peers_get_n_peers (peers); i++)
    {
      g_autoptr (HeinPeer) peer =
        g_list_model_get_item (G_LIST_MODEL (peers), i);

      hein_selection_add (selection, peer);
    }
}

#define TEST_TYPE_EACH (test_each_get_type ())
G_DECLARE_FINAL_TYPE (TestEach, test_each, TEST, EACH, HeinStrategy)

struct _TestEach
{
  HeinStrategy parent_instance;
};

G_DEFINE_FINAL_TYPE (TestEach, test_each, HEIN_TYPE_STRATEGY)

static void
test_each_select (HeinStrategy *strategy,
                  HeinPeers *peers,
                  const char *key,
                  HeinMessage *message,
                  HeinSelection *selection)
{
  test_choose_each (peers, selection);
}

static void
test_each_class_init (TestEachClass *class)
{
  HEIN_STRATEGY_CLASS (class)->select = test_each_select;
}

static void
test_each_init (TestEach *self)
{
}

/* @strategy (nullable, taken) chooses; the connections of @first_bad up to
 * @end_bad fail. Returns whether the message was taken; the others have it. */
static gboolean
send_with_failures (HeinStrategy *strategy, guint first_bad, guint end_bad)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  HeinTestBus *clients[N_CLIENTS];
  g_autoptr (HeinMessage) message = hein_message_new_text (NULL, "x");
  g_autoptr (HeinStrategy) owned = strategy;
  HeinEndpoint *endpoint =
    hein_test_bus_listen (hub, "tcp+test-bad://127.0.0.1:0");
  gboolean ok;

  accepted = g_ptr_array_new ();
  if (strategy != NULL)
    hein_bus_set_strategy (hub->bus, strategy);
  for (guint i = 0; i < N_CLIENTS; i++)
    {
      clients[i] = hein_test_bus_new (NULL);
      hein_test_bus_dial (clients[i], hein_endpoint_get_bound_uri (endpoint));
      hein_test_wait (hein_test_bus_count_peers (hub) == i + 1);
    }
  for (guint i = first_bad; i < end_bad; i++)
    TEST_BAD (g_ptr_array_index (accepted, i))->fails = TRUE;
  ok = hein_bus_send (hub->bus, message, NULL);
  hein_test_wait (hub->removed->len == end_bad - first_bad);
  for (guint i = 0; i < N_CLIENTS; i++)
    if (i < first_bad || i >= end_bad)
      hein_test_wait (clients[i]->messages->len == 1);
  g_assert_cmpuint (hein_test_bus_count_dropped (hub), ==,
                    ok ? end_bad - first_bad : 0);
  g_assert_cmpuint (hein_bus_get_n_dropped (hub->bus,
                                            HEIN_DROP_REASON_UNSENDABLE),
                    ==, ok ? end_bad - first_bad : 0);
  for (guint i = 0; i < N_CLIENTS; i++)
    hein_test_bus_free (clients[i]);
  g_clear_pointer (&accepted, g_ptr_array_unref);
  return ok;
}

static void
test_encode_fails_for_one_of_all (void)
{
  g_assert_true (send_with_failures (NULL, 1, 2));
  g_assert_true (send_with_failures (NULL, 0, 2));
}

static void
test_encode_fails_for_one_of_some (void)
{
  g_assert_true (
    send_with_failures (g_object_new (TEST_TYPE_EACH, NULL), 1, 2));
  g_assert_true (
    send_with_failures (g_object_new (TEST_TYPE_EACH, NULL), 0, 3));
}

/* Then it is an error of the call, and nothing that was dropped. */
static void
test_encode_fails_for_each (void)
{
  g_assert_false (
    send_with_failures (g_object_new (TEST_TYPE_EACH, NULL), 0, N_CLIENTS));
}

/* ---- data in one call ---- */

static void
assert_came (HeinMessage *message,
             const char *topic,
             const char *data,
             gsize size)
{
  gsize n = 0;
  const guint8 *bytes = hein_message_peek_data (message, &n);

  g_assert_cmpstr (hein_message_get_topic (message), ==, topic);
  g_assert_cmpmem (bytes, n, data, size);
}

static void
test_send_data (gconstpointer uri)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (GError) error = NULL;
  HeinEndpoint *endpoint;

  g_object_set (hub->bus, "max-message-size", (guint64) 3, NULL);
  endpoint = hein_test_bus_listen (hub, uri);
  hein_test_bus_dial (client, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  g_assert_false (
    hein_bus_send_data (hub->bus, "t", (const guint8 *) "four", 4, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
  g_clear_error (&error);
  g_assert_true (
    hein_bus_send_data (hub->bus, "t", (const guint8 *) "a\0b", 3, &error));
  g_assert_true (hein_bus_send_data (hub->bus, NULL, NULL, 0, &error));
  g_assert_no_error (error);

  hein_test_wait (client->messages->len == 2);
  assert_came (client->messages->pdata[0], "t", "a\0b", 3);
  assert_came (client->messages->pdata[1], "", "", 0);

  hein_bus_close (hub->bus);
  g_assert_false (hein_bus_send_data (hub->bus, "t", NULL, 0, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

/* ---- sizes ---- */

typedef struct
{
  guint n_sent;
  GError *error;
} Sent;

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  Sent *sent = data;

  if (hein_bus_send_finish (HEIN_BUS (source), result,
                            sent->error == NULL ? &sent->error : NULL))
    sent->n_sent++;
}

/* One that waits does not let larger ones pass. */
static void
test_async_too_large (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autofree guint8 *data = g_malloc0 (4001);
  g_autoptr (HeinMessage) fitting = hein_message_new_data ("t", data, 4000);
  g_autoptr (HeinMessage) large = hein_message_new_data ("t", data, 4001);
  HeinEndpoint *endpoint;
  Sent sent = { 0 };

  g_object_set (hub->bus, "max-message-size", (guint64) 4000, "overflow",
                HEIN_OVERFLOW_WAIT, "send-limit", (guint64) 4000, NULL);
  endpoint = hein_test_bus_listen (hub, "tcp://127.0.0.1:0");
  hein_test_bus_dial (client, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  while (hein_bus_send (hub->bus, fitting, NULL))
    ;
  hein_bus_send_async (hub->bus, fitting, NULL, on_sent, &sent);
  hein_bus_send_async (hub->bus, large, NULL, on_sent, &sent);
  hein_test_wait (sent.n_sent == 1 && sent.error != NULL);
  g_assert_error (sent.error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
  g_clear_error (&sent.error);
  g_assert_cmpuint (client->removed->len, ==, 0);
}

int
main (int argc, char **argv)
{
  static const char *const uris[] = { "tcp://127.0.0.1:0",
                                      "inproc://test-sending" };
  static const struct
  {
    const char *name;
    GTestDataFunc func;
  } tests[] = {
    { "strategy-sends", test_strategy_sends },
    { "strategy-closes", test_strategy_closes },
    { "strategy-closes-peer", test_strategy_closes_peer },
    { "strategy-replaces-itself", test_strategy_replaces_itself },
    { "held-and-closes", test_held_and_closes },
    { "held-and-sends", test_held_and_sends },
    { "data", test_send_data },
  };

  g_test_init (&argc, &argv, NULL);
  g_assert_true (hein_plugin_add ("test-bad", TEST_TYPE_BAD, NULL));
  for (gsize u = 0; u < G_N_ELEMENTS (uris); u++)
    for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
      {
        g_autofree char *scheme = g_uri_parse_scheme (uris[u]);
        g_autofree char *path =
          g_strdup_printf ("/sending/%s/%s", scheme, tests[i].name);

        g_test_add_data_func (path, uris[u], tests[i].func);
      }
  g_test_add_func ("/sending/filter-closes", test_filter_closes);
  g_test_add_func ("/sending/filter-makes-too-large",
                   test_filter_makes_too_large);
  g_test_add_func ("/sending/encode-fails-for-one-of-all",
                   test_encode_fails_for_one_of_all);
  g_test_add_func ("/sending/encode-fails-for-one-of-some",
                   test_encode_fails_for_one_of_some);
  g_test_add_func ("/sending/encode-fails-for-each",
                   test_encode_fails_for_each);
  g_test_add_func ("/sending/async-too-large", test_async_too_large);
  return g_test_run ();
}

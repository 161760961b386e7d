/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport-suite.h"

#include <stdlib.h>
#include <string.h>

#include "transport-line.h"
#include "transport-pair.h"

/* The law for transports: how buses meet and part. */

/* An address where nobody is. */
static char *
make_silent_uri (const HeinTransportSuite *suite)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("short-lived");
  g_autofree char *uri = suite->make_uri ();

  return g_strdup (
    hein_endpoint_get_bound_uri (hein_test_bus_listen (bus, uri)));
}

static void
test_open (gconstpointer data)
{
  g_autoptr (TransportPair) pair = transport_pair_new (data);
  HeinPeer *client = hein_test_bus_find_peer (pair->hub, "client");
  HeinPeer *hub = hein_test_bus_find_peer (pair->client, "hub");

  g_assert_nonnull (client);
  g_assert_nonnull (hub);
  g_assert_cmpint (hein_endpoint_get_state (pair->listener), ==,
                   HEIN_ENDPOINT_STATE_OPEN);
  g_assert_cmpint (hein_endpoint_get_state (pair->dialler), ==,
                   HEIN_ENDPOINT_STATE_OPEN);
  g_assert_cmpint (hein_peer_get_origin (client), ==, HEIN_ORIGIN_ACCEPTED);
  g_assert_cmpint (hein_peer_get_origin (hub), ==, HEIN_ORIGIN_DIALLED);
  g_assert_cmpstr (hein_peer_get_instance (hub), ==,
                   hein_bus_get_instance (pair->hub->bus));
  g_assert_true (hein_peer_get_endpoint (hub) == pair->dialler);
  g_assert_cmpuint (hein_endpoint_get_n_connections (pair->dialler), ==, 1);
  hein_test_wait (pair->hub->n_ready == 1 && pair->client->n_ready == 1);
  g_assert_cmpuint (pair->hub->added->len, ==, 1);
  g_assert_cmpuint (pair->client->added->len, ==, 1);
  g_assert_cmpuint (pair->hub->n_failed, ==, 0);
  g_assert_cmpuint (pair->client->n_failed, ==, 0);
}

/* One address has one listener, and the first one keeps it. */
static void
test_refused_in_use (gconstpointer data)
{
  g_autoptr (TransportPair) pair = transport_pair_new (data);
  g_autoptr (HeinTestBus) second = hein_test_bus_new ("second");
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_listen (second->bus, pair->uri, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  hein_test_bus_send (pair->client, "hub", "still", "there");
  hein_test_wait (pair->hub->messages->len == 1);
}

static void
test_refused_name (gconstpointer data)
{
  g_autoptr (TransportPair) pair = transport_pair_new (data);
  g_autoptr (HeinTestBus) twin = hein_test_bus_new ("client");

  hein_test_bus_dial (twin, pair->uri);
  hein_test_wait (twin->n_failed > 0);
  g_assert_error (twin->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
  g_assert_cmpuint (hein_test_bus_count_peers (pair->hub), ==, 1);
  hein_test_bus_send (pair->hub, "client", "to", "the first");
  hein_test_wait (pair->client->messages->len == 1);
  g_assert_cmpuint (twin->messages->len, ==, 0);
}

/* A bus that dials itself is refused. Over TLS the handshake ends before any
 * name is said, and the dialler learns only that its key was not taken. */
static void
test_refused_self (gconstpointer data)
{
  g_autoptr (TransportPair) pair = transport_pair_new (data);
  const int expected = strstr (pair->uri, "key-file=") != NULL
                         ? HEIN_ERROR_INSECURE
                         : HEIN_ERROR_REFUSED;

  hein_test_bus_dial (pair->hub, pair->uri);
  hein_test_wait (pair->hub->n_failed > 0);
  g_assert_error (pair->hub->failure, HEIN_ERROR, expected);
  g_assert_cmpuint (hein_test_bus_count_peers (pair->hub), ==, 1);
  g_assert_null (hein_test_bus_find_peer (pair->hub, "hub"));
}

/* Who is early waits, and comes when there is somebody. */
static void
test_early (gconstpointer data)
{
  const HeinTransportSuite *suite = data;
  g_autofree char *uri = make_silent_uri (suite);
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  HeinEndpoint *endpoint = hein_test_bus_dial (client, uri);

  for (guint i = 0; i < 20; i++)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpint (hein_endpoint_get_state (endpoint), !=,
                   HEIN_ENDPOINT_STATE_OPEN);
  g_assert_cmpuint (client->n_failed, ==, 0);
  hein_test_bus_listen (hub, uri);
  hein_test_wait (hein_test_bus_count_peers (client) == 1);
  hein_test_bus_send (client, "hub", "hello", "at last");
  hein_test_wait (hub->messages->len == 1);
}

/* What was sent before an orderly end arrives, then the peer is gone. */
static void
test_closed (gconstpointer data)
{
  g_autoptr (TransportPair) pair = transport_pair_new (data);

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      hein_test_bus_send (pair->hub, "client", "last", text);
    }
  hein_test_bus_close (pair->hub);
  hein_test_wait (pair->client->removed->len == 1);
  g_assert_cmpuint (pair->client->messages->len, ==, 100);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      transport_assert_text (pair->client, i, text);
    }
  g_assert_cmpuint (hein_test_bus_count_peers (pair->client), ==, 0);
}

/* One endpoint goes, the bus stays. */
static void
test_closed_endpoint (gconstpointer data)
{
  g_autoptr (TransportPair) pair = transport_pair_new (data);
  g_autoptr (HeinEndpoint) dialler = g_object_ref (pair->dialler);
  g_autoptr (HeinMessage) message = hein_message_new_text ("too", "late");

  hein_endpoint_close (dialler);
  g_assert_cmpint (hein_endpoint_get_state (dialler), ==,
                   HEIN_ENDPOINT_STATE_CLOSED);
  hein_test_wait (pair->hub->removed->len == 1 &&
                  pair->client->removed->len == 1);
  g_assert_cmpuint (hein_test_bus_count_peers (pair->hub), ==, 0);
  g_assert_cmpuint (g_list_model_get_n_items (
                      hein_bus_get_endpoints (pair->client->bus)),
                    ==, 0);
  g_assert_cmpint (hein_endpoint_get_state (pair->listener), ==,
                   HEIN_ENDPOINT_STATE_OPEN);
}

/* @closer sends @name away, who takes what was sent before, and then finds no
 * fault; who dialled comes back. */
static void
assert_closes_peer (HeinTestBus *closer, HeinTestBus *other, const char *name)
{
  const guint n_removed = closer->removed->len;
  const guint n_added = closer->added->len;
  const guint n_messages = other->messages->len;

  hein_test_bus_send (closer, name, "last", "goodbye");
  hein_peer_close (hein_test_bus_find_peer (closer, name));
  hein_test_wait (closer->removed->len == n_removed + 1 &&
                  other->removed->len == n_removed + 1);
  g_assert_cmpuint (other->messages->len, ==, n_messages + 1);
  g_assert_no_error (closer->reason);
  g_assert_no_error (other->reason);
  hein_test_wait (closer->added->len == n_added + 1 &&
                  other->added->len == n_added + 1);
  hein_test_bus_send (closer, name, "first", "hello again");
  hein_test_wait (other->messages->len == n_messages + 2);
}

static void
test_closed_peer (gconstpointer data)
{
  g_autoptr (TransportPair) pair = transport_pair_new (data);

  assert_closes_peer (pair->hub, pair->client, "client");
  assert_closes_peer (pair->client, pair->hub, "hub");
}

typedef struct
{
  gboolean is_done;
  HeinEndpoint *endpoint;
  GError *error;
} Dialled;

static void
on_dialled (GObject *source, GAsyncResult *result, gpointer data)
{
  Dialled *dialled = data;

  dialled->endpoint =
    hein_bus_dial_finish (HEIN_BUS (source), result, &dialled->error);
  dialled->is_done = TRUE;
}

static void
test_cancel (gconstpointer data)
{
  const HeinTransportSuite *suite = data;
  g_autofree char *uri = make_silent_uri (suite);
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Dialled dialled = { 0 };

  hein_bus_dial_async (client->bus, uri, cancellable, on_dialled, &dialled);
  for (guint i = 0; i < 20; i++)
    g_main_context_iteration (NULL, FALSE);
  g_assert_false (dialled.is_done);
  g_cancellable_cancel (cancellable);
  hein_test_wait (dialled.is_done);
  g_assert_error (dialled.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (dialled.endpoint);
  g_assert_cmpuint (g_list_model_get_n_items (
                      hein_bus_get_endpoints (client->bus)),
                    ==, 0);
  g_clear_error (&dialled.error);
}

static void
test_dial_async (gconstpointer data)
{
  const HeinTransportSuite *suite = data;
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autofree char *uri = suite->make_uri ();
  HeinEndpoint *listener = hein_test_bus_listen (hub, uri);
  Dialled dialled = { 0 };

  hein_bus_dial_async (client->bus, hein_endpoint_get_bound_uri (listener),
                       NULL, on_dialled, &dialled);
  hein_test_wait (dialled.is_done);
  g_assert_no_error (dialled.error);
  g_assert_nonnull (dialled.endpoint);
  g_assert_cmpint (hein_endpoint_get_state (dialled.endpoint), ==,
                   HEIN_ENDPOINT_STATE_OPEN);
}

/* Killed: nothing of it could say goodbye. */
static void
test_peer_dies (gconstpointer data)
{
  const HeinTransportSuite *suite = data;
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (TransportPair) pair = NULL;

  if (!suite->is_remote)
    {
      g_test_skip ("a bus of this process cannot die alone");
      return;
    }
  pair = transport_pair_new (suite);
  process = hein_test_spawn (HEIN_TEST_PEER_OPTION, pair->uri);
  hein_test_wait (pair->hub->messages->len == 1);
  transport_assert_text (pair->hub, 0, "alive");
  g_subprocess_force_exit (process);
  hein_test_wait (pair->hub->removed->len == 1);
  g_assert_true (g_subprocess_wait (process, NULL, NULL));
  g_assert_cmpstr (hein_peer_get_name (
                     g_ptr_array_index (pair->hub->removed, 0)),
                   ==, "mortal");
  g_assert_cmpuint (hein_test_bus_count_peers (pair->hub), ==, 1);
}

/* Each of two gets its own, and what is for all. */
static void
test_two_buses (gconstpointer data)
{
  g_autoptr (TransportPair) pair = transport_pair_new (data);
  g_autoptr (HeinTestBus) other = hein_test_bus_new ("other");
  g_autoptr (HeinStrategy) publish = hein_strategy_new ("publish", NULL);

  hein_test_bus_dial (other, pair->uri);
  hein_test_wait (hein_test_bus_count_peers (pair->hub) == 2 &&
                  hein_test_bus_count_peers (other) == 1);
  hein_bus_set_strategy (pair->hub->bus, publish);
  hein_test_bus_send (pair->hub, "client", "to", "one");
  hein_test_bus_send (pair->hub, "other", "to", "two");
  hein_test_bus_send (pair->hub, NULL, "to", "all");
  hein_test_wait (pair->client->messages->len == 2 &&
                  other->messages->len == 2);
  transport_assert_text (pair->client, 0, "one");
  transport_assert_text (pair->client, 1, "all");
  transport_assert_text (other, 0, "two");
  transport_assert_text (other, 1, "all");
  hein_test_bus_send (pair->client, "hub", "from", "one");
  hein_test_bus_send (other, "hub", "from", "two");
  hein_test_wait (pair->hub->messages->len == 2);
  for (guint i = 0; i < 2; i++)
    {
      HeinMessage *message = g_ptr_array_index (pair->hub->messages, i);
      HeinPeer *sender = hein_message_get_sender (message);
      gboolean is_client = g_str_equal (hein_peer_get_name (sender), "client");

      transport_assert_text (pair->hub, i, is_client ? "one" : "two");
    }
}

/* Two that dial each other have one connection. */
static void
test_mutual (gconstpointer data)
{
  const HeinTransportSuite *suite = data;
  g_autoptr (HeinTestBus) a = hein_test_bus_new ("a");
  g_autoptr (HeinTestBus) b = hein_test_bus_new ("b");
  g_autofree char *uri_a = suite->make_uri ();
  g_autofree char *uri_b = suite->make_uri ();
  HeinEndpoint *listener_a = hein_test_bus_listen (a, uri_a);
  HeinEndpoint *listener_b = hein_test_bus_listen (b, uri_b);

  hein_test_bus_dial (a, hein_endpoint_get_bound_uri (listener_b));
  hein_test_bus_dial (b, hein_endpoint_get_bound_uri (listener_a));
  hein_test_wait (hein_test_bus_count_peers (a) == 1 &&
                  hein_test_bus_count_peers (b) == 1);
  hein_test_bus_send (a, "b", "hello", "b");
  hein_test_bus_send (b, "a", "hello", "a");
  hein_test_wait (a->messages->len == 1 && b->messages->len == 1);
  g_assert_cmpuint (hein_test_bus_count_peers (a), ==, 1);
  g_assert_cmpuint (hein_test_bus_count_peers (b), ==, 1);
}

/* A listener goes and comes back; who dialled it finds it again. */
static void
test_reopen (gconstpointer data)
{
  g_autoptr (TransportPair) pair = transport_pair_new (data);

  for (guint i = 1; i <= 3; i++)
    {
      hein_endpoint_close (pair->listener);
      hein_test_wait (pair->client->removed->len == i &&
                      pair->hub->removed->len == i);
      pair->listener = hein_test_bus_listen (pair->hub, pair->uri);
      hein_test_wait (hein_test_bus_count_peers (pair->hub) == 1 &&
                      hein_test_bus_count_peers (pair->client) == 1);
      hein_test_bus_send (pair->client, "hub", "again", "up");
      hein_test_bus_send (pair->hub, "client", "again", "down");
      hein_test_wait (pair->hub->messages->len == i &&
                      pair->client->messages->len == i);
    }
  g_assert_cmpuint (pair->hub->added->len, ==, 4);
  g_assert_cmpuint (pair->client->added->len, ==, 4);
}

static const HeinLaw laws[] = {
  { "open", "both sides see each other, know who dialled, and are told once",
    test_open },
  { "refused-in-use",
    "an address has one listener; a second one gets an error, and the first "
    "stays",
    test_refused_in_use },
  { "refused-name",
    "a second peer of the same name is refused, and the first stays",
    test_refused_name },
  { "refused-self", "a bus that dials itself is refused", test_refused_self },
  { "early", "who dials before somebody listens waits, without an error",
    test_early },
  { "closed",
    "what was sent before an orderly end arrives, then the peer is gone",
    test_closed },
  { "closed-endpoint", "an endpoint that dialled closes, and both buses stay",
    test_closed_endpoint },
  { "closed-peer",
    "a peer that is closed takes what was sent before, and dials again",
    test_closed_peer },
  { "cancel", "dialling can be cancelled, and leaves nothing behind",
    test_cancel },
  { "dial-async", "dialling ends when the peer is there", test_dial_async },
  { "peer-dies", "a process that is killed is noticed", test_peer_dies },
  { "two-buses", "each of two peers gets its own, and what is for all",
    test_two_buses },
  { "mutual", "two that dial each other have one connection", test_mutual },
  { "reopen", "a listener goes and comes back, and is found again",
    test_reopen },
};

static void
add_tests (const HeinTransportSuite *suite, const HeinLaw *tests, gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *path = NULL;

      path = g_strdup_printf ("/transports/%s/%s", suite->name, tests[i].name);
      g_test_add_data_func (path, suite,
                            suite->line_uri != NULL
                              ? transport_line_find_test (&tests[i])
                              : tests[i].func);
    }
}

void
hein_transport_suite_add (const HeinTransportSuite *suite)
{
  add_tests (suite, laws, G_N_ELEMENTS (laws));
  add_tests (suite, transport_message_tests, n_transport_message_tests);
}

void
hein_transport_suite_foreach_law (HeinLawFunc func, gpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (laws); i++)
    func (&laws[i], data);
  for (gsize i = 0; i < n_transport_message_tests; i++)
    func (&transport_message_tests[i], data);
}

void
hein_transport_suite_init (int argc, char **argv)
{
  HeinTestBus *bus;

  if (argc != 3 || strcmp (argv[1], HEIN_TEST_PEER_OPTION) != 0)
    return;
  bus = hein_test_bus_new ("mortal");
  hein_test_bus_dial (bus, argv[2]);
  hein_test_wait (hein_test_bus_count_peers (bus) == 1);
  hein_test_bus_send (bus, "hub", "I am", "alive");
  while (bus->removed->len == 0)
    g_main_context_iteration (NULL, TRUE);
  exit (0);
}

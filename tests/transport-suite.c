/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport-suite.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SIZE (1024 * 1024)

/* a hub that listens, and one that dialled it */
typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *client;
  HeinEndpoint *listener; /* borrowed */
  HeinEndpoint *dialler;  /* borrowed */
  char *uri;              /* to dial */
} Pair;

static Pair *
pair_new (const HeinTransportSuite *suite)
{
  Pair *self = g_new0 (Pair, 1);
  g_autofree char *uri = suite->make_uri ();

  self->hub = hein_test_bus_new ("hub");
  self->client = hein_test_bus_new ("client");
  self->listener = hein_test_bus_listen (self->hub, uri);
  self->uri = g_strdup (hein_endpoint_get_bound_uri (self->listener));
  g_assert_nonnull (self->uri);
  self->dialler = hein_test_bus_dial (self->client, self->uri);
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1 &&
                  hein_test_bus_count_peers (self->client) == 1);
  return self;
}

static void
pair_free (Pair *self)
{
  hein_test_bus_free (self->client);
  hein_test_bus_free (self->hub);
  g_free (self->uri);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pair, pair_free)

/* An address where nobody is. */
static char *
make_silent_uri (const HeinTransportSuite *suite)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("short-lived");
  g_autofree char *uri = suite->make_uri ();

  return g_strdup (
    hein_endpoint_get_bound_uri (hein_test_bus_listen (bus, uri)));
}

static HeinMessage *
make_large (gsize size)
{
  g_autofree guint8 *data = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (i * 31 + (i >> 8));
  return hein_message_new_data ("large", data, size);
}

static void
assert_text (HeinTestBus *bus, guint index, const char *expected)
{
  g_autofree char *text = hein_test_bus_dup_text (bus, index);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_open (gconstpointer data)
{
  g_autoptr (Pair) pair = pair_new (data);
  HeinPeer *client = hein_test_bus_find_peer (pair->hub, "client");
  HeinPeer *hub = hein_test_bus_find_peer (pair->client, "hub");

  g_assert_nonnull (client);
  g_assert_nonnull (hub);
  g_assert_cmpint (hein_endpoint_get_state (pair->listener), ==,
                   HEIN_ENDPOINT_OPEN);
  g_assert_cmpint (hein_endpoint_get_state (pair->dialler), ==,
                   HEIN_ENDPOINT_OPEN);
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
  g_autoptr (Pair) pair = pair_new (data);
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
  g_autoptr (Pair) pair = pair_new (data);
  g_autoptr (HeinTestBus) twin = hein_test_bus_new ("client");

  hein_test_bus_dial (twin, pair->uri);
  hein_test_wait (twin->n_failed > 0);
  g_assert_error (twin->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
  g_assert_cmpuint (hein_test_bus_count_peers (pair->hub), ==, 1);
  hein_test_bus_send (pair->hub, "client", "to", "the first");
  hein_test_wait (pair->client->messages->len == 1);
  g_assert_cmpuint (twin->messages->len, ==, 0);
}

static void
test_refused_self (gconstpointer data)
{
  g_autoptr (Pair) pair = pair_new (data);

  hein_test_bus_dial (pair->hub, pair->uri);
  hein_test_wait (pair->hub->n_failed > 0);
  g_assert_error (pair->hub->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
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
  g_assert_cmpint (hein_endpoint_get_state (endpoint), !=, HEIN_ENDPOINT_OPEN);
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
  g_autoptr (Pair) pair = pair_new (data);

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

      assert_text (pair->client, i, text);
    }
  g_assert_cmpuint (hein_test_bus_count_peers (pair->client), ==, 0);
}

/* One endpoint goes, the bus stays. */
static void
test_closed_endpoint (gconstpointer data)
{
  g_autoptr (Pair) pair = pair_new (data);
  g_autoptr (HeinEndpoint) dialler = g_object_ref (pair->dialler);
  g_autoptr (HeinMessage) message = hein_message_new_text ("too", "late");

  hein_endpoint_close (dialler);
  g_assert_cmpint (hein_endpoint_get_state (dialler), ==, HEIN_ENDPOINT_CLOSED);
  hein_test_wait (pair->hub->removed->len == 1 &&
                  pair->client->removed->len == 1);
  g_assert_cmpuint (hein_test_bus_count_peers (pair->hub), ==, 0);
  g_assert_cmpuint (g_list_model_get_n_items (
                      hein_bus_get_endpoints (pair->client->bus)),
                    ==, 0);
  g_assert_cmpint (hein_endpoint_get_state (pair->listener), ==,
                   HEIN_ENDPOINT_OPEN);
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
  g_assert_null (closer->reason);
  g_assert_null (other->reason);
  hein_test_wait (closer->added->len == n_added + 1 &&
                  other->added->len == n_added + 1);
  hein_test_bus_send (closer, name, "first", "hello again");
  hein_test_wait (other->messages->len == n_messages + 2);
}

static void
test_closed_peer (gconstpointer data)
{
  g_autoptr (Pair) pair = pair_new (data);

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
                   HEIN_ENDPOINT_OPEN);
  g_clear_object (&dialled.endpoint);
}

static void
test_echo (gconstpointer data)
{
  g_autoptr (Pair) pair = pair_new (data);
  g_autoptr (HeinMessage) reply = NULL;
  g_autoptr (GBytes) payload = g_bytes_new_static ("pong", 4);
  g_autoptr (GError) error = NULL;
  HeinMessage *request;

  hein_test_bus_send (pair->client, "hub", "ping", "héllo");
  hein_test_wait (pair->hub->messages->len == 1);
  request = g_ptr_array_index (pair->hub->messages, 0);
  assert_text (pair->hub, 0, "héllo");
  g_assert_cmpstr (hein_message_get_topic (request), ==, "ping");
  g_assert_true (hein_message_get_sender (request) ==
                 hein_test_bus_find_peer (pair->hub, "client"));
  g_assert_cmpint (hein_message_get_time_us (request), >, 0);
  reply = hein_message_new_reply (request, payload);
  g_assert_true (hein_bus_send (pair->hub->bus, reply, &error));
  g_assert_no_error (error);
  hein_test_wait (pair->client->messages->len == 1);
  assert_text (pair->client, 0, "pong");
  g_assert_cmpuint (hein_peer_get_messages_sent (
                      hein_test_bus_find_peer (pair->client, "hub")),
                    ==, 1);
  g_assert_cmpuint (hein_peer_get_messages_received (
                      hein_test_bus_find_peer (pair->client, "hub")),
                    ==, 1);
}

/* Type and parts come over whole. */
static void
test_parts (gconstpointer data)
{
  g_autoptr (Pair) pair = pair_new (data);
  g_autoptr (GBytes) first = g_bytes_new_static ("a", 1);
  g_autoptr (GBytes) second = g_bytes_new_static ("", 0);
  g_autoptr (GBytes) third = g_bytes_new_static ("ccc", 3);
  GBytes *parts[] = { first, second, third };
  g_autoptr (HeinMessage) message = NULL;
  HeinMessage *got;

  message = hein_message_new_full ("many", "text/plain", parts, 3, NULL);
  g_assert_true (hein_bus_send_to (pair->client->bus, "hub", message, NULL));
  hein_test_wait (pair->hub->messages->len == 1);
  got = g_ptr_array_index (pair->hub->messages, 0);
  g_assert_cmpuint (hein_message_get_n_parts (got), ==, 3);
  g_assert_cmpstr (hein_message_get_content_type (got), ==, "text/plain");
  for (guint i = 0; i < 3; i++)
    g_assert_true (g_bytes_equal (hein_message_get_part (got, i), parts[i]));
}

static void
test_order (gconstpointer data)
{
  const guint n_messages = 10000;
  g_autoptr (Pair) pair = pair_new (data);

  for (guint i = 0; i < n_messages; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      hein_test_bus_send (pair->client, "hub", "up", text);
      if (i % 2 == 0)
        hein_test_bus_send (pair->hub, "client", "down", text);
      if (i % 1000 == 0)
        g_main_context_iteration (NULL, FALSE);
    }
  hein_test_wait (pair->hub->messages->len == n_messages &&
                  pair->client->messages->len == n_messages / 2);
  for (guint i = 0; i < n_messages; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      assert_text (pair->hub, i, text);
      if (i % 2 == 0)
        assert_text (pair->client, i / 2, text);
    }
}

static void
test_empty (gconstpointer data)
{
  g_autoptr (Pair) pair = pair_new (data);

  hein_test_bus_send (pair->client, "hub", "", "");
  hein_test_bus_send (pair->client, "hub", "topic", "");
  hein_test_bus_send (pair->client, "hub", "", "text");
  hein_test_wait (pair->hub->messages->len == 3);
  for (guint i = 0; i < 3; i++)
    {
      HeinMessage *message = g_ptr_array_index (pair->hub->messages, i);

      g_assert_cmpstr (hein_message_get_topic (message), ==,
                       i == 1 ? "topic" : "");
      g_assert_cmpuint (hein_message_get_n_parts (message), ==, 1);
      assert_text (pair->hub, i, i == 2 ? "text" : "");
    }
}

static void
test_largest (gconstpointer data)
{
  g_autoptr (Pair) pair = pair_new (data);
  g_autoptr (HeinMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  guint64 max_size;
  HeinMessage *got;

  g_object_get (pair->client->bus, "max-message-size", &max_size, NULL);
  message = make_large (max_size);
  g_assert_true (hein_bus_send_to (pair->client->bus, "hub", message, &error));
  g_assert_no_error (error);
  hein_test_wait (pair->hub->messages->len == 1);
  got = g_ptr_array_index (pair->hub->messages, 0);
  g_assert_true (g_bytes_equal (hein_message_get_payload (got),
                                hein_message_get_payload (message)));
}

static void
test_too_large (gconstpointer data)
{
  g_autoptr (Pair) pair = pair_new (data);
  g_autoptr (HeinMessage) message = make_large (MAX_SIZE + 1);
  g_autoptr (GError) error = NULL;

  g_object_set (pair->client->bus, "max-message-size", (guint64) MAX_SIZE,
                NULL);
  g_assert_false (hein_bus_send_to (pair->client->bus, "hub", message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
  hein_test_bus_send (pair->client, "hub", "after", "it");
  hein_test_wait (pair->hub->messages->len == 1);
  assert_text (pair->hub, 0, "it");
}

/* The receiver's limit holds whatever the sender's is; a protocol may allow for
 * its own overhead. */
static void
test_too_large_for_peer (gconstpointer data)
{
  const HeinTransportSuite *suite = data;
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (HeinMessage) message = make_large (2 * MAX_SIZE);
  g_autofree char *uri = suite->make_uri ();
  HeinEndpoint *listener;

  g_object_set (hub->bus, "max-message-size", (guint64) MAX_SIZE, NULL);
  listener = hein_test_bus_listen (hub, uri);
  hein_test_bus_dial (client, hein_endpoint_get_bound_uri (listener));
  hein_test_wait (hein_test_bus_count_peers (client) == 1);
  if (hein_bus_send_to (client->bus, "hub", message, NULL))
    hein_test_wait (hub->removed->len == 1 && client->removed->len == 1);
  hein_test_wait (hein_test_bus_count_peers (hub) == 1 &&
                  hein_test_bus_count_peers (client) == 1);
  hein_test_bus_send (client, "hub", "after", "it");
  hein_test_wait (hub->messages->len > 0);
  g_assert_cmpuint (hub->messages->len, ==, 1);
  assert_text (hub, 0, "it");
}

static guint
send_until_full (HeinTestBus *bus, const char *name, guint first)
{
  g_autofree char *padding = g_strnfill (32 * 1024, '.');
  guint n = first;

  while (TRUE)
    {
      g_autofree char *text = g_strdup_printf ("%u %s", n, padding);
      g_autoptr (HeinMessage) message = hein_message_new_text ("much", text);
      g_autoptr (GError) error = NULL;

      if (!hein_bus_send_to (bus->bus, name, message, &error))
        {
          g_assert_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
          return n;
        }
      n++;
      g_assert_cmpuint (n, <, 100000);
    }
}

/* Takes what is there, and checks that it continues where it was. */
static guint
take_in_order (HeinTestBus *bus, guint n_taken)
{
  g_autoptr (GPtrArray) messages = hein_bus_take (bus->bus, G_MAXUINT);

  for (guint i = 0; i < messages->len; i++)
    {
      HeinMessage *message = g_ptr_array_index (messages, i);
      g_autofree char *text = hein_message_dup_text (message, NULL);

      g_assert_cmpint (g_ascii_strtoll (text, NULL, 10), ==, n_taken + i);
    }
  return n_taken + messages->len;
}

/* Who does not read stops the sender, costs bounded memory on both sides, and
 * loses nothing. */
static void
test_slow_reader (gconstpointer data)
{
  g_autoptr (Pair) pair = pair_new (data);
  HeinPeer *client = hein_test_bus_find_peer (pair->hub, "client");
  HeinPeer *hub = hein_test_bus_find_peer (pair->client, "hub");
  guint n_sent;
  guint n_taken = 0;

  hein_test_bus_set_takes (pair->hub, FALSE);
  g_object_set (pair->hub->bus, "receive-limit", (guint64) MAX_SIZE, NULL);
  n_sent = send_until_full (pair->client, "hub", 0);
  g_assert_false (hein_peer_get_has_room (hub));
  hein_test_wait (hein_bus_get_memory_used (pair->hub->bus) >= MAX_SIZE / 4);
  for (guint i = 0; i < 200; i++)
    g_main_context_iteration (NULL, FALSE);
  n_sent = send_until_full (pair->client, "hub", n_sent);
  for (guint i = 0; i < 200; i++)
    g_main_context_iteration (NULL, FALSE);
  /* its share, and what had been read already */
  g_assert_cmpuint (hein_peer_get_bytes_received (client), <, MAX_SIZE);
  g_assert_cmpuint (hein_bus_get_memory_used (pair->client->bus), <,
                    16 * MAX_SIZE);
  hein_test_wait ((n_taken = take_in_order (pair->hub, n_taken)) == n_sent);
  hein_test_wait (hein_peer_get_has_room (hub));
  hein_test_bus_send (pair->client, "hub", "one", "more");
  hein_test_bus_set_takes (pair->hub, TRUE);
  hein_test_wait (pair->hub->messages->len == 1);
  g_assert_cmpuint (pair->client->removed->len, ==, 0);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  gboolean *is_done = data;

  g_assert_true (hein_bus_send_finish (HEIN_BUS (source), result, &error));
  g_assert_no_error (error);
  *is_done = TRUE;
}

/* A send that waits is done when there is room. */
static void
test_slow_reader_async (gconstpointer data)
{
  g_autoptr (Pair) pair = pair_new (data);
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("failover", NULL);
  g_autoptr (HeinMessage) message = hein_message_new_text ("the", "last");
  gboolean is_done = FALSE;
  guint n_sent;

  hein_bus_set_strategy (pair->client->bus, strategy);
  hein_test_bus_set_takes (pair->hub, FALSE);
  g_object_set (pair->hub->bus, "receive-limit", (guint64) MAX_SIZE, NULL);
  n_sent = send_until_full (pair->client, "hub", 0);
  hein_bus_send_async (pair->client->bus, message, NULL, on_sent, &is_done);
  g_assert_false (is_done);
  hein_test_bus_set_takes (pair->hub, TRUE);
  {
    guint n_taken = take_in_order (pair->hub, 0);

    hein_test_wait (pair->hub->messages->len + n_taken == n_sent + 1);
  }
  hein_test_wait (is_done);
  assert_text (pair->hub, pair->hub->messages->len - 1, "last");
}

/* Dropped without a word: the other side sees it go. */
static void
test_peer_dropped (gconstpointer data)
{
  g_autoptr (Pair) pair = pair_new (data);
  HeinBus *bus = hein_bus_new ("dropped");
  g_autoptr (GError) error = NULL;

  hein_bus_dial (bus, pair->uri, &error);
  g_assert_no_error (error);
  hein_test_wait (hein_test_bus_find_peer (pair->hub, "dropped") != NULL);
  g_assert_finalize_object (bus);
  hein_test_wait (pair->hub->removed->len == 1);
  g_assert_cmpstr (hein_peer_get_name (
                     g_ptr_array_index (pair->hub->removed, 0)),
                   ==, "dropped");
  hein_test_bus_send (pair->client, "hub", "still", "here");
  hein_test_wait (pair->hub->messages->len == 1);
}

/* Killed: nothing of it could say goodbye. */
static void
test_peer_dies (gconstpointer data)
{
  const HeinTransportSuite *suite = data;
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (Pair) pair = NULL;

  if (!suite->is_remote)
    {
      g_test_skip ("a bus of this process cannot die alone");
      return;
    }
  pair = pair_new (suite);
  process = hein_test_spawn (HEIN_TEST_PEER_OPTION, pair->uri);
  hein_test_wait (pair->hub->messages->len == 1);
  assert_text (pair->hub, 0, "alive");
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
  g_autoptr (Pair) pair = pair_new (data);
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
  assert_text (pair->client, 0, "one");
  assert_text (pair->client, 1, "all");
  assert_text (other, 0, "two");
  assert_text (other, 1, "all");
  hein_test_bus_send (pair->client, "hub", "from", "one");
  hein_test_bus_send (other, "hub", "from", "two");
  hein_test_wait (pair->hub->messages->len == 2);
  for (guint i = 0; i < 2; i++)
    {
      HeinMessage *message = g_ptr_array_index (pair->hub->messages, i);
      HeinPeer *sender = hein_message_get_sender (message);
      gboolean is_client = g_str_equal (hein_peer_get_name (sender), "client");

      assert_text (pair->hub, i, is_client ? "one" : "two");
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
  g_autoptr (Pair) pair = pair_new (data);

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

/* What nobody subscribed to does not come. */
static void
test_subscriptions (gconstpointer data)
{
  const HeinTransportSuite *suite = data;
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (HeinStrategy) publish = hein_strategy_new ("publish", NULL);
  g_autofree char *uri = suite->make_uri ();
  HeinEndpoint *listener = hein_test_bus_listen (hub, uri);

  hein_bus_set_strategy (hub->bus, publish);
  hein_bus_subscribe (client->bus, "news/");
  hein_test_bus_dial (client, hein_endpoint_get_bound_uri (listener));
  hein_test_wait (hein_test_bus_count_peers (hub) == 1 &&
                  hein_test_bus_count_peers (client) == 1);
  hein_test_bus_send (hub, NULL, "weather", "rain");
  hein_test_bus_send (hub, NULL, "news/today", "none");
  hein_test_wait (client->messages->len > 0);
  assert_text (client, 0, "none");
}

/* Who comes late gets the last value of each topic first, then what follows. */
static void
test_retain (gconstpointer data)
{
  const HeinTransportSuite *suite = data;
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (HeinStrategy) publish = hein_strategy_new ("publish", NULL);
  g_autofree char *uri = suite->make_uri ();
  g_autofree char *retaining =
    g_strconcat (uri, strchr (uri, '?') != NULL ? "&" : "?", "retain=yes",
                 NULL);
  g_auto (GStrv) bound = NULL;

  hein_bus_set_strategy (hub->bus, publish);
  bound = g_strsplit (hein_endpoint_get_bound_uri (
                        hein_test_bus_listen (hub, retaining)),
                      "?", 2);
  hein_test_bus_send (hub, NULL, "state", "old");
  hein_test_bus_send (hub, NULL, "state", "new");
  hein_test_bus_dial (client, bound[0]);
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  hein_test_bus_send (hub, NULL, "state", "newest");
  hein_test_wait (client->messages->len == 2);
  assert_text (client, 0, "new");
  assert_text (client, 1, "newest");
}

/* ---- two threads ---- */

typedef struct
{
  char *uri;
  guint n_messages;
} Job;

/* Echoes, in a thread and context of its own. */
static gpointer
run_echo (gpointer data)
{
  Job *job = data;
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  {
    g_autoptr (HeinTestBus) bus = hein_test_bus_new ("echo");
    guint n_done = 0;

    hein_test_bus_dial (bus, job->uri);
    while (n_done < job->n_messages)
      {
        hein_test_wait (bus->messages->len > n_done);
        for (; n_done < bus->messages->len; n_done++)
          {
            HeinMessage *request = g_ptr_array_index (bus->messages, n_done);
            g_autoptr (HeinMessage) reply =
              hein_message_new_reply (request,
                                      hein_message_get_payload (request));

            g_assert_true (hein_bus_send (bus->bus, reply, NULL));
          }
      }
    hein_test_bus_close (bus);
  }
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_threads (gconstpointer data)
{
  const HeinTransportSuite *suite = data;
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autofree char *uri = suite->make_uri ();
  HeinEndpoint *listener = hein_test_bus_listen (hub, uri);
  Job job = { (char *) hein_endpoint_get_bound_uri (listener), 2000 };
  g_autofree char *large = g_strnfill (10000, 'x');
  GThread *thread = g_thread_new ("echo", run_echo, &job);

  hein_test_wait (hein_test_bus_find_peer (hub, "echo") != NULL);
  for (guint i = 0; i < job.n_messages; i++)
    {
      g_autofree char *text =
        g_strdup_printf ("%u %s", i, i % 10 == 0 ? large : "");

      hein_test_bus_send (hub, "echo", "call", text);
      if (i % 50 == 0)
        g_main_context_iteration (NULL, FALSE);
    }
  hein_test_wait (hub->messages->len == job.n_messages);
  hein_test_wait (hub->removed->len == 1);
  g_thread_join (thread);
  for (guint i = 0; i < job.n_messages; i++)
    {
      g_autofree char *text = hein_test_bus_dup_text (hub, i);

      g_assert_cmpint (g_ascii_strtoll (text, NULL, 10), ==, i);
    }
}

void
hein_transport_suite_add (const HeinTransportSuite *suite)
{
  static const struct
  {
    const char *name;
    GTestDataFunc func;
  } tests[] = {
    { "open", test_open },
    { "refused-in-use", test_refused_in_use },
    { "refused-name", test_refused_name },
    { "refused-self", test_refused_self },
    { "early", test_early },
    { "closed", test_closed },
    { "closed-endpoint", test_closed_endpoint },
    { "closed-peer", test_closed_peer },
    { "cancel", test_cancel },
    { "dial-async", test_dial_async },
    { "echo", test_echo },
    { "parts", test_parts },
    { "order", test_order },
    { "empty", test_empty },
    { "largest", test_largest },
    { "too-large", test_too_large },
    { "too-large-for-peer", test_too_large_for_peer },
    { "slow-reader", test_slow_reader },
    { "slow-reader-async", test_slow_reader_async },
    { "peer-dropped", test_peer_dropped },
    { "peer-dies", test_peer_dies },
    { "two-buses", test_two_buses },
    { "mutual", test_mutual },
    { "reopen", test_reopen },
    { "subscriptions", test_subscriptions },
    { "retain", test_retain },
    { "threads", test_threads },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = NULL;

      path = g_strdup_printf ("/transports/%s/%s", suite->name, tests[i].name);
      g_test_add_data_func (path, suite, tests[i].func);
    }
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

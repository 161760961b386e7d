/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport-pair.h"

#include <string.h>

/* The law for transports: what is sent, and what of it arrives. */

#define MAX_SIZE (1024 * 1024)

static HeinMessage *
make_large (gsize size)
{
  g_autofree guint8 *data = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (i * 31 + (i >> 8));
  return hein_message_new_data ("large", data, size);
}

static void
test_echo (gconstpointer data)
{
  g_autoptr (TransportPair) pair = transport_pair_new (data);
  g_autoptr (HeinMessage) reply = NULL;
  g_autoptr (GBytes) payload = g_bytes_new_static ("pong", 4);
  g_autoptr (GError) error = NULL;
  HeinMessage *request;

  hein_test_bus_send (pair->client, "hub", "ping", "héllo");
  hein_test_wait (pair->hub->messages->len == 1);
  request = g_ptr_array_index (pair->hub->messages, 0);
  transport_assert_text (pair->hub, 0, "héllo");
  g_assert_cmpstr (hein_message_get_topic (request), ==, "ping");
  g_assert_true (hein_message_get_sender (request) ==
                 hein_test_bus_find_peer (pair->hub, "client"));
  g_assert_cmpint (hein_message_get_time_us (request), >, 0);
  reply = hein_message_new_reply (request, payload);
  g_assert_true (hein_bus_send (pair->hub->bus, reply, &error));
  g_assert_no_error (error);
  hein_test_wait (pair->client->messages->len == 1);
  transport_assert_text (pair->client, 0, "pong");
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
  g_autoptr (TransportPair) pair = transport_pair_new (data);
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
  g_autoptr (TransportPair) pair = transport_pair_new (data);

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

      transport_assert_text (pair->hub, i, text);
      if (i % 2 == 0)
        transport_assert_text (pair->client, i / 2, text);
    }
}

static void
test_empty (gconstpointer data)
{
  g_autoptr (TransportPair) pair = transport_pair_new (data);

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
      transport_assert_text (pair->hub, i, i == 2 ? "text" : "");
    }
}

static void
test_largest (gconstpointer data)
{
  g_autoptr (TransportPair) pair = transport_pair_new (data);
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
  g_autoptr (TransportPair) pair = transport_pair_new (data);
  g_autoptr (HeinMessage) message = make_large (MAX_SIZE + 1);
  g_autoptr (GError) error = NULL;

  g_object_set (pair->client->bus, "max-message-size", (guint64) MAX_SIZE,
                NULL);
  g_assert_false (hein_bus_send_to (pair->client->bus, "hub", message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
  hein_test_bus_send (pair->client, "hub", "after", "it");
  hein_test_wait (pair->hub->messages->len == 1);
  transport_assert_text (pair->hub, 0, "it");
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
  transport_assert_text (hub, 0, "it");
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
  g_autoptr (TransportPair) pair = transport_pair_new (data);
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
  g_autoptr (TransportPair) pair = transport_pair_new (data);
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
  transport_assert_text (pair->hub, pair->hub->messages->len - 1, "last");
}

/* Dropped without a word: the other side sees it go. */
static void
test_peer_dropped (gconstpointer data)
{
  g_autoptr (TransportPair) pair = transport_pair_new (data);
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
  hein_bus_subscribe (client->bus, "news/", NULL);
  hein_test_bus_dial (client, hein_endpoint_get_bound_uri (listener));
  hein_test_wait (hein_test_bus_count_peers (hub) == 1 &&
                  hein_test_bus_count_peers (client) == 1);
  hein_test_bus_send (hub, NULL, "weather", "rain");
  hein_test_bus_send (hub, NULL, "news/today", "none");
  hein_test_wait (client->messages->len > 0);
  transport_assert_text (client, 0, "none");
}

/* What is for one peer comes, whatever that has subscribed to: in order with
 * what is for all, whatever the message is made of. */
static void
test_addressed (gconstpointer data)
{
  const HeinTransportSuite *suite = data;
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (HeinStrategy) publish = hein_strategy_new ("publish", NULL);
  g_autoptr (HeinStrategy) one = hein_strategy_new ("round-robin", NULL);
  g_autoptr (HeinMessage) urgent = hein_message_new_text ("weather", "storm");
  g_autofree char *large = g_strnfill (100 * 1000, 'x');
  g_autofree char *uri = suite->make_uri ();
  HeinEndpoint *listener = hein_test_bus_listen (hub, uri);
  g_autoptr (GError) error = NULL;

  hein_bus_set_strategy (hub->bus, publish);
  hein_bus_subscribe (client->bus, "news/", NULL);
  hein_test_bus_dial (client, hein_endpoint_get_bound_uri (listener));
  hein_test_wait (hein_test_bus_count_peers (hub) == 1 &&
                  hein_test_bus_count_peers (client) == 1);
  hein_test_bus_send (hub, NULL, "weather", "for all");
  hein_test_bus_send (hub, "client", "weather", "rain");
  hein_test_bus_send (hub, "client", "weather", large);
  g_assert_true (hein_message_set_attribute (urgent, "area", "north", NULL));
  hein_bus_send_to (hub->bus, "client", urgent, &error);
  g_assert_no_error (error);
  hein_test_bus_send (hub, NULL, "weather", "for all, again");
  hein_bus_set_strategy (hub->bus, one);
  hein_test_bus_send (hub, NULL, "weather", "for whoever is next");
  hein_test_bus_send (hub, "client", "news/today", "none");
  hein_test_wait (client->messages->len == 5);
  transport_assert_text (client, 0, "rain");
  transport_assert_text (client, 1, large);
  transport_assert_text (client, 2, "storm");
  transport_assert_text (client, 3, "for whoever is next");
  transport_assert_text (client, 4, "none");
}

/* The same with patterns, whoever compares. */
static void
test_patterns (gconstpointer data)
{
  const HeinTransportSuite *suite = data;
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (HeinStrategy) publish = hein_strategy_new ("publish", NULL);
  g_autofree char *uri = suite->make_uri ();
  HeinEndpoint *listener = hein_test_bus_listen (hub, uri);

  hein_bus_set_strategy (hub->bus, publish);
  g_assert_true (
    hein_bus_subscribe_pattern (client->bus, "news/*/sport", NULL));
  hein_test_bus_dial (client, hein_endpoint_get_bound_uri (listener));
  hein_test_wait (hein_test_bus_count_peers (hub) == 1 &&
                  hein_test_bus_count_peers (client) == 1);
  hein_test_bus_send (hub, NULL, "news/today/weather", "rain");
  hein_test_bus_send (hub, NULL, "news/sport", "too short");
  hein_test_bus_send (hub, NULL, "news/today/sport", "none");
  hein_test_wait (client->messages->len > 0);
  transport_assert_text (client, 0, "none");
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
  g_autofree char *bound = NULL;

  hein_bus_set_strategy (hub->bus, publish);
  bound = g_strdup (
    hein_endpoint_get_bound_uri (hein_test_bus_listen (hub, retaining)));
  g_assert_true (g_str_has_suffix (bound, "retain=yes"));
  bound[strlen (bound) - strlen ("?retain=yes")] = '\0';
  hein_test_bus_send (hub, NULL, "state", "old");
  hein_test_bus_send (hub, NULL, "state", "new");
  hein_test_bus_dial (client, bound);
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  hein_test_bus_send (hub, NULL, "state", "newest");
  hein_test_wait (client->messages->len == 2);
  transport_assert_text (client, 0, "new");
  transport_assert_text (client, 1, "newest");
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

const HeinLaw transport_message_tests[] = {
  { "echo", "text and topic arrive whole, and a reply finds its way back",
    test_echo },
  { "parts", "parts and content type arrive whole", test_parts },
  { "order", "10,000 messages arrive in order, both ways at once", test_order },
  { "empty", "empty topics and empty payloads arrive", test_empty },
  { "largest", "a message of the largest size arrives unchanged",
    test_largest },
  { "too-large",
    "a message over the sender's limit is an error, and the next one arrives",
    test_too_large },
  { "too-large-for-peer",
    "a message over the receiver's limit does not arrive, and later ones do",
    test_too_large_for_peer },
  { "slow-reader",
    "a peer that does not read stops the sender, in bounded memory, without a "
    "loss",
    test_slow_reader },
  { "slow-reader-async", "a send that waits is done when there is room",
    test_slow_reader_async },
  { "peer-dropped", "a bus that goes without a word is seen to go",
    test_peer_dropped },
  { "subscriptions", "what nobody subscribed to does not come",
    test_subscriptions },
  { "addressed", "what is for one peer comes, whatever that has subscribed to",
    test_addressed },
  { "patterns", "what matches no pattern that was subscribed to does not come",
    test_patterns },
  { "retain",
    "who comes late gets the last value of each topic, then what follows",
    test_retain },
  { "threads", "buses in two threads exchange messages", test_threads },
};
const gsize n_transport_message_tests = G_N_ELEMENTS (transport_message_tests);

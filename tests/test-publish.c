/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "hein-test.h"

/* Messages that all get are gathered before they are put on queues: nothing
 * that a program can see may tell. */

#define N_CLIENTS 3

/* what a message counts beside its payload, with the topic "t" */
#define FRAMES 5
#define COST   (FRAMES + 128)

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *clients[N_CLIENTS];
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autofree char *uri = NULL;

  self->hub = hein_test_bus_new ("hub");
  uri = g_strdup (hein_endpoint_get_bound_uri (
    hein_test_bus_listen (self->hub, "tcp://127.0.0.1:0")));
  for (guint i = 0; i < N_CLIENTS; i++)
    {
      g_autofree char *name = g_strdup_printf ("c%u", i);

      self->clients[i] = hein_test_bus_new (name);
      hein_test_bus_dial (self->clients[i], uri);
    }
  hein_test_wait (hein_test_bus_count_peers (self->hub) == N_CLIENTS);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < N_CLIENTS; i++)
    g_clear_pointer (&self->clients[i], hein_test_bus_free);
  g_clear_pointer (&self->hub, hein_test_bus_free);
}

static guint
send_number (HeinTestBus *bus, const char *name, guint number)
{
  g_autofree char *text = g_strdup_printf ("%u", number);

  hein_test_bus_send (bus, name, "t", text);
  return strlen (text) + COST;
}

static void
assert_numbers (HeinTestBus *bus, guint first, guint step, guint n)
{
  hein_test_wait (bus->messages->len >= n);
  g_assert_cmpuint (bus->messages->len, ==, n);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *text = hein_test_bus_dup_text (bus, i);
      g_autofree char *expected = g_strdup_printf ("%u", first + i * step);

      g_assert_cmpstr (text, ==, expected);
    }
}

/* What is asked for right after sending knows of what was sent. */
static void
test_counters (Fixture *self, gconstpointer data)
{
  gsize cost = 0;

  for (guint i = 0; i < 100; i++)
    {
      cost += send_number (self->hub, NULL, i);
      for (guint j = 0; i % 7 == 0 && j < N_CLIENTS; j++)
        {
          g_autofree char *name = g_strdup_printf ("c%u", j);
          HeinPeer *peer = hein_test_bus_find_peer (self->hub, name);

          g_assert_cmpuint (hein_peer_get_queued_bytes (peer), ==, cost);
        }
    }
  /* they share the bytes */
  g_assert_cmpuint (hein_bus_get_memory_used (self->hub->bus), >, 0);
  g_assert_cmpuint (hein_bus_get_memory_used (self->hub->bus), <, 70000);
  for (guint j = 0; j < N_CLIENTS; j++)
    assert_numbers (self->clients[j], 0, 1, 100);
}

/* One message to all, one to a single peer, in turns. */
static void
test_order (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < 1000; i++)
    send_number (self->hub, i % 2 == 0 ? NULL : "c1", i);
  assert_numbers (self->clients[0], 0, 2, 500);
  assert_numbers (self->clients[1], 0, 1, 1000);
  assert_numbers (self->clients[2], 0, 2, 500);
}

/* One goes between two messages; the others miss nothing. */
static void
test_leaves (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < 10; i++)
    send_number (self->hub, NULL, i);
  hein_bus_close (self->clients[1]->bus);
  hein_test_wait (self->clients[0]->messages->len == 10);
  for (guint i = 10; i < 20; i++)
    send_number (self->hub, NULL, i);
  assert_numbers (self->clients[0], 0, 1, 20);
  assert_numbers (self->clients[2], 0, 1, 20);
  hein_test_wait (self->hub->removed->len == 1);
  send_number (self->hub, NULL, 20);
  assert_numbers (self->clients[0], 0, 1, 21);
}

/* The message that reaches the limit is the last one that is taken. */
static void
test_limit (Fixture *self, gconstpointer data)
{
  const guint64 limit = 64 * 1024;
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "0");
  g_autoptr (GError) error = NULL;
  guint n = 0;

  g_object_set (self->hub->bus, "send-limit", limit, "overflow",
                HEIN_OVERFLOW_WAIT, NULL);
  while (hein_bus_send (self->hub->bus, message, &error))
    n++;
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
  g_assert_cmpuint (n, ==, (limit + COST) / (COST + 1));
  for (guint j = 0; j < N_CLIENTS; j++)
    hein_test_wait (self->clients[j]->messages->len == n);
}

/* Settings that change in between hold for what follows. */
static void
test_settings (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "2");

  send_number (self->hub, NULL, 0);
  send_number (self->hub, NULL, 1);
  g_object_set (self->hub->bus, "send-limit", (guint64) 4096, "overflow",
                HEIN_OVERFLOW_WAIT, NULL);
  for (guint i = 2; hein_bus_send (self->hub->bus, message, &error); i++)
    g_assert_cmpuint (i, <, 4096 / COST + 1);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
}

/* A large payload goes by reference, between small ones. */
static void
test_sizes (Fixture *self, gconstpointer data)
{
  static const gsize sizes[] = { 0,     1,     100,   4096,   16384, 16385,
                                 65536, 70000, 16000, 300000, 1,     60000 };

  for (guint round = 0; round < 5; round++)
    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
      {
        g_autofree guint8 *bytes = g_malloc (MAX (sizes[i], 1));
        g_autoptr (HeinMessage) message = NULL;
        g_autoptr (GError) error = NULL;

        memset (bytes, 'a' + i, sizes[i]);
        message = hein_message_new_data ("t", bytes, sizes[i]);
        hein_bus_send (self->hub->bus, message, &error);
        g_assert_no_error (error);
      }
  for (guint j = 0; j < N_CLIENTS; j++)
    {
      GPtrArray *messages = self->clients[j]->messages;

      hein_test_wait (messages->len == 5 * G_N_ELEMENTS (sizes));
      for (guint i = 0; i < messages->len; i++)
        {
          guint which = i % G_N_ELEMENTS (sizes);
          gsize size;
          const guint8 *got =
            hein_message_peek_data (g_ptr_array_index (messages, i), &size);

          g_assert_cmpuint (size, ==, sizes[which]);
          for (gsize k = 0; k < size; k++)
            g_assert_cmpuint (got[k], ==, 'a' + which);
        }
    }
}

static gboolean
is_topic_of_last (HeinTestBus *bus, const char *topic)
{
  GPtrArray *messages = bus->messages;

  return messages->len > 0 &&
         g_str_equal (hein_message_get_topic (
                        g_ptr_array_index (messages, messages->len - 1)),
                      topic);
}

/* Sends a number to all and a sign to one; whether that one got the number. */
static gboolean
is_number_taken (Fixture *self, HeinTestBus *client, guint number)
{
  guint before = client->messages->len;

  send_number (self->hub, NULL, number);
  hein_test_bus_send (self->hub, "c1", "sign", "");
  hein_test_wait (is_topic_of_last (client, "sign"));
  g_ptr_array_set_size (client->messages, client->messages->len - 1);
  return client->messages->len > before;
}

/* A subscription that comes in the middle holds for what follows. */
static void
test_filter (Fixture *self, gconstpointer data)
{
  HeinTestBus *client = self->clients[1];
  guint n = 10;

  for (guint i = 0; i < n; i++)
    send_number (self->hub, NULL, i);
  assert_numbers (client, 0, 1, n);
  hein_bus_subscribe (client->bus, "other", NULL);
  while (is_number_taken (self, client, n))
    n++;
  assert_numbers (client, 0, 1, n);
  assert_numbers (self->clients[0], 0, 1, n + 1);
  for (guint i = n + 1; i < n + 10; i++)
    send_number (self->hub, NULL, i);
  hein_test_bus_send (self->hub, NULL, "other", "end");
  hein_test_wait (is_topic_of_last (client, "other") &&
                  is_topic_of_last (self->clients[2], "other"));
  g_assert_cmpuint (client->messages->len, ==, n + 1);
  g_assert_cmpuint (self->clients[2]->messages->len, ==, n + 11);
}

/* Sends to all, and a sign to one; whether that one got what was for all. */
static gboolean
is_topic_taken (Fixture *self, HeinTestBus *client, const char *topic)
{
  const guint before = client->messages->len;

  hein_test_bus_send (self->hub, NULL, topic, "");
  hein_test_bus_send (self->hub, "c1", "sign", "");
  hein_test_wait (is_topic_of_last (client, "sign"));
  g_ptr_array_set_size (client->messages, client->messages->len - 1);
  return client->messages->len > before;
}

/* As many prefixes as a peer may have: each is heard, one more is refused, and
 * what is no longer wanted does not come. */
static void
test_many_prefixes (Fixture *self, gconstpointer data)
{
  HeinTestBus *client = self->clients[1];
  g_autoptr (GError) error = NULL;
  char prefix[16];

  for (guint i = 0; i < 100000; i++)
    {
      g_snprintf (prefix, sizeof prefix, "p%u.", i);
      g_assert_true (hein_bus_subscribe (client->bus, prefix, NULL));
    }
  g_assert_false (hein_bus_subscribe (client->bus, "more", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED);
  hein_bus_unsubscribe (client->bus, "p7.");
  g_assert_true (hein_bus_subscribe (client->bus, "last", NULL));
  while (is_topic_taken (self, client, "anything"))
    ;
  /* the first one is known: the others come in order */
  while (!is_topic_taken (self, client, "last"))
    ;
  g_assert_false (is_topic_taken (self, client, "p7.x"));
  g_assert_false (is_topic_taken (self, client, "p99999"));
  g_assert_true (is_topic_taken (self, client, "p99999.x"));
  g_assert_true (is_topic_taken (self, client, "p0."));
  for (guint i = 0; i < 100000; i++)
    {
      g_snprintf (prefix, sizeof prefix, "p%u.", i);
      hein_bus_unsubscribe (client->bus, prefix);
    }
  while (is_topic_taken (self, client, "p99999.x"))
    ;
  g_assert_true (is_topic_taken (self, client, "last"));
  g_assert_false (is_topic_taken (self, client, "p0."));
}

/* Closed right after sending: everything goes out. */
static void
test_close (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < 50; i++)
    send_number (self->hub, NULL, i);
  hein_test_bus_close (self->hub);
  for (guint j = 0; j < N_CLIENTS; j++)
    assert_numbers (self->clients[j], 0, 1, 50);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function)                                                    \
  g_test_add ("/publish/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("counters", test_counters);
  ADD ("order", test_order);
  ADD ("leaves", test_leaves);
  ADD ("limit", test_limit);
  ADD ("settings", test_settings);
  ADD ("sizes", test_sizes);
  ADD ("filter", test_filter);
  ADD ("many-prefixes", test_many_prefixes);
  ADD ("close", test_close);
  return g_test_run ();
}

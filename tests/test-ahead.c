/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <hein/hein.h>

#include "hein-test.h"

/* Messages that a program has ahead of time: they are its own one by one. */

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *client;
  GString *told;
} Pair;

static void
pair_init (Pair *self)
{
  static guint serial;
  g_autofree char *uri =
    g_strdup_printf ("unix:@hein-ahead-%d-%u", (int) getpid (), serial++);

  self->hub = hein_test_bus_new ("hub");
  self->client = hein_test_bus_new ("client");
  self->told = g_string_new (NULL);
  hein_test_bus_set_takes (self->client, FALSE);
  hein_test_bus_listen (self->hub, uri);
  hein_test_bus_dial (self->client, uri);
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1);
  hein_test_wait (hein_test_bus_count_peers (self->client) == 1);
}

static void
pair_clear (Pair *self)
{
  g_string_free (self->told, TRUE);
  hein_test_bus_free (self->client);
  hein_test_bus_free (self->hub);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_clear)

/* Sends a message for each letter, and waits until they have come. */
static void
send_letters (Pair *self, const char *letters)
{
  HeinPeer *peer = hein_test_bus_find_peer (self->client, "hub");

  for (const char *p = letters; *p != '\0'; p++)
    {
      const char topic[] = { *p, '\0' };

      hein_test_bus_send (self->hub, NULL, topic, "x");
    }
  hein_test_wait (hein_peer_get_messages_received (peer) == strlen (letters));
}

/* Takes so many ahead, and asserts which they are. */
static void
assert_ahead (Pair *self, guint max, const char *letters)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) messages =
    hein_bus_take_ahead (self->client->bus, max, &error);
  g_autoptr (GString) got = g_string_new (NULL);

  g_assert_no_error (error);
  for (guint i = 0; i < messages->len; i++)
    g_string_append (got,
                     hein_message_get_topic (g_ptr_array_index (messages, i)));
  g_assert_cmpstr (got->str, ==, letters);
}

static void
assert_left (Pair *self, const char *letters)
{
  g_autoptr (GPtrArray) messages = hein_bus_take (self->client->bus, 100);

  g_assert_cmpuint (messages->len, ==, strlen (letters));
  for (guint i = 0; i < messages->len; i++)
    g_assert_cmpint (*hein_message_get_topic (g_ptr_array_index (messages, i)),
                     ==, letters[i]);
}

/* Those which were not handed on come back, in their place. */
static void
test_back (void)
{
  g_auto (Pair) pair = { 0 };

  pair_init (&pair);
  send_letters (&pair, "abcde");
  assert_ahead (&pair, 3, "abc");
  hein_bus_note_taken (pair.client->bus, 1);
  assert_ahead (&pair, 2, "bc");
  assert_ahead (&pair, 100, "bcde");
  hein_bus_note_taken (pair.client->bus, 2);
  assert_ahead (&pair, 0, "");
  assert_left (&pair, "de");
  /* there is none any more, and more than one has is all */
  hein_bus_note_taken (pair.client->bus, 7);
  assert_ahead (&pair, 1, "");
}

/* They wait in the bus, and count there, until they are handed on. */
static void
test_counts (void)
{
  g_auto (Pair) pair = { 0 };
  guint64 full;
  guint64 less;

  pair_init (&pair);
  send_letters (&pair, "abcd");
  full = hein_bus_get_memory_used (pair.client->bus);
  assert_ahead (&pair, 4, "abcd");
  g_assert_cmpuint (hein_bus_get_memory_used (pair.client->bus), ==, full);
  hein_bus_note_taken (pair.client->bus, 3);
  less = hein_bus_get_memory_used (pair.client->bus);
  g_assert_cmpuint (less, <, full);
  hein_bus_note_taken (pair.client->bus, 1);
  g_assert_cmpuint (hein_bus_get_memory_used (pair.client->bus), <, less);
}

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  g_string_append (data, hein_message_get_topic (message));
}

static void
test_handler (void)
{
  g_auto (Pair) pair = { 0 };
  g_autoptr (GError) error = NULL;
  gulong id;

  pair_init (&pair);
  send_letters (&pair, "abc");
  assert_ahead (&pair, 2, "ab");
  hein_bus_note_taken (pair.client->bus, 1);
  id = g_signal_connect (pair.client->bus, "message", G_CALLBACK (on_message),
                         pair.told);
  g_assert_null (hein_bus_take_ahead (pair.client->bus, 1, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  /* giving back what one has is always possible */
  assert_ahead (&pair, 0, "");
  hein_test_wait (pair.told->len == 2);
  g_assert_cmpstr (pair.told->str, ==, "bc");
  g_signal_handler_disconnect (pair.client->bus, id);
}

static void
test_limit (void)
{
  g_auto (Pair) pair = { 0 };
  g_autofree char *text = g_strnfill (1000, 'x');
  g_autoptr (GPtrArray) messages = NULL;
  HeinPeer *peer;

  pair_init (&pair);
  peer = hein_test_bus_find_peer (pair.client, "hub");
  for (guint i = 0; i < 500; i++)
    hein_test_bus_send (pair.hub, NULL, "a", text);
  hein_test_wait (hein_peer_get_messages_received (peer) == 500);
  messages = hein_bus_take_ahead (pair.client->bus, 500, NULL);
  g_assert_cmpuint (messages->len, >, 100);
  g_assert_cmpuint (messages->len, <, 264);
  /* a bus that is freed meanwhile frees what it has, and no more */
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ahead/back", test_back);
  g_test_add_func ("/ahead/counts", test_counts);
  g_test_add_func ("/ahead/handler", test_handler);
  g_test_add_func ("/ahead/limit", test_limit);
  return g_test_run ();
}

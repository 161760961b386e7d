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

/* Waits until so many have come. */
static void
wait_for_all (Pair *self, guint n)
{
  HeinPeer *peer = hein_test_bus_find_peer (self->client, "hub");

  hein_test_wait (hein_peer_get_messages_received (peer) == n);
}

/* Sends a message for each letter. */
static void
send_each (Pair *self, const char *letters)
{
  for (const char *p = letters; *p != '\0'; p++)
    {
      const char topic[] = { *p, '\0' };

      hein_test_bus_send (self->hub, NULL, topic, "x");
    }
}

/* The same, to begin with, and waits until they have come. */
static void
send_letters (Pair *self, const char *letters)
{
  send_each (self, letters);
  wait_for_all (self, strlen (letters));
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

/* The payloads, and what is like them: each is one of the models. */
static void
test_data (void)
{
  g_auto (Pair) pair = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) data = NULL;
  g_autoptr (GByteArray) kinds = NULL;
  g_autoptr (GPtrArray) models = NULL;
  g_autoptr (HeinMessage) message = NULL;
  g_autoptr (GArray) sizes = NULL;
  HeinMessage *model;

  pair_init (&pair);
  hein_test_bus_send (pair.hub, NULL, "a", "one");
  hein_test_bus_send (pair.hub, NULL, "b", "");
  hein_test_bus_send (pair.hub, NULL, "a", "three");
  send_each (&pair, "c");
  wait_for_all (&pair, 4);
  data = hein_bus_take_data_ahead (pair.client->bus, 3, &sizes, &kinds, &models,
                                   &error);
  g_assert_no_error (error);
  g_assert_cmpmem (data->data, data->len, "onethree", 8);
  g_assert_cmpuint (sizes->len, ==, 3);
  g_assert_cmpuint (g_array_index (sizes, guint32, 0), ==, 3);
  g_assert_cmpuint (g_array_index (sizes, guint32, 1), ==, 0);
  g_assert_cmpuint (g_array_index (sizes, guint32, 2), ==, 5);
  g_assert_cmpuint (kinds->len, ==, 3);
  model = g_ptr_array_index (models, kinds->data[2]);
  g_assert_cmpstr (hein_message_get_topic (model), ==, "a");
  model = g_ptr_array_index (models, kinds->data[1]);
  g_assert_cmpstr (hein_message_get_topic (model), ==, "b");
  message = hein_message_new_like (model, (const guint8 *) "two", 3);
  g_assert_cmpstr (hein_message_get_topic (message), ==, "b");
  g_assert_true (hein_message_get_sender (message) ==
                 hein_test_bus_find_peer (pair.client, "hub"));
  g_assert_cmpint (hein_message_get_time_us (message), ==,
                   hein_message_get_time_us (model));
  g_assert_cmpuint (hein_message_get_size (message), ==, 3);
  /* they are ahead as others are */
  hein_bus_note_taken (pair.client->bus, 1);
  assert_ahead (&pair, 0, "");
  assert_left (&pair, "bac");
}

/* Fills the arrays, and returns how many messages there are. */
static guint
count_data (Pair *self, guint *n_models)
{
  g_autoptr (GArray) sizes = NULL;
  g_autoptr (GByteArray) kinds = NULL;
  g_autoptr (GPtrArray) models = NULL;
  g_autoptr (GByteArray) data =
    hein_bus_take_data_ahead (self->client->bus, 1000, &sizes, &kinds, &models,
                              NULL);

  g_assert_nonnull (data);
  g_assert_cmpuint (kinds->len, ==, sizes->len);
  *n_models = models->len;
  return sizes->len;
}

/* What has more than its data comes by the other function. */
static void
test_no_data (void)
{
  g_auto (Pair) pair = { 0 };
  g_autofree char *large = g_strnfill (4097, 'x');
  g_autoptr (GBytes) payload = g_bytes_new_static ("x", 1);
  g_autoptr (HeinMessage) typed = hein_message_new_typed ("t", "a/b", payload);
  GBytes *parts[] = { payload, payload };
  g_autoptr (HeinMessage) both = hein_message_new_parts ("p", parts, 2);
  guint n_models;

  pair_init (&pair);
  g_assert_cmpuint (count_data (&pair, &n_models), ==, 0);
  g_assert_true (hein_bus_send (pair.hub->bus, typed, NULL));
  g_assert_true (hein_bus_send (pair.hub->bus, both, NULL));
  hein_test_bus_send (pair.hub, NULL, "l", large);
  send_each (&pair, "abcdefghijklmnopqrstuvwxyz");
  wait_for_all (&pair, 29);
  for (const char *p = "tpl"; *p != '\0'; p++)
    {
      const char letter[] = { *p, '\0' };

      g_assert_cmpuint (count_data (&pair, &n_models), ==, 0);
      assert_ahead (&pair, 1, letter);
      hein_bus_note_taken (pair.client->bus, 1);
    }
  /* no more models than that */
  g_assert_cmpuint (count_data (&pair, &n_models), ==, 16);
  g_assert_cmpuint (n_models, ==, 16);
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
  g_test_add_func ("/ahead/data", test_data);
  g_test_add_func ("/ahead/no-data", test_no_data);
  g_test_add_func ("/ahead/handler", test_handler);
  g_test_add_func ("/ahead/limit", test_limit);
  return g_test_run ();
}

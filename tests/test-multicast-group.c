/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "multicast-test.h"

#include <string.h>

/* The format `hein` as a transport: peers, messages of any size, repair. M…,
 * U…: the requirements and faults that a test stands for. */

#define MIB (1024 * 1024)

static void
assert_text (HeinTestBus *bus, guint index, const char *expected)
{
  g_autofree char *text = hein_test_bus_dup_text (bus, index);

  g_assert_cmpstr (text, ==, expected);
}

static HeinMessage *
get (HeinTestBus *bus, guint index)
{
  return g_ptr_array_index (bus->messages, index);
}

/* ---- peers ---- */

/* M1, M2, M3: names, who is there, and a goodbye. */
static void
test_peers (gconstpointer options)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) kirk = NULL;
  g_autoptr (HeinTestBus) spock = NULL;
  HeinTestBus *uhura;
  HeinPeer *sender;

  if (place == NULL)
    return;
  kirk = multicast_join_sealed (place, "kirk", options);
  spock = multicast_join_sealed (place, "spock", options);
  uhura = multicast_join_sealed (place, "uhura", options);
  hein_test_wait (hein_test_bus_count_peers (kirk) == 2 &&
                  hein_test_bus_count_peers (spock) == 2 &&
                  hein_test_bus_count_peers (uhura) == 2);
  hein_test_bus_send (uhura, NULL, "call", "hello!");
  hein_test_wait (kirk->messages->len == 1 && spock->messages->len == 1);
  sender = hein_message_get_sender (get (kirk, 0));
  g_assert_cmpstr (hein_peer_get_name (sender), ==, "uhura");
  g_assert_nonnull (hein_peer_get_address (sender));
  g_assert_cmpstr (hein_peer_get_security (sender), ==, "psk:key");
  g_assert_cmpstr (hein_message_get_topic (get (kirk, 0)), ==, "call");
  g_assert_cmpuint (uhura->messages->len, ==, 0);
  hein_test_bus_free (uhura);
  hein_test_wait (kirk->removed->len == 1 && spock->removed->len == 1);
  g_assert_cmpstr (hein_peer_get_name (g_ptr_array_index (kirk->removed, 0)),
                   ==, "uhura");
  g_assert_no_error (kirk->reason);
  g_assert_cmpuint (hein_test_bus_count_peers (kirk), ==, 1);
}

/* By name: one alone, in both directions. */
static void
test_send_to (gconstpointer options)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) kirk = NULL;
  g_autoptr (HeinTestBus) spock = NULL;
  g_autoptr (HeinTestBus) uhura = NULL;
  g_autoptr (HeinMessage) message = hein_message_new_text ("", "?");
  g_autoptr (GError) error = NULL;

  if (place == NULL)
    return;
  kirk = multicast_join_sealed (place, "kirk", options);
  spock = multicast_join_sealed (place, "spock", options);
  uhura = multicast_join_sealed (place, "uhura", options);
  hein_test_wait (hein_test_bus_count_peers (kirk) == 2 &&
                  hein_test_bus_count_peers (spock) == 2 &&
                  hein_test_bus_count_peers (uhura) == 2);
  for (guint i = 0; i < 100; i++)
    hein_test_bus_send (kirk, "spock", "", "fascinating");
  hein_test_wait (spock->messages->len == 100);
  hein_test_bus_send (spock, "kirk", "", "indeed");
  hein_test_wait (kirk->messages->len == 1);
  assert_text (kirk, 0, "indeed");
  g_assert_false (hein_bus_send_to (kirk->bus, "nobody", message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_NO_PEER);
  hein_test_bus_send (kirk, NULL, "", "all");
  hein_test_wait (uhura->messages->len == 1 && spock->messages->len == 101);
  assert_text (uhura, 0, "all");
}

/* What is for one comes, whatever that has subscribed to; what is for all does
 * not. */
static void
test_addressed (gconstpointer options)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) kirk = NULL;
  g_autoptr (HeinTestBus) spock = NULL;
  g_autofree char *large = g_strnfill (100 * 1000, 'x');

  if (place == NULL)
    return;
  kirk = multicast_join_sealed (place, "kirk", options);
  spock = multicast_join_sealed (place, "spock", options);
  hein_test_wait (hein_test_bus_count_peers (kirk) == 1 &&
                  hein_test_bus_count_peers (spock) == 1);
  g_assert_true (hein_bus_subscribe (spock->bus, "logic", NULL));
  hein_test_bus_send (kirk, NULL, "emotion", "for all");
  hein_test_bus_send (kirk, "spock", "emotion", "small");
  hein_test_bus_send (kirk, "spock", "emotion", large);
  hein_test_bus_send (kirk, NULL, "emotion", "for all, again");
  hein_test_bus_send (kirk, NULL, "logic", "all");
  hein_test_wait (spock->messages->len == 3);
  for (guint i = 0; i < 3; i++)
    {
      HeinMessage *message = g_ptr_array_index (spock->messages, i);

      /* those for one and those for all have no order between them */
      g_assert_cmpstr (hein_message_get_topic (message), ==,
                       hein_message_get_size (message) == 3 ? "logic"
                                                            : "emotion");
      g_assert_true (hein_message_get_size (message) == 3 ||
                     hein_message_get_size (message) == 5 ||
                     hein_message_get_size (message) == strlen (large));
    }
}

/* M2: one that was closed comes back under its name, at once. */
static void
test_comes_back (gconstpointer options)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) kirk = NULL;

  if (place == NULL)
    return;
  kirk = multicast_join_sealed (place, "kirk", options);
  for (guint i = 1; i <= 3; i++)
    {
      g_autoptr (HeinTestBus) spock =
        multicast_join_sealed (place, "spock", options);

      hein_test_wait (hein_test_bus_count_peers (spock) == 1);
      hein_test_bus_send (spock, NULL, "", "hello!");
      hein_test_wait (kirk->messages->len == i && kirk->added->len == i);
    }
  hein_test_wait (kirk->removed->len == 3);
}

/* Two of one name: the one that was first stays, what the other one says is
 * counted, and it takes the place when that is free. */
static void
test_name_taken (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) kirk = NULL;
  g_autoptr (HeinTestBus) second = NULL;
  HeinTestBus *first;

  if (place == NULL)
    return;
  kirk = multicast_join_sealed (place, "kirk", NULL);
  first = multicast_join_sealed (place, "spock", NULL);
  hein_test_wait (hein_test_bus_count_peers (kirk) == 1);
  second = multicast_join_sealed (place, "spock", NULL);
  hein_test_wait (hein_test_bus_find_peer (second, "kirk") != NULL);
  hein_test_bus_send (second, NULL, "", "impostor");
  hein_test_wait (hein_bus_get_n_dropped (kirk->bus, HEIN_DROP_REASON_LOST) ==
                  1);
  hein_test_bus_send (first, NULL, "", "one");
  hein_test_wait (kirk->messages->len == 1);
  assert_text (kirk, 0, "one");
  hein_test_bus_free (first);
  hein_test_wait (kirk->removed->len == 1);
  hein_test_bus_send (second, NULL, "", "two");
  hein_test_wait (kirk->messages->len == 2);
  assert_text (kirk, 1, "two");
}

/* ---- messages ---- */

static HeinMessage *
make_large (const char *topic, gsize size)
{
  guint8 *data = g_malloc (size);
  g_autoptr (GBytes) bytes = NULL;

  for (gsize i = 0; i < size; i++)
    data[i] = i * 7 + i / 251;
  bytes = g_bytes_new_take (data, size);
  return hein_message_new (topic, bytes);
}

static void
assert_same (HeinMessage *left, HeinMessage *right)
{
  g_assert_cmpstr (hein_message_get_topic (left), ==,
                   hein_message_get_topic (right));
  g_assert_cmpstr (hein_message_get_content_type (left), ==,
                   hein_message_get_content_type (right));
  g_assert_cmpuint (hein_message_get_n_parts (left), ==,
                    hein_message_get_n_parts (right));
  for (guint i = 0; i < hein_message_get_n_parts (left); i++)
    g_assert_true (g_bytes_equal (i == 0 ? hein_message_get_payload (left)
                                         : hein_message_get_part (left, i),
                                  i == 0 ? hein_message_get_payload (right)
                                         : hein_message_get_part (right, i)));
}

static GPtrArray *
make_messages (void)
{
  GPtrArray *all =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
  g_autofree char *topic = g_strnfill (255, 't');
  g_autoptr (GBytes) text = g_bytes_new_static ("{}", 2);
  g_autoptr (GBytes) empty = g_bytes_new_static ("", 0);
  GBytes *parts[] = { text, empty, text, empty };

  g_ptr_array_add (all, hein_message_new_text ("", ""));
  g_ptr_array_add (all, hein_message_new_text ("käse", "hello!"));
  g_ptr_array_add (all, hein_message_new_text (topic, "long topic"));
  g_ptr_array_add (all, hein_message_new_typed ("t", "application/json", text));
  g_ptr_array_add (all, hein_message_new_parts ("parts", parts, 4));
  g_ptr_array_add (all, hein_message_new_full ("all", "a/b", parts, 4, NULL));
  for (gsize size = 1200; size <= 1400; size += 8)
    g_ptr_array_add (all, make_large ("around a datagram", size));
  g_ptr_array_add (all, make_large ("large", 100000));
  g_ptr_array_add (all, make_large ("largest", MIB));
  return all;
}

/* U6: everything that a message has, from nothing to 1 MiB, to all and to one;
 * and no more. */
static void
test_messages (gconstpointer options)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) kirk = NULL;
  g_autoptr (HeinTestBus) spock = NULL;
  g_autoptr (GPtrArray) all = make_messages ();
  g_autoptr (HeinMessage) larger = make_large ("", MIB + 1);
  g_autoptr (GError) error = NULL;

  if (place == NULL)
    return;
  kirk = multicast_join_sealed (place, "kirk", options);
  spock = multicast_join_sealed (place, "spock", options);
  hein_test_wait (hein_test_bus_count_peers (kirk) == 1);
  for (guint i = 0; i < all->len; i++)
    {
      g_assert_true (hein_bus_send (kirk->bus, all->pdata[i], NULL));
      hein_test_wait (spock->messages->len == i + 1);
      assert_same (get (spock, i), all->pdata[i]);
    }
  g_ptr_array_set_size (spock->messages, 0);
  for (guint i = 0; i < all->len; i++)
    {
      g_assert_true (
        hein_bus_send_to (kirk->bus, "spock", all->pdata[i], NULL));
      hein_test_wait (spock->messages->len == i + 1);
      assert_same (get (spock, i), all->pdata[i]);
    }
  g_assert_false (hein_bus_send_to (kirk->bus, "spock", larger, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
}

/* U5: 10,000 of them, in order. */
static void
test_many (gconstpointer options)
{
  enum
  {
    N = 10000
  };
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) kirk = NULL;
  g_autoptr (HeinTestBus) spock = NULL;
  g_autoptr (HeinTestBus) uhura = NULL;

  if (place == NULL)
    return;
  kirk = multicast_join_sealed (place, "kirk", options);
  spock = multicast_join_sealed (place, "spock", options);
  uhura = multicast_join_sealed (place, "uhura", options);
  hein_test_wait (hein_test_bus_count_peers (kirk) == 2 &&
                  hein_test_bus_count_peers (spock) == 2 &&
                  hein_test_bus_count_peers (uhura) == 2);
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      hein_test_bus_send (kirk, NULL, "n", text);
      if (i % 100 == 0)
        hein_bus_turn (kirk->bus, 0);
    }
  hein_test_wait (spock->messages->len == N && uhura->messages->len == N);
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      assert_text (spock, i, text);
      assert_text (uhura, i, text);
    }
  g_assert_cmpuint (hein_bus_get_n_dropped (spock->bus, HEIN_DROP_REASON_LOST),
                    ==, 0);
}

/* Nobody there is no trouble, with a key as without. */
static void
test_nobody (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) kirk = NULL;

  if (place == NULL)
    return;
  kirk = multicast_join_sealed (place, "kirk", "reliable=yes");
  for (guint i = 0; i < 1000; i++)
    {
      hein_test_bus_send (kirk, NULL, "", "anybody?");
      hein_bus_turn (kirk->bus, 0);
    }
  g_assert_cmpuint (kirk->n_failed, ==, 0);
  g_assert_cmpuint (hein_bus_get_n_dropped (kirk->bus,
                                            HEIN_DROP_REASON_NO_PEER) +
                      hein_bus_get_n_dropped (kirk->bus,
                                              HEIN_DROP_REASON_OVERFLOW),
                    ==, 0);
}

/* One that joins, sends and goes in one turn is heard by all that are there. */
static void
test_at_once (gconstpointer options)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) spock = NULL;
  g_autoptr (HeinTestBus) uhura = NULL;
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autofree char *uri = NULL;

  if (place == NULL)
    return;
  spock = multicast_join_sealed (place, "spock", options);
  uhura = multicast_join_sealed (place, "uhura", options);
  uri = multicast_place_dup_sealed_uri (place, options);
  hein_test_bus_listen (kirk, uri);
  for (guint i = 0; i < 100; i++)
    hein_test_bus_send (kirk, NULL, "", "hello!");
  hein_test_bus_close (kirk);
  hein_test_wait (spock->messages->len == 100 && uhura->messages->len == 100);
  g_assert_cmpuint (hein_bus_get_n_dropped (kirk->bus,
                                            HEIN_DROP_REASON_NO_PEER),
                    ==, 0);
}

/* ---- slow ones ---- */

static void
send_large (HeinTestBus *bus, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (HeinMessage) message = make_large ("", 1000);

      g_assert_true (hein_bus_send (bus->bus, message, NULL));
      if (i % 10 == 0)
        hein_bus_turn (bus->bus, 0);
    }
}

/* What is in the bus comes to `messages`, so much of it. */
static guint
take (HeinTestBus *bus)
{
  g_autoptr (GPtrArray) taken = hein_bus_take (bus->bus, G_MAXUINT);
  const guint n = taken->len;

  g_ptr_array_extend_and_steal (bus->messages, g_steal_pointer (&taken));
  return n;
}

/* Whether the last one that came is the last one that was sent. */
static gboolean
has_ended (HeinTestBus *bus)
{
  take (bus);
  return bus->messages->len > 0 &&
         g_str_equal (hein_message_get_topic (
                        get (bus, bus->messages->len - 1)),
                      "end");
}

static gboolean
send_end (HeinTestBus *bus)
{
  hein_test_bus_send (bus, NULL, "end", "");
  return TRUE;
}

/* One that takes nothing holds up neither the sender nor the others, and what
 * it keeps has a bound. */
static void
test_slow_receiver (gconstpointer options)
{
  enum
  {
    N = 20000
  };
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) kirk = NULL;
  g_autoptr (HeinTestBus) slow = NULL;
  g_autoptr (HeinTestBus) fast = NULL;

  if (place == NULL)
    return;
  kirk = multicast_join_sealed (place, "kirk", options);
  slow = hein_test_bus_new ("slow");
  g_object_set (slow->bus, "receive-limit", (guint64) 65536, NULL);
  multicast_open (slow, multicast_place_dup_sealed_uri (place, options));
  fast = multicast_join_sealed (place, "fast", options);
  hein_test_wait (hein_test_bus_count_peers (kirk) == 2 &&
                  hein_test_bus_count_peers (slow) == 2 &&
                  hein_test_bus_count_peers (fast) == 2);
  hein_test_bus_set_takes (slow, FALSE);
  for (guint i = 0; i < N; i += 500)
    {
      send_large (kirk, 500);
      hein_test_wait (fast->messages->len == i + 500);
    }
  g_assert_cmpuint (hein_bus_get_memory_used (slow->bus), <, 8 * MIB);
  g_assert_cmpuint (hein_bus_get_n_dropped (kirk->bus,
                                            HEIN_DROP_REASON_OVERFLOW),
                    ==, 0);
  hein_test_wait (take (slow) > 0);
  /* some are lost while the kernel still has what came before */
  hein_test_wait (send_end (fast) && has_ended (slow) &&
                  kirk->messages->len > 0);
}

/* One whose messages fill the receiver says goodbye: the others are heard. */
static void
test_leaves_while_paused (gconstpointer options)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) slow = NULL;
  g_autoptr (HeinTestBus) other = NULL;
  HeinTestBus *kirk;

  if (place == NULL)
    return;
  slow = hein_test_bus_new ("slow");
  g_object_set (slow->bus, "receive-limit", (guint64) 65536, NULL);
  multicast_open (slow, multicast_place_dup_sealed_uri (place, options));
  kirk = multicast_join_sealed (place, "kirk", options);
  hein_test_wait (hein_test_bus_count_peers (kirk) == 1 &&
                  hein_test_bus_count_peers (slow) == 1);
  hein_test_bus_set_takes (slow, FALSE);
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (HeinMessage) message = make_large ("", 1000);

      g_assert_true (hein_bus_send (kirk->bus, message, NULL));
    }
  hein_test_bus_free (kirk);
  hein_test_wait (hein_bus_get_memory_used (slow->bus) > 16384);
  hein_test_wait (slow->removed->len == 1);
  g_assert_cmpuint (take (slow), ==, 100);
  other = multicast_join_sealed (place, "other", options);
  hein_test_wait (hein_test_bus_count_peers (other) == 1);
  hein_test_bus_send (other, NULL, "end", "");
  hein_test_wait (has_ended (slow));
}

/* ---- keys ---- */

/* M14: a passphrase, from which a key is made in a thread (256 MiB, a second),
 * meets the same passphrase only. */
static void
test_passphrase (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  g_autofree char *path = NULL;
  g_autofree char *options = NULL;
  g_autofree char *uri = NULL;

  if (g_getenv ("HEIN_TEST_SLOW") != NULL)
    {
      g_test_skip ("a key takes longer there than an endpoint has to open");
      return;
    }
  if (place == NULL)
    return;
  path = multicast_place_add_file (place, "phrase", "correct horse battery\n");
  options = g_strdup_printf ("passphrase-file=%s", path);
  uri = multicast_place_dup_uri (place, options);
  g_object_set (kirk->bus, "handshake-timeout-ms", 60000, NULL);
  g_object_set (spock->bus, "handshake-timeout-ms", 60000, NULL);
  hein_test_bus_listen (kirk, uri);
  hein_test_bus_listen (spock, uri);
  while (hein_test_bus_count_peers (kirk) < 1)
    {
      g_main_context_iteration (NULL, TRUE);
      g_assert_cmpuint (kirk->n_failed + spock->n_failed, ==, 0);
    }
  hein_test_bus_send (kirk, NULL, "", "hello!");
  hein_test_wait (spock->messages->len == 1);
}

/* A bad passphrase is told when it is known, and a bus may close before. */
static void
test_bad_passphrase (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  g_autofree char *path = NULL;
  g_autofree char *options = NULL;
  g_autofree char *uri = NULL;

  if (place == NULL)
    return;
  path = multicast_place_add_file (place, "phrase", "short");
  options = g_strdup_printf ("passphrase-file=%s", path);
  uri = multicast_place_dup_uri (place, options);
  hein_test_bus_listen (kirk, uri);
  hein_test_wait (kirk->n_failed == 1);
  g_assert_cmpint (kirk->failure->domain, ==, HEIN_ERROR);
  hein_test_bus_listen (spock, uri);
}

/* M14: keys overlap: who has the new one and the old one hears both. */
static void
test_key_ring (void)
{
  static const char old_key[] = "1 "
                                "00112233445566778899aabbccddeeff"
                                "00112233445566778899aabbccddeeff - -\n";
  static const char new_key[] = "2 "
                                "ffeeddccbbaa99887766554433221100"
                                "ffeeddccbbaa99887766554433221100 - -\n";
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) kirk = NULL;
  g_autoptr (HeinTestBus) spock = NULL;
  g_autoptr (HeinTestBus) uhura = NULL;
  g_autofree char *both = g_strconcat (old_key, new_key, NULL);
  const char *const texts[] = { both, both, new_key };
  HeinTestBus **buses[] = { &kirk, &spock, &uhura };
  const char *const names[] = { "kirk", "spock", "uhura" };

  if (place == NULL)
    return;
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *path =
        multicast_place_add_file (place, names[i], texts[i]);
      g_autofree char *options = g_strdup_printf ("key-ring-file=%s", path);

      *buses[i] =
        multicast_join (names[i], multicast_place_dup_uri (place, options));
    }
  hein_test_wait (hein_test_bus_count_peers (kirk) == 2 &&
                  hein_test_bus_count_peers (uhura) == 2);
  hein_test_bus_send (kirk, NULL, "", "hello!");
  hein_test_wait (spock->messages->len == 1 && uhura->messages->len == 1);
}

/* A ring whose only key is for later opens nothing. */
static void
test_early_key_ring (void)
{
  static const char ring[] = "1 "
                             "00112233445566778899aabbccddeeff"
                             "00112233445566778899aabbccddeeff "
                             "2100-01-01T00:00:00Z -\n";
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autofree char *path = NULL;
  g_autofree char *options = NULL;
  g_autofree char *uri = NULL;
  g_autoptr (GError) error = NULL;

  if (place == NULL)
    return;
  path = multicast_place_add_file (place, "ring", ring);
  options = g_strdup_printf ("key-ring-file=%s", path);
  uri = multicast_place_dup_uri (place, options);
  g_assert_null (hein_bus_listen (kirk->bus, uri, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
}

#define N_WAITING 7

typedef struct
{
  guint64 n_to_all;
  guint64 n_to_one;
  guint64 n_bytes;
} Closed;

static void
on_dropped (HeinBus *bus,
            HeinPeer *peer,
            HeinDropReason reason,
            guint64 n_messages,
            guint64 n_bytes,
            gpointer data)
{
  Closed *self = data;

  g_assert_cmpint (reason, ==, HEIN_DROP_REASON_CLOSED);
  if (peer == NULL)
    self->n_to_all += n_messages;
  else
    self->n_to_one += n_messages;
  self->n_bytes += n_bytes;
}

/* Each message that still waits for its rate when the group closes, for all or
 * for one, is counted as dropped, with its size. */
static void
test_closed_while_waiting (void)
{
  static const guint8 data[1000];
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) kirk = NULL;
  g_autoptr (HeinTestBus) spock = NULL;
  g_autoptr (HeinMessage) message =
    hein_message_new_data ("", data, sizeof data);
  g_autoptr (GError) error = NULL;
  Closed closed = { 0 };

  if (place == NULL)
    return;
  /* 100 bytes in a second: the first message goes, and no other one */
  kirk = multicast_join_sealed (place, "kirk", "rate=100&mtu=1400");
  spock = multicast_join_sealed (place, "spock", "mtu=1400");
  hein_test_wait (hein_test_bus_count_peers (kirk) == 1 &&
                  hein_test_bus_count_peers (spock) == 1);
  g_signal_connect (kirk->bus, "dropped", G_CALLBACK (on_dropped), &closed);
  g_object_set (kirk->bus, "linger-ms", 0, NULL);
  for (guint i = 0; i <= N_WAITING; i++)
    {
      hein_bus_send (kirk->bus, message, &error);
      g_assert_no_error (error);
      hein_bus_send_to (kirk->bus, "spock", message, &error);
      g_assert_no_error (error);
      hein_bus_turn (kirk->bus, 0);
    }
  hein_test_wait (spock->messages->len == 2);
  hein_bus_close (kirk->bus);
  hein_test_wait (closed.n_to_all + closed.n_to_one >= 2 * N_WAITING);
  g_assert_cmpuint (closed.n_to_all, ==, N_WAITING);
  g_assert_cmpuint (closed.n_to_one, ==, N_WAITING);
  g_assert_cmpuint (closed.n_bytes, >=, 2 * N_WAITING * sizeof data);
  g_assert_cmpuint (closed.n_bytes, <, 2 * N_WAITING * (sizeof data + 16));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  multicast_add_modes ("/multicast/hein/peers", test_peers);
  multicast_add_modes ("/multicast/hein/send-to", test_send_to);
  multicast_add_modes ("/multicast/hein/addressed", test_addressed);
  multicast_add_modes ("/multicast/hein/comes-back", test_comes_back);
  g_test_add_func ("/multicast/hein/name-taken", test_name_taken);
  multicast_add_modes ("/multicast/hein/messages", test_messages);
  g_test_add_data_func ("/multicast/hein/many", "reliable=yes", test_many);
  g_test_add_func ("/multicast/hein/nobody", test_nobody);
  g_test_add_func ("/multicast/hein/closed-while-waiting",
                   test_closed_while_waiting);
  multicast_add_modes ("/multicast/hein/at-once", test_at_once);
  multicast_add_modes ("/multicast/hein/slow-receiver", test_slow_receiver);
  /* a reliable one says goodbye only when nobody asks for repairs any more */
  g_test_add_data_func ("/multicast/hein/leaves-while-paused", "reliable=no",
                        test_leaves_while_paused);
  g_test_add_func ("/multicast/hein/passphrase", test_passphrase);
  g_test_add_func ("/multicast/hein/bad-passphrase", test_bad_passphrase);
  g_test_add_func ("/multicast/hein/key-ring/overlap", test_key_ring);
  g_test_add_func ("/multicast/hein/key-ring/early", test_early_key_ring);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "multicast-test.h"

#include <string.h>
#include <unistd.h>

/* What strangers send to a group. U…: the faults that a test stands for. */

#define MIB         (1024 * 1024)
#define HEADER_SIZE 36
#define SENDER_AT   8
#define N_ROUNDS    200
#define N_AT_ONCE   100

static void
fill_random (guint8 *data, gsize size)
{
  for (gsize i = 0; i < size; i++)
    data[i] = g_random_int ();
}

/* ---- floods ---- */

/* What @make makes comes to the group, and to the receiver alone, while a good
 * sender is served. */
typedef gsize (*Make) (guint8 *data, gpointer user_data);

static void
check_flood (MulticastPlace *place,
             HeinTestBus *good,
             HeinTestBus *receiver,
             GSocketAddress *own,
             Make make,
             gpointer user_data)
{
  guint8 data[2048];
  int fd = multicast_socket_new (NULL);

  g_ptr_array_set_size (receiver->messages, 0);
  for (guint i = 0; i < N_ROUNDS; i++)
    {
      for (guint n = 0; n < N_AT_ONCE; n++)
        {
          gsize size = make (data, user_data);

          if (n % 2 == 0)
            multicast_socket_send (fd, place, data, size);
          else
            multicast_socket_send_to (fd, own, data, size);
        }
      hein_test_bus_send (good, NULL, "good", "hello!");
      hein_test_wait (receiver->messages->len == i + 1);
    }
  g_assert_cmpuint (hein_bus_get_memory_used (receiver->bus), <, MIB);
  close (fd);
}

static gsize
make_garbage (guint8 *data, gpointer user_data)
{
  const gsize size = g_random_int_range (0, 1500);

  fill_random (data, size);
  return size;
}

/* U1, U2, U8: noise, and cut or changed datagrams of senders there are and
 * there are not. */
static gsize
make_forgery (guint8 *data, gpointer user_data)
{
  GPtrArray *recorded = user_data;
  GBytes *one =
    g_ptr_array_index (recorded, g_random_int_range (0, recorded->len));
  gsize size = g_bytes_get_size (one);

  memcpy (data, g_bytes_get_data (one, NULL), size);
  switch (g_random_int_range (0, 4))
    {
    case 0:
      fill_random (data + SENDER_AT, HEADER_SIZE - SENDER_AT);
      break;
    case 1:
      size = g_random_int_range (0, size);
      break;
    default:
      data[g_random_int_range (0, size)] ^= 1 << g_random_int_range (0, 8);
      break;
    }
  return size;
}

/* The address of @peer's own socket, as soon as @bus knows it. */
static GSocketAddress *
get_address (HeinTestBus *bus, const char *peer)
{
  hein_test_wait (hein_test_bus_find_peer (bus, peer) != NULL);
  return hein_peer_get_address (hein_test_bus_find_peer (bus, peer));
}

static void
test_flood (gconstpointer options)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) good = NULL;
  g_autoptr (HeinTestBus) receiver = NULL;
  g_autoptr (GPtrArray) recorded = NULL;
  const gint64 begin_us = g_get_monotonic_time ();
  gint64 n_minutes;
  int recorder;

  if (place == NULL)
    return;
  recorder = multicast_recorder_new (place);
  good = multicast_join_sealed (place, "good", options);
  receiver = multicast_join_sealed (place, "receiver", options);
  hein_test_wait (hein_test_bus_count_peers (good) == 1 &&
                  hein_test_bus_count_peers (receiver) == 1);
  hein_test_bus_send (good, NULL, "", "hello!");
  hein_test_wait (receiver->messages->len == 1);
  recorded = multicast_recorder_take (recorder);
  close (recorder);
  g_assert_cmpuint (recorded->len, >, 0);
  check_flood (place, good, receiver, get_address (good, "receiver"),
               make_garbage, NULL);
  check_flood (place, good, receiver, get_address (good, "receiver"),
               make_forgery, recorded);
  g_assert_cmpuint (hein_bus_get_n_dropped (receiver->bus,
                                            HEIN_DROP_REASON_INVALID),
                    >, N_ROUNDS);
  g_assert_cmpuint (receiver->added->len, ==, 1);
  g_assert_cmpuint (receiver->removed->len, ==, 0);
  n_minutes = (g_get_monotonic_time () - begin_us) / (60 * G_USEC_PER_SEC);
  g_assert_cmpuint (receiver->n_failed, >=, 1);
  g_assert_cmpint (receiver->n_failed, <=, 1 + n_minutes);
}

/* U8 without a key, where anybody can be anybody: members that are not there. */
static gsize
make_member (guint8 *data, gpointer user_data)
{
  fill_random (data, 80);
  data[0] = 0x48;
  data[1] = 0x4d;
  data[2] = 0x20;
  data[3] = 0;
  memset (data + 4, 0, 4);
  data[HEADER_SIZE] = g_random_int_range (0, 12);
  return g_random_int_range (HEADER_SIZE, 80);
}

static void
test_open_flood (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) good = NULL;
  g_autoptr (HeinTestBus) receiver = NULL;

  if (place == NULL)
    return;
  good = multicast_join_open (place, "good");
  receiver = multicast_join_open (place, "receiver");
  hein_test_wait (hein_test_bus_count_peers (good) == 1 &&
                  hein_test_bus_count_peers (receiver) == 1);
  check_flood (place, good, receiver, get_address (good, "receiver"),
               make_member, NULL);
  g_assert_cmpuint (receiver->added->len, ==, 1);
}

/* U8: plain ones, from more addresses than are remembered. */
static void
test_plain_flood (void)
{
  enum
  {
    N = 3000
  };
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) good = NULL;
  g_autoptr (HeinTestBus) receiver = NULL;
  guint n_good = 0;
  guint n_here;

  if (place == NULL)
    return;
  good = multicast_join ("good", multicast_place_dup_uri (place, NULL));
  receiver = multicast_join ("receiver", multicast_place_dup_uri (place, NULL));
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *host =
        g_strdup_printf ("127.1.%u.%u", i / 250, i % 250 + 1);
      int fd = multicast_socket_new (host);

      g_assert_true (multicast_socket_send (fd, place, "flood", 5));
      close (fd);
      if (i % 100 == 0)
        hein_test_bus_send (good, NULL, "", "good");
      hein_test_wait (receiver->messages->len == i + 1 + i / 100 + 1);
    }
  for (guint i = 0; i < receiver->messages->len; i++)
    {
      g_autofree char *text = hein_test_bus_dup_text (receiver, i);

      n_good += g_str_equal (text, "good");
    }
  g_assert_cmpuint (n_good, ==, N / 100);
  n_here = hein_test_bus_count_peers (receiver);
  /* where that takes minutes, some have been silent for too long as well */
  if (g_getenv ("HEIN_TEST_SLOW") == NULL)
    g_assert_cmpuint (n_here, ==, 1024);
  g_assert_cmpuint (n_here, <=, 1024);
  g_assert_cmpuint (receiver->removed->len, ==, N + 1 - n_here);
}

/* ---- keys, and what else is not set up alike ---- */

/* A person is told why, once, and the endpoint works on. */
static void
assert_told (HeinTestBus *bus, const char *why)
{
  g_autoptr (HeinEndpoint) endpoint =
    g_list_model_get_item (hein_bus_get_endpoints (bus->bus), 0);

  hein_test_wait (bus->n_failed > 0);
  g_assert_cmpuint (bus->n_failed, ==, 1);
  g_assert_error (bus->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (bus->failure->message, why));
  g_assert_true (g_regex_match_simple (" from [0-9.]+:[1-9][0-9]*: [1-9]",
                                       bus->failure->message, 0, 0));
  g_assert_null (hein_endpoint_get_error (endpoint));
  g_assert_cmpint (hein_endpoint_get_state (endpoint), ==,
                   HEIN_ENDPOINT_STATE_OPEN);
}

/* M8, M14, U2: with another key nothing is read, and it is counted and told. */
static void
test_wrong_key (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) good = NULL;
  g_autoptr (HeinTestBus) receiver = NULL;
  g_autoptr (HeinTestBus) stranger = NULL;
  g_autoptr (HeinTestBus) naked = NULL;
  g_autofree char *path = NULL;
  g_autofree char *options = NULL;

  if (place == NULL)
    return;
  path = multicast_place_add_file (place, "other",
                                   "ffeeddccbbaa99887766554433221100"
                                   "ffeeddccbbaa99887766554433221100");
  options = g_strdup_printf ("key-file=%s", path);
  good = multicast_join_sealed (place, "good", NULL);
  receiver = multicast_join_sealed (place, "receiver", NULL);
  stranger =
    multicast_join ("stranger", multicast_place_dup_uri (place, options));
  naked = multicast_join_open (place, "naked");
  hein_test_wait (hein_test_bus_count_peers (receiver) == 1);
  for (guint i = 0; i < 100; i++)
    {
      hein_test_bus_send (good, NULL, "", "secret");
      hein_test_bus_send (stranger, NULL, "", "forged");
      hein_test_bus_send (naked, NULL, "", "open");
      hein_test_wait (receiver->messages->len == i + 1);
    }
  hein_test_wait (
    hein_bus_get_n_dropped (stranger->bus, HEIN_DROP_REASON_INVALID) >= 100 &&
    hein_bus_get_n_dropped (naked->bus, HEIN_DROP_REASON_INVALID) >= 100 &&
    hein_bus_get_n_dropped (receiver->bus, HEIN_DROP_REASON_INVALID) >= 200);
  g_assert_cmpuint (stranger->messages->len + naked->messages->len, ==, 0);
  g_assert_cmpuint (stranger->added->len + naked->added->len, ==, 0);
  g_assert_cmpuint (receiver->added->len, ==, 1);
  assert_told (stranger, "with another key (unknown key id");
  assert_told (naked, "encrypted, and this end has no key (key-file=)");
  assert_told (good, "not fit this end");
  g_assert_cmpuint (receiver->n_failed, ==, 1);
}

/* Each of two ends whose addresses differ in one option is told so. */
typedef struct
{
  const char *name;
  const char *options; /* of one; nullable */
  const char *why;     /* what it is told */
  const char *other_options;
  const char *other_why; /* NULL: nothing is wrong for the other one */
} Mismatch;

static const Mismatch mismatches[] = {
  { "no-key", "format=plain", "encrypted, and this end has no key", "KEY",
    "of another format" },
  { "not-encrypted", "KEY", "not encrypted: the other end has no key",
    "format=hein", "encrypted, and this end has no key" },
  { "format", "format=plain", "of another format", "format=hein",
    "of another format" },
  { "mode", "KEY&reliable=yes", "of another mode (compare reliable=", "KEY",
    "of another mode (compare reliable=" },
  { "multisock-key", "format=multisock&key=a&iv=b",
    "compare key=, iv=", "format=multisock&key=c&iv=b", "compare key=, iv=" },
  { "multisock-plain", "format=multisock&key=a&iv=b",
    "compare key=, iv=", "format=plain", NULL },
};

static HeinTestBus *
join_as (MulticastPlace *place, const char *name, const char *options)
{
  return g_str_has_prefix (options, "KEY")
           ? multicast_join_sealed (place, name,
                                    options[3] != '\0' ? options + 4 : NULL)
           : multicast_join (name, multicast_place_dup_uri (place, options));
}

static void
test_mismatch (gconstpointer data)
{
  const Mismatch *mismatch = data;
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) one = NULL;
  g_autoptr (HeinTestBus) other = NULL;

  if (place == NULL)
    return;
  one = join_as (place, "one", mismatch->options);
  other = join_as (place, "other", mismatch->other_options);
  hein_test_bus_send (other, NULL, "", "a text of more than one block of 16");
  assert_told (one, mismatch->why);
  hein_test_bus_send (one, NULL, "", "a text of more than one block of 16");
  if (mismatch->other_why != NULL)
    assert_told (other, mismatch->other_why);
  else
    hein_test_wait (other->messages->len == 1);
}

/* M14, U14: nothing that says what it carries is on the wire. */
static void
test_is_secret (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) good = NULL;
  g_autoptr (HeinTestBus) receiver = NULL;
  g_autoptr (GPtrArray) recorded = NULL;
  int recorder;

  if (place == NULL)
    return;
  recorder = multicast_recorder_new (place);
  good = multicast_join_sealed (place, "Enterprise", NULL);
  receiver = multicast_join_sealed (place, "receiver", NULL);
  hein_test_bus_send (good, NULL, "topic", "payload");
  hein_test_wait (receiver->messages->len == 1);
  recorded = multicast_recorder_take (recorder);
  close (recorder);
  g_assert_cmpuint (recorded->len, >, 0);
  for (guint i = 0; i < recorded->len; i++)
    {
      gsize size;
      const guint8 *data = g_bytes_get_data (recorded->pdata[i], &size);

      g_assert_null (memmem (data, size, "topic", 5));
      g_assert_null (memmem (data, size, "payload", 7));
      g_assert_null (memmem (data, size, "Enterprise", 10));
    }
}

/* ---- replays ---- */

static void
replay (MulticastPlace *place, GPtrArray *recorded, GSocketAddress *own)
{
  int fd = multicast_socket_new (NULL);

  for (guint i = 0; i < recorded->len; i++)
    {
      gsize size;
      const guint8 *data = g_bytes_get_data (recorded->pdata[i], &size);

      g_assert_true (multicast_socket_send (fd, place, data, size));
      if (own != NULL)
        multicast_socket_send_to (fd, own, data, size);
    }
  close (fd);
}

/* Nothing came of what was sent before this. */
static void
assert_unmoved (HeinTestBus *receiver,
                HeinTestBus *good,
                guint n,
                guint n_added)
{
  hein_test_bus_send (good, NULL, "", "end");
  hein_test_wait (receiver->messages->len == n + 1);
  g_assert_cmpuint (receiver->added->len, ==, n_added);
}

/* The session of a sender that has gone, or is there. */
static GPtrArray *
record (MulticastPlace *place, HeinTestBus *receiver, const char *options)
{
  g_autoptr (HeinTestBus) sender = NULL;
  int recorder = multicast_recorder_new (place);
  GPtrArray *recorded;

  sender = multicast_join_sealed (place, "sender", options);
  hein_test_wait (hein_test_bus_count_peers (sender) == 1);
  for (guint i = 0; i < 100; i++)
    {
      hein_test_bus_send (sender, NULL, "", "hello!");
      hein_test_wait (receiver->messages->len == i + 1);
    }
  recorded = multicast_recorder_take (recorder);
  replay (place, recorded, get_address (sender, "receiver"));
  /* while it is there, it is known */
  assert_unmoved (receiver, sender, 100, 1);
  close (recorder);
  return recorded;
}

/* U3: to a receiver that has heard it, to one that was restarted, and to one
 * that is new. */
static void
test_replay (gconstpointer options)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) good = NULL;
  g_autoptr (GPtrArray) recorded = NULL;
  HeinTestBus *receiver;

  if (place == NULL)
    return;
  receiver = multicast_join_sealed (place, "receiver", options);
  recorded = record (place, receiver, options);
  g_assert_cmpuint (recorded->len, >=, 100);
  hein_test_wait (receiver->removed->len == 1);
  good = multicast_join_sealed (place, "good", options);
  hein_test_wait (hein_test_bus_count_peers (good) == 1);
  replay (place, recorded, get_address (good, "receiver"));
  assert_unmoved (receiver, good, 101, 2);
  hein_test_bus_free (receiver);
  receiver = multicast_join_sealed (place, "receiver", options);
  hein_test_wait (good->removed->len == 1 &&
                  hein_test_bus_count_peers (good) == 1);
  replay (place, recorded, get_address (good, "receiver"));
  assert_unmoved (receiver, good, 0, 1);
  hein_test_bus_free (receiver);
  receiver = multicast_join_sealed (place, "newcomer", options);
  replay (place, recorded, NULL);
  hein_test_wait (hein_test_bus_count_peers (receiver) == 1);
  replay (place, recorded, get_address (good, "newcomer"));
  assert_unmoved (receiver, good, 0, 1);
  hein_test_bus_free (receiver);
}

/* What a member says comes back to itself: it is not its own peer, and a copy
 * of it is nothing new. */
static void
test_own_copies (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) good = NULL;
  g_autoptr (HeinTestBus) receiver = NULL;
  g_autoptr (GPtrArray) recorded = NULL;
  int recorder;

  if (place == NULL)
    return;
  recorder = multicast_recorder_new (place);
  good = multicast_join_sealed (place, "good", NULL);
  receiver = multicast_join_sealed (place, "receiver", NULL);
  hein_test_bus_send (good, NULL, "", "one");
  hein_test_wait (receiver->messages->len == 1);
  recorded = multicast_recorder_take (recorder);
  close (recorder);
  replay (place, recorded, get_address (receiver, "good"));
  hein_test_bus_send (receiver, NULL, "", "end");
  hein_test_wait (good->messages->len == 1);
  g_assert_cmpuint (good->added->len, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  multicast_add_modes ("/multicast/hostile/flood", test_flood);
  g_test_add_func ("/multicast/hostile/flood/open", test_open_flood);
  g_test_add_func ("/multicast/hostile/flood/plain", test_plain_flood);
  g_test_add_func ("/multicast/hostile/wrong-key", test_wrong_key);
  for (guint i = 0; i < G_N_ELEMENTS (mismatches); i++)
    {
      g_autofree char *path =
        g_strconcat ("/multicast/mismatch/", mismatches[i].name, NULL);

      g_test_add_data_func (path, &mismatches[i], test_mismatch);
    }
  g_test_add_func ("/multicast/hostile/is-secret", test_is_secret);
  multicast_add_modes ("/multicast/hostile/replay", test_replay);
  g_test_add_func ("/multicast/hostile/own-copies", test_own_copies);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "group-member.h"
#include "../plugins/transports/udp-multicast/limits/mc-answer-limit.h"

/* What is got out of a group by who repeats, redirects or asks. */

static const McHello *
get_last_hello (GroupMember *self)
{
  g_assert_cmpuint (self->hellos->len, >, 0);
  return &g_array_index (self->hellos, McHello, self->hellos->len - 1);
}

static void
assert_asked_about (GroupMember *self, int fd)
{
  guint8 where[MC_WHERE_SIZE];

  group_member_get_where (fd, where);
  g_assert_cmpmem (get_last_hello (self)->where, sizeof where, where,
                   sizeof where);
}

/* Is admitted, and has said one word. */
static void
meet (GroupMember *self, HeinTestBus *bus)
{
  group_member_say (self, "first");
  hein_test_wait (bus->messages->len == 1 &&
                  hein_test_bus_find_peer (bus, self->name) != NULL);
  assert_asked_about (self, self->own_fd);
}

static gboolean
is_readable (int fd)
{
  guint8 byte;

  return recv (fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) > 0;
}

/* ---- addresses ---- */

/* A stranger is quicker than the member: what comes first is heard, but what is
 * for the member alone still goes there. */
static void
test_relayed_first (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) bus = NULL;
  g_autoptr (GroupMember) member = NULL;
  g_autoptr (GBytes) second = NULL;
  int stranger;

  if (place == NULL)
    return;
  bus = multicast_join_sealed (place, "bus", NULL);
  member = group_member_new (place, "member", TRUE);
  meet (member, bus);
  stranger = multicast_socket_new (NULL);
  second = group_member_seal_text (member, NULL, 0, "second");
  g_assert_true (multicast_socket_send (stranger, place,
                                        g_bytes_get_data (second, NULL),
                                        g_bytes_get_size (second)));
  hein_test_wait (bus->messages->len == 2 && member->hellos->len == 2);
  assert_asked_about (member, stranger);
  hein_test_bus_send (bus, "member", "", "secret");
  hein_test_wait (group_member_has_heard (member, "secret"));
  g_assert_false (is_readable (stranger));
  close (stranger);
}

/* It was never heard from its own address, with its word that it lives neither:
 * what is for it alone goes to all, where it alone can read it. */
static void
test_relayed_from_the_start (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) bus = NULL;
  g_autoptr (GroupMember) member = NULL;
  g_autoptr (GBytes) first = NULL;
  int stranger;

  if (place == NULL)
    return;
  bus = multicast_join_sealed (place, "bus", NULL);
  member = group_member_new (place, "member", TRUE);
  stranger = member->relay_fd = multicast_socket_new (NULL);
  first = group_member_seal_text (member, NULL, 0, "first");
  g_assert_true (multicast_socket_send (stranger, place,
                                        g_bytes_get_data (first, NULL),
                                        g_bytes_get_size (first)));
  hein_test_wait (bus->messages->len == 1);
  assert_asked_about (member, stranger);
  hein_test_bus_send (bus, "member", "", "secret");
  hein_test_wait (group_member_has_heard (member, "secret"));
  g_assert_false (is_readable (stranger));
  close (stranger);
}

static void
test_moves (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) bus = NULL;
  g_autoptr (GroupMember) member = NULL;

  if (place == NULL)
    return;
  bus = multicast_join_sealed (place, "bus", NULL);
  member = group_member_new (place, "member", TRUE);
  meet (member, bus);
  hein_test_bus_send (bus, "member", "", "here");
  hein_test_wait (group_member_has_heard (member, "here"));
  group_member_move (member);
  group_member_say (member, "second");
  hein_test_wait (member->hellos->len == 2);
  assert_asked_about (member, member->own_fd);
  /* the answer is on its way, and what is said behind it comes behind it */
  group_member_say (member, "third");
  hein_test_wait (bus->messages->len == 3);
  hein_test_bus_send (bus, "member", "", "there");
  hein_test_wait (group_member_has_heard (member, "there"));
  g_assert_cmpuint (bus->removed->len, ==, 0);
}

/* An ADMIT of @member that says of @nonce that @where is its address. */
static void
claim (GroupMember *member, const guint8 *nonce, const guint8 *where)
{
  const McInner inner = { .type = MC_ADMIT, .dseq = member->dseq };
  McAdmit admit = { .seq = mc_sealer_get_seq (member->sealer) };
  guint8 payload[MC_ADMIT_SIZE];
  g_autoptr (GBytes) datagram = NULL;

  memcpy (admit.nonce, nonce, MC_NONCE_SIZE);
  memcpy (admit.where, where, MC_WHERE_SIZE);
  mc_admit_put (&admit, payload);
  datagram =
    group_member_seal (member, member->other, &inner, payload, sizeof payload);
  group_member_send (member, datagram);
}

/* A member is asked about an address. Neither another question's answer nor
 * another address becomes its own; the true answer does. */
static void
test_wrong_claims (void)
{
  static const guint8 no_nonce[MC_NONCE_SIZE] = { 1 };
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) bus = NULL;
  g_autoptr (GroupMember) member = NULL;
  g_autoptr (GBytes) second = NULL;
  guint8 asked[MC_WHERE_SIZE], other[MC_WHERE_SIZE];
  int fds[2];

  if (place == NULL)
    return;
  bus = multicast_join_sealed (place, "bus", NULL);
  member = group_member_new (place, "member", TRUE);
  meet (member, bus);
  fds[0] = multicast_socket_new (NULL);
  fds[1] = multicast_socket_new (NULL);
  group_member_get_where (fds[0], asked);
  group_member_get_where (fds[1], other);
  member->is_silent = TRUE;
  second = group_member_seal_text (member, NULL, 0, "second");
  g_assert_true (multicast_socket_send (fds[0], place,
                                        g_bytes_get_data (second, NULL),
                                        g_bytes_get_size (second)));
  hein_test_wait (member->hellos->len == 2);
  assert_asked_about (member, fds[0]);
  claim (member, no_nonce, asked);
  claim (member, get_last_hello (member)->nonce, other);
  group_member_say (member, "third");
  hein_test_wait (bus->messages->len == 3);
  hein_test_bus_send (bus, "member", "", "secret");
  hein_test_wait (group_member_has_heard (member, "secret"));
  g_assert_false (is_readable (fds[0]));
  g_assert_false (is_readable (fds[1]));
  claim (member, get_last_hello (member)->nonce, asked);
  group_member_say (member, "fourth");
  hein_test_wait (bus->messages->len == 4);
  hein_test_bus_send (bus, "member", "", "for the other socket");
  hein_test_wait (is_readable (fds[0]));
  g_assert_false (is_readable (fds[1]));
  close (fds[0]);
  close (fds[1]);
}

/* However many datagrams of a member come from elsewhere, it is asked once in a
 * second. */
static void
test_moves_often (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) bus = NULL;
  g_autoptr (GroupMember) member = NULL;
  gint64 start_us;

  if (place == NULL)
    return;
  bus = multicast_join_sealed (place, "bus", NULL);
  member = group_member_new (place, "member", TRUE);
  meet (member, bus);
  member->is_silent = TRUE;
  start_us = g_get_monotonic_time ();
  for (guint i = 0; i < 50; i++)
    {
      group_member_move (member);
      group_member_say (member, "on the way");
      hein_test_wait (bus->messages->len == 2 + i);
    }
  hein_test_wait (member->hellos->len >= 2);
  g_assert_cmpuint (member->hellos->len, <=,
                    2 + (g_get_monotonic_time () - start_us) / G_USEC_PER_SEC +
                      1);
}

/* ---- for whom ---- */

static void
test_for_one (void)
{
  static const guint8 nobody[MC_SENDER_ID_SIZE] = { 1 };
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) bus = NULL;
  g_autoptr (GroupMember) member = NULL;
  g_autoptr (GBytes) other = NULL, all = NULL, one = NULL;
  g_autofree char *text = NULL;

  if (place == NULL)
    return;
  bus = multicast_join_sealed (place, "bus", NULL);
  member = group_member_new (place, "member", TRUE);
  meet (member, bus);
  other = group_member_seal_text (member, nobody, 1, "for another");
  group_member_send (member, other);
  all = group_member_seal_text (member, NULL, 1, "for one or another");
  group_member_send (member, all);
  one = group_member_seal_text (member, member->other, 1, "for this one");
  group_member_send (member, one);
  hein_test_wait (bus->messages->len == 2);
  text = hein_test_bus_dup_text (bus, 1);
  g_assert_cmpstr (text, ==, "for this one");
  g_assert_cmpuint (hein_bus_get_n_dropped (bus->bus, HEIN_DROP_REASON_INVALID),
                    ==, 1);
  g_assert_cmpuint (bus->n_failed, ==, 0);
}

/* ---- who it says that it is ---- */

/* Who is not called as a bus can be is no peer, and the others are not hurt. */
static void
test_odd_names (void)
{
  static const char *const names[] = {
    "",          "esc\033[2J",     "\xc2\x9b",      "\xff\xfe",
    "new\nline", "k\342\200\256k", "k\342\200\213k"
  };
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) bus = NULL;
  g_autoptr (GroupMember) good = NULL;

  if (place == NULL)
    return;
  bus = multicast_join ("bus",
                        multicast_place_dup_uri (place,
                                                 "format=hein&plaintext=yes"));
  for (guint i = 0; i <= G_N_ELEMENTS (names); i++)
    {
      const gboolean is_named = i == G_N_ELEMENTS (names);
      g_autoptr (GroupMember) odd =
        group_member_new (place, is_named ? "named" : names[i], FALSE);

      if (is_named)
        {
          g_free (odd->instance);
          odd->instance = g_strdup ("no hexadecimal digits, but 32 of");
        }
      group_member_say (odd, "hello");
      hein_test_wait (odd->hellos->len > 0);
    }
  good = group_member_new (place, "good", FALSE);
  group_member_say (good, "hello");
  hein_test_wait (bus->messages->len == 1);
  g_assert_cmpuint (bus->added->len, ==, 1);
}

/* A member that says that it is the bus of a peer which came another way, so it
 * is taken or not: both go in any order, and nothing is left of either. */
static void
check_instance (HeinTestBus *bus,
                HeinTestBus *other,
                MulticastPlace *place,
                const char *way,
                gboolean liar_goes_first)
{
  static const McInner bye = { .type = MC_BYE };
  g_autoptr (GroupMember) liar = group_member_new (place, "liar", FALSE);
  g_autoptr (GroupMember) good = group_member_new (place, "good", FALSE);
  g_autoptr (GBytes) goodbye = NULL;
  HeinEndpoint *endpoint = hein_test_bus_dial (other, way);

  hein_test_wait (hein_test_bus_find_peer (bus, "other") != NULL);
  g_free (liar->instance);
  liar->instance = g_strdup (hein_bus_get_instance (other->bus));
  group_member_say (liar, "hello");
  hein_test_wait (liar->hellos->len > 0);
  group_member_say (good, "hello");
  hein_test_wait (hein_test_bus_find_peer (bus, "good") != NULL);
  goodbye = group_member_seal (liar, NULL, &bye, NULL, 0);
  if (liar_goes_first)
    group_member_send (liar, goodbye);
  hein_test_wait (!liar_goes_first ||
                  hein_test_bus_find_peer (bus, "liar") == NULL);
  hein_endpoint_close (endpoint);
  hein_test_wait (hein_test_bus_find_peer (bus, "other") == NULL);
  if (!liar_goes_first)
    group_member_send (liar, goodbye);
  g_clear_pointer (&goodbye, g_bytes_unref);
  goodbye = group_member_seal (good, NULL, &bye, NULL, 0);
  group_member_send (good, goodbye);
  hein_test_wait (hein_peers_get_n_peers (hein_bus_get_peers (bus->bus)) == 0);
}

static void
test_instance_of_another (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) bus = NULL;
  g_autoptr (HeinTestBus) other = NULL;
  g_autofree char *way = NULL;

  if (place == NULL)
    return;
  way = g_strdup_printf ("inproc://strangers-%u", place->port);
  bus = multicast_join_open (place, "bus");
  hein_test_bus_listen (bus, way);
  other = hein_test_bus_new ("other");
  check_instance (bus, other, place, way, TRUE);
  check_instance (bus, other, place, way, FALSE);
}

/* ---- answers ---- */

/* However often a stranger asks, in whosever name and from however many ports:
 * it gets no more than it sent, and not all of it. */
static void
test_answers (gconstpointer ports)
{
  const gboolean moves = g_str_equal (ports, "many-ports");
  static const McInner inner = { .type = MC_HELLO };
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autofree char *name = g_strnfill (255, 'n');
  g_autoptr (HeinTestBus) bus = NULL;
  g_autoptr (GroupMember) member = NULL;
  const gint64 start_us = g_get_monotonic_time ();
  gsize hello_size = 0;
  guint n_asked = 0;
  McHello hello;
  guint8 payload[MC_HELLO_SIZE];

  if (place == NULL)
    return;
  bus = multicast_join_open (place, name);
  member = group_member_new (place, "member", FALSE);
  meet (member, bus);
  hello = *get_last_hello (member);
  memcpy (hello.sender_id, member->other, MC_SENDER_ID_SIZE);
  hello.wants_all = moves;
  mc_hello_put (&hello, payload);
  while (n_asked < 4000)
    {
      if (moves)
        group_member_move (member);
      for (guint i = 0; i < 100; i++, n_asked++)
        {
          g_autoptr (GBytes) ask =
            group_member_seal (member, NULL, &inner, payload, sizeof payload);

          group_member_send (member, ask);
          hello_size = g_bytes_get_size (ask);
        }
      group_member_say (member, "and on");
      hein_test_wait (bus->messages->len == 1 + n_asked / 100);
    }
  g_assert_cmpuint (member->n_admits, >, 0);
  g_assert_cmpuint (member->n_admits, <=,
                    MC_ANSWERS_SOURCE_BURST +
                      MC_ANSWERS_SOURCE_RATE *
                        (1 + (g_get_monotonic_time () - start_us) /
                               G_USEC_PER_SEC));
  g_assert_cmpuint (member->largest, <=, hello_size);
  g_assert_cmpuint (member->largest, >, 255);
}

/* Asks the @bus of this id whether it is @where. */
static void
ask (GroupMember *self, const guint8 *id, const guint8 *where)
{
  static const McInner inner = { .type = MC_HELLO };
  McHello hello = { .wants_all = FALSE };
  guint8 payload[MC_HELLO_SIZE];
  g_autoptr (GBytes) datagram = NULL;

  memcpy (hello.sender_id, id, MC_SENDER_ID_SIZE);
  memcpy (hello.where, where, MC_WHERE_SIZE);
  mc_hello_put (&hello, payload);
  datagram = group_member_seal (self, NULL, &inner, payload, sizeof payload);
  group_member_send (self, datagram);
}

/* Nobody answers for another one. */
static void
test_asked_for_another (void)
{
  static const guint8 nowhere[MC_WHERE_SIZE];
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) bus = NULL;
  g_autoptr (GroupMember) member = NULL;
  guint8 id[MC_SENDER_ID_SIZE];

  if (place == NULL)
    return;
  bus = multicast_join_open (place, "bus");
  member = group_member_new (place, "member", FALSE);
  meet (member, bus);
  for (guint i = 0; i <= 10; i++)
    {
      memcpy (id, member->other, sizeof id);
      id[0] ^= 10 - i; /* the last one is for the bus */
      ask (member, id, nowhere);
    }
  hein_test_wait (member->n_admits > 0);
  g_assert_cmpuint (member->n_admits, ==, 1);
}

static void
get_where_of_peer (HeinPeer *peer, guint8 *where)
{
  GInetSocketAddress *address =
    G_INET_SOCKET_ADDRESS (hein_peer_get_address (peer));
  const guint16 port = g_inet_socket_address_get_port (address);

  memset (where, 0, 10);
  memset (where + 10, 0xff, 2);
  memcpy (where + 12,
          g_inet_address_to_bytes (g_inet_socket_address_get_address (address)),
          4);
  where[16] = port >> 8;
  where[17] = port & 0xff;
}

/* A bus says of its own address that it is, and of no other one: else whoever
 * repeats its datagrams would get what is for it alone. */
static void
test_asked_about_another (void)
{
  static const guint8 nowhere[MC_WHERE_SIZE];
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) bus = NULL;
  g_autoptr (HeinTestBus) witness = NULL;
  g_autoptr (GroupMember) member = NULL;
  guint8 id[MC_SENDER_ID_SIZE], own[MC_WHERE_SIZE], other[MC_WHERE_SIZE];

  if (place == NULL)
    return;
  bus = multicast_join_open (place, "bus");
  member = group_member_new (place, "member", FALSE);
  meet (member, bus);
  memcpy (id, member->other, sizeof id);
  witness = multicast_join_open (place, "witness");
  hein_test_wait (hein_test_bus_find_peer (witness, "bus") != NULL);
  get_where_of_peer (hein_test_bus_find_peer (witness, "bus"), own);
  group_member_get_where (member->own_fd, other);
  ask (member, id, other);
  hein_test_wait (member->n_admits == 1);
  g_assert_cmpmem (member->admit.where, MC_WHERE_SIZE, nowhere, MC_WHERE_SIZE);
  ask (member, id, own);
  hein_test_wait (member->n_admits == 2);
  g_assert_cmpmem (member->admit.where, MC_WHERE_SIZE, own, MC_WHERE_SIZE);
}

/* Many that never answer: not each of them is asked. */
static void
test_questions (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) bus = NULL;
  g_autoptr (GroupMember) good = NULL;
  GPtrArray *heard;
  const gint64 start_us = g_get_monotonic_time ();
  guint n_hellos = 0;
  int recorder;

  if (place == NULL)
    return;
  bus = multicast_join ("bus",
                        multicast_place_dup_uri (place,
                                                 "format=hein&plaintext=yes"));
  good = group_member_new (place, "good", FALSE);
  meet (good, bus);
  recorder = multicast_recorder_new (place);
  for (guint i = 0; i < 2000; i++)
    {
      guint8 datagram[60] = { 0x48, 0x4d, 0x20, [35] = 1, [36] = MC_DATA };

      for (guint at = 8; at < 24; at++)
        datagram[at] = g_random_int ();
      g_assert_true (
        multicast_socket_send (good->own_fd, place, datagram, sizeof datagram));
      if (i % 50 != 49)
        continue;
      group_member_say (good, "and on");
      hein_test_wait (bus->messages->len == 2 + i / 50);
    }
  heard = multicast_recorder_take (recorder);
  for (guint i = 0; i < heard->len; i++)
    n_hellos += g_bytes_get_size (heard->pdata[i]) > MC_HELLO_SIZE;
  g_ptr_array_unref (heard);
  g_assert_cmpuint (n_hellos, >, 0);
  g_assert_cmpuint (n_hellos, <=,
                    256 + 500 * (1 + (g_get_monotonic_time () - start_us) /
                                       G_USEC_PER_SEC));
  close (recorder);
}

/* So many sources, each with its share, and one sum. */
static void
test_limit (void)
{
  McAnswerLimit limit;
  guint n = 0;

  mc_answer_limit_init (&limit, 7, 0);
  for (guint i = 0; i < 1000; i++)
    n += mc_answer_limit_take (&limit, 42, 0);
  g_assert_cmpuint (n, ==, MC_ANSWERS_SOURCE_BURST);
  for (guint i = 0; i < 100000; i++)
    n += mc_answer_limit_take (&limit, i * 31, 0);
  g_assert_cmpuint (n, ==, MC_ANSWERS_BURST);
  for (guint i = 0; i < 100000; i++)
    n += mc_answer_limit_take (&limit, i * 31, G_USEC_PER_SEC);
  g_assert_cmpuint (n, ==, MC_ANSWERS_BURST + MC_ANSWERS_RATE);
}

/* ---- versions ---- */

static void
test_first_version (gconstpointer options)
{
  /* a heartbeat of the first version, as those say it that have no key */
  static const guint8 old[32 + 24 + 20] = {
    0x48, 0x4d, 0x10, [8] = 0xd9, [31] = 1, [32] = 3, [43] = 1
  };
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) bus = NULL;
  const gboolean is_sealed = options != NULL;
  int fd;

  if (place == NULL)
    return;
  bus = is_sealed ? multicast_join_sealed (place, "bus", NULL)
                  : multicast_join_open (place, "bus");
  fd = multicast_socket_new (NULL);
  for (guint i = 0; i < 10; i++)
    g_assert_true (multicast_socket_send (fd, place, old, sizeof old));
  hein_test_wait (hein_bus_get_n_dropped (bus->bus, HEIN_DROP_REASON_INVALID) ==
                    10 &&
                  bus->n_failed > 0);
  g_assert_cmpuint (bus->n_failed, ==, 1);
  g_assert_error (bus->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (bus->failure->message, "of another version"));
  g_assert_cmpuint (bus->added->len, ==, 0);
  close (fd);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/multicast-strangers/address/relayed-first",
                   test_relayed_first);
  g_test_add_func ("/multicast-strangers/address/relayed-from-the-start",
                   test_relayed_from_the_start);
  g_test_add_func ("/multicast-strangers/address/moves", test_moves);
  g_test_add_func ("/multicast-strangers/address/moves-often",
                   test_moves_often);
  g_test_add_func ("/multicast-strangers/address/wrong-claims",
                   test_wrong_claims);
  g_test_add_func ("/multicast-strangers/for-one", test_for_one);
  g_test_add_func ("/multicast-strangers/names", test_odd_names);
  g_test_add_func ("/multicast-strangers/instance", test_instance_of_another);
  g_test_add_data_func ("/multicast-strangers/answers/one-port", "one-port",
                        test_answers);
  g_test_add_data_func ("/multicast-strangers/answers/many-ports", "many-ports",
                        test_answers);
  g_test_add_func ("/multicast-strangers/asked-for-another",
                   test_asked_for_another);
  g_test_add_func ("/multicast-strangers/asked-about-another",
                   test_asked_about_another);
  g_test_add_func ("/multicast-strangers/questions", test_questions);
  g_test_add_func ("/multicast-strangers/limit", test_limit);
  g_test_add_data_func ("/multicast-strangers/version/open", NULL,
                        test_first_version);
  g_test_add_data_func ("/multicast-strangers/version/sealed", "",
                        test_first_version);
  return g_test_run ();
}

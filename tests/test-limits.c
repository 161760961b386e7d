/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "hein-test.h"
#include "raw-peer.h"

/* What has come and waits is bounded, whoever sends it, and limits hold from
 * the moment at which they are set. */

#define BLOCK_SIZE 1000

static HeinMessage *
make_block (void)
{
  static const guint8 data[BLOCK_SIZE];

  return hein_message_new_data ("t", data, sizeof data);
}

/* Nothing but what is done here makes these turn. */
static HeinTestBus *
new_quiet_bus (const char *name)
{
  HeinTestBus *self = hein_test_bus_new (name);

  g_object_set (self->bus, "overflow", HEIN_OVERFLOW_WAIT, "heartbeat-ms",
                3600000u, "silence-ms", 3600000u, NULL);
  hein_test_bus_set_takes (self, FALSE);
  return self;
}

/* Sends until nothing more goes. Returns how many went. */
static guint
send_until_full (HeinTestBus *from, HeinTestBus *to)
{
  g_autoptr (HeinMessage) message = make_block ();
  guint n = 0;

  for (guint n_full = 0; n_full < 100; n_full++)
    {
      for (; hein_bus_send (from->bus, message, NULL); n++)
        n_full = 0;
      hein_bus_turn (from->bus, 0);
      hein_bus_turn (to->bus, 0);
    }
  return n;
}

/* ---- many peers ---- */

/* Each of them has more than all may have together. */
static void
test_many_peers (void)
{
  enum
  {
    LIMIT = 500000,
    N_PEERS = 40,
    ONE_READ = 1024 * 1024 /* a block of the smallest messages, in memory */
  };
  g_autoptr (HeinTestBus) hub = new_quiet_bus ("hub");
  HeinTestBus *peers[N_PEERS];
  g_autofree char *uri = NULL;
  guint64 most = 0;

  g_object_set (hub->bus, "receive-limit", (guint64) LIMIT, NULL);
  uri = g_strdup (hein_endpoint_get_bound_uri (
    hein_test_bus_listen (hub, "tcp://127.0.0.1:0")));
  for (guint i = 0; i < N_PEERS; i++)
    {
      peers[i] = new_quiet_bus (NULL);
      hein_test_bus_dial (peers[i], uri);
    }
  hein_test_wait (hein_test_bus_count_peers (hub) == N_PEERS);
  for (guint i = 0; i < N_PEERS; i++)
    {
      g_autoptr (HeinMessage) message = make_block ();

      hein_test_wait (hein_test_bus_count_peers (peers[i]) == 1);
      for (guint j = 0; j < 500; j++)
        g_assert_true (hein_bus_send (peers[i]->bus, message, NULL));
      hein_bus_turn (peers[i]->bus, 0);
    }
  for (guint i = 0; i < 200; i++)
    {
      hein_bus_turn (hub->bus, 1);
      most = MAX (most, hein_bus_get_memory_used (hub->bus));
    }
  g_assert_cmpuint (most, >=, LIMIT);
  g_assert_cmpuint (most, <, LIMIT + ONE_READ);
  /* nobody is forgotten when the application takes on */
  for (guint n = 0; n < N_PEERS * 500;)
    {
      g_autoptr (GPtrArray) some = hein_bus_take (hub->bus, 1000);

      n += some->len;
      for (guint i = 0; i < N_PEERS; i++)
        hein_bus_turn (peers[i]->bus, 0);
      hein_bus_turn (hub->bus, 0);
    }
  for (guint i = 0; i < N_PEERS; i++)
    hein_test_bus_free (peers[i]);
}

/* ---- limits that change ---- */

typedef struct
{
  HeinTestBus *from;
  HeinTestBus *to;
} Pair;

static void
pair_init (Pair *self)
{
  g_autofree char *uri = NULL;

  self->from = new_quiet_bus ("from");
  self->to = new_quiet_bus ("to");
  g_object_set (self->from->bus, "send-limit", (guint64) 100000, NULL);
  g_object_set (self->to->bus, "receive-limit", (guint64) 100000, NULL);
  uri = g_strdup (hein_endpoint_get_bound_uri (
    hein_test_bus_listen (self->to, "tcp://127.0.0.1:0")));
  hein_test_bus_dial (self->from, uri);
  hein_test_wait (hein_test_bus_count_peers (self->from) == 1);
  send_until_full (self->from, self->to);
}

static void
pair_clear (Pair *self)
{
  hein_test_bus_free (self->from);
  hein_test_bus_free (self->to);
}

static void
test_send_limit_is_raised (void)
{
  Pair pair;
  g_autoptr (HeinMessage) message = make_block ();

  pair_init (&pair);
  g_assert_false (hein_bus_send (pair.from->bus, message, NULL));
  g_object_set (pair.from->bus, "send-limit", (guint64) 200000, NULL);
  g_assert_true (hein_bus_send (pair.from->bus, message, NULL));
  pair_clear (&pair);
}

static void
test_receive_limit_is_raised (void)
{
  Pair pair;
  guint64 used;

  pair_init (&pair);
  used = hein_bus_get_memory_used (pair.to->bus);
  g_object_set (pair.to->bus, "receive-limit", (guint64) 10000000, NULL);
  hein_test_wait (hein_bus_get_memory_used (pair.to->bus) > 4 * used);
  pair_clear (&pair);
}

static void
test_memory_limit_bounds_what_came (void)
{
  Pair pair;

  pair_init (&pair);
  g_object_set (pair.to->bus, "receive-limit", (guint64) 100000000,
                "memory-limit", (guint64) 1000000, NULL);
  send_until_full (pair.from, pair.to);
  g_assert_cmpuint (hein_bus_get_memory_used (pair.to->bus), <, 1000000);
  g_assert_cmpuint (pair.to->removed->len, ==, 0);
  pair_clear (&pair);
}

static guint
take_all (HeinTestBus *bus)
{
  g_autoptr (GPtrArray) all = hein_bus_take (bus->bus, G_MAXUINT);

  return all->len;
}

/* Sends to each by name, as long as one takes more. */
static guint
send_to_each (HeinTestBus *hub, HeinPeers *peers, GError **error)
{
  g_autoptr (HeinMessage) message = make_block ();
  const guint n_peers = hein_peers_get_n_peers (peers);
  guint n = 0;

  for (guint i = 0; i < n_peers;)
    {
      const char *name = hein_peer_get_name (hein_peers_get_peer (peers, i));
      g_autoptr (GError) trouble = NULL;

      if (hein_bus_send_to (hub->bus, name, message, &trouble))
        n++;
      else if (++i == n_peers)
        g_propagate_error (error, g_steal_pointer (&trouble));
    }
  return n;
}

/* Eight peers, each of which may have half of what all may have together, and
 * who read when they are turned. */
enum
{
  CROWD = 8,
  CROWD_LIMIT = 2000000,
  SEGMENT = 65536
};

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *buses[CROWD];
} Crowd;

static void
crowd_init (Crowd *self, HeinOverflow overflow)
{
  g_autofree char *uri = NULL;

  self->hub = new_quiet_bus ("hub");
  g_object_set (self->hub->bus, "overflow", overflow, "send-limit",
                (guint64) CROWD_LIMIT / 2, "memory-limit",
                (guint64) CROWD_LIMIT, NULL);
  uri = g_strdup (hein_endpoint_get_bound_uri (
    hein_test_bus_listen (self->hub, "tcp://127.0.0.1:0")));
  for (guint i = 0; i < CROWD; i++)
    {
      self->buses[i] = new_quiet_bus (NULL);
      hein_test_bus_dial (self->buses[i], uri);
    }
  hein_test_wait (hein_test_bus_count_peers (self->hub) == CROWD);
  for (guint i = 0; i < CROWD; i++)
    hein_test_wait (hein_test_bus_count_peers (self->buses[i]) == 1);
}

static void
crowd_read (Crowd *self)
{
  for (guint i = 0; i < 50; i++)
    {
      hein_bus_turn (self->hub->bus, 0);
      for (guint j = 0; j < CROWD; j++)
        {
          hein_bus_turn (self->buses[j]->bus, 0);
          take_all (self->buses[j]);
        }
    }
}

static void
crowd_clear (Crowd *self)
{
  for (guint i = 0; i < CROWD; i++)
    hein_test_bus_free (self->buses[i]);
  hein_test_bus_free (self->hub);
}

/* The bus does not turn in the meantime: it is refused what would be thrown
 * away in the next turn, and the peers with it. */
static void
test_memory_limit_bounds_what_goes (void)
{
  Crowd crowd;
  HeinBus *bus;
  g_autoptr (GError) error = NULL;
  guint n;

  crowd_init (&crowd, HEIN_OVERFLOW_WAIT);
  bus = crowd.hub->bus;
  n = send_to_each (crowd.hub, hein_bus_get_peers (bus), &error);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
  g_assert_nonnull (strstr (error->message, "memory-limit"));
  g_clear_error (&error);
  g_assert_cmpuint (n, >=, CROWD_LIMIT / 2 / BLOCK_SIZE);
  g_assert_cmpuint (hein_bus_get_memory_used (bus), >=, CROWD_LIMIT);
  g_assert_cmpuint (hein_bus_get_memory_used (bus), <, CROWD_LIMIT + SEGMENT);
  /* at most the one that had most goes, and the others go on */
  crowd_read (&crowd);
  g_assert_cmpuint (hein_test_bus_count_peers (crowd.hub), >=, CROWD - 1);
  hein_test_wait (hein_bus_get_memory_used (bus) < CROWD_LIMIT / 2);
  g_assert_cmpuint (send_to_each (crowd.hub, hein_bus_get_peers (bus), &error),
                    >, 100);
  crowd_clear (&crowd);
}

static void
test_memory_limit_bounds_what_drops (gconstpointer data)
{
  Crowd crowd;
  g_autoptr (HeinMessage) message = make_block ();
  HeinBus *bus;
  HeinPeers *peers;

  crowd_init (&crowd, GPOINTER_TO_INT (data));
  bus = crowd.hub->bus;
  peers = hein_bus_get_peers (bus);
  /* first the sockets take some */
  while (hein_bus_get_n_dropped (bus, HEIN_DROP_REASON_OVERFLOW) <
         CROWD_LIMIT / BLOCK_SIZE)
    for (guint i = 0; i < CROWD; i++)
      g_assert_true (
        hein_bus_send_to (bus,
                          hein_peer_get_name (hein_peers_get_peer (peers, i)),
                          message, NULL));
  g_assert_cmpuint (hein_bus_get_memory_used (bus), >=, CROWD_LIMIT);
  /* one more for each, whose oldest message goes before the rest of it */
  g_assert_cmpuint (hein_bus_get_memory_used (bus), <=,
                    CROWD_LIMIT + CROWD * SEGMENT);
  crowd_read (&crowd);
  g_assert_cmpuint (hein_test_bus_count_peers (crowd.hub), >=, CROWD - 1);
  crowd_clear (&crowd);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  guint *n_refused = data;
  g_autoptr (GError) error = NULL;

  if (!hein_bus_send_finish (HEIN_BUS (source), result, &error))
    *n_refused += g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
}

/* Calls that wait are counted, and are not taken without end. */
static void
test_waiting_calls (void)
{
  Pair pair;
  g_autoptr (HeinMessage) message = make_block ();
  guint n_refused = 0;
  guint64 used;

  pair_init (&pair);
  used = hein_bus_get_memory_used (pair.from->bus);
  g_object_set (pair.from->bus, "memory-limit", used + 100 * BLOCK_SIZE, NULL);
  for (guint i = 0; i < 200; i++)
    hein_bus_send_async (pair.from->bus, message, NULL, on_sent, &n_refused);
  g_assert_cmpuint (hein_bus_get_memory_used (pair.from->bus), >,
                    used + 50 * BLOCK_SIZE);
  g_assert_cmpuint (hein_bus_get_memory_used (pair.from->bus), <,
                    used + 110 * BLOCK_SIZE);
  hein_test_wait (n_refused >= 100);
  pair_clear (&pair);
}

/* ---- other threads ---- */

#define N_POSTED 25000

static gpointer
post_many (gpointer data)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "x");

  for (guint i = 0; i < N_POSTED; i++)
    g_assert_true (hein_bus_send (data, message, NULL));
  return NULL;
}

/* What they sent is not all taken in by one turn, but all is in the end. */
static void
test_turn_is_bounded (void)
{
  enum
  {
    N_PEERS = 16
  };
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  HeinTestBus *peers[N_PEERS];
  HeinPeer *first;

  hein_test_bus_listen (bus, "inproc://limits");
  for (guint i = 0; i < N_PEERS; i++)
    {
      peers[i] = new_quiet_bus (NULL);
      hein_test_bus_dial (peers[i], "inproc://limits");
    }
  hein_test_wait (hein_test_bus_count_peers (bus) == N_PEERS);
  first = hein_peers_get_peer (hein_bus_get_peers (bus->bus), 0);
  g_thread_join (g_thread_new ("posts", post_many, bus->bus));
  hein_bus_turn (bus->bus, 0);
  g_assert_cmpuint (hein_peer_get_messages_sent (first), >, 0);
  g_assert_cmpuint (hein_peer_get_messages_sent (first), <, N_POSTED);
  hein_test_wait (hein_peer_get_messages_sent (first) == N_POSTED);
  for (guint i = 0; i < N_PEERS; i++)
    hein_test_bus_free (peers[i]);
}

/* ---- parts of messages ---- */

/* A peer is closed in order while it has yet to confirm something, and then
 * sends the beginning of a message. */
static void
test_part_while_finishing (void)
{
  static const char hello[] = "\0\0\0\22\1\1abcdefghijklmnop";
  g_autofree char *part = g_malloc0 (200000);
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("round-robin", NULL);
  const char *uri = hein_endpoint_get_bound_uri (
    hein_test_bus_listen (bus,
                          "tcp+aiomsg://127.0.0.1:0?guarantee=at-least-once"));

  g_object_set (bus->bus, "linger-ms", 50u, NULL);
  hein_bus_set_strategy (bus->bus, strategy);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (RawPeer) peer = raw_peer_new (bus, uri);
      const guint64 n_read = 100000;
      HeinPeer *other;

      raw_peer_send (peer, hello, sizeof hello - 1);
      raw_peer_wait (peer, hein_test_bus_count_peers (bus) == 1);
      hein_test_bus_send (bus, NULL, NULL, "confirm me");
      other = hein_peers_get_peer (hein_bus_get_peers (bus->bus), 0);
      g_object_ref (other);
      hein_peer_close (other);
      part[1] = 0x10; /* of 1 MiB */
      raw_peer_send (peer, part, 200000);
      raw_peer_wait (peer, hein_bus_get_memory_used (bus->bus) > n_read ||
                             peer->is_eof);
      raw_peer_wait (peer, bus->removed->len == i + 1 && peer->is_eof);
      g_object_unref (other);
    }
  hein_test_wait (hein_bus_get_memory_used (bus->bus) < 100000);
}

/* ---- what transports and protocols keep ---- */

static void
pair_init_by (Pair *self, const char *uri)
{
  HeinEndpoint *endpoint;
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("round-robin", NULL);

  self->from = new_quiet_bus ("from");
  self->to = new_quiet_bus ("to");
  hein_bus_set_strategy (self->from->bus, strategy);
  endpoint = hein_test_bus_listen (self->to, uri);
  hein_test_bus_dial (self->from, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (self->from) == 1);
  g_assert_cmpuint (hein_bus_get_memory_used (self->from->bus), <, 1000);
}

/* Without a turn of the other side, so that all of them wait. */
static guint
send_while_room (HeinTestBus *from, gsize n_parts)
{
  g_autoptr (HeinMessage) message = make_block ();
  guint n = 0;

  if (n_parts > 1)
    {
      g_autoptr (GBytes) part = g_bytes_new_static ("", 0);
      g_autofree GBytes **parts = g_new (GBytes *, n_parts);

      for (gsize i = 0; i < n_parts; i++)
        parts[i] = part;
      g_clear_pointer (&message, hein_message_unref);
      message = hein_message_new_parts ("t", parts, n_parts);
    }
  while (hein_bus_send (from->bus, message, NULL))
    n++;
  return n;
}

/* What waits counts for who has sent it, until it was taken. */
static void
test_inproc_counts (void)
{
  Pair pair;
  guint n;

  pair_init_by (&pair, "inproc://limits-count");
  n = send_while_room (pair.from, 1);
  g_assert_cmpuint (hein_bus_get_memory_used (pair.from->bus), >=,
                    8 * 1024 * 1024);
  g_assert_cmpuint (hein_bus_get_memory_used (pair.from->bus), <,
                    8 * 1024 * 1024 + 2 * BLOCK_SIZE);
  for (guint n_taken = 0; n_taken < n; n_taken += take_all (pair.to))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (hein_bus_get_memory_used (pair.from->bus), ==, 0);
  g_assert_cmpuint (hein_bus_get_memory_used (pair.to->bus), ==, 0);
  pair_clear (&pair);
}

static void
test_inproc_counts_parts (void)
{
  Pair pair;

  pair_init_by (&pair, "inproc://limits-parts");
  g_assert_cmpuint (send_while_room (pair.from, 1000), <, 100);
  pair_clear (&pair);
}

/* send-limit is that of each peer here, too, and from when it is set. */
static void
test_inproc_keeps_send_limit (void)
{
  Pair pair;
  guint n;

  pair_init_by (&pair, "inproc://limits-send");
  g_object_set (pair.from->bus, "send-limit", (guint64) 100000, NULL);
  n = send_while_room (pair.from, 1);
  g_assert_cmpuint (n, >, 50);
  g_assert_cmpuint (n, <=, 100);
  g_object_set (pair.from->bus, "send-limit", (guint64) 10000000, NULL);
  hein_test_wait (
    hein_peer_get_has_room (hein_test_bus_find_peer (pair.from, "to")));
  g_assert_cmpuint (send_while_room (pair.from, 1), >, 5000);
  pair_clear (&pair);
}

/* What one peer may have is less than what the bus may. */
static void
test_inproc_keeps_memory_limit (void)
{
  Pair pair;
  guint n;

  pair_init_by (&pair, "inproc://limits-memory");
  g_object_set (pair.from->bus, "memory-limit", (guint64) 1000000, NULL);
  n = send_while_room (pair.from, 1);
  g_assert_cmpuint (hein_bus_get_memory_used (pair.from->bus), >=, 900000);
  g_assert_cmpuint (hein_bus_get_memory_used (pair.from->bus), <, 1100000);
  /* it goes on when half of it was taken */
  for (guint n_taken = 0; n_taken < n; n_taken += take_all (pair.to))
    g_main_context_iteration (NULL, TRUE);
  hein_test_wait (
    hein_peer_get_has_room (hein_test_bus_find_peer (pair.from, "to")));
  g_assert_cmpuint (send_while_room (pair.from, 1), >, 500);
  pair_clear (&pair);
}

/* What a peer has not acknowledged is kept, to be sent again. */
static void
test_unconfirmed_counts (void)
{
  enum
  {
    N = 500
  };
  Pair pair;
  g_autoptr (HeinMessage) message = make_block ();
  const char *uri = "tcp+aiomsg://127.0.0.1:0?guarantee=at-least-once";
  HeinPeer *peer;

  pair_init_by (&pair, uri);
  peer = hein_test_bus_find_peer (pair.from, "to");
  for (guint i = 0; i < N; i++)
    g_assert_true (hein_bus_send (pair.from->bus, message, NULL));
  hein_test_wait (hein_peer_get_messages_sent (peer) == N);
  g_assert_cmpuint (hein_bus_get_memory_used (pair.from->bus), >=,
                    N * BLOCK_SIZE);
  for (guint n = 0; n < N; n += take_all (pair.to))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (take_all (pair.to), ==, 0); /* it has handled the last */
  hein_test_wait (hein_bus_get_memory_used (pair.from->bus) == 0);
  pair_clear (&pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/limits/many-peers", test_many_peers);
  g_test_add_func ("/limits/send-limit-is-raised", test_send_limit_is_raised);
  g_test_add_func ("/limits/receive-limit-is-raised",
                   test_receive_limit_is_raised);
  g_test_add_func ("/limits/memory-limit-bounds-what-goes",
                   test_memory_limit_bounds_what_goes);
  g_test_add_data_func ("/limits/memory-limit-bounds-what-drops/newest",
                        GINT_TO_POINTER (HEIN_OVERFLOW_DROP_NEWEST),
                        test_memory_limit_bounds_what_drops);
  g_test_add_data_func ("/limits/memory-limit-bounds-what-drops/oldest",
                        GINT_TO_POINTER (HEIN_OVERFLOW_DROP_OLDEST),
                        test_memory_limit_bounds_what_drops);
  g_test_add_func ("/limits/memory-limit-bounds-what-came",
                   test_memory_limit_bounds_what_came);
  g_test_add_func ("/limits/waiting-calls", test_waiting_calls);
  g_test_add_func ("/limits/turn-is-bounded", test_turn_is_bounded);
  g_test_add_func ("/limits/inproc-counts", test_inproc_counts);
  g_test_add_func ("/limits/inproc-counts-parts", test_inproc_counts_parts);
  g_test_add_func ("/limits/inproc-keeps-send-limit",
                   test_inproc_keeps_send_limit);
  g_test_add_func ("/limits/inproc-keeps-memory-limit",
                   test_inproc_keeps_memory_limit);
  g_test_add_func ("/limits/unconfirmed-counts", test_unconfirmed_counts);
  g_test_add_func ("/limits/part-while-finishing", test_part_while_finishing);
  return g_test_run ();
}

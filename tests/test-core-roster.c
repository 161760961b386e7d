/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

#include "core-host.h"
#include "core/hein-directory.h"
#include "core/hein-peer-private.h"
#include "core/hein-peers-private.h"
#include "core/hein-roster.h"
#include "core/hein-takers.h"
#include "io/hein-world.h"
#include "message/hein-topics.h"

/* Who is there, without a bus: in which order that is told, who is a target, and
 * what is counted of targets. */

static guint
count_targets (CoreHost *host)
{
  return host->core.roster.targets->array->len;
}

/* Who gets a message of this topic and payload, by looking at each target. */
static void
assert_takers (CoreHost *host, const char *topic, const char *text)
{
  g_autoptr (HeinMessage) message = hein_message_new_text (topic, text);
  GPtrArray *targets = host->core.roster.targets->array;
  GPtrArray *takers = hein_takers_find (&host->core, message);
  guint n = 0;

  for (guint i = 0; i < targets->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (targets, i);
      guint place = G_MAXUINT;

      g_assert_cmpint (g_ptr_array_find (takers, peer, &place), ==,
                       hein_peer_wants (peer, message));
      n += place != G_MAXUINT;
    }
  g_assert_cmpuint (takers->len, ==, n);
  hein_takers_end (&host->core, takers);
}

/* What the counts of the roster have to be, by looking at each target. */
static void
assert_counts (CoreHost *host)
{
  GPtrArray *targets = host->core.roster.targets->array;
  guint n_full = 0;
  guint n_filtered = 0;

  for (guint i = 0; i < targets->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (targets, i);

      g_assert_true (peer->is_target);
      n_full += peer->is_full;
      n_filtered += !hein_peer_wants_all (peer);
    }
  g_assert_cmpuint (host->core.roster.n_full, ==, n_full);
  g_assert_cmpuint (host->core.roster.n_filtered, ==, n_filtered);
  assert_takers (host, "", "");
  assert_takers (host, "abc", "b");
  assert_takers (host, "", "aabb");
}

static void
test_order (void)
{
  CoreHost host;
  HeinPeer *kirk;
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, 0, "shot");

  core_host_init (&host, NULL);
  kirk = core_host_add_peer (&host, "kirk");
  g_assert_cmpuint (count_targets (&host), ==, 1);
  g_assert_cmpuint (host.core.roster.peers->array->len, ==, 0);
  core_host_deliver (&host, kirk, "one");
  core_host_add_peer (&host, "spock");
  core_host_deliver (&host, kirk, "two");
  hein_roster_remove (&host.core, kirk, error);
  g_assert_cmpuint (count_targets (&host), ==, 1);
  core_host_assert_calls (&host, "check-ready check-ready");
  core_host_assert_told (&host, "+kirk one +spock two -kirk(shot)");
  g_assert_cmpuint (host.core.roster.peers->array->len, ==, 1);
  g_assert_true (host.core.host.wants_turn);
  core_host_clear (&host);
}

/* Who is gone reaches neither the core nor whoever carried its messages. */
static void
test_detached (void)
{
  CoreHost host;
  g_autoptr (HeinPeer) kirk = NULL;

  core_host_init (&host, NULL);
  kirk = g_object_ref (core_host_add_peer (&host, "kirk"));
  g_assert_true (hein_peer_get_is_up (kirk));
  hein_roster_remove (&host.core, kirk, NULL);
  g_assert_false (hein_peer_get_is_up (kirk));
  g_assert_null (kirk->core);
  g_assert_null (kirk->carrier);
  g_assert_null (kirk->link);
  g_assert_false (kirk->is_target);
  core_host_assert_told (&host, "+kirk -kirk");
  core_host_clear (&host);
}

/* Who takes no messages is there, and is no target. */
static void
test_accepts (void)
{
  CoreHost host;
  HeinPeer *kirk;

  core_host_init (&host, NULL);
  kirk = core_host_add_peer (&host, "kirk");
  core_host_assert_calls (&host, "check-ready");
  hein_roster_set_accepts (&host.core, kirk, FALSE);
  g_assert_cmpuint (count_targets (&host), ==, 0);
  core_host_assert_calls (&host, "check-ready");
  hein_roster_set_accepts (&host.core, kirk, FALSE);
  core_host_assert_calls (&host, "");
  hein_roster_set_full (&host.core, kirk, TRUE);
  assert_counts (&host);
  hein_roster_set_accepts (&host.core, kirk, TRUE);
  g_assert_cmpuint (count_targets (&host), ==, 1);
  assert_counts (&host);
  core_host_assert_told (&host, "+kirk");
  core_host_clear (&host);
}

static void
subscribe (CoreHost *host, HeinPeer *peer, const char *prefix)
{
  if (peer->wants.match == HEIN_MATCH_ALL)
    hein_roster_set_match (&host->core, peer, HEIN_MATCH_TOPIC);
  hein_roster_subscribe (&host->core, peer, (const guint8 *) prefix,
                         strlen (prefix), NULL);
}

static void
want_all (CoreHost *host, HeinPeer *peer)
{
  hein_roster_set_match (&host->core, peer, HEIN_MATCH_ALL);
}

static void
test_filtered (void)
{
  CoreHost host;
  HeinPeer *kirk;

  core_host_init (&host, NULL);
  kirk = core_host_add_peer (&host, "kirk");
  want_all (&host, kirk);
  g_assert_cmpuint (host.core.roster.n_filtered, ==, 0);
  subscribe (&host, kirk, "a");
  g_assert_cmpuint (host.core.roster.n_filtered, ==, 1);
  subscribe (&host, kirk, "b");
  g_assert_cmpuint (host.core.roster.n_filtered, ==, 1);
  subscribe (&host, kirk, "");
  g_assert_cmpuint (host.core.roster.n_filtered, ==, 0);
  hein_roster_remove (&host.core, kirk, NULL);
  g_assert_cmpuint (host.core.roster.n_filtered, ==, 0);
  core_host_assert_told (&host, "+kirk -kirk");
  core_host_clear (&host);
}

/* Room is told to whoever sends only when there is more of it. */
static void
test_room (void)
{
  CoreHost host;
  HeinPeer *kirk;

  core_host_init (&host, NULL);
  kirk = core_host_add_peer (&host, "kirk");
  hein_roster_set_full (&host.core, kirk, TRUE);
  g_assert_false (host.core.roster.room_changed);
  g_assert_cmpuint (host.core.roster.n_full, ==, 1);
  hein_roster_set_full (&host.core, kirk, TRUE);
  g_assert_cmpuint (host.core.roster.n_full, ==, 1);
  hein_roster_set_full (&host.core, kirk, FALSE);
  g_assert_true (host.core.roster.room_changed);
  g_assert_cmpuint (host.core.roster.n_full, ==, 0);
  hein_roster_set_full (&host.core, kirk, TRUE);
  hein_roster_remove (&host.core, kirk, NULL);
  g_assert_cmpuint (host.core.roster.n_full, ==, 0);
  core_host_assert_told (&host, "+kirk -kirk");
  core_host_clear (&host);
}

static void
change_something (CoreHost *host, GPtrArray *there)
{
  HeinPeer *peer =
    there->len > 0
      ? g_ptr_array_index (there,
                           g_test_rand_int_range (0, (gint32) there->len))
      : NULL;

  static const char *const prefixes[] = { "", "a", "aa", "ab", "abc", "b" };
  const char *prefix =
    prefixes[g_test_rand_int_range (0, G_N_ELEMENTS (prefixes))];

  switch (peer != NULL ? g_test_rand_int_range (0, 12) : 0)
    {
    case 0:
    case 1:
      g_ptr_array_add (there, core_host_add_peer (host, "somebody"));
      break;
    case 2:
      g_ptr_array_remove (there, peer);
      hein_roster_remove (&host->core, peer, NULL);
      break;
    case 3:
      hein_roster_set_full (&host->core, peer, !peer->is_full);
      break;
    case 4:
      hein_roster_set_accepts (&host->core, peer, !peer->accepts);
      break;
    case 5:
    case 6:
    case 7:
      subscribe (host, peer, prefix);
      break;
    case 8:
    case 9:
      hein_roster_unsubscribe (&host->core, peer, (const guint8 *) prefix,
                               strlen (prefix));
      break;
    case 10:
      hein_roster_set_match (&host->core, peer,
                             g_test_rand_int_range (HEIN_MATCH_TOPIC,
                                                    HEIN_MATCH_PART + 1));
      break;
    default:
      want_all (host, peer);
    }
}

static void
test_counts (void)
{
  CoreHost host;
  g_autoptr (GPtrArray) there = g_ptr_array_new ();

  core_host_init (&host, NULL);
  for (guint i = 0; i < 5000; i++)
    {
      change_something (&host, there);
      assert_counts (&host);
    }
  while (there->len > 0)
    hein_roster_remove (&host.core, g_ptr_array_steal_index (there, 0), NULL);
  g_assert_cmpuint (host.core.roster.n_full, ==, 0);
  g_assert_cmpuint (host.core.roster.n_filtered, ==, 0);
  g_assert_cmpuint (count_targets (&host), ==, 0);
  core_host_clear (&host);
}

/* ---- who waits for peers ---- */

typedef struct
{
  HeinPeerWatch watch;
  CoreHost *host;
  const char *name;
  gboolean is_once;
} Watcher;

static void
forget (Watcher *self)
{
  g_queue_unlink (&self->host->core.roster.watches, &self->watch.in_bus);
}

static void
on_joined (HeinPeerWatch *watch, HeinPeer *peer)
{
  Watcher *self = (Watcher *) watch;

  core_host_note (self->host, "%s:%s:joined:%u", self->name,
                  hein_peer_get_name (peer), count_targets (self->host));
  if (self->is_once)
    forget (self);
}

static void
on_settled (HeinPeerWatch *watch, HeinPeer *peer, gboolean is_alive)
{
  Watcher *self = (Watcher *) watch;

  core_host_note (self->host, "%s:%s:%s", self->name, hein_peer_get_name (peer),
                  is_alive ? "alive" : "gone");
  if (self->is_once)
    forget (self);
}

static void
add_watcher (Watcher *self, CoreHost *host, const char *name, gboolean is_once)
{
  *self = (Watcher){ .host = host,
                     .name = name,
                     .is_once = is_once,
                     .watch.joined = on_joined,
                     .watch.settled = on_settled };
  self->watch.in_bus.data = self;
  g_queue_push_tail_link (&host->core.roster.watches, &self->watch.in_bus);
}

static void
test_watches (void)
{
  CoreHost host;
  Watcher first;
  Watcher second;
  HeinPeer *kirk;

  core_host_init (&host, NULL);
  add_watcher (&first, &host, "first", TRUE);
  add_watcher (&second, &host, "second", FALSE);
  kirk = core_host_add_peer (&host, "kirk");
  core_host_assert_calls (&host, "first:kirk:joined:1 second:kirk:joined:1 "
                                 "check-ready");
  hein_roster_settle (&host.core, kirk, TRUE);
  core_host_assert_calls (&host, "second:kirk:alive");
  hein_roster_set_accepts (&host.core, kirk, FALSE);
  hein_roster_set_accepts (&host.core, kirk, TRUE);
  core_host_assert_calls (&host,
                          "check-ready second:kirk:joined:1 check-ready");
  hein_roster_remove (&host.core, kirk, NULL);
  core_host_assert_calls (&host, "second:kirk:gone");
  forget (&second);
  core_host_clear (&host);
}

/* What it missed comes before it is a target of what is sent live. */
static void
test_retained (void)
{
  CoreHost host;
  Watcher watcher;
  g_autoptr (HeinMessage) old = hein_message_new_text ("a", "old");
  g_autoptr (HeinMessage) value = hein_message_new_text ("a", "new");
  g_autoptr (HeinMessage) other = hein_message_new_text ("b", "other");
  g_autoptr (HeinPeer) spock = NULL;

  core_host_init (&host, NULL);
  spock = core_host_make_peer (&host, "spock");
  host.carrier.retain = TRUE;
  host.core.sender.sent_topics = hein_topics_new ();
  hein_topics_set (host.core.sender.sent_topics, NULL, old);
  hein_topics_set (host.core.sender.sent_topics, NULL, other);
  hein_topics_set (host.core.sender.sent_topics, NULL, value);
  add_watcher (&watcher, &host, "watcher", FALSE);
  core_host_add_peer (&host, "kirk");
  core_host_assert_sent (&host, "kirk:other kirk:new");
  core_host_assert_calls (&host, "watcher:kirk:joined:1 check-ready");
  subscribe (&host, spock, "b");
  hein_roster_add (&host.core, spock);
  core_host_assert_sent (&host, "spock:other");
  forget (&watcher);
  core_host_clear (&host);
}

/* ---- names ---- */

static void
test_names (void)
{
  CoreHost host;
  HeinPeer *first;
  HeinPeer *second;

  core_host_init (&host, NULL);
  g_assert_false (hein_directory_was_seen (&host.core, "kirk"));
  first = core_host_add_peer (&host, "kirk");
  second = core_host_add_peer (&host, "kirk");
  g_assert_true (hein_directory_find (&host.core, "kirk") == first);
  g_assert_false (hein_directory_was_seen (&host.core, "kirk"));
  hein_roster_remove (&host.core, first, NULL);
  g_assert_true (hein_directory_find (&host.core, "kirk") == second);
  hein_roster_remove (&host.core, second, NULL);
  g_assert_null (hein_directory_find (&host.core, "kirk"));
  g_assert_true (hein_directory_was_seen (&host.core, "kirk"));
  core_host_clear (&host);
}

/* So many names are remembered as retained topics, and no more. */
static void
test_names_of_late (void)
{
  CoreHost host;
  guint n_seen = 0;

  core_host_init (&host, NULL);
  for (guint i = 0; i < 2 * HEIN_TOPICS_MAX; i++)
    {
      g_autofree char *name = g_strdup_printf ("stranger-%u", i);

      hein_roster_remove (&host.core, core_host_add_peer (&host, name), NULL);
      /* comes and goes all the time */
      hein_roster_remove (&host.core, core_host_add_peer (&host, "kirk"), NULL);
    }
  for (guint i = 0; i < 2 * HEIN_TOPICS_MAX; i++)
    {
      g_autofree char *name = g_strdup_printf ("stranger-%u", i);
      const gboolean was_seen = hein_directory_was_seen (&host.core, name);

      g_assert_cmpint (was_seen, ==, i > HEIN_TOPICS_MAX);
      n_seen += was_seen;
    }
  g_assert_true (hein_directory_was_seen (&host.core, "kirk"));
  g_assert_cmpuint (n_seen + 1, ==, HEIN_TOPICS_MAX);
  core_host_clear (&host);
}

/* A name is forgotten when nobody asks for it any more, not only when others
 * need its place. */
static void
test_names_of_old (void)
{
  CoreHost host;
  HeinWorld world = { .now_us = 1 };

  core_host_init (&host, NULL);
  hein_world = &world;
  for (guint i = 0; i < HEIN_TOPICS_MAX / 2; i++)
    {
      g_autofree char *name = g_strdup_printf ("stranger-%u", i);

      hein_roster_remove (&host.core, core_host_add_peer (&host, name), NULL);
    }
  world.now_us += HEIN_NAME_MEMORY_US;
  hein_roster_remove (&host.core, core_host_add_peer (&host, "kirk"), NULL);
  g_assert_true (hein_directory_was_seen (&host.core, "stranger-0"));
  g_assert_cmpuint (g_hash_table_size (host.core.roster.seen), ==,
                    HEIN_TOPICS_MAX / 2 + 1);
  world.now_us++;
  g_assert_false (hein_directory_was_seen (&host.core, "stranger-0"));
  hein_roster_remove (&host.core, core_host_add_peer (&host, "spock"), NULL);
  g_assert_cmpuint (g_hash_table_size (host.core.roster.seen), ==, 2);
  g_assert_true (hein_directory_was_seen (&host.core, "kirk"));
  hein_world = NULL;
  core_host_clear (&host);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/roster/order", test_order);
  g_test_add_func ("/roster/detached", test_detached);
  g_test_add_func ("/roster/accepts", test_accepts);
  g_test_add_func ("/roster/filtered", test_filtered);
  g_test_add_func ("/roster/room", test_room);
  g_test_add_func ("/roster/counts", test_counts);
  g_test_add_func ("/roster/watches", test_watches);
  g_test_add_func ("/roster/retained", test_retained);
  g_test_add_func ("/roster/names", test_names);
  g_test_add_func ("/roster/names-of-late", test_names_of_late);
  g_test_add_func ("/roster/names-of-old", test_names_of_old);
  return g_test_run ();
}

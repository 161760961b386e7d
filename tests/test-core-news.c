/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

#include "core-host.h"
#include "core/hein-peers-private.h"
#include "core/hein-roster.h"

/* What waits to be told to an application, without a bus and an application: its
 * order, and who is read no further while too much waits. */

static void
deliver_large (CoreHost *host, HeinPeer *peer, gsize size)
{
  g_autofree guint8 *bytes = g_malloc0 (size);

  hein_news_deliver (&host->core, peer,
                     hein_message_new_received ("", 0, bytes, size, peer, 1));
}

/* Takes the oldest event out, whatever it is. */
static void
tell_one (CoreHost *host)
{
  HeinEvent event = host->core.news.events[host->core.news.events_begin++];

  if (event.kind == HEIN_EVENT_MESSAGE)
    hein_news_give_back (&host->core, hein_message_sender (event.object),
                         hein_message_get_cost (event.object), 1);
  hein_news_clear_event (&event);
}

/* The row grows, and moves, while it is taken out of at the other end. */
static void
test_row (void)
{
  CoreHost host;
  HeinPeer *kirk;
  guint n_in = 0;
  guint n_out = 0;

  core_host_init (&host, NULL);
  kirk = core_host_add_peer (&host, "kirk");
  core_host_assert_told (&host, "+kirk");
  for (guint round = 1; round < 200; round++)
    {
      for (guint i = 0; i < round; i++)
        {
          g_autofree char *text = g_strdup_printf ("%u", n_in++);

          core_host_deliver (&host, kirk, text);
        }
      for (guint i = 0; i < round - round % 3; i++)
        {
          HeinEvent *event =
            &host.core.news.events[host.core.news.events_begin];
          g_autofree char *text = hein_message_dup_text (event->object, NULL);

          g_assert_cmpuint (g_ascii_strtoull (text, NULL, 10), ==, n_out++);
          tell_one (&host);
        }
    }
  g_assert_cmpuint (host.core.news.events_end - host.core.news.events_begin, ==,
                    n_in - n_out);
  g_assert_cmpuint (hein_peer_get_messages_received (kirk), ==, n_in);
  while (host.core.news.events_begin < host.core.news.events_end)
    tell_one (&host);
  g_assert_cmpuint (host.core.host.receive_cost, ==, 0);
  g_assert_cmpuint (kirk->arrivals.cost, ==, 0);
  core_host_clear (&host);
}

/* A quarter of receive-limit is the share of one: over it that one waits, and is
 * read again when half of its share is told. */
static void
test_share (void)
{
  CoreHost host;
  HeinPeer *kirk;
  HeinPeer *spock;

  core_host_init (&host, NULL);
  kirk = core_host_add_peer (&host, "kirk");
  spock = core_host_add_peer (&host, "spock");
  core_host_assert_told (&host, "+kirk +spock");
  core_host_assert_calls (&host, "check-ready check-ready");
  while (kirk->arrivals.cost + 20000 < host.core.host.receive_max / 4)
    deliver_large (&host, kirk, 10000);
  core_host_assert_calls (&host, "");
  while (kirk->arrivals.cost < host.core.host.receive_max / 4)
    deliver_large (&host, kirk, 10000);
  core_host_assert_calls (&host, "pause:kirk");
  deliver_large (&host, spock, 10000);
  core_host_assert_calls (&host, "");

  while (kirk->arrivals.cost > host.core.host.receive_max / 8)
    {
      hein_news_resume (&host.core, G_MAXINT64);
      core_host_assert_calls (&host, "");
      tell_one (&host);
    }
  hein_news_resume (&host.core, G_MAXINT64);
  core_host_assert_calls (&host, "resume:kirk");
  hein_news_resume (&host.core, G_MAXINT64);
  core_host_assert_calls (&host, "");
  core_host_clear (&host);
}

/* All together: who sends when the limit is reached waits, however little it was. */
static void
test_limit (void)
{
  CoreHost host;
  HeinPeer *peers[6];
  guint n_paused = 0;

  core_host_init (&host, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    peers[i] = core_host_add_peer (&host, "somebody");
  while (host.core.host.receive_cost < host.core.host.receive_max)
    for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
      deliver_large (&host, peers[i], 10000);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      g_assert_cmpuint (peers[i]->arrivals.cost, <,
                        host.core.host.receive_max / 4);
      n_paused += peers[i]->arrivals.is_paused;
    }
  g_assert_cmpuint (n_paused, >, 0);
  while (host.core.news.events_begin < host.core.news.events_end)
    tell_one (&host);
  hein_news_resume (&host.core, G_MAXINT64);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    g_assert_false (peers[i]->arrivals.is_paused);
  core_host_clear (&host);
}

/* A turn reads again from 64 at most, and asks for one more. */
static void
test_resume_in_portions (void)
{
  enum
  {
    N_PEERS = 100
  };
  CoreHost host;

  core_host_init (&host, NULL);
  for (guint i = 0; i < N_PEERS; i++)
    hein_news_pause (&host.core, core_host_add_peer (&host, "somebody"));
  g_string_truncate (host.calls, 0);
  host.core.host.wants_turn = FALSE;
  /* one at least when there is no time */
  hein_news_resume (&host.core, 0);
  g_assert_cmpuint (host.core.news.resumable.length, ==, N_PEERS - 1);
  g_assert_true (host.core.host.wants_turn);
  host.core.host.wants_turn = FALSE;
  hein_news_resume (&host.core, G_MAXINT64);
  g_assert_cmpuint (host.core.news.resumable.length, ==, N_PEERS - 65);
  g_assert_true (host.core.host.wants_turn);
  host.core.host.wants_turn = FALSE;
  hein_news_resume (&host.core, G_MAXINT64);
  g_assert_cmpuint (host.core.news.resumable.length, ==, 0);
  g_assert_false (host.core.host.wants_turn);
  core_host_clear (&host);
}

/* Losses are told in their place, and wait like messages. */
static void
test_loss (void)
{
  CoreHost host;
  HeinPeer *kirk;

  core_host_init (&host, NULL);
  kirk = core_host_add_peer (&host, "kirk");
  core_host_deliver (&host, kirk, "one");
  hein_news_lose (&host.core, kirk, 2, 3);
  core_host_deliver (&host, kirk, "five");
  g_assert_cmpuint (kirk->arrivals.cost, ==, host.core.host.receive_cost);
  core_host_assert_told (&host, "+kirk one lost:kirk:2:3 five");
  g_assert_cmpuint (kirk->arrivals.cost, ==, 0);
  g_assert_cmpuint (host.core.host.receive_cost, ==, 0);

  g_string_truncate (host.calls, 0);
  for (guint i = 0; !kirk->arrivals.is_paused; i++)
    {
      g_assert_cmpuint (i, <, 1000000);
      hein_news_lose (&host.core, kirk, 10 + 2 * i, 1);
    }
  core_host_assert_calls (&host, "pause:kirk");
  core_host_clear (&host);
}

/* Who is gone and has left messages costs more than those: the peer itself, until
 * the last of them is told. */
static void
test_gone (void)
{
  CoreHost host;
  HeinPeer *kirk;
  gsize cost;

  core_host_init (&host, NULL);
  kirk = core_host_add_peer (&host, "kirk");
  core_host_deliver (&host, kirk, "one");
  core_host_deliver (&host, kirk, "two");
  cost = host.core.host.receive_cost;
  hein_roster_remove (&host.core, kirk, NULL);
  g_assert_cmpuint (host.core.host.receive_cost, >, cost);
  core_host_assert_told (&host, "+kirk one two -kirk");
  g_assert_cmpuint (host.core.host.receive_cost, ==, 0);

  kirk = core_host_add_peer (&host, "kirk");
  hein_roster_remove (&host.core, kirk, NULL);
  g_assert_cmpuint (host.core.host.receive_cost, ==, 0);
  core_host_assert_told (&host, "+kirk -kirk");
  core_host_clear (&host);
}

/* Who waits and leaves is read again first: its transport keeps no count of it. */
static void
test_gone_while_paused (void)
{
  CoreHost host;
  HeinPeer *kirk;

  core_host_init (&host, NULL);
  kirk = core_host_add_peer (&host, "kirk");
  core_host_assert_told (&host, "+kirk");
  hein_news_pause (&host.core, kirk);
  core_host_assert_calls (&host, "check-ready pause:kirk");
  g_assert_cmpuint (host.core.news.resumable.length, ==, 1);
  hein_roster_remove (&host.core, kirk, NULL);
  core_host_assert_calls (&host, "resume:kirk");
  g_assert_cmpuint (host.core.news.resumable.length, ==, 0);
  core_host_clear (&host);
}

/* A wider limit lets those read who are within their share now. */
static void
test_wider_limit (void)
{
  CoreHost host;
  HeinPeer *kirk;

  core_host_init (&host, NULL);
  kirk = core_host_add_peer (&host, "kirk");
  core_host_assert_told (&host, "+kirk");
  while (!kirk->arrivals.is_paused)
    deliver_large (&host, kirk, 10000);
  g_string_truncate (host.calls, 0);
  hein_news_resume (&host.core, G_MAXINT64);
  core_host_assert_calls (&host, "");
  host.core.host.receive_max *= 4;
  hein_news_review_pauses (&host.core);
  hein_news_resume (&host.core, G_MAXINT64);
  core_host_assert_calls (&host, "resume:kirk");
  core_host_clear (&host);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/news/row", test_row);
  g_test_add_func ("/news/share", test_share);
  g_test_add_func ("/news/limit", test_limit);
  g_test_add_func ("/news/resume-in-portions", test_resume_in_portions);
  g_test_add_func ("/news/loss", test_loss);
  g_test_add_func ("/news/gone", test_gone);
  g_test_add_func ("/news/gone-while-paused", test_gone_while_paused);
  g_test_add_func ("/news/wider-limit", test_wider_limit);
  return g_test_run ();
}

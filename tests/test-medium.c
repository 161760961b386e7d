/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-test.h"

/*
 * What the bus promises to a transport of messages, seen by one that does
 * nothing but count: what it is asked for, for whom.
 */

typedef struct
{
  HeinTransport parent_instance;

  guint n_paused; /* as udp-multicast counts: stops minus resumptions */
  guint n_stops;
  guint n_sent;
} TestMedium;

typedef HeinTransportClass TestMediumClass;

static GType test_medium_get_type (void);

G_DEFINE_TYPE (TestMedium, test_medium, HEIN_TYPE_TRANSPORT)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestMedium, g_object_unref)

static TestMedium *opened; /* borrowed: by the endpoint that was opened last */

static gboolean
test_medium_begin_open (HeinTransport *transport,
                        HeinEndpoint *endpoint,
                        GTask *task,
                        GError **error)
{
  opened = (TestMedium *) transport;
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

static void
test_medium_pause (HeinTransport *transport, HeinPeer *peer, gboolean paused)
{
  TestMedium *self = (TestMedium *) transport;

  g_assert_true (paused || self->n_paused > 0);
  self->n_paused += paused ? 1 : -1;
  self->n_stops += paused ? 1 : 0;
}

/* Closed when anything is sent: a medium may lose another one within. */
static HeinEndpoint *closes_in_send;
/* Publishes "B" when anything is sent. */
static HeinTestBus *publishes_in_send;

static gboolean
test_medium_send (HeinTransport *transport,
                  HeinPeer *peer,
                  HeinMessage *message,
                  GError **error)
{
  HeinEndpoint *endpoint = g_steal_pointer (&closes_in_send);
  HeinTestBus *publisher = g_steal_pointer (&publishes_in_send);

  ((TestMedium *) transport)->n_sent++;
  if (endpoint != NULL)
    hein_endpoint_close (endpoint);
  if (publisher != NULL)
    hein_test_bus_send (publisher, NULL, "", "B");
  return TRUE;
}

static void
test_medium_class_init (TestMediumClass *klass)
{
  klass->begin_open = test_medium_begin_open;
  klass->pause = test_medium_pause;
  klass->send = test_medium_send;
}

static void
test_medium_init (TestMedium *self)
{
}

static HeinPeer *
add_peer (const char *name)
{
  g_autoptr (GError) error = NULL;
  HeinPeer *peer =
    hein_transport_add_peer (HEIN_TRANSPORT (opened), name, NULL, NULL, &error);

  g_assert_no_error (error);
  return peer;
}

static void
deliver (HeinPeer *peer, guint n)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("", "hello!");

  for (guint i = 0; i < n; i++)
    hein_transport_deliver (HEIN_TRANSPORT (opened), peer, message);
}

static guint
take (HeinTestBus *bus)
{
  g_autoptr (GPtrArray) messages = hein_bus_take (bus->bus, G_MAXUINT);

  return messages->len;
}

/* What is not told to it stays counted: a medium that stops for all while one
 * is over its share would never be read again. */
static void
test_leaves_paused (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  HeinPeer *kirk;
  HeinPeer *spock;
  guint n_taken = 0;

  g_object_set (bus->bus, "receive-limit", (guint64) 8192, NULL);
  hein_test_bus_set_takes (bus, FALSE);
  hein_test_bus_listen (bus, "test-medium://here");
  kirk = add_peer ("kirk");
  spock = add_peer ("spock");
  deliver (kirk, 30);
  g_assert_cmpuint (opened->n_paused, ==, 1);
  deliver (spock, 1);
  hein_transport_remove_peer (HEIN_TRANSPORT (opened), kirk, NULL);
  g_assert_cmpuint (opened->n_paused, ==, 0);
  hein_test_wait (bus->removed->len == 1);
  /* what it said is still there to be taken, and nobody counts it twice */
  hein_test_wait ((n_taken += take (bus)) == 31);
  deliver (spock, 30);
  g_assert_cmpuint (opened->n_paused, ==, 1);
  hein_test_wait ((n_taken += take (bus)) == 61);
  hein_test_wait (opened->n_paused == 0);
  g_assert_cmpuint (opened->n_stops, ==, 2);
}

/* Nobody can be sent away from a medium: it stays as it was. */
static void
test_closes_nothing (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  HeinPeer *kirk;

  hein_test_bus_listen (bus, "test-medium://here");
  kirk = add_peer ("kirk");
  hein_peer_close (kirk);
  deliver (kirk, 1);
  hein_test_wait (bus->messages->len == 1);
  g_assert_true (hein_peer_get_is_up (kirk));
  g_assert_cmpuint (bus->removed->len, ==, 0);
}

static TestMedium *
listen_for_all (HeinTestBus *bus, const char *uri, HeinEndpoint **endpoint)
{
  *endpoint = hein_test_bus_listen (bus, uri);
  hein_transport_set_reaches_all (HEIN_TRANSPORT (opened), TRUE);
  return g_object_ref (opened);
}

/* One medium is lost while the other one is given a message: it gets nothing
 * any more, and later messages go on without it. */
static void
test_goes_within_a_send (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autoptr (HeinMessage) message = hein_message_new_text ("", "hello!");
  g_autoptr (GError) error = NULL;
  g_autoptr (TestMedium) first = NULL;
  g_autoptr (TestMedium) second = NULL;
  HeinEndpoint *endpoints[2];

  first = listen_for_all (bus, "test-medium://first", &endpoints[0]);
  second = listen_for_all (bus, "test-medium://second", &endpoints[1]);
  g_assert_true (hein_bus_send (bus->bus, message, &error));
  g_assert_cmpuint (second->n_sent, ==, 1);
  closes_in_send = endpoints[1];
  g_assert_true (hein_bus_send (bus->bus, message, &error));
  g_assert_cmpuint (first->n_sent, ==, 2);
  g_assert_cmpuint (second->n_sent, ==, 1);
  /* itself, which is the last one */
  closes_in_send = endpoints[0];
  g_assert_true (hein_bus_send (bus->bus, message, &error));
  g_assert_cmpuint (first->n_sent, ==, 3);
  g_assert_no_error (error);
}

static gboolean
has_got (HeinTestBus *bus, const char *expected)
{
  for (guint i = 0; i < bus->messages->len; i++)
    {
      g_autofree char *text = hein_test_bus_dup_text (bus, i);

      if (g_str_equal (text, expected))
        return TRUE;
    }
  return FALSE;
}

/* A transport publishes within a send to all: those who are behind it in that get
 * both messages, and not the inner one twice. */
static void
test_publishes_within_a_send (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  HeinEndpoint *endpoint = hein_test_bus_listen (bus, "tcp://127.0.0.1:0");
  const char *uri = hein_endpoint_get_bound_uri (endpoint);
  g_autoptr (HeinTestBus) before = hein_test_bus_new ("before");
  g_autoptr (HeinTestBus) behind = hein_test_bus_new ("behind");

  hein_test_bus_dial (before, uri);
  hein_test_wait (hein_test_bus_count_peers (bus) == 1);
  hein_test_bus_listen (bus, "test-medium:a");
  add_peer ("kirk");
  hein_test_bus_dial (behind, uri);
  hein_test_wait (hein_test_bus_count_peers (bus) == 3);
  publishes_in_send = bus;
  hein_test_bus_send (bus, NULL, "", "A");
  hein_test_wait (before->messages->len == 2 && behind->messages->len == 2);
  g_assert_true (has_got (before, "A") && has_got (before, "B"));
  g_assert_true (has_got (behind, "A") && has_got (behind, "B"));
  g_assert_cmpuint (opened->n_sent, ==, 2);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  g_test_init (&argc, &argv, NULL);
  hein_plugin_add ("test-medium", test_medium_get_type (), &error);
  g_assert_no_error (error);
  g_test_add_func ("/medium/leaves-paused", test_leaves_paused);
  g_test_add_func ("/medium/closes-nothing", test_closes_nothing);
  g_test_add_func ("/medium/goes-within-a-send", test_goes_within_a_send);
  g_test_add_func ("/medium/publishes-within-a-send",
                   test_publishes_within_a_send);
  return g_test_run ();
}

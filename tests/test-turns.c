/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "clock.h"
#include "hein-test.h"

/* However much there is to do, a turn does it for a limited time, and the next
 * ones do the rest. Here each handler takes longer than that by the clock. */

#define N_PEERS 20
#define LONG_US 5000
/* A handler that takes its time ends its part of the turn, or the next look at
 * the clock does. */
#define FEW 3

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *peers[N_PEERS];
  guint n_told;
} Crowd;

static void
crowd_init (Crowd *self, const char *uri)
{
  self->hub = hein_test_bus_new ("hub");
  self->n_told = 0;
  hein_test_bus_listen (self->hub, uri);
  for (guint i = 0; i < N_PEERS; i++)
    {
      self->peers[i] = hein_test_bus_new (NULL);
      hein_test_bus_dial (self->peers[i], uri);
    }
  hein_test_wait (hein_test_bus_count_peers (self->hub) == N_PEERS);
}

static void
crowd_clear (Crowd *self)
{
  for (guint i = 0; i < N_PEERS; i++)
    hein_test_bus_free (self->peers[i]);
  hein_test_bus_free (self->hub);
}

/* Turns the hub alone until all is told, and checks that no turn tells much. */
static void
tell_all (Crowd *self, guint n_all)
{
  guint n_turns = 0;

  while (self->n_told < n_all && n_turns++ < 10 * n_all)
    {
      const guint n_before = self->n_told;

      hein_bus_turn (self->hub->bus, 0);
      g_assert_cmpuint (self->n_told - n_before, <=, FEW);
    }
  g_assert_cmpuint (self->n_told, ==, n_all);
}

/* ---- what is dropped ---- */

static void
on_dropped (HeinBus *bus,
            HeinPeer *peer,
            HeinDropReason reason,
            guint64 n_messages,
            guint64 n_bytes,
            Crowd *self)
{
  self->n_told += (guint) n_messages;
  clock_advance (LONG_US);
}

static void
test_dropped (void)
{
  g_autofree char *text = g_strnfill (2000, 'x');
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", text);
  Crowd self;

  crowd_init (&self, "inproc://turns-dropped");
  g_object_set (self.hub->bus, "overflow", HEIN_OVERFLOW_DROP_NEWEST,
                "send-limit", (guint64) 2000, NULL);
  g_signal_connect (self.hub->bus, "dropped", G_CALLBACK (on_dropped), &self);
  while (hein_bus_get_n_dropped (self.hub->bus, HEIN_DROP_REASON_OVERFLOW) == 0)
    g_assert_true (hein_bus_send (self.hub->bus, message, NULL));
  g_assert_cmpuint (hein_bus_get_n_dropped (self.hub->bus,
                                            HEIN_DROP_REASON_OVERFLOW),
                    ==, N_PEERS);
  tell_all (&self, N_PEERS);
  crowd_clear (&self);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  hein_bus_close_finish (HEIN_BUS (source), result, NULL);
  *(gboolean *) data = TRUE;
}

/* A bus that is closed tells all of it before it says so. */
static void
test_dropped_at_the_end (void)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "x");
  gboolean is_closed = FALSE;
  Crowd self;

  crowd_init (&self, "inproc://turns-end");
  g_object_set (self.hub->bus, "overflow", HEIN_OVERFLOW_DROP_NEWEST,
                "send-limit", (guint64) 1, "linger-ms", 0u, NULL);
  g_signal_connect (self.hub->bus, "dropped", G_CALLBACK (on_dropped), &self);
  for (guint i = 0; i < 3; i++)
    hein_bus_send (self.hub->bus, message, NULL);
  hein_bus_close_async (self.hub->bus, NULL, on_closed, &is_closed);
  while (!is_closed)
    hein_bus_turn (self.hub->bus, 0);
  g_assert_cmpuint (self.n_told, >=, N_PEERS);
  g_assert_cmpuint (self.n_told, ==, hein_test_bus_count_dropped (self.hub));
  crowd_clear (&self);
}

/* ---- what has changed ---- */

static void
on_notify (HeinPeer *peer, GParamSpec *property, Crowd *self)
{
  self->n_told++;
  clock_advance (LONG_US);
}

static void
test_notify (void)
{
  g_autofree char *text = g_strnfill (2000, 'x');
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", text);
  HeinPeers *peers;
  Crowd self;

  crowd_init (&self, "inproc://turns-notify");
  g_object_set (self.hub->bus, "overflow", HEIN_OVERFLOW_WAIT, "send-limit",
                (guint64) 2000, NULL);
  peers = hein_bus_get_peers (self.hub->bus);
  for (guint i = 0; i < N_PEERS; i++)
    g_signal_connect (hein_peers_get_peer (peers, i), "notify::has-room",
                      G_CALLBACK (on_notify), &self);
  while (hein_bus_send (self.hub->bus, message, NULL))
    ;
  tell_all (&self, N_PEERS);
  for (guint i = 0; i < N_PEERS; i++)
    g_signal_handlers_disconnect_by_data (hein_peers_get_peer (peers, i),
                                          &self);
  crowd_clear (&self);
}

/* A filter that takes its time. */

#define TYPE_SLOW (slow_get_type ())
G_DECLARE_FINAL_TYPE (Slow, slow, , SLOW, GObject)

struct _Slow
{
  GObject parent_instance;
};

static guint n_filtered;

static HeinMessage *
slow_send (HeinFilter *filter, HeinMessage *message, GError **error)
{
  n_filtered++;
  clock_advance (LONG_US);
  return hein_message_ref (message);
}

static void
slow_filter_init (HeinFilterInterface *interface)
{
  interface->send = slow_send;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (Slow,
                               slow,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (HEIN_TYPE_FILTER,
                                                      slow_filter_init))

static void
slow_class_init (SlowClass *class)
{
}

static void
slow_init (Slow *self)
{
}

/* ---- what other threads send ---- */

#define N_POSTED 100

static gpointer
post (gpointer data)
{
  HeinBus *bus = data;
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "x");

  for (guint i = 0; i < N_POSTED; i++)
    g_assert_true (hein_bus_send (bus, message, NULL));
  return NULL;
}

/* The clock is read for every 32 of them, and more often when each goes to many
 * peers. */
static void
test_posted (void)
{
  g_autoptr (Slow) slow = g_object_new (TYPE_SLOW, NULL);
  Crowd self;

  crowd_init (&self, "inproc://turns-posted");
  hein_bus_add_filter (self.hub->bus, HEIN_FILTER (slow));
  n_filtered = 0;
  g_thread_join (g_thread_new ("posts", post, self.hub->bus));
  for (guint i = 0; n_filtered < N_POSTED && i < 10 * N_POSTED; i++)
    {
      const guint n_before = n_filtered;

      hein_bus_turn (self.hub->bus, 0);
      g_assert_cmpuint (n_filtered - n_before, <=, 16);
    }
  g_assert_cmpuint (n_filtered, ==, N_POSTED);
  crowd_clear (&self);
}

/* ---- what a bridge passes on ---- */

static void
test_bridge (void)
{
  const guint n_messages = 50;
  g_autoptr (HeinTestBus) near = hein_test_bus_new ("near");
  g_autoptr (HeinTestBus) far = hein_test_bus_new ("far");
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (Slow) slow = g_object_new (TYPE_SLOW, NULL);
  g_autoptr (HeinBridge) bridge = NULL;
  guint64 n_done = 0;

  hein_test_bus_set_takes (near, FALSE);
  hein_test_bus_listen (near, "inproc://turns-bridge");
  hein_test_bus_dial (kirk, "inproc://turns-bridge");
  hein_test_wait (hein_test_bus_count_peers (kirk) == 1 &&
                  hein_test_bus_count_peers (near) == 1);
  for (guint i = 0; i < n_messages; i++)
    hein_test_bus_send (kirk, NULL, "t", "x");
  hein_test_wait (hein_peer_get_messages_received (
                    hein_test_bus_find_peer (near, "kirk")) == n_messages);
  hein_bus_add_filter (far->bus, HEIN_FILTER (slow));
  bridge = hein_bridge_new (near->bus, far->bus, "turns", NULL);
  g_assert_nonnull (bridge);
  for (guint i = 0; n_done < n_messages && i < 10 * n_messages; i++)
    {
      const guint64 n_before = n_done;

      hein_bus_turn (near->bus, 0);
      n_done =
        hein_bridge_get_n_passed (bridge) + hein_bridge_get_n_failed (bridge);
      g_assert_cmpuint (n_done - n_before, <=, FEW);
    }
  g_assert_cmpuint (n_done, ==, n_messages);
  hein_bridge_close (bridge);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/turns/dropped", test_dropped);
  g_test_add_func ("/turns/dropped-at-the-end", test_dropped_at_the_end);
  g_test_add_func ("/turns/notify", test_notify);
  g_test_add_func ("/turns/posted", test_posted);
  g_test_add_func ("/turns/bridge", test_bridge);
  return g_test_run ();
}

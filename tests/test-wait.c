/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <poll.h>

#include "hein-test.h"

/* Waiting for peers: what a program does that sends something and leaves. */

#define LOOPBACK "tcp://127.0.0.1:0"

typedef struct
{
  gboolean is_done;
  gboolean is_there;
  guint n_peers; /* as the application has been told */
  GError *error;
} Waited;

static void
on_waited (GObject *source, GAsyncResult *result, gpointer data)
{
  HeinBus *bus = HEIN_BUS (source);
  Waited *self = data;

  g_assert_false (self->is_done);
  self->is_done = TRUE;
  self->n_peers = hein_peers_get_n_peers (hein_bus_get_peers (bus));
  self->is_there = hein_bus_wait_for_peers_finish (bus, result, &self->error);
  g_assert_true (self->is_there == (self->error == NULL));
}

static void
wait_for (HeinTestBus *bus, guint n, int timeout_ms, Waited *waited)
{
  hein_bus_wait_for_peers_async (bus->bus, n, timeout_ms, NULL, on_waited,
                                 waited);
}

static const char *
listen_at (HeinTestBus *bus)
{
  return hein_endpoint_get_bound_uri (hein_test_bus_listen (bus, LOOPBACK));
}

/* It ends when the last of them has come, in a turn, and at once for who asks
 * later; what is sent then is for all of them. */
static void
test_comes (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  g_autofree char *uri = g_strdup (listen_at (hub));
  Waited one = { 0 };
  Waited two = { 0 };
  Waited late = { 0 };

  wait_for (hub, 2, -1, &two);
  wait_for (hub, 1, hein_test_get_patience () * 1000, &one);
  hein_test_bus_dial (kirk, uri);
  hein_test_wait (one.is_done);
  g_assert_true (one.is_there);
  g_assert_cmpuint (one.n_peers, ==, 1);
  g_assert_false (two.is_done);
  hein_test_bus_dial (spock, uri);
  hein_test_wait (two.is_done);
  g_assert_true (two.is_there);
  g_assert_cmpuint (two.n_peers, ==, 2);
  wait_for (hub, 2, 0, &late);
  g_assert_false (late.is_done);
  hein_test_wait (late.is_done);
  g_assert_true (late.is_there);
  hein_test_bus_send (hub, NULL, "greeting", "hello!");
  hein_test_bus_close (hub);
  hein_test_wait (kirk->messages->len == 1 && spock->messages->len == 1);
}

/* Who is connected and takes nothing is not waited for. */
static void
test_takes_nothing (void)
{
  g_autoptr (HeinTestBus) captain = hein_test_bus_new ("captain");
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autofree char *captain_uri = g_strdup (hein_endpoint_get_bound_uri (
    hein_test_bus_listen (captain, "tcp+soc://127.0.0.1:0")));
  g_autofree char *spock_uri = g_strdup (listen_at (spock));
  Waited waited = { 0 };

  wait_for (kirk, 1, -1, &waited);
  hein_test_bus_dial (kirk, captain_uri);
  hein_test_wait (kirk->added->len == 1);
  g_assert_cmpuint (hein_test_bus_count_peers (kirk), ==, 0);
  hein_test_bus_dial (kirk, spock_uri);
  hein_test_wait (waited.is_done);
  g_assert_true (waited.is_there);
  g_assert_cmpuint (waited.n_peers, ==, 2);
}

/* The time passes, somebody cancels, or the bus is closed: each ends it once. */
static void
test_in_vain (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Waited timed_out = { 0 };
  Waited at_once = { 0 };
  Waited cancelled = { 0 };
  Waited closed = { 0 };
  Waited late = { 0 };

  wait_for (hub, 1, 1, &timed_out);
  wait_for (hub, 1, 0, &at_once);
  wait_for (hub, 1, -1, &closed);
  hein_bus_wait_for_peers_async (hub->bus, 1, -1, cancellable, on_waited,
                                 &cancelled);
  hein_test_wait (timed_out.is_done && at_once.is_done);
  g_assert_error (timed_out.error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  g_assert_error (at_once.error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  g_cancellable_cancel (cancellable);
  hein_test_wait (cancelled.is_done);
  g_assert_error (cancelled.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (closed.is_done);
  hein_bus_close (hub->bus);
  hein_test_wait (closed.is_done);
  g_assert_error (closed.error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  wait_for (hub, 1, -1, &late);
  hein_test_wait (late.is_done);
  g_assert_error (late.error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  g_clear_error (&timed_out.error);
  g_clear_error (&at_once.error);
  g_clear_error (&cancelled.error);
  g_clear_error (&closed.error);
  g_clear_error (&late.error);
}

/* In an event loop of the program's own the descriptor wakes for the time. */
static void
test_embedded (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  struct pollfd poll_fd = { hein_bus_get_fd (hub->bus), POLLIN, 0 };
  Waited waited = { 0 };

  while (poll (&poll_fd, 1, 0) > 0)
    hein_bus_turn (hub->bus, 0);
  wait_for (hub, 1, 20, &waited);
  while (!waited.is_done)
    {
      g_assert_cmpint (poll (&poll_fd, 1, HEIN_TEST_WAIT_US / 1000), ==, 1);
      hein_bus_turn (hub->bus, 0);
    }
  g_assert_error (waited.error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  g_clear_error (&waited.error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wait/comes", test_comes);
  g_test_add_func ("/wait/takes-nothing", test_takes_nothing);
  g_test_add_func ("/wait/in-vain", test_in_vain);
  g_test_add_func ("/wait/embedded", test_embedded);
  return g_test_run ();
}

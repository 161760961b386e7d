/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-test.h"

/*
 * What programs that were hubs of socket.engine, or transmitters of the Python
 * library hein, need of a bus: values by topic, name and origin, and pings.
 */

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *kirk;  /* dialled the hub */
  HeinTestBus *spock; /* was dialled by it */
} Fixture;

static HeinTestBus *
make_bus (const char *name)
{
  HeinTestBus *self = hein_test_bus_new (name);

  g_object_set (self->bus, "keep-latest", TRUE, NULL);
  return self;
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->hub = make_bus ("hub");
  self->kirk = make_bus ("kirk");
  self->spock = make_bus ("spock");
  hein_test_bus_dial (self->kirk,
                      hein_endpoint_get_bound_uri (
                        hein_test_bus_listen (self->hub, "tcp://127.0.0.1:0")));
  hein_test_bus_dial (self->hub, hein_endpoint_get_bound_uri (
                                   hein_test_bus_listen (self->spock,
                                                         "tcp://127.0.0.1:0")));
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 2 &&
                  hein_test_bus_count_peers (self->kirk) == 1 &&
                  hein_test_bus_count_peers (self->spock) == 1);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  hein_test_bus_free (self->kirk);
  hein_test_bus_free (self->spock);
  hein_test_bus_free (self->hub);
}

/* Takes @messages. */
static void
assert_values (GPtrArray *messages, const char *expected)
{
  g_autoptr (GPtrArray) owned = messages;
  g_autoptr (GString) texts = g_string_new (NULL);

  for (guint i = 0; i < owned->len; i++)
    {
      g_autofree char *text =
        hein_message_dup_text (g_ptr_array_index (owned, i), NULL);

      g_string_append_printf (texts, "%s%s", i > 0 ? "," : "", text);
    }
  g_assert_cmpstr (texts->str, ==, expected);
}

/* S2, S3 */
static void
test_latest (Fixture *self, gconstpointer data)
{
  HeinBus *hub = self->hub->bus;
  g_autoptr (HeinMessage) one = NULL;
  HeinPeer *spock;

  hein_test_bus_send (self->kirk, "hub", "speed", "1");
  hein_test_bus_send (self->kirk, "hub", "speed", "2");
  hein_test_bus_send (self->kirk, "hub", "course", "90");
  hein_test_wait (self->hub->messages->len == 3);
  hein_test_bus_send (self->spock, "hub", "speed", "3");
  hein_test_wait (self->hub->messages->len == 4);
  assert_values (hein_bus_get_latest (hub, "speed"), "2,3");
  assert_values (hein_bus_get_latest (hub, "nothing"), "");
  spock = hein_test_bus_find_peer (self->hub, "spock");
  one = hein_peer_get_latest (spock, "speed");
  g_assert_nonnull (one);
  g_assert_true (hein_message_get_sender (one) == spock);
  g_assert_null (hein_peer_get_latest (spock, "course"));
}

/* The values of a peer go with it. */
static void
test_latest_gone (Fixture *self, gconstpointer data)
{
  g_autoptr (HeinPeer) kirk =
    g_object_ref (hein_test_bus_find_peer (self->hub, "kirk"));

  hein_test_bus_send (self->kirk, "hub", "speed", "1");
  hein_test_wait (self->hub->messages->len == 1);
  hein_bus_close (self->kirk->bus);
  hein_test_wait (self->hub->removed->len == 1);
  assert_values (hein_bus_get_latest (self->hub->bus, "speed"), "");
  g_assert_null (hein_peer_get_latest (kirk, "speed"));
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  GAsyncResult **kept = data;

  *kept = g_object_ref (result);
}

/* H5 */
static void
test_ping (Fixture *self, gconstpointer data)
{
  HeinPeer *kirk = hein_test_bus_find_peer (self->hub, "kirk");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  hein_peer_ping_async (kirk, 5000, NULL, on_done, &result);
  hein_test_wait (result != NULL);
  g_assert_true (hein_peer_ping_finish (kirk, result, &error));
  g_assert_no_error (error);
  g_assert_cmpint (hein_peer_get_rtt_us (kirk), >=, 0);
}

/* H5: a result for each name; one that does not answer is told apart. */
static void
test_ping_all (Fixture *self, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) answers = NULL;
  gboolean is_alive;
  g_autoptr (HeinMessage) block = NULL;
  g_autofree guint8 *zeroes = g_malloc0 (64 * 1024);

  /* kirk does not read: so it cannot answer */
  hein_test_bus_set_takes (self->kirk, FALSE);
  g_object_set (self->kirk->bus, "receive-limit", (guint64) 128 * 1024, NULL);
  block = hein_message_new_data ("block", zeroes, 64 * 1024);
  while (hein_bus_send_to (self->hub->bus, "kirk", block, NULL))
    ;
  hein_bus_ping_async (self->hub->bus, 200, NULL, on_done, &result);
  hein_test_wait (result != NULL);
  answers = hein_bus_ping_finish (self->hub->bus, result, NULL);
  g_assert_nonnull (answers);
  g_assert_cmpuint (g_variant_n_children (answers), ==, 2);
  g_assert_true (g_variant_lookup (answers, "spock", "b", &is_alive));
  g_assert_true (is_alive);
  g_assert_true (g_variant_lookup (answers, "kirk", "b", &is_alive));
  g_assert_false (is_alive);
}

static void
test_ping_gone (Fixture *self, gconstpointer data)
{
  g_autoptr (HeinPeer) kirk =
    g_object_ref (hein_test_bus_find_peer (self->hub, "kirk"));
  g_autoptr (GAsyncResult) pending = NULL;
  g_autoptr (GAsyncResult) late = NULL;
  g_autoptr (GAsyncResult) cancelled = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) late_error = NULL;
  g_autoptr (GError) cancel_error = NULL;

  hein_peer_ping_async (kirk, 5000, cancellable, on_done, &cancelled);
  g_cancellable_cancel (cancellable);
  /* for ever, which ends with the peer */
  hein_peer_ping_async (kirk, -1, NULL, on_done, &pending);
  hein_peer_close (kirk);
  hein_test_wait (pending != NULL && cancelled != NULL);
  g_assert_false (hein_peer_ping_finish (kirk, pending, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  g_assert_false (hein_peer_ping_finish (kirk, cancelled, &cancel_error));
  g_assert_nonnull (cancel_error);
  hein_peer_ping_async (kirk, 5000, NULL, on_done, &late);
  hein_test_wait (late != NULL);
  g_assert_false (hein_peer_ping_finish (kirk, late, &late_error));
  g_assert_error (late_error, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

/* Closing the bus ends what waits. */
static void
test_ping_closed (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  hein_bus_close (hub->bus);
  hein_bus_ping_async (hub->bus, 5000, NULL, on_done, &result);
  hein_test_wait (result != NULL);
  g_assert_null (hein_bus_ping_finish (hub->bus, result, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

/* Who dialled comes back; what was queued has gone out before. */
static void
test_close_peer (Fixture *self, gconstpointer data)
{
  hein_test_bus_send (self->hub, "kirk", "t", "last");
  hein_peer_close (hein_test_bus_find_peer (self->hub, "kirk"));
  hein_test_wait (self->kirk->messages->len == 1);
  hein_test_wait (self->hub->removed->len == 1 && self->hub->added->len == 3);
}

#define ADD(path, function)                                                    \
  g_test_add ("/hub/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("latest/selectors", test_latest);
  ADD ("latest/gone", test_latest_gone);
  ADD ("ping/one", test_ping);
  ADD ("ping/all", test_ping_all);
  ADD ("ping/gone", test_ping_gone);
  g_test_add_func ("/hub/ping/closed", test_ping_closed);
  ADD ("close-peer", test_close_peer);
  return g_test_run ();
}

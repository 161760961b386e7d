/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "raw-peer.h"

/*
 * Whole buses that speak soc, and sockets that do what receivers do. H… are the
 * requirements that a test stands for.
 */

#define ACK        "\6"
#define END        "\xac\x96\xac\x96"
#define PING       "__png__:1:" END
#define GOODBYE    "__die__:1:" END
#define N_MESSAGES 1000
#define FEW_READS  10 /* so that each read has more messages than 85 */

static HeinTestBus *
open_transmitter (const char *options, char **uri)
{
  HeinTestBus *self = hein_test_bus_new ("enterprise");
  g_autofree char *wanted =
    g_strconcat ("tcp+soc://127.0.0.1:0", options, NULL);
  g_auto (GStrv) halves = g_strsplit (hein_endpoint_get_bound_uri (
                                        hein_test_bus_listen (self, wanted)),
                                      "?", 2);

  *uri = g_strdup (halves[0]);
  return self;
}

static HeinTestBus *
add_receiver (HeinTestBus *transmitter, const char *uri, const char *name)
{
  const guint n = transmitter->added->len;
  HeinTestBus *self = hein_test_bus_new (name);

  hein_test_bus_dial (self, uri);
  hein_test_wait (transmitter->added->len == n + 1 && self->added->len == 1);
  return self;
}

/* ---- a receiver without a bus ---- */

/* Says its name; what is said to that is not waited for. */
static RawPeer *
raw_receiver_new (HeinTestBus *transmitter, const char *uri, const char *name)
{
  RawPeer *self = raw_peer_new (transmitter, uri);

  raw_peer_take (self, ACK);
  raw_peer_say (self, name);
  return self;
}

/* The same, admitted. */
static RawPeer *
raw_receiver_new_admitted (HeinTestBus *transmitter,
                           const char *uri,
                           const char *name)
{
  RawPeer *self = raw_receiver_new (transmitter, uri, name);

  raw_peer_take (self, ACK);
  raw_peer_wait (self, hein_test_bus_find_peer (transmitter, name) != NULL);
  return self;
}

/* ---- who meets whom ---- */

/* H2: the receiver is there first, and comes back after each loss. */
static void
test_any_order (void)
{
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autofree char *uri = NULL;
  HeinEndpoint *endpoint;

  hein_test_bus_free (open_transmitter ("", &uri));
  endpoint = hein_test_bus_dial (kirk, uri);
  hein_test_wait (hein_endpoint_get_state (endpoint) ==
                  HEIN_ENDPOINT_STATE_WAITING);
  for (guint i = 1; i <= 3; i++)
    {
      g_autoptr (HeinTestBus) transmitter = hein_test_bus_new ("enterprise");

      hein_test_bus_listen (transmitter, uri);
      hein_test_wait (hein_test_bus_count_peers (transmitter) == 1);
      hein_test_bus_send (transmitter, NULL, "", "hello!");
      hein_test_wait (kirk->messages->len == i);
      hein_test_bus_close (transmitter);
      hein_test_wait (kirk->removed->len == i);
    }
}

/* H3: five are taken; the sixth is shut out behind its name, and one that
 * comes when another one has gone is not. */
static void
test_limit (void)
{
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) transmitter = open_transmitter ("?max-peers=5", &uri);
  HeinTestBus *receivers[5];

  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *name = g_strdup_printf ("receiver-%u", i);

      receivers[i] = add_receiver (transmitter, uri, name);
    }
  {
    g_autoptr (RawPeer) sixth = raw_receiver_new (transmitter, uri, "sixth");

    raw_peer_wait (sixth, sixth->is_eof);
    g_assert_cmpuint (sixth->got->len, ==, 0);
  }
  g_assert_cmpuint (transmitter->added->len, ==, 5);
  hein_test_bus_free (receivers[0]);
  hein_test_wait (transmitter->removed->len == 1);
  receivers[0] = add_receiver (transmitter, uri, "another");
  for (guint i = 0; i < 5; i++)
    hein_test_bus_free (receivers[i]);
}

static void
assert_takes_dead_name (const char *options)
{
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) transmitter = open_transmitter (options, &uri);
  g_autoptr (RawPeer) dead =
    raw_receiver_new_admitted (transmitter, uri, "kirk");
  g_autoptr (HeinTestBus) kirk = add_receiver (transmitter, uri, "kirk");

  raw_peer_wait (dead, dead->is_eof);
  g_assert_true (g_str_has_prefix (dead->got->str, PING));
  g_assert_cmpuint (transmitter->removed->len, ==, 1);
  hein_test_bus_send (transmitter, "kirk", "", "hello!");
  hein_test_wait (kirk->messages->len == 1);
}

/* H4: who has the name does not answer, and loses it to the newcomer. */
static void
test_dead_name (void)
{
  assert_takes_dead_name ("");
}

/* The same, decided by nothing but the wait of the newcomer. */
static void
test_dead_name_unacknowledged (void)
{
  assert_takes_dead_name ("?ack-timeout-ms=0");
}

/* H15: made without a connection, and one is made later; the end of the
 * endpoint ends the trying. */
static void
test_dials_later (void)
{
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) transmitter = open_transmitter ("", &uri);
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  HeinEndpoint *endpoint;

  hein_bus_turn (kirk->bus, 0);
  g_assert_cmpuint (transmitter->added->len, ==, 0);
  endpoint = hein_test_bus_dial (kirk, uri);
  hein_test_wait (transmitter->added->len == 1 && kirk->added->len == 1);
  hein_endpoint_close (endpoint);
  hein_test_wait (transmitter->removed->len == 1 && kirk->removed->len == 1);
  g_assert_cmpuint (g_list_model_get_n_items (
                      hein_bus_get_endpoints (kirk->bus)),
                    ==, 0);
  hein_test_bus_dial (kirk, uri);
  hein_test_wait (kirk->added->len == 2);
  g_assert_cmpuint (transmitter->added->len, ==, 2);
}

/* ---- what programs are told ---- */

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  GAsyncResult **kept = data;

  *kept = g_object_ref (result);
}

/* H5: a result for each name, and who does not answer is dropped. */
static void
test_ping (void)
{
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) transmitter =
    open_transmitter ("?ack-timeout-ms=200", &uri);
  g_autoptr (HeinTestBus) kirk = add_receiver (transmitter, uri, "kirk");
  g_autoptr (RawPeer) deaf =
    raw_receiver_new_admitted (transmitter, uri, "deaf");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) answers = NULL;
  gboolean answered;

  hein_bus_ping_async (transmitter->bus, 5000, NULL, on_done, &result);
  hein_test_wait (result != NULL);
  answers = hein_bus_ping_finish (transmitter->bus, result, NULL);
  g_assert_nonnull (answers);
  g_assert_cmpuint (g_variant_n_children (answers), ==, 2);
  g_assert_true (g_variant_lookup (answers, "kirk", "b", &answered));
  g_assert_true (answered);
  g_assert_true (g_variant_lookup (answers, "deaf", "b", &answered));
  g_assert_false (answered);
  hein_test_wait (transmitter->removed->len == 1);
  g_assert_cmpstr (hein_peer_get_name (transmitter->removed->pdata[0]), ==,
                   "deaf");
  raw_peer_wait (deaf, deaf->is_eof);
}

/* An orderly end waits for the acknowledgement, and says that none came. */
static void
assert_closes (gboolean acknowledges)
{
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) transmitter = open_transmitter ("?linger=5000", &uri);
  g_autoptr (RawPeer) kirk =
    raw_receiver_new_admitted (transmitter, uri, "kirk");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  hein_test_bus_send (transmitter, "kirk", "", "hello!");
  raw_peer_take (kirk, "__raw__:0:hello!" END);
  hein_bus_close_async (transmitter->bus, NULL, on_done, &result);
  if (acknowledges)
    {
      raw_peer_say (kirk, ACK);
      raw_peer_take (kirk, GOODBYE);
    }
  g_socket_shutdown (kirk->socket, FALSE, TRUE, NULL);
  hein_test_wait (result != NULL);
  g_assert_true (hein_bus_close_finish (transmitter->bus, result, &error) ==
                 acknowledges);
  if (!acknowledges)
    g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
}

static void
test_close (void)
{
  assert_closes (TRUE);
  assert_closes (FALSE);
}

/* An acknowledgement does not say how many frames its read completed: what each
 * one surely stands for is a single frame, whenever it comes. */
static void
test_doubt (void)
{
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) transmitter = open_transmitter ("", &uri);
  g_autoptr (RawPeer) kirk =
    raw_receiver_new_admitted (transmitter, uri, "kirk");
  HeinPeer *peer = hein_test_bus_find_peer (transmitter, "kirk");

  for (guint i = 1; i <= 20; i++)
    {
      hein_test_bus_send (transmitter, "kirk", "", "hello!");
      raw_peer_take (kirk, "__raw__:0:hello!" END);
      if (i % 5 != 0)
        continue;
      raw_peer_say (kirk, ACK);
      raw_peer_wait (kirk, hein_peer_get_bytes_received (peer) ==
                             strlen ("kirk") + i / 5);
    }
  raw_peer_reset (kirk);
  hein_test_wait (transmitter->removed->len == 1);
  g_assert_cmpuint (hein_bus_get_n_dropped (transmitter->bus,
                                            HEIN_DROP_REASON_UNKNOWN),
                    ==, 20 - 4);
}

/* What was sent behind the last acknowledgement is in doubt, also when the end
 * comes in order: somebody on the way may have taken it. */
static void
test_doubt_in_order (void)
{
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) transmitter = open_transmitter ("", &uri);
  g_autoptr (RawPeer) kirk =
    raw_receiver_new_admitted (transmitter, uri, "kirk");
  HeinPeer *peer = hein_test_bus_find_peer (transmitter, "kirk");

  for (guint i = 0; i < 5; i++)
    {
      hein_test_bus_send (transmitter, "kirk", "", "hello!");
      raw_peer_take (kirk, "__raw__:0:hello!" END);
      if (i != 2)
        continue;
      raw_peer_say (kirk, ACK);
      raw_peer_wait (kirk, hein_peer_get_bytes_received (peer) ==
                             strlen ("kirk" ACK));
    }
  g_socket_close (kirk->socket, NULL);
  hein_test_wait (transmitter->removed->len == 1);
  g_assert_cmpuint (hein_bus_get_n_dropped (transmitter->bus,
                                            HEIN_DROP_REASON_UNKNOWN),
                    ==, 2);
  g_assert_nonnull (strstr (transmitter->reason->message, "up to 2 messages"));
}

static void
send_and_ping (HeinTestBus *transmitter, RawPeer *kirk, HeinPeer *peer)
{
  hein_test_bus_send (transmitter, "kirk", "", "hello!");
  raw_peer_take (kirk, "__raw__:0:hello!" END);
  hein_peer_ping_async (peer, 5000, NULL, NULL, NULL);
  raw_peer_take (kirk, PING);
}

/* As many as frames: all were read. A ping is a frame that is no message. */
static void
test_doubt_with_pings (void)
{
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) transmitter = open_transmitter ("", &uri);
  g_autoptr (RawPeer) kirk =
    raw_receiver_new_admitted (transmitter, uri, "kirk");
  HeinPeer *peer = hein_test_bus_find_peer (transmitter, "kirk");

  send_and_ping (transmitter, kirk, peer);
  raw_peer_say (kirk, ACK ACK);
  raw_peer_wait (kirk, hein_peer_get_bytes_received (peer) ==
                         strlen ("kirk" ACK ACK));
  send_and_ping (transmitter, kirk, peer);
  raw_peer_say (kirk, ACK);
  raw_peer_wait (kirk, hein_peer_get_bytes_received (peer) ==
                         strlen ("kirk" ACK ACK ACK));
  raw_peer_reset (kirk);
  hein_test_wait (transmitter->removed->len == 1);
  g_assert_cmpuint (hein_bus_get_n_dropped (transmitter->bus,
                                            HEIN_DROP_REASON_UNKNOWN),
                    ==, 1);
}

static void
on_added (HeinBus *bus, HeinPeer *peer, GString *events)
{
  g_string_append (events, "peer ");
}

static void
on_message (HeinBus *bus, HeinMessage *message, GString *events)
{
  g_string_append (events, "message ");
}

static void
on_removed (HeinBus *bus, HeinPeer *peer, GError *error, GString *events)
{
  g_string_append (events, error != NULL ? "reason " : "left ");
}

/* H6, H7: who came, what came, who was dropped and who left, in this order. */
static void
test_signals (void)
{
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) transmitter =
    open_transmitter ("?ack-timeout-ms=50", &uri);
  g_autoptr (GString) here = g_string_new (NULL);
  g_autoptr (GString) there = g_string_new (NULL);
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");

  hein_test_bus_set_takes (kirk, FALSE);
  g_object_connect (transmitter->bus, "signal::peer-added", on_added, here,
                    "signal::peer-removed", on_removed, here, NULL);
  g_object_connect (kirk->bus, "signal::peer-added", on_added, there,
                    "signal::message", on_message, there,
                    "signal::peer-removed", on_removed, there, NULL);
  hein_test_bus_dial (kirk, uri);
  hein_test_wait (hein_test_bus_count_peers (transmitter) == 1);
  hein_test_bus_send (transmitter, NULL, "", "hello!");
  hein_test_wait (g_str_equal (there->str, "peer message "));
  {
    g_autoptr (RawPeer) deaf =
      raw_receiver_new_admitted (transmitter, uri, "deaf");

    hein_test_bus_send (transmitter, "deaf", "", "hello!");
    raw_peer_wait (deaf, deaf->is_eof);
  }
  hein_test_wait (g_str_equal (here->str, "peer peer reason "));
  g_assert_error (transmitter->reason, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  hein_test_bus_close (transmitter);
  hein_test_wait (kirk->removed->len == 1);
  g_assert_cmpstr (here->str, ==, "peer peer reason left ");
  g_assert_cmpstr (there->str, ==, "peer message reason ");
  g_assert_error (kirk->reason, HEIN_ERROR, HEIN_ERROR_CLOSED);
  g_signal_handlers_disconnect_by_data (kirk->bus, there);
  g_signal_handlers_disconnect_by_data (transmitter->bus, here);
}

/* ---- much, and the end ---- */

/* H12: what is queued goes out together and in order. */
static void
test_merged (void)
{
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) transmitter = open_transmitter ("", &uri);
  g_autoptr (RawPeer) kirk =
    raw_receiver_new_admitted (transmitter, uri, "kirk");
  g_autoptr (GString) expected = g_string_new (NULL);

  kirk->n_reads = 0;
  for (guint i = 0; i < N_MESSAGES; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      hein_test_bus_send (transmitter, NULL, "", text);
      g_string_append_printf (expected, "__raw__:0:%s" END, text);
    }
  raw_peer_take (kirk, expected->str);
  g_assert_cmpuint (kirk->n_reads, <=, FEW_READS);
  raw_peer_say (kirk, ACK);
}

/* H13: all receivers are sent away and come back; then the address is given up
 * and taken again. */
static void
test_starts_again (void)
{
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) transmitter = open_transmitter ("?linger=100", &uri);
  g_autoptr (HeinTestBus) kirk = add_receiver (transmitter, uri, "kirk");
  g_autoptr (RawPeer) spock =
    raw_receiver_new_admitted (transmitter, uri, "spock");
  g_autoptr (HeinEndpoint) endpoint = NULL;

  hein_peer_close (hein_test_bus_find_peer (transmitter, "kirk"));
  hein_peer_close (hein_test_bus_find_peer (transmitter, "spock"));
  raw_peer_wait (spock, spock->is_eof);
  g_assert_cmpstr (spock->got->str, ==, GOODBYE);
  hein_test_wait (kirk->removed->len == 1 && kirk->added->len == 2);
  endpoint =
    g_list_model_get_item (hein_bus_get_endpoints (transmitter->bus), 0);
  hein_endpoint_close (endpoint);
  hein_test_wait (kirk->removed->len == 2 &&
                  hein_test_bus_count_peers (transmitter) == 0);
  hein_test_bus_listen (transmitter, uri);
  hein_test_wait (kirk->added->len == 3 &&
                  hein_test_bus_count_peers (transmitter) == 1);
  hein_test_bus_send (transmitter, NULL, "", "here again");
  hein_test_wait (kirk->messages->len == 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add_func ("/soc-bus/" path, test)
  ADD ("meeting/any-order", test_any_order);
  ADD ("meeting/limit", test_limit);
  ADD ("meeting/dead-name", test_dead_name);
  ADD ("meeting/dead-name-unacknowledged", test_dead_name_unacknowledged);
  ADD ("meeting/dials-later", test_dials_later);
  ADD ("told/ping", test_ping);
  ADD ("told/signals", test_signals);
  ADD ("told/close", test_close);
  ADD ("told/doubt", test_doubt);
  ADD ("told/doubt-in-order", test_doubt_in_order);
  ADD ("told/doubt-with-pings", test_doubt_with_pings);
  ADD ("life/merged", test_merged);
  ADD ("life/starts-again", test_starts_again);
  return g_test_run ();
}

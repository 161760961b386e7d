/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "hein-test.h"
#include "raw-peer.h"

/* A bus that listens for WebSockets, and clients that do not behave. */

#define ASK                                                                    \
  "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"                        \
  "Connection: Upgrade\r\n"                                                    \
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"                            \
  "Sec-WebSocket-Version: 13\r\n"                                              \
  "Sec-WebSocket-Protocol: ZWS2.0/NULL\r\n"

/* A client of @bus, which listens at @uri. */
static RawPeer *
meet (HeinTestBus *bus, const char *uri)
{
  const char *bound =
    hein_endpoint_get_bound_uri (hein_test_bus_listen (bus, uri));
  g_autofree char *address = g_strndup (bound, strcspn (bound, "?"));

  return raw_peer_new (bus, address);
}

/* Who does not finish the handshake is closed when its time is over. */
static void
test_slow (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("kirk");
  g_autoptr (RawPeer) peer = NULL;

  g_object_set (bus->bus, "handshake-timeout-ms", 50u, NULL);
  peer = meet (bus, "ws://127.0.0.1:0");
  raw_peer_say (peer, ASK);
  raw_peer_wait (peer, peer->is_eof);
  g_assert_cmpuint (bus->added->len, ==, 0);
}

/* Who asks for nothing that is there is told why, and does not come in. */
static void
test_refused (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("kirk");
  g_autoptr (RawPeer) peer = NULL;

  peer = meet (bus, "ws://127.0.0.1:0?origin=http://a");
  raw_peer_say (peer, ASK "Origin: http://b\r\n\r\n");
  raw_peer_wait (peer, peer->is_eof);
  g_assert_true (g_str_has_prefix (peer->got->str, "HTTP/1.1 403 "));
  g_assert_cmpuint (bus->added->len, ==, 0);
}

/* Who keeps to nothing behind the handshake is closed with the code for that. */
static void
test_unmasked (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("kirk");
  g_autoptr (RawPeer) peer = NULL;

  peer = meet (bus, "ws://127.0.0.1:0?origin=http://a");
  raw_peer_say (peer, ASK "Origin: http://a\r\n\r\n\x82\1a");
  raw_peer_wait (peer, peer->is_eof);
  g_assert_true (g_str_has_prefix (peer->got->str, "HTTP/1.1 101 "));
  g_assert_cmpmem (peer->got->str + peer->got->len - 4, 4, "\x88\2\x03\xea", 4);
  g_assert_cmpuint (bus->added->len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/websocket-bus/slow", test_slow);
  g_test_add_func ("/websocket-bus/refused", test_refused);
  g_test_add_func ("/websocket-bus/unmasked", test_unmasked);
  return g_test_run ();
}

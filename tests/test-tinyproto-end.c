/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "raw-peer.h"

/*
 * Nothing on tinyproto's wire confirms the payload that was written last. What
 * the network says at the end of a connection has to do.
 */

typedef struct
{
  HeinTestBus *hub;
  RawPeer *peer;
} Bed;

static void
bed_init (Bed *self)
{
  HeinEndpoint *endpoint;

  self->hub = hein_test_bus_new ("hub");
  endpoint =
    hein_test_bus_listen (self->hub, "tcp+tinyproto://127.0.0.1:0?turn-ms=0");
  self->peer = raw_peer_new (self->hub, hein_endpoint_get_bound_uri (endpoint));
  raw_peer_say (self->peer, "\xff");
  raw_peer_take (self->peer, "\xff");
  raw_peer_wait (self->peer, hein_test_bus_count_peers (self->hub) == 1);
}

static void
bed_clear (Bed *self)
{
  raw_peer_free (self->peer);
  hein_test_bus_free (self->hub);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Bed, bed_clear)

static void
take_size (Bed *self, guint8 size)
{
  const guint8 wanted[] = { 0, 0, 0, size };
  RawPeer *peer = self->peer;

  raw_peer_wait (peer, peer->got->len >= sizeof wanted);
  g_assert_cmpmem (peer->got->str, peer->got->len, wanted, sizeof wanted);
  g_string_truncate (peer->got, 0);
}

static guint64
count_doubted (Bed *self)
{
  return hein_bus_get_n_dropped (self->hub->bus, HEIN_DROP_REASON_UNKNOWN);
}

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  Bed *self = data;

  g_socket_close (self->peer->socket, NULL);
  hein_test_bus_send (self->hub, NULL, "", "two");
}

/* It has read what it asked for, and left: the next question goes out before
 * that is seen, and meets a reset. */
static void
test_read_all (void)
{
  g_auto (Bed) bed = { 0 };

  bed_init (&bed);
  hein_test_bus_send (bed.hub, NULL, "", "one");
  take_size (&bed, 3);
  raw_peer_say (bed.peer, "\xff");
  raw_peer_take (bed.peer, "one");
  raw_peer_send (bed.peer, "\0\0\0\2", 4);
  raw_peer_take (bed.peer, "\xff");
  hein_test_bus_set_takes (bed.hub, FALSE);
  g_signal_connect (bed.hub->bus, "message", G_CALLBACK (on_message), &bed);
  raw_peer_say (bed.peer, "hi");
  hein_test_wait (bed.hub->removed->len == 1);
  g_assert_cmpuint (count_doubted (&bed), ==, 0);
}

/* It has asked, and left before the answer came. */
static void
test_asked_and_left (void)
{
  g_auto (Bed) bed = { 0 };

  bed_init (&bed);
  hein_test_bus_send (bed.hub, NULL, "", "one");
  take_size (&bed, 3);
  raw_peer_say (bed.peer, "\xff");
  g_socket_close (bed.peer->socket, NULL);
  hein_test_wait (bed.hub->removed->len == 1);
  g_assert_cmpuint (count_doubted (&bed), ==, 1);
}

/* Who has been asked while it closes, and said yes, waits for it. */
static void
test_asked_while_closing (void)
{
  g_auto (Bed) bed = { 0 };

  bed_init (&bed);
  hein_peer_close (g_ptr_array_index (bed.hub->added, 0));
  raw_peer_send (bed.peer, "\0\0\0\3", 4);
  raw_peer_take (bed.peer, "\xff");
  g_assert_false (bed.peer->is_eof);
  raw_peer_say (bed.peer, "one");
  raw_peer_wait (bed.peer, bed.peer->is_eof);
  g_assert_cmpuint (hein_bus_get_n_dropped (bed.hub->bus,
                                            HEIN_DROP_REASON_UNHANDLED),
                    ==, 1);
}

/* It has asked for the first one, and is silent then: whether it has read that
 * is not known when the bus waits no longer. */
static void
test_silent_while_closing (void)
{
  g_auto (Bed) bed = { 0 };

  bed_init (&bed);
  g_object_set (bed.hub->bus, "linger-ms", 100u, NULL);
  hein_test_bus_send (bed.hub, NULL, "", "one");
  hein_test_bus_send (bed.hub, NULL, "", "two");
  take_size (&bed, 3);
  raw_peer_say (bed.peer, "\xff");
  raw_peer_wait (bed.peer, bed.peer->got->len >= 3 + 4);
  hein_peer_close (g_ptr_array_index (bed.hub->added, 0));
  raw_peer_wait (bed.peer, bed.peer->is_eof);
  g_assert_cmpuint (count_doubted (&bed), ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tinyproto-end/read-all", test_read_all);
  g_test_add_func ("/tinyproto-end/asked-and-left", test_asked_and_left);
  g_test_add_func ("/tinyproto-end/asked-while-closing",
                   test_asked_while_closing);
  g_test_add_func ("/tinyproto-end/silent-while-closing",
                   test_silent_while_closing);
  return g_test_run ();
}

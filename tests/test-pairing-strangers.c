/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <glib/gstdio.h>

#include "pairing-sides.h"
#include "raw-peer.h"

/* Somebody else comes to a side that waits for another one to pair with. */

static RawPeer *
meet (TrustEnds *ends, PairingSide *hub)
{
  return raw_peer_new (ends->hub, hein_pairing_get_address (hub->pairing));
}

static void
assert_pairs (PairingSide *hub, PairingSide *kirk)
{
  g_assert_false (hub->is_done);
  pairing_side_dial_to (kirk, hub);
  pairing_sides_wait (hub, kirk);
  g_assert_no_error (hub->error);
  g_assert_no_error (kirk->error);
}

/* What does not say that it has the code has not used it up. */
static void
test_garbage (TrustEnds *ends, gconstpointer data)
{
  static const char *const said[] = {
    "",
    "\r\n",
    "GET / HTTP/1.0\r\n\r\n",
    "\x16\x03\x01\x40\x01",
    "\xff\xff\xff\xff\xff\x7f",
  };
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");
  g_autoptr (PairingSide) kirk = pairing_side_new (ends, "kirk", "kirk");

  pairing_side_listen (hub);
  for (guint i = 0; i < G_N_ELEMENTS (said); i++)
    {
      g_autoptr (RawPeer) stranger = meet (ends, hub);

      raw_peer_say (stranger, said[i]);
      if (i == 2 || i == 4)
        raw_peer_wait (stranger, stranger->is_eof);
    }
  assert_pairs (hub, kirk);
}

/* A message of 16 MiB, of which a little is listened to; sockets hold some MiB. */
static void
test_endless (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");
  g_autoptr (PairingSide) kirk = pairing_side_new (ends, "kirk", "kirk");
  g_autoptr (RawPeer) stranger = NULL;
  static char record[5 + 16384] = "\x16\x03\x03\x40\x00\x01\xff\xff\xff";
  gsize n_said = 0;

  pairing_side_listen (hub);
  stranger = meet (ends, hub);
  while (!stranger->is_eof && n_said < 15 * 1024 * 1024)
    {
      const gssize n = send (g_socket_get_fd (stranger->socket),
                             record + n_said % sizeof record,
                             sizeof record - n_said % sizeof record,
                             MSG_DONTWAIT | MSG_NOSIGNAL);

      if (n < 0 && errno != EAGAIN)
        break;
      n_said += MAX (n, 0);
      if (n_said >= sizeof record)
        memset (record + 5, 0, sizeof record - 5);
    }
  g_assert_cmpuint (n_said, <, 15 * 1024 * 1024);
  pairing_side_dial_to (kirk, hub);
  pairing_sides_wait (hub, kirk);
  g_assert_no_error (hub->error);
}

/* Who says too little has his time, and then goes. */
static void
test_drip (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");
  g_autoptr (PairingSide) kirk = pairing_side_new (ends, "kirk", "kirk");
  g_autoptr (RawPeer) stranger = NULL;

  pairing_side_listen (hub);
  stranger = meet (ends, hub);
  raw_peer_say (stranger, "\x16\x03");
  raw_peer_wait (stranger, stranger->is_eof);
  assert_pairs (hub, kirk);
}

/* Silent ones are few, and take no place from who has the code. */
static void
test_silence (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");
  g_autoptr (PairingSide) kirk = pairing_side_new (ends, "kirk", "kirk");
  RawPeer *strangers[20];

  pairing_side_listen (hub);
  for (guint i = 0; i < G_N_ELEMENTS (strangers); i++)
    strangers[i] = meet (ends, hub);
  raw_peer_wait (strangers[0], strangers[0]->is_eof);
  raw_peer_wait (strangers[11], strangers[11]->is_eof);
  assert_pairs (hub, kirk);
  for (guint i = 0; i < G_N_ELEMENTS (strangers); i++)
    raw_peer_free (strangers[i]);
}

/* A listener that listens only: what a dialler would say to @code. */
static GSocket *
open_ear (char **address)
{
  g_autoptr (GSocketAddress) any =
    g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) bound = NULL;
  GSocket *ear = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
                               G_SOCKET_PROTOCOL_TCP, NULL);
  GError *error = NULL;

  g_socket_bind (ear, any, TRUE, &error);
  g_assert_no_error (error);
  g_socket_listen (ear, &error);
  g_assert_no_error (error);
  bound = g_socket_get_local_address (ear, &error);
  g_assert_no_error (error);
  *address = g_strdup_printf ("127.0.0.1:%u", g_inet_socket_address_get_port (
                                                G_INET_SOCKET_ADDRESS (bound)));
  return ear;
}

static void
hear (GSocket *socket, GString *to, gsize size)
{
  const gsize end = to->len + size;
  GError *error = NULL;

  while (to->len < end)
    {
      char room[4096];
      const gssize n =
        g_socket_receive (socket, room, end - to->len, NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpint (n, >, 0);
      g_string_append_len (to, room, n);
    }
}

/* The first words of who dials with @code: a record of TLS. */
static GString *
record_hello (TrustEnds *ends, const char *code)
{
  g_autoptr (PairingSide) spy = pairing_side_new (ends, "spy", "spy");
  g_autofree char *address = NULL;
  g_autoptr (GSocket) ear = open_ear (&address);
  g_autoptr (GSocket) socket = NULL;
  GString *hello = g_string_new (NULL);

  pairing_side_dial (spy, address, code);
  socket = g_socket_accept (ear, NULL, NULL);
  g_assert_nonnull (socket);
  hear (socket, hello, 5);
  hear (socket, hello, (guint8) hello->str[3] << 8 | (guint8) hello->str[4]);
  g_cancellable_cancel (spy->cancellable);
  pairing_sides_wait (spy, spy);
  g_assert_error (spy->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  return hello;
}

/* Until the whole of it has come, nobody has tried; then somebody has, who then
 * does not go on. */
static void
test_half_hello (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");
  g_autoptr (PairingSide) kirk = pairing_side_new (ends, "kirk", "kirk");
  g_autoptr (RawPeer) half = NULL;
  GString *hello;

  pairing_side_listen (hub);
  hello = record_hello (ends, hein_pairing_get_code (hub->pairing));
  half = meet (ends, hub);
  raw_peer_send (half, hello->str, hello->len - 1);
  assert_pairs (hub, kirk);
  g_string_free (hello, TRUE);
}

static void
test_broken_off (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");
  RawPeer *stranger;
  GString *hello;

  pairing_side_listen (hub);
  hello = record_hello (ends, hein_pairing_get_code (hub->pairing));
  stranger = meet (ends, hub);
  raw_peer_send (stranger, hello->str, hello->len);
  raw_peer_wait (stranger, stranger->n_reads > 0);
  raw_peer_free (stranger);
  pairing_sides_wait (hub, hub);
  g_assert_error (hub->error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  pairing_assert_has (hub->error, "broken off");
  pairing_side_assert_peers (hub, NULL, NULL);
  g_string_free (hello, TRUE);
}

/* What was heard of one pairing is of no use for another. */
static void
test_replayed (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");
  g_autoptr (RawPeer) stranger = NULL;
  GString *hello = record_hello (ends, OTHER_CODE);

  pairing_side_listen (hub);
  stranger = meet (ends, hub);
  raw_peer_send (stranger, hello->str, hello->len);
  pairing_sides_wait (hub, hub);
  g_assert_error (hub->error, HEIN_ERROR, HEIN_ERROR_INSECURE);
  g_string_free (hello, TRUE);
}

/* A code that was used opens nothing, neither there nor at the next pairing. */
static void
test_used_code (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");
  g_autoptr (PairingSide) kirk = pairing_side_new (ends, "kirk", "kirk");
  g_autoptr (PairingSide) spock = pairing_side_new (ends, "spock", "spock");
  g_autofree char *code = NULL;
  g_autofree char *address = NULL;

  pairing_side_listen (hub);
  code = g_strdup (hein_pairing_get_code (hub->pairing));
  address = g_strdup (hein_pairing_get_address (hub->pairing));
  assert_pairs (hub, kirk);
  pairing_side_dial (spock, address, code);
  pairing_sides_wait (spock, spock);
  g_assert_nonnull (spock->error);
  g_clear_error (&spock->error);
  hub->is_done = spock->is_done = FALSE;
  g_clear_pointer (&hub->other, g_free);
  pairing_side_listen (hub);
  pairing_side_dial (spock, hein_pairing_get_address (hub->pairing), code);
  pairing_sides_wait (hub, spock);
  g_assert_error (hub->error, HEIN_ERROR, HEIN_ERROR_INSECURE);
  g_assert_error (spock->error, HEIN_ERROR, HEIN_ERROR_INSECURE);
}

/* The folder goes after it was looked at. */
static void
test_cannot_write (TrustEnds *ends, gconstpointer data)
{
  g_autofree char *folder = trust_ends_dup_path (ends, "deep");
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");
  g_autoptr (PairingSide) kirk = pairing_side_new (ends, "kirk", "kirk");
  RawPeer *stranger;

  g_free (hub->peers);
  hub->peers = g_build_filename (folder, "peers", NULL);
  g_object_unref (hub->pairing);
  hub->pairing = hein_pairing_new (hub->identity, hub->peers, "hub");
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  pairing_side_listen (hub);
  stranger = meet (ends, hub);
  raw_peer_say (stranger, "who turns this away has looked at its files\n");
  raw_peer_wait (stranger, stranger->is_eof);
  raw_peer_free (stranger);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  pairing_side_dial_to (kirk, hub);
  pairing_sides_wait (hub, kirk);
  g_assert_error (hub->error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_error (kirk->error, HEIN_ERROR, HEIN_ERROR_REFUSED);
  pairing_assert_has (kirk->error, "it cannot read or write its files");
  pairing_side_assert_peers (kirk, NULL, NULL);
}

static void
add (const char *path,
     gconstpointer data,
     void (*test) (TrustEnds *, gconstpointer))
{
  g_test_add (path, TrustEnds, data, trust_ends_set_up, test,
              trust_ends_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/pairing/cannot-write", NULL, test_cannot_write);
  add ("/pairing/garbage", NULL, test_garbage);
  add ("/pairing/drip", NULL, test_drip);
  add ("/pairing/endless", NULL, test_endless);
  add ("/pairing/silence", NULL, test_silence);
  add ("/pairing/half-hello", NULL, test_half_hello);
  add ("/pairing/broken-off", NULL, test_broken_off);
  add ("/pairing/replayed", NULL, test_replayed);
  add ("/pairing/used-code", NULL, test_used_code);
  return g_test_run ();
}

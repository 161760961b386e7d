/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <glib/gstdio.h>

#include "raw-peer.h"
#include "trust-ends.h"

/* Two sides make their keys known to each other by a code. */

/* One side, which has its files in the folder of the ends. */
typedef struct
{
  HeinPairing *pairing;
  char *identity;
  char *peers;
  GCancellable *cancellable;
  gboolean is_done;
  char *other; /* owned: the name of the other side */
  GError *error;
} Side;

static Side *
side_new (TrustEnds *ends, const char *file, const char *name)
{
  Side *self = g_new0 (Side, 1);

  self->identity = g_strdup_printf ("%s/%s.id", ends->folder, file);
  self->peers = g_strdup_printf ("%s/%s.peers", ends->folder, file);
  self->cancellable = g_cancellable_new ();
  self->pairing = hein_pairing_new (self->identity, self->peers, name);
  return self;
}

static void
side_free (Side *self)
{
  g_assert_finalize_object (self->pairing);
  g_object_unref (self->cancellable);
  g_clear_error (&self->error);
  g_free (self->other);
  g_free (self->identity);
  g_free (self->peers);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Side, side_free)

static void
on_listened (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Side *self = user_data;

  self->other =
    hein_pairing_listen_finish (self->pairing, result, &self->error);
  self->is_done = TRUE;
  /* nothing is shown any more */
  g_assert_null (hein_pairing_get_code (self->pairing));
  g_assert_cmpuint (hein_pairing_get_remaining (self->pairing), ==, 0);
}

static void
on_dialled (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Side *self = user_data;

  self->other = hein_pairing_dial_finish (self->pairing, result, &self->error);
  self->is_done = TRUE;
}

static void
side_listen (Side *self)
{
  hein_pairing_listen_async (self->pairing, "127.0.0.1", self->cancellable,
                             on_listened, self);
}

static void
side_dial (Side *self, const char *address, const char *code)
{
  hein_pairing_dial_async (self->pairing, address, code, self->cancellable,
                           on_dialled, self);
}

static void
side_dial_to (Side *self, Side *hub)
{
  side_dial (self, hein_pairing_get_address (hub->pairing),
             hein_pairing_get_code (hub->pairing));
}

static void
wait_for_both (Side *a, Side *b)
{
  hein_test_wait (a->is_done && b->is_done);
}

/* The very text; NULL: there is no file. */
static void
assert_peers (Side *self, const char *name, Side *of)
{
  g_autofree char *text = NULL;
  g_autofree char *expected = NULL;
  g_autofree char *pin = NULL;
  GStatBuf info;

  if (name == NULL)
    {
      g_assert_false (g_file_test (self->peers, G_FILE_TEST_EXISTS));
      return;
    }
  pin = hein_identity_read (of->identity, NULL, NULL);
  expected = g_strdup_printf ("%s %s\n", name, pin);
  g_assert_true (g_file_get_contents (self->peers, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpint (g_stat (self->peers, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
}

static void
assert_has (const GError *error, const char *words)
{
  g_assert_nonnull (strstr (error->message, words));
}

/* ---- what should be ---- */

static void
test_both (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");
  g_autoptr (Side) kirk = side_new (ends, "kirk", "kirk");

  side_listen (hub);
  g_assert_cmpuint (strlen (hein_pairing_get_code (hub->pairing)), ==, 19);
  g_assert_cmpuint (hein_pairing_get_remaining (hub->pairing), <=, 60000);
  side_dial_to (kirk, hub);
  wait_for_both (hub, kirk);
  g_assert_no_error (hub->error);
  g_assert_no_error (kirk->error);
  g_assert_cmpstr (hub->other, ==, "kirk");
  g_assert_cmpstr (kirk->other, ==, "hub");
  assert_peers (hub, "kirk", kirk);
  assert_peers (kirk, "hub", hub);
  trust_ends_listen (ends, "identity=%s/hub.id&peers=%s/hub.peers");
  trust_ends_dial (ends, "identity=%s/kirk.id&peers=%s/kirk.peers");
  trust_ends_wait_for_both (ends);
  trust_ends_exchange (ends);
}

/* What a QR code says, and the names of identities that are there. */
static void
test_uri (TrustEnds *ends, gconstpointer data)
{
  g_autofree char *pin = trust_ends_make_identity (ends, "kirk");
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");
  g_autoptr (Side) kirk = side_new (ends, "kirk", NULL);

  side_listen (hub);
  side_dial (kirk, hein_pairing_get_uri (hub->pairing), NULL);
  wait_for_both (hub, kirk);
  g_assert_no_error (kirk->error);
  g_assert_cmpstr (hub->other, ==, "kirk");
}

/* Small letters and other spaces, as people type. */
static void
test_as_typed (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");
  g_autoptr (Side) kirk = side_new (ends, "kirk", "kirk");
  g_autofree char *small = NULL;
  g_autofree char *typed = NULL;
  const char *address;

  side_listen (hub);
  small = g_ascii_strdown (hein_pairing_get_code (hub->pairing), -1);
  g_strdelimit (small, "-", ' ');
  typed = g_strconcat (" ", small, "\n", NULL);
  address = hein_pairing_get_address (hub->pairing);
  side_dial (kirk, address, typed);
  wait_for_both (hub, kirk);
  g_assert_no_error (kirk->error);
  g_assert_no_error (hub->error);
}

/* Other lines stay, and who pairs again finds its line there. */
static void
test_again (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");
  g_autoptr (Side) kirk = side_new (ends, "kirk", "kirk");
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  trust_ends_write (ends, "hub.peers", "# who is known", 0600);
  side_listen (hub);
  side_dial_to (kirk, hub);
  wait_for_both (hub, kirk);
  g_assert_true (g_file_get_contents (hub->peers, &before, NULL, NULL));
  g_assert_true (g_str_has_prefix (before, "# who is known\nkirk "));
  g_clear_pointer (&hub->other, g_free);
  g_clear_pointer (&kirk->other, g_free);
  hub->is_done = kirk->is_done = FALSE;
  side_listen (hub);
  side_dial_to (kirk, hub);
  wait_for_both (hub, kirk);
  g_assert_no_error (hub->error);
  g_assert_true (g_file_get_contents (hub->peers, &after, NULL, NULL));
  g_assert_cmpstr (after, ==, before);
}

/* ---- what should not be ---- */

static void
assert_nothing_written (Side *hub, Side *kirk)
{
  g_assert_null (hub->other);
  g_assert_null (kirk->other);
  assert_peers (hub, NULL, NULL);
  assert_peers (kirk, NULL, NULL);
}

#define OTHER_CODE "AAAA-AAAA-AAAA-AAAA"

static void
test_wrong_code (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");
  g_autoptr (Side) kirk = side_new (ends, "kirk", "kirk");
  g_autofree char *uri = NULL;

  side_listen (hub);
  uri = g_strdup (hein_pairing_get_uri (hub->pairing));
  side_dial (kirk, hein_pairing_get_address (hub->pairing), OTHER_CODE);
  wait_for_both (hub, kirk);
  g_assert_error (hub->error, HEIN_ERROR, HEIN_ERROR_INSECURE);
  assert_has (hub->error, "the other side has another code");
  g_assert_error (kirk->error, HEIN_ERROR, HEIN_ERROR_INSECURE);
  assert_has (kirk->error, "the code is wrong");
  assert_nothing_written (hub, kirk);
  /* there is no second try, not even with the right one */
  g_clear_error (&kirk->error);
  kirk->is_done = FALSE;
  side_dial (kirk, uri, NULL);
  wait_for_both (kirk, kirk);
  g_assert_nonnull (kirk->error);
}

static void
test_expired (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");

  hein_pairing_set_life_ms (hub->pairing, 1);
  side_listen (hub);
  wait_for_both (hub, hub);
  g_assert_error (hub->error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  assert_has (hub->error, "the code is over");
}

/* One try is of one of them, whoever it is. */
static void
test_two_diallers (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");
  g_autoptr (Side) kirk = side_new (ends, "kirk", "kirk");
  g_autoptr (Side) spock = side_new (ends, "spock", "spock");

  side_listen (hub);
  side_dial_to (kirk, hub);
  side_dial_to (spock, hub);
  wait_for_both (kirk, spock);
  wait_for_both (hub, hub);
  g_assert_no_error (hub->error);
  g_assert_true ((kirk->error == NULL) != (spock->error == NULL));
  g_assert_cmpstr (hub->other, ==, kirk->error == NULL ? "kirk" : "spock");
  assert_peers (kirk->error == NULL ? spock : kirk, NULL, NULL);
}

static void
test_mirrored (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");
  g_autoptr (Side) mirror = side_new (ends, "hub", "hub");

  g_assert_true (hein_pairing_prepare (hub->pairing, NULL));
  side_listen (hub);
  side_dial_to (mirror, hub);
  wait_for_both (hub, mirror);
  g_assert_error (hub->error, HEIN_ERROR, HEIN_ERROR_DUPLICATE);
  g_assert_error (mirror->error, HEIN_ERROR, HEIN_ERROR_DUPLICATE);
  assert_nothing_written (hub, mirror);
}

static void
test_same_name (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");
  g_autoptr (Side) other = side_new (ends, "other", "hub");

  side_listen (hub);
  side_dial_to (other, hub);
  wait_for_both (hub, other);
  g_assert_error (hub->error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  assert_has (hub->error, "both sides are called \"hub\"");
  assert_nothing_written (hub, other);
}

/* Whichever side knows the name: the other one is told, and writes nothing. */
static void
test_name_taken (TrustEnds *ends, gconstpointer data)
{
  g_autofree char *pin = trust_ends_make_identity (ends, "another");
  g_autofree char *line = g_strdup_printf ("kirk %s\n", pin);
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");
  g_autoptr (Side) kirk = side_new (ends, "kirk", "kirk");
  g_autofree char *text = NULL;

  trust_ends_write (ends, "hub.peers", line, 0600);
  side_listen (hub);
  side_dial_to (kirk, hub);
  wait_for_both (hub, kirk);
  g_assert_error (hub->error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  assert_has (hub->error,
              "\"kirk\" is there with another key: remove its line");
  g_assert_error (kirk->error, HEIN_ERROR, HEIN_ERROR_REFUSED);
  assert_has (kirk->error, "knows it with another key");
  assert_peers (kirk, NULL, NULL);
  g_assert_true (g_file_get_contents (hub->peers, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, line);
}

static void
test_files_of_no_use (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (Side) open = side_new (ends, "open", "open");
  g_autoptr (Side) nowhere = side_new (ends, "no/folder", "nowhere");
  g_autoptr (Side) nameless = side_new (ends, "nameless", NULL);
  g_autoptr (Side) other = side_new (ends, "kirk", "spock");
  g_autoptr (Side) bad = side_new (ends, "bad", "a\nb");
  g_autofree char *pin = trust_ends_make_identity (ends, "kirk");
  GError *error = NULL;

  trust_ends_write (ends, "open.peers", "", 0664);
  g_assert_false (hein_pairing_prepare (open->pairing, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE);
  g_clear_error (&error);
  g_assert_false (hein_pairing_prepare (nowhere->pairing, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (hein_pairing_prepare (nameless->pairing, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  assert_has (error, "say the name that it shall be made for");
  g_clear_error (&error);
  g_assert_false (hein_pairing_prepare (other->pairing, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  assert_has (error, "is the identity of \"kirk\", not of \"spock\"");
  g_clear_error (&error);
  g_assert_false (hein_pairing_prepare (bad->pairing, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_clear_error (&error);
  side_listen (nowhere);
  wait_for_both (nowhere, nowhere);
  g_assert_error (nowhere->error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* ---- strangers ---- */

static RawPeer *
meet (TrustEnds *ends, Side *hub)
{
  return raw_peer_new (ends->hub, hein_pairing_get_address (hub->pairing));
}

static void
assert_pairs (Side *hub, Side *kirk)
{
  g_assert_false (hub->is_done);
  side_dial_to (kirk, hub);
  wait_for_both (hub, kirk);
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
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");
  g_autoptr (Side) kirk = side_new (ends, "kirk", "kirk");

  side_listen (hub);
  for (guint i = 0; i < G_N_ELEMENTS (said); i++)
    {
      g_autoptr (RawPeer) stranger = meet (ends, hub);

      raw_peer_say (stranger, said[i]);
      if (i == 2 || i == 4)
        raw_peer_wait (stranger, stranger->is_eof);
    }
  assert_pairs (hub, kirk);
}

/* Who says too little has his time, and then goes. */
/* A message of 16 MiB, of which a little is listened to; sockets hold some MiB. */
static void
test_endless (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");
  g_autoptr (Side) kirk = side_new (ends, "kirk", "kirk");
  g_autoptr (RawPeer) stranger = NULL;
  static char record[5 + 16384] = "\x16\x03\x03\x40\x00\x01\xff\xff\xff";
  gsize n_said = 0;

  side_listen (hub);
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
  side_dial_to (kirk, hub);
  wait_for_both (hub, kirk);
  g_assert_no_error (hub->error);
}

static void
test_drip (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");
  g_autoptr (Side) kirk = side_new (ends, "kirk", "kirk");
  g_autoptr (RawPeer) stranger = NULL;

  side_listen (hub);
  stranger = meet (ends, hub);
  raw_peer_say (stranger, "\x16\x03");
  raw_peer_wait (stranger, stranger->is_eof);
  assert_pairs (hub, kirk);
}

/* Silent ones are few, and take no place from who has the code. */
static void
test_silence (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");
  g_autoptr (Side) kirk = side_new (ends, "kirk", "kirk");
  RawPeer *strangers[20];

  side_listen (hub);
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
  g_autoptr (Side) spy = side_new (ends, "spy", "spy");
  g_autofree char *address = NULL;
  g_autoptr (GSocket) ear = open_ear (&address);
  g_autoptr (GSocket) socket = NULL;
  GString *hello = g_string_new (NULL);

  side_dial (spy, address, code);
  socket = g_socket_accept (ear, NULL, NULL);
  g_assert_nonnull (socket);
  hear (socket, hello, 5);
  hear (socket, hello, (guint8) hello->str[3] << 8 | (guint8) hello->str[4]);
  g_cancellable_cancel (spy->cancellable);
  wait_for_both (spy, spy);
  g_assert_error (spy->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  return hello;
}

/* Until the whole of it has come, nobody has tried; then somebody has, who then
 * does not go on. */
static void
test_half_hello (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");
  g_autoptr (Side) kirk = side_new (ends, "kirk", "kirk");
  g_autoptr (RawPeer) half = NULL;
  GString *hello;

  side_listen (hub);
  hello = record_hello (ends, hein_pairing_get_code (hub->pairing));
  half = meet (ends, hub);
  raw_peer_send (half, hello->str, hello->len - 1);
  assert_pairs (hub, kirk);
  g_string_free (hello, TRUE);
}

static void
test_broken_off (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");
  RawPeer *stranger;
  GString *hello;

  side_listen (hub);
  hello = record_hello (ends, hein_pairing_get_code (hub->pairing));
  stranger = meet (ends, hub);
  raw_peer_send (stranger, hello->str, hello->len);
  raw_peer_wait (stranger, stranger->n_reads > 0);
  raw_peer_free (stranger);
  wait_for_both (hub, hub);
  g_assert_error (hub->error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  assert_has (hub->error, "broken off");
  assert_peers (hub, NULL, NULL);
  g_string_free (hello, TRUE);
}

/* What was heard of one pairing is of no use for another. */
static void
test_replayed (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");
  g_autoptr (RawPeer) stranger = NULL;
  GString *hello = record_hello (ends, OTHER_CODE);

  side_listen (hub);
  stranger = meet (ends, hub);
  raw_peer_send (stranger, hello->str, hello->len);
  wait_for_both (hub, hub);
  g_assert_error (hub->error, HEIN_ERROR, HEIN_ERROR_INSECURE);
  g_string_free (hello, TRUE);
}

/* A code that was used opens nothing, neither there nor at the next pairing. */
static void
test_used_code (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");
  g_autoptr (Side) kirk = side_new (ends, "kirk", "kirk");
  g_autoptr (Side) spock = side_new (ends, "spock", "spock");
  g_autofree char *code = NULL;
  g_autofree char *address = NULL;

  side_listen (hub);
  code = g_strdup (hein_pairing_get_code (hub->pairing));
  address = g_strdup (hein_pairing_get_address (hub->pairing));
  assert_pairs (hub, kirk);
  side_dial (spock, address, code);
  wait_for_both (spock, spock);
  g_assert_nonnull (spock->error);
  g_clear_error (&spock->error);
  hub->is_done = spock->is_done = FALSE;
  g_clear_pointer (&hub->other, g_free);
  side_listen (hub);
  side_dial (spock, hein_pairing_get_address (hub->pairing), code);
  wait_for_both (hub, spock);
  g_assert_error (hub->error, HEIN_ERROR, HEIN_ERROR_INSECURE);
  g_assert_error (spock->error, HEIN_ERROR, HEIN_ERROR_INSECURE);
}

/* The folder goes after it was looked at. */
static void
test_cannot_write (TrustEnds *ends, gconstpointer data)
{
  g_autofree char *folder = trust_ends_dup_path (ends, "deep");
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");
  g_autoptr (Side) kirk = side_new (ends, "kirk", "kirk");
  RawPeer *stranger;

  g_free (hub->peers);
  hub->peers = g_build_filename (folder, "peers", NULL);
  g_object_unref (hub->pairing);
  hub->pairing = hein_pairing_new (hub->identity, hub->peers, "hub");
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  side_listen (hub);
  stranger = meet (ends, hub);
  raw_peer_say (stranger, "who turns this away has looked at its files\n");
  raw_peer_wait (stranger, stranger->is_eof);
  raw_peer_free (stranger);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  side_dial_to (kirk, hub);
  wait_for_both (hub, kirk);
  g_assert_error (hub->error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_error (kirk->error, HEIN_ERROR, HEIN_ERROR_REFUSED);
  assert_has (kirk->error, "it cannot read or write its files");
  assert_peers (kirk, NULL, NULL);
}

/* ---- calls ---- */

static void
test_cancelled (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");

  side_listen (hub);
  g_cancellable_cancel (hub->cancellable);
  wait_for_both (hub, hub);
  g_assert_error (hub->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
on_again (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **kept = user_data;

  *kept = g_object_ref (result);
}

static void
test_pending (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");
  g_autoptr (GAsyncResult) result = NULL;
  g_autofree char *code = NULL;
  GError *error = NULL;

  side_listen (hub);
  code = g_strdup (hein_pairing_get_code (hub->pairing));
  hein_pairing_listen_async (hub->pairing, "127.0.0.1", NULL, on_again,
                             &result);
  hein_test_wait (result != NULL);
  g_assert_null (hein_pairing_listen_finish (hub->pairing, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  g_clear_object (&result);
  g_assert_cmpstr (hein_pairing_get_code (hub->pairing), ==, code);
  g_cancellable_cancel (hub->cancellable);
  wait_for_both (hub, hub);
}

/* Who does not ask what came of it can begin again as well. */
static void
test_no_callback (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");

  hein_pairing_set_life_ms (hub->pairing, 1);
  hein_pairing_listen_async (hub->pairing, "127.0.0.1", NULL, NULL, NULL);
  g_assert_nonnull (hein_pairing_get_code (hub->pairing));
  hein_test_wait (hein_pairing_get_code (hub->pairing) == NULL);
}

static void
assert_dial_fails (TrustEnds *ends,
                   const char *address,
                   const char *code,
                   HeinError expected)
{
  g_autoptr (Side) kirk = side_new (ends, "kirk", "kirk");

  side_dial (kirk, address, code);
  wait_for_both (kirk, kirk);
  g_assert_error (kirk->error, HEIN_ERROR, (int) expected);
}

static void
test_bad_words (TrustEnds *ends, gconstpointer data)
{
  static const char *const addresses[] = {
    "", ":", "127.0.0.1", "hein-pair://", "hein-pair:///" OTHER_CODE,
  };
  static const char *const codes[] = {
    "",
    "-",
    "AAAA-AAAA-AAAA-AAA",
    "AAAA-AAAA-AAAA-AAAAA",
    "0AAA-AAAA-AAAA-AAAA",
    "AAAA-AAAA-AAAA-AAA\xc3",
  };
  g_autoptr (Side) hub = side_new (ends, "hub", "hub");

  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++)
    assert_dial_fails (ends, addresses[i], OTHER_CODE, HEIN_ERROR_BAD_ADDRESS);
  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    assert_dial_fails (ends, "127.0.0.1:9", codes[i], HEIN_ERROR_FAILED);
  assert_dial_fails (ends, "127.0.0.1:9", NULL, HEIN_ERROR_FAILED);
  hein_pairing_listen_async (hub->pairing, "somewhere.invalid", NULL,
                             on_listened, hub);
  wait_for_both (hub, hub);
  g_assert_error (hub->error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
}

/* At an address of a bus, with or without keys. */
static void
test_other_listeners (TrustEnds *ends, gconstpointer data)
{
  const char *query = data;
  g_autoptr (Side) kirk = side_new (ends, "kirk", "kirk");
  g_autofree char *place = NULL;
  const char *uri;

  trust_ends_write (ends, "lamps.key",
                    "00112233445566778899aabbccddeeff"
                    "00112233445566778899aabbccddeeff\n",
                    0600);
  trust_ends_listen (ends, query);
  uri = hein_endpoint_get_bound_uri (ends->endpoint);
  place = g_strndup (uri, strcspn (uri, "?"));
  side_dial (kirk, place, OTHER_CODE);
  wait_for_both (kirk, kirk);
  g_assert_nonnull (kirk->error);
  assert_peers (kirk, NULL, NULL);
  g_assert_cmpuint (hein_test_bus_count_peers (ends->hub), ==, 0);
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
  add ("/pairing/both", NULL, test_both);
  add ("/pairing/uri", NULL, test_uri);
  add ("/pairing/as-typed", NULL, test_as_typed);
  add ("/pairing/again", NULL, test_again);
  add ("/pairing/wrong-code", NULL, test_wrong_code);
  add ("/pairing/expired", NULL, test_expired);
  add ("/pairing/two-diallers", NULL, test_two_diallers);
  add ("/pairing/mirrored", NULL, test_mirrored);
  add ("/pairing/same-name", NULL, test_same_name);
  add ("/pairing/name-taken", NULL, test_name_taken);
  add ("/pairing/files-of-no-use", NULL, test_files_of_no_use);
  add ("/pairing/cannot-write", NULL, test_cannot_write);
  add ("/pairing/garbage", NULL, test_garbage);
  add ("/pairing/drip", NULL, test_drip);
  add ("/pairing/endless", NULL, test_endless);
  add ("/pairing/silence", NULL, test_silence);
  add ("/pairing/half-hello", NULL, test_half_hello);
  add ("/pairing/broken-off", NULL, test_broken_off);
  add ("/pairing/replayed", NULL, test_replayed);
  add ("/pairing/used-code", NULL, test_used_code);
  add ("/pairing/cancelled", NULL, test_cancelled);
  add ("/pairing/pending", NULL, test_pending);
  add ("/pairing/no-callback", NULL, test_no_callback);
  add ("/pairing/bad-words", NULL, test_bad_words);
  add ("/pairing/other-listeners/plain", "", test_other_listeners);
  add ("/pairing/other-listeners/key", "key-file=%s/lamps.key",
       test_other_listeners);
  return g_test_run ();
}

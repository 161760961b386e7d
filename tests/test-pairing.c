/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <glib/gstdio.h>

#include "pairing-sides.h"

/* Two sides make their keys known to each other by a code. */

/* ---- what should be ---- */

static void
test_both (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");
  g_autoptr (PairingSide) kirk = pairing_side_new (ends, "kirk", "kirk");

  pairing_side_listen (hub);
  g_assert_cmpuint (strlen (hein_pairing_get_code (hub->pairing)), ==, 19);
  g_assert_cmpuint (hein_pairing_get_remaining (hub->pairing), <=, 60000);
  pairing_side_dial_to (kirk, hub);
  pairing_sides_wait (hub, kirk);
  g_assert_no_error (hub->error);
  g_assert_no_error (kirk->error);
  g_assert_cmpstr (hub->other, ==, "kirk");
  g_assert_cmpstr (kirk->other, ==, "hub");
  pairing_side_assert_peers (hub, "kirk", kirk);
  pairing_side_assert_peers (kirk, "hub", hub);
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
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");
  g_autoptr (PairingSide) kirk = pairing_side_new (ends, "kirk", NULL);

  pairing_side_listen (hub);
  pairing_side_dial (kirk, hein_pairing_get_uri (hub->pairing), NULL);
  pairing_sides_wait (hub, kirk);
  g_assert_no_error (kirk->error);
  g_assert_cmpstr (hub->other, ==, "kirk");
}

/* Small letters and other spaces, as people type. */
static void
test_as_typed (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");
  g_autoptr (PairingSide) kirk = pairing_side_new (ends, "kirk", "kirk");
  g_autofree char *small = NULL;
  g_autofree char *typed = NULL;
  const char *address;

  pairing_side_listen (hub);
  small = g_ascii_strdown (hein_pairing_get_code (hub->pairing), -1);
  g_strdelimit (small, "-", ' ');
  typed = g_strconcat (" ", small, "\n", NULL);
  address = hein_pairing_get_address (hub->pairing);
  pairing_side_dial (kirk, address, typed);
  pairing_sides_wait (hub, kirk);
  g_assert_no_error (kirk->error);
  g_assert_no_error (hub->error);
}

/* Other lines stay, and who pairs again finds its line there. */
static void
test_again (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");
  g_autoptr (PairingSide) kirk = pairing_side_new (ends, "kirk", "kirk");
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  trust_ends_write (ends, "hub.peers", "# who is known", 0600);
  pairing_side_listen (hub);
  pairing_side_dial_to (kirk, hub);
  pairing_sides_wait (hub, kirk);
  g_assert_true (g_file_get_contents (hub->peers, &before, NULL, NULL));
  g_assert_true (g_str_has_prefix (before, "# who is known\nkirk "));
  g_clear_pointer (&hub->other, g_free);
  g_clear_pointer (&kirk->other, g_free);
  hub->is_done = kirk->is_done = FALSE;
  pairing_side_listen (hub);
  pairing_side_dial_to (kirk, hub);
  pairing_sides_wait (hub, kirk);
  g_assert_no_error (hub->error);
  g_assert_true (g_file_get_contents (hub->peers, &after, NULL, NULL));
  g_assert_cmpstr (after, ==, before);
}

/* ---- what should not be ---- */

static void
assert_nothing_written (PairingSide *hub, PairingSide *kirk)
{
  g_assert_null (hub->other);
  g_assert_null (kirk->other);
  pairing_side_assert_peers (hub, NULL, NULL);
  pairing_side_assert_peers (kirk, NULL, NULL);
}

static void
test_wrong_code (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");
  g_autoptr (PairingSide) kirk = pairing_side_new (ends, "kirk", "kirk");
  g_autofree char *uri = NULL;

  pairing_side_listen (hub);
  uri = g_strdup (hein_pairing_get_uri (hub->pairing));
  pairing_side_dial (kirk, hein_pairing_get_address (hub->pairing), OTHER_CODE);
  pairing_sides_wait (hub, kirk);
  g_assert_error (hub->error, HEIN_ERROR, HEIN_ERROR_INSECURE);
  pairing_assert_has (hub->error, "the other side has another code");
  g_assert_error (kirk->error, HEIN_ERROR, HEIN_ERROR_INSECURE);
  pairing_assert_has (kirk->error, "the code is wrong");
  assert_nothing_written (hub, kirk);
  /* there is no second try, not even with the right one */
  g_clear_error (&kirk->error);
  kirk->is_done = FALSE;
  pairing_side_dial (kirk, uri, NULL);
  pairing_sides_wait (kirk, kirk);
  g_assert_nonnull (kirk->error);
}

static void
test_expired (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");

  hein_pairing_set_life_ms (hub->pairing, 1);
  pairing_side_listen (hub);
  pairing_sides_wait (hub, hub);
  g_assert_error (hub->error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  pairing_assert_has (hub->error, "the code is over");
}

/* One try is of one of them, whoever it is. */
static void
test_two_diallers (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");
  g_autoptr (PairingSide) kirk = pairing_side_new (ends, "kirk", "kirk");
  g_autoptr (PairingSide) spock = pairing_side_new (ends, "spock", "spock");

  pairing_side_listen (hub);
  pairing_side_dial_to (kirk, hub);
  pairing_side_dial_to (spock, hub);
  pairing_sides_wait (kirk, spock);
  pairing_sides_wait (hub, hub);
  g_assert_no_error (hub->error);
  g_assert_true ((kirk->error == NULL) != (spock->error == NULL));
  g_assert_cmpstr (hub->other, ==, kirk->error == NULL ? "kirk" : "spock");
  pairing_side_assert_peers (kirk->error == NULL ? spock : kirk, NULL, NULL);
}

static void
test_mirrored (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");
  g_autoptr (PairingSide) mirror = pairing_side_new (ends, "hub", "hub");

  g_assert_true (hein_pairing_prepare (hub->pairing, NULL));
  pairing_side_listen (hub);
  pairing_side_dial_to (mirror, hub);
  pairing_sides_wait (hub, mirror);
  g_assert_error (hub->error, HEIN_ERROR, HEIN_ERROR_DUPLICATE);
  g_assert_error (mirror->error, HEIN_ERROR, HEIN_ERROR_DUPLICATE);
  assert_nothing_written (hub, mirror);
}

static void
test_same_name (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");
  g_autoptr (PairingSide) other = pairing_side_new (ends, "other", "hub");

  pairing_side_listen (hub);
  pairing_side_dial_to (other, hub);
  pairing_sides_wait (hub, other);
  g_assert_error (hub->error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  pairing_assert_has (hub->error, "both sides are called \"hub\"");
  assert_nothing_written (hub, other);
}

/* Whichever side knows the name: the other one is told, and writes nothing. */
static void
test_name_taken (TrustEnds *ends, gconstpointer data)
{
  g_autofree char *pin = trust_ends_make_identity (ends, "another");
  g_autofree char *line = g_strdup_printf ("kirk %s\n", pin);
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");
  g_autoptr (PairingSide) kirk = pairing_side_new (ends, "kirk", "kirk");
  g_autofree char *text = NULL;

  trust_ends_write (ends, "hub.peers", line, 0600);
  pairing_side_listen (hub);
  pairing_side_dial_to (kirk, hub);
  pairing_sides_wait (hub, kirk);
  g_assert_error (hub->error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  pairing_assert_has (hub->error,
                      "\"kirk\" is there with another key: remove its line");
  g_assert_error (kirk->error, HEIN_ERROR, HEIN_ERROR_REFUSED);
  pairing_assert_has (kirk->error, "knows it with another key");
  pairing_side_assert_peers (kirk, NULL, NULL);
  g_assert_true (g_file_get_contents (hub->peers, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, line);
}

static void
test_files_of_no_use (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (PairingSide) open = pairing_side_new (ends, "open", "open");
  g_autoptr (PairingSide) nowhere =
    pairing_side_new (ends, "no/folder", "nowhere");
  g_autoptr (PairingSide) nameless = pairing_side_new (ends, "nameless", NULL);
  g_autoptr (PairingSide) other = pairing_side_new (ends, "kirk", "spock");
  g_autoptr (PairingSide) bad = pairing_side_new (ends, "bad", "a\nb");
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
  pairing_assert_has (error, "say the name that it shall be made for");
  g_clear_error (&error);
  g_assert_false (hein_pairing_prepare (other->pairing, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  pairing_assert_has (error, "is the identity of \"kirk\", not of \"spock\"");
  g_clear_error (&error);
  g_assert_false (hein_pairing_prepare (bad->pairing, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_clear_error (&error);
  pairing_side_listen (nowhere);
  pairing_sides_wait (nowhere, nowhere);
  g_assert_error (nowhere->error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* ---- calls ---- */

static void
test_cancelled (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");

  pairing_side_listen (hub);
  g_cancellable_cancel (hub->cancellable);
  pairing_sides_wait (hub, hub);
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
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");
  g_autoptr (GAsyncResult) result = NULL;
  g_autofree char *code = NULL;
  GError *error = NULL;

  pairing_side_listen (hub);
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
  pairing_sides_wait (hub, hub);
}

/* Who does not ask what came of it can begin again as well. */
static void
test_no_callback (TrustEnds *ends, gconstpointer data)
{
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");

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
  g_autoptr (PairingSide) kirk = pairing_side_new (ends, "kirk", "kirk");

  pairing_side_dial (kirk, address, code);
  pairing_sides_wait (kirk, kirk);
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
  g_autoptr (PairingSide) hub = pairing_side_new (ends, "hub", "hub");

  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++)
    assert_dial_fails (ends, addresses[i], OTHER_CODE, HEIN_ERROR_BAD_ADDRESS);
  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    assert_dial_fails (ends, "127.0.0.1:9", codes[i], HEIN_ERROR_FAILED);
  assert_dial_fails (ends, "127.0.0.1:9", NULL, HEIN_ERROR_FAILED);
  hein_pairing_listen_async (hub->pairing, "somewhere.invalid", NULL,
                             pairing_side_on_listened, hub);
  pairing_sides_wait (hub, hub);
  g_assert_error (hub->error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
}

/* At an address of a bus, with or without keys. */
static void
test_other_listeners (TrustEnds *ends, gconstpointer data)
{
  const char *query = data;
  g_autoptr (PairingSide) kirk = pairing_side_new (ends, "kirk", "kirk");
  g_autofree char *place = NULL;
  const char *uri;

  trust_ends_write (ends, "lamps.key",
                    "00112233445566778899aabbccddeeff"
                    "00112233445566778899aabbccddeeff\n",
                    0600);
  trust_ends_listen (ends, query);
  uri = hein_endpoint_get_bound_uri (ends->endpoint);
  place = g_strndup (uri, strcspn (uri, "?"));
  pairing_side_dial (kirk, place, OTHER_CODE);
  pairing_sides_wait (kirk, kirk);
  g_assert_nonnull (kirk->error);
  pairing_side_assert_peers (kirk, NULL, NULL);
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
  add ("/pairing/cancelled", NULL, test_cancelled);
  add ("/pairing/pending", NULL, test_pending);
  add ("/pairing/no-callback", NULL, test_no_callback);
  add ("/pairing/bad-words", NULL, test_bad_words);
  add ("/pairing/other-listeners/plain", "", test_other_listeners);
  add ("/pairing/other-listeners/key", "key-file=%s/lamps.key",
       test_other_listeners);
  return g_test_run ();
}

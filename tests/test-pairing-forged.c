/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../hein/tls/tls-pair-card.h"
#include "../hein/tls/tls-pair-talk.h"
#include "trust-ends.h"

/* Somebody who has the code of a pairing, and claims a key that is not his. */

typedef struct
{
  HeinPairing *pairing; /* owned: the honest side, which listens */
  char *peers;          /* owned: its file */
  TlsPairTalk *talk;    /* owned: the other side */
  gboolean is_done;
  GError *error;
} Ends;

static void
on_listened (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Ends *self = user_data;

  g_assert_null (
    hein_pairing_listen_finish (self->pairing, result, &self->error));
  self->is_done = TRUE;
}

/* As the code is derived from: without hyphens. */
static char *
dup_letters (HeinPairing *pairing)
{
  g_auto (GStrv) parts = g_strsplit (hein_pairing_get_code (pairing), "-", -1);

  return g_strjoinv (NULL, parts);
}

static int
dial (HeinPairing *pairing)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection =
    g_socket_client_connect_to_host (client, hein_pairing_get_address (pairing),
                                     0, NULL, &error);
  int fd;

  g_assert_no_error (error);
  fd = fcntl (g_socket_get_fd (g_socket_connection_get_socket (connection)),
              F_DUPFD_CLOEXEC, 0);
  g_assert_cmpint (fd, >=, 0);
  return fd;
}

/* What is said here is heard in the thread of the honest side. */
static void
begin (Ends *self, TrustEnds *ends)
{
  g_autofree char *identity = trust_ends_dup_path (ends, "hub.id");
  g_autofree char *letters = NULL;
  g_autoptr (GError) error = NULL;

  self->peers = trust_ends_dup_path (ends, "hub.peers");
  self->pairing = hein_pairing_new (identity, self->peers, "hub");
  hein_pairing_listen_async (self->pairing, "127.0.0.1", NULL, on_listened,
                             self);
  letters = dup_letters (self->pairing);
  self->talk = tls_pair_talk_new (dial (self->pairing), FALSE, letters, &error);
  g_assert_no_error (error);
  self->talk->end_us =
    g_get_monotonic_time () + hein_test_get_patience () * G_USEC_PER_SEC;
  g_assert_true (tls_pair_talk_shake (self->talk, &error));
  g_assert_no_error (error);
}

/* Says the card, and sees that nobody believes it. */
static void
claim (Ends *self, GBytes *card)
{
  g_autoptr (GBytes) answer = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (tls_pair_talk_say (self->talk, 'C',
                                    g_bytes_get_data (card, NULL),
                                    g_bytes_get_size (card), &error));
  answer = tls_pair_talk_hear (self->talk, 'A', &error);
  g_assert_null (answer);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED);
  tls_pair_talk_free (self->talk);
  hein_test_wait (self->is_done);
  g_assert_error (self->error, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (self->error->message, "does not prove"));
  g_assert_false (g_file_test (self->peers, G_FILE_TEST_EXISTS));
  g_clear_error (&self->error);
  g_object_unref (self->pairing);
  g_free (self->peers);
}

static GBytes *
hear_card (Ends *self)
{
  g_autoptr (GError) error = NULL;
  GBytes *card = tls_pair_talk_hear (self->talk, 'C', &error);

  g_assert_no_error (error);
  return card;
}

/* A key that anybody may know, with a signature by nobody. */
static void
test_forged (TrustEnds *ends, gconstpointer data)
{
  /* SubjectPublicKeyInfo of Ed25519 (RFC 8410): the point of the base */
  guint8 key[44] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b,
                     0x65, 0x70, 0x03, 0x21, 0x00, 0x58 };
  const guint8 signature[64] = { 1 };
  const TlsPairCard card = {
    .name = "spock",
    .key = key,
    .key_size = sizeof key,
    .signature = signature,
    .signature_size = sizeof signature,
  };
  Ends self = { NULL };
  g_autoptr (GBytes) others = NULL;
  g_autoptr (GBytes) body = NULL;

  memset (key + 13, 0x66, sizeof key - 13);
  begin (&self, ends);
  others = hear_card (&self);
  body = g_byte_array_free_to_bytes (tls_pair_card_write (&card));
  claim (&self, body);
}

/* The signature of the other side, which is for its role. */
static void
test_mirrored (TrustEnds *ends, gconstpointer data)
{
  Ends self = { NULL };
  g_autoptr (GBytes) others = NULL;

  begin (&self, ends);
  others = hear_card (&self);
  claim (&self, others);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/pairing/forged", TrustEnds, NULL, trust_ends_set_up,
              test_forged, trust_ends_tear_down);
  g_test_add ("/pairing/mirrored-card", TrustEnds, NULL, trust_ends_set_up,
              test_mirrored, trust_ends_tear_down);
  return g_test_run ();
}

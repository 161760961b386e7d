/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <glib/gstdio.h>
#include <sodium.h>

#include "../plugins/protocols/zmtp/hein-zmtp.h"
#include "../plugins/protocols/zmtp/zmtp-certificate.h"
#include "../plugins/protocols/zmtp/zmtp-curve-box.h"
#include "../plugins/protocols/zmtp/zmtp-curve-peers.h"
#include "curve-ends.h"

/*
 * CURVE alone: two protocols whose bytes are carried by the test, which cuts,
 * changes, repeats and mixes them up.
 */

/* ---- it works ---- */

static void
test_meet (void)
{
  g_auto (CurveEnds) self = { 0 };
  g_autofree char *key = NULL;
  g_autofree char *security = NULL;

  curve_ends_init (&self, "");
  curve_meet (&self);
  curve_assert_up (&self);
  recorder_assert_logged (self.server, "offer kirk 1\n");
  recorder_assert_logged (self.client, "offer spock 1\n");
  key = curve_files_dup_key (self.files, "client");
  security = g_strdup_printf ("security curve:%s\n", key);
  recorder_assert_logged (self.server, security);
}

static void
test_messages (void)
{
  g_auto (CurveEnds) self = { 0 };

  curve_ends_init (&self, "");
  curve_meet (&self);
  curve_exchange (self.client, self.server);
  curve_exchange (self.server, self.client);
}

/* A subscription is a command in a box. */
static void
test_subscriptions (void)
{
  g_auto (CurveEnds) self = { 0 };

  curve_ends_init (&self, "");
  curve_meet (&self);
  HEIN_PROTOCOL_GET_CLASS (self.client->protocol)
    ->subscription (self.client->protocol, self.client->wire, "news.", TRUE);
  g_assert_true (curve_carry (self.client, self.server));
  g_assert_cmpuint (hein_prefixes_get_size (&self.server->prefixes), ==, 1);
}

static void
test_single_bytes (void)
{
  g_auto (CurveEnds) self = { 0 };
  gboolean more = TRUE;

  curve_ends_init (&self, "");
  while (more)
    {
      Recorder *ends[] = { self.client, self.server };

      more = FALSE;
      for (guint i = 0; i < 2; i++)
        {
          g_autoptr (GBytes) bytes = recorder_take_written (ends[i]);
          gsize size;
          const guint8 *data = g_bytes_get_data (bytes, &size);

          more |= size > 0;
          for (gsize j = 0; j < size; j++)
            recorder_feed (ends[1 - i], data + j, 1);
        }
    }
  curve_assert_up (&self);
}

/* ---- the handshake, spoilt ---- */

/* What goes to and fro until both are up, in order. */
#define FIRST_WORD 4
#define N_FLIGHTS  8

/* Whose turn it is: 0 and 2 greeting of the client, 1 and 3 of the server, 4 HELLO,
 * 5 WELCOME, 6 INITIATE, 7 READY. */
static Recorder *
get_speaker (CurveEnds *self, guint flight)
{
  return flight % 2 == 0 ? self->client : self->server;
}

static Recorder *
get_hearer (CurveEnds *self, guint flight)
{
  return flight % 2 == 0 ? self->server : self->client;
}

/* Both have got as far as that @flight is what comes next. (transfer full) */
static GBytes *
run_until (CurveEnds *self, guint flight)
{
  for (guint i = 0; i < flight; i++)
    {
      g_autoptr (GBytes) bytes = NULL;

      /* both greet at once */
      bytes = recorder_take_written (get_speaker (self, i));
      curve_feed (get_hearer (self, i), bytes);
    }
  return recorder_take_written (get_speaker (self, flight));
}

static void
assert_nothing (CurveEnds *self)
{
  g_assert_cmpuint (self->server->delivered->len, ==, 0);
  g_assert_cmpuint (self->client->delivered->len, ==, 0);
}

static void
spoil (CurveFiles *files, guint flight, gsize at, guint8 mask)
{
  g_auto (CurveEnds) self = { 0 };
  g_autoptr (GBytes) bytes = NULL;
  g_autofree guint8 *data = NULL;
  Recorder *hearer;
  gsize size;

  curve_ends_init_again (&self, files);
  bytes = run_until (&self, flight);
  hearer = get_hearer (&self, flight);
  data = g_bytes_unref_to_data (g_steal_pointer (&bytes), &size);
  data[at % size] ^= mask;
  recorder_feed (hearer, data, size);
  curve_meet (&self);
  g_assert_false (hearer->is_ready);
  assert_nothing (&self);
}

/* Sizes as they are sent, with the header of the frame. */
static gsize
get_flight_size (CurveFiles *files, guint flight)
{
  g_auto (CurveEnds) self = { 0 };
  g_autoptr (GBytes) bytes = NULL;

  curve_ends_init_again (&self, files);
  bytes = run_until (&self, flight);
  return g_bytes_get_size (bytes);
}

static void
test_flipped (void)
{
  g_autoptr (CurveFiles) files = curve_make_files ("");

  for (guint flight = FIRST_WORD; flight < N_FLIGHTS; flight++)
    {
      const gsize size = get_flight_size (files, flight);

      for (gsize at = 0; at < size; at++)
        spoil (files, flight, at, 1 << at % 8);
    }
}

static void
cut (CurveFiles *files, guint flight, gsize size)
{
  g_auto (CurveEnds) self = { 0 };
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) less = NULL;

  curve_ends_init_again (&self, files);
  bytes = run_until (&self, flight);
  less = g_bytes_new_from_bytes (bytes, 0, size);
  curve_feed (get_hearer (&self, flight), less);
  curve_meet (&self);
  g_assert_false (get_hearer (&self, flight)->is_ready);
  g_assert_no_error (get_hearer (&self, flight)->failure);
  assert_nothing (&self);
}

static void
test_cut (void)
{
  g_autoptr (CurveFiles) files = curve_make_files ("");

  for (guint flight = FIRST_WORD; flight < N_FLIGHTS; flight++)
    {
      const gsize size = get_flight_size (files, flight);

      for (gsize at = 0; at < size; at++)
        cut (files, flight, at);
    }
}

/* The frame is whole, and the command in it a byte too short or too long. */
static void
resize (guint flight, int by)
{
  g_auto (CurveEnds) self = { 0 };
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  Recorder *hearer;
  const guint8 *data;
  gsize size;
  gboolean is_long;
  guint header;

  curve_ends_init (&self, "");
  bytes = run_until (&self, flight);
  hearer = get_hearer (&self, flight);
  data = g_bytes_get_data (bytes, &size);
  is_long = (data[0] & ZMTP_LONG) != 0;
  header = is_long ? 9 : 2;
  g_byte_array_append (frame, data, by < 0 ? size - 1 : size);
  if (by > 0)
    g_byte_array_append (frame, (const guint8 *) "x", 1);
  frame->data[is_long ? 8 : 1] += by;
  if (is_long)
    curve_put_u64 (frame->data + 1, frame->len - header);
  recorder_feed (hearer, frame->data, frame->len);
  g_assert_false (hearer->is_ready);
  g_assert_error (hearer->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
}

static void
test_sizes (void)
{
  for (guint flight = FIRST_WORD; flight < N_FLIGHTS; flight++)
    {
      resize (flight, -1);
      resize (flight, 1);
    }
}

static void
swap (CurveFiles *files, guint place, guint other)
{
  g_auto (CurveEnds) self = { 0 };
  g_auto (CurveEnds) from = { 0 };
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) wrong = NULL;

  curve_ends_init_again (&self, files);
  curve_ends_init_again (&from, files);
  bytes = run_until (&self, place);
  wrong = run_until (&from, other);
  curve_feed (get_hearer (&self, place), wrong);
  g_assert_error (get_hearer (&self, place)->failure, HEIN_ERROR,
                  HEIN_ERROR_PROTOCOL);
  g_assert_false (get_hearer (&self, place)->is_ready);
}

/* Every command comes in the place of every other one. */
static void
test_order (void)
{
  g_autoptr (CurveFiles) files = curve_make_files ("");

  for (guint place = FIRST_WORD; place < N_FLIGHTS; place++)
    for (guint other = FIRST_WORD; other < N_FLIGHTS; other++)
      if (other != place)
        swap (files, place, other);
}

/* What was recorded opens no second connection. */
static void
test_replayed (void)
{
  g_auto (CurveEnds) self = { 0 };
  g_autoptr (Recorder) again = NULL;
  g_autoptr (GBytes) greeting = NULL;
  g_autoptr (GBytes) rest = NULL;
  g_autoptr (GBytes) hello = NULL;
  g_autoptr (GBytes) initiate = NULL;

  curve_ends_init (&self, "");
  greeting = run_until (&self, 0);
  curve_feed (self.server, greeting);
  curve_carry (self.server, self.client);
  rest = recorder_take_written (self.client);
  curve_feed (self.server, rest);
  curve_carry (self.server, self.client);
  hello = recorder_take_written (self.client);
  curve_feed (self.server, hello);
  curve_carry (self.server, self.client);
  initiate = recorder_take_written (self.client);
  curve_feed (self.server, initiate);
  g_assert_true (self.server->is_ready);

  again = curve_make_server (self.files);
  curve_feed (again, greeting);
  curve_feed (again, rest);
  curve_feed (again, hello);
  g_assert_no_error (again->failure);
  curve_feed (again, initiate);
  curve_assert_refused (again, HEIN_ERROR_PROTOCOL,
                        "belongs to another connection");
}

/* A stranger never gets more than it sends, and no word about why. */
static void
test_amplification (void)
{
  g_auto (CurveEnds) self = { 0 };
  g_autoptr (GBytes) hello = NULL;
  g_autoptr (GBytes) welcome = NULL;

  curve_ends_init (&self, "");
  hello = run_until (&self, FIRST_WORD);
  curve_feed (self.server, hello);
  welcome = recorder_take_written (self.server);
  g_assert_cmpuint (g_bytes_get_size (welcome), <=, g_bytes_get_size (hello));
}

/* ---- strangers ---- */

static void
test_unknown_key (void)
{
  g_auto (CurveEnds) self = { 0 };
  g_autoptr (GBytes) written = NULL;

  curve_ends_init (&self, "");
  curve_files_throw_out (self.files, "client");
  recorder_free (self.server);
  self.server = curve_make_server (self.files);
  curve_meet (&self);
  curve_assert_refused (self.server, HEIN_ERROR_REFUSED,
                        "among those of curve-peers");
  written = recorder_take_written (self.server);
  g_assert_cmpuint (g_bytes_get_size (written), ==, 0);
  g_assert_false (self.client->is_ready);
}

static void
test_wrong_server (void)
{
  g_auto (CurveEnds) self = { 0 };
  g_autofree char *key = NULL;
  g_autofree char *server = NULL;

  curve_ends_init (&self, "");
  curve_files_make (self.files, "other", "");
  key = curve_files_dup_path (self.files, "client.key_secret");
  server = curve_files_dup_path (self.files, "other.key");
  recorder_free (self.client);
  self.client = curve_make (TRUE, key, "curve-server", server, "kirk");
  curve_meet (&self);
  curve_assert_refused (self.server, HEIN_ERROR_PROTOCOL, "for another server");
  g_assert_false (self.client->is_ready);
}

/* Somebody who has another key stands where the server should be. */
static void
test_impostor (void)
{
  g_auto (CurveEnds) self = { 0 };
  g_autoptr (GBytes) hello = NULL;
  CurveBox box;
  CurvePair keys;
  CurveWord word;
  guint8 welcome[2 + CURVE_WELCOME_SIZE] = { ZMTP_COMMAND, CURVE_WELCOME_SIZE };

  curve_ends_init (&self, "");
  hello = run_until (&self, FIRST_WORD);
  crypto_box_keypair (keys.public_key, keys.secret_key);
  curve_box_init (&box, TRUE);
  g_assert_true (
    curve_word_parse ((const guint8 *) g_bytes_get_data (hello, NULL) + 2,
                      CURVE_HELLO_SIZE, &word));
  g_assert_false (curve_box_read_hello (&box, &keys, &word));
  curve_box_write_welcome (&box, welcome + 2);
  recorder_feed (self.client, welcome, sizeof welcome);
  curve_assert_refused (self.client, HEIN_ERROR_PROTOCOL, "stands in between");
}

static void
test_plaintext_peer (void)
{
  g_auto (CurveEnds) self = { 0 };
  g_autoptr (GBytes) written = NULL;
  HeinProtocol *protocol = g_object_new (HEIN_TYPE_ZMTP, NULL);

  curve_ends_init (&self, "");
  recorder_free (self.client);
  self.client = recorder_new (protocol, TRUE, "kirk", NULL);
  curve_meet (&self);
  curve_assert_refused (self.server, HEIN_ERROR_PROTOCOL, "\"NULL\"");
  curve_assert_refused (self.client, HEIN_ERROR_PROTOCOL, "curve-key=FILE");
}

/* Who has keys names its mechanism when it knows that of the other side. */
static void
greet_plainly (gboolean dials)
{
  g_auto (CurveEnds) self = { 0 };
  g_autoptr (GBytes) first = NULL;
  g_autoptr (GBytes) rest = NULL;
  guint8 greeting[ZMTP_GREETING_SIZE];
  Recorder *end;

  curve_ends_init (&self, "");
  end = dials ? self.client : self.server;
  first = recorder_take_written (end);
  g_assert_cmpuint (g_bytes_get_size (first), ==, 11);
  zmtp_greeting_write (greeting, "NULL", FALSE);
  recorder_feed (end, greeting, sizeof greeting);
  curve_assert_refused (end, HEIN_ERROR_PROTOCOL, "\"NULL\"");
  /* a hein learns what is wrong, too */
  rest = recorder_take_written (end);
  g_assert_cmpuint (g_bytes_get_size (rest), ==, 53);
}

static void
test_greeting (void)
{
  greet_plainly (FALSE);
  greet_plainly (TRUE);
}

static void
test_both_servers (void)
{
  g_auto (CurveEnds) self = { 0 };
  g_autofree char *key = NULL;
  g_autofree char *peers = NULL;

  curve_ends_init (&self, "");
  recorder_free (self.client);
  key = curve_files_dup_path (self.files, "client.key");
  peers = curve_files_dup_path (self.files, "peers");
  self.client = curve_make (TRUE, key, "curve-peers", peers, "kirk");
  curve_meet (&self);
  curve_assert_refused (self.server, HEIN_ERROR_PROTOCOL,
                        "both sides are the server");
  curve_assert_refused (self.client, HEIN_ERROR_PROTOCOL,
                        "both sides are the server");
}

static void
test_both_clients (void)
{
  g_auto (CurveEnds) self = { 0 };

  curve_ends_init (&self, "");
  recorder_free (self.server);
  self.server = curve_make_client (self.files);
  curve_meet (&self);
  curve_assert_refused (self.server, HEIN_ERROR_PROTOCOL,
                        "both sides are the client");
}

/* ---- names ---- */

static void
test_bound_name (void)
{
  g_auto (CurveEnds) self = { 0 };

  curve_ends_init (&self, "    name = \"kirk\"\n");
  curve_meet (&self);
  curve_assert_up (&self);
}

static void
test_wrong_name (void)
{
  g_auto (CurveEnds) self = { 0 };

  curve_ends_init (&self, "    name = khan\n");
  curve_meet (&self);
  curve_assert_refused (
    self.server, HEIN_ERROR_REFUSED,
    "says that it is \"kirk\", and its certificate is for \"khan\"");
  curve_assert_refused (self.client, HEIN_ERROR_REFUSED, "certificate is for");
}

/* Who says no name has that of its certificate. */
static void
test_given_name (void)
{
  g_auto (CurveEnds) self = { 0 };
  g_autofree char *key = NULL;
  g_autofree char *server = NULL;
  HeinProtocol *protocol;

  curve_ends_init (&self, "    name = kirk\n");
  key = curve_files_dup_path (self.files, "client.key_secret");
  server = curve_files_dup_path (self.files, "server.key");
  recorder_free (self.client);
  protocol = g_object_new (HEIN_TYPE_ZMTP, "curve-key", key, "curve-server",
                           server, "say-name", 2, NULL);
  self.client = recorder_new (protocol, TRUE, "whoever", NULL);
  curve_meet (&self);
  curve_assert_up (&self);
  recorder_assert_logged (self.server, "offer kirk 1\n");
}

/* ---- messages, spoilt ---- */

static GBytes *
meet_and_say (CurveEnds *self, const char *text)
{
  if (self->files == NULL)
    {
      curve_ends_init (self, "");
      curve_meet (self);
    }
  curve_say (self->client, "topic", text, strlen (text));
  return recorder_take_written (self->client);
}

static void
assert_spoilt (CurveEnds *self, const char *words)
{
  g_assert_error (self->server->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  if (strstr (self->server->failure->message, words) == NULL)
    g_error ("no \"%s\" in: %s", words, self->server->failure->message);
}

static void
test_flipped_message (void)
{
  g_autoptr (CurveFiles) files = curve_make_files ("");
  gsize size = 1;

  for (gsize at = 0; at < size; at++)
    {
      g_auto (CurveEnds) self = { 0 };
      g_autoptr (GBytes) bytes = NULL;
      g_autofree guint8 *data = NULL;

      curve_ends_init_again (&self, files);
      curve_meet (&self);
      bytes = meet_and_say (&self, "payload");
      data = g_bytes_unref_to_data (g_steal_pointer (&bytes), &size);
      data[at] ^= 1 << at % 8;
      recorder_feed (self.server, data, size);
      assert_nothing (&self);
      /* a length that has grown waits for the rest */
      g_assert_true (self.server->failure != NULL || at == 1);
    }
}

static void
test_repeated_message (void)
{
  g_auto (CurveEnds) self = { 0 };
  g_autoptr (GBytes) bytes = meet_and_say (&self, "payload");

  curve_feed (self.server, bytes);
  g_assert_cmpuint (self.server->delivered->len, ==, 1);
  curve_feed (self.server, bytes);
  assert_spoilt (&self, "repeated");
  g_assert_cmpuint (self.server->delivered->len, ==, 1);
}

static void
test_missing_message (void)
{
  g_auto (CurveEnds) self = { 0 };
  g_autoptr (GBytes) first = meet_and_say (&self, "first");
  g_autoptr (GBytes) second = meet_and_say (&self, "second");

  curve_feed (self.server, second);
  assert_spoilt (&self, "left out");
  assert_nothing (&self);
}

static void
test_reflected_message (void)
{
  g_auto (CurveEnds) self = { 0 };
  g_autoptr (GBytes) bytes = meet_and_say (&self, "payload");

  curve_feed (self.client, bytes);
  g_assert_error (self.client->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  assert_nothing (&self);
}

static void
test_plain_frame (void)
{
  g_auto (CurveEnds) self = { 0 };

  curve_ends_init (&self, "");
  curve_meet (&self);
  FEED (self.server, "\1\5topic\0\7payload");
  assert_spoilt (&self, "not encrypted");
  assert_nothing (&self);
}

static void
test_large_frame (void)
{
  g_auto (CurveEnds) self = { 0 };

  curve_ends_init (&self, "");
  curve_meet (&self);
  FEED (self.server, "\2\x7f\xff\xff\xff\xff\xff\xff\xff");
  assert_spoilt (&self, "too large");
}

/* ---- keys ---- */

static void
test_erased (void)
{
  CurveBox client;
  CurveBox server;
  CurvePair keys[2];
  CurveWord word;
  guint8 hello[CURVE_HELLO_SIZE];
  guint8 welcome[CURVE_WELCOME_SIZE];
  guint8 who[CURVE_KEY_SIZE];
  g_autoptr (GByteArray) initiate = NULL;
  g_autoptr (GByteArray) pairs = NULL;

  for (guint i = 0; i < 2; i++)
    crypto_box_keypair (keys[i].public_key, keys[i].secret_key);
  curve_box_init (&client, FALSE);
  curve_box_init (&server, TRUE);
  curve_box_write_hello (&client, keys[1].public_key, hello);
  g_assert_true (curve_word_parse (hello, sizeof hello, &word));
  g_assert_true (curve_box_read_hello (&server, &keys[1], &word));
  curve_box_write_welcome (&server, welcome);
  /* only the key of the cookie is left of what the server knows */
  g_assert_true (sodium_is_zero (server.own.secret_key, CURVE_KEY_SIZE));
  g_assert_true (sodium_is_zero (server.hello_key, CURVE_KEY_SIZE));
  g_assert_true (sodium_is_zero (server.peer_short, CURVE_KEY_SIZE));
  g_assert_true (curve_word_parse (welcome, sizeof welcome, &word));
  g_assert_true (curve_box_read_welcome (&client, &word));
  initiate = curve_box_write_initiate (&client, &keys[0], keys[1].public_key,
                                       (const guint8 *) "pairs", 5);
  g_assert_true (curve_word_parse (initiate->data, initiate->len, &word));
  pairs = curve_box_read_initiate (&server, &keys[1], &word, who);
  g_assert_cmpmem (pairs->data, pairs->len, "pairs", 5);
  g_assert_cmpmem (who, sizeof who, keys[0].public_key, CURVE_KEY_SIZE);
  g_assert_true (sodium_is_zero (server.cookie_key, CURVE_KEY_SIZE));
  g_assert_true (sodium_is_zero (server.own.secret_key, CURVE_KEY_SIZE));
  g_assert_true (sodium_is_zero (client.own.secret_key, CURVE_KEY_SIZE));
  g_assert_true (sodium_is_zero (client.hello_key, CURVE_KEY_SIZE));
  curve_box_clear (&server);
  curve_box_clear (&client);
  g_assert_true (sodium_is_zero ((guint8 *) &server, sizeof server));
  g_assert_true (sodium_is_zero ((guint8 *) &client, sizeof client));
}

/* INITIATE by who says that it has the public key of @says and knows the secret
 * one of @has, and was meant for the server @meant. */
static gboolean
try_initiate (const CurvePair *server,
              const CurvePair *says,
              const CurvePair *has,
              const CurvePair *meant)
{
  CurveBox boxes[2];
  CurvePair client;
  CurveWord word;
  guint8 hello[CURVE_HELLO_SIZE];
  guint8 welcome[CURVE_WELCOME_SIZE];
  guint8 who[CURVE_KEY_SIZE];
  g_autoptr (GByteArray) initiate = NULL;
  g_autoptr (GByteArray) pairs = NULL;

  memcpy (client.public_key, says->public_key, CURVE_KEY_SIZE);
  memcpy (client.secret_key, has->secret_key, CURVE_KEY_SIZE);
  curve_box_init (&boxes[0], FALSE);
  curve_box_init (&boxes[1], TRUE);
  curve_box_write_hello (&boxes[0], server->public_key, hello);
  g_assert_true (curve_word_parse (hello, sizeof hello, &word));
  g_assert_true (curve_box_read_hello (&boxes[1], server, &word));
  curve_box_write_welcome (&boxes[1], welcome);
  g_assert_true (curve_word_parse (welcome, sizeof welcome, &word));
  g_assert_true (curve_box_read_welcome (&boxes[0], &word));
  initiate = curve_box_write_initiate (&boxes[0], &client, meant->public_key,
                                       (const guint8 *) "pairs", 5);
  g_assert_true (curve_word_parse (initiate->data, initiate->len, &word));
  pairs = curve_box_read_initiate (&boxes[1], server, &word, who);
  curve_box_clear (&boxes[0]);
  curve_box_clear (&boxes[1]);
  return pairs != NULL;
}

/* To know the public key of another is not enough, and what a client has said to
 * one server cannot be passed on to another. */
static void
test_vouch (void)
{
  CurvePair server;
  CurvePair other_server;
  CurvePair client;
  CurvePair impostor;
  CurvePair *all[] = { &server, &other_server, &client, &impostor };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    crypto_box_keypair (all[i]->public_key, all[i]->secret_key);
  g_assert_true (try_initiate (&server, &client, &client, &server));
  g_assert_false (try_initiate (&server, &client, &impostor, &server));
  g_assert_false (try_initiate (&server, &client, &client, &other_server));
}

/* Keys with which everybody would find the same secret. */
static void
test_weak_key (void)
{
  CurveBox box;
  CurvePair server;
  CurveWord word;
  guint8 hello[CURVE_HELLO_SIZE] = "\5HELLO\1";

  crypto_box_keypair (server.public_key, server.secret_key);
  for (guint8 weak = 0; weak < 2; weak++)
    {
      curve_box_init (&box, TRUE);
      hello[80] = weak;
      g_assert_true (curve_word_parse (hello, sizeof hello, &word));
      g_assert_false (curve_box_read_hello (&box, &server, &word));
      curve_box_clear (&box);
    }
}

/* The box of a message is that of libsodium, whose first half is made once. */
static void
test_known_box (void)
{
  guint8 plain[300];
  guint8 message[CURVE_MESSAGE_MIN + sizeof plain];
  guint8 expected[1 + sizeof plain + CURVE_TAG_SIZE];
  guint8 key[CURVE_KEY_SIZE] = "0123456789abcdef0123456789abcde";
  guint8 nonce[24] = "CurveZMQMESSAGEC";

  for (gsize size = 0; size < sizeof plain; size++)
    {
      CurveBox box = { .out_nonce = 7 };
      guint8 flagged[1 + sizeof plain];

      plain[size] = size;
      flagged[0] = CURVE_MORE;
      memcpy (flagged + 1, plain, size);
      crypto_core_hsalsa20 (box.out_key, nonce, key, NULL);
      curve_box_write_message (&box, CURVE_MORE, plain, size, message);
      curve_put_u64 (nonce + 16, 7);
      crypto_box_easy_afternm (expected, flagged, size + 1, nonce, key);
      g_assert_cmpmem (message + 16, size + 17, expected, size + 17);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define TEST(name) g_test_add_func ("/zmtp-curve/" #name, test_##name)
  TEST (meet);
  TEST (messages);
  TEST (subscriptions);
  TEST (single_bytes);
  TEST (flipped);
  TEST (cut);
  TEST (sizes);
  TEST (order);
  TEST (replayed);
  TEST (amplification);
  TEST (unknown_key);
  TEST (wrong_server);
  TEST (impostor);
  TEST (plaintext_peer);
  TEST (greeting);
  TEST (both_servers);
  TEST (both_clients);
  TEST (bound_name);
  TEST (wrong_name);
  TEST (given_name);
  TEST (flipped_message);
  TEST (repeated_message);
  TEST (missing_message);
  TEST (reflected_message);
  TEST (plain_frame);
  TEST (large_frame);
  TEST (erased);
  TEST (known_box);
  TEST (vouch);
  TEST (weak_key);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <glib/gstdio.h>
#include <sodium.h>

#include "../plugins/protocols/zmtp/hein-zmtp.h"
#include "../plugins/protocols/zmtp/zmtp-certificate.h"
#include "../plugins/protocols/zmtp/zmtp-curve-box.h"
#include "../plugins/protocols/zmtp/zmtp-curve-peers.h"
#include "curve-files.h"
#include "recording-wire.h"

/*
 * CURVE alone: two protocols whose bytes are carried by the test, which cuts,
 * changes, repeats and mixes them up.
 */

typedef struct
{
  CurveFiles *files;
  gboolean has_others_files; /* which stay */
  Recorder *server;
  Recorder *client;
} Pair;

static Recorder *
make (gboolean dialled,
      const char *key_file,
      const char *option,
      const char *value,
      const char *bus_name)
{
  HeinProtocol *protocol =
    g_object_new (HEIN_TYPE_ZMTP, "curve-key", key_file, option, value, NULL);

  return recorder_new (protocol, dialled, bus_name, NULL);
}

static Recorder *
make_server (CurveFiles *files)
{
  g_autofree char *key = curve_files_dup_path (files, "server.key_secret");
  g_autofree char *peers = curve_files_dup_path (files, "peers");

  return make (FALSE, key, "curve-peers", peers, "spock");
}

static Recorder *
make_client (CurveFiles *files)
{
  g_autofree char *key = curve_files_dup_path (files, "client.key_secret");
  g_autofree char *server = curve_files_dup_path (files, "server.key");

  return make (TRUE, key, "curve-server", server, "kirk");
}

static CurveFiles *
make_files (const char *metadata)
{
  CurveFiles *files = curve_files_new ();

  curve_files_make (files, "server", "");
  curve_files_make (files, "client", metadata);
  curve_files_let_in (files, "client");
  return files;
}

static void
pair_init (Pair *self, const char *metadata)
{
  self->files = make_files (metadata);
  self->server = make_server (self->files);
  self->client = make_client (self->files);
}

/* With files that serve many pairs. */
static void
pair_init_again (Pair *self, CurveFiles *files)
{
  self->files = files;
  self->has_others_files = TRUE;
  self->server = make_server (files);
  self->client = make_client (files);
}

static void
pair_clear (Pair *self)
{
  recorder_free (self->server);
  recorder_free (self->client);
  if (!self->has_others_files)
    curve_files_free (self->files);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_clear)

static void
feed (Recorder *self, GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (size > 0 && !self->is_over)
    recorder_feed (self, data, size);
}

/* What one has said goes to the other. FALSE: it has said nothing. */
static gboolean
carry (Recorder *from, Recorder *to)
{
  g_autoptr (GBytes) bytes = recorder_take_written (from);

  feed (to, bytes);
  return g_bytes_get_size (bytes) > 0;
}

static void
meet (Pair *self)
{
  gboolean more = TRUE;

  while (more)
    {
      more = carry (self->client, self->server);
      more |= carry (self->server, self->client);
    }
}

static void
assert_up (Pair *self)
{
  g_assert_no_error (self->server->failure);
  g_assert_no_error (self->client->failure);
  g_assert_true (self->server->is_ready);
  g_assert_true (self->client->is_ready);
}

static void
assert_refused (Recorder *self, int code, const char *words)
{
  g_assert_false (self->is_ready);
  g_assert_error (self->failure, HEIN_ERROR, code);
  if (strstr (self->failure->message, words) == NULL)
    g_error ("no \"%s\" in: %s", words, self->failure->message);
}

static void
say (Recorder *self, const char *topic, const char *text, gsize size)
{
  g_autoptr (HeinMessage) message =
    recorder_make_message (topic, NULL, text, size);

  g_assert_true (recorder_encode (self, message, NULL));
}

/* ---- it works ---- */

static void
test_meet (void)
{
  g_auto (Pair) self = { 0 };
  g_autofree char *key = NULL;
  g_autofree char *security = NULL;

  pair_init (&self, "");
  meet (&self);
  assert_up (&self);
  recorder_assert_logged (self.server, "offer kirk 1\n");
  recorder_assert_logged (self.client, "offer spock 1\n");
  key = curve_files_dup_key (self.files, "client");
  security = g_strdup_printf ("security curve:%s\n", key);
  recorder_assert_logged (self.server, security);
}

static void
exchange (Recorder *from, Recorder *to)
{
  g_autofree char *large = g_strnfill (90000, 'l');
  g_autoptr (GBytes) one = g_bytes_new_static ("one", 3);
  g_autoptr (GBytes) two = g_bytes_new_static ("two", 3);
  GBytes *parts[] = { one, two };
  g_autoptr (HeinMessage) several = hein_message_new_parts ("t", parts, 2);
  g_autoptr (HeinMessage) typed = MAKE ("t", "application/json", "{}");
  HeinMessage *got;

  say (from, "topic", "payload", 7);
  say (from, "", "", 0);
  g_assert_true (recorder_encode (from, several, NULL));
  g_assert_true (recorder_encode (from, typed, NULL));
  say (from, "topic", large, 90000);
  recorder_ping (from);
  g_assert_true (carry (from, to));
  g_assert_no_error (to->failure);
  g_assert_cmpuint (to->delivered->len, ==, 5);
  MESSAGE (to, 0, "topic", NULL, "payload");
  MESSAGE (to, 1, "", NULL, "");
  got = g_ptr_array_index (to->delivered, 2);
  g_assert_cmpuint (hein_message_get_n_parts (got), ==, 2);
  MESSAGE (to, 3, "t", "application/json", "{}");
  recorder_assert_message (to, 4, "topic", NULL, large, 90000);
  g_assert_true (carry (to, from)); /* PONG */
  g_assert_no_error (from->failure);
}

static void
test_messages (void)
{
  g_auto (Pair) self = { 0 };

  pair_init (&self, "");
  meet (&self);
  exchange (self.client, self.server);
  exchange (self.server, self.client);
}

/* A subscription is a command in a box. */
static void
test_subscriptions (void)
{
  g_auto (Pair) self = { 0 };

  pair_init (&self, "");
  meet (&self);
  HEIN_PROTOCOL_GET_CLASS (self.client->protocol)
    ->subscription (self.client->protocol, self.client->wire, "news.", TRUE);
  g_assert_true (carry (self.client, self.server));
  g_assert_cmpuint (hein_prefixes_get_size (&self.server->prefixes), ==, 1);
}

static void
test_single_bytes (void)
{
  g_auto (Pair) self = { 0 };
  gboolean more = TRUE;

  pair_init (&self, "");
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
  assert_up (&self);
}

/* ---- the handshake, spoilt ---- */

/* What goes to and fro until both are up, in order. */
#define N_FLIGHTS 6

/* Whose turn it is: 0 greeting of the client, 1 of the server, 2 HELLO, 3
 * WELCOME, 4 INITIATE, 5 READY. */
static Recorder *
get_speaker (Pair *self, guint flight)
{
  return flight % 2 == 0 ? self->client : self->server;
}

static Recorder *
get_hearer (Pair *self, guint flight)
{
  return flight % 2 == 0 ? self->server : self->client;
}

/* Both have got as far as that @flight is what comes next. (transfer full) */
static GBytes *
run_until (Pair *self, guint flight)
{
  for (guint i = 0; i < flight; i++)
    {
      g_autoptr (GBytes) bytes = NULL;

      /* both greet at once */
      bytes = recorder_take_written (get_speaker (self, i));
      feed (get_hearer (self, i), bytes);
    }
  return recorder_take_written (get_speaker (self, flight));
}

static void
assert_nothing (Pair *self)
{
  g_assert_cmpuint (self->server->delivered->len, ==, 0);
  g_assert_cmpuint (self->client->delivered->len, ==, 0);
}

static void
spoil (CurveFiles *files, guint flight, gsize at, guint8 mask)
{
  g_auto (Pair) self = { 0 };
  g_autoptr (GBytes) bytes = NULL;
  g_autofree guint8 *data = NULL;
  Recorder *hearer;
  gsize size;

  pair_init_again (&self, files);
  bytes = run_until (&self, flight);
  hearer = get_hearer (&self, flight);
  data = g_bytes_unref_to_data (g_steal_pointer (&bytes), &size);
  data[at % size] ^= mask;
  recorder_feed (hearer, data, size);
  meet (&self);
  g_assert_false (hearer->is_ready);
  assert_nothing (&self);
}

/* Sizes as they are sent, with the header of the frame. */
static gsize
get_flight_size (CurveFiles *files, guint flight)
{
  g_auto (Pair) self = { 0 };
  g_autoptr (GBytes) bytes = NULL;

  pair_init_again (&self, files);
  bytes = run_until (&self, flight);
  return g_bytes_get_size (bytes);
}

static void
test_flipped (void)
{
  g_autoptr (CurveFiles) files = make_files ("");

  for (guint flight = 2; flight < N_FLIGHTS; flight++)
    {
      const gsize size = get_flight_size (files, flight);

      for (gsize at = 0; at < size; at++)
        spoil (files, flight, at, 1 << at % 8);
    }
}

static void
cut (CurveFiles *files, guint flight, gsize size)
{
  g_auto (Pair) self = { 0 };
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) less = NULL;

  pair_init_again (&self, files);
  bytes = run_until (&self, flight);
  less = g_bytes_new_from_bytes (bytes, 0, size);
  feed (get_hearer (&self, flight), less);
  meet (&self);
  g_assert_false (get_hearer (&self, flight)->is_ready);
  g_assert_no_error (get_hearer (&self, flight)->failure);
  assert_nothing (&self);
}

static void
test_cut (void)
{
  g_autoptr (CurveFiles) files = make_files ("");

  for (guint flight = 2; flight < N_FLIGHTS; flight++)
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
  g_auto (Pair) self = { 0 };
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  Recorder *hearer;
  const guint8 *data;
  gsize size;
  gboolean is_long;
  guint header;

  pair_init (&self, "");
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
  for (guint flight = 2; flight < N_FLIGHTS; flight++)
    {
      resize (flight, -1);
      resize (flight, 1);
    }
}

static void
swap (CurveFiles *files, guint place, guint other)
{
  g_auto (Pair) self = { 0 };
  g_auto (Pair) from = { 0 };
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) wrong = NULL;

  pair_init_again (&self, files);
  pair_init_again (&from, files);
  bytes = run_until (&self, place);
  wrong = run_until (&from, other);
  feed (get_hearer (&self, place), wrong);
  g_assert_error (get_hearer (&self, place)->failure, HEIN_ERROR,
                  HEIN_ERROR_PROTOCOL);
  g_assert_false (get_hearer (&self, place)->is_ready);
}

/* Every command comes in the place of every other one. */
static void
test_order (void)
{
  g_autoptr (CurveFiles) files = make_files ("");

  for (guint place = 2; place < N_FLIGHTS; place++)
    for (guint other = 2; other < N_FLIGHTS; other++)
      if (other != place)
        swap (files, place, other);
}

/* What was recorded opens no second connection. */
static void
test_replayed (void)
{
  g_auto (Pair) self = { 0 };
  g_autoptr (Recorder) again = NULL;
  g_autoptr (GBytes) greeting = NULL;
  g_autoptr (GBytes) hello = NULL;
  g_autoptr (GBytes) initiate = NULL;

  pair_init (&self, "");
  greeting = run_until (&self, 0);
  feed (self.server, greeting);
  carry (self.server, self.client);
  hello = recorder_take_written (self.client);
  feed (self.server, hello);
  carry (self.server, self.client);
  initiate = recorder_take_written (self.client);
  feed (self.server, initiate);
  g_assert_true (self.server->is_ready);

  again = make_server (self.files);
  feed (again, greeting);
  feed (again, hello);
  g_assert_no_error (again->failure);
  feed (again, initiate);
  assert_refused (again, HEIN_ERROR_PROTOCOL, "belongs to another connection");
}

/* A stranger never gets more than it sends, and no word about why. */
static void
test_amplification (void)
{
  g_auto (Pair) self = { 0 };
  g_autoptr (GBytes) hello = NULL;
  g_autoptr (GBytes) welcome = NULL;

  pair_init (&self, "");
  hello = run_until (&self, 2);
  feed (self.server, hello);
  welcome = recorder_take_written (self.server);
  g_assert_cmpuint (g_bytes_get_size (welcome), <=, g_bytes_get_size (hello));
}

/* ---- strangers ---- */

static void
test_unknown_key (void)
{
  g_auto (Pair) self = { 0 };
  g_autoptr (GBytes) written = NULL;

  pair_init (&self, "");
  curve_files_throw_out (self.files, "client");
  recorder_free (self.server);
  self.server = make_server (self.files);
  meet (&self);
  assert_refused (self.server, HEIN_ERROR_REFUSED,
                  "among those of curve-peers");
  written = recorder_take_written (self.server);
  g_assert_cmpuint (g_bytes_get_size (written), ==, 0);
  g_assert_false (self.client->is_ready);
}

static void
test_wrong_server (void)
{
  g_auto (Pair) self = { 0 };
  g_autofree char *key = NULL;
  g_autofree char *server = NULL;

  pair_init (&self, "");
  curve_files_make (self.files, "other", "");
  key = curve_files_dup_path (self.files, "client.key_secret");
  server = curve_files_dup_path (self.files, "other.key");
  recorder_free (self.client);
  self.client = make (TRUE, key, "curve-server", server, "kirk");
  meet (&self);
  assert_refused (self.server, HEIN_ERROR_PROTOCOL, "for another server");
  g_assert_false (self.client->is_ready);
}

/* Somebody who has another key stands where the server should be. */
static void
test_impostor (void)
{
  g_auto (Pair) self = { 0 };
  g_autoptr (GBytes) hello = NULL;
  CurveBox box;
  CurvePair keys;
  CurveWord word;
  guint8 welcome[2 + CURVE_WELCOME_SIZE] = { ZMTP_COMMAND, CURVE_WELCOME_SIZE };

  pair_init (&self, "");
  hello = run_until (&self, 2);
  crypto_box_keypair (keys.public_key, keys.secret_key);
  curve_box_init (&box, TRUE);
  g_assert_true (
    curve_word_parse ((const guint8 *) g_bytes_get_data (hello, NULL) + 2,
                      CURVE_HELLO_SIZE, &word));
  g_assert_false (curve_box_read_hello (&box, &keys, &word));
  curve_box_write_welcome (&box, welcome + 2);
  recorder_feed (self.client, welcome, sizeof welcome);
  assert_refused (self.client, HEIN_ERROR_PROTOCOL, "stands in between");
}

static void
test_plaintext_peer (void)
{
  g_auto (Pair) self = { 0 };
  g_autoptr (GBytes) written = NULL;
  HeinProtocol *protocol = g_object_new (HEIN_TYPE_ZMTP, NULL);

  pair_init (&self, "");
  recorder_free (self.client);
  self.client = recorder_new (protocol, TRUE, "kirk", NULL);
  meet (&self);
  assert_refused (self.server, HEIN_ERROR_PROTOCOL, "\"NULL\"");
  assert_refused (self.client, HEIN_ERROR_PROTOCOL, "curve-key=FILE");
}

static void
test_both_servers (void)
{
  g_auto (Pair) self = { 0 };

  pair_init (&self, "");
  recorder_free (self.client);
  self.client = make_server (self.files);
  meet (&self);
  assert_refused (self.server, HEIN_ERROR_PROTOCOL,
                  "both sides are the server");
  assert_refused (self.client, HEIN_ERROR_PROTOCOL,
                  "both sides are the server");
}

static void
test_both_clients (void)
{
  g_auto (Pair) self = { 0 };

  pair_init (&self, "");
  recorder_free (self.server);
  self.server = make_client (self.files);
  meet (&self);
  assert_refused (self.server, HEIN_ERROR_PROTOCOL,
                  "both sides are the client");
}

/* ---- names ---- */

static void
test_bound_name (void)
{
  g_auto (Pair) self = { 0 };

  pair_init (&self, "    name = \"kirk\"\n");
  meet (&self);
  assert_up (&self);
}

static void
test_wrong_name (void)
{
  g_auto (Pair) self = { 0 };

  pair_init (&self, "    name = khan\n");
  meet (&self);
  assert_refused (
    self.server, HEIN_ERROR_REFUSED,
    "says that it is \"kirk\", and its certificate is for \"khan\"");
  assert_refused (self.client, HEIN_ERROR_REFUSED, "certificate is for");
}

/* Who says no name has that of its certificate. */
static void
test_given_name (void)
{
  g_auto (Pair) self = { 0 };
  g_autofree char *key = NULL;
  g_autofree char *server = NULL;
  HeinProtocol *protocol;

  pair_init (&self, "    name = kirk\n");
  key = curve_files_dup_path (self.files, "client.key_secret");
  server = curve_files_dup_path (self.files, "server.key");
  recorder_free (self.client);
  protocol = g_object_new (HEIN_TYPE_ZMTP, "curve-key", key, "curve-server",
                           server, "identity", 2, NULL);
  self.client = recorder_new (protocol, TRUE, "whoever", NULL);
  meet (&self);
  assert_up (&self);
  recorder_assert_logged (self.server, "offer kirk 1\n");
}

/* ---- messages, spoilt ---- */

static GBytes *
meet_and_say (Pair *self, const char *text)
{
  if (self->files == NULL)
    {
      pair_init (self, "");
      meet (self);
    }
  say (self->client, "topic", text, strlen (text));
  return recorder_take_written (self->client);
}

static void
assert_spoilt (Pair *self, const char *words)
{
  g_assert_error (self->server->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  if (strstr (self->server->failure->message, words) == NULL)
    g_error ("no \"%s\" in: %s", words, self->server->failure->message);
}

static void
test_flipped_message (void)
{
  g_autoptr (CurveFiles) files = make_files ("");
  gsize size = 1;

  for (gsize at = 0; at < size; at++)
    {
      g_auto (Pair) self = { 0 };
      g_autoptr (GBytes) bytes = NULL;
      g_autofree guint8 *data = NULL;

      pair_init_again (&self, files);
      meet (&self);
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
  g_auto (Pair) self = { 0 };
  g_autoptr (GBytes) bytes = meet_and_say (&self, "payload");

  feed (self.server, bytes);
  g_assert_cmpuint (self.server->delivered->len, ==, 1);
  feed (self.server, bytes);
  assert_spoilt (&self, "repeated");
  g_assert_cmpuint (self.server->delivered->len, ==, 1);
}

static void
test_missing_message (void)
{
  g_auto (Pair) self = { 0 };
  g_autoptr (GBytes) first = meet_and_say (&self, "first");
  g_autoptr (GBytes) second = meet_and_say (&self, "second");

  feed (self.server, second);
  assert_spoilt (&self, "left out");
  assert_nothing (&self);
}

static void
test_reflected_message (void)
{
  g_auto (Pair) self = { 0 };
  g_autoptr (GBytes) bytes = meet_and_say (&self, "payload");

  feed (self.client, bytes);
  g_assert_error (self.client->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  assert_nothing (&self);
}

static void
test_plain_frame (void)
{
  g_auto (Pair) self = { 0 };

  pair_init (&self, "");
  meet (&self);
  FEED (self.server, "\1\5topic\0\7payload");
  assert_spoilt (&self, "not encrypted");
  assert_nothing (&self);
}

static void
test_large_frame (void)
{
  g_auto (Pair) self = { 0 };

  pair_init (&self, "");
  meet (&self);
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

/* ---- rotation ---- */

static void
test_taken_away (void)
{
  g_auto (Pair) self = { 0 };

  pair_init (&self, "");
  meet (&self);
  recorder_pass_time (self.server, 1000);
  assert_up (&self);
  curve_files_throw_out (self.files, "client");
  recorder_pass_time (self.server, 500);
  g_assert_error (self.server->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
}

static void
test_let_in_later (void)
{
  g_auto (Pair) self = { 0 };

  pair_init (&self, "");
  curve_files_make (self.files, "second", "");
  meet (&self);
  recorder_pass_time (self.server, 1000);
  curve_files_let_in (self.files, "second");
  recorder_pass_time (self.server, 500);
  {
    g_autofree char *key =
      curve_files_dup_path (self.files, "second.key_secret");
    g_autofree char *server = curve_files_dup_path (self.files, "server.key");

    recorder_free (self.client);
    self.client = make (TRUE, key, "curve-server", server, "kirk");
  }
  /* the connection that is there keeps what the files say */
  {
    g_autoptr (Recorder) first = g_steal_pointer (&self.server);

    self.server = make_server (self.files);
    self.server->now_us = first->now_us;
    meet (&self);
    assert_up (&self);
  }
}

/* Half a file is that of somebody who writes it. */
static void
test_half_written (void)
{
  g_autoptr (CurveFiles) files = curve_files_new ();
  g_autofree char *folder = curve_files_dup_path (files, "peers");
  g_autofree char *path = curve_files_dup_path (files, "peers/kirk.key");
  g_autofree char *text = NULL;
  g_autofree char *key = NULL;
  g_autofree char *name = NULL;
  g_autoptr (CurvePeers) peers = NULL;
  guint8 bytes[CURVE_KEY_SIZE];

  curve_files_make (files, "kirk", "");
  curve_files_let_in (files, "kirk");
  key = curve_files_dup_key (files, "kirk");
  g_assert_true (curve_key_parse (key, bytes));
  peers = curve_peers_new (folder, NULL);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  curve_files_write (files, "peers/kirk.key", 0644, "curve\n    pub");
  g_assert_true (curve_peers_find (peers, bytes, 0, &name));
  curve_files_write (files, "peers/kirk.key", 0644, text);
  g_assert_true (
    curve_peers_find (peers, bytes, CURVE_PEERS_INTERVAL_US, &name));
  curve_files_write (files, "peers/kirk.key", 0644, "curve\n    pub");
  g_assert_true (
    curve_peers_find (peers, bytes, 2 * CURVE_PEERS_INTERVAL_US, &name));
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING,
                         "*nobody is let in by it*");
  g_assert_false (
    curve_peers_find (peers, bytes, 3 * CURVE_PEERS_INTERVAL_US, &name));
  g_test_assert_expected_messages ();
}

/* ---- certificates ---- */

#define PUBLIC "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define SECRET "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"

/* The pair of the manual of zmq_curve_keypair. */
static void
test_certificates (void)
{
  static const char *const good[] = {
    "curve\n    public-key = \"" PUBLIC "\"\n    secret-key = \"" SECRET "\"",
    "curve\r\n\tpublic-key = \"" PUBLIC "\"\r\n",
    "# c\nmetadata\n    name = kirk # of the ship\n    public-key = no\n"
    "curve\n    public-key = '" PUBLIC "'\nother\n    secret-key = x\n",
    "curve\n  public-key=" PUBLIC "\n",
  };
  static const char *const bad[] = {
    "",
    "curve\n",
    "metadata\n    public-key = \"" PUBLIC "\"\n",
    "curve\n    public-key = \"Yne@\"\n",
    "curve\n    public-key = \"~ne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID\"\n",
    "curve\n    public-key = \"#####w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID\"\n",
    "curve\n    public-key = \"" SECRET "\"\n    secret-key = \"" SECRET "\"\n",
    "metadata\n    name = \"\"\ncurve\n    public-key = \"" PUBLIC "\"\n",
    "metadata\n    name = a\tb\ncurve\n    public-key = \"" PUBLIC "\"\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CurveCertificate) certificate =
        curve_certificate_parse ("f", good[i], strlen (good[i]), &error);
      char text[CURVE_Z85_SIZE + 1];

      g_assert_no_error (error);
      curve_key_write (certificate->keys.public_key, text);
      g_assert_cmpstr (text, ==, PUBLIC);
      g_assert_cmpint (certificate->has_secret, ==, i == 0);
      g_assert_cmpstr (certificate->name, ==, i == 2 ? "kirk" : NULL);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (
        curve_certificate_parse ("f", bad[i], strlen (bad[i]), &error));
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
    }
}

/* ---- what an address may say ---- */

typedef struct
{
  const char *options[8]; /* names and values, of files here; NULL */
  int code;
  const char *words;
} Address;

static gboolean
prepare (CurveFiles *files,
         const Address *address,
         HeinSecrecy *secrecy,
         GError **error)
{
  g_autoptr (HeinProtocol) protocol = g_object_new (HEIN_TYPE_ZMTP, NULL);

  for (guint i = 0; address->options[i] != NULL; i += 2)
    {
      const char *value = address->options[i + 1];
      g_autofree char *path = g_build_filename (files->folder, value, NULL);

      g_object_set (protocol, address->options[i],
                    strchr (value, '.') != NULL || strcmp (value, "peers") == 0
                      ? path
                      : value,
                    NULL);
    }
  return HEIN_PROTOCOL_GET_CLASS (protocol)->prepare (protocol,
                                                      HEIN_ROLE_LISTEN, secrecy,
                                                      error);
}

static void
test_addresses (void)
{
  static const Address bad[] = {
    { { "curve-key", "a.key_secret" },
      HEIN_ERROR_BAD_ADDRESS,
      "whom to trust" },
    { { "curve-peers", "any" }, HEIN_ERROR_BAD_ADDRESS, "curve-key=FILE" },
    { { "curve-key", "a.key_secret", "curve-peers", "peers", "curve-server",
        "a.key" },
      HEIN_ERROR_BAD_ADDRESS,
      "cannot be both" },
    { { "curve-key", "public.key", "curve-peers", "peers" },
      HEIN_ERROR_INSECURE,
      "mode is 0644" },
    { { "curve-key", "open.key_secret", "curve-peers", "peers" },
      HEIN_ERROR_INSECURE,
      "chmod 600" },
    { { "curve-key", "half.key_secret", "curve-peers", "peers" },
      HEIN_ERROR_FAILED,
      "no line curve/secret-key" },
    { { "curve-key", "a.key_secret", "curve-server", "tooshort" },
      0,
      "neither a key" },
    { { "plain-username", "kirk" }, HEIN_ERROR_BAD_ADDRESS, "PLAIN takes" },
    { { "plain-username", "kirk", "plain-password-file", "a.key" },
      HEIN_ERROR_INSECURE,
      "mode is 0644" },
    { { "plain-users", "a.key_secret", "curve-key", "a.key_secret",
        "curve-peers", "any" },
      HEIN_ERROR_BAD_ADDRESS,
      "not both" },
  };
  static const Address good[] = {
    { { "curve-key", "a.key_secret", "curve-peers", "peers" },
      HEIN_SECRECY_PROVIDED,
      NULL },
    { { "curve-key", "a.key", "curve-peers", "any" },
      HEIN_SECRECY_PROVIDED,
      NULL },
    { { "curve-key", "a.key_secret", "curve-server", "a.key" },
      HEIN_SECRECY_PROVIDED,
      NULL },
    { { "curve-key", "a.key_secret", "curve-server", PUBLIC },
      HEIN_SECRECY_PROVIDED,
      NULL },
    { { "plain-users", "a.key_secret" }, HEIN_SECRECY_NEEDED, NULL },
    { { NULL }, HEIN_SECRECY_NONE, NULL },
  };
  g_autoptr (CurveFiles) files = curve_files_new ();

  curve_files_make (files, "a", "");
  curve_files_write (files, "public.key", 0644,
                     "curve\n    public-key = \"" PUBLIC "\"\n");
  curve_files_write (files, "half.key_secret", 0600,
                     "curve\n    public-key = \"" PUBLIC "\"\n");
  curve_files_write (files, "open.key_secret", 0644,
                     "curve\n    public-key = \"" PUBLIC "\"\n");
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      HeinSecrecy secrecy = HEIN_SECRECY_NONE;

      g_assert_false (prepare (files, &bad[i], &secrecy, &error));
      if (bad[i].code != 0)
        g_assert_error (error, HEIN_ERROR, bad[i].code);
      if (strstr (error->message, bad[i].words) == NULL)
        g_error ("no \"%s\" in: %s", bad[i].words, error->message);
    }
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      HeinSecrecy secrecy = HEIN_SECRECY_NONE;

      g_assert_true (prepare (files, &good[i], &secrecy, &error));
      g_assert_no_error (error);
      g_assert_cmpint (secrecy, ==, good[i].code);
    }
}

static void
test_open_folder (void)
{
  g_autoptr (CurveFiles) files = curve_files_new ();
  g_autofree char *peers = curve_files_dup_path (files, "peers");
  const Address address = {
    { "curve-key", "a.key_secret", "curve-peers", "peers" }, 0, NULL
  };
  HeinSecrecy secrecy;
  g_autoptr (GError) error = NULL;

  curve_files_make (files, "a", "");
  g_assert_cmpint (g_chmod (peers, 0777), ==, 0);
  g_assert_false (prepare (files, &address, &secrecy, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE);
  g_clear_error (&error);
  g_assert_cmpint (g_rmdir (peers), ==, 0);
  g_assert_false (prepare (files, &address, &secrecy, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* ---- PLAIN ---- */

static void
plain_init (Pair *self, const char *username, const char *password)
{
  g_autofree char *users = NULL;
  g_autofree char *secret = NULL;

  self->files = curve_files_new ();
  users = curve_files_dup_path (self->files, "users");
  secret = curve_files_dup_path (self->files, "password");
  curve_files_write (self->files, "users", 0600,
                     "# who may come in\nspock  live long\n\nkirk\tBoldly go\n"
                     "nobody\nempty \n");
  curve_files_write (self->files, "password", 0600, password);
  self->server =
    recorder_new (g_object_new (HEIN_TYPE_ZMTP, "plain-users", users, NULL),
                  FALSE, "spock", NULL);
  self->client =
    recorder_new (g_object_new (HEIN_TYPE_ZMTP, "plain-username", username,
                                "plain-password-file", secret, NULL),
                  TRUE, "kirk", NULL);
}

static void
test_plain (void)
{
  g_auto (Pair) self = { 0 };

  plain_init (&self, "kirk", "Boldly go\nsecond line\n");
  meet (&self);
  assert_up (&self);
  recorder_assert_logged (self.server, "security plain:kirk\n");
  exchange (self.client, self.server);
  exchange (self.server, self.client);
}

static void
test_plain_refused (void)
{
  static const char *const wrong[][2] = {
    { "kirk", "boldly go" }, { "kirk", "Boldly go " },
    { "kirk", "Boldly" },    { "spock", "Boldly go" },
    { "nobody", "x" },       { "#", "who may come in" },
    { "Kirk", "Boldly go" }, { "", "Boldly go" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_auto (Pair) self = { 0 };

      plain_init (&self, wrong[i][0], wrong[i][1]);
      meet (&self);
      assert_refused (self.server, HEIN_ERROR_REFUSED, "plain-users");
      g_assert_false (self.client->is_ready);
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
  TEST (taken_away);
  TEST (let_in_later);
  TEST (half_written);
  TEST (certificates);
  TEST (addresses);
  TEST (open_folder);
  TEST (plain);
  TEST (plain_refused);
  return g_test_run ();
}

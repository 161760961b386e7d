/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "tinyproto-pair.h"
#include "tinyproto-recorder.h"

/*
 * The protocol alone, byte for byte, with the bytes that the Python library
 * was seen to send. T… are the requirements that a test stands for.
 */

#define N_INTERLEAVINGS 4000

/* how the log shows the reasons of drops */
#define UNSENDABLE "drop 6"
#define INVALID    "drop 7"

static gboolean
is_held (Recorder *self)
{
  return HEIN_TINYPROTO (self->protocol)->is_held;
}

static void
lose (Recorder *self)
{
  HEIN_PROTOCOL_GET_CLASS (self->protocol)->lost (self->protocol, self->wire);
}

static void
assert_not_logged (Recorder *self, const char *text)
{
  g_assert_null (strstr (self->log->str, text));
}

/* ---- the handshake ---- */

static void
test_handshake (void)
{
  for (guint dialled = 0; dialled < 2; dialled++)
    {
      g_autoptr (Recorder) self = tinyproto_recorder_new (dialled, NULL);

      WRITTEN (self, "\xff");
      g_assert_false (self->is_ready);
      FEED (self, "\xff");
      g_assert_true (self->is_ready);
      recorder_assert_logged (self, dialled ? "offer peer-00000004 0"
                                            : "offer (null) 2");
      recorder_assert_logged (self, "match 0");
      WRITTEN (self, "");
    }
}

/* What is given back waits for a peer of the same name. */
static void
test_keeps_name (void)
{
  g_autoptr (Recorder) first = tinyproto_recorder_new (TRUE, NULL);
  g_autoptr (Recorder) again = NULL;

  FEED (first, "\xff");
  g_assert_cmpstr (first->note, ==, "peer-00000004");
  again = recorder_new (g_object_new (HEIN_TYPE_TINYPROTO, NULL), TRUE, "spock",
                        "peer-1234abcd");
  FEED (again, "\xff");
  recorder_assert_logged (again, "offer peer-1234abcd 0");
}

static void
assert_greeting_fails (const guint8 *data,
                       gsize size,
                       int code,
                       const char *why)
{
  g_autoptr (Recorder) self = tinyproto_recorder_new (TRUE, NULL);

  recorder_feed (self, data, size);
  g_assert_error (self->failure, HEIN_ERROR, code);
  g_assert_nonnull (strstr (self->failure->message, why));
  g_assert_false (self->is_ready);
}

/* T7: at its limit hein says FE, and tinyproto 2 says 254 zeroes. */
static void
test_refused_by_peer (void)
{
  const guint8 zeroes[254] = { 0 };
  const guint8 full = 0xfe;

  assert_greeting_fails (zeroes, sizeof zeroes, HEIN_ERROR_REFUSED,
                         "tinyproto 2");
  assert_greeting_fails (&full, 1, HEIN_ERROR_REFUSED, "no room");
}

static void
test_other_protocol (void)
{
  const char *const greetings[] = { "SSH-2.0", "\6", "\xfd", "GET / HTTP/1.0" };

  for (guint i = 0; i < G_N_ELEMENTS (greetings); i++)
    assert_greeting_fails ((const guint8 *) greetings[i], strlen (greetings[i]),
                           HEIN_ERROR_PROTOCOL, "another protocol");
}

/* T7: what we say to whom we do not admit; and what it says is not read. */
static void
test_refuses (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_new (FALSE, NULL);
  g_autoptr (GError) refusal =
    g_error_new_literal (HEIN_ERROR, HEIN_ERROR_REFUSED, "no");

  self->is_slow = TRUE;
  FEED (self, "\xff\0\0\0");
  g_assert_cmpuint (self->unused->len, ==, 3);
  WRITTEN (self, "\xff");
  recorder_admit (self, refusal);
  WRITTEN (self, "\xfe");
  FEED (self, "\1x");
  WRITTEN (self, "");
  g_assert_false (self->is_ready);
}

/* What comes before the verdict stays until then. */
static void
test_slow_verdict (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_new (FALSE, NULL);

  self->is_slow = TRUE;
  FEED (self, "\xff\0\0\0\6");
  WRITTEN (self, "\xff");
  recorder_admit (self, NULL);
  WRITTEN (self, "\xff");
  FEED (self, "hello!");
  MESSAGE (self, 0, "", NULL, "hello!");
}

/* ---- worked bytes ---- */

/* T10: hello! and its echo, as the client sees it. */
static void
test_bytes_client (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (TRUE);

  ENCODES (self, MAKE ("", NULL, "hello!"), "\0\0\0\6");
  FEED (self, "\xff");
  WRITTEN (self, "\x68\x65\x6c\x6c\x6f\x21");
  FEED (self, "\0\0\0\x11");
  WRITTEN (self, "\xff");
  FEED (self, "\x45\x63\x68\x6f\x20\x62\x61\x63\x6b\x3a\x20\x68\x65\x6c\x6c"
              "\x6f\x21");
  MESSAGE (self, 0, "", NULL, "Echo back: hello!");
  WRITTEN (self, "");
  g_assert_null (self->failure);
}

/* T10: the same, as the server sees it. */
static void
test_bytes_server (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (FALSE);

  FEED (self, "\0\0\0\6");
  WRITTEN (self, "\xff");
  FEED (self, "hello!");
  MESSAGE (self, 0, "", NULL, "hello!");
  ENCODES (self, MAKE ("", NULL, "Echo back: hello!"), "\0\0\0\x11");
  FEED (self, "\xff");
  WRITTEN (self, "Echo back: hello!");
  g_assert_null (self->failure);
}

static void
assert_sends (const char *text, gsize size)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (TRUE);
  g_autoptr (HeinMessage) message =
    recorder_make_message ("topic", "text/plain", text, size);
  const guint32 length = GUINT32_TO_BE (size);

  g_assert_true (recorder_encode (self, message, NULL));
  recorder_assert_written (self, (const char *) &length, sizeof length);
  FEED (self, "\xff");
  recorder_assert_written (self, text, size);
}

static void
assert_receives (const char *text, gsize size)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (FALSE);
  const guint32 length = GUINT32_TO_BE (size);

  recorder_feed (self, (const guint8 *) &length, sizeof length);
  WRITTEN (self, "\xff");
  recorder_feed (self, (const guint8 *) text, size);
  recorder_assert_message (self, 0, "", NULL, text, size);
}

/* T4; 16 MiB come back in the tests of the command line. */
static void
test_sizes (void)
{
  g_autofree char *text = g_strnfill (16 * 1024 * 1024, 'x');

  assert_sends (text, 0);
  assert_sends (text, 1);
  assert_sends (text, 65536);
  assert_sends (text, 16 * 1024 * 1024);
  assert_receives (text, 0);
  assert_receives (text, 1);
  assert_receives (text, 65536);
}

static void
test_unsendable (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (TRUE);
  g_autoptr (GBytes) part = g_bytes_new_static ("x", 1);
  GBytes *parts[] = { part, part };
  g_autoptr (HeinMessage) message = hein_message_new_parts ("", parts, 2);
  g_autoptr (GError) error = NULL;

  g_assert_false (recorder_encode (self, message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  WRITTEN (self, "");
  g_assert_false (is_held (self));
}

/* T11: cut in two at every place, and a byte at a time. */
static void
test_split (void)
{
  static const char stream[] = "\xff\0\0\0\6hello!\0\0\0\0\0\0\0\1x\0\0\0\2hi";
  const gsize size = sizeof stream - 1;

  for (gsize i = 1; i <= size; i++)
    {
      g_autoptr (Recorder) self = tinyproto_recorder_new (FALSE, NULL);

      recorder_feed (self, (const guint8 *) stream, i);
      for (gsize at = i; at < size; at++)
        recorder_feed (self, (const guint8 *) stream + at, 1);
      g_assert_cmpuint (self->delivered->len, ==, 4);
      MESSAGE (self, 0, "", NULL, "hello!");
      MESSAGE (self, 1, "", NULL, "");
      MESSAGE (self, 2, "", NULL, "x");
      MESSAGE (self, 3, "", NULL, "hi");
      WRITTEN (self, "\xff\xff\xff\xff\xff");
      g_assert_no_error (self->failure);
    }
}

/* ---- refusals ---- */

static void
assert_refuses (Recorder *self, const char *length)
{
  recorder_feed (self, (const guint8 *) length, 4);
  WRITTEN (self, "\0");
  recorder_assert_logged (self, INVALID);
  g_string_set_size (self->log, 0);
  g_assert_no_error (self->failure);
}

/* T5: the connection goes on. */
static void
test_refuses_sizes (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (FALSE);

  assert_refuses (self, "\xf1\0\0\0");
  assert_refuses (self, "\xf0\xff\xff\xff");
  assert_refuses (self, "\xff\xff\xff\xff");
  assert_refuses (self, "\xfe\xff\xff\xff");
  assert_refuses (self, "\0\1\x86\xa1"); /* 1 more than the bus takes */
  FEED (self, "\0\0\0\2hi");
  MESSAGE (self, 0, "", NULL, "hi");
  WRITTEN (self, "\xff");
}

/* T5: the lower cap, and the bus's is never exceeded. */
static void
test_max_size (void)
{
  g_autoptr (Recorder) low =
    tinyproto_recorder_new (FALSE, "max-size", 5, NULL);
  g_autoptr (Recorder) high =
    tinyproto_recorder_new (FALSE, "max-size", 1 << 30, NULL);

  FEED (low, "\xff");
  WRITTEN (low, "\xff");
  assert_refuses (low, "\0\0\0\6");
  FEED (low, "\0\0\0\5hello");
  MESSAGE (low, 0, "", NULL, "hello");
  FEED (high, "\xff");
  WRITTEN (high, "\xff");
  assert_refuses (high, "\0\1\x86\xa1");
}

/* T5: the peer refuses; a 00 could begin a LEN, so it takes a while. */
static void
test_refused_size (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (TRUE);

  ENCODES (self, MAKE ("", NULL, "hello!"), "\0\0\0\6");
  FEED (self, "\0");
  recorder_pass_time (self, 100);
  assert_not_logged (self, "drop");
  g_assert_true (is_held (self));
  recorder_pass_time (self, 100);
  recorder_assert_logged (self, UNSENDABLE " 6 the peer refused a message of 6 "
                                           "bytes");
  g_assert_false (is_held (self));
  WRITTEN (self, "");
  ENCODES (self, MAKE ("", NULL, "hi"), "\0\0\0\2");
  FEED (self, "\xff");
  WRITTEN (self, "hi");
  lose (self);
  assert_not_logged (self, "give back");
}

/* What comes behind the 00 in time makes it a LEN, of which the rest may come
 * when it likes. */
static void
test_length_in_pieces (void)
{
  for (guint n = 1; n <= 2; n++)
    {
      const guint8 length[] = { 0, 0, 0, 2 };
      g_autoptr (Recorder) self = tinyproto_recorder_open (TRUE);

      ENCODES (self, MAKE ("", NULL, "hello!"), "\0\0\0\6");
      recorder_feed (self, length, 1);
      recorder_pass_time (self, 100);
      recorder_feed (self, length + 1, n);
      recorder_pass_time (self, 300);
      assert_not_logged (self, "drop");
      recorder_feed (self, length + 1 + n, 3 - n);
      WRITTEN (self, "");
      FEED (self, "\xff");
      WRITTEN (self, "hello!");
      FEED (self, "\0\0\0\2hi");
      MESSAGE (self, 0, "", NULL, "hi");
    }
}

/* The tick comes late: the bytes are a LEN all the same, and none of 4 zeroes. */
static void
test_refused_then_asked (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (TRUE);

  ENCODES (self, MAKE ("", NULL, "hello!"), "\0\0\0\6");
  FEED (self, "\0");
  self->now_us += 400 * 1000;
  FEED (self, "\0\0\0\2hi");
  recorder_assert_logged (self, UNSENDABLE " 6");
  MESSAGE (self, 0, "", NULL, "hi");
  WRITTEN (self, "\xff");
}

/* Who refused says no LEN for 400 ms, so that the 00 is not taken for one. */
static void
test_silent_after_refusal (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (FALSE);

  assert_refuses (self, "\xff\xff\xff\xff");
  recorder_pass_time (self, 399);
  g_assert_true (is_held (self));
  recorder_pass_time (self, 1);
  g_assert_false (is_held (self));
}

/* ---- both at once, T12 ---- */

static void
test_collision_dialler (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (TRUE);

  ENCODES (self, MAKE ("", NULL, "mine"), "\0\0\0\4");
  FEED (self, "\0\0\0\5");
  WRITTEN (self, "");
  FEED (self, "\xff");
  WRITTEN (self, "mine");
  /* it is the other one's turn */
  g_assert_true (is_held (self));
  FEED (self, "\0\0\0\5yours");
  WRITTEN (self, "\xff");
  MESSAGE (self, 0, "", NULL, "yours");
  g_assert_false (is_held (self));
  g_assert_no_error (self->failure);
}

static void
test_collision_acceptor (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (FALSE);

  ENCODES (self, MAKE ("", NULL, "yours"), "\0\0\0\5");
  FEED (self, "\0\0\0\4");
  /* not in the same turn */
  recorder_pass_time (self, 0);
  WRITTEN (self, "");
  recorder_pass_time (self, 5);
  WRITTEN (self, "\xff");
  FEED (self, "mi");
  WRITTEN (self, "");
  FEED (self, "ne");
  MESSAGE (self, 0, "", NULL, "mine");
  WRITTEN (self, "\0\0\0\5");
  FEED (self, "\xff");
  WRITTEN (self, "yours");
  g_assert_no_error (self->failure);
}

/* The LEN of the other side in pieces, and with a first byte that is no 00. */
static void
test_collision_split (void)
{
  static const char stream[] = "\0\0\0\5\xff";

  for (gsize i = 1; i < sizeof stream - 1; i++)
    {
      g_autoptr (Recorder) self = tinyproto_recorder_open (TRUE);

      ENCODES (self, MAKE ("", NULL, "mine"), "\0\0\0\4");
      recorder_feed (self, (const guint8 *) stream, i);
      recorder_pass_time (self, 50);
      WRITTEN (self, "");
      recorder_feed (self, (const guint8 *) stream + i, sizeof stream - 1 - i);
      WRITTEN (self, "mine");
    }
}

static void
test_collision_large (void)
{
  g_autoptr (Recorder) dialler = tinyproto_recorder_open (TRUE);
  g_autoptr (Recorder) acceptor = tinyproto_recorder_open (FALSE);

  ENCODES (dialler, MAKE ("", NULL, "mine"), "\0\0\0\4");
  FEED (dialler, "\x01\0");
  FEED (dialler, "\0\0");
  FEED (dialler, "\xff");
  WRITTEN (dialler, "mine");
  ENCODES (acceptor, MAKE ("", NULL, "yours"), "\0\0\0\5");
  FEED (acceptor, "\x01\0\0\0");
  recorder_pass_time (acceptor, 5);
  WRITTEN (acceptor, "\0");
  /* refused, and said again when that cannot be mistaken */
  recorder_pass_time (acceptor, 399);
  WRITTEN (acceptor, "");
  recorder_pass_time (acceptor, 1);
  WRITTEN (acceptor, "\0\0\0\5");
}

/* A 00 after the other side's LEN is no LEN. */
static void
test_collision_refused (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (TRUE);

  ENCODES (self, MAKE ("", NULL, "mine"), "\0\0\0\4");
  FEED (self, "\0\0\0\5\0");
  recorder_assert_logged (self, UNSENDABLE " 4");
  FEED (self, "\0\0\0\5yours");
  MESSAGE (self, 0, "", NULL, "yours");
}

/* An acceptor that does not repeat its LEN holds up nobody for ever. */
static void
test_collision_not_repeated (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (TRUE);

  ENCODES (self, MAKE ("", NULL, "mine"), "\0\0\0\4");
  FEED (self, "\0\0\0\5\xff");
  recorder_pass_time (self, 999);
  g_assert_true (is_held (self));
  recorder_pass_time (self, 1);
  g_assert_false (is_held (self));
}

static void
interleave (Pair *pair, guint n_first, guint n_second)
{
  const guint wanted[] = { n_first, n_second };

  for (guint turns = 0; pair_count_heard (pair, 0) < n_second ||
                        pair_count_heard (pair, 1) < n_first;
       turns++)
    {
      guint side = g_rand_int_range (pair->rand, 0, 2);
      guint left = wanted[side] - pair->sides[side].n_said;

      g_assert_cmpuint (turns, <, 100000);
      if (left > 0 && g_rand_int_range (pair->rand, 0, 4) == 0)
        pair_say (pair, side, g_rand_int_range (pair->rand, 1, left + 1));
      pair_turn (pair);
    }
  /* nothing comes twice */
  for (guint turns = 0; turns < 200; turns++)
    pair_turn (pair);
  g_assert_cmpuint (pair_count_heard (pair, 0), ==, n_second);
  g_assert_cmpuint (pair_count_heard (pair, 1), ==, n_first);
}

/* T12, T11: both say much at any time; all of it comes, in order, once. */
static void
test_interleavings (void)
{
  guint n_collided[2] = { 0 };

  for (guint seed = 0; seed < N_INTERLEAVINGS; seed++)
    {
      g_autoptr (Pair) pair =
        tiny_pair_new (seed, seed % 3 == 0 ? 20 : 0, 1 + seed * 7 % 100);

      interleave (pair, g_rand_int_range (pair->rand, 0, 16),
                  g_rand_int_range (pair->rand, 0, 16));
      for (guint i = 0; i < 2; i++)
        n_collided[i] +=
          HEIN_TINYPROTO (pair->sides[i].recorder->protocol)->is_hein;
    }
  g_assert_cmpuint (n_collided[0], >, N_INTERLEAVINGS / 4);
  g_assert_cmpuint (n_collided[1], >, N_INTERLEAVINGS / 4);
}

/* T12: who has little to say is heard while the other one says much. */
static void
test_nobody_starves (void)
{
  for (guint side = 0; side < 2; side++)
    {
      g_autoptr (Pair) pair = tiny_pair_new (1, 20, 1000);
      guint n_before;

      pair->step_max_us = 100;
      pair_say (pair, side, 100000);
      while (pair->sides[!side].recorder->delivered->len < 1000)
        pair_turn (pair);
      n_before = pair->sides[!side].recorder->delivered->len;
      pair_say (pair, !side, 3);
      while (pair->sides[side].recorder->delivered->len < 3)
        {
          pair_turn (pair);
          g_assert_cmpuint (pair->sides[!side].n_encoded, <=, 3);
          g_assert_cmpuint (pair->sides[side].n_encoded, <, 100000);
        }
      g_assert_cmpuint (pair->sides[!side].recorder->delivered->len, >,
                        n_before);
    }
}

/* ---- turns ---- */

static Recorder *
open_patient (void)
{
  Recorder *self =
    tinyproto_recorder_new (TRUE, NULL); /* turn-ms as it is unless given */

  FEED (self, "\xff");
  WRITTEN (self, "\xff");
  return self;
}

static void
exchange (Recorder *self)
{
  ENCODES (self, MAKE ("", NULL, "x"), "\0\0\0\1");
  FEED (self, "\xff");
  WRITTEN (self, "x");
}

/* The original may say something after it has, or has been told, something. */
static void
test_turn (void)
{
  g_autoptr (Recorder) self = open_patient ();

  for (guint i = 0; i < 10; i++)
    {
      exchange (self);
      g_assert_true (is_held (self));
      FEED (self, "\0\0\0\2hi");
      WRITTEN (self, "\xff");
      recorder_pass_time (self, 19);
      g_assert_true (is_held (self));
      recorder_pass_time (self, 1);
      g_assert_false (is_held (self));
    }
}

/* The first byte of a LEN is there: it is not the time to say one. */
static void
test_begun (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (TRUE);

  FEED (self, "\0");
  g_assert_true (is_held (self));
  recorder_pass_time (self, 1000);
  g_assert_true (is_held (self));
  FEED (self, "\0\0\0");
  g_assert_false (is_held (self));
  WRITTEN (self, "\xff");
  MESSAGE (self, 0, "", NULL, "");
}

/* One that never says anything costs pauses only at first, and now and then. */
static void
test_listener (void)
{
  g_autoptr (Recorder) self = open_patient ();
  guint n_pauses = 0;

  for (guint i = 0; i < 3; i++)
    {
      exchange (self);
      g_assert_true (is_held (self));
      recorder_pass_time (self, 20);
    }
  for (guint i = 0; i < 900; i++)
    {
      exchange (self);
      recorder_pass_time (self, 1);
      if (!is_held (self))
        continue;
      n_pauses++;
      recorder_pass_time (self, 38);
      g_assert_true (is_held (self));
      recorder_pass_time (self, 1);
      g_assert_false (is_held (self));
    }
  g_assert_cmpuint (n_pauses, ==, 1);
}

/* A close waits as long as no message of ours may begin. */
static void
test_pending (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (TRUE);

  ENCODES (self, MAKE ("", NULL, "x"), "\0\0\0\1");
  recorder_assert_logged (self, "pending 1");
  FEED (self, "\xff");
  recorder_pass_time (self, 1);
  recorder_assert_logged (self, "hold 0\npending 0");
}

/* T7: a hein says FF, and then that it has no room. */
static void
test_refused_behind_greeting (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (TRUE);

  FEED (self, "\xfe");
  g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
}

/* ---- losses ---- */

static void
test_gives_back_asked (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (TRUE);

  self->audience = HEIN_AUDIENCE_NAMED;
  ENCODES (self, MAKE ("mine", NULL, "x"), "\0\0\0\1");
  self->audience = HEIN_AUDIENCE_ALL;
  lose (self);
  recorder_assert_logged (self, "give back mine 1");
}

static void
test_gives_back_withdrawn (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (FALSE);

  ENCODES (self, MAKE ("mine", NULL, "x"), "\0\0\0\1");
  FEED (self, "\0\0\0\4");
  recorder_pass_time (self, 5);
  lose (self);
  recorder_assert_logged (self, "give back mine 0");
}

/* What was written may have come: it is not said twice. */
static void
test_keeps_written (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (TRUE);

  exchange (self);
  lose (self);
  assert_not_logged (self, "give back");
}

static void
add (const char *path, GTestFunc run)
{
  g_autofree char *full = g_strconcat ("/tinyproto/", path, NULL);

  g_test_add_func (full, run);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("handshake/both", test_handshake);
  add ("handshake/keeps-name", test_keeps_name);
  add ("handshake/refused-by-peer", test_refused_by_peer);
  add ("handshake/other-protocol", test_other_protocol);
  add ("handshake/refuses", test_refuses);
  add ("handshake/slow-verdict", test_slow_verdict);
  add ("bytes/client", test_bytes_client);
  add ("bytes/server", test_bytes_server);
  add ("bytes/sizes", test_sizes);
  add ("bytes/unsendable", test_unsendable);
  add ("bytes/split", test_split);
  add ("refusal/sizes", test_refuses_sizes);
  add ("refusal/max-size", test_max_size);
  add ("refusal/by-peer", test_refused_size);
  add ("refusal/length-in-pieces", test_length_in_pieces);
  add ("refusal/then-asked", test_refused_then_asked);
  add ("refusal/silent-after", test_silent_after_refusal);
  add ("collision/dialler", test_collision_dialler);
  add ("collision/acceptor", test_collision_acceptor);
  add ("collision/split", test_collision_split);
  add ("collision/large", test_collision_large);
  add ("collision/refused", test_collision_refused);
  add ("collision/not-repeated", test_collision_not_repeated);
  add ("collision/interleavings", test_interleavings);
  add ("collision/nobody-starves", test_nobody_starves);
  add ("turn/pause", test_turn);
  add ("turn/begun", test_begun);
  add ("turn/listener", test_listener);
  add ("turn/pending", test_pending);
  add ("handshake/refused-behind-greeting", test_refused_behind_greeting);
  add ("lost/asked", test_gives_back_asked);
  add ("lost/withdrawn", test_gives_back_withdrawn);
  add ("lost/written", test_keeps_written);
  return g_test_run ();
}

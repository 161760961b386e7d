/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-recorder.h"

#include <string.h>

/* How ZMTP begins, byte for byte: greetings, types of sockets, names, and how a
 * peer is refused. */

static void
test_dialler_waits (void)
{
  g_autoptr (Recorder) self = zmtp_recorder_new (TRUE, NULL);

  WRITTEN (self, GREETING);
  zmtp_recorder_feed (self, GREETING, 63);
  WRITTEN (self, "");
  zmtp_recorder_feed (self, GREETING + 63, 1);
  WRITTEN (self,
           "\4\xcf\5READY\13Socket-Type\0\0\0\6DEALER\10Identity\0\0\0\5spock"
           "\6X-Hein\0\0\0\1"
           "1\17X-Hein-Instance\0\0\0\40"
           "00112233445566778899aabbccddeeff"
           "\16X-Hein-Goodbye\0\0\0\1"
           "1\12X-Hein-Ask\0\0\0\1"
           "1\17X-Hein-Patterns\0\0\0\1"
           "1\15X-Hein-Credit\0\0\0\3"
           "256\15X-Hein-Resume\0\0\0\1"
           "1");
  g_assert_false (self->is_ready);
  FEED (self, HEIN_READY);
  g_assert_true (self->is_ready);
  recorder_assert_logged (self, "instance " OTHER_INSTANCE "\noffer kirk 1\n");
  recorder_assert_logged (self, "encoding zmtp/hein\n");
  recorder_assert_logged (self, "heartbeat 1\n");
}

/* A peer that says half a greeting, as libzmq does, may close when it hears of
 * a mechanism that is not its own: the next time it is heard first. */
static void
test_careful_dialler (void)
{
  g_autoptr (Recorder) first = zmtp_recorder_new (TRUE, "type=SUB");
  g_autoptr (Recorder) next = zmtp_recorder_new (TRUE, "type=SUB careful");

  WRITTEN (first, GREETING);
  zmtp_recorder_feed (first, GREETING, 10);
  WRITTEN (first, "");
  g_assert_cmpstr (first->note, ==, "type=SUB careful");
  WRITTEN (next, GREETING_BEGIN);
  zmtp_recorder_feed (next, GREETING, 10);
  WRITTEN (next, "");
  zmtp_recorder_feed (next, GREETING + 10, 1);
  WRITTEN (next, GREETING_REST);
}

static void
test_acceptor_answers (void)
{
  g_autoptr (Recorder) self = zmtp_recorder_new (FALSE, NULL);

  WRITTEN (self, GREETING);
  FEED (self, GREETING);
  WRITTEN (self, "");
  FEED (self, READY_SUB);
  WRITTEN (self,
           "\4\xcc\5READY\13Socket-Type\0\0\0\3PUB\10Identity\0\0\0\5spock"
           "\6X-Hein\0\0\0\1"
           "1\17X-Hein-Instance\0\0\0\40"
           "00112233445566778899aabbccddeeff"
           "\16X-Hein-Goodbye\0\0\0\1"
           "1\12X-Hein-Ask\0\0\0\1"
           "1\17X-Hein-Patterns\0\0\0\1"
           "1\15X-Hein-Credit\0\0\0\3"
           "256\15X-Hein-Resume\0\0\0\1"
           "1");
  recorder_assert_logged (self, "accepts 0\nmatch 2\n");
  recorder_assert_logged (self, "offer sub 2\n");
  recorder_assert_logged (self, "ready\n");
}

static void
test_types (void)
{
  static const struct
  {
    ZmtpType peer;
    ZmtpType own;
  } fits[] = {
    { ZMTP_PUB, ZMTP_SUB },       { ZMTP_XPUB, ZMTP_SUB },
    { ZMTP_SUB, ZMTP_PUB },       { ZMTP_XSUB, ZMTP_PUB },
    { ZMTP_PUSH, ZMTP_PULL },     { ZMTP_PULL, ZMTP_PUSH },
    { ZMTP_REQ, ZMTP_ROUTER },    { ZMTP_REP, ZMTP_DEALER },
    { ZMTP_ROUTER, ZMTP_DEALER }, { ZMTP_DEALER, ZMTP_DEALER },
    { ZMTP_PAIR, ZMTP_PAIR },
  };

  for (guint i = 0; i < G_N_ELEMENTS (fits); i++)
    {
      g_assert_cmpint (zmtp_type_fit (fits[i].peer), ==, fits[i].own);
      g_assert_true (zmtp_type_can_speak (fits[i].own, fits[i].peer));
      g_assert_true (zmtp_type_can_speak (fits[i].peer, fits[i].own));
    }
  g_assert_false (zmtp_type_can_speak (ZMTP_DEALER, ZMTP_PUB));
}

static void
test_redials (void)
{
  g_autoptr (Recorder) first = zmtp_recorder_new (TRUE, NULL);
  g_autoptr (Recorder) second = NULL;

  FEED (first, GREETING READY_PUB);
  recorder_assert_logged (first, "redial\n");
  g_assert_no_error (first->failure);
  g_assert_cmpstr (first->note, ==, "type=SUB");
  second = zmtp_recorder_new (TRUE, first->note);
  FEED (second, GREETING READY_PUB);
  g_assert_true (second->is_ready);
  recorder_assert_logged (second, "accepts 0\n");
}

static void
test_anonymous_to_router (void)
{
  g_autoptr (Recorder) first = zmtp_recorder_new (TRUE, NULL);
  g_autoptr (Recorder) second = NULL;
  g_autoptr (GBytes) written = NULL;

  FEED (first, GREETING READY_ROUTER);
  g_assert_cmpstr (first->note, ==, "type=DEALER anonymous");
  second = zmtp_recorder_new (TRUE, first->note);
  FEED (second, GREETING);
  written = recorder_take_written (second);
  g_assert_nonnull (memmem (g_bytes_get_data (written, NULL),
                            g_bytes_get_size (written), "\10Identity\0\0\0\0",
                            13));
}

static void
test_forced_type (void)
{
  g_autoptr (Recorder) self =
    recorder_new (g_object_new (HEIN_TYPE_ZMTP, "type", ZMTP_PUSH, NULL), TRUE,
                  "spock", NULL);

  FEED (self, GREETING READY_PUB);
  g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
}

static void
test_forced_listener (void)
{
  g_autoptr (Recorder) self =
    recorder_new (g_object_new (HEIN_TYPE_ZMTP, "type", ZMTP_PUB, NULL), FALSE,
                  "spock", NULL);
  g_autoptr (Recorder) dialler = zmtp_recorder_new (TRUE, NULL);
  g_autoptr (GBytes) said = NULL;

  FEED (self, GREETING HEIN_READY);
  g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  said = recorder_take_written (self);
  recorder_feed (dialler, g_bytes_get_data (said, NULL),
                 g_bytes_get_size (said));
  recorder_assert_logged (dialler, "redial\n");
  g_assert_cmpstr (dialler->note, ==, "type=SUB");
}

static void
test_refusals (void)
{
  g_autoptr (GError) refusal =
    g_error_new_literal (HEIN_ERROR, HEIN_ERROR_REFUSED,
                         "name taken: kirk is here");
  g_autoptr (Recorder) hein = zmtp_recorder_new (FALSE, NULL);
  g_autoptr (Recorder) plain = zmtp_recorder_new (FALSE, NULL);

  hein->is_slow = plain->is_slow = TRUE;
  FEED (hein, GREETING HEIN_READY);
  WRITTEN (hein, GREETING);
  recorder_admit (hein, refusal);
  WRITTEN (hein, "\4\x1f\5ERROR\x18name taken: kirk is here");
  g_assert_error (hein->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
  FEED (plain, GREETING READY_DEALER);
  WRITTEN (plain, GREETING);
  recorder_admit (plain, refusal);
  WRITTEN (plain, "");
  g_assert_error (plain->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
}

static void
test_late_verdict (void)
{
  g_autoptr (Recorder) self = zmtp_recorder_new (FALSE, NULL);

  self->is_slow = TRUE;
  FEED (self, GREETING HEIN_READY "\1\1t\0\5hello");
  g_assert_cmpuint (self->delivered->len, ==, 0);
  recorder_admit (self, NULL);
  g_assert_cmpuint (self->delivered->len, ==, 1);
  MESSAGE (self, 0, "t", NULL, "hello");
}

static void
test_told_of_error (void)
{
  g_autoptr (Recorder) self = zmtp_recorder_new (TRUE, NULL);

  FEED (self, GREETING "\4\14\5ERROR\5no\33\n!");
  g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
  /* what the other side says is made fit for a terminal */
  g_assert_nonnull (strstr (self->failure->message, "no?"
                                                    "?!"));
}

/* The code word is the first: a name in the text is none. */
static void
test_told_of_duplicate (void)
{
  g_autoptr (Recorder) duplicate = zmtp_recorder_new (TRUE, NULL);
  g_autoptr (Recorder) taken = zmtp_recorder_new (TRUE, NULL);

  FEED (duplicate, GREETING "\4\33\5ERROR\24duplicate: \"kirk\" is");
  g_assert_error (duplicate->failure, HEIN_ERROR, HEIN_ERROR_DUPLICATE);
  FEED (taken, GREETING "\4\40\5ERROR\31name taken: \"duplicate: \"");
  g_assert_error (taken->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
}

/* U+009B begins what a terminal obeys, U+202E turns what follows round, and
 * U+2028 ends a line; other letters stay. */
static void
test_told_of_error_beyond_ascii (void)
{
  g_autoptr (Recorder) self = zmtp_recorder_new (TRUE, NULL);

  FEED (self, GREETING "\4\23\5ERROR\14\302\2331m\342\200\256"
                       "\342\200\250\303\251");
  g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
  g_assert_true (g_str_has_suffix (self->failure->message, ": ?1m??\303\251"));
}

static void
test_not_zmtp_3 (void)
{
  static const struct
  {
    const char *bytes;
    gsize size;
    const char *text;
  } wrong[] = {
    { "GET / HTTP/1.1\r\n", 16, "HTTP" },
    { "\x16\3\1", 3, "TLS" },
    { "\1\0", 2, "ZMTP 1" },
    { "\xff\0\0\0\0\0\0\0\1\x7f\0", 11, "ZMTP 1" },
    { "\xff\0\0\0\0\0\0\0\1\x7f\1", 11, "ZMTP 2" },
    { "\x05", 1, "FF" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (Recorder) self = zmtp_recorder_new (FALSE, NULL);

      zmtp_recorder_feed (self, wrong[i].bytes, wrong[i].size);
      g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
      g_assert_nonnull (strstr (self->failure->message, wrong[i].text));
    }
}

static void
test_mechanism (void)
{
  g_autoptr (Recorder) self = zmtp_recorder_new (FALSE, NULL);
  char greeting[] = GREETING;

  memcpy (greeting + 12, "CURVE", 5);
  zmtp_recorder_feed (self, greeting, 64);
  g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (self->failure->message, "CURVE"));
}

static void
test_higher_minor (void)
{
  g_autoptr (Recorder) self = zmtp_recorder_new (FALSE, NULL);
  char greeting[] = GREETING;

  greeting[11] = 9;
  zmtp_recorder_feed (self, greeting, 64);
  FEED (self, READY_DEALER);
  g_assert_true (self->is_ready);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/zmtp/handshake/dialler-waits", test_dialler_waits);
  g_test_add_func ("/zmtp/handshake/careful-dialler", test_careful_dialler);
  g_test_add_func ("/zmtp/handshake/acceptor-answers", test_acceptor_answers);
  g_test_add_func ("/zmtp/handshake/types", test_types);
  g_test_add_func ("/zmtp/handshake/redials", test_redials);
  g_test_add_func ("/zmtp/handshake/anonymous-to-router",
                   test_anonymous_to_router);
  g_test_add_func ("/zmtp/handshake/forced-type", test_forced_type);
  g_test_add_func ("/zmtp/handshake/forced-listener", test_forced_listener);
  g_test_add_func ("/zmtp/handshake/refusals", test_refusals);
  g_test_add_func ("/zmtp/handshake/late-verdict", test_late_verdict);
  g_test_add_func ("/zmtp/handshake/told-of-error", test_told_of_error);
  g_test_add_func ("/zmtp/handshake/told-of-duplicate", test_told_of_duplicate);
  g_test_add_func ("/zmtp/handshake/told-of-error-beyond-ascii",
                   test_told_of_error_beyond_ascii);
  g_test_add_func ("/zmtp/handshake/not-zmtp-3", test_not_zmtp_3);
  g_test_add_func ("/zmtp/handshake/mechanism", test_mechanism);
  g_test_add_func ("/zmtp/handshake/higher-minor", test_higher_minor);
  return g_test_run ();
}

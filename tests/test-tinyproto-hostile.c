/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "tinyproto-recorder.h"

/*
 * Peers of tinyproto that say what no library would. T… are the requirements that
 * a test stands for.
 */

/* T8: the time-out of the original, and another one. */
static void
test_answer_timeout (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (TRUE);
  g_autoptr (Recorder) never =
    tinyproto_recorder_new (TRUE, "answer-timeout-ms", 0, NULL);

  ENCODES (self, MAKE ("", NULL, "x"), "\0\0\0\1");
  recorder_pass_time (self, 4999);
  g_assert_no_error (self->failure);
  recorder_pass_time (self, 1);
  g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  FEED (never, "\xff");
  WRITTEN (never, "\xff");
  ENCODES (never, MAKE ("", NULL, "x"), "\0\0\0\1");
  recorder_pass_time (never, 3600000);
  g_assert_no_error (never->failure);
}

/* A LEN, and then nothing. */
static void
test_no_body (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (FALSE);
  g_autoptr (Recorder) begun = tinyproto_recorder_open (FALSE);

  FEED (self, "\0\1\x86\xa0");
  WRITTEN (self, "\xff");
  g_assert_cmpuint (self->unused->len, ==, 0);
  recorder_pass_time (self, 4999);
  g_assert_no_error (self->failure);
  recorder_pass_time (self, 1);
  g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  /* from the first byte on it is the bus that watches the rate */
  FEED (begun, "\0\1\x86\xa0x");
  recorder_pass_time (begun, 3600000);
  g_assert_no_error (begun->failure);
  g_assert_cmpuint (begun->expected, ==, 100000);
}

/* The bus may have stopped reading because of the message before. */
static void
test_no_body_unread (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (FALSE);

  FEED (self, "\0\0\0\1x\0\0\0\1");
  recorder_pass_time (self, 3600000);
  g_assert_no_error (self->failure);
  FEED (self, "y");
  MESSAGE (self, 1, "", NULL, "y");
}

static void
test_stray_answer (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (FALSE);

  FEED (self, "\xff");
  recorder_pass_time (self, 199);
  g_assert_no_error (self->failure);
  recorder_pass_time (self, 1);
  g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
}

static void
test_wrong_answer (void)
{
  const char *const answers[] = { "\xfe", "\xfd", "\xf1", "\1\1\1\1\1" };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (Recorder) self = tinyproto_recorder_open (TRUE);

      ENCODES (self, MAKE ("", NULL, "x"), "\0\0\0\1");
      recorder_feed (self, (const guint8 *) answers[i], strlen (answers[i]));
      g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
    }
}

/* A dialler that collides and goes on without the answer. */
static void
test_impatient (void)
{
  g_autoptr (Recorder) self = tinyproto_recorder_open (FALSE);

  ENCODES (self, MAKE ("", NULL, "x"), "\0\0\0\1");
  FEED (self, "\0\0\0\2hi");
  g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  g_assert_cmpuint (self->delivered->len, ==, 0);
}

/* Its signature looks like an empty message: hein's, libzmq's, at both ends. */
static void
test_zmtp (void)
{
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (Recorder) self =
        tinyproto_recorder_new (i / 2 > 0, "turn-ms", 0, NULL);

      if (i % 2 == 0)
        FEED (self, "\xff\0\0\0\0\0\0\0\0\x7f");
      else
        FEED (self, "\xff\0\0\0\0\0\0\0\1\x7f");
      g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
      g_assert_cmpuint (self->delivered->len, ==, 0);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tinyproto/hostile/answer-timeout", test_answer_timeout);
  g_test_add_func ("/tinyproto/hostile/no-body", test_no_body);
  g_test_add_func ("/tinyproto/hostile/no-body-unread", test_no_body_unread);
  g_test_add_func ("/tinyproto/hostile/stray-answer", test_stray_answer);
  g_test_add_func ("/tinyproto/hostile/wrong-answer", test_wrong_answer);
  g_test_add_func ("/tinyproto/hostile/impatient", test_impatient);
  g_test_add_func ("/tinyproto/hostile/zmtp", test_zmtp);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "aiomsg-recorder.h"

/* What becomes of messages that come at least once, and of those that were
 * sent so: what is acknowledged, what comes again, and what is sent again. A…
 * are the requirements that a test stands for. */

/* The id of feed_request (self, n). */
#define REQUEST_ID(n)                                                          \
  "\0" n "\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae\xaf"

static void
feed_request (Recorder *self, guint number)
{
  guint8 frame[] = "\0\0\0\x12\4" ID "x";

  frame[5] = number >> 8;
  frame[6] = number & 0xff;
  recorder_feed (self, frame, sizeof frame - 1);
}

/* A7: what comes again is acknowledged again, and delivered once. */
static void
test_duplicates (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open (AIOMSG_DIALECT_1);

  FEED (self, "\0\0\0\x12\4" ID "x"
              "\0\0\0\x12\4" ID "x");
  g_assert_cmpuint (self->delivered->len, ==, 1);
  WRITTEN (self, ACK (ID) ACK (ID));
  g_ptr_array_set_size (self->delivered, 0);
  for (guint i = 0; i < 1024; i++)
    feed_request (self, i);
  g_assert_cmpuint (self->delivered->len, ==, 1024);
  feed_request (self, 0);
  feed_request (self, 1023);
  g_assert_cmpuint (self->delivered->len, ==, 1024);
  feed_request (self, 1024); /* now the oldest is forgotten */
  feed_request (self, 1);
  g_assert_cmpuint (self->delivered->len, ==, 1025);
  feed_request (self, 0);
  g_assert_cmpuint (self->delivered->len, ==, 1026);
}

/* A7: an acknowledgement says that the application has taken the message; what
 * comes again before that waits for one more. */
static void
test_handled (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open (AIOMSG_DIALECT_1);

  self->is_busy = TRUE;
  feed_request (self, 1);
  FEED (self, HELLO_WORLD);
  feed_request (self, 2);
  feed_request (self, 1);
  WRITTEN (self, "");
  recorder_settle (self, NULL);
  WRITTEN (self, ACK (REQUEST_ID ("\1")) ACK (REQUEST_ID ("\1")));
  feed_request (self, 1);
  WRITTEN (self, ACK (REQUEST_ID ("\1")));
  recorder_settle (self, NULL);
  WRITTEN (self, ACK (REQUEST_ID ("\2")));
  g_assert_cmpuint (self->delivered->len, ==, 3);
}

/* A7: what was dropped before the application had it is not acknowledged, and
 * is delivered when it comes again. */
static void
test_dropped (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open (AIOMSG_DIALECT_1);

  self->is_busy = TRUE;
  feed_request (self, 1);
  feed_request (self, 1);
  feed_request (self, 2);
  recorder_fail (self, HEIN_ERROR_FAILED);
  recorder_settle (self, NULL);
  WRITTEN (self, ACK (REQUEST_ID ("\2")));
  for (guint i = 3; i < 1024; i++)
    feed_request (self, i);
  g_assert_cmpuint (self->delivered->len, ==, 1023);
  feed_request (self, 1);
  g_assert_cmpuint (self->delivered->len, ==, 1024);
  for (guint i = 3; i < 1024; i++)
    recorder_fail (self, HEIN_ERROR_FORBIDDEN);
  WRITTEN (self, "");
  feed_request (self, 1);
  recorder_settle (self, NULL);
  WRITTEN (self, ACK (REQUEST_ID ("\1")) ACK (REQUEST_ID ("\1")));
  feed_request (self, 1);
  WRITTEN (self, ACK (REQUEST_ID ("\1")));
  g_assert_cmpuint (self->delivered->len, ==, 1024);
}

/* A7: what the application refuses is not acknowledged either, and the
 * application is not bothered with it again. */
static void
test_app_refuses (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open (AIOMSG_DIALECT_1);

  self->is_busy = TRUE;
  feed_request (self, 1);
  recorder_fail (self, HEIN_ERROR_REFUSED);
  feed_request (self, 1);
  WRITTEN (self, "");
  g_assert_cmpuint (self->delivered->len, ==, 1);
}

/* A7: an application may take its time with one message and go on with
 * others. */
static void
test_out_of_order (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open (AIOMSG_DIALECT_1);

  self->is_busy = TRUE;
  for (guint i = 1; i <= 3; i++)
    feed_request (self, i);
  g_queue_push_tail (&self->open, g_queue_pop_head (&self->open));
  recorder_settle (self, NULL);
  WRITTEN (self, ACK (REQUEST_ID ("\2")));
  recorder_settle (self, NULL);
  WRITTEN (self, ACK (REQUEST_ID ("\3")));
  recorder_settle (self, NULL);
  WRITTEN (self, ACK (REQUEST_ID ("\1")));
}

/* A7: more than is remembered waits to be handled. */
static void
test_handled_late (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open (AIOMSG_DIALECT_1);

  self->is_busy = TRUE;
  for (guint i = 0; i < 3000; i++)
    feed_request (self, i);
  for (guint i = 0; i < 3000; i++)
    {
      guint8 ack[] = ACK (ID);

      ack[5] = i >> 8;
      ack[6] = i & 0xff;
      recorder_settle (self, NULL);
      recorder_assert_written (self, (const char *) ack, sizeof ack - 1);
    }
  WRITTEN (self, "");
}

/* A7: what nobody will take is not acknowledged, also when it comes again. */
static void
test_closing (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open (AIOMSG_DIALECT_1);

  self->is_busy = TRUE;
  feed_request (self, 1);
  self->is_closing = TRUE;
  feed_request (self, 2);
  feed_request (self, 2);
  FEED (self, HELLO_WORLD);
  recorder_settle (self, NULL);
  WRITTEN (self, ACK (REQUEST_ID ("\1")));
  g_assert_cmpuint (self->delivered->len, ==, 1);
}

/* A7: who takes one after the other is slow, and has lost nothing. */
static void
test_slow (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open_sure (AIOMSG_DIALECT_1);

  ENCODES (self, MAKE ("", NULL, "1"), "\0\0\0\x12\4" SENT_ID ("\4") "1");
  ENCODES (self, MAKE ("", NULL, "2"), "\0\0\0\x12\4" SENT_ID ("\5") "2");
  ENCODES (self, MAKE ("", NULL, "3"), "\0\0\0\x12\4" SENT_ID ("\6") "3");
  recorder_pass_time (self, 4900);
  FEED (self, ACK (SENT_ID ("\4")));
  recorder_pass_time (self, 4900);
  FEED (self, ACK (SENT_ID ("\5")));
  recorder_pass_time (self, 4900);
  WRITTEN (self, "");
  recorder_pass_time (self, 100);
  WRITTEN (self, "\0\0\0\x12\4" SENT_ID ("\6") "3");
}

/* A7: one that was passed over has had its turn, however slow the others
 * are. */
static void
test_passed_over (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open_sure (AIOMSG_DIALECT_1);

  ENCODES (self, MAKE ("", NULL, "1"), "\0\0\0\x12\4" SENT_ID ("\4") "1");
  ENCODES (self, MAKE ("", NULL, "2"), "\0\0\0\x12\4" SENT_ID ("\5") "2");
  ENCODES (self, MAKE ("", NULL, "3"), "\0\0\0\x12\4" SENT_ID ("\6") "3");
  recorder_pass_time (self, 3000);
  FEED (self, ACK (SENT_ID ("\5")));
  recorder_pass_time (self, 2000);
  WRITTEN (self, "\0\0\0\x12\4" SENT_ID ("\4") "1");
  recorder_pass_time (self, 1000);
  WRITTEN (self, "");
  FEED (self, ACK (SENT_ID ("\4"))); /* says nothing about the others */
  recorder_pass_time (self, 2000);
  WRITTEN (self, "\0\0\0\x12\4" SENT_ID ("\6") "3");
}

/* A7: of a delivery that nobody acknowledges, nobody will know any more. */
static void
test_given_up (void)
{
  const HeinMessageAttributes delivery = {
    .ask = HEIN_ASK_DELIVERY,
    .ask_id = 7,
  };
  g_autoptr (Recorder) self = aiomsg_recorder_open_sure (AIOMSG_DIALECT_1);
  const HeinMessageAttributes *said;
  HeinMessageView view;

  g_object_set (self->protocol, "resend-ms", 100, "resends", 0, NULL);
  ENCODES (self,
           hein_message_new_attributed_data (NULL, &delivery,
                                             (const guint8 *) "1", 1, NULL),
           "\0\0\0\x12\4" SENT_ID ("\4") "1");
  recorder_pass_time (self, 90);
  g_assert_cmpuint (self->delivered->len, ==, 0);
  recorder_pass_time (self, 10);
  g_assert_cmpuint (self->delivered->len, ==, 1);
  hein_message_peek (g_ptr_array_index (self->delivered, 0), &view);
  said = view.attributes;
  g_assert_cmpint (said->ask, ==, HEIN_ASK_FAILURE);
  g_assert_cmpuint (said->ask_id, ==, 7);
  g_assert_cmpuint (said->ask_number, ==, HEIN_ERROR_TIMED_OUT);
  g_assert_cmpuint (said->ask_credit, ==, 1);
  recorder_pass_time (self, 1000);
  g_assert_cmpuint (self->delivered->len, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/aiomsg-handled/handled", test_handled);
  g_test_add_func ("/aiomsg-handled/handled-late", test_handled_late);
  g_test_add_func ("/aiomsg-handled/dropped", test_dropped);
  g_test_add_func ("/aiomsg-handled/refused", test_app_refuses);
  g_test_add_func ("/aiomsg-handled/out-of-order", test_out_of_order);
  g_test_add_func ("/aiomsg-handled/closing", test_closing);
  g_test_add_func ("/aiomsg-handled/slow", test_slow);
  g_test_add_func ("/aiomsg-handled/passed-over", test_passed_over);
  g_test_add_func ("/aiomsg-handled/duplicates", test_duplicates);
  g_test_add_func ("/aiomsg-handled/given-up", test_given_up);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-recorder.h"

#include <string.h>

/* What a broker keeps of its clients for those who come later, byte by byte. */

/* With packet id 1. */
#define SUBSCRIBE_A_5 "\x82\x09\0\1\0\0\3a/+\1"

/* By eve, with QoS 1, a content type, and as the last of its topic. */
#define RETAIN_A "\x33\x0e\0\3a/b\0\7\4\3\0\1xon"

static void
retain (Recorder *eve, const char *payload)
{
  const guint8 head[] = { 0x31, 6 + strlen (payload), 0, 3, 'a', '/', 'b', 0 };

  recorder_feed (eve, head, sizeof head);
  recorder_feed (eve, (const guint8 *) payload, strlen (payload));
  g_assert_no_error (eve->failure);
}

static void
test_retained (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) bob =
    mqtt_recorder_accept_as (broker, "bob", MQTT_VERSION_5);
  g_autoptr (Recorder) eve =
    mqtt_recorder_accept_as (broker, "eve", MQTT_VERSION_5);
  g_autoptr (Recorder) old =
    mqtt_recorder_accept_as (broker, "kim", MQTT_VERSION_3_1_1);

  FEED (eve, RETAIN_A);
  g_assert_no_error (eve->failure);
  FEED (eve, "\x31\6\0\1c\0no");
  /* with QoS 1, which both allow, and then with 0 */
  FEED (bob, SUBSCRIBE_A_5);
  WRITTEN (bob, "\x90\4\0\1\0\1\x33\x0e\0\3a/b\0\1\4\3\0\1xon");
  FEED (old, "\x82\6\0\1\0\1#\0");
  mqtt_recorder_forget (old);
  FEED (old, "\x82\x08\0\2\0\3a/b\0");
  WRITTEN (old, "\x90\3\0\2\0\x31\7\0\3a/bon");
  /* a live one has no flag; an empty one ends it */
  retain (eve, "off");
  WRITTEN (bob, "\x30\x09\0\3a/b\0off");
  mqtt_recorder_forget (old);
  retain (eve, "");
  WRITTEN (bob, "\x30\6\0\3a/b\0");
  FEED (bob, SUBSCRIBE_A_5);
  WRITTEN (bob, "\x90\4\0\1\0\1");
}

/* How a client wants what is retained (3.8.3.1). */
static void
test_retain_options (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) bob =
    mqtt_recorder_accept_as (broker, "bob", MQTT_VERSION_5);
  g_autoptr (Recorder) eve =
    mqtt_recorder_accept_as (broker, "eve", MQTT_VERSION_5);

  retain (eve, "on");
  /* not at all; as a new subscription, which it is no more; as published */
  FEED (bob, "\x82\x09\0\1\0\0\3a/b\x20");
  WRITTEN (bob, "\x90\4\0\1\0\0");
  FEED (bob, "\x82\x09\0\1\0\0\3a/b\x10");
  WRITTEN (bob, "\x90\4\0\1\0\0");
  FEED (bob, "\x82\x09\0\1\0\0\3a/+\x18");
  WRITTEN (bob, "\x90\4\0\1\0\0\x31\x08\0\3a/b\0on");
  retain (eve, "off");
  WRITTEN (bob, "\x31\x09\0\3a/b\0off");
  FEED (eve, "\x30\x08\0\3a/b\0hi");
  WRITTEN (bob, "\x30\x08\0\3a/b\0hi");
}

static void
test_retained_expires (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) bob =
    mqtt_recorder_accept_as (broker, "bob", MQTT_VERSION_5);
  g_autoptr (Recorder) eve =
    mqtt_recorder_accept_as (broker, "eve", MQTT_VERSION_5);

  FEED (eve, "\x31\x0c\0\3a/b\5\2\0\0\0\x0aX");
  bob->now_us += 4 * G_USEC_PER_SEC;
  FEED (bob, "\x82\x09\0\1\0\0\3a/b\0");
  WRITTEN (bob, "\x90\4\0\1\0\0\x31\x0c\0\3a/b\5\2\0\0\0\6X");
  bob->now_us += 6 * G_USEC_PER_SEC;
  FEED (bob, "\x82\x09\0\1\0\0\3a/b\0");
  WRITTEN (bob, "\x90\4\0\1\0\0");
}

/* What all may take is what one connection may be sent. */
static void
test_retained_limit (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) eve =
    mqtt_recorder_accept_as (broker, "eve", MQTT_VERSION_5);

  eve->wire->send_limit = 262;
  FEED (eve, RETAIN_A);
  WRITTEN (eve, "\x40\3\0\7\x97");
  g_assert_cmpuint (eve->delivered->len, ==, 0);
  recorder_assert_logged (eve, "no room");
  retain (eve, "on");
  g_assert_cmpuint (eve->delivered->len, ==, 1);
}

static void
test_will_retained (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) bob =
    mqtt_recorder_accept_as (broker, "bob", MQTT_VERSION_5);
  g_autoptr (Recorder) eve = mqtt_recorder_accept (broker);

  FEED (eve, "\x10\x1c\0\4MQTT\5\x2e\0\x0a\0\0\3eve\0\0\3a/w\0\4gone");
  g_assert_true (eve->is_ready);
  mqtt_recorder_leave (eve);
  FEED (bob, SUBSCRIBE_A_5);
  WRITTEN (bob, "\x90\4\0\1\0\1\x33\x0c\0\3a/w\0\1\0gone");
}

/* ---- much of it ---- */

enum
{
  N_TOPICS = 1000,
  ONE_TURN = 64 /* no more is sent in one */
};

/* From t/000 to t/999, each with its own name as its value. */
static void
retain_many (Recorder *eve)
{
  for (guint i = 0; i < N_TOPICS; i++)
    {
      g_autofree char *packet =
        g_strdup_printf ("\x31\x0d%c\5t/%03u%ct/%03u", 0, i, 0, i);

      recorder_feed (eve, (const guint8 *) packet, 2 + 13);
    }
  g_assert_no_error (eve->failure);
}

/* Takes the answer to SUBSCRIBE, which comes first. */
static void
take_answer (Recorder *bob, const char *answer, gsize size)
{
  g_assert_cmpuint (bob->written->len, >=, size);
  g_assert_cmpmem (bob->written->data, size, answer, size);
  g_byte_array_remove_range (bob->written, 0, size);
}

#define ANSWERED(recorder, literal)                                            \
  take_answer (recorder, literal, sizeof (literal) - 1)

/* Returns how many of them bob is sent, which are those behind @n_before. */
static guint
count_written (Recorder *bob, guint n_before)
{
  g_autoptr (GBytes) written = recorder_take_written (bob);
  gsize size;
  const guint8 *bytes = g_bytes_get_data (written, &size);
  guint n = 0;

  g_assert_cmpuint (size % 15, ==, 0);
  for (gsize at = 0; at < size; at += 15)
    {
      const guint number = n_before + n++;
      g_autofree char *topic = g_strdup_printf ("t/%03u", number);

      g_assert_cmpuint (bytes[at], ==, 0x31);
      g_assert_cmpmem (bytes + at + 4, 5, topic, 5);
      g_assert_cmpmem (bytes + at + 10, 5, topic, 5);
    }
  return n;
}

/* Whoever asks for everything, and many times at once, gets it once, in turns that
 * leave time for others. */
static void
test_many (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) eve =
    mqtt_recorder_accept_as (broker, "eve", MQTT_VERSION_5);
  g_autoptr (Recorder) bob =
    mqtt_recorder_accept_as (broker, "bob", MQTT_VERSION_5);
  guint n = 0;

  retain_many (eve);
  FEED (bob, "\x82\x1b\0\1\0\0\1#\0\0\3t/+\0\0\3+/#\0\0\1#\0\0\1#\0");
  ANSWERED (bob, "\x90\x08\0\1\0\0\0\0\0\0");
  while (bob->tick_us < G_MAXINT64)
    {
      const guint n_now = count_written (bob, n);

      g_assert_cmpuint (n_now, >, 0);
      g_assert_cmpuint (n_now, <=, ONE_TURN);
      n += n_now;
      recorder_pass_time (bob, 1);
    }
  n += count_written (bob, n);
  g_assert_cmpuint (n, ==, N_TOPICS);
}

/* A client that does not read is not sent more; and it goes on when it does. */
static void
test_many_slow (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) eve =
    mqtt_recorder_accept_as (broker, "eve", MQTT_VERSION_5);
  g_autoptr (Recorder) bob =
    mqtt_recorder_accept_as (broker, "bob", MQTT_VERSION_5);
  guint n;

  retain_many (eve);
  FEED (bob, "\x82\7\0\1\0\0\1#\0");
  ANSWERED (bob, "\x90\4\0\1\0\0");
  n = count_written (bob, 0);
  bob->n_unsent = n;
  for (guint i = 0; i < 10; i++)
    recorder_pass_time (bob, 1000);
  WRITTEN (bob, "");
  /* what it gets is what is retained by then */
  FEED (eve, "\x31\x08\0\5t/999\0");
  WRITTEN (bob, "\x30\x08\0\5t/999\0");
  bob->n_unsent = 0;
  while (bob->tick_us < G_MAXINT64)
    recorder_pass_time (bob, 1000);
  n += count_written (bob, n);
  g_assert_cmpuint (n, ==, N_TOPICS - 1);
}

/* It goes, or takes it back, in the midst of it. */
static void
test_many_ended (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) eve =
    mqtt_recorder_accept_as (broker, "eve", MQTT_VERSION_5);
  g_autoptr (Recorder) bob =
    mqtt_recorder_accept_as (broker, "bob", MQTT_VERSION_5);
  g_autoptr (Recorder) kim =
    mqtt_recorder_accept_as (broker, "kim", MQTT_VERSION_5);

  retain_many (eve);
  FEED (bob, "\x82\7\0\1\0\0\1#\0");
  FEED (kim, "\x82\7\0\1\0\0\1#\0");
  FEED (bob, "\xa2\6\0\2\0\0\1#");
  mqtt_recorder_forget (bob);
  mqtt_recorder_forget (kim);
  mqtt_recorder_leave (kim);
  for (guint i = 0; i < 100; i++)
    {
      recorder_pass_time (bob, 1);
      recorder_pass_time (kim, 1);
    }
  WRITTEN (bob, "");
  WRITTEN (kim, "");
  g_assert_cmpint (bob->tick_us, ==, G_MAXINT64);
}

#define ADD(path, test) g_test_add_func ("/mqtt-retained/" path, test)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("retained", test_retained);
  ADD ("retain-options", test_retain_options);
  ADD ("retained-expires", test_retained_expires);
  ADD ("retained-limit", test_retained_limit);
  ADD ("will-retained", test_will_retained);
  ADD ("many", test_many);
  ADD ("many-slow", test_many_slow);
  ADD ("many-ended", test_many_ended);
  return g_test_run ();
}

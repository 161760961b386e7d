/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../plugins/protocols/mqtt/mqtt-broker.h"
#include "mqtt-recorder.h"

#include <string.h>

/* Groups that share a subscription, byte by byte: with the broker in the bus, and
 * with another one. */

#define TOPIC "a/b"

static Recorder *
accept (HeinMqtt *broker, const char *id)
{
  return mqtt_recorder_accept_as (broker, id, MQTT_VERSION_5);
}

/* Returns the reason for a filter. */
static guint8
ask (Recorder *self, const char *filter, guint8 options)
{
  const gboolean is_new = HEIN_MQTT (self->protocol)->version == MQTT_VERSION_5;
  g_autoptr (GByteArray) packet = g_byte_array_new ();
  g_autoptr (GBytes) answer = NULL;
  gsize size;
  const guint8 *data;

  mqtt_put_u8 (packet, 0x82);
  mqtt_put_length (packet, 5 + is_new + strlen (filter));
  mqtt_put_u16 (packet, 1);
  if (is_new)
    mqtt_put_u8 (packet, 0);
  mqtt_put_text (packet, filter);
  mqtt_put_u8 (packet, options);
  recorder_feed (self, packet->data, packet->len);
  answer = recorder_take_written (self);
  data = g_bytes_get_data (answer, &size);
  g_assert_cmpuint (size, >=, 5);
  return data[4 + is_new];
}

static Recorder *
join (HeinMqtt *broker, const char *id, const char *filter, guint8 qos)
{
  Recorder *self = accept (broker, id);

  g_assert_cmpuint (ask (self, filter, qos), ==, qos);
  return self;
}

static void
say (Recorder *self)
{
  FEED (self, "\x30\7\0\3a/b\0x");
}

/* Returns how many messages came to it since the last time, each of nine bytes. */
static guint
count (Recorder *self)
{
  g_autoptr (GBytes) written = recorder_take_written (self);

  g_assert_cmpuint (g_bytes_get_size (written) % 9, ==, 0);
  return g_bytes_get_size (written) / 9;
}

/* Whether the core has it for one that wants what the bus says. */
static gboolean
has_turn (Recorder *self, const char *pattern)
{
  return hein_prefixes_find (&self->patterns, (const guint8 *) pattern,
                             strlen (pattern)) != NULL;
}

/* ---- from clients ---- */

/* One of each group, in turn; and all who have subscribed by themselves. */
static void
test_in_turn (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) eve = accept (broker, "eve");
  g_autoptr (Recorder) other = join (broker, "other", "$share/h/#", 0);
  g_autoptr (Recorder) alone = join (broker, "alone", "a/+", 0);
  Recorder *members[3];
  static const char *const names[] = { "one", "two", "three" };

  for (guint i = 0; i < 3; i++)
    members[i] = join (broker, names[i], "$share/g/a/+", 0);
  for (guint i = 0; i < 30; i++)
    say (eve);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpuint (count (members[i]), ==, 10);
      recorder_free (members[i]);
    }
  g_assert_cmpuint (count (other), ==, 30);
  g_assert_cmpuint (count (alone), ==, 30);
}

/* In 3.1.1 as well, and the publisher may be the one itself. */
static void
test_publisher (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) old =
    mqtt_recorder_accept_as (broker, "old", MQTT_VERSION_3_1_1);
  g_autoptr (Recorder) new = join (broker, "new", "$share/g/a/b", 0);

  g_assert_cmpuint (ask (old, "$share/g/a/b", 0), ==, 0);
  say (new);
  say (new);
  say (new);
  g_assert_cmpuint (count (new), ==, 2);
  WRITTEN (old, "\x30\6\0\3a/bx");
}

/* Who has subscribed by itself, too, or is the one of several groups, gets it
 * once, with the greatest QoS. */
static void
test_overlaps (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) eve = accept (broker, "eve");
  g_autoptr (Recorder) bob = join (broker, "bob", "$share/g/a/b", 0);

  g_assert_cmpuint (ask (bob, "$share/h/#", 1), ==, 1);
  g_assert_cmpuint (ask (bob, "a/#", 0), ==, 0);
  FEED (eve, "\x32\x09\0\3a/b\0\7\0x");
  WRITTEN (bob, "\x32\x09\0\3a/b\0\1\0x");
  /* again, with another QoS */
  g_assert_cmpuint (ask (bob, "$share/h/#", 0), ==, 0);
  FEED (eve, "\x32\x09\0\3a/b\0\x08\0x");
  WRITTEN (bob, "\x30\7\0\3a/b\0x");
  FEED (bob, "\xa2\x11\0\2\0\0\x0c$share/g/a/b\xa2\x0f\0\2\0\0\x0a$share/h/#");
  WRITTEN (bob, "\xb0\4\0\2\0\0\xb0\4\0\2\0\0");
  say (eve);
  g_assert_cmpuint (count (bob), ==, 1);
  FEED (bob, "\xa2\x11\0\2\0\0\x0c$share/g/a/b");
  WRITTEN (bob, "\xb0\4\0\2\0\x11");
}

/* Who takes nothing is passed over while others do. */
static void
test_room (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) eve = accept (broker, "eve");
  g_autoptr (Recorder) stuck = join (broker, "stuck", "$share/g/#", 0);
  g_autoptr (Recorder) free_one = join (broker, "free", "$share/g/#", 0);

  stuck->n_unsent = 3;
  for (guint i = 0; i < 5; i++)
    say (eve);
  g_assert_cmpuint (count (stuck), ==, 0);
  g_assert_cmpuint (count (free_one), ==, 5);
  free_one->n_unsent = 4;
  say (eve);
  g_assert_cmpuint (count (stuck), ==, 1);
  stuck->n_unsent = 4;
  say (eve);
  say (eve);
  g_assert_cmpuint (count (stuck), ==, 1);
  g_assert_cmpuint (count (free_one), ==, 1);
}

/* One that has as many as it takes at a time. */
static void
test_receive_maximum (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) eve = accept (broker, "eve");
  g_autoptr (Recorder) slow = mqtt_recorder_accept (broker);
  g_autoptr (Recorder) fast = NULL;

  FEED (slow, "\x10\x14\0\4MQTT\5\2\0\x0a\3\x21\0\1\0\4slow");
  g_assert_true (slow->is_ready);
  mqtt_recorder_forget (slow);
  g_assert_cmpuint (ask (slow, "$share/g/#", 1), ==, 1);
  fast = join (broker, "fast", "$share/g/#", 1);
  for (guint i = 1; i <= 4; i++)
    {
      const guint8 packet[] = { 0x32, 9, 0, 3, 'a', '/', 'b', 0, i, 0, 'x' };

      recorder_feed (eve, packet, sizeof packet);
    }
  WRITTEN (slow, "\x32\x09\0\3a/b\0\1\0x");
  WRITTEN (fast, "\x32\x09\0\3a/b\0\1\0x"
                 "\x32\x09\0\3a/b\0\2\0x"
                 "\x32\x09\0\3a/b\0\3\0x");
}

/* What is retained is for those who subscribe by themselves. */
static void
test_retained (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) eve = accept (broker, "eve");
  g_autoptr (Recorder) bob = accept (broker, "bob");

  FEED (eve, "\x31\7\0\3a/b\0x");
  FEED (bob, "\x82\x10\0\1\0\0\x0a$share/g/#\0");
  WRITTEN (bob, "\x90\4\0\1\0\0");
  recorder_pass_time (bob, 1000);
  WRITTEN (bob, "");
  FEED (eve, "\x31\7\0\3a/b\0y");
  WRITTEN (bob, "\x30\7\0\3a/b\0y");
}

/* ---- who comes and goes ---- */

static void
test_leaves (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) eve = accept (broker, "eve");
  g_autoptr (Recorder) one = join (broker, "one", "$share/g/a/#", 0);
  g_autoptr (Recorder) two = join (broker, "two", "$share/g/a/#", 0);
  g_autoptr (Recorder) three = join (broker, "three", "$share/g/a/#", 0);
  g_autoptr (Recorder) again = NULL;

  say (eve);
  g_assert_cmpuint (count (one), ==, 1);
  g_assert_true (has_turn (one, "a/**"));
  mqtt_recorder_leave (one);
  g_assert_true (has_turn (two, "a/**") != has_turn (three, "a/**"));
  for (guint i = 0; i < 4; i++)
    say (eve);
  g_assert_cmpuint (count (two), ==, 2);
  g_assert_cmpuint (count (three), ==, 2);
  FEED (two, "\xa2\x11\0\2\0\0\x0c$share/g/a/#");
  WRITTEN (two, "\xb0\4\0\2\0\0");
  g_assert_false (has_turn (two, "a/**"));
  g_assert_true (has_turn (three, "a/**"));
  say (eve);
  g_assert_cmpuint (count (three), ==, 1);
  mqtt_recorder_leave (three);
  say (eve);
  g_assert_cmpuint (count (one), ==, 0);
  g_assert_cmpuint (count (two), ==, 0);
  g_assert_cmpuint (count (three), ==, 0);
  /* a group that was empty begins again */
  again = join (broker, "one", "$share/g/a/#", 0);
  g_assert_true (has_turn (again, "a/**"));
  say (eve);
  g_assert_cmpuint (count (again), ==, 1);
}

/* ---- from the bus ---- */

/* Of each group one is known to the core, and another one after each message. */
static void
test_bus (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) one = join (broker, "one", "$share/g/a/#", 0);
  g_autoptr (Recorder) two = join (broker, "two", "$share/g/a/#", 0);
  g_autoptr (Recorder) three = join (broker, "three", "$share/g/a/#", 1);
  Recorder *members[] = { one, two, three };

  for (guint i = 0; i < 9; i++)
    {
      for (guint k = 0; k < 3; k++)
        g_assert_cmpint (has_turn (members[k], "a/**"), ==, k == i % 3);
      ENCODES (members[i % 3], MAKE (TOPIC, NULL, "x"), "\x30\7\0\3a/b\0x");
    }
  /* one that takes nothing does not get the turn */
  two->n_unsent = 1;
  ENCODES (one, MAKE (TOPIC, NULL, "x"), "\x30\7\0\3a/b\0x");
  g_assert_true (has_turn (three, "a/**"));
  /* what waits in the meantime is still for a member, and turns nothing */
  ENCODES (one, MAKE (TOPIC, NULL, "x"), "\x30\7\0\3a/b\0x");
  g_assert_true (has_turn (three, "a/**"));
}

/* A delivery is for one that acknowledges; another one is next all the same. */
static void
test_bus_delivers (void)
{
  const HeinMessageAttributes delivery = { .ask = HEIN_ASK_DELIVERY,
                                           .ask_id = 9 };
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) one = join (broker, "one", "$share/g/a/#", 0);
  g_autoptr (Recorder) two = join (broker, "two", "$share/g/a/#", 1);
  g_autoptr (GError) error = NULL;

  g_assert_false (mqtt_recorder_ask (one, TOPIC, delivery, "x", &error));
  g_assert_nonnull (strstr (error->message, "QoS 0"));
  g_assert_true (has_turn (two, "a/**"));
  g_assert_true (mqtt_recorder_ask (two, TOPIC, delivery, "x", NULL));
  WRITTEN (two, "\x32\x09\0\3a/b\0\1\0x");
  g_assert_true (has_turn (one, "a/**"));
}

/* ---- what is malformed ---- */

static void
test_malformed (void)
{
  static const char *const filters[] = {
    "$share/",     "$share/a",     "$share/a/",     "$share//x",
    "$share//",    "$share/a+/x",  "$share/#/x",    "$share/+/x",
    "$share/a#/x", "$share/a/b#",  "$share/a/b+/c", "$share/a/#/b",
    "$share/a/*",  "$share/g/b*c",
  };
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) new = accept (broker, "new");
  g_autoptr (Recorder) old =
    mqtt_recorder_accept_as (broker, "old", MQTT_VERSION_3_1_1);
  g_autofree char *group = g_strnfill (256, 'g');
  g_autofree char *long_group = g_strconcat ("$share/", group, "/a", NULL);
  g_autofree char *good_group = g_strconcat ("$share/", group + 1, "/a", NULL);
  g_autofree char *long_filter = g_strconcat ("$share/g/", group, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (filters); i++)
    {
      g_assert_cmphex (ask (new, filters[i], 1), ==, 0x8f);
      g_assert_cmphex (ask (old, filters[i], 1), ==, 0x80);
    }
  g_assert_cmphex (ask (new, long_group, 1), ==, 0x8f);
  g_assert_cmphex (ask (new, long_filter, 1), ==, 0x8f);
  g_assert_cmphex (ask (new, good_group, 1), ==, 1);
  /* a filter of its own, of which there is no topic */
  g_assert_cmphex (ask (new, "$shared/g/a", 1), ==, 1);
  g_assert_cmphex (ask (new, "$share/*/a", 1), ==, 1);
}

static void
test_no_local (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) self = accept (broker, "bob");

  FEED (self, "\x82\x10\0\1\0\0\x0a$share/g/#\4");
  recorder_assert_failed (self, HEIN_ERROR_PROTOCOL, "no local");
  HEIN_PROTOCOL_GET_CLASS (self->protocol)->finish (self->protocol, self->wire);
  WRITTEN (self, "\xe0\1\x82");
}

/* A client may be in so many groups, whose memory counts, and is given back. */
static void
test_many (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) self = accept (broker, "bob");
  MqttClient *client = HEIN_MQTT (self->protocol)->client;

  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *filter = g_strdup_printf ("$share/g%u/a", i);

      g_assert_cmphex (ask (self, filter, 1), ==, 1);
    }
  g_assert_cmpuint (client->memory, >, 256 * 1000);
  g_assert_cmphex (ask (self, "$share/one-more/a", 1), ==, 0x97);
  g_assert_cmphex (ask (self, "$share/g0/a", 0), ==, 0);
  FEED (self, "\xa2\x11\0\2\0\0\x0c$share/g77/a");
  WRITTEN (self, "\xb0\4\0\2\0\0");
  g_assert_cmphex (ask (self, "$share/one-more/a", 1), ==, 1);
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *filter = g_strdup_printf ("$share/g%u/a", i);

      mqtt_broker_unsubscribe (client->broker, HEIN_MQTT (self->protocol),
                               filter);
    }
  mqtt_broker_unsubscribe (client->broker, HEIN_MQTT (self->protocol),
                           "$share/one-more/a");
  g_assert_cmpuint (client->memory, ==, 0);
  g_assert_cmpuint (client->n_shares, ==, 0);
}

/* ---- at another broker ---- */

static Recorder *
make_client (void)
{
  Recorder *self =
    recorder_new (g_object_new (HEIN_TYPE_MQTT, "version", MQTT_VERSION_5,
                                "share", "crew", NULL),
                  TRUE, "spock", NULL);

  self->is_busy = TRUE;
  mqtt_recorder_forget (self);
  return self;
}

/* All that is subscribed to is that of the group, without "no local". */
static void
test_client (void)
{
  g_autoptr (Recorder) self = make_client ();

  FEED (self, CONNACK_5);
  mqtt_recorder_subscribe (self, "a/", TRUE);
  WRITTEN (self, "\x82\x15\0\1\0\0\x0f$share/crew/a/#\1");
  FEED (self, "\x90\4\0\1\0\1\x30\7\0\3a/b\0x");
  MESSAGE (self, 0, TOPIC, NULL, "x");
  mqtt_recorder_subscribe (self, "a/", FALSE);
  WRITTEN (self, "\xa2\x14\0\2\0\0\x0f$share/crew/a/#");
  /* nobody else of the group gets that any more */
  FEED (self, "\x32\x09\0\3a/b\0\7\0x");
  WRITTEN (self, "\x40\3\0\7\x83");
  recorder_assert_logged (self, "its filter is wider");
}

static void
test_client_refused (void)
{
  g_autoptr (Recorder) none = make_client ();
  g_autoptr (Recorder) there = make_client ();
  g_autoptr (Recorder) old =
    recorder_new (g_object_new (HEIN_TYPE_MQTT, "share", "crew", NULL), TRUE,
                  "spock", "3.1.1");

  FEED (none, "\x20\5\0\0\2\x2a\0");
  recorder_assert_failed (none, HEIN_ERROR_REFUSED, "leave out share");
  FEED (there, "\x20\5\0\0\2\x2a\1");
  g_assert_no_error (there->failure);
  FEED (old, CONNACK);
  recorder_assert_failed (old, HEIN_ERROR_REFUSED, "3.1.1");
}

static void
assert_unusable (const char *share, MqttVersion version, HeinRole role)
{
  g_autoptr (HeinMqtt) self =
    g_object_new (HEIN_TYPE_MQTT, "share", share, "version", version, NULL);
  HeinSecrecy secrecy = HEIN_SECRECY_NONE;
  g_autoptr (GError) error = NULL;

  g_assert_false (HEIN_PROTOCOL_GET_CLASS (self)->prepare (HEIN_PROTOCOL (self),
                                                           role, &secrecy,
                                                           &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
  g_assert_nonnull (strstr (error->message, "share"));
}

static void
test_options (void)
{
  g_autofree char *long_name = g_strnfill (256, 'g');

  assert_unusable ("", MQTT_VERSION_AUTO, HEIN_ROLE_DIAL);
  assert_unusable ("a/b", MQTT_VERSION_AUTO, HEIN_ROLE_DIAL);
  assert_unusable ("a+", MQTT_VERSION_5, HEIN_ROLE_DIAL);
  assert_unusable ("#", MQTT_VERSION_5, HEIN_ROLE_DIAL);
  assert_unusable (long_name, MQTT_VERSION_5, HEIN_ROLE_DIAL);
  assert_unusable ("crew", MQTT_VERSION_3_1_1, HEIN_ROLE_DIAL);
  assert_unusable ("crew", MQTT_VERSION_AUTO, HEIN_ROLE_LISTEN);
}

#define ADD(path, test) g_test_add_func ("/mqtt-share/" path, test)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("in-turn", test_in_turn);
  ADD ("publisher", test_publisher);
  ADD ("overlaps", test_overlaps);
  ADD ("room", test_room);
  ADD ("receive-maximum", test_receive_maximum);
  ADD ("retained", test_retained);
  ADD ("leaves", test_leaves);
  ADD ("bus", test_bus);
  ADD ("bus-delivers", test_bus_delivers);
  ADD ("malformed", test_malformed);
  ADD ("no-local", test_no_local);
  ADD ("many", test_many);
  ADD ("client", test_client);
  ADD ("client-refused", test_client_refused);
  ADD ("options", test_options);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <unistd.h>

#include "bus-ends.h"
#include "clock.h"
#include "hein-test.h"

/* Values that are retained: how long and how many, and asking others for theirs. */

#define MS    (hein_test_get_patience () * 1000)
#define KEEPS "tcp://127.0.0.1:0?retain=yes"

/* What became of asking for a value. */
typedef struct
{
  guint n_done;
  HeinMessage *value;
  GError *error;
} Got;

static void
got_clear (Got *self)
{
  g_clear_pointer (&self->value, hein_message_unref);
  g_clear_error (&self->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Got, got_clear)

static void
on_got (GObject *source, GAsyncResult *result, gpointer data)
{
  Got *self = data;

  self->value = hein_bus_get_finish (HEIN_BUS (source), result, &self->error);
  self->n_done++;
}

static void
get (HeinTestBus *bus, const char *topic, Got *got)
{
  hein_bus_get_async (bus->bus, topic, MS, NULL, on_got, got);
  hein_test_wait (got->n_done == 1);
}

static void
assert_value (HeinTestBus *bus, const char *topic, const char *expected)
{
  g_auto (Got) got = { 0 };
  g_autofree char *text = NULL;

  get (bus, topic, &got);
  g_assert_no_error (got.error);
  g_assert_cmpstr (hein_message_get_topic (got.value), ==, topic);
  text = hein_message_dup_text (got.value, NULL);
  g_assert_cmpstr (text, ==, expected);
}

static void
assert_none (HeinTestBus *bus, const char *topic, HeinError code)
{
  g_auto (Got) got = { 0 };

  get (bus, topic, &got);
  g_assert_error (got.error, HEIN_ERROR, (int) code);
}

/* Without what the address says beside the place. (transfer full) */
static char *
listen_at (HeinTestBus *self, const char *format)
{
  g_autofree char *wanted = g_strdup_printf (format, (int) getpid ());
  g_auto (GStrv) halves = g_strsplit (hein_endpoint_get_bound_uri (
                                        hein_test_bus_listen (self, wanted)),
                                      "?", 2);

  return g_strdup (halves[0]);
}

/* One that keeps values, and one that has subscribed to nothing. */
typedef struct
{
  HeinTestBus *kirk;
  HeinTestBus *spock;
  char *uri;
} Two;

static void
two_init (Two *self, const char *format)
{
  self->kirk = hein_test_bus_new ("kirk");
  self->spock = hein_test_bus_new ("spock");
  self->uri = listen_at (self->kirk, format);
  hein_test_bus_dial (self->spock, self->uri);
  hein_test_wait (hein_test_bus_count_peers (self->kirk) == 1 &&
                  hein_test_bus_count_peers (self->spock) == 1);
}

static void
two_clear (Two *self)
{
  g_clear_pointer (&self->spock, hein_test_bus_free);
  g_clear_pointer (&self->kirk, hein_test_bus_free);
  g_free (self->uri);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Two, two_clear)

static void
send (Two *self, const char *topic, const char *text)
{
  hein_test_bus_send (self->kirk, NULL, topic, text);
}

/* ---- asking for them ---- */

static void
test_get (gconstpointer format)
{
  g_auto (Two) self = { 0 };
  g_autoptr (HeinMessage) message =
    hein_message_new_typed ("typed", "a/b", NULL);
  g_auto (Got) got = { 0 };

  two_init (&self, format);
  assert_none (self.spock, "speed", HEIN_ERROR_NOT_SERVED);
  send (&self, "speed", "1");
  send (&self, "speed", "2");
  send (&self, "course", "90");
  hein_message_set_attribute (message, "id", "7", NULL);
  hein_bus_send (self.kirk->bus, message, NULL);
  assert_value (self.spock, "speed", "2");
  assert_value (self.spock, "course", "90");
  assert_none (self.spock, "spee", HEIN_ERROR_NOT_SERVED);
  get (self.spock, "typed", &got);
  g_assert_no_error (got.error);
  g_assert_cmpstr (hein_message_get_content_type (got.value), ==, "a/b");
  g_assert_cmpstr (hein_message_get_attribute (got.value, "id"), ==, "7");
  g_assert_cmpstr (hein_peer_get_name (hein_message_get_sender (got.value)), ==,
                   "kirk");
}

/* The one that has it answers, whoever else is there; the strategy does not
 * matter. */
static void
test_get_of_several (void)
{
  g_auto (Two) self = { 0 };
  g_autoptr (HeinTestBus) scotty = hein_test_bus_new ("scotty");
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("failover", &error);
  g_autofree char *uri = listen_at (scotty, KEEPS);

  g_assert_no_error (error);
  two_init (&self, "tcp://127.0.0.1:0");
  hein_bus_set_strategy (self.spock->bus, strategy);
  hein_test_bus_dial (self.spock, uri);
  hein_test_wait (hein_test_bus_count_peers (self.spock) == 2 &&
                  hein_test_bus_count_peers (scotty) == 1);
  hein_test_bus_send (scotty, NULL, "warp", "9");
  assert_value (self.spock, "warp", "9");
  assert_none (self.spock, "speed", HEIN_ERROR_NOT_SERVED);
}

static void
test_get_fails (void)
{
  g_autoptr (HeinTestBus) alone = hein_test_bus_new ("alone");
  g_auto (Two) self = { 0 };
  g_auto (Got) closed = { 0 };
  g_autofree char *longest = g_strnfill (245, 't');
  g_autofree char *large = g_strnfill (246, 't');

  assert_none (alone, "speed", HEIN_ERROR_NO_PEER);
  two_init (&self, KEEPS);
  assert_none (self.spock, large, HEIN_ERROR_TOO_LARGE);
  assert_none (self.spock, longest, HEIN_ERROR_NOT_SERVED);
  send (&self, longest, "x");
  assert_value (self.spock, longest, "x");
  send (&self, "", "empty");
  assert_value (self.spock, "", "empty");
  hein_bus_close (alone->bus);
  get (alone, "speed", &closed);
  g_assert_error (closed.error, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

static void
answer_all (HeinBus *bus, HeinRequest *request, gpointer data)
{
  (*(guint *) data)++;
  hein_request_reply (request, NULL, NULL);
}

/* Whoever serves everything is not asked for values. */
static void
test_get_is_no_service (void)
{
  g_auto (Two) self = { 0 };
  guint n = 0;

  two_init (&self, KEEPS);
  hein_bus_serve (self.kirk->bus, "**", answer_all, &n, NULL, NULL);
  assert_none (self.spock, "speed", HEIN_ERROR_NOT_SERVED);
  g_assert_cmpuint (n, ==, 0);
}

/* ---- how long and how many ---- */

/* What a newcomer gets of "old" and "new". */
static void
assert_newcomer (Two *self, const char *expected)
{
  g_autoptr (HeinTestBus) late = hein_test_bus_new ("late");

  hein_test_bus_dial (late, self->uri);
  hein_test_wait (hein_test_bus_count_peers (self->kirk) == 2);
  send (self, "end", "end");
  hein_test_wait (
    late->messages->len > 0 &&
    g_str_equal (hein_message_get_topic (
                   late->messages->pdata[late->messages->len - 1]),
                 "end"));
  bus_ends_assert_text (late, 0, expected);
  hein_test_bus_close (late);
  hein_test_wait (hein_test_bus_count_peers (self->kirk) == 1);
}

static void
test_age (void)
{
  g_auto (Two) self = { 0 };

  two_init (&self, KEEPS);
  send (&self, "old", "old");
  g_object_set (self.kirk->bus, "retain-age-ms", 10000, NULL);
  clock_advance (6 * G_USEC_PER_SEC);
  send (&self, "new", "new");
  assert_value (self.spock, "old", "old");
  clock_advance (5 * G_USEC_PER_SEC);
  assert_none (self.spock, "old", HEIN_ERROR_NOT_SERVED);
  assert_value (self.spock, "new", "new");
  assert_newcomer (&self, "new");
  g_object_set (self.kirk->bus, "retain-age-ms", 0, NULL);
  clock_advance (20 * G_USEC_PER_SEC);
  assert_value (self.spock, "new", "new");
}

static void
test_expires (void)
{
  g_auto (Two) self = { 0 };
  g_autoptr (HeinMessage) message = hein_message_new_text ("old", "old");

  two_init (&self, KEEPS);
  hein_message_set_expiry_ms (message, 5000);
  hein_bus_send (self.kirk->bus, message, NULL);
  assert_value (self.spock, "old", "old");
  clock_advance (5 * G_USEC_PER_SEC);
  assert_none (self.spock, "old", HEIN_ERROR_NOT_SERVED);
}

/* The least recently sent goes; what is there is within the limit at once. */
static void
test_limit (void)
{
  g_auto (Two) self = { 0 };
  guint64 before;

  two_init (&self, KEEPS);
  before = hein_bus_get_memory_used (self.kirk->bus);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *topic = g_strdup_printf ("%u", i);

      send (&self, topic, topic);
    }
  hein_test_wait (self.spock->messages->len == 100);
  assert_value (self.spock, "0", "0");
  g_object_set (self.kirk->bus, "retain-limit", (guint64) 10000, NULL);
  assert_none (self.spock, "0", HEIN_ERROR_NOT_SERVED);
  assert_value (self.spock, "99", "99");
  hein_test_wait (hein_bus_get_memory_used (self.kirk->bus) < before + 20000);
  send (&self, "more", "more");
  assert_value (self.spock, "more", "more");
  assert_none (self.spock, "60", HEIN_ERROR_NOT_SERVED);
}

/* ---- values that go with whoever sent them ---- */

typedef struct
{
  GString *text;
  HeinTestBus *bus;
} Told;

static void
on_gone (HeinBus *bus, HeinMessage *message, gpointer data)
{
  Told *told = data;
  HeinPeer *sender = hein_message_get_sender (message);

  g_string_append_printf (told->text, " %u:-%s/%s", told->bus->messages->len,
                          hein_peer_get_name (sender),
                          hein_message_get_topic (message));
}

static void
on_removed (HeinBus *bus, HeinPeer *peer, const GError *error, gpointer data)
{
  Told *told = data;

  g_string_append_printf (told->text, " -%s", hein_peer_get_name (peer));
}

/* Behind the last message, before the end of the peer, each topic once; and those
 * of others stay. */
static void
test_gone (gconstpointer format)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (HeinTestBus) scotty = hein_test_bus_new ("scotty");
  g_autoptr (GPtrArray) left = NULL;
  g_auto (Two) self = { 0 };
  Told told = { text, NULL };
  HeinBus *bus;

  two_init (&self, format);
  told.bus = self.kirk;
  bus = self.kirk->bus;
  g_object_set (bus, "keep-latest", TRUE, NULL);
  g_signal_connect (bus, "latest-gone", G_CALLBACK (on_gone), &told);
  g_signal_connect (bus, "peer-removed", G_CALLBACK (on_removed), &told);
  hein_test_bus_dial (scotty, self.uri);
  hein_test_wait (hein_test_bus_count_peers (self.kirk) == 2 &&
                  hein_test_bus_count_peers (scotty) == 1);
  hein_test_bus_send (scotty, NULL, "at", "engine");
  hein_test_wait (self.kirk->messages->len == 1);
  hein_test_bus_send (self.spock, NULL, "at", "bridge");
  hein_test_wait (self.kirk->messages->len == 2);
  hein_test_bus_send (self.spock, NULL, "at", "lab");
  hein_test_wait (self.kirk->messages->len == 3);
  hein_test_bus_send (self.spock, NULL, "mood", "calm");
  hein_test_bus_close (self.spock);
  hein_test_wait (self.kirk->removed->len == 1);
  g_assert_cmpstr (text->str, ==, " 4:-spock/at 4:-spock/mood -spock");
  left = hein_bus_get_latest (bus, "at");
  g_assert_cmpuint (left->len, ==, 1);
  g_signal_handlers_disconnect_by_data (bus, &told);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/kept/get/tcp", KEEPS, test_get);
  g_test_add_data_func ("/kept/get/channel", "channel://127.0.0.1:0", test_get);
  g_test_add_data_func ("/kept/get/inproc", "inproc://kept-%d?retain=yes",
                        test_get);
  g_test_add_func ("/kept/get-of-several", test_get_of_several);
  g_test_add_func ("/kept/get-fails", test_get_fails);
  g_test_add_func ("/kept/get-is-no-service", test_get_is_no_service);
  g_test_add_func ("/kept/age", test_age);
  g_test_add_func ("/kept/expires", test_expires);
  g_test_add_func ("/kept/limit", test_limit);
  g_test_add_data_func ("/kept/gone/tcp", "tcp://127.0.0.1:0", test_gone);
  g_test_add_data_func ("/kept/gone/inproc", "inproc://kept-%d", test_gone);
  return g_test_run ();
}

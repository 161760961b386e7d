/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <unistd.h>

#include "bus-ends.h"
#include "byte-protocol.h"
#include "clock.h"
#include "deliver-ends.h"

/* Messages with attributes, and messages that expire: while they wait for a peer
 * or for room, where they arrive, and on their way. */

#define BLOCK_SIZE 60000
#define TRACE      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static const char *const uris[] = {
  "tcp://127.0.0.1:0",
  "channel://127.0.0.1:0",
  "unix:@hein-expiry-%d",
  "inproc://expiry-%d",
};

typedef struct
{
  HeinTestBus *kirk;  /* sends */
  HeinTestBus *spock; /* receives */
} Two;

static void
two_init (Two *self, const char *format)
{
  g_autofree char *uri = g_strdup_printf (format, (int) getpid ());

  self->kirk = hein_test_bus_new ("kirk");
  self->spock = hein_test_bus_new ("spock");
  hein_test_bus_dial (self->spock, hein_endpoint_get_bound_uri (
                                     hein_test_bus_listen (self->kirk, uri)));
  hein_test_wait (hein_test_bus_count_peers (self->kirk) == 1 &&
                  self->spock->added->len == 1);
}

static void
two_clear (Two *self)
{
  g_clear_pointer (&self->spock, hein_test_bus_free);
  g_clear_pointer (&self->kirk, hein_test_bus_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Two, two_clear)

static guint64
count_expired (HeinTestBus *self)
{
  return hein_bus_get_n_dropped (self->bus, HEIN_DROP_REASON_EXPIRED);
}

static HeinMessage *
make (const char *text, guint expiry_ms)
{
  HeinMessage *self = hein_message_new_text ("t", text);

  hein_message_set_expiry_ms (self, expiry_ms);
  return self;
}

static void
send (HeinTestBus *self, const char *text, guint expiry_ms)
{
  g_autoptr (HeinMessage) message = make (text, expiry_ms);
  g_autoptr (GError) error = NULL;

  hein_bus_send (self->bus, message, &error);
  g_assert_no_error (error);
}

static void
fill (Two *self)
{
  while (hein_test_bus_send_number (self->kirk, "full", 0, BLOCK_SIZE))
    g_main_context_iteration (NULL, FALSE);
}

static void
set_attribute (HeinMessage *message, const char *name, const char *value)
{
  g_autoptr (GError) error = NULL;

  hein_message_set_attribute (message, name, value, &error);
  g_assert_no_error (error);
}

/* ---- attributes ---- */

static HeinMessage *
make_attributed (void)
{
  HeinMessage *self = make ("hi", 5000);

  set_attribute (self, HEIN_ATTRIBUTE_ID, "no. 1");
  set_attribute (self, HEIN_ATTRIBUTE_TRACE_PARENT, TRACE);
  set_attribute (self, HEIN_ATTRIBUTE_SCHEMA, "");
  return self;
}

static void
assert_attributed (HeinMessage *message)
{
  const char *const *pairs = hein_message_get_attributes (message);

  g_assert_nonnull (pairs);
  g_assert_cmpuint (g_strv_length ((char **) pairs), ==, 6);
  g_assert_cmpstr (hein_message_get_attribute (message, "id"), ==, "no. 1");
  g_assert_cmpstr (hein_message_get_attribute (message, "traceparent"), ==,
                   TRACE);
  g_assert_cmpstr (hein_message_get_attribute (message, "schema"), ==, "");
  g_assert_null (hein_message_get_attribute (message, "other"));
  g_assert_cmpint (hein_message_get_expiry_ms (message), >, 0);
  g_assert_cmpint (hein_message_get_expiry_ms (message), <=, 5000);
}

/* They arrive with the message, and so do those of a large one. */
static void
test_travel (gconstpointer uri)
{
  g_auto (Two) self = { 0 };
  g_autoptr (HeinMessage) message = make_attributed ();
  g_autoptr (HeinMessage) large = bus_ends_make_block (BLOCK_SIZE);

  two_init (&self, uri);
  hein_message_copy_attributes (large, message);
  /* one after the other: a channel keeps the latest value only */
  hein_bus_send (self.kirk->bus, message, NULL);
  hein_test_wait (self.spock->messages->len == 1);
  hein_bus_send (self.kirk->bus, large, NULL);
  hein_test_wait (self.spock->messages->len == 2);
  hein_test_bus_send (self.kirk, NULL, "t", "plain");
  hein_test_wait (self.spock->messages->len == 3);
  assert_attributed (self.spock->messages->pdata[0]);
  assert_attributed (self.spock->messages->pdata[1]);
  g_assert_null (hein_message_get_attributes (self.spock->messages->pdata[2]));
  g_assert_cmpint (hein_message_get_expiry_ms (self.spock->messages->pdata[2]),
                   ==, -1);
  g_assert_cmpuint (hein_peer_get_attributes_dropped (
                      hein_test_bus_find_peer (self.kirk, "spock")),
                    ==, 0);
}

/* Several get it, each with what is left then. */
static void
test_publish (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) one = hein_test_bus_new ("one");
  g_autoptr (HeinTestBus) two = hein_test_bus_new ("two");
  g_autofree char *uri = bus_ends_listen_at (hub);
  g_autoptr (HeinMessage) message = make_attributed ();

  hein_test_bus_dial (one, uri);
  hein_test_bus_dial (two, uri);
  hein_test_wait (hein_test_bus_count_peers (hub) == 2);
  hein_test_bus_send (hub, NULL, "t", "before");
  hein_bus_send (hub->bus, message, NULL);
  hein_test_bus_send (hub, NULL, "t", "after");
  hein_test_wait (one->messages->len == 3 && two->messages->len == 3);
  assert_attributed (one->messages->pdata[1]);
  assert_attributed (two->messages->pdata[1]);
  bus_ends_assert_text (one, 0, "before");
  bus_ends_assert_text (one, 2, "after");
}

/* A peer whose protocol has no place for them gets the message, which is told. */
static void
test_stripped (void)
{
  g_auto (Two) self = { 0 };
  g_autoptr (HeinMessage) message = make_attributed ();
  HeinPeer *peer;
  guint64 n = 0;

  two_init (&self, "tcp+soc://127.0.0.1:0");
  hein_bus_send (self.kirk->bus, message, NULL);
  hein_test_bus_send (self.kirk, NULL, "t", "plain");
  hein_test_wait (self.spock->messages->len == 2);
  g_assert_null (hein_message_get_attributes (self.spock->messages->pdata[0]));
  peer = hein_test_bus_find_peer (self.kirk, "spock");
  g_object_get (peer, "attributes-dropped", &n, NULL);
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpuint (hein_peer_get_attributes_dropped (peer), ==, 1);
  g_assert_cmpuint (hein_peer_get_messages_dropped (peer), ==, 0);
}

/* ---- what expires ---- */

static void
test_too_late (void)
{
  g_auto (Two) self = { 0 };
  g_autoptr (HeinMessage) message = make ("late", 1000);
  g_autoptr (GError) error = NULL;

  two_init (&self, LOOPBACK);
  clock_advance (G_USEC_PER_SEC);
  g_assert_cmpint (hein_message_get_expiry_ms (message), ==, 0);
  g_assert_false (hein_bus_send (self.kirk->bus, message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  g_assert_cmpuint (count_expired (self.kirk), ==, 0);
}

/* It waits for a peer in vain. */
static void
test_no_peer (void)
{
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("round-robin", &error);

  g_assert_no_error (error);
  hein_bus_set_strategy (kirk->bus, strategy);
  send (kirk, "late", 5000);
  send (kirk, "in time", 0);
  send (kirk, "later", 8000);
  clock_advance (6 * G_USEC_PER_SEC);
  hein_test_wait (count_expired (kirk) == 1);
  g_assert_cmpuint (kirk->dropped_bytes[HEIN_DROP_REASON_EXPIRED], ==, 4);
  clock_advance (2 * G_USEC_PER_SEC);
  hein_test_wait (count_expired (kirk) == 2);
  bus_ends_meet (kirk, spock);
  hein_test_wait (spock->messages->len == 1);
  bus_ends_assert_text (spock, 0, "in time");
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  GError **error = data;

  g_assert_false (hein_bus_send_finish (HEIN_BUS (source), result, error));
}

/* Somebody waits until there is room for it. */
static void
test_no_room (gconstpointer uri)
{
  g_auto (Two) self = { 0 };
  g_autoptr (HeinMessage) message = make ("late", 5000);
  g_autoptr (GError) error = NULL;

  two_init (&self, uri);
  g_object_set (self.kirk->bus, "overflow", HEIN_OVERFLOW_WAIT, "send-limit",
                (guint64) 1000000, NULL);
  hein_test_bus_hold_up (self.spock);
  fill (&self);
  hein_bus_send_async (self.kirk->bus, message, NULL, on_sent, &error);
  clock_advance (5 * G_USEC_PER_SEC);
  hein_test_wait (error != NULL);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  g_assert_cmpuint (count_expired (self.kirk), ==, 0);
}

static guint
count_topic (HeinTestBus *self, const char *topic)
{
  guint n = 0;

  for (guint i = 0; i < self->messages->len; i++)
    n += g_str_equal (hein_message_get_topic (self->messages->pdata[i]), topic);
  return n;
}

/* The queue of a peer that takes nothing has room again when they expire. */
static void
test_queue (void)
{
  g_auto (Two) self = { 0 };
  HeinPeer *peer;
  guint64 before;
  guint n = 0;

  two_init (&self, LOOPBACK);
  g_object_set (self.kirk->bus, "overflow", HEIN_OVERFLOW_WAIT, "send-limit",
                (guint64) 100000000, NULL);
  hein_test_bus_hold_up (self.spock);
  peer = hein_test_bus_find_peer (self.kirk, "spock");
  while (hein_peer_get_queued_bytes (peer) < 2 * BLOCK_SIZE)
    {
      hein_test_bus_send_number (self.kirk, "full", n++, BLOCK_SIZE);
      g_main_context_iteration (NULL, FALSE);
    }
  before = hein_peer_get_queued_bytes (peer);
  for (guint i = 0; i < 100; i++)
    send (self.kirk, "late", 5000);
  send (self.kirk, "in time", 60000);
  g_assert_cmpuint (hein_peer_get_queued_bytes (peer), >, before + 100 * 128);
  clock_advance (6 * G_USEC_PER_SEC);
  hein_test_wait (count_expired (self.kirk) == 100);
  g_assert_cmpuint (hein_peer_get_queued_bytes (peer), <, before + 1000);
  g_assert_cmpuint (hein_peer_get_messages_dropped (peer), ==, 100);
  hein_test_bus_set_takes (self.spock, TRUE);
  hein_test_wait (count_topic (self.spock, "full") == n &&
                  count_topic (self.spock, "t") == 1);
  bus_ends_assert_text (self.spock, n, "in time");
  g_assert_cmpint (hein_message_get_expiry_ms (self.spock->messages->pdata[n]),
                   <=, 54000);
}

/* There is room again when it is too late, and it is looked at before the timer
 * that drops it: the connection does not send it. */
static void
test_room_too_late (void)
{
  g_auto (Two) self = { 0 };
  HeinPeer *peer;

  two_init (&self, LOOPBACK);
  g_object_set (self.kirk->bus, "overflow", HEIN_OVERFLOW_WAIT, "send-limit",
                (guint64) 100000000, NULL);
  hein_test_bus_hold_up (self.spock);
  peer = hein_test_bus_find_peer (self.kirk, "spock");
  while (hein_peer_get_queued_bytes (peer) < 2 * BLOCK_SIZE)
    {
      hein_test_bus_send_number (self.kirk, "full", 0, BLOCK_SIZE);
      g_main_context_iteration (NULL, FALSE);
    }
  send (self.kirk, "late", 5000);
  send (self.kirk, "in time", 0);
  clock_advance (6 * G_USEC_PER_SEC);
  hein_test_bus_set_takes (self.spock, TRUE);
  for (guint i = 0; i < 1000; i++)
    hein_bus_turn (self.spock->bus, 0);
  hein_test_wait (count_topic (self.spock, "t") == 1);
  g_assert_cmpuint (count_expired (self.kirk), ==, 1);
  g_assert_cmpuint (count_expired (self.spock), ==, 0);
}

static void
keep (HeinBus *bus, HeinMessage *message, gpointer data)
{
  g_ptr_array_add (data, hein_message_ref (message));
}

/* The program looks when it is too late: takes, or connects a handler. */
static void
test_inbox (gconstpointer uri)
{
  g_auto (Two) self = { 0 };
  g_autoptr (GPtrArray) got =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
  g_autoptr (HeinMessage) one = NULL;

  two_init (&self, uri);
  hein_test_bus_set_takes (self.spock, FALSE);
  for (guint i = 0; i < 4; i++)
    {
      send (self.kirk, i % 2 == 0 ? "late" : "in time", i % 2 == 0 ? 5000 : 0);
      hein_test_wait (hein_peer_get_messages_received (
                        hein_test_bus_find_peer (self.spock, "kirk")) == i + 1);
    }
  clock_advance (6 * G_USEC_PER_SEC);
  one = hein_bus_take_one (self.spock->bus);
  g_assert_nonnull (one);
  g_assert_cmpint (hein_message_get_expiry_ms (one), ==, -1);
  g_assert_cmpuint (count_expired (self.spock), ==, 1);
  g_signal_connect (self.spock->bus, "message", G_CALLBACK (keep), got);
  hein_test_wait (got->len == 1);
  g_assert_cmpint (hein_message_get_expiry_ms (got->pdata[0]), ==, -1);
  g_assert_cmpuint (count_expired (self.spock), ==, 2);
  g_assert_cmpuint (count_expired (self.kirk), ==, 0);
  g_signal_handlers_disconnect_by_data (self.spock->bus, got);
}

/* A newcomer does not get what is over. */
static void
test_retained (void)
{
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  HeinEndpoint *endpoint =
    hein_test_bus_listen (kirk, "tcp://127.0.0.1:0?retain=yes");
  g_autoptr (HeinMessage) late = hein_message_new_text ("late", "");
  g_auto (GStrv) halves =
    g_strsplit (hein_endpoint_get_bound_uri (endpoint), "?", 2);

  hein_message_set_expiry_ms (late, 5000);
  hein_bus_send (kirk->bus, late, NULL);
  send (kirk, "in time", 0);
  clock_advance (5 * G_USEC_PER_SEC);
  hein_test_bus_dial (spock, halves[0]);
  hein_test_wait (spock->messages->len == 1);
  bus_ends_assert_text (spock, 0, "in time");
}

/* ---- those that somebody waits for ---- */

/* A delivery and a request end with the message, though they could wait. */
static void
test_asks (void)
{
  g_auto (Two) self = { 0 };
  g_autoptr (HeinMessage) message = make ("late", 5000);
  g_auto (Delivered) delivered = { 0 };
  g_auto (Server) server = { .keeps = TRUE };
  g_auto (Asked) asked = { 0 };

  two_init (&self, LOOPBACK);
  hein_test_bus_set_takes (self.spock, FALSE);
  serve (&server, self.spock, "t");
  asked.bus = self.kirk;
  hein_bus_deliver_async (self.kirk->bus, message, -1, NULL, delivered_on_done,
                          &delivered);
  hein_bus_request_async (self.kirk->bus, message, -1, NULL, asked_on_done,
                          &asked);
  hein_test_wait (server.n_asked == 1);
  g_assert_cmpint (hein_request_get_remaining_ms (server.requests->pdata[0]),
                   <=, 5000);
  clock_advance (6 * G_USEC_PER_SEC);
  hein_test_wait (delivered.n_done == 1 && asked.n_done == 1);
  g_assert_error (asked.error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  g_assert_cmpuint (hein_receipt_get_n_acknowledged (delivered.receipt), ==, 0);
  g_assert_null (hein_bus_take_one (self.spock->bus));
  g_assert_cmpuint (count_expired (self.spock), ==, 1);
}

/* ---- a protocol that says that all share, and only some get attributes ---- */

#define TEST_TYPE_PARTIAL (test_partial_get_type ())
G_DECLARE_FINAL_TYPE (TestPartial, test_partial, TEST, PARTIAL, ByteProtocol)

struct _TestPartial
{
  ByteProtocol parent_instance;
  gboolean carries;
};

G_DEFINE_FINAL_TYPE (TestPartial, test_partial, BYTE_TYPE_PROTOCOL)

/* Whether the next connection of each side does. */
static gboolean next_carries[2];

static void
test_partial_start (HeinProtocol *protocol, HeinWire *wire, gboolean is_dialled)
{
  TestPartial *self = TEST_PARTIAL (protocol);

  self->carries = next_carries[is_dialled];
  /* the order is of no matter */
  if (self->carries)
    hein_wire_set_carries_attributes (wire, TRUE);
  hein_wire_set_encoding (wire, "one for all");
  hein_wire_set_carries_attributes (wire, self->carries);
  HEIN_PROTOCOL_CLASS (test_partial_parent_class)
    ->start (protocol, wire, is_dialled);
}

static gboolean
test_partial_encode (HeinProtocol *protocol,
                     HeinWire *wire,
                     HeinMessage *message,
                     GError **error)
{
  const gboolean has_attributes = TEST_PARTIAL (protocol)->carries &&
                                  hein_message_get_attributes (message) != NULL;

  hein_wire_put (wire, (const guint8 *) (has_attributes ? "A" : "-"), 1);
  return TRUE;
}

static void
test_partial_class_init (TestPartialClass *class)
{
  HeinProtocolClass *protocol_class = HEIN_PROTOCOL_CLASS (class);

  protocol_class->start = test_partial_start;
  protocol_class->encode = test_partial_encode;
}

static void
test_partial_init (TestPartial *self)
{
}

/* Whoever cannot have them gets none, whatever the others get. */
static void
test_shared_encoding (void)
{
  static const gboolean carries[] = { TRUE, FALSE, TRUE };
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  HeinEndpoint *endpoint =
    hein_test_bus_listen (hub, "tcp+test-partial://127.0.0.1:0");
  HeinTestBus *clients[G_N_ELEMENTS (carries)];
  g_autoptr (HeinMessage) message = make_attributed ();

  for (guint i = 0; i < G_N_ELEMENTS (carries); i++)
    {
      next_carries[FALSE] = carries[i];
      clients[i] = hein_test_bus_new (NULL);
      hein_test_bus_dial (clients[i], hein_endpoint_get_bound_uri (endpoint));
      hein_test_wait (hein_test_bus_count_peers (hub) == i + 1);
    }
  hein_message_set_expiry_ms (message, 0);
  g_assert_true (hein_bus_send (hub->bus, message, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (carries); i++)
    {
      g_autofree char *text = NULL;

      hein_test_wait (clients[i]->messages->len == 1);
      text = hein_test_bus_dup_text (clients[i], 0);
      g_assert_cmpstr (text, ==, carries[i] ? "A" : "-");
      hein_test_bus_free (clients[i]);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (hein_plugin_add ("test-partial", TEST_TYPE_PARTIAL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      g_autofree char *name = g_strndup (uris[i], strcspn (uris[i], ":"));
      g_autofree char *travel = g_strconcat ("/expiry/travel/", name, NULL);
      g_autofree char *inbox = g_strconcat ("/expiry/inbox/", name, NULL);

      g_test_add_data_func (travel, uris[i], test_travel);
      g_test_add_data_func (inbox, uris[i], test_inbox);
    }
  g_test_add_func ("/expiry/publish", test_publish);
  g_test_add_func ("/expiry/stripped", test_stripped);
  g_test_add_func ("/expiry/shared-encoding", test_shared_encoding);
  g_test_add_func ("/expiry/too-late", test_too_late);
  g_test_add_func ("/expiry/no-peer", test_no_peer);
  g_test_add_data_func ("/expiry/no-room/tcp", uris[0], test_no_room);
  g_test_add_data_func ("/expiry/no-room/inproc", uris[3], test_no_room);
  g_test_add_func ("/expiry/queue", test_queue);
  g_test_add_func ("/expiry/room-too-late", test_room_too_late);
  g_test_add_func ("/expiry/retained", test_retained);
  g_test_add_func ("/expiry/asks", test_asks);
  return g_test_run ();
}

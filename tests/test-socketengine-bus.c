/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "raw-peer.h"

/*
 * Whole buses that speak socketengine, and sockets that do what hubs, hosts and
 * clients do. S… are the requirements that a test stands for.
 */

#define PNG     "image/png"
#define ACK     "{\"type\": \"__ack\", \"data\": \"__ack\"}\n"
#define CLOSING "{\"type\": \"__status\", \"data\": \"__closing\"}\n"
#define LATER   "{\"type\": \"t\", \"data\": \"later\"}\n"

/* Just these bytes have come, and with more turns no others do. */
static void
assert_got (RawPeer *self, const char *text)
{
  raw_peer_wait (self, self->got->len >= strlen (text));
  for (guint i = 0; i < 3; i++)
    raw_peer_turn (self);
  g_assert_cmpstr (self->got->str, ==, text);
  g_string_truncate (self->got, 0);
}

/* ---- a bus that listens ---- */

static HeinTestBus *
open_hub (const char *options, char **uri)
{
  HeinTestBus *self = hein_test_bus_new ("hub");
  g_autofree char *wanted =
    g_strdup_printf ("tcp+socketengine://127.0.0.1:0%s", options);
  g_autofree char *bound = g_strdup (
    hein_endpoint_get_bound_uri (hein_test_bus_listen (self, wanted)));
  g_auto (GStrv) halves = g_strsplit (bound, "?", 2);

  *uri = g_strdup (halves[0]);
  return self;
}

static RawPeer *
add_raw (HeinTestBus *hub, const char *uri, const char *name)
{
  g_autofree char *line =
    g_strdup_printf ("{\"type\": \"__name_conn\", \"data\": \"%s\"}\n", name);
  const guint n = hein_test_bus_count_peers (hub);
  RawPeer *self = raw_peer_new (hub, uri);

  raw_peer_say (self, line);
  raw_peer_wait (self, hein_test_bus_count_peers (hub) == n + 1);
  return self;
}

/* Three bytes of an "image", which nothing but its receiver looks into. */
static void
send_image (HeinTestBus *bus, const char *three)
{
  g_autoptr (GBytes) bytes = g_bytes_new (three, 3);
  g_autoptr (HeinMessage) message =
    hein_message_new_typed ("camera", PNG, bytes);
  g_autoptr (GError) error = NULL;

  g_assert_true (hein_bus_send (bus->bus, message, &error));
  g_assert_no_error (error);
}

static char *
make_image_line (const char *three)
{
  g_autofree char *text = g_base64_encode ((const guchar *) three, 3);

  return g_strdup_printf ("{\"type\": \"__image\", \"data\": \"%s\"}\n", text);
}

static void
assert_image (RawPeer *self, const char *three, const char *behind)
{
  g_autofree char *image = make_image_line (three);
  g_autofree char *text = g_strconcat (image, behind, NULL);

  assert_got (self, text);
}

/* ---- images ---- */

/* S7: each peer gets one at a time, and waits for its own acknowledgement. */
static void
test_one_in_flight (void)
{
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) hub = open_hub ("?image-ack-ms=3600000", &uri);
  g_autoptr (RawPeer) kirk = add_raw (hub, uri, "kirk");
  g_autoptr (RawPeer) spock = add_raw (hub, uri, "spock");

  send_image (hub, "one");
  send_image (hub, "two");
  hein_test_bus_send (hub, NULL, "t", "later");
  assert_image (kirk, "one", "");
  assert_image (spock, "one", "");
  raw_peer_say (kirk, ACK);
  assert_image (kirk, "two", "");
  assert_got (spock, "");
  raw_peer_say (kirk, ACK);
  assert_got (kirk, LATER);
  raw_peer_say (spock, ACK);
  assert_image (spock, "two", "");
  raw_peer_say (spock, ACK);
  assert_got (spock, LATER);
}

/* Hosts and clients never acknowledge: the wait ends by itself. */
static void
test_never_acknowledged (void)
{
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) hub = open_hub ("?image-ack-ms=50", &uri);
  g_autoptr (RawPeer) client = add_raw (hub, uri, "client");

  send_image (hub, "one");
  send_image (hub, "two");
  hein_test_bus_send (hub, NULL, "t", "later");
  raw_peer_wait (client, g_str_has_suffix (client->got->str, LATER));
  g_assert_cmpuint (hub->removed->len, ==, 0);
  g_assert_cmpuint (hein_bus_get_n_dropped (hub->bus, HEIN_DROP_REASON_CLOSED),
                    ==, 0);
}

/* Nobody waits, and all peers get the same bytes. */
static void
test_without_waiting (void)
{
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) hub = open_hub ("?image-ack-ms=0", &uri);
  g_autoptr (RawPeer) kirk = add_raw (hub, uri, "kirk");
  g_autoptr (RawPeer) spock = add_raw (hub, uri, "spock");
  g_autofree char *one = make_image_line ("one");
  g_autofree char *two = make_image_line ("two");
  g_autofree char *all = g_strconcat (one, two, LATER, NULL);

  send_image (hub, "one");
  send_image (hub, "two");
  hein_test_bus_send (hub, NULL, "t", "later");
  assert_got (kirk, all);
  assert_got (spock, all);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (hein_bus_close_finish (HEIN_BUS (source), result, &error));
  g_assert_no_error (error);
  *(gboolean *) data = TRUE;
}

/* S7, S8: in an orderly end too, and the goodbye is the last word. */
static void
test_close_with_images (void)
{
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) hub = open_hub ("?image-ack-ms=2000", &uri);
  g_autoptr (RawPeer) kirk = add_raw (hub, uri, "kirk");
  gboolean is_closed = FALSE;

  g_object_set (hub->bus, "linger-ms", 60000, NULL);
  send_image (hub, "one");
  send_image (hub, "two");
  send_image (hub, "six");
  hein_bus_close_async (hub->bus, NULL, on_closed, &is_closed);
  assert_image (kirk, "one", "");
  raw_peer_say (kirk, ACK);
  assert_image (kirk, "two", "");
  raw_peer_say (kirk, ACK);
  assert_image (kirk, "six", "");
  raw_peer_say (kirk, ACK);
  raw_peer_wait (kirk, kirk->is_eof);
  g_assert_cmpstr (kirk->got->str, ==, CLOSING);
  g_socket_close (kirk->socket, NULL);
  hein_test_wait (is_closed);
}

/* ---- names ---- */

/* S4, S5: several of one name all get what is for that name. */
static void
test_shared_name (void)
{
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) hub = open_hub ("", &uri);
  g_autoptr (RawPeer) first = add_raw (hub, uri, "kirk");
  g_autoptr (RawPeer) second = add_raw (hub, uri, "kirk");
  g_autoptr (RawPeer) other = add_raw (hub, uri, "spock");

  g_assert_cmpuint (hub->added->len, ==, 3);
  for (guint i = 0; i < 2; i++)
    g_assert_cmpstr (hein_peer_get_name (hub->added->pdata[i]), ==, "kirk");
  hein_test_bus_send (hub, "kirk", "t", "later");
  assert_got (first, LATER);
  assert_got (second, LATER);
  assert_got (other, "");
}

/* S1: it says nothing, and gets what is sent all the same. */
static void
test_silent_client (void)
{
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) hub = open_hub ("", &uri);
  g_autoptr (RawPeer) client = raw_peer_new (hub, uri);

  raw_peer_wait (client, hein_test_bus_count_peers (hub) == 1);
  hein_test_bus_send (hub, NULL, "t", "later");
  assert_got (client, LATER);
}

/* ---- the end ---- */

/* S8, S13: a goodbye, and an end without one; neither dials again. */
static void
test_peer_leaves (void)
{
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) hub = open_hub ("", &uri);
  g_autoptr (RawPeer) polite = add_raw (hub, uri, "polite");
  g_autoptr (RawPeer) other = add_raw (hub, uri, "other");

  raw_peer_say (polite, CLOSING);
  raw_peer_wait (polite, polite->is_eof);
  g_assert_cmpuint (polite->got->len, ==, 0);
  hein_test_wait (hub->removed->len == 1);
  g_assert_error (hub->reason, HEIN_ERROR, HEIN_ERROR_CLOSED);
  g_socket_close (other->socket, NULL);
  hein_test_wait (hub->removed->len == 2);
  g_assert_no_error (hub->reason);
}

/* S13: what is no line is counted, and the peer stays. */
static void
test_garbage (void)
{
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) hub = open_hub ("", &uri);
  g_autoptr (RawPeer) kirk = add_raw (hub, uri, "kirk");

  raw_peer_say (kirk, "garbage\n5\n\n{\"type\": 1, \"data\": 2}\n" LATER);
  hein_test_wait (hub->messages->len == 1);
  g_assert_cmpuint (hein_bus_get_n_dropped (hub->bus, HEIN_DROP_REASON_INVALID),
                    ==, 3);
  g_assert_cmpuint (hub->removed->len, ==, 0);
}

/* ---- local and remote ---- */

static void
assert_values (GPtrArray *messages, const char *expected)
{
  g_autoptr (GPtrArray) owned = messages;
  g_autoptr (GString) texts = g_string_new (NULL);

  for (guint i = 0; i < owned->len; i++)
    {
      g_autofree char *text = hein_message_dup_text (owned->pdata[i], NULL);

      g_string_append_printf (texts, "%s ", text);
    }
  g_assert_cmpstr (texts->str, ==, expected);
}

static void
send_to_origin (HeinTestBus *bus, const char *origin, const char *text)
{
  g_autoptr (HeinStrategy) by_origin = hein_strategy_new ("by-origin", NULL);
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", text);
  g_autoptr (GError) error = NULL;

  g_assert_true (
    hein_bus_send_with (bus->bus, by_origin, origin, message, &error));
  g_assert_no_error (error);
}

/* S3, S4: getters and writers mean the same connections by the same words, here
 * at a hub that one hub has dialled, and that has dialled another one. */
static void
test_selectors (void)
{
  g_autofree char *uri = NULL;
  g_autofree char *far_uri = NULL;
  g_autoptr (HeinTestBus) hub = open_hub ("", &uri);
  g_autoptr (HeinTestBus) far = open_hub ("", &far_uri);
  g_autoptr (RawPeer) kirk = add_raw (hub, uri, "kirk");
  g_autoptr (HeinMessage) latest = NULL;

  g_object_set (hub->bus, "keep-latest", TRUE, NULL);
  hein_test_bus_dial (hub, far_uri);
  hein_test_wait (hein_test_bus_count_peers (hub) == 2 &&
                  hein_test_bus_count_peers (far) == 1);
  raw_peer_say (kirk, "{\"type\": \"t\", \"data\": \"from kirk\"}\n");
  hein_test_wait (hub->messages->len == 1);
  hein_test_bus_send (far, "hub", "t", "from afar");
  hein_test_wait (hub->messages->len == 2);
  assert_values (hein_bus_get_latest (hub->bus, "t"), "from kirk from afar ");
  latest = hein_peer_get_latest (hein_test_bus_find_peer (hub, "kirk"), "t");
  g_assert_cmpint (hein_peer_get_origin (hein_message_get_sender (latest)), ==,
                   HEIN_ORIGIN_ACCEPTED);
  send_to_origin (hub, "accepted", "later");
  send_to_origin (hub, "dialled", "to afar");
  assert_got (kirk, LATER);
  hein_test_wait (far->messages->len == 1);
  assert_values (g_ptr_array_ref (far->messages), "to afar ");
}

/* S12: a bus is made without listening, listens when it is told to, gives the
 * port up, and has it again. */
static void
test_opens_later (void)
{
  g_autoptr (HeinTestBus) host = hein_test_bus_new ("host");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  HeinEndpoint *endpoint;
  g_autofree char *uri = NULL;

  g_assert_cmpuint (g_list_model_get_n_items (
                      hein_bus_get_endpoints (host->bus)),
                    ==, 0);
  endpoint = hein_test_bus_listen (host, "tcp+socketengine://127.0.0.1:0");
  uri = g_strdup (hein_endpoint_get_bound_uri (endpoint));
  hein_endpoint_close (endpoint);
  endpoint = hein_test_bus_dial (client, uri);
  hein_test_wait (hein_endpoint_get_state (endpoint) ==
                  HEIN_ENDPOINT_STATE_WAITING);
  hein_test_bus_listen (host, uri);
  hein_test_wait (hein_test_bus_count_peers (client) == 1 &&
                  hein_test_bus_count_peers (host) == 1);
  hein_test_bus_send (client, NULL, "t", "later");
  hein_test_wait (host->messages->len == 1);
}

/* ---- bus to bus ---- */

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *dialler;
} Pair;

static Pair *
pair_new (void)
{
  Pair *self = g_new0 (Pair, 1);
  g_autofree char *uri = NULL;

  self->hub = open_hub ("", &uri);
  self->dialler = hein_test_bus_new ("kirk");
  hein_test_bus_dial (self->dialler, uri);
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1 &&
                  hein_test_bus_count_peers (self->dialler) == 1);
  return self;
}

static void
pair_free (Pair *self)
{
  hein_test_bus_free (self->dialler);
  hein_test_bus_free (self->hub);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pair, pair_free)

static void
send_typed (HeinTestBus *bus, const char *topic, const char *type, GBytes *data)
{
  g_autoptr (HeinMessage) message = hein_message_new_typed (topic, type, data);
  g_autoptr (GError) error = NULL;

  g_assert_true (hein_bus_send (bus->bus, message, &error));
  g_assert_no_error (error);
}

static void
assert_message (HeinTestBus *bus,
                guint index,
                const char *topic,
                const char *type,
                GBytes *data)
{
  HeinMessage *message;

  hein_test_wait (bus->messages->len > index);
  message = bus->messages->pdata[index];
  g_assert_cmpstr (hein_message_get_topic (message), ==, topic);
  g_assert_cmpstr (hein_message_get_content_type (message), ==, type);
  g_assert_true (g_bytes_equal (hein_message_get_payload (message), data));
}

/* S1, S5, S7, S9, S10: both ways. */
static void
test_both_ways (void)
{
  g_autoptr (Pair) pair = pair_new ();
  HeinTestBus *const buses[] = { pair->hub, pair->dialler };
  static const char json[] = "[12345678901234567890, null]";
  static const char text[] = "two\nlines, \303\244 and a \0";
  g_autoptr (GBytes) value = g_bytes_new_static (json, sizeof json - 1);
  g_autoptr (GBytes) lines = g_bytes_new_static (text, sizeof text - 1);
  g_autofree guint8 *points = g_malloc0 (300000);
  g_autoptr (GBytes) image = g_bytes_new_static (points, 300000);

  g_assert_nonnull (hein_test_bus_find_peer (pair->hub, "kirk"));
  for (guint i = 0; i < 2; i++)
    {
      HeinTestBus *to = buses[1 - i];

      send_typed (buses[i], "v", "application/json", value);
      send_typed (buses[i], "camera", PNG, image);
      send_typed (buses[i], "camera", PNG, image);
      send_typed (buses[i], "l", NULL, lines);
      assert_message (to, 0, "v", "application/json", value);
      assert_message (to, 1, "image", PNG, image);
      assert_message (to, 2, "image", PNG, image);
      assert_message (to, 3, "l", NULL, lines);
    }
}

/* S11: the stress test of the library. */
static void
test_thousand (void)
{
  g_autoptr (Pair) pair = pair_new ();
  g_autofree char *text = g_strnfill (2500, 'x');

  g_object_set (pair->hub->bus, "send-limit", (guint64) 16 << 20, NULL);
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *topic = g_strdup_printf ("test%u", i);

      hein_test_bus_send (pair->hub, NULL, topic, text);
    }
  hein_test_wait (pair->dialler->messages->len == 1000);
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *topic = g_strdup_printf ("test%u", i);
      g_autofree char *got = hein_test_bus_dup_text (pair->dialler, i);

      g_assert_cmpstr (hein_message_get_topic (
                         pair->dialler->messages->pdata[i]),
                       ==, topic);
      g_assert_cmpstr (got, ==, text);
    }
}

static gpointer
send_many (gpointer bus)
{
  for (guint i = 0; i < 500; i++)
    {
      g_autoptr (HeinMessage) message = hein_message_new_text ("t", "later");
      g_autoptr (GError) error = NULL;

      g_assert_true (hein_bus_send (bus, message, &error));
      g_assert_no_error (error);
    }
  return NULL;
}

/* S14: four threads write at once, and no line is cut by another. */
static void
test_threads (void)
{
  g_autoptr (Pair) pair = pair_new ();
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("writer", send_many, pair->hub->bus);
  hein_test_wait (pair->dialler->messages->len == 2000);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (hein_bus_get_n_dropped (pair->dialler->bus,
                                            HEIN_DROP_REASON_INVALID),
                    ==, 0);
}

/* What cannot be put on the wire is an error of the call, and counted when others
 * get it; nothing else happens. */
static void
test_unsendable (void)
{
  g_autoptr (Pair) pair = pair_new ();
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\377\376", 2);
  g_autoptr (HeinMessage) message = hein_message_new ("t", bytes);
  g_autoptr (GError) error = NULL;

  g_assert_false (hein_bus_send_to (pair->hub->bus, "kirk", message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_cmpuint (hein_bus_get_n_dropped (pair->hub->bus,
                                            HEIN_DROP_REASON_UNSENDABLE),
                    ==, 0);
  g_assert_true (hein_bus_send (pair->hub->bus, message, NULL));
  hein_test_bus_send (pair->hub, NULL, "t", "later");
  hein_test_wait (pair->dialler->messages->len == 1);
  g_assert_cmpuint (hein_bus_get_n_dropped (pair->hub->bus,
                                            HEIN_DROP_REASON_UNSENDABLE),
                    ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add_func ("/socketengine-bus/" path, test)
  ADD ("images/one-in-flight", test_one_in_flight);
  ADD ("images/never-acknowledged", test_never_acknowledged);
  ADD ("images/without-waiting", test_without_waiting);
  ADD ("images/close", test_close_with_images);
  ADD ("names/shared", test_shared_name);
  ADD ("names/silent-client", test_silent_client);
  ADD ("end/peer-leaves", test_peer_leaves);
  ADD ("end/garbage", test_garbage);
  ADD ("pair/both-ways", test_both_ways);
  ADD ("pair/thousand", test_thousand);
  ADD ("origin/selectors", test_selectors);
  ADD ("origin/opens-later", test_opens_later);
  ADD ("pair/threads", test_threads);
  ADD ("pair/unsendable", test_unsendable);
  return g_test_run ();
}

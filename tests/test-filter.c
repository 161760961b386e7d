/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "hein-test.h"

/* T6: filters, in the order of what was tinyproto's plugins. */

#define TEST_TYPE_MARK (test_mark_get_type ())
G_DECLARE_FINAL_TYPE (TestMark, test_mark, TEST, MARK, GObject)

/* Puts a letter behind the text on the way out, and takes it off on the way in:
 * only if it is the last one. */
struct _TestMark
{
  GObject parent_instance;

  char letter;
  gboolean refuses; /* to send */
};

static HeinMessage *
mark_send (HeinFilter *filter, HeinMessage *message, GError **error)
{
  TestMark *self = TEST_MARK (filter);
  g_autofree char *text = hein_message_dup_text (message, NULL);
  g_autofree char *marked = g_strdup_printf ("%s%c", text, self->letter);

  if (!self->refuses)
    return hein_message_new_text (hein_message_get_topic (message), marked);
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED, "not today");
  return NULL;
}

static HeinMessage *
mark_receive (HeinFilter *filter,
              HeinPeer *peer,
              HeinMessage *message,
              GError **error)
{
  TestMark *self = TEST_MARK (filter);
  g_autofree char *text = hein_message_dup_text (message, NULL);
  gsize size = strlen (text);

  g_assert_true (HEIN_IS_PEER (peer));
  if (size > 0 && text[size - 1] == self->letter)
    {
      text[size - 1] = '\0';
      return hein_message_new_text (hein_message_get_topic (message), text);
    }
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, "no %c behind it",
               self->letter);
  return NULL;
}

static void
test_mark_iface_init (HeinFilterInterface *iface)
{
  iface->send = mark_send;
  iface->receive = mark_receive;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestMark,
                               test_mark,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (HEIN_TYPE_FILTER,
                                                      test_mark_iface_init))

static void
test_mark_class_init (TestMarkClass *class)
{
}

static void
test_mark_init (TestMark *self)
{
}

static TestMark *
add_mark (HeinTestBus *bus, char letter)
{
  g_autoptr (TestMark) mark = g_object_new (TEST_TYPE_MARK, NULL);

  mark->letter = letter;
  hein_bus_add_filter (bus->bus, HEIN_FILTER (mark));
  return mark;
}

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *client;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->hub = hein_test_bus_new ("hub");
  self->client = hein_test_bus_new ("client");
  hein_test_bus_dial (self->client,
                      hein_endpoint_get_bound_uri (
                        hein_test_bus_listen (self->hub, "tcp://127.0.0.1:0")));
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1 &&
                  hein_test_bus_count_peers (self->client) == 1);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  hein_test_bus_free (self->client);
  hein_test_bus_free (self->hub);
}

static void
assert_text (HeinTestBus *bus, guint index, const char *expected)
{
  g_autofree char *text = hein_test_bus_dup_text (bus, index);

  g_assert_cmpstr (text, ==, expected);
}

/* Forward on the way out, reverse on the way in. */
static void
test_order (Fixture *self, gconstpointer data)
{
  add_mark (self->hub, 'a');
  add_mark (self->hub, 'b');
  hein_test_bus_send (self->hub, "client", "t", "x");
  hein_test_wait (self->client->messages->len == 1);
  assert_text (self->client, 0, "xab");
  add_mark (self->client, 'a');
  add_mark (self->client, 'b');
  hein_test_bus_send (self->hub, "client", "t", "y");
  hein_test_bus_send (self->hub, NULL, "t", "published");
  hein_test_wait (self->client->messages->len == 3);
  assert_text (self->client, 1, "y");
  assert_text (self->client, 2, "published");
}

static void
test_refused (Fixture *self, gconstpointer data)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "x");
  g_autoptr (GError) error = NULL;
  TestMark *mark = add_mark (self->hub, 'a');

  mark->refuses = TRUE;
  g_assert_false (hein_bus_send (self->hub->bus, message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  hein_bus_remove_filter (self->hub->bus, HEIN_FILTER (mark));
  /* what comes without a mark is dropped there, and counted */
  add_mark (self->client, 'a');
  hein_test_bus_send (self->hub, "client", "t", "x");
  hein_test_bus_send (self->hub, "client", "t", "ya");
  hein_test_wait (self->client->messages->len == 1);
  assert_text (self->client, 0, "y");
  g_assert_cmpuint (hein_bus_get_n_dropped (self->client->bus,
                                            HEIN_DROP_REASON_INVALID),
                    ==, 1);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  guint *n_sent = data;

  g_assert_true (hein_bus_send_finish (HEIN_BUS (source), result, NULL));
  (*n_sent)++;
}

/* A send that waits for room has passed its filters once. */
static void
test_async (Fixture *self, gconstpointer data)
{
  enum
  {
    N = 50
  };
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("round-robin", NULL);
  g_autofree char *text = g_strnfill (30000, 'x');
  guint n_sent = 0;

  g_object_set (self->hub->bus, "strategy", strategy, "send-limit",
                (guint64) 100000, NULL);
  add_mark (self->hub, 'a');
  for (guint i = 0; i < N; i++)
    {
      g_autoptr (HeinMessage) message = hein_message_new_text ("t", text);

      hein_bus_send_async (self->hub->bus, message, NULL, on_sent, &n_sent);
    }
  hein_test_wait (n_sent == N && self->client->messages->len == N);
  for (guint i = 0; i < N; i++)
    g_assert_cmpuint (hein_message_get_size (
                        g_ptr_array_index (self->client->messages, i)),
                      ==, 30001);
}

static gpointer
send_from_thread (gpointer bus)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "thread");

  g_assert_true (hein_bus_send (bus, message, NULL));
  return NULL;
}

static void
test_thread (Fixture *self, gconstpointer data)
{
  add_mark (self->hub, 'a');
  g_thread_join (g_thread_new ("send", send_from_thread, self->hub->bus));
  hein_test_wait (self->client->messages->len == 1);
  assert_text (self->client, 0, "threada");
}

/* A reply finds who asked, although a filter made another message of the
 * request and of the reply. */
static void
test_reply (Fixture *self, gconstpointer data)
{
  g_autoptr (HeinTestBus) other = hein_test_bus_new ("other");
  g_autoptr (HeinEndpoint) endpoint = NULL;
  g_autoptr (HeinMessage) reply = NULL;
  g_autoptr (GBytes) payload = g_bytes_new_static ("yes", 3);
  HeinMessage *request;

  endpoint = g_list_model_get_item (hein_bus_get_endpoints (self->hub->bus), 0);
  hein_test_bus_dial (other, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 2);
  add_mark (self->hub, 'a');
  hein_test_bus_send (self->client, "hub", "t", "really?a");
  hein_test_wait (self->hub->messages->len == 1);
  assert_text (self->hub, 0, "really?");
  request = g_ptr_array_index (self->hub->messages, 0);
  g_assert_nonnull (hein_message_get_sender (request));
  reply = hein_message_new_reply (request, payload);
  g_assert_true (hein_bus_send (self->hub->bus, reply, NULL));
  hein_test_wait (self->client->messages->len == 1);
  assert_text (self->client, 0, "yesa");
  g_assert_cmpuint (other->messages->len, ==, 0);
}

#define ADD(path, function)                                                    \
  g_test_add ("/filter/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("order", test_order);
  ADD ("refused", test_refused);
  ADD ("async", test_async);
  ADD ("thread", test_thread);
  ADD ("reply", test_reply);
  return g_test_run ();
}

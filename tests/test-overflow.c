/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "hein-test.h"

/* Each policy, with each transport: which messages a peer gets that took nothing
 * for a while, and that the others are counted, by their reason. */

#define N_MESSAGES 300
#define BLOCK_SIZE 60000

static const char *const uris[] = {
  "tcp://127.0.0.1:0",
  "channel://127.0.0.1:0?overflow=default",
  "unix:@hein-overflow-%d",
  "inproc://overflow-%d",
};

static const HeinOverflow policies[] = {
  HEIN_OVERFLOW_WAIT,   HEIN_OVERFLOW_DROP_OLDEST, HEIN_OVERFLOW_DROP_NEWEST,
  HEIN_OVERFLOW_LATEST, HEIN_OVERFLOW_DISCONNECT,
};

typedef struct
{
  const char *uri;
  HeinOverflow policy;
} Case;

/* Until each of @n that were accepted has come or is counted. In order. */
static GArray *
take_all (HeinTestBus *hub, HeinTestBus *client, guint n)
{
  GArray *numbers = g_array_new (FALSE, FALSE, sizeof (guint32));
  const gint64 end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;

  while (numbers->len + hein_test_bus_count_dropped (hub) < n)
    {
      g_autoptr (GPtrArray) some = hein_bus_take (client->bus, 1000);

      for (guint i = 0; i < some->len; i++)
        {
          guint32 number = hein_test_get_number (g_ptr_array_index (some, i));

          g_assert_true (numbers->len == 0 ||
                         number >
                           g_array_index (numbers, guint32, numbers->len - 1));
          g_array_append_val (numbers, number);
        }
      g_assert_true (hein_test_turn (end_us));
    }
  return numbers;
}

/* What was accepted, until it is refused. */
static guint
send_all (HeinTestBus *hub)
{
  guint n = 0;

  while (n < N_MESSAGES && hein_test_bus_send_number (hub, "t", n, BLOCK_SIZE))
    {
      n++;
      g_main_context_iteration (NULL, FALSE);
    }
  return n;
}

static void
assert_only_reason (HeinTestBus *hub, HeinDropReason reason)
{
  g_assert_cmpuint (hein_bus_get_n_dropped (hub->bus, reason), >, 0);
  g_assert_cmpuint (hein_bus_get_n_dropped (hub->bus, reason), ==,
                    hein_test_bus_count_dropped (hub));
}

static void
test_policy (gconstpointer data)
{
  const Case *one = data;
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autofree char *uri = g_strdup_printf (one->uri, (int) getpid ());
  g_autoptr (GArray) numbers = NULL;
  HeinEndpoint *endpoint;
  guint32 last;
  guint n;

  g_object_set (hub->bus, "overflow", one->policy, "send-limit",
                (guint64) 1000000, NULL);
  hein_test_bus_hold_up (client);
  endpoint = hein_test_bus_listen (hub, uri);
  hein_test_bus_dial (client, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  n = send_all (hub);
  numbers = take_all (hub, client, n);
  last = g_array_index (numbers, guint32, numbers->len - 1);
  g_assert_cmpuint (numbers->len + hein_test_bus_count_dropped (hub), ==, n);
  switch (one->policy)
    {
    case HEIN_OVERFLOW_WAIT:
    case HEIN_OVERFLOW_DISCONNECT:
      g_assert_cmpuint (n, <, N_MESSAGES);
      g_assert_cmpuint (hein_test_bus_count_dropped (hub), ==, 0);
      break;
    case HEIN_OVERFLOW_DROP_OLDEST:
      g_assert_cmpuint (n, ==, N_MESSAGES);
      g_assert_cmpuint (last, ==, N_MESSAGES - 1);
      assert_only_reason (hub, HEIN_DROP_REASON_OVERFLOW);
      break;
    case HEIN_OVERFLOW_DROP_NEWEST:
      g_assert_cmpuint (n, ==, N_MESSAGES);
      for (guint32 i = 0; i < 10; i++)
        g_assert_cmpuint (g_array_index (numbers, guint32, i), ==, i);
      assert_only_reason (hub, HEIN_DROP_REASON_OVERFLOW);
      break;
    case HEIN_OVERFLOW_LATEST:
      g_assert_cmpuint (n, ==, N_MESSAGES);
      g_assert_cmpuint (last, ==, N_MESSAGES - 1);
      assert_only_reason (hub, HEIN_DROP_REASON_REPLACED);
      break;
    case HEIN_OVERFLOW_DEFAULT:
    default:
      g_assert_not_reached ();
    }
}

/* ---- a transport that keeps what every one does ---- */

#define ROOM 3

#define TEST_TYPE_NARROW (test_narrow_get_type ())
G_DECLARE_FINAL_TYPE (TestNarrow, test_narrow, TEST, NARROW, HeinTransport)

/* One peer, that takes ROOM messages. */
struct _TestNarrow
{
  HeinTransport parent_instance;

  HeinPeer *peer; /* borrowed */
  GString *got;
};

G_DEFINE_FINAL_TYPE (TestNarrow, test_narrow, HEIN_TYPE_TRANSPORT)

static TestNarrow *narrow; /* borrowed: the last one that was opened */

static gboolean
test_narrow_begin_open (HeinTransport *transport,
                        HeinEndpoint *endpoint,
                        GTask *task,
                        GError **error)
{
  narrow = TEST_NARROW (transport);
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

static gboolean
test_narrow_send (HeinTransport *transport,
                  HeinPeer *peer,
                  HeinMessage *message,
                  GError **error)
{
  TestNarrow *self = TEST_NARROW (transport);

  if (self->got->len < ROOM)
    {
      g_string_append (self->got, hein_message_get_topic (message));
      return TRUE;
    }
  hein_transport_set_room (transport, peer, FALSE);
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK, "full");
  return FALSE;
}

static void
test_narrow_close (HeinTransport *transport)
{
  TestNarrow *self = TEST_NARROW (transport);

  if (self->peer != NULL)
    hein_transport_remove_peer (transport, self->peer, NULL);
  self->peer = NULL;
}

static void
test_narrow_finalize (GObject *object)
{
  g_string_free (TEST_NARROW (object)->got, TRUE);
  G_OBJECT_CLASS (test_narrow_parent_class)->finalize (object);
}

static void
test_narrow_class_init (TestNarrowClass *class)
{
  HeinTransportClass *transport_class = HEIN_TRANSPORT_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = test_narrow_finalize;
  transport_class->begin_open = test_narrow_begin_open;
  transport_class->send = test_narrow_send;
  transport_class->close = test_narrow_close;
}

static void
test_narrow_init (TestNarrow *self)
{
  self->got = g_string_new (NULL);
}

/* How many of five were accepted; @overflow of the address. */
static guint
send_five (HeinTestBus *bus, const char *uri)
{
  guint n = 0;

  hein_test_bus_listen (bus, uri);
  narrow->peer = hein_transport_add_peer (HEIN_TRANSPORT (narrow), "narrow",
                                          NULL, NULL, NULL);
  for (char topic[] = "a"; topic[0] < 'f'; topic[0]++)
    {
      g_autoptr (HeinMessage) message = hein_message_new_text (topic, "");

      n += hein_bus_send (bus->bus, message, NULL);
    }
  g_assert_cmpstr (narrow->got->str, ==, "abc");
  return n;
}

static void
test_narrow_policies (void)
{
  static const struct
  {
    const char *uri;
    guint n_accepted;
  } cases[] = {
    { "test-narrow://x?overflow=wait", ROOM },
    { "test-narrow://x?overflow=drop-newest", 5 },
    { "test-narrow://x", 5 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");

      g_assert_cmpuint (send_five (bus, cases[i].uri), ==, cases[i].n_accepted);
      g_assert_cmpuint (hein_bus_get_n_dropped (bus->bus,
                                                HEIN_DROP_REASON_OVERFLOW),
                        ==, cases[i].n_accepted - ROOM);
      g_assert_cmpuint (hein_test_bus_count_dropped (bus), ==,
                        cases[i].n_accepted - ROOM);
    }
}

/* The error says what could be written instead. */
static void
assert_refused (HeinBus *bus, const char *uri)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_listen (bus, uri, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
  g_assert_nonnull (strstr (error->message, "wait, drop-newest"));
}

static void
test_refused (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");

  assert_refused (bus->bus, "test-narrow://x?overflow=latest");
  assert_refused (bus->bus, "test-narrow://x?overflow=drop-oldest");
  assert_refused (bus->bus, "test-narrow://x?overflow=disconnect");
  g_object_set (bus->bus, "overflow", HEIN_OVERFLOW_LATEST, NULL);
  assert_refused (bus->bus, "test-narrow://x");
  g_assert_cmpuint (send_five (bus, "test-narrow://x?overflow=wait"), ==, ROOM);
}

/* A bus that is told so when it is open goes on as without a word. */
static void
test_refused_too_late (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autoptr (HeinMessage) message = hein_message_new_text ("f", "");

  g_assert_cmpuint (send_five (bus, "test-narrow://x"), ==, 5);
  g_object_set (bus->bus, "overflow", HEIN_OVERFLOW_LATEST, NULL);
  g_assert_true (hein_bus_send (bus->bus, message, NULL));
  g_assert_cmpuint (hein_bus_get_n_dropped (bus->bus,
                                            HEIN_DROP_REASON_OVERFLOW),
                    ==, 6 - ROOM);
}

/* A newcomer without a way to be sent something. */
static void
test_retain_without_send (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  HeinTransportClass *class = g_type_class_ref (TEST_TYPE_NARROW);

  class->send = NULL;
  hein_test_bus_listen (bus, "test-narrow://x?retain=yes");
  hein_test_bus_send (bus, NULL, "t", "retained");
  narrow->peer = hein_transport_add_peer (HEIN_TRANSPORT (narrow), "narrow",
                                          NULL, NULL, NULL);
  g_assert_cmpuint (hein_bus_get_n_dropped (bus->bus,
                                            HEIN_DROP_REASON_UNSENDABLE),
                    ==, 1);
  class->send = test_narrow_send;
  g_type_class_unref (class);
}

int
main (int argc, char **argv)
{
  static Case cases[G_N_ELEMENTS (uris) * G_N_ELEMENTS (policies)];
  g_autoptr (GEnumClass) class = g_type_class_ref (HEIN_TYPE_OVERFLOW);

  g_test_init (&argc, &argv, NULL);
  g_assert_true (hein_plugin_add ("test-narrow", TEST_TYPE_NARROW, NULL));
  for (gsize u = 0; u < G_N_ELEMENTS (uris); u++)
    for (gsize p = 0; p < G_N_ELEMENTS (policies); p++)
      {
        Case *one = &cases[u * G_N_ELEMENTS (policies) + p];
        g_autofree char *scheme = g_uri_parse_scheme (uris[u]);
        g_autofree char *path =
          g_strdup_printf ("/overflow/%s/%s", scheme,
                           g_enum_get_value (class, policies[p])->value_nick);

        *one = (Case){ uris[u], policies[p] };
        g_test_add_data_func (path, one, test_policy);
      }
  g_test_add_func ("/overflow/narrow/policies", test_narrow_policies);
  g_test_add_func ("/overflow/narrow/refused", test_refused);
  g_test_add_func ("/overflow/narrow/refused-too-late", test_refused_too_late);
  g_test_add_func ("/overflow/narrow/retain-without-send",
                   test_retain_without_send);
  return g_test_run ();
}

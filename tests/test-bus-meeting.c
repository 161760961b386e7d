/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "bus-ends.h"

/* Buses that find each other: in whatever order they start, under which names,
 * and at which addresses. */

/* Who comes here can be hung up on. */
static GSocket *
open_door (char **uri)
{
  GSocket *self =
    g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, 0, NULL);
  g_autoptr (GSocketAddress) any =
    g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) address = NULL;

  g_assert_true (g_socket_bind (self, any, TRUE, NULL));
  g_assert_true (g_socket_listen (self, NULL));
  g_socket_set_blocking (self, FALSE);
  address = g_socket_get_local_address (self, NULL);
  *uri =
    g_strdup_printf ("tcp://127.0.0.1:%u", g_inet_socket_address_get_port (
                                             G_INET_SOCKET_ADDRESS (address)));
  return self;
}

static void
test_any_start_order (void)
{
  g_autoptr (HeinTestBus) early = hein_test_bus_new ("early");
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autofree char *uri = NULL;
  HeinEndpoint *endpoint;

  {
    g_autoptr (HeinTestBus) probe = hein_test_bus_new ("probe");

    uri = bus_ends_listen_at (probe);
  }
  endpoint = hein_test_bus_dial (early, uri);
  hein_test_wait (hein_endpoint_get_state (endpoint) ==
                  HEIN_ENDPOINT_STATE_WAITING);
  g_assert_nonnull (hein_endpoint_get_error (endpoint));
  hein_test_bus_listen (hub, uri);
  hein_test_wait (hein_test_bus_count_peers (early) == 1 &&
                  hein_test_bus_count_peers (hub) == 1);
  g_assert_cmpint (hein_endpoint_get_state (endpoint), ==,
                   HEIN_ENDPOINT_STATE_OPEN);
  g_assert_null (hein_endpoint_get_error (endpoint));
  g_assert_cmpuint (early->n_ready, ==, 1);
}

static void
test_hub_restarts (void)
{
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  HeinTestBus *hub = hein_test_bus_new ("hub");
  g_autofree char *uri = bus_ends_listen_at (hub);

  hein_test_bus_dial (client, uri);
  for (guint i = 1; i <= 3; i++)
    {
      hein_test_wait (client->added->len == i &&
                      hein_test_bus_count_peers (hub) == 1);
      hein_test_bus_send (hub, NULL, "n", "hello");
      hein_test_wait (client->messages->len == i);
      hein_test_bus_free (hub);
      hein_test_wait (client->removed->len == i);
      hub = hein_test_bus_new ("hub");
      hein_test_bus_listen (hub, uri);
    }
  hein_test_bus_free (hub);
}

/* H2, A4: with the pauses that were set, as often as it takes, and then it
 * meets who listens there. */
static void
test_tries_for_ever (void)
{
  enum
  {
    N_ATTEMPTS = 30 /* with other pauses than 1 to 20 ms they take minutes */
  };
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autofree char *uri = NULL;
  GSocket *door = open_door (&uri);
  const gint64 end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;
  guint n_attempts = 0;

  hein_test_bus_dial (client, uri);
  while (n_attempts < N_ATTEMPTS)
    {
      g_autoptr (GSocket) caller = g_socket_accept (door, NULL, NULL);

      g_assert_cmpint (g_get_monotonic_time (), <, end_us);
      n_attempts += caller != NULL;
      hein_bus_turn (client->bus, 1);
    }
  g_object_unref (door);
  g_assert_cmpuint (client->added->len, ==, 0);
  hein_test_bus_listen (hub, uri);
  hein_test_wait (client->added->len == 1);
}

static void
test_each_dials_the_other (void)
{
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (HeinTestBus) a = hein_test_bus_new ("a");
      g_autoptr (HeinTestBus) b = hein_test_bus_new ("b");
      g_autofree char *a_uri = bus_ends_listen_at (a);
      g_autofree char *b_uri = bus_ends_listen_at (b);
      HeinEndpoint *to_b = hein_test_bus_dial (a, b_uri);
      HeinEndpoint *to_a = hein_test_bus_dial (b, a_uri);

#define IS(endpoint, state)                                                    \
  (hein_endpoint_get_state (endpoint) == HEIN_ENDPOINT_STATE_##state)
      hein_test_wait ((IS (to_b, OPEN) && IS (to_a, DUPLICATE)) ||
                      (IS (to_b, DUPLICATE) && IS (to_a, OPEN)));
      hein_test_wait (hein_test_bus_count_peers (a) == 1 &&
                      hein_test_bus_count_peers (b) == 1);
      g_assert_cmpuint (a->n_failed, ==, 0);
      g_assert_cmpuint (b->n_failed, ==, 0);
      hein_test_bus_send (a, "b", "t", "to b");
      hein_test_bus_send (b, "a", "t", "to a");
      hein_test_wait (a->messages->len == 1 && b->messages->len == 1);
#undef IS
    }
}

static void
test_dials_itself (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("self");
  g_autofree char *uri = bus_ends_listen_at (bus);

  hein_test_bus_dial (bus, uri);
  hein_test_wait (bus->n_failed == 1);
  g_assert_error (bus->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
  g_assert_cmpuint (bus->added->len, ==, 0);
}

static void
test_name_taken (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) first = hein_test_bus_new ("kirk");
  g_autoptr (HeinTestBus) second = hein_test_bus_new ("kirk");
  g_autofree char *uri = bus_ends_listen_at (hub);

  hein_test_bus_dial (first, uri);
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  hein_test_bus_dial (second, uri);
  hein_test_wait (second->n_failed == 1);
  g_assert_error (second->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
  g_assert_nonnull (strstr (second->failure->message, "kirk"));
  hein_test_bus_send (hub, "kirk", "t", "still there");
  hein_test_wait (first->messages->len == 1);
  g_assert_cmpuint (hub->added->len, ==, 1);
}

static void
test_names (void)
{
  g_autofree char *longest = g_strnfill (255, 'n');
  g_autofree char *longer = g_strnfill (256, 'n');
  const char *bad[] = { longer, "a\nb", "\xff" };
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new (longest);
  g_autoptr (HeinBus) unnamed = hein_bus_new (NULL);

  bus_ends_meet (hub, client);
  g_assert_nonnull (hein_test_bus_find_peer (hub, longest));
  g_assert_cmpuint (strlen (hein_bus_get_name (unnamed)), >, 0);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (HeinBus) bus = hein_bus_new (bad[i]);
      g_autoptr (GError) error = NULL;

      g_assert_null (hein_bus_listen (bus, LOOPBACK, &error));
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED);
    }
}

static void
test_addresses (void)
{
  static const struct
  {
    const char *uri;
    int code;
    const char *says; /* begins so */
  } bad[] = {
    { "tcp://127.0.0.1", HEIN_ERROR_BAD_ADDRESS, "tcp://127.0.0.1: " },
    { "tcp://127.0.0.1:0?bogus=1", HEIN_ERROR_BAD_ADDRESS,
      "tcp://127.0.0.1:0?bogus=1: " },
    { "tcp://127.0.0.1:0?linger=1&linger=2", HEIN_ERROR_BAD_ADDRESS,
      "tcp://127.0.0.1:0?linger=1&linger=2: " },
    { "tcp://127.0.0.1:0?overflow=never", HEIN_ERROR_BAD_ADDRESS,
      "tcp://127.0.0.1:0?overflow=never: option 'overflow' takes " },
    { "tcp+soc://127.0.0.1:0?dialect=q", HEIN_ERROR_BAD_ADDRESS,
      "tcp+soc://127.0.0.1:0?dialect=q: option 'dialect' takes a, b, c, not "
      "'q'" },
    { "tcp://me@127.0.0.1:0", HEIN_ERROR_BAD_ADDRESS,
      "tcp://me@127.0.0.1:0: " },
    { "tcp://127.0.0.1:0#part", HEIN_ERROR_BAD_ADDRESS, "fragment" },
    { "nonsense", HEIN_ERROR_BAD_ADDRESS, "nonsense: " },
    { "warp://127.0.0.1:0", HEIN_ERROR_NO_PLUGIN,
      "warp://127.0.0.1:0: no transport is called 'warp'" },
    { "soc://127.0.0.1:0", HEIN_ERROR_NO_PLUGIN,
      "soc://127.0.0.1:0: 'soc' is a protocol, write tcp+soc://" },
    { "tcp+warp://127.0.0.1:0", HEIN_ERROR_NO_PLUGIN,
      "tcp+warp://127.0.0.1:0: no protocol is called 'warp'" },
    { "tpc://127.0.0.1:0", HEIN_ERROR_NO_PLUGIN,
      "tpc://127.0.0.1:0: no transport is called 'tpc' (did you mean "
      "'tcp'?);" },
    { "ipc://127.0.0.1:0", HEIN_ERROR_NO_PLUGIN,
      "ipc://127.0.0.1:0: no transport is called 'ipc' (did you mean "
      "'unix'?);" },
    { "foo://127.0.0.1:0", HEIN_ERROR_NO_PLUGIN,
      "foo://127.0.0.1:0: no transport is called 'foo'; found are: " },
    { "tcp+zmpt://127.0.0.1:0", HEIN_ERROR_NO_PLUGIN,
      "tcp+zmpt://127.0.0.1:0: no protocol is called 'zmpt' (did you mean "
      "'zmtp'?);" },
    { "tcp://127.0.0.1:0?maxpeers=3", HEIN_ERROR_BAD_ADDRESS,
      "tcp://127.0.0.1:0?maxpeers=3: there is no option \"maxpeers\" (did "
      "you mean \"max-peers\"?); known ones: " },
    { "inproc+zmtp://name", HEIN_ERROR_BAD_ADDRESS, "inproc+zmtp://name: " },
  };
  g_autoptr (HeinBus) bus = hein_bus_new ("bus");

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (hein_bus_listen (bus, bad[i].uri, &error));
      g_assert_error (error, HEIN_ERROR, bad[i].code);
      g_assert_true (g_str_has_prefix (error->message, bad[i].says));
    }
}

static void
test_insecure (void)
{
  g_autoptr (HeinBus) bus = hein_bus_new ("bus");
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_listen (bus, "tcp://*:0", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE);
  g_assert_nonnull (strstr (error->message, "tcp://*:0?plaintext=yes"));
  g_clear_error (&error);
  g_assert_null (hein_bus_dial (bus, "tcp://192.0.2.1:1", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE);
}

static void
test_port_in_use (void)
{
  g_autoptr (HeinTestBus) first = hein_test_bus_new ("first");
  g_autoptr (HeinBus) second = hein_bus_new ("second");
  g_autofree char *uri = bus_ends_listen_at (first);
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_listen (second, uri, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  g_assert_nonnull (strstr (error->message, uri));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus/meeting/any-start-order", test_any_start_order);
  g_test_add_func ("/bus/meeting/hub-restarts", test_hub_restarts);
  g_test_add_func ("/bus/meeting/tries-for-ever", test_tries_for_ever);
  g_test_add_func ("/bus/meeting/each-dials-the-other",
                   test_each_dials_the_other);
  g_test_add_func ("/bus/meeting/dials-itself", test_dials_itself);
  g_test_add_func ("/bus/meeting/name-taken", test_name_taken);
  g_test_add_func ("/bus/meeting/names", test_names);
  g_test_add_func ("/bus/address/bad", test_addresses);
  g_test_add_func ("/bus/address/insecure", test_insecure);
  g_test_add_func ("/bus/address/port-in-use", test_port_in_use);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "transport-suite.h"

static char *folder;
static guint serial;

static char *
make_tcp_uri (void)
{
  return g_strdup ("tcp://127.0.0.1:0");
}

/* As a queue, which is not what it is for; as state: test-channel.c. */
static char *
make_channel_uri (void)
{
  return g_strdup ("channel://127.0.0.1:0?overflow=wait");
}

static char *
make_ws_uri (void)
{
  return g_strdup ("ws://127.0.0.1:0/a%20path");
}

static char *
make_unix_uri (void)
{
  return g_strdup_printf ("unix://%s/%u", folder, serial++);
}

static char *
make_abstract_uri (void)
{
  return g_strdup_printf ("unix:@hein-test-%d-%u", (int) getpid (), serial++);
}

static char *
make_inproc_uri (void)
{
  return g_strdup_printf ("inproc://test-%u", serial++);
}

static const HeinTransportSuite suites[] = {
  { "tcp", make_tcp_uri, TRUE, NULL },
  { "channel", make_channel_uri, TRUE, NULL },
  { "ws", make_ws_uri, TRUE, NULL },
  { "unix", make_unix_uri, TRUE, NULL },
  { "unix-abstract", make_abstract_uri, TRUE, NULL },
  { "inproc", make_inproc_uri, FALSE, NULL },
};

typedef struct
{
  const char *uri;
  gboolean dial;
  const char *advice; /* what the error says */
} BadAddress;

static const BadAddress bad_addresses[] = {
  { "tcp://localhost", FALSE, "missing port" },
  { "tcp://localhost", TRUE, "missing port" },
  { "tcp://localhost:0", TRUE, "port 0" },
  { "tcp://*:7000", TRUE, "name the host" },
  { "tcp://localhost:7000/path", TRUE, "path" },
  { "tcp://example.org:0", FALSE, "numeric address" },
  { "ws://localhost", FALSE, "missing port" },
  { "ws://localhost:0/", TRUE, "port 0" },
  { "ws://*/path", TRUE, "missing port" },
  { "ws:///path", TRUE, "missing port" },
  { "wss://localhost:7000", TRUE, "needs keys" },
  { "wss://localhost:7000", FALSE, "needs keys" },
  { "unix://host/path", TRUE, "host" },
  { "unix:///", TRUE, "empty" },
  { "unix:@", FALSE, "empty" },
  { "unix:relative", FALSE, "not absolute" },
  { "inproc://", TRUE, "missing name" },
  { "inproc://name:7000", TRUE, "port" },
  { "inproc+zmtp://name", TRUE, "no protocol" },
};

static void
test_bad_address (gconstpointer data)
{
  const BadAddress *bad = data;
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autoptr (GError) error = NULL;
  HeinEndpoint *endpoint;

  endpoint = bad->dial ? hein_bus_dial (bus->bus, bad->uri, &error)
                       : hein_bus_listen (bus->bus, bad->uri, &error);
  g_assert_null (endpoint);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
  g_assert_nonnull (strstr (error->message, bad->advice));
}

static void
add_bad_addresses (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad_addresses); i++)
    {
      g_autofree char *path =
        g_strdup_printf ("/transports/bad-address/%" G_GSIZE_FORMAT, i);

      g_test_add_data_func (path, &bad_addresses[i], test_bad_address);
    }
}

static gboolean
can_dial (const char *uri)
{
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");

  hein_test_bus_dial (client, uri);
  hein_test_wait (hein_test_bus_count_peers (client) == 1);
  return TRUE;
}

/* One socket for both families, where there are both. */
static void
test_tcp_everywhere (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (GUri) bound = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *uri4 = NULL;
  g_autofree char *uri6 = NULL;
  HeinEndpoint *endpoint;

  g_assert_null (hein_bus_listen (hub->bus, "tcp://*:0", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE);
  endpoint = hein_test_bus_listen (hub, "tcp://*:0?plaintext=yes");
  bound = g_uri_parse (hein_endpoint_get_bound_uri (endpoint), G_URI_FLAGS_NONE,
                       NULL);
  g_assert_nonnull (bound);
  uri4 = g_strdup_printf ("tcp://127.0.0.1:%d", g_uri_get_port (bound));
  uri6 = g_strdup_printf ("tcp://[::1]:%d", g_uri_get_port (bound));
  g_assert_true (can_dial (uri4));
  if (g_strcmp0 (g_uri_get_host (bound), "::") == 0)
    g_assert_true (can_dial (uri6));
}

static void
test_tcp_localhost (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  HeinEndpoint *endpoint = hein_test_bus_listen (hub, "tcp://localhost:0");
  HeinEndpoint *other = hein_test_bus_listen (hub, "tcp://:0");

  g_assert_true (can_dial (hein_endpoint_get_bound_uri (endpoint)));
  hein_test_wait (hein_test_bus_count_peers (hub) == 0);
  g_assert_true (can_dial (hein_endpoint_get_bound_uri (other)));
}

/* S6: the first free port from a number on; without the option it is an
 * error. */
static void
test_tcp_port_scan (void)
{
  g_autoptr (HeinTestBus) first = hein_test_bus_new ("first");
  g_autoptr (HeinTestBus) second = hein_test_bus_new ("second");
  g_autoptr (GError) error = NULL;
  HeinEndpoint *taken = hein_test_bus_listen (first, "tcp://127.0.0.1:0");
  const char *uri = hein_endpoint_get_bound_uri (taken);
  g_autofree char *scan = g_strconcat (uri, "?port-scan=100", NULL);
  HeinEndpoint *endpoint;

  g_assert_null (hein_bus_listen (second->bus, uri, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  endpoint = hein_test_bus_listen (second, scan);
  g_assert_cmpstr (hein_endpoint_get_bound_uri (endpoint), !=, uri);
  g_assert_true (can_dial (hein_endpoint_get_bound_uri (endpoint)));
  g_assert_cmpuint (second->added->len, ==, 1);
}

/* H3, T7: one too many is refused and told why; a place that is given back is
 * had. */
static void
test_tcp_max_peers (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) extra = hein_test_bus_new ("extra");
  HeinTestBus *kirk = hein_test_bus_new ("kirk");
  HeinEndpoint *endpoint =
    hein_test_bus_listen (hub, "tcp://127.0.0.1:0?max-peers=1");
  g_auto (GStrv) bound =
    g_strsplit (hein_endpoint_get_bound_uri (endpoint), "?", 2);

  hein_test_bus_dial (kirk, bound[0]);
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  hein_test_bus_dial (extra, bound[0]);
  hein_test_wait (extra->n_failed == 1);
  g_assert_error (extra->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
  g_assert_nonnull (strstr (extra->failure->message, "max-peers"));
  g_assert_cmpuint (hub->added->len, ==, 1);
  hein_test_bus_free (kirk);
  hein_test_wait (hub->removed->len == 1);
  g_assert_true (can_dial (bound[0]));
}

/* The payload of a large message is the same memory on both sides. */
static void
test_inproc_reference (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autofree char *uri = make_inproc_uri ();
  g_autoptr (GBytes) payload = g_bytes_new_take (g_malloc0 (5000), 5000);
  g_autoptr (HeinMessage) message = hein_message_new ("large", payload);
  HeinMessage *got;

  hein_test_bus_listen (hub, uri);
  hein_test_bus_dial (client, uri);
  hein_test_wait (hein_test_bus_count_peers (client) == 1);
  g_assert_true (hein_bus_send_to (client->bus, "hub", message, NULL));
  hein_test_wait (hub->messages->len == 1);
  got = g_ptr_array_index (hub->messages, 0);
  g_assert_true (got != message);
  g_assert_true (hein_message_get_payload (got) == payload);
}

/* Both sides hear of a refusal, once; the name is had when it is free. */
static void
test_inproc_refused_once (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) twin = hein_test_bus_new ("client");
  HeinTestBus *client = hein_test_bus_new ("client");
  g_autofree char *uri = make_inproc_uri ();

  hein_test_bus_listen (hub, uri);
  hein_test_bus_dial (client, uri);
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  hein_test_bus_dial (twin, uri);
  hein_test_wait (twin->n_failed == 1 && hub->n_failed == 1);
  g_assert_error (hub->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
  hein_test_bus_free (client);
  hein_test_wait (hein_test_bus_count_peers (twin) == 1);
  g_assert_cmpuint (twin->n_failed, ==, 1);
  g_assert_cmpuint (hub->n_failed, ==, 1);
  g_assert_cmpuint (hub->added->len, ==, 2);
}

/* The second of two connections between two buses takes over from the first. */
static void
test_inproc_second_dial (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autofree char *uri = make_inproc_uri ();
  HeinEndpoint *first;

  hein_test_bus_listen (hub, uri);
  first = hein_test_bus_dial (client, uri);
  hein_test_bus_dial (client, uri);
  hein_test_wait (hein_test_bus_count_peers (client) == 1);
  hein_endpoint_close (first);
  hein_test_wait (client->added->len == 2 && client->removed->len == 1);
  hein_test_bus_send (client, "hub", "still", "connected");
  hein_test_wait (hub->messages->len == 1);
}

int
main (int argc, char **argv)
{
  int status;

  hein_transport_suite_init (argc, argv);
  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("hein-XXXXXX", NULL);
  g_assert_nonnull (folder);

  for (gsize i = 0; i < G_N_ELEMENTS (suites); i++)
    hein_transport_suite_add (&suites[i]);
  add_bad_addresses ();
  g_test_add_func ("/transports/tcp/everywhere", test_tcp_everywhere);
  g_test_add_func ("/transports/tcp/localhost", test_tcp_localhost);
  g_test_add_func ("/transports/tcp/port-scan", test_tcp_port_scan);
  g_test_add_func ("/transports/tcp/max-peers", test_tcp_max_peers);
  g_test_add_func ("/transports/inproc/reference", test_inproc_reference);
  g_test_add_func ("/transports/inproc/refused-once", test_inproc_refused_once);
  g_test_add_func ("/transports/inproc/second-dial", test_inproc_second_dial);

  status = g_test_run ();
  /* Every listener has taken its files away. */
  if (status == 0)
    g_assert_cmpint (g_rmdir (folder), ==, 0);
  g_free (folder);
  return status;
}

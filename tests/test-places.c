/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "hein-test.h"
#include "sim-net.h"

/*
 * Addresses that name several hosts: one of them is dialled, and when it is lost
 * the next one, without a pause until all have been tried.
 */

#define THREE   "tcp://kirk:5555,spock:5555,uhura:5555?plaintext=yes"
#define HOUR_MS (60 * 60 * 1000)

static const char *const hosts[] = { "kirk", "spock", "uhura" };

typedef struct
{
  SimNet net;
  HeinBus *hubs[G_N_ELEMENTS (hosts)]; /* owned, nullable */
} Three;

/* A pause is a part of an hour, which is never as short as what is waited for
 * here: the seeds are fixed. */
static HeinBus *
make_patient (SimNet *net, const char *host)
{
  HeinBus *bus = sim_net_make_bus (net, host);

  g_object_set (bus, "reconnect-max-ms", HOUR_MS, "reconnect-min-ms", HOUR_MS,
                "reconnect-failed-ms", HOUR_MS, NULL);
  return bus;
}

static void
three_listen (Three *self, guint i)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *uri =
    g_strdup_printf ("tcp://%s:5555?plaintext=yes", hosts[i]);

  self->hubs[i] = sim_net_make_bus (&self->net, hosts[i]);
  hein_bus_listen (self->hubs[i], uri, &error);
  g_assert_no_error (error);
}

static void
three_init (Three *self, guint64 seed)
{
  *self = (Three){ .net.net = hein_simulation_new (seed) };
  hein_simulation_begin_trace (self->net.net);
}

static void
three_dial (Three *self)
{
  g_autoptr (GError) error = NULL;

  self->net.sensor = make_patient (&self->net, "roof");
  hein_bus_dial (self->net.sensor, THREE, &error);
  g_assert_no_error (error);
}

static void
three_clear (Three *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    g_clear_object (&self->hubs[i]);
  sim_net_clear (&self->net);
}

static guint
count_peers (HeinBus *bus)
{
  return g_list_model_get_n_items (G_LIST_MODEL (hein_bus_get_peers (bus)));
}

/* Which one it is connected to. */
static guint
find_hub (const Three *self)
{
  guint found = G_N_ELEMENTS (hosts);

  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    if (self->hubs[i] != NULL && count_peers (self->hubs[i]) > 0)
      {
        g_assert_cmpuint (found, ==, G_N_ELEMENTS (hosts));
        found = i;
      }
  g_assert_cmpuint (found, <, G_N_ELEMENTS (hosts));
  return found;
}

static void
check_connected (const Three *self)
{
  g_assert_cmpuint (count_peers (self->net.sensor), ==, 1);
  find_hub (self);
}

static void
lose (Three *self, guint hub)
{
  hein_simulation_crash (self->net.net, hosts[hub]);
  g_clear_object (&self->hubs[hub]);
}

static guint
count_dials (const Three *self)
{
  g_autofree char *trace = hein_simulation_dup_trace (self->net.net);
  guint n = 0;

  for (const char *p = trace; (p = strstr (p, " dials ")) != NULL; p++)
    n++;
  return n;
}

/* The ones that are left, one after the other, and no pause between them. */
static void
test_goes_on (void)
{
  guint first, second;
  Three three;

  three_init (&three, 1);
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    three_listen (&three, i);
  three_dial (&three);
  hein_simulation_run (three.net.net, 1000);
  check_connected (&three);
  first = find_hub (&three);
  hein_simulation_run (three.net.net, 60 * 1000);
  lose (&three, first);
  hein_simulation_run (three.net.net, 1000);
  check_connected (&three);
  second = find_hub (&three);
  g_assert_cmpuint (second, !=, first);
  lose (&three, second);
  hein_simulation_run (three.net.net, 1000);
  check_connected (&three);
  g_assert_cmpuint (find_hub (&three), !=, first);
  three_clear (&three);
}

/* Each is dialled once, and then there is a pause. */
static void
test_round (void)
{
  Three three;

  three_init (&three, 2);
  three_dial (&three);
  hein_simulation_run (three.net.net, 10 * 1000);
  g_assert_cmpuint (count_dials (&three), ==, G_N_ELEMENTS (hosts));
  /* the next round reaches the one that is there now */
  three_listen (&three, 1);
  hein_simulation_run (three.net.net, HOUR_MS);
  check_connected (&three);
  three_clear (&three);
}

/* A place that takes connections and ends them at once, being full, is no
 * reason to dial again and again. */
static void
test_full (void)
{
  HeinBus *guests[G_N_ELEMENTS (hosts)];
  Three three;
  guint n_before;

  three_init (&three, 3);
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *uri =
        g_strdup_printf ("tcp://%s:5555?plaintext=yes", hosts[i]);
      g_autofree char *name = g_strdup_printf ("guest-%u", i);

      three_listen (&three, i);
      g_object_set (three.hubs[i], "max-connections", 1, NULL);
      guests[i] = sim_net_make_bus (&three.net, name);
      hein_bus_dial (guests[i], uri, &error);
      g_assert_no_error (error);
    }
  hein_simulation_run (three.net.net, 1000);
  n_before = count_dials (&three);
  three_dial (&three);
  hein_simulation_run (three.net.net, 10 * 1000);
  g_assert_cmpuint (count_dials (&three), ==, n_before + G_N_ELEMENTS (hosts));
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    g_object_unref (guests[i]);
  three_clear (&three);
}

/* Many do not all begin at the first one. */
static void
test_spreads (void)
{
  HeinBus *sensors[60];
  Three three;

  three_init (&three, 4);
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    three_listen (&three, i);
  for (guint i = 0; i < G_N_ELEMENTS (sensors); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *name = g_strdup_printf ("roof-%u", i);

      sensors[i] = make_patient (&three.net, name);
      hein_bus_dial (sensors[i], THREE, &error);
      g_assert_no_error (error);
    }
  hein_simulation_run (three.net.net, 1000);
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    g_assert_cmpuint (count_peers (three.hubs[i]), >=, 10);
  for (guint i = 0; i < G_N_ELEMENTS (sensors); i++)
    g_object_unref (sensors[i]);
  three_clear (&three);
}

/* ---- real sockets ---- */

/* Says what no protocol of hein begins with. */
static gboolean
on_incoming (GSocketService *service,
             GSocketConnection *connection,
             GObject *source,
             gpointer data)
{
  static const char http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
  guint *n_accepted = data;

  ++*n_accepted;
  g_output_stream_write_all (g_io_stream_get_output_stream (
                               G_IO_STREAM (connection)),
                             http, sizeof http - 1, NULL, NULL, NULL);
  return FALSE;
}

static GSocketService *
start_wrong (guint16 *port, guint *n_accepted)
{
  GSocketService *service = g_socket_service_new ();

  *port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (service),
                                               NULL, NULL);
  g_signal_connect (service, "incoming", G_CALLBACK (on_incoming), n_accepted);
  return service;
}

static void
stop (GSocketService *service)
{
  g_socket_service_stop (service);
  g_socket_listener_close (G_SOCKET_LISTENER (service));
  g_object_unref (service);
}

/* What one of them will never be, another one may be. */
static void
test_one_is_wrong (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  HeinEndpoint *endpoint = hein_test_bus_listen (hub, "tcp://127.0.0.1:0");
  const char *bound = hein_endpoint_get_bound_uri (endpoint);
  guint n_accepted = 0;
  guint16 port;
  GSocketService *wrong = start_wrong (&port, &n_accepted);
  g_autofree char *uri = g_strdup_printf ("%s,127.0.0.1:%u", bound, port);

  for (guint i = 0; i < 100 && n_accepted < 3; i++)
    {
      g_autofree char *name = g_strdup_printf ("bus-%u", i);
      g_autoptr (HeinTestBus) bus = hein_test_bus_new (name);

      g_object_set (bus->bus, "reconnect-failed-ms", HOUR_MS, NULL);
      hein_test_bus_dial (bus, uri);
      hein_test_wait (bus->added->len == 1);
      g_assert_cmpuint (bus->n_failed, ==, 0);
    }
  g_assert_cmpuint (n_accepted, ==, 3);
  stop (wrong);
}

/* Told once, with the place, when all of them are. */
static void
test_all_are_wrong (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  guint n_accepted[2] = { 0, 0 };
  guint16 ports[2];
  GSocketService *wrong[2];
  g_autofree char *uri = NULL;

  for (guint i = 0; i < 2; i++)
    wrong[i] = start_wrong (&ports[i], &n_accepted[i]);
  uri = g_strdup_printf ("tcp://127.0.0.1:%u,127.0.0.1:%u", ports[0], ports[1]);
  g_object_set (bus->bus, "reconnect-failed-ms", 2, NULL);
  hein_test_bus_dial (bus, uri);
  hein_test_wait (n_accepted[0] >= 10 && n_accepted[1] >= 10);
  g_assert_cmpuint (bus->n_failed, ==, 1);
  g_assert_error (bus->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (bus->failure->message, ": 127.0.0.1:"));
  for (guint i = 0; i < 2; i++)
    stop (wrong[i]);
}

/* ---- bad addresses ---- */

static const struct Bad
{
  const char *uri;
  HeinError code;
  const char *text;
} bad[] = {
  { "tcp://kirk:1,spock", HEIN_ERROR_BAD_ADDRESS, "missing port" },
  { "tcp://kirk,spock:1", HEIN_ERROR_BAD_ADDRESS, "missing port" },
  { "tcp://127.0.0.1:1,*:1", HEIN_ERROR_BAD_ADDRESS, "name the host" },
  { "tcp://127.0.0.1:1,192.0.2.1:1", HEIN_ERROR_INSECURE, "plaintext=yes" },
  { "inproc://kirk,spock", HEIN_ERROR_BAD_ADDRESS, "%2C" },
  { "udp-multicast://239.1.2.3:7000,239.1.2.4:7000", HEIN_ERROR_BAD_ADDRESS,
    "%2C" },
  { "unix://kirk,spock/run/x", HEIN_ERROR_BAD_ADDRESS, "" },
};

static void
test_bad (gconstpointer data)
{
  const struct Bad *self = data;
  g_autoptr (HeinBus) bus = hein_bus_new ("bus");
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_dial (bus, self->uri, &error));
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_NO_PLUGIN))
    {
      g_test_skip ("without that transport");
      return;
    }
  g_assert_error (error, HEIN_ERROR, (int) self->code);
  if (strstr (error->message, self->text) == NULL)
    g_error ("'%s' lacks '%s'", error->message, self->text);
}

static void
test_listen (void)
{
  g_autoptr (HeinBus) bus = hein_bus_new ("bus");
  g_autoptr (GError) error = NULL;

  g_assert_null (
    hein_bus_listen (bus, "tcp://127.0.0.1:0,127.0.0.1:0", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
  g_assert_nonnull (strstr (error->message, "listen at each"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/places/goes-on", test_goes_on);
  g_test_add_func ("/places/round", test_round);
  g_test_add_func ("/places/full", test_full);
  g_test_add_func ("/places/spreads", test_spreads);
  g_test_add_func ("/places/one-is-wrong", test_one_is_wrong);
  g_test_add_func ("/places/all-are-wrong", test_all_are_wrong);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *path = g_strdup_printf ("/places/bad/%s", bad[i].uri);

      g_test_add_data_func (path, &bad[i], test_bad);
    }
  g_test_add_func ("/places/listen", test_listen);
  return g_test_run ();
}

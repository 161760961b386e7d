/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <sys/resource.h>

#include <hein/hein.h>

/* How much of a simulation one processor manages: an idle hour of 100 buses,
 * and messages in a second. */

#define N_BUSES    100
#define N_MESSAGES 200000
#define BATCH      100 /* messages between two moments of virtual time */
#define SIZE       100 /* bytes */

static double
get_cpu_seconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void
check (const GError *error)
{
  if (error != NULL)
    g_error ("%s", error->message);
}

static HeinBus *
make_bus (HeinSimulation *net, const char *host)
{
  hein_simulation_set_host (net, host);
  return hein_bus_new (host);
}

static void
listen_at (HeinBus *bus, const char *host)
{
  g_autofree char *uri = g_strdup_printf ("tcp://%s:5555?plaintext=yes", host);
  g_autoptr (GError) error = NULL;

  hein_bus_listen (bus, uri, &error);
  check (error);
}

static void
dial (HeinBus *bus, const char *host)
{
  g_autofree char *uri = g_strdup_printf ("tcp://%s:5555?plaintext=yes", host);
  g_autoptr (GError) error = NULL;

  hein_bus_dial (bus, uri, &error);
  check (error);
}

/* All are connected with the first one, and each with the next one as well. */
static void
measure_idle_hour (void)
{
  g_autoptr (HeinSimulation) net = hein_simulation_new (1);
  HeinBus *buses[N_BUSES];
  double begin;

  for (guint i = 0; i < N_BUSES; i++)
    {
      g_autofree char *host = g_strdup_printf ("host-%u", i);

      buses[i] = make_bus (net, host);
      listen_at (buses[i], host);
    }
  for (guint i = 1; i < N_BUSES; i++)
    {
      g_autofree char *next = g_strdup_printf ("host-%u", i + 1);

      dial (buses[i], "host-0");
      if (i % 2 == 1 && i + 1 < N_BUSES)
        dial (buses[i], next);
    }
  begin = get_cpu_seconds ();
  hein_simulation_run (net, 60 * 60 * 1000);
  g_print ("an idle hour of %d buses: %.3f s of CPU\n", N_BUSES,
           get_cpu_seconds () - begin);
  for (guint i = 0; i < N_BUSES; i++)
    {
      const guint n =
        g_list_model_get_n_items (G_LIST_MODEL (hein_bus_get_peers (buses[i])));

      if (n < (i == 0 ? N_BUSES - 1 : 1))
        g_error ("bus %u has %u peers", i, n);
      g_object_unref (buses[i]);
    }
}

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  guint *n = data;

  ++*n;
}

static gboolean
has_peer (HeinSimulation *net, gpointer data)
{
  return g_list_model_get_n_items (
           G_LIST_MODEL (hein_bus_get_peers (HEIN_BUS (data)))) > 0;
}

/* @batch: messages that are sent at the same moment. */
static void
measure_flood (guint batch)
{
  g_autoptr (HeinSimulation) net = hein_simulation_new (1);
  g_autoptr (HeinBus) hub = make_bus (net, "hub");
  g_autoptr (HeinBus) sensor = make_bus (net, "roof");
  char payload[SIZE] = { 0 };
  guint n = 0;
  double begin;

  g_signal_connect (hub, "message", G_CALLBACK (on_message), &n);
  listen_at (hub, "hub");
  dial (sensor, "hub");
  if (!hein_simulation_run_until (net, 1000, has_peer, sensor))
    g_error ("nobody connects");
  begin = get_cpu_seconds ();
  for (guint i = 0; i < N_MESSAGES; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes = g_bytes_new (payload, sizeof payload);
      g_autoptr (HeinMessage) message = hein_message_new ("bench", bytes);

      hein_bus_send (sensor, message, &error);
      check (error);
      if ((i + 1) % batch == 0)
        hein_simulation_run (net, 1);
    }
  hein_simulation_run (net, 1000);
  if (n != N_MESSAGES)
    g_error ("%u of %d messages have come", n, N_MESSAGES);
  g_print ("messages of %d B, %u at a time: %.0f/s\n", SIZE, batch,
           N_MESSAGES / (get_cpu_seconds () - begin));
}

int
main (void)
{
  measure_idle_hour ();
  measure_flood (1);
  measure_flood (BATCH);
  return 0;
}

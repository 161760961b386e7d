/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A daemon that dials a dashboard, publishes the load of this machine every
 * second, and answers requests: what time it is, and how often to publish.
 *
 * usage: stationd NAME ADDRESS
 */
#include <glib-unix.h>
#include <hein/hein.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
  HeinBus *bus;
  GMainLoop *loop;
  guint source;
} Station;

static gboolean
publish (gpointer data)
{
  Station *station = data;
  double load[1] = { 0 };
  g_autofree char *text = NULL;
  g_autoptr (HeinMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  getloadavg (load, 1);
  text = g_strdup_printf ("%.2f", load[0]);
  message = hein_message_new_text ("load", text);
  if (!hein_bus_send (station->bus, message, &error))
    g_printerr ("%s\n", error->message);
  return G_SOURCE_CONTINUE;
}

static void
on_time (HeinBus *bus, HeinRequest *request, gpointer data)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  char *text = g_date_time_format_iso8601 (now);
  g_autoptr (GBytes) payload = g_bytes_new_take (text, strlen (text));

  hein_request_reply (request, payload, NULL);
}

static void
on_interval (HeinBus *bus, HeinRequest *request, gpointer data)
{
  Station *station = data;
  HeinMessage *message = hein_request_get_message (request);
  g_autofree char *text = hein_message_dup_text (message, NULL);
  guint64 ms;

  if (text == NULL ||
      !g_ascii_string_to_unsigned (text, 10, 10, 60000, &ms, NULL))
    {
      hein_request_refuse (request, 1, "10 to 60000 ms, please", NULL);
      return;
    }
  g_source_remove (station->source);
  station->source = g_timeout_add ((guint) ms, publish, station);
  hein_request_reply (request, NULL, NULL);
}

static void
on_failed (HeinBus *bus,
           HeinEndpoint *endpoint,
           const GError *error,
           gpointer data)
{
  g_printerr ("%s\n", error->message);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  Station *station = data;
  g_autoptr (GError) error = NULL;

  if (!hein_bus_close_finish (station->bus, result, &error))
    g_printerr ("%s\n", error->message);
  g_main_loop_quit (station->loop);
}

/* What was sent still goes out, and the others see it leave in order. */
static gboolean
on_end (gpointer data)
{
  Station *station = data;

  g_source_remove (station->source);
  hein_bus_close_async (station->bus, NULL, on_closed, station);
  return G_SOURCE_REMOVE;
}

static gboolean
start (Station *station, const char *address, GError **error)
{
  g_signal_connect (station->bus, "failed", G_CALLBACK (on_failed), NULL);
  if (!hein_bus_serve (station->bus, "time", on_time, NULL, NULL, error) ||
      !hein_bus_serve (station->bus, "interval", on_interval, station, NULL,
                       error) ||
      hein_bus_dial (station->bus, address, error) == NULL)
    return FALSE;
  station->source = g_timeout_add_seconds (1, publish, station);
  g_unix_signal_add (SIGTERM, on_end, station);
  g_unix_signal_add (SIGINT, on_end, station);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  Station station = { 0 };
  gboolean is_started;

  if (argc != 3)
    {
      g_printerr ("usage: stationd NAME ADDRESS\n");
      return 2;
    }
  station.bus = hein_bus_new (argv[1]);
  station.loop = g_main_loop_new (NULL, FALSE);
  is_started = start (&station, argv[2], &error);
  if (is_started)
    g_main_loop_run (station.loop);
  else
    g_printerr ("%s\n", error->message);
  g_object_unref (station.bus);
  g_main_loop_unref (station.loop);
  return is_started ? 0 : 1;
}

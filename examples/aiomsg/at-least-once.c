/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Gives a job to each of COUNT workers that say they are ready (smartsock
 * connect), and ends when all jobs have been acknowledged. That of a worker that
 * goes before it has done so waits for it to come back.
 *
 *   at-least-once [COUNT [URI]]
 */
#include <hein/hein.h>
#include <stdlib.h>

static void
on_closed (GObject *bus, GAsyncResult *result, gpointer status)
{
  g_autoptr (GError) error = NULL;

  hein_bus_close_finish (HEIN_BUS (bus), result, &error);
  if (error != NULL)
    g_printerr ("%s\n", error->message);
  *(int *) status = error == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main (int argc, char *argv[])
{
  g_autoptr (HeinBus) bus = hein_bus_new ("captain");
  g_autoptr (GError) error = NULL;
  guint n_wanted = argc > 1 ? atoi (argv[1]) : 1;
  const char *uri =
    argc > 2 ? argv[2] : "tcp+aiomsg://127.0.0.1:25000?guarantee=at-least-once";
  HeinEndpoint *endpoint = hein_bus_listen (bus, uri, &error);
  int status = -1;

  if (endpoint == NULL)
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }
  g_print ("listening on %s\n", hein_endpoint_get_bound_uri (endpoint));
  for (guint i = 0; i < n_wanted; i++)
    {
      g_autoptr (HeinMessage) ready = hein_bus_receive (bus, -1, NULL);
      const char *name = hein_peer_get_name (hein_message_get_sender (ready));
      g_autofree char *text = g_strdup_printf ("job %u", i);
      g_autoptr (HeinMessage) job = hein_message_new_text ("", text);

      g_print ("%s for %s\n", text, name);
      hein_bus_send_to (bus, name, job, NULL);
    }
  hein_bus_close_async (bus, NULL, on_closed, &status);
  while (status < 0)
    hein_bus_turn (bus, -1);
  return status;
}

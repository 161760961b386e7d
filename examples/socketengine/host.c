/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shows all clients a value, and each one a value of its own, when COUNT of
 * them have shown something.
 *
 *   host [COUNT [URI]]
 */
#include <hein/hein.h>
#include <stdlib.h>

static void
greet (HeinBus *bus, HeinMessage *value)
{
  const char *name = hein_peer_get_name (hein_message_get_sender (value));
  g_autofree char *text = hein_message_dup_text (value, NULL);
  g_autofree char *greeting = g_strdup_printf ("welcome, %s", name);
  g_autoptr (HeinMessage) message = hein_message_new_text ("order", greeting);

  g_print ("%s: %s\n", name, text);
  hein_bus_send_to (bus, name, message, NULL);
}

static gboolean
greet_all (HeinBus *bus, guint n_wanted)
{
  g_autoptr (GPtrArray) values = hein_bus_get_latest (bus, "test");

  if (values->len < n_wanted)
    return FALSE;
  for (guint i = 0; i < values->len; i++)
    greet (bus, values->pdata[i]);
  return TRUE;
}

int
main (int argc, char *argv[])
{
  g_autoptr (HeinBus) bus =
    g_object_new (HEIN_TYPE_BUS, "name", "host", "keep-latest", TRUE, NULL);
  g_autoptr (HeinMessage) north = hein_message_new_text ("heading", "north");
  g_autoptr (HeinMessage) south = hein_message_new_text ("heading", "south");
  g_autoptr (GError) error = NULL;
  guint n_wanted = argc > 1 ? atoi (argv[1]) : 1;
  const char *uri =
    argc > 2 ? argv[2] : "channel+socketengine://127.0.0.1:8080";
  HeinEndpoint *endpoint = hein_bus_listen (bus, uri, &error);

  if (endpoint == NULL)
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }
  g_print ("listening on %s\n", hein_endpoint_get_bound_uri (endpoint));
  hein_bus_send (bus, north, NULL);
  hein_bus_send (bus, south, NULL); /* nobody sees the one before */
  while (!greet_all (bus, n_wanted))
    hein_bus_turn (bus, -1);
  while (hein_peers_get_n_peers (hein_bus_get_peers (bus)) > 0)
    hein_bus_turn (bus, -1);
  return EXIT_SUCCESS;
}

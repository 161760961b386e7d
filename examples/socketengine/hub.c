/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two hubs that show each other values: of each channel, the latest one.
 *
 *   hub listen [NAME [URI]]   asks the hub of that name how fast it goes
 *   hub dial [NAME [URI]]     goes there under that name
 */
#include <hein/hein.h>
#include <stdlib.h>

/* @name NULL: whoever said it. FALSE: nobody has. */
static gboolean
print_latest (HeinBus *bus, const char *topic, const char *name)
{
  g_autoptr (GPtrArray) values = hein_bus_get_latest (bus, topic);

  for (guint i = 0; i < values->len; i++)
    {
      HeinMessage *value = g_ptr_array_index (values, i);
      HeinPeer *sender = hein_message_get_sender (value);
      g_autofree char *text = hein_message_dup_text (value, NULL);

      if (name != NULL && !g_str_equal (hein_peer_get_name (sender), name))
        continue;
      g_print ("%s: %s\n", topic, text);
      return TRUE;
    }
  return FALSE;
}

static void
run_listener (HeinBus *bus, const char *name)
{
  g_autoptr (HeinMessage) order = hein_message_new_text ("order", "slower");

  while (!print_latest (bus, "speed", name))
    hein_bus_turn (bus, -1);
  hein_bus_send_to (bus, name, order, NULL);
  while (hein_peers_get_n_peers (hein_bus_get_peers (bus)) > 0)
    hein_bus_turn (bus, -1);
}

static void
run_dialler (HeinBus *bus)
{
  g_autoptr (HeinMessage) fast = hein_message_new_text ("speed", "warp 8");
  g_autoptr (HeinMessage) faster = hein_message_new_text ("speed", "warp 9");

  hein_bus_send (bus, fast, NULL);
  hein_bus_send (bus, faster, NULL); /* nobody sees the one before */
  while (!print_latest (bus, "order", NULL))
    hein_bus_turn (bus, -1);
}

int
main (int argc, char *argv[])
{
  const char *name = argc > 2 ? argv[2] : "kirk";
  const char *uri =
    argc > 3 ? argv[3] : "channel+socketengine://127.0.0.1:8080";
  gboolean listens = argc > 1 && g_str_equal (argv[1], "listen");
  g_autoptr (HeinBus) bus =
    g_object_new (HEIN_TYPE_BUS, "name", listens ? "hub" : name, "keep-latest",
                  TRUE, NULL);
  g_autoptr (GError) error = NULL;
  HeinEndpoint *endpoint = listens ? hein_bus_listen (bus, uri, &error)
                                   : hein_bus_dial (bus, uri, &error);

  if (endpoint == NULL)
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }
  if (!listens)
    run_dialler (bus);
  else
    {
      g_print ("listening on %s\n", hein_endpoint_get_bound_uri (endpoint));
      run_listener (bus, name);
    }
  return EXIT_SUCCESS;
}

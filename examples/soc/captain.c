/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Says hello to all receivers as soon as there are COUNT of them, and asks who
 * is still alive.
 *
 *   captain [COUNT [URI]]
 */
#include <hein/hein.h>
#include <stdlib.h>

static void
on_peer_added (HeinBus *bus, HeinPeer *peer, gpointer data)
{
  g_print ("hello: %s\n", hein_peer_get_name (peer));
}

static void
on_answered (GObject *bus, GAsyncResult *result, gpointer answers)
{
  *(GVariant **) answers = hein_bus_ping_finish (HEIN_BUS (bus), result, NULL);
}

static void
print_answers (GVariant *answers)
{
  GVariantIter iter;
  const char *name;
  gboolean has_answered;

  g_variant_iter_init (&iter, answers);
  while (g_variant_iter_next (&iter, "{&sb}", &name, &has_answered))
    g_print ("%s: %s\n", name, has_answered ? "alive" : "gone");
}

int
main (int argc, char *argv[])
{
  g_autoptr (HeinBus) bus = hein_bus_new ("captain");
  g_autoptr (HeinMessage) message = hein_message_new_text ("chat", "hello!");
  g_autoptr (GVariant) answers = NULL;
  g_autoptr (GError) error = NULL;
  guint n_wanted = argc > 1 ? atoi (argv[1]) : 2;
  const char *uri = argc > 2 ? argv[2] : "tcp+soc://127.0.0.1:50007";
  HeinEndpoint *endpoint = hein_bus_listen (bus, uri, &error);

  if (endpoint == NULL)
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }
  g_print ("listening on %s\n", hein_endpoint_get_bound_uri (endpoint));
  g_signal_connect (bus, "peer-added", G_CALLBACK (on_peer_added), NULL);
  while (hein_peers_get_n_peers (hein_bus_get_peers (bus)) < n_wanted)
    hein_bus_turn (bus, -1);
  hein_bus_send (bus, message, NULL);
  hein_bus_ping_async (bus, 5000, NULL, on_answered, &answers);
  while (answers == NULL)
    hein_bus_turn (bus, -1);
  print_answers (answers);
  return EXIT_SUCCESS;
}

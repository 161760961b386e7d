/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A dashboard that stations dial: prints who is there, how each has proved who
 * it is, and the latest load of each.
 *
 * usage: dashboard ADDRESS
 */
#include <hein/hein.h>

static gboolean
show (gpointer data)
{
  HeinPeers *peers = hein_bus_get_peers (data);

  for (guint i = 0; i < hein_peers_get_n_peers (peers); i++)
    {
      HeinPeer *peer = hein_peers_get_peer (peers, i);
      g_autoptr (HeinMessage) load = hein_peer_get_latest (peer, "load");
      g_autofree char *text =
        load != NULL ? hein_message_dup_text (load, NULL) : NULL;

      if (text != NULL)
        g_print ("%s: %s\n", hein_peer_get_name (peer), text);
    }
  return G_SOURCE_CONTINUE;
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) answer =
    hein_bus_request_finish (HEIN_BUS (source), result, &error);
  g_autofree char *text = NULL;

  if (answer == NULL)
    {
      g_print ("no time: %s\n", error->message);
      return;
    }
  text = hein_message_dup_text (answer, NULL);
  g_print ("%s: it is %s\n",
           hein_peer_get_name (hein_message_get_sender (answer)), text);
}

static void
on_peer_added (HeinBus *bus, HeinPeer *peer, gpointer data)
{
  g_autoptr (HeinMessage) request = hein_message_new_text ("time", "");

  g_print ("%s is there (%s)\n", hein_peer_get_name (peer),
           hein_peer_get_security (peer));
  hein_bus_request_to_async (bus, hein_peer_get_name (peer), request, 5000,
                             NULL, on_answer, NULL);
}

static void
on_peer_removed (HeinBus *bus,
                 HeinPeer *peer,
                 const GError *error,
                 gpointer data)
{
  g_print ("%s is gone: %s\n", hein_peer_get_name (peer),
           error != NULL ? error->message : "in order");
}

static void
on_failed (HeinBus *bus,
           HeinEndpoint *endpoint,
           const GError *error,
           gpointer data)
{
  g_print ("%s\n", error->message);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinBus) bus = hein_bus_new ("dashboard");
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  HeinEndpoint *endpoint;

  if (argc != 2)
    {
      g_printerr ("usage: dashboard ADDRESS\n");
      return 2;
    }
  g_object_set (bus, "keep-latest", TRUE, NULL);
  g_signal_connect (bus, "peer-added", G_CALLBACK (on_peer_added), NULL);
  g_signal_connect (bus, "peer-removed", G_CALLBACK (on_peer_removed), NULL);
  g_signal_connect (bus, "failed", G_CALLBACK (on_failed), NULL);
  endpoint = hein_bus_listen (bus, argv[1], &error);
  if (endpoint == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  g_print ("listening on %s\n", hein_endpoint_get_bound_uri (endpoint));
  g_timeout_add (500, show, bus);
  g_main_loop_run (loop);
  return 0;
}

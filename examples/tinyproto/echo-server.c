/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Echoes what clients say. QUIT ends the connection, SRVQUIT the server.
 *
 *   echo-server [URI]
 */
#include <hein/hein.h>
#include <stdlib.h>

static void
on_peer_added (HeinBus *bus, HeinPeer *peer, gpointer data)
{
  g_print ("opened: %s\n", hein_peer_get_name (peer));
}

static void
on_peer_removed (HeinBus *bus, HeinPeer *peer, GError *error, gpointer data)
{
  g_print ("closed: %s\n", hein_peer_get_name (peer));
}

static void
echo (HeinBus *bus, HeinPeer *peer, const char *text)
{
  g_autofree char *answer = g_strdup_printf ("Echo back: %s", text);
  g_autoptr (HeinMessage) message = hein_message_new_text ("", answer);

  hein_bus_send_to (bus, hein_peer_get_name (peer), message, NULL);
}

/* Everybody's connection is. */
static void
on_closed (GObject *bus, GAsyncResult *result, gpointer loop)
{
  g_main_loop_quit (loop);
}

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer loop)
{
  HeinPeer *peer = hein_message_get_sender (message);
  g_autofree char *text = hein_message_dup_text (message, NULL);

  if (g_strcmp0 (text, "SRVQUIT") == 0)
    hein_bus_close_async (bus, NULL, on_closed, loop);
  else if (text == NULL || g_str_equal (text, "QUIT"))
    hein_peer_close (peer); /* also of who says what is no text */
  else
    echo (bus, peer, text);
}

int
main (int argc, char *argv[])
{
  g_autoptr (HeinBus) bus = hein_bus_new ("server");
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  const char *uri = argc > 1 ? argv[1] : "tcp+tinyproto://127.0.0.1:9123";
  HeinEndpoint *endpoint = hein_bus_listen (bus, uri, &error);

  if (endpoint == NULL)
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }
  g_print ("listening on %s\n", hein_endpoint_get_bound_uri (endpoint));
  g_signal_connect (bus, "peer-added", G_CALLBACK (on_peer_added), NULL);
  g_signal_connect (bus, "peer-removed", G_CALLBACK (on_peer_removed), NULL);
  g_signal_connect (bus, "message", G_CALLBACK (on_message), loop);
  g_main_loop_run (loop);
  return EXIT_SUCCESS;
}

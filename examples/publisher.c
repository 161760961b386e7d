/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Publishes a numbered message to everybody who dials in, ten times a second.
 *
 *   publisher [URI [COUNT]]
 */
#include <hein/hein.h>
#include <stdlib.h>

typedef struct
{
  HeinBus *bus;
  GMainLoop *loop;
  int n_sent;
  int n_wanted;
} Publisher;

static void
on_peer_added (HeinBus *bus, HeinPeer *peer, gpointer data)
{
  g_print ("hello: %s\n", hein_peer_get_name (peer));
}

static void
on_peer_removed (HeinBus *bus, HeinPeer *peer, GError *error, gpointer data)
{
  g_print ("goodbye: %s\n", hein_peer_get_name (peer));
}

/* Everybody has taken everything: what is queued has gone out. */
static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  Publisher *self = data;

  hein_bus_close_finish (self->bus, result, NULL);
  g_main_loop_quit (self->loop);
}

static gboolean
publish (gpointer data)
{
  Publisher *self = data;
  g_autofree char *text = g_strdup_printf ("stardate %d", self->n_sent + 1);
  g_autoptr (HeinMessage) message = hein_message_new_text ("log", text);
  g_autoptr (GError) error = NULL;

  if (!hein_bus_send (self->bus, message, &error))
    g_printerr ("%s\n", error->message);
  if (++self->n_sent != self->n_wanted)
    return G_SOURCE_CONTINUE;
  hein_bus_close_async (self->bus, NULL, on_closed, self);
  return G_SOURCE_REMOVE;
}

int
main (int argc, char *argv[])
{
  g_autoptr (HeinBus) bus = hein_bus_new ("enterprise");
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  Publisher self = { bus, loop, 0, argc > 2 ? atoi (argv[2]) : 0 };
  const char *uri = argc > 1 ? argv[1] : "tcp://127.0.0.1:5555";
  HeinEndpoint *endpoint = hein_bus_listen (bus, uri, &error);

  if (endpoint == NULL)
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }
  g_print ("listening on %s\n", hein_endpoint_get_bound_uri (endpoint));
  g_signal_connect (bus, "peer-added", G_CALLBACK (on_peer_added), NULL);
  g_signal_connect (bus, "peer-removed", G_CALLBACK (on_peer_removed), NULL);
  g_timeout_add (100, publish, &self);
  g_main_loop_run (loop);
  return EXIT_SUCCESS;
}

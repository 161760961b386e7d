/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Says each line of its input to the other side, and prints what that says,
 * until the input ends.
 *
 *   chat listen|dial [URI]
 */
#include <hein/hein.h>
#include <locale.h>
#include <stdlib.h>

typedef struct
{
  HeinBus *bus;
  GMainLoop *loop;
} Chat;

static void
on_peer_added (HeinBus *bus, HeinPeer *peer, gpointer data)
{
  g_print ("hello: %s\n", hein_peer_get_name (peer));
}

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  g_autofree char *text = hein_message_dup_text (message, NULL);

  if (text != NULL)
    g_print ("%s\n", text);
}

/* All that was said has gone out. */
static void
on_closed (GObject *bus, GAsyncResult *result, gpointer loop)
{
  g_main_loop_quit (loop);
}

static gboolean
on_input (GIOChannel *input, GIOCondition condition, gpointer data)
{
  Chat *self = data;
  g_autofree char *line = NULL;
  g_autoptr (HeinMessage) message = NULL;

  if (g_io_channel_read_line (input, &line, NULL, NULL, NULL) !=
      G_IO_STATUS_NORMAL)
    {
      hein_bus_close_async (self->bus, NULL, on_closed, self->loop);
      return G_SOURCE_REMOVE;
    }
  message = hein_message_new_text ("", g_strchomp (line));
  hein_bus_send (self->bus, message, NULL);
  return G_SOURCE_CONTINUE;
}

int
main (int argc, char *argv[])
{
  g_autoptr (HeinBus) bus = hein_bus_new ("chat");
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GIOChannel) input = g_io_channel_unix_new (0);
  g_autoptr (GError) error = NULL;
  Chat self = { bus, loop };
  gboolean listens = argc > 1 && g_str_equal (argv[1], "listen");
  const char *uri = argc > 2 ? argv[2] : "tcp+tinyproto://127.0.0.1:9123";
  HeinEndpoint *endpoint = listens ? hein_bus_listen (bus, uri, &error)
                                   : hein_bus_dial (bus, uri, &error);

  setlocale (LC_ALL, "");
  if (endpoint == NULL)
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }
  if (listens)
    g_print ("listening on %s\n", hein_endpoint_get_bound_uri (endpoint));
  g_signal_connect (bus, "peer-added", G_CALLBACK (on_peer_added), NULL);
  g_signal_connect (bus, "message", G_CALLBACK (on_message), NULL);
  g_io_add_watch (input, G_IO_IN | G_IO_HUP, on_input, &self);
  g_main_loop_run (loop);
  return EXIT_SUCCESS;
}

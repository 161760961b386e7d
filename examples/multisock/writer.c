/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Says each line of its input to the group, until the input ends. With a type
 * of application/json and objects=yes in the address, lines are objects.
 *
 *   writer [URI [TYPE]]
 */
#include <hein/hein.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_URI "udp-multicast://239.1.1.1:1234?format=multisock"

typedef struct
{
  HeinBus *bus;
  GMainLoop *loop;
  const char *type;
} Writer;

/* Who speaks on this wire hears it, too: taken, so that it does not pile up. */
static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
}

/* All that was said has gone out. */
static void
on_closed (GObject *bus, GAsyncResult *result, gpointer loop)
{
  g_main_loop_quit (loop);
}

static void
say (Writer *self, char *line)
{
  g_autoptr (GBytes) payload = g_bytes_new_take (line, strlen (line));
  g_autoptr (HeinMessage) message =
    hein_message_new_typed ("", self->type, payload);

  hein_bus_send (self->bus, message, NULL);
}

static gboolean
on_input (GIOChannel *input, GIOCondition condition, gpointer data)
{
  Writer *self = data;
  char *line;

  if (g_io_channel_read_line (input, &line, NULL, NULL, NULL) ==
      G_IO_STATUS_NORMAL)
    {
      say (self, g_strchomp (line));
      return G_SOURCE_CONTINUE;
    }
  hein_bus_close_async (self->bus, NULL, on_closed, self->loop);
  return G_SOURCE_REMOVE;
}

int
main (int argc, char *argv[])
{
  g_autoptr (HeinBus) bus = hein_bus_new (NULL);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GIOChannel) input = g_io_channel_unix_new (0);
  g_autoptr (GError) error = NULL;
  Writer self = { bus, loop, argc > 2 ? argv[2] : NULL };

  setlocale (LC_ALL, "");
  g_signal_connect (bus, "message", G_CALLBACK (on_message), NULL);
  if (hein_bus_dial (bus, argc > 1 ? argv[1] : DEFAULT_URI, &error) == NULL)
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }
  g_io_add_watch (input, G_IO_IN | G_IO_HUP, on_input, &self);
  g_main_loop_run (loop);
  return EXIT_SUCCESS;
}

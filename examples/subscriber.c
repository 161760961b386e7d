/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prints what a publisher sends; waits for it, and comes back when it does.
 *
 *   subscriber [NAME [URI]]
 */
#include <hein/hein.h>
#include <stdlib.h>

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  g_autofree char *text = hein_message_dup_text (message, NULL);

  g_print ("%s: %s\n", hein_message_get_topic (message), text);
}

int
main (int argc, char *argv[])
{
  g_autoptr (HeinBus) bus = hein_bus_new (argc > 1 ? argv[1] : "kirk");
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  const char *uri = argc > 2 ? argv[2] : "tcp://127.0.0.1:5555";

  if (hein_bus_dial (bus, uri, &error) == NULL)
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }
  g_signal_connect (bus, "message", G_CALLBACK (on_message), NULL);
  g_main_loop_run (loop);
  return EXIT_SUCCESS;
}

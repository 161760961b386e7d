/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prints the tag and the text of whatever a captain says; waits for one, and
 * comes back when it does.
 *
 *   kirk [NAME [URI]]
 */
#include <hein/hein.h>
#include <locale.h>
#include <stdlib.h>

int
main (int argc, char *argv[])
{
  g_autoptr (HeinBus) bus = hein_bus_new (argc > 1 ? argv[1] : "kirk");
  g_autoptr (GError) error = NULL;
  const char *uri = argc > 2 ? argv[2] : "tcp+soc://127.0.0.1:50007";

  setlocale (LC_ALL, "");
  hein_bus_dial (bus, uri, &error);
  while (error == NULL)
    {
      g_autoptr (HeinMessage) message = hein_bus_receive (bus, -1, &error);
      g_autofree char *text =
        message != NULL ? hein_message_dup_text (message, NULL) : NULL;

      if (text != NULL)
        g_print ("%s: %s\n", hein_message_get_topic (message), text);
    }
  g_printerr ("%s\n", error->message);
  return EXIT_FAILURE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shows a host a value, and prints the latest ones that it shows.
 *
 *   client [NAME [URI]]
 */
#include <hein/hein.h>
#include <stdlib.h>

static gboolean
print_latest (HeinBus *bus, const char *channel)
{
  g_autoptr (GPtrArray) values = hein_bus_get_latest (bus, channel);
  g_autofree char *text = NULL;

  if (values->len == 0)
    return FALSE;
  text = hein_message_dup_text (values->pdata[0], NULL);
  g_print ("%s: %s\n", channel, text);
  return TRUE;
}

int
main (int argc, char *argv[])
{
  g_autoptr (HeinBus) bus =
    g_object_new (HEIN_TYPE_BUS, "name", argc > 1 ? argv[1] : "kirk",
                  "keep-latest", TRUE, NULL);
  g_autoptr (HeinMessage) message =
    hein_message_new_text ("test", "client is connected");
  g_autoptr (GError) error = NULL;
  const char *uri =
    argc > 2 ? argv[2] : "channel+socketengine://127.0.0.1:8080";

  if (hein_bus_dial (bus, uri, &error) == NULL)
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }
  hein_bus_send (bus, message, NULL);
  while (!print_latest (bus, "order"))
    hein_bus_turn (bus, -1);
  print_latest (bus, "heading");
  return EXIT_SUCCESS;
}

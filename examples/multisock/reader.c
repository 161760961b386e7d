/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prints what anybody says to the group, and who it was.
 *
 *   reader [URI]
 */
#include <hein/hein.h>
#include <locale.h>
#include <stdlib.h>

#define DEFAULT_URI "udp-multicast://239.1.1.1:1234?format=multisock"

static void
print (HeinMessage *message)
{
  const char *sender = hein_peer_get_name (hein_message_get_sender (message));
  g_autofree char *text = hein_message_dup_text (message, NULL);

  g_print ("Received from %s: %s\n", sender, text != NULL ? text : "(no text)");
}

int
main (int argc, char *argv[])
{
  g_autoptr (HeinBus) bus = hein_bus_new (NULL);
  g_autoptr (GError) error = NULL;
  const char *uri = argc > 1 ? argv[1] : DEFAULT_URI;
  HeinEndpoint *endpoint = hein_bus_listen (bus, uri, &error);

  setlocale (LC_ALL, "");
  if (endpoint != NULL)
    g_print ("listening on %s\n", hein_endpoint_get_uri (endpoint));
  while (error == NULL)
    {
      g_autoptr (HeinMessage) message = hein_bus_receive (bus, -1, &error);

      if (message != NULL)
        print (message);
    }
  g_printerr ("%s\n", error->message);
  return EXIT_FAILURE;
}

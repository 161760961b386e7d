/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Says each line of its input to an echo server, and prints the answers. QUIT
 * ends the connection, SRVQUIT the server.
 *
 *   echo-client [URI]
 */
#include <hein/hein.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gboolean
is_connected (HeinBus *bus)
{
  return hein_peers_get_n_peers (hein_bus_get_peers (bus)) > 0;
}

static void
say (HeinBus *bus, const char *text, GError **error)
{
  g_autoptr (HeinMessage) message =
    hein_message_new_data ("", (const guint8 *) text, strlen (text));
  g_autoptr (HeinMessage) answer = NULL;
  g_autofree char *echo = NULL;

  hein_bus_send (bus, message, NULL);
  if (g_str_equal (text, "QUIT") || g_str_equal (text, "SRVQUIT"))
    while (is_connected (bus)) /* until the server has done so */
      hein_bus_turn (bus, -1);
  else if ((answer = hein_bus_receive (bus, 5000, error)) != NULL &&
           (echo = hein_message_dup_text (answer, error)) != NULL)
    g_print ("Response from server: %s\n", echo);
}

int
main (int argc, char *argv[])
{
  g_autoptr (HeinBus) bus = hein_bus_new ("client");
  g_autoptr (GError) error = NULL;
  const char *uri =
    argc > 1 ? argv[1] : "tcp+tinyproto://127.0.0.1:9123?turn-ms=0";
  g_autofree char *line = NULL;
  size_t size = 0;

  setlocale (LC_ALL, "");
  if (hein_bus_dial (bus, uri, &error) != NULL)
    while (!is_connected (bus))
      hein_bus_turn (bus, -1);
  while (error == NULL && is_connected (bus) &&
         getline (&line, &size, stdin) > 0)
    say (bus, g_strchomp (line), &error);
  if (error == NULL)
    return EXIT_SUCCESS;
  g_printerr ("%s\n", error->message);
  return EXIT_FAILURE;
}

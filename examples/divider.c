/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers requests: divides one number by another, and says so when that cannot be.
 *
 *   divider [URI]
 */
#include <hein/hein.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BAD_QUESTION     1
#define DIVISION_BY_ZERO 2

static void
on_request (HeinBus *bus, HeinRequest *request, gpointer data)
{
  HeinMessage *message = hein_request_get_message (request);
  g_autofree char *text = hein_message_dup_text (message, NULL);
  g_autoptr (GBytes) answer = NULL;
  long a = 0;
  long b = 0;

  if (text == NULL || sscanf (text, "%ld %ld", &a, &b) != 2)
    hein_request_refuse (request, BAD_QUESTION, "two numbers, please", NULL);
  else if (b == 0)
    hein_request_refuse (request, DIVISION_BY_ZERO, "nothing is divided by 0",
                         NULL);
  else
    {
      char *quotient = g_strdup_printf ("%ld", a / b);

      answer = g_bytes_new_take (quotient, strlen (quotient));
      hein_request_reply (request, answer, NULL);
    }
}

int
main (int argc, char *argv[])
{
  g_autoptr (HeinBus) bus = hein_bus_new ("divider");
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  HeinEndpoint *endpoint = NULL;

  if (hein_bus_serve (bus, "math/divide", on_request, NULL, NULL, &error))
    endpoint =
      hein_bus_listen (bus, argc > 1 ? argv[1] : "tcp://127.0.0.1:5555",
                       &error);
  if (endpoint == NULL)
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }
  g_print ("listening on %s\n", hein_endpoint_get_bound_uri (endpoint));
  g_main_loop_run (loop);
}

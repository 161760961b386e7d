/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Greets COUNT subscribers as soon as they are there, and leaves when all of
 * them have got it.
 *
 *   greeter [COUNT [URI]]
 */
#include <hein/hein.h>
#include <stdlib.h>

typedef struct
{
  GMainLoop *loop;
  guint n_wanted;
  GError *error;
} Greeter;

/* Everybody has taken everything. */
static void
on_closed (GObject *bus, GAsyncResult *result, gpointer data)
{
  Greeter *self = data;

  hein_bus_close_finish (HEIN_BUS (bus), result, &self->error);
  g_main_loop_quit (self->loop);
}

static void
on_peers (GObject *bus, GAsyncResult *result, gpointer data)
{
  Greeter *self = data;
  g_autofree char *text = g_strdup_printf ("hello, all %u!", self->n_wanted);
  g_autoptr (HeinMessage) message = hein_message_new_text ("greeting", text);

  if (hein_bus_wait_for_peers_finish (HEIN_BUS (bus), result, &self->error) &&
      hein_bus_send (HEIN_BUS (bus), message, &self->error))
    hein_bus_close_async (HEIN_BUS (bus), NULL, on_closed, self);
  else
    g_main_loop_quit (self->loop);
}

int
main (int argc, char *argv[])
{
  g_autoptr (HeinBus) bus = hein_bus_new ("greeter");
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Greeter self = { loop, argc > 1 ? MAX (atoi (argv[1]), 1) : 1, NULL };
  const char *uri = argc > 2 ? argv[2] : "tcp://127.0.0.1:5555";
  HeinEndpoint *endpoint = hein_bus_listen (bus, uri, &self.error);

  if (endpoint != NULL)
    {
      g_print ("listening on %s\n", hein_endpoint_get_bound_uri (endpoint));
      hein_bus_wait_for_peers_async (bus, self.n_wanted, -1, NULL, on_peers,
                                     &self);
      g_main_loop_run (loop);
    }
  if (self.error == NULL)
    return EXIT_SUCCESS;
  g_printerr ("%s\n", self.error->message);
  g_error_free (self.error);
  return EXIT_FAILURE;
}

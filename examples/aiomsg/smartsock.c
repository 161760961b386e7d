/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two ends of the same kind: one binds, and gives four jobs to the two that
 * connect. Each of them gets every job (publish), or they take turns
 * (round-robin), or one of them gets all (by-name). They end when it goes.
 *
 *   smartsock bind [publish|round-robin|by-name [URI [NAME]]]
 *   smartsock connect [NAME [URI]]
 */
#include <hein/hein.h>
#include <stdlib.h>

#define DEFAULT_URI "tcp+aiomsg://127.0.0.1:25000"
#define N_PEERS     2
#define N_JOBS      4

static void
on_closed (GObject *bus, GAsyncResult *result, gpointer is_closed)
{
  *(gboolean *) is_closed = TRUE;
}

static gboolean
give_jobs (HeinBus *bus, const char *mode, const char *name, GError **error)
{
  g_autoptr (HeinStrategy) strategy = hein_strategy_new (mode, error);
  gboolean is_closed = FALSE;

  if (strategy == NULL)
    return FALSE;
  for (guint i = 0; i < N_PEERS; i++)
    hein_message_unref (hein_bus_receive (bus, -1, NULL)); /* is ready */
  for (guint i = 0; i < N_JOBS; i++)
    {
      g_autofree char *text = g_strdup_printf ("job %u", i);
      g_autoptr (HeinMessage) message = hein_message_new_text ("", text);

      if (!hein_bus_send_with (bus, strategy, name, message, error))
        return FALSE;
    }
  hein_bus_close_async (bus, NULL, on_closed, &is_closed);
  while (!is_closed) /* until all jobs have gone out */
    hein_bus_turn (bus, -1);
  return TRUE;
}

static gboolean
bind_end (const char *mode, const char *uri, const char *name, GError **error)
{
  g_autoptr (HeinBus) bus = hein_bus_new ("server");
  HeinEndpoint *endpoint = hein_bus_listen (bus, uri, error);

  if (endpoint == NULL)
    return FALSE;
  g_print ("listening on %s\n", hein_endpoint_get_bound_uri (endpoint));
  return give_jobs (bus, mode, name, error);
}

static gboolean
connect_end (const char *name, const char *uri, GError **error)
{
  g_autoptr (HeinBus) bus = hein_bus_new (name);
  g_autoptr (HeinMessage) ready = hein_message_new_text ("", "ready");
  /* what is sent this way waits until somebody is there */
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("round-robin", error);
  HeinMessage *message;

  if (strategy == NULL || hein_bus_dial (bus, uri, error) == NULL ||
      !hein_bus_send_with (bus, strategy, NULL, ready, error))
    return FALSE;
  g_signal_connect (bus, "peer-removed", G_CALLBACK (hein_bus_close), NULL);
  while ((message = hein_bus_receive (bus, -1, NULL)) != NULL)
    {
      g_autofree char *text = hein_message_dup_text (message, NULL);

      g_print ("%s\n", text != NULL ? text : "(no text)");
      hein_message_unref (message);
    }
  return TRUE;
}

int
main (int argc, char *argv[])
{
  g_autoptr (GError) error = NULL;

  if (argc > 1 && g_str_equal (argv[1], "bind"))
    bind_end (argc > 2 ? argv[2] : "publish", argc > 3 ? argv[3] : DEFAULT_URI,
              argc > 4 ? argv[4] : "kirk", &error);
  else
    connect_end (argc > 2 ? argv[2] : "kirk", argc > 3 ? argv[3] : DEFAULT_URI,
                 &error);
  if (error == NULL)
    return EXIT_SUCCESS;
  g_printerr ("%s\n", error->message);
  return EXIT_FAILURE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Publishes a picture, or saves one that is published.
 *
 *   picture send URI FILE      listens there until somebody has taken it
 *   picture receive URI FILE   dials there and waits for one
 */
#include <hein-pixbuf/hein-pixbuf.h>
#include <hein/hein.h>
#include <stdlib.h>

static gboolean
has_taker (HeinBus *bus)
{
  HeinPeers *peers = hein_bus_get_peers (bus);

  for (guint i = 0; i < hein_peers_get_n_peers (peers); i++)
    if (hein_peer_get_accepts_messages (hein_peers_get_peer (peers, i)))
      return TRUE;
  return FALSE;
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer is_closed)
{
  *(gboolean *) is_closed = TRUE;
}

/* Returns when what was sent has gone out. */
static gboolean
close_bus (HeinBus *bus)
{
  gboolean is_closed = FALSE;

  hein_bus_close_async (bus, NULL, on_closed, &is_closed);
  while (!is_closed)
    hein_bus_turn (bus, -1);
  return TRUE;
}

static gboolean
send_picture (const char *uri, const char *path, GError **error)
{
  g_autoptr (HeinBus) bus = hein_bus_new ("camera");
  g_autoptr (GdkPixbuf) pixbuf = gdk_pixbuf_new_from_file (path, error);
  g_autoptr (HeinMessage) message = NULL;
  HeinEndpoint *endpoint;

  if (pixbuf == NULL)
    return FALSE;
  message = hein_pixbuf_message_new ("picture", pixbuf, "image/png", 0, error);
  if (message == NULL)
    return FALSE;
  endpoint = hein_bus_listen (bus, uri, error);
  if (endpoint == NULL)
    return FALSE;
  g_print ("listening on %s\n", hein_endpoint_get_bound_uri (endpoint));
  while (!has_taker (bus))
    hein_bus_turn (bus, -1);
  return hein_bus_send (bus, message, error) && close_bus (bus);
}

/* Saves it as it came, but only when it is a picture. */
static gboolean
receive_picture (const char *uri, const char *path, GError **error)
{
  g_autoptr (HeinBus) bus = hein_bus_new ("viewer");
  g_autoptr (HeinMessage) message = NULL;
  g_autoptr (GdkPixbuf) pixbuf = NULL;
  const guint8 *data;
  gsize size;

  if (hein_bus_dial (bus, uri, error) == NULL)
    return FALSE;
  message = hein_bus_receive (bus, -1, error);
  if (message == NULL)
    return FALSE;
  pixbuf = hein_pixbuf_message_read (message, 0, error);
  if (pixbuf == NULL)
    return FALSE;
  data = hein_message_peek_data (message, &size);
  g_print ("%s: %d x %d\n", hein_message_get_content_type (message),
           gdk_pixbuf_get_width (pixbuf), gdk_pixbuf_get_height (pixbuf));
  return g_file_set_contents (path, (const char *) data, (gssize) size, error);
}

int
main (int argc, char *argv[])
{
  g_autoptr (GError) error = NULL;

  if (argc == 4 && g_str_equal (argv[1], "send"))
    send_picture (argv[2], argv[3], &error);
  else if (argc == 4 && g_str_equal (argv[1], "receive"))
    receive_picture (argv[2], argv[3], &error);
  else
    g_set_error (&error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "usage: picture send|receive URI FILE");
  if (error == NULL)
    return EXIT_SUCCESS;
  g_printerr ("picture: %s\n", error->message);
  return EXIT_FAILURE;
}

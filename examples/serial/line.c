/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two programs at the ends of a serial line, by a transport that hands in a
 * descriptor: each says its lines, and prints what the other one says.
 *
 *   line DEVICE [NAME]     a device such as /dev/ttyUSB0, or one end of a pty
 */
#ifndef HEIN_UNSTABLE_PLUGIN_API
#define HEIN_UNSTABLE_PLUGIN_API
#endif
#include <errno.h>
#include <fcntl.h>
#include <hein/hein.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define TYPE_SERIAL (serial_get_type ())
G_DECLARE_FINAL_TYPE (Serial, serial, , SERIAL, HeinStreamTransport)

struct _Serial
{
  HeinStreamTransport parent_instance;
};

G_DEFINE_FINAL_TYPE (Serial, serial, HEIN_TYPE_STREAM_TRANSPORT)

/* The bytes as they are: no echo, no lines, no signals. */
static int
serial_open_fd (HeinStreamTransport *transport,
                HeinEndpoint *endpoint,
                GError **error)
{
  const char *path = hein_transport_get_path (HEIN_TRANSPORT (transport));
  const int fd = open (path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  struct termios mode;

  if (fd >= 0 && tcgetattr (fd, &mode) == 0)
    {
      cfmakeraw (&mode);
      mode.c_cc[VMIN] = 1;
      if (tcsetattr (fd, TCSANOW, &mode) == 0)
        return fd;
    }
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s", path,
               g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return -1;
}

static void
serial_class_init (SerialClass *class)
{
  HEIN_STREAM_TRANSPORT_CLASS (class)->open_fd = serial_open_fd;
}

static void
serial_init (Serial *self)
{
}

/* ---- the program ---- */

static void
on_peer_added (HeinBus *bus, HeinPeer *peer)
{
  g_print ("%s is there\n", hein_peer_get_name (peer));
}

static void
on_message (HeinBus *bus, HeinMessage *message)
{
  g_autofree char *text = hein_message_dup_text (message, NULL);

  g_print ("%s: %s\n", hein_peer_get_name (hein_message_get_sender (message)),
           text);
}

typedef struct
{
  HeinBus *bus;
  GMainLoop *loop;
} Talk;

static void
on_closed (GObject *bus, GAsyncResult *result, gpointer data)
{
  g_main_loop_quit (((Talk *) data)->loop);
}

static gboolean
on_line (GIOChannel *input, GIOCondition condition, gpointer data)
{
  Talk *talk = data;
  g_autofree char *line = NULL;
  gsize end;

  if (g_io_channel_read_line (input, &line, NULL, &end, NULL) !=
      G_IO_STATUS_NORMAL)
    {
      hein_bus_close_async (talk->bus, NULL, on_closed, talk);
      return G_SOURCE_REMOVE;
    }
  line[end] = '\0';
  {
    g_autoptr (HeinMessage) message = hein_message_new_text ("line", line);
    g_autoptr (GError) error = NULL;

    if (!hein_bus_send (talk->bus, message, &error))
      g_printerr ("%s\n", error->message);
  }
  return G_SOURCE_CONTINUE;
}

int
main (int argc, char *argv[])
{
  const char *device = argc > 1 ? argv[1] : "/dev/ttyUSB0";
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GIOChannel) input = g_io_channel_unix_new (STDIN_FILENO);
  g_autoptr (HeinBus) bus = hein_bus_new (argc > 2 ? argv[2] : NULL);
  g_autofree char *uri = g_strconcat ("serial://", device, NULL);
  g_autoptr (GError) error = NULL;
  Talk talk = { bus, loop };

  if (!hein_plugin_add ("serial", TYPE_SERIAL, &error) ||
      hein_bus_dial (bus, uri, &error) == NULL)
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }
  g_signal_connect (bus, "peer-added", G_CALLBACK (on_peer_added), NULL);
  g_signal_connect (bus, "message", G_CALLBACK (on_message), NULL);
  g_io_add_watch (input, G_IO_IN | G_IO_HUP, on_line, &talk);
  g_main_loop_run (loop);
  return EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-activation.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>

/*
 * Listening sockets that a service manager made for this process, as
 * sd_listen_fds(3) describes: LISTEN_PID is this process, and LISTEN_FDS are so
 * many descriptors, from 3 on.
 *
 * A socket is given away as a copy of its descriptor: whoever closes that may
 * listen again, and connections that come meanwhile wait in the queue.
 */

#define FIRST_FD 3
/* More than a unit has; a number out of reach is none. */
#define FDS_MAX 4096

typedef struct
{
  int fd;
  GSocketAddress *address; /* NULL: it does not listen to a stream */
  gboolean is_taken;
} Handed;

static GMutex lock;
static Handed *handed; /* owned: as long as the process lives */
static guint n_handed;

/* ---- what was handed over ---- */

static guint64
get_number (const char *variable, guint64 max)
{
  const char *text = g_getenv (variable);
  guint64 number = 0;

  return text != NULL &&
             g_ascii_string_to_unsigned (text, 10, 0, max, &number, NULL)
           ? number
           : 0;
}

static gboolean
has_option (int fd, int name, int wanted)
{
  int value = -1;
  socklen_t size = sizeof value;

  return getsockopt (fd, SOL_SOCKET, name, &value, &size) == 0 &&
         value == wanted;
}

static GSocketAddress *
look_up_address (int fd)
{
  struct sockaddr_storage native;
  socklen_t size = sizeof native;

  if (!has_option (fd, SO_TYPE, SOCK_STREAM) ||
      !has_option (fd, SO_ACCEPTCONN, 1) ||
      getsockname (fd, (struct sockaddr *) &native, &size) != 0)
    return NULL;
  return g_socket_address_new_from_native (&native, size);
}

static void
look (void)
{
  static gsize is_done = 0;

  if (!g_once_init_enter (&is_done))
    return;
  if (get_number ("LISTEN_PID", G_MAXINT) == (guint64) getpid ())
    n_handed = (guint) get_number ("LISTEN_FDS", FDS_MAX);
  handed = g_new0 (Handed, n_handed);
  for (guint i = 0; i < n_handed; i++)
    {
      handed[i].fd = FIRST_FD + (int) i;
      handed[i].address = look_up_address (handed[i].fd);
    }
  g_once_init_leave (&is_done, 1);
}

/* ---- which of them is meant ---- */

static gboolean
is_wanted_host (GInetAddress *address, const char *host)
{
  g_autoptr (GInetAddress) wanted = NULL;

  if (g_str_equal (host, "*"))
    return g_inet_address_get_is_any (address);
  if (*host == '\0' || g_ascii_strcasecmp (host, "localhost") == 0)
    return g_inet_address_get_is_loopback (address);
  wanted = g_inet_address_new_from_string (host);
  return wanted != NULL && g_inet_address_equal (wanted, address);
}

static gboolean
is_wanted_path (GUnixSocketAddress *address, const char *path)
{
  const char *there = g_unix_socket_address_get_path (address);
  const gboolean is_abstract = g_unix_socket_address_get_address_type (
                                 address) == G_UNIX_SOCKET_ADDRESS_ABSTRACT;

  if (*path == '@')
    return is_abstract && g_str_equal (there, path + 1);
  return *path != '\0' && !is_abstract && g_str_equal (there, path);
}

static gboolean
is_wanted (GSocketAddress *address,
           const char *host,
           int port,
           const char *path)
{
  if (port < 0)
    return G_IS_UNIX_SOCKET_ADDRESS (address) &&
           is_wanted_path (G_UNIX_SOCKET_ADDRESS (address), path);
  return G_IS_INET_SOCKET_ADDRESS (address) &&
         g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)) ==
           port &&
         is_wanted_host (g_inet_socket_address_get_address (
                           G_INET_SOCKET_ADDRESS (address)),
                         host);
}

/* ---- giving it away ---- */

static void
give_back (gpointer data)
{
  Handed *one = data;

  g_mutex_lock (&lock);
  one->is_taken = FALSE;
  g_mutex_unlock (&lock);
}

static GSocket *
copy (Handed *one, GError **error)
{
  const int fd = fcntl (one->fd, F_DUPFD_CLOEXEC, 0);
  GSocket *socket;

  if (fd < 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
                   "cannot copy a descriptor: %s", g_strerror (errno));
      return NULL;
    }
  socket = g_socket_new_from_fd (fd, error);
  if (socket == NULL)
    {
      close (fd);
      return NULL;
    }
  /* programs that this one starts are not to hold the address */
  fcntl (one->fd, F_SETFD, FD_CLOEXEC);
  one->is_taken = TRUE;
  g_object_set_data_full (G_OBJECT (socket), "hein-activation", one, give_back);
  return socket;
}

GSocket *
hein_activation_take (const char *host,
                      int port,
                      const char *path,
                      GError **error)
{
  GSocket *socket = NULL;

  look ();
  g_mutex_lock (&lock);
  for (guint i = 0; i < n_handed; i++)
    if (handed[i].address != NULL && !handed[i].is_taken &&
        is_wanted (handed[i].address, host, port, path))
      {
        socket = copy (&handed[i], error);
        break;
      }
  g_mutex_unlock (&lock);
  return socket;
}

char *
hein_activation_list (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  look ();
  for (guint i = 0; i < n_handed; i++)
    {
      GSocketAddress *address = handed[i].address;
      g_autofree char *shown =
        address != NULL
          ? g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address))
          : g_strdup ("one that does not listen to streams");

      g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", shown);
    }
  return text->len > 0 ? g_strdup (text->str) : NULL;
}

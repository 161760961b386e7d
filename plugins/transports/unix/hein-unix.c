/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <hein/hein.h>

#include "hein-unix-lock.h"
#include "options/hein-options.h"

/* unix(7): sun_path ends with a NUL, an abstract name begins with one. */
#define PATH_MAX_BYTES (sizeof ((struct sockaddr_un *) NULL)->sun_path - 1)

/* Streams between the processes of one user of one machine. */
struct _HeinUnix
{
  HeinStreamTransport parent_instance;

  gboolean any_user;
  HeinUnixLock *lock; /* while listening on a path */
};

#define HEIN_TYPE_UNIX (hein_unix_get_type ())
G_DECLARE_FINAL_TYPE (HeinUnix, hein_unix, HEIN, UNIX, HeinStreamTransport)

G_DEFINE_FINAL_TYPE (HeinUnix, hein_unix, HEIN_TYPE_STREAM_TRANSPORT)

static gboolean
refuse_address (const char *why, GError **error)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
               "%s, write unix:///path or unix:@name", why);
  return FALSE;
}

static gboolean
check_address (HeinTransport *transport, GError **error)
{
  const char *path = hein_transport_get_path (transport);
  gsize size = strlen (path);
  g_autofree char *why = NULL;

  if (hein_transport_get_host (transport)[0] != '\0' ||
      hein_transport_get_port (transport) >= 0)
    return refuse_address ("a host has no meaning here", error);
  if (path[0] != '/' && path[0] != '@')
    return refuse_address ("the path is not absolute", error);
  if (size < 2)
    return refuse_address ("the path is empty", error);
  if (size <= PATH_MAX_BYTES)
    return TRUE;
  why = g_strdup_printf ("the path has %" G_GSIZE_FORMAT
                         " bytes and the system allows %" G_GSIZE_FORMAT,
                         size, (gsize) PATH_MAX_BYTES);
  return refuse_address (why, error);
}

static GSocketAddress *
make_address (HeinTransport *transport, GError **error)
{
  const char *path = hein_transport_get_path (transport);

  if (!check_address (transport, error))
    return NULL;
  if (path[0] == '@')
    return g_unix_socket_address_new_with_type (path + 1, -1,
                                                G_UNIX_SOCKET_ADDRESS_ABSTRACT);
  return g_unix_socket_address_new (path);
}

static GSocketConnectable *
hein_unix_get_connectable (HeinStreamTransport *transport,
                           HeinEndpoint *endpoint,
                           GError **error)
{
  return (GSocketConnectable *) make_address (HEIN_TRANSPORT (transport),
                                              error);
}

/* On Linux the node gets the mode of the socket at bind (), less the umask: so
 * there is no moment in which others could connect. */
static GSocket *
bind_socket (HeinUnix *self, GSocketAddress *address, GError **error)
{
  g_autoptr (GSocket) socket = NULL;

  socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM,
                         G_SOCKET_PROTOCOL_DEFAULT, error);
  if (socket == NULL)
    return NULL;
  if (fchmod (g_socket_get_fd (socket), self->any_user ? 0666 : 0600) != 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                           "cannot set the mode of a socket");
      return NULL;
    }
  if (!g_socket_bind (socket, address, FALSE, error))
    return NULL;
  return g_steal_pointer (&socket);
}

static GSocket *
hein_unix_listen (HeinStreamTransport *transport,
                  HeinEndpoint *endpoint,
                  GError **error)
{
  HeinUnix *self = HEIN_UNIX (transport);
  g_autoptr (GSocketAddress) address =
    make_address (HEIN_TRANSPORT (transport), error);
  g_autoptr (HeinUnixLock) lock = NULL;
  const char *path = hein_transport_get_path (HEIN_TRANSPORT (transport));
  GSocket *socket;

  if (address == NULL)
    return NULL;
  if (path[0] == '/')
    {
      lock = hein_unix_lock_new (path, error);
      if (lock == NULL)
        return NULL;
    }
  socket = bind_socket (self, address, error);
  if (socket == NULL)
    return NULL;
  if (lock != NULL)
    hein_unix_lock_set_bound (lock);
  g_clear_pointer (&self->lock, hein_unix_lock_free);
  self->lock = g_steal_pointer (&lock);
  return socket;
}

/* The mode guards a path; nothing else guards an abstract name. */
static gboolean
hein_unix_accepts (HeinStreamTransport *transport,
                   GSocket *socket,
                   GError **error)
{
  HeinUnix *self = HEIN_UNIX (transport);
  struct ucred credentials = { .uid = (uid_t) -1 };
  socklen_t size = sizeof credentials;

  if (self->any_user)
    return TRUE;
  /* GLib takes credentials without a process for invalid: those of a process of
   * another PID namespace, as sandboxes and containers have them */
  if (getsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_PEERCRED,
                  &credentials, &size) == 0 &&
      credentials.uid != (uid_t) -1 && credentials.uid == geteuid ())
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
               "user %u is not the user of this bus (%u); say any-user=yes to "
               "let others in",
               (guint) credentials.uid, (guint) geteuid ());
  return FALSE;
}

/* The socket is closed first: whoever finds the path free may bind it. */
static void
hein_unix_close (HeinTransport *transport)
{
  HeinUnix *self = HEIN_UNIX (transport);

  HEIN_TRANSPORT_CLASS (hein_unix_parent_class)->close (transport);
  g_clear_pointer (&self->lock, hein_unix_lock_free);
}

static const HeinOptionEntry options[] = {
  /* whether other users of the machine may connect */
  { .name = "any-user",
    .kind = HEIN_OPTION_FLAG,
    .offset = G_STRUCT_OFFSET (HeinUnix, any_user) },
  { NULL },
};

static void
hein_unix_finalize (GObject *object)
{
  HeinUnix *self = HEIN_UNIX (object);

  g_clear_pointer (&self->lock, hein_unix_lock_free);

  G_OBJECT_CLASS (hein_unix_parent_class)->finalize (object);
}

static void
hein_unix_class_init (HeinUnixClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  HeinTransportClass *transport_class = HEIN_TRANSPORT_CLASS (class);
  HeinStreamTransportClass *stream_class = HEIN_STREAM_TRANSPORT_CLASS (class);

  object_class->finalize = hein_unix_finalize;
  transport_class->close = hein_unix_close;
  stream_class->get_connectable = hein_unix_get_connectable;
  stream_class->listen = hein_unix_listen;
  stream_class->accepts = hein_unix_accepts;
  hein_options_install (object_class, options);
}

static void
hein_unix_init (HeinUnix *self)
{
  hein_options_init (self, options);
}

HEIN_PLUGIN_DEFINE (HeinUnix,
                    hein_unix,
                    TRANSPORT,
                    "unix",
                    "unix",
                    "Many peers both ways over Unix sockets of one user")

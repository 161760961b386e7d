/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <hein/hein-error.h>

/* Asking a transport for a descriptor that is already connected, and checking
 * descriptors. */

int
hein_descriptor_ask (HeinStreamTransport *transport,
                     HeinEndpoint *endpoint,
                     GError **error)
{
  g_autoptr (GError) local_error = NULL;
  const int fd =
    HEIN_STREAM_TRANSPORT_GET_CLASS (transport)->open_fd (transport, endpoint,
                                                          &local_error);

  if (fd > STDERR_FILENO && local_error == NULL)
    return fd;
  if (fd >= 0 && local_error == NULL)
    /* a binding returns 0 for a vfunc that returns nothing */
    g_set_error (&local_error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "descriptor %d is a standard stream of the program: give a "
                 "copy",
                 fd);
  if (local_error == NULL)
    g_set_error (&local_error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "the transport %s gave no descriptor, and did not say why",
                 G_OBJECT_TYPE_NAME (transport));
  g_propagate_error (error, g_steal_pointer (&local_error));
  return -1;
}

static gboolean
refuse (const char *what, GError **error)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "the descriptor is %s; it has to be a connected stream socket, "
               "or a device such as a serial line",
               what);
  return FALSE;
}

static gboolean
check_socket (int fd, GError **error)
{
  struct sockaddr_storage peer;
  socklen_t peer_size = sizeof peer;
  int type = 0;
  socklen_t type_size = sizeof type;

  if (getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &type_size) != 0 ||
      type != SOCK_STREAM)
    /* the stream code would cut messages at packet boundaries */
    return refuse ("a socket of packets", error);
  if (getpeername (fd, (struct sockaddr *) &peer, &peer_size) != 0)
    return refuse ("a socket that is not connected", error);
  return TRUE;
}

static gboolean
check_kind (int fd, gboolean *is_file, GError **error)
{
  struct stat status;

  if (fstat (fd, &status) != 0)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                   "%d is not a descriptor: %s", fd, g_strerror (errno));
      return FALSE;
    }
  *is_file = !S_ISSOCK (status.st_mode);
  if (!*is_file)
    return check_socket (fd, error);
  if (S_ISCHR (status.st_mode))
    return TRUE;
  return refuse (S_ISFIFO (status.st_mode) ? "a pipe, which goes one way"
                                           : "a file",
                 error);
}

gboolean
hein_descriptor_prepare (int fd, gboolean *is_file, GError **error)
{
  if (!check_kind (fd, is_file, error))
    return FALSE;
  if (fcntl (fd, F_SETFL, fcntl (fd, F_GETFL) | O_NONBLOCK) == 0 &&
      fcntl (fd, F_SETFD, FD_CLOEXEC) == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
               "cannot make the descriptor non-blocking: %s",
               g_strerror (errno));
  return FALSE;
}

GSocketAddress *
hein_descriptor_dup_address (int fd)
{
  struct sockaddr_storage peer;
  socklen_t size = sizeof peer;

  if (getpeername (fd, (struct sockaddr *) &peer, &size) != 0)
    return NULL;
  return g_socket_address_new_from_native (&peer, size);
}

gboolean
hein_descriptor_is_connected_to_itself (int fd)
{
  struct sockaddr_storage own = { 0 };
  struct sockaddr_storage other = { 0 };
  socklen_t own_size = sizeof own;
  socklen_t other_size = sizeof other;

  return getsockname (fd, (struct sockaddr *) &own, &own_size) == 0 &&
         getpeername (fd, (struct sockaddr *) &other, &other_size) == 0 &&
         (own.ss_family == AF_INET || own.ss_family == AF_INET6) &&
         own_size == other_size && memcmp (&own, &other, own_size) == 0;
}

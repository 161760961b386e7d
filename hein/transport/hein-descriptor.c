/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <hein/hein-error.h>

/* Checks on descriptors that a transport hands over already connected. */

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
                   "%d is no descriptor: %s", fd, g_strerror (errno));
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-notify.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* What a service manager is told, as sd_notify(3) describes: a datagram to the
 * socket that NOTIFY_SOCKET names. */

void
tool_notify (const char *state)
{
  const char *path = g_getenv ("NOTIFY_SOCKET");
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  gsize size;
  int fd;

  if (path == NULL || strchr ("/@", path[0]) == NULL)
    return;
  size = strlen (path);
  if (size < 2 || size >= sizeof address.sun_path)
    return;
  memcpy (address.sun_path, path, size);
  if (path[0] == '@')
    address.sun_path[0] = '\0';
  fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return;
  sendto (fd, state, strlen (state), MSG_NOSIGNAL,
          (const struct sockaddr *) &address,
          (socklen_t) (offsetof (struct sockaddr_un, sun_path) + size));
  close (fd);
}

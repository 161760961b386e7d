/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-hello-stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "tool-hello-counters.h"
#include "tool-hello-socket.h"
#include "tool-hello-wire.h"

/*
 * Dials, or listens and accepts, as a program would. The listener says who it
 * is first; the dialler answers only to that, so a program that listens there
 * is not told anything.
 */

#define MANY 8 /* connections, and attempts at a time */

typedef struct
{
  int fd; /* -1: none */
  gboolean is_open;
  gboolean is_known; /* the other side says hello there */
  gsize n_read;
  guint8 data[TOOL_HELLO_SIZE];
} Connection;

struct _ToolHelloStream
{
  int listener; /* -1: none */
  gboolean dials;
  gint64 n_failed; /* of the counter, when it began */
  struct sockaddr_storage address;
  guint oldest;
  Connection connections[MANY];
};

/* ---- opening ---- */

static socklen_t
get_size (const ToolHelloStream *self)
{
  return self->address.ss_family == AF_INET6 ? sizeof (struct sockaddr_in6)
                                             : sizeof (struct sockaddr_in);
}

static int
open_socket (ToolHelloStream *self)
{
  return socket (self->address.ss_family,
                 SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static void
start_listening (ToolHelloStream *self, ToolHelloEvidence *mine)
{
  const int yes = 1;

  self->listener = open_socket (self);
  setsockopt (self->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind (self->listener, (struct sockaddr *) &self->address,
            get_size (self)) == 0 &&
      listen (self->listener, MANY) == 0)
    return;
  if (errno == EADDRINUSE)
    mine->flags |= TOOL_HELLO_TAKEN;
  mine->ways[TOOL_HELLO_STREAM].trouble =
    errno == EADDRINUSE ? TOOL_HELLO_NO_TROUBLE
                        : (guint8) tool_hello_trouble_from_errno (errno);
  close (self->listener);
  self->listener = -1;
}

ToolHelloStream *
tool_hello_stream_new (ToolHelloEvidence *mine)
{
  ToolHelloStream *self = g_new0 (ToolHelloStream, 1);

  self->listener = -1;
  self->dials = mine->role == TOOL_HELLO_DIALLER;
  self->n_failed = tool_hello_counters_read (mine->is_ipv6).n_failed;
  for (guint i = 0; i < MANY; i++)
    self->connections[i].fd = -1;
  if (tool_hello_socket_address (&self->address, mine->host, mine->port, 0) &&
      mine->role == TOOL_HELLO_LISTENER)
    start_listening (self, mine);
  return self;
}

static void
drop (Connection *connection)
{
  if (connection->fd >= 0)
    close (connection->fd);
  *connection = (Connection){ .fd = -1 };
}

void
tool_hello_stream_free (ToolHelloStream *self)
{
  for (guint i = 0; i < MANY; i++)
    drop (&self->connections[i]);
  if (self->listener >= 0)
    close (self->listener);
  g_free (self);
}

/* ---- dialling ---- */

/* A firewall of this machine drops without an error; but segments that could
 * not be sent again are counted. */
static void
note_silence (ToolHelloStream *self, ToolHelloEvidence *mine)
{
  const gint64 n_failed = tool_hello_counters_read (mine->is_ipv6).n_failed;

  mine->ways[TOOL_HELLO_STREAM].trouble =
    n_failed > self->n_failed ? TOOL_HELLO_FORBIDDEN : TOOL_HELLO_SILENT;
}

/* Takes the place of the oldest attempt, which was silent for long. */
static void
dial (ToolHelloStream *self, ToolHelloEvidence *mine)
{
  Connection *connection = &self->connections[self->oldest];
  int code = 0;

  self->oldest = (self->oldest + 1) % MANY;
  drop (connection);
  connection->fd = open_socket (self);
  if (connect (connection->fd, (struct sockaddr *) &self->address,
               get_size (self)) != 0)
    code = errno;
  if (code == 0 || code == EINPROGRESS)
    return;
  mine->ways[TOOL_HELLO_STREAM].trouble =
    (guint8) tool_hello_trouble_from_errno (code);
  drop (connection);
}

/* One is enough. */
static void
keep_only (ToolHelloStream *self, const Connection *connection)
{
  for (guint i = 0; i < MANY; i++)
    if (&self->connections[i] != connection)
      drop (&self->connections[i]);
}

static void
look_at_attempt (ToolHelloStream *self,
                 Connection *connection,
                 ToolHelloEvidence *mine)
{
  struct pollfd ask = { .fd = connection->fd, .events = POLLOUT };
  ToolHelloWay *way = &mine->ways[TOOL_HELLO_STREAM];
  int code = 0;
  socklen_t size = sizeof code;

  if (connection->fd < 0 || connection->is_open || poll (&ask, 1, 0) != 1)
    return;
  getsockopt (connection->fd, SOL_SOCKET, SO_ERROR, &code, &size);
  way->trouble = (guint8) tool_hello_trouble_from_errno (code);
  if (code != 0)
    {
      drop (connection);
      return;
    }
  way->sent = 1;
  connection->is_open = TRUE;
  keep_only (self, connection);
}

static void
dial_again (ToolHelloStream *self, ToolHelloEvidence *mine)
{
  guint n_waiting = 0;

  for (guint i = 0; i < MANY; i++)
    look_at_attempt (self, &self->connections[i], mine);
  for (guint i = 0; i < MANY; i++)
    n_waiting += self->connections[i].fd >= 0;
  if (mine->ways[TOOL_HELLO_STREAM].sent > 0)
    return;
  if (n_waiting == MANY)
    note_silence (self, mine);
  dial (self, mine);
}

/* ---- talking ---- */

static void
accept_all (ToolHelloStream *self)
{
  int fd;

  while (self->listener >= 0 &&
         (fd = accept4 (self->listener, NULL, NULL,
                        SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
    {
      Connection *connection = &self->connections[self->oldest];

      self->oldest = (self->oldest + 1) % MANY;
      drop (connection);
      connection->fd = fd;
      connection->is_open = TRUE;
      connection->is_known = TRUE; /* the listener begins */
    }
}

/* Part of one would leave the rest without a beginning. */
static void
say (Connection *connection, const guint8 *data)
{
  gssize n;

  if (!connection->is_open || !connection->is_known)
    return;
  n = send (connection->fd, data, TOOL_HELLO_SIZE, MSG_NOSIGNAL);
  if (n != TOOL_HELLO_SIZE && (n >= 0 || errno != EAGAIN))
    drop (connection);
}

void
tool_hello_stream_round (ToolHelloStream *self,
                         ToolHelloEvidence *mine,
                         guint round)
{
  guint8 data[TOOL_HELLO_SIZE];

  if (self->dials && round % 2 == 0)
    dial_again (self, mine);
  accept_all (self);
  tool_hello_wire_write (mine, TOOL_HELLO_STREAM, data);
  for (guint i = 0; i < MANY; i++)
    say (&self->connections[i], data);
}

guint
tool_hello_stream_poll (ToolHelloStream *self, struct pollfd *fds)
{
  guint n = 0;

  if (self->listener >= 0)
    fds[n++] = (struct pollfd){ .fd = self->listener, .events = POLLIN };
  for (guint i = 0; i < MANY; i++)
    if (self->connections[i].is_open)
      fds[n++] =
        (struct pollfd){ .fd = self->connections[i].fd, .events = POLLIN };
  return n;
}

/* FALSE: nothing whole is there yet. */
static gboolean
read_one (Connection *connection, ToolHelloEvidence *theirs)
{
  ToolHelloWayId way;
  const gssize n =
    recv (connection->fd, connection->data + connection->n_read,
          sizeof connection->data - connection->n_read, MSG_DONTWAIT);

  if (n < 0 && errno == EAGAIN)
    return FALSE;
  if (n > 0)
    connection->n_read += n;
  if (n > 0 && connection->n_read < sizeof connection->data)
    return FALSE;
  connection->n_read = 0;
  if (n > 0 && tool_hello_wire_read (theirs, &way, connection->data,
                                     sizeof connection->data))
    {
      connection->is_known = TRUE;
      return TRUE;
    }
  drop (connection);
  return FALSE;
}

gboolean
tool_hello_stream_receive (ToolHelloStream *self, ToolHelloEvidence *theirs)
{
  accept_all (self);
  for (guint i = 0; i < MANY; i++)
    if (self->connections[i].is_open &&
        read_one (&self->connections[i], theirs))
      return TRUE;
  return FALSE;
}

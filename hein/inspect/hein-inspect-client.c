/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-inspect-client.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hein/hein-error.h>

#include "io/hein-world.h"

/*
 * Reads requests and writes answers. While an answer is written, nothing is
 * read, and no more of it is made than the socket takes: a tool that does not
 * read costs the bus some kilobytes.
 */

/* Returns whether all is written; FALSE with errno. */
static gboolean
write_text (HeinInspectClient *self)
{
  while (self->text_begin < self->text->len)
    {
      const gssize n =
        send (self->watch.fd, self->text->str + self->text_begin,
              self->text->len - self->text_begin, MSG_NOSIGNAL | MSG_DONTWAIT);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return FALSE;
      self->text_begin += n;
    }
  g_string_truncate (self->text, 0);
  self->text_begin = 0;
  return TRUE;
}

static void
begin_answer (HeinInspectClient *self, gsize size)
{
  HeinInspectRequest request;
  g_autoptr (GError) error = NULL;

  self->active_us = hein_world_get_us ();
  if (hein_inspect_request_parse (&request, self->request, size, &error))
    {
      hein_inspect_answer_begin (&self->answer, &request);
      return;
    }
  hein_inspect_request_clear (&request);
  hein_inspect_answer_refuse (error, self->text);
}

static void
refuse_long (HeinInspectClient *self)
{
  g_autoptr (GError) error =
    g_error_new (HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
                 "a request has at most %d bytes", HEIN_INSPECT_REQUEST_MAX);

  hein_inspect_answer_refuse (error, self->text);
  self->request_size = 0;
  self->is_at_end = TRUE;
}

/* Begins the answer to the next request that has come whole; FALSE: there is
 * none. */
static gboolean
take_request (HeinInspectClient *self)
{
  const char *newline = memchr (self->request, '\n', self->request_size);
  gsize size;

  if (newline == NULL)
    {
      if (self->request_size < sizeof self->request)
        return FALSE;
      refuse_long (self);
      return TRUE;
    }
  size = newline - self->request + 1;
  begin_answer (self, size - 1);
  self->request_size -= size;
  memmove (self->request, self->request + size, self->request_size);
  return TRUE;
}

/* Returns FALSE when the connection has failed. */
static gboolean
read_some (HeinInspectClient *self)
{
  const gssize n =
    recv (self->watch.fd, self->request + self->request_size,
          sizeof self->request - self->request_size, MSG_DONTWAIT);

  if (n < 0)
    return errno == EINTR || errno == EAGAIN;
  self->request_size += n;
  self->is_at_end = n == 0;
  return TRUE;
}

static gboolean
is_answering (HeinInspectClient *self)
{
  return self->text->len > 0 || self->answer.is_open;
}

/* Writes what there is, and makes a little more: the rest waits for the next
 * turn. Returns FALSE when the connection has failed. */
static gboolean
go_on (HeinInspectClient *self)
{
  if (!write_text (self))
    return errno == EAGAIN;
  if (self->answer.is_open)
    hein_inspect_answer_go_on (&self->answer, self->text);
  else if (!take_request (self))
    return TRUE;
  else if (self->answer.is_open)
    hein_inspect_answer_go_on (&self->answer, self->text);
  return write_text (self) || errno == EAGAIN;
}

static gboolean
has_request (HeinInspectClient *self)
{
  return memchr (self->request, '\n', self->request_size) != NULL;
}

/* What the descriptor is watched for, besides its end. */
static guint32
get_events (HeinInspectClient *self)
{
  if (self->text->len > 0)
    return EPOLLOUT;
  if (self->answer.is_open)
    return self->answer.is_waiting ? 0 : EPOLLOUT;
  return has_request (self) ? EPOLLOUT : EPOLLIN;
}

static void
on_resumed (gpointer data)
{
  HeinInspectClient *self = data;

  self->answer.is_waiting = FALSE;
  hein_loop_set_events (self->answer.core->host.loop, &self->watch, EPOLLOUT);
}

static void
on_ready (HeinWatch *watch, guint32 events)
{
  HeinInspectClient *self = HEIN_CONTAINER (watch, HeinInspectClient, watch);
  HeinLoop *loop = self->answer.core->host.loop;
  gboolean is_well = (events & (EPOLLERR | EPOLLHUP)) == 0;

  if (is_well && (events & EPOLLIN) != 0 && !is_answering (self))
    is_well = read_some (self);
  if (is_well)
    is_well = go_on (self);
  if (!is_well ||
      (self->is_at_end && !is_answering (self) && !has_request (self)))
    self->ended (self);
  else
    hein_loop_set_events (loop, &self->watch, get_events (self));
}

HeinInspectClient *
hein_inspect_client_new (HeinCore *core,
                         const HeinInspectHost *host,
                         int fd,
                         GDestroyNotify ended,
                         gpointer owner)
{
  HeinInspectClient *self = g_new0 (HeinInspectClient, 1);
  g_autoptr (GError) error = NULL;

  self->link.data = self;
  self->answer.core = core;
  self->answer.host = host;
  self->answer.resume = on_resumed;
  self->answer.data = self;
  self->text = g_string_new (NULL);
  self->active_us = hein_world_get_us ();
  self->ended = ended;
  self->owner = owner;
  self->watch.ready = on_ready;
  if (!hein_loop_add_watch (core->host.loop, &self->watch, fd, EPOLLIN, &error))
    {
      g_info ("a tool cannot look into %s: %s", core->host.name,
              error->message);
      g_clear_pointer (&self, hein_inspect_client_free);
    }
  return self;
}

void
hein_inspect_client_free (HeinInspectClient *self)
{
  hein_loop_remove_watch (self->answer.core->host.loop, &self->watch);
  close (self->watch.fd);
  hein_inspect_answer_clear (&self->answer);
  g_string_free (self->text, TRUE);
  g_free (self);
}

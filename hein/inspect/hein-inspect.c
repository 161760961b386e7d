/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-inspect.h"

#include <unistd.h>

#include "hein-inspect-client.h"
#include "hein-inspect-folder.h"
#include "hein-inspect-socket.h"
#include "io/hein-acceptor.h"

/*
 * Lets operators' tools of the same user look into a bus. The socket is one
 * more descriptor in the loop of the bus: what is said is of one moment, no
 * other thread reads the bus, and a bus that nobody looks at does nothing. A
 * program that keeps its bus from turning does not answer, and that is what its
 * operator wants to know.
 */

/* Beyond these the one that asked least recently is cut off. */
#define CLIENTS_MAX 16

struct _HeinInspect
{
  HeinCore *core; /* borrowed */
  const HeinInspectHost *host;
  HeinAcceptor *acceptor; /* owned */
  char *path;             /* owned */
  GQueue clients;         /* owned HeinInspectClient by link */
};

static void
drop (HeinInspect *self, HeinInspectClient *client)
{
  g_queue_unlink (&self->clients, &client->link);
  hein_inspect_client_free (client);
}

static void
on_ended (gpointer data)
{
  HeinInspectClient *client = data;

  drop (client->owner, client);
}

static void
drop_idlest (HeinInspect *self)
{
  HeinInspectClient *idlest = self->clients.head->data;

  for (GList *l = self->clients.head; l != NULL; l = l->next)
    if (((HeinInspectClient *) l->data)->active_us < idlest->active_us)
      idlest = l->data;
  drop (self, idlest);
}

static gboolean
may_accept (gboolean is_waiting, gpointer data)
{
  return TRUE;
}

static void
on_accepted (int fd, gpointer data)
{
  HeinInspect *self = data;
  HeinInspectClient *client;

  if (!hein_inspect_folder_is_ours (fd, NULL))
    {
      close (fd);
      return;
    }
  if (self->clients.length == CLIENTS_MAX)
    drop_idlest (self);
  client = hein_inspect_client_new (self->core, self->host, fd, on_ended, self);
  if (client != NULL)
    g_queue_push_tail_link (&self->clients, &client->link);
}

static void
on_trouble (const GError *error, gpointer data)
{
  HeinInspect *self = data;

  g_info ("%s cannot be looked into: %s", self->core->host.name,
          error->message);
}

HeinInspect *
hein_inspect_new (HeinCore *core, const HeinInspectHost *host, GError **error)
{
  HeinInspect *self;
  g_autofree char *path = NULL;
  g_autoptr (GSocket) socket =
    hein_inspect_socket_new (core->host.name, core->host.instance, &path,
                             error);

  if (socket == NULL)
    return NULL;
  self = g_new0 (HeinInspect, 1);
  self->core = core;
  self->host = host;
  self->path = g_steal_pointer (&path);
  g_queue_init (&self->clients);
  self->acceptor = hein_acceptor_new (core->host.loop, socket, may_accept,
                                      on_accepted, on_trouble, self, error);
  if (self->acceptor != NULL)
    return self;
  hein_inspect_end (&self, FALSE);
  return NULL;
}

void
hein_inspect_end (HeinInspect **inspect, gboolean is_fork)
{
  HeinInspect *self = g_steal_pointer (inspect);

  if (self == NULL)
    return;
  if (!is_fork)
    unlink (self->path);
  g_clear_pointer (&self->acceptor, hein_acceptor_free);
  while (self->clients.length > 0)
    drop (self, self->clients.head->data);
  g_free (self->path);
  g_free (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-socket.h"

#include <string.h>
#include <unistd.h>

#include "mc-socket-join.h"
#include "mc-socket-open.h"
#include "mc-socket-sim.h"
#include "mc-socket-state.h"

/* The life of the two sockets, and what can be asked of them. */

static void
close_fd (int fd)
{
  if (fd >= 0)
    close (fd);
}

McSocket *
mc_socket_new (const McSocketOptions *options, GError **error)
{
  g_autoptr (McSocket) self = g_new0 (McSocket, 1);

  self->group_fd = self->own_fd = -1;
  self->options = *options;
  self->options.group = g_object_ref (options->group);
  self->options.interfaces = g_strdupv (options->interfaces);
  self->indexes = g_array_new (FALSE, FALSE, sizeof (guint));
  self->locals = g_ptr_array_new_with_free_func (g_free);
  self->runs = g_array_new (FALSE, FALSE, sizeof (McRun));
  if (!mc_address_from_gio (&self->group, options->group, error))
    return NULL;
  if (!mc_socket_open_simulated (self) &&
      (!mc_socket_join_first (self, error) ||
       !mc_socket_open_own (self, error)))
    return NULL;
  self->read_data = g_malloc (MC_N_READ * MC_READ_SIZE);
  return g_steal_pointer (&self);
}

void
mc_socket_free (McSocket *self)
{
  close_fd (self->group_fd);
  close_fd (self->own_fd);
  mc_socket_close_simulated (self);
  g_object_unref (self->options.group);
  g_strfreev (self->options.interfaces);
  g_array_unref (self->indexes);
  g_ptr_array_unref (self->locals);
  g_array_unref (self->runs);
  g_free (self->read_data);
  g_free (self->out);
  g_free (self);
}

int
mc_socket_get_group_fd (McSocket *self)
{
  return self->group_fd;
}

int
mc_socket_get_own_fd (McSocket *self)
{
  return self->own_fd;
}

int
mc_socket_get_sending_fd (McSocket *self)
{
  return mc_socket_get_sender (self);
}

gboolean
mc_socket_is_own (McSocket *self, const McAddress *from)
{
  if (mc_address_get_port (from) != self->own_port)
    return FALSE;
  for (guint i = 0; i < self->locals->len; i++)
    if (mc_address_is_same_host (from, g_ptr_array_index (self->locals, i)))
      return TRUE;
  return FALSE;
}

gboolean
mc_socket_has_address (McSocket *self, const guint8 *address)
{
  guint8 own[MC_ADDRESS_BYTES];

  for (guint i = 0; i < self->locals->len; i++)
    {
      McAddress local = *(McAddress *) g_ptr_array_index (self->locals, i);

      mc_address_set_port (&local, self->own_port);
      mc_address_put_bytes (&local, own);
      if (memcmp (own, address, sizeof own) == 0)
        return TRUE;
    }
  return FALSE;
}

const McSocketStats *
mc_socket_get_stats (McSocket *self)
{
  return &self->stats;
}

int
mc_socket_get_receive_buffer (McSocket *self)
{
  int size = 4 * 1024 * 1024; /* of a simulated one */
  socklen_t length = sizeof size;

  if (self->group_fd >= 0)
    getsockopt (self->group_fd, SOL_SOCKET, SO_RCVBUF, &size, &length);
  return size;
}

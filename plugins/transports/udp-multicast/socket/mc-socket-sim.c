/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-socket-sim.h"

#include <hein/hein.h>

#include "mc-socket-state.h"

/* What the other files of a socket do by way of the kernel, in a simulated
 * network. Interfaces count only as far as `lo` alone keeps all on the host. */

static gboolean
is_loopback (const McSocket *self)
{
  char **interfaces = self->options.interfaces;

  return interfaces != NULL && g_strv_length (interfaces) == 1 &&
         (g_str_equal (interfaces[0], "lo") ||
          g_str_equal (interfaces[0], "127.0.0.1") ||
          g_str_equal (interfaces[0], "::1"));
}

static HeinDatagrams *
open_one (McSocket *self, const McAddress *address)
{
  return hein_datagrams_new (self->options.endpoint, &address->address.any,
                             self->options.ready, self->options.data);
}

static void
add_local (McSocket *self, const McAddress *address)
{
  g_ptr_array_add (self->locals, g_memdup2 (address, sizeof *address));
}

static McAddress
get_any (const McSocket *self)
{
  McAddress any = { .size = self->group.size };

  any.address.any.sa_family = self->group.address.any.sa_family;
  return any;
}

gboolean
mc_socket_open_simulated (McSocket *self)
{
  McAddress own = get_any (self);

  if (self->options.endpoint == NULL)
    return FALSE;
  self->sim_group = open_one (self, &self->group);
  if (G_LIKELY (self->sim_group == NULL))
    return FALSE;
  self->sim_own = open_one (self, &own);
  hein_datagrams_get_address (self->sim_own, &own.address.storage);
  self->own_port = mc_address_get_port (&own);
  add_local (self, &own);
  mc_address_set_loopback (&own);
  add_local (self, &own);
  self->sim_hops = is_loopback (self) ? 0 : self->options.ttl;
  return TRUE;
}

void
mc_socket_close_simulated (McSocket *self)
{
  g_clear_pointer (&self->sim_group, hein_datagrams_free);
  g_clear_pointer (&self->sim_own, hein_datagrams_free);
}

gboolean
mc_socket_is_simulated (McSocket *self)
{
  return self->sim_group != NULL;
}

static void
send_run (McSocket *self, const McRun *run)
{
  HeinDatagrams *sender =
    self->options.from_group_port ? self->sim_group : self->sim_own;
  const McAddress *to = run->to.size > 0 ? &run->to : &self->group;

  for (guint i = 0; i < run->n; i++)
    {
      const gsize at = (gsize) i * run->segment;

      hein_datagrams_send (sender, &to->address.any,
                           self->out + run->begin + at,
                           MIN (run->segment, run->size - at), self->sim_hops,
                           self->options.loopback);
    }
}

int
mc_socket_send_simulated (McSocket *self, guint begin)
{
  for (guint i = begin; i < self->runs->len; i++)
    send_run (self, &g_array_index (self->runs, McRun, i));
  return self->runs->len - begin;
}

gboolean
mc_socket_take_simulated (McSocket *self,
                          gboolean is_own,
                          McAddress *from,
                          gsize *size)
{
  HeinDatagrams *socket = is_own ? self->sim_own : self->sim_group;

  *from = get_any (self);
  *size = MC_READ_SIZE;
  self->stats.n_overrun = hein_datagrams_get_n_overrun (self->sim_group) +
                          hein_datagrams_get_n_overrun (self->sim_own);
  return hein_datagrams_receive (socket, &from->address.storage,
                                 self->read_data, size);
}

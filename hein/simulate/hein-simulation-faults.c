/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bus/hein-bus-close.h"
#include "hein-sim-port.h"
#include "hein-sim-socket.h"
#include "hein-sim-stream.h"
#include "hein-simulation-private.h"

/* What a test does to the network and the machines of a simulation. */

static HeinSimHost *
get_host (HeinSimulation *self, const char *name)
{
  return hein_sim_map_get_host (&self->sim.map, name);
}

static void
go_on (HeinSimulation *self)
{
  hein_sim_streams_go_on (&self->sim);
  hein_sim_dials_go_on (&self->sim);
}

/* A paused program is not turned: neither for bytes nor for time. */
static void
review_buses (HeinSimulation *self, const HeinSimHost *host)
{
  for (GList *l = self->sim.buses.head; l != NULL; l = l->next)
    {
      HeinSimBus *bus = l->data;

      if (bus->host != host)
        continue;
      if (!hein_sim_bus_may_turn (bus))
        hein_sim_bus_unqueue (bus);
      hein_sim_bus_queue (bus);
    }
}

/* (element-type HeinSimWay): those between @host and @other (NULL: all others),
 * in both directions. (transfer container) */
static GPtrArray *
list_ways (HeinSimulation *self, const char *host, const char *other)
{
  HeinSimMap *map = &self->sim.map;
  HeinSimHost *from = get_host (self, host);
  HeinSimHost *only = other != NULL ? get_host (self, other) : NULL;
  GPtrArray *ways = g_ptr_array_new ();

  for (guint i = 0; i < map->hosts->len; i++)
    {
      HeinSimHost *to = g_ptr_array_index (map->hosts, i);

      if (only != NULL ? to != only : to == from)
        continue;
      g_ptr_array_add (ways, hein_sim_map_edit_way (map, from, to));
      g_ptr_array_add (ways, hein_sim_map_edit_way (map, to, from));
    }
  return ways;
}

/**
 * hein_simulation_set_way:
 * @self: a simulation
 * @host: a host
 * @other: (nullable): another one; %NULL: all others
 * @delay_us: how long bytes are on their way, in µs, 0 or more; new ways take
 *   100 µs, and 10 µs within a host
 * @jitter_us: up to how much that varies, in µs, 0 or more; the order of bytes
 *   of a connection stays, that of datagrams does not
 * @bytes_per_second: how much gets through, of each connection, and of all
 *   datagrams together, of which those are lost for which 256 KiB wait; 0:
 *   everything
 *
 * Says what the way between two hosts is like, in both directions, for all that
 * is sent from now on. With %NULL it holds for all hosts that exist.
 *
 * - Thread: the one that made the simulation.
 *
 * Since: 0.9
 */
void
hein_simulation_set_way (HeinSimulation *self,
                         const char *host,
                         const char *other,
                         gint64 delay_us,
                         gint64 jitter_us,
                         gint64 bytes_per_second)
{
  g_autoptr (GPtrArray) ways = NULL;

  g_return_if_fail (HEIN_IS_SIMULATION (self) && self->sim.is_open);
  g_return_if_fail (host != NULL);
  g_return_if_fail (delay_us >= 0 && jitter_us >= 0 && bytes_per_second >= 0);

  ways = list_ways (self, host, other);
  for (guint i = 0; i < ways->len; i++)
    {
      HeinSimWay *way = g_ptr_array_index (ways, i);

      way->delay_us = delay_us;
      way->jitter_us = jitter_us;
      way->rate = bytes_per_second;
    }
}

static gboolean
is_part (double part)
{
  return part >= 0 && part <= 1;
}

/**
 * hein_simulation_set_loss:
 * @self: a simulation
 * @host: a host
 * @other: (nullable): another one, or the same; %NULL: all others
 * @lost: which part of the datagrams does not arrive, 0 to 1
 * @doubled: which part arrives twice, 0 to 1
 * @late: which part comes up to 10 ms later than it would, so that others
 *   overtake it, 0 to 1
 *
 * Says what happens to datagrams between two hosts, in both directions, from
 * now on, to each by chance. With %NULL it holds for all hosts that exist. New
 * ways have none of it. To connections nothing happens: their kernels see to
 * that.
 *
 * - Thread: the one that made the simulation.
 *
 * Since: 0.9
 */
void
hein_simulation_set_loss (HeinSimulation *self,
                          const char *host,
                          const char *other,
                          double lost,
                          double doubled,
                          double late)
{
  g_autoptr (GPtrArray) ways = NULL;

  g_return_if_fail (HEIN_IS_SIMULATION (self) && self->sim.is_open);
  g_return_if_fail (host != NULL);
  g_return_if_fail (is_part (lost) && is_part (doubled) && is_part (late));

  ways = list_ways (self, host, other);
  for (guint i = 0; i < ways->len; i++)
    {
      HeinSimWay *way = g_ptr_array_index (ways, i);

      way->lost = lost;
      way->doubled = doubled;
      way->late = late;
    }
}

static void
cut_way (HeinSimulation *self, HeinSimHost *from, HeinSimHost *to)
{
  hein_sim_map_edit_way (&self->sim.map, from, to)->is_cut = TRUE;
  hein_sim_map_edit_way (&self->sim.map, to, from)->is_cut = TRUE;
  hein_sim_note (&self->sim,
                 &(HeinSimNote){
                   .kind = "partition",
                   .host = from->name,
                   .other_host = to->name,
                 },
                 "is parted from %s", to->name);
}

/**
 * hein_simulation_partition:
 * @self: a simulation
 * @some: (array zero-terminated=1): hosts
 * @others: (array zero-terminated=1): other hosts
 *
 * Lets nothing through between @some and @others, as when a cable is pulled:
 * connections stay, what is sent waits until [method@Simulation.heal], and
 * those who dial wait, too; datagrams are lost. Programs find out by their
 * heartbeats.
 *
 * - Thread: the one that made the simulation.
 *
 * Since: 0.9
 */
void
hein_simulation_partition (HeinSimulation *self,
                           const char *const *some,
                           const char *const *others)
{
  g_return_if_fail (HEIN_IS_SIMULATION (self) && self->sim.is_open);
  g_return_if_fail (some != NULL && others != NULL);

  for (guint i = 0; some[i] != NULL; i++)
    for (guint j = 0; others[j] != NULL; j++)
      cut_way (self, get_host (self, some[i]), get_host (self, others[j]));
  go_on (self);
}

/**
 * hein_simulation_heal:
 * @self: a simulation
 *
 * Ends all partitions: what has waited gets through.
 *
 * - Thread: the one that made the simulation.
 *
 * Since: 0.9
 */
void
hein_simulation_heal (HeinSimulation *self)
{
  GHashTableIter iter;
  gpointer way;

  g_return_if_fail (HEIN_IS_SIMULATION (self) && self->sim.is_open);

  g_hash_table_iter_init (&iter, self->sim.map.ways);
  while (g_hash_table_iter_next (&iter, NULL, &way))
    ((HeinSimWay *) way)->is_cut = FALSE;
  hein_sim_note (&self->sim, &(HeinSimNote){ .kind = "heal" },
                 "all ways are open");
  go_on (self);
}

/**
 * hein_simulation_cut:
 * @self: a simulation
 * @host: a host
 * @other: (nullable): another one; %NULL: all
 *
 * Resets the connections between the two, as when a router forgets them: what
 * is on its way is lost, and both sides are told. They may connect again.
 *
 * - Thread: the one that made the simulation.
 *
 * Since: 0.9
 */
void
hein_simulation_cut (HeinSimulation *self, const char *host, const char *other)
{
  g_return_if_fail (HEIN_IS_SIMULATION (self) && self->sim.is_open);
  g_return_if_fail (host != NULL);

  hein_sim_note (&self->sim,
                 &(HeinSimNote){
                   .kind = "cutting", .host = host, .other_host = other },
                 "loses its connections%s%s", other != NULL ? " to " : "",
                 other != NULL ? other : "");
  hein_sim_streams_cut (&self->sim, get_host (self, host),
                        other != NULL ? get_host (self, other) : NULL);
}

/**
 * hein_simulation_cut_after:
 * @self: a simulation
 * @host: a host
 * @other: another one, or the same
 * @n_bytes: how many of the bytes that @host sends to @other still arrive, 0 or
 *   more; negative: nothing is cut after all
 *
 * Cuts a connection at one byte: what @host sends to @other is counted from now
 * on, over all their connections, and the one that carries the last of @n_bytes
 * is reset behind that byte. @other has got all bytes up to it; what follows,
 * and what is on its way back, is lost. With 0, the first byte is not there any
 * more. Connections after that one are not cut.
 *
 * - Thread: the one that made the simulation.
 *
 * Since: 0.9
 */
void
hein_simulation_cut_after (HeinSimulation *self,
                           const char *host,
                           const char *other,
                           gint64 n_bytes)
{
  g_return_if_fail (HEIN_IS_SIMULATION (self) && self->sim.is_open);
  g_return_if_fail (host != NULL && other != NULL);

  hein_sim_map_edit_way (&self->sim.map, get_host (self, host),
                         get_host (self, other))
    ->n_left = MAX (n_bytes, -1);
}

/**
 * hein_simulation_step_clock:
 * @self: a simulation
 * @by_us: how far, in µs; negative: back
 *
 * Steps the wall clock of all hosts, as when somebody sets it: the time since
 * 1970 that messages and plugins have. The time that passes, by which timeouts
 * go, stays as it is.
 *
 * - Thread: the one that made the simulation.
 *
 * Since: 0.9
 */
void
hein_simulation_step_clock (HeinSimulation *self, gint64 by_us)
{
  HeinWorld *world;

  g_return_if_fail (HEIN_IS_SIMULATION (self) && self->sim.is_open);
  world = &self->sim.world;
  g_return_if_fail (by_us >= -world->real_us &&
                    by_us <= G_MAXINT64 / 2 - world->real_us);

  world->real_us += by_us;
  hein_sim_note (&self->sim, &(HeinSimNote){ .kind = "clock" },
                 "the clock steps by %" G_GINT64_FORMAT " us", by_us);
}

static void
set_paused (HeinSimulation *self, const char *name, gboolean is_paused)
{
  HeinSimHost *host = get_host (self, name);

  host->is_paused = is_paused;
  hein_sim_note (&self->sim,
                 &(HeinSimNote){
                   .kind = is_paused ? "pause" : "resume",
                   .host = host->name,
                 },
                 "%s", is_paused ? "is paused" : "goes on");
  review_buses (self, host);
}

/**
 * hein_simulation_pause:
 * @self: a simulation
 * @host: a host
 *
 * Stops the programs of a host (`SIGSTOP`): their connections stay, but they do
 * nothing, and do not notice the time.
 *
 * - Thread: the one that made the simulation.
 *
 * Since: 0.9
 */
void
hein_simulation_pause (HeinSimulation *self, const char *host)
{
  g_return_if_fail (HEIN_IS_SIMULATION (self) && self->sim.is_open);
  g_return_if_fail (host != NULL);

  set_paused (self, host, TRUE);
}

/**
 * hein_simulation_resume:
 * @self: a simulation
 * @host: a host
 *
 * Lets the programs of a paused host go on.
 *
 * - Thread: the one that made the simulation.
 *
 * Since: 0.9
 */
void
hein_simulation_resume (HeinSimulation *self, const char *host)
{
  g_return_if_fail (HEIN_IS_SIMULATION (self) && self->sim.is_open);
  g_return_if_fail (host != NULL);

  set_paused (self, host, FALSE);
}

/* @is_sent: what they have written gets out. */
static void
end_programs (HeinSimulation *self, const char *name, gboolean is_sent)
{
  HeinSimHost *host = get_host (self, name);

  host->is_crashed = TRUE;
  hein_sim_note (&self->sim,
                 &(HeinSimNote){
                   .kind = is_sent ? "kill" : "crash",
                   .host = host->name,
                 },
                 "%s", is_sent ? "is killed" : "has crashed");
  hein_sim_streams_kill (&self->sim, host, is_sent);
  hein_sim_sockets_kill (&self->sim, host, is_sent);
  for (GList *l = self->sim.buses.head; l != NULL; l = l->next)
    {
      HeinSimBus *bus = l->data;

      if (bus->host == host)
        hein_sim_forget_bus (bus);
    }
  review_buses (self, host);
}

/**
 * hein_simulation_crash:
 * @self: a simulation
 * @host: a host
 *
 * Ends the programs of a host, as when it is switched off and comes back at
 * once: its buses do nothing any more and may be dropped, what it had sent and
 * was on its way is lost, and the others' connections are reset. A program that
 * is to come back makes new buses, after [method@Simulation.restart].
 *
 * - Thread: the one that made the simulation.
 *
 * Since: 0.9
 */
void
hein_simulation_crash (HeinSimulation *self, const char *host)
{
  g_return_if_fail (HEIN_IS_SIMULATION (self) && self->sim.is_open);
  g_return_if_fail (host != NULL);

  end_programs (self, host, FALSE);
}

/**
 * hein_simulation_kill:
 * @self: a simulation
 * @host: a host
 *
 * Kills the programs of a host (`kill -9`), whose kernel goes on: like
 * [method@Simulation.crash], but what they had written to their connections
 * still gets out, and then these end. Where something had come that they had
 * not read, there is a reset instead.
 *
 * - Thread: the one that made the simulation.
 *
 * Since: 0.9
 */
void
hein_simulation_kill (HeinSimulation *self, const char *host)
{
  g_return_if_fail (HEIN_IS_SIMULATION (self) && self->sim.is_open);
  g_return_if_fail (host != NULL);

  end_programs (self, host, TRUE);
}

/* Nobody tells the programs of @host any more what has become of them. */
static void
bury_buses (HeinSimulation *self, const HeinSimHost *host)
{
  g_autoptr (GPtrArray) buses = g_ptr_array_new_with_free_func (g_object_unref);

  for (GList *l = self->sim.buses.head; l != NULL; l = l->next)
    {
      HeinSimBus *bus = l->data;

      if (bus->host == host)
        g_ptr_array_add (buses, g_object_ref (bus->bus));
    }
  for (guint i = 0; i < buses->len; i++)
    hein_bus_leave_world (g_ptr_array_index (buses, i), FALSE);
}

/**
 * hein_simulation_restart:
 * @self: a simulation
 * @host: a host that has crashed
 *
 * Starts a host again: buses may be made there, best by a handler of
 * [signal@Simulation::restarted]. Those from before the crash are closed, and
 * tell nothing any more.
 *
 * - Thread: the one that made the simulation.
 *
 * Since: 0.9
 */
void
hein_simulation_restart (HeinSimulation *self, const char *host)
{
  HeinSimHost *crashed;

  g_return_if_fail (HEIN_IS_SIMULATION (self) && self->sim.is_open);
  g_return_if_fail (host != NULL);

  crashed = get_host (self, host);
  if (!crashed->is_crashed)
    return;
  bury_buses (self, crashed);
  /* a handler may have closed the simulation, and its hosts are gone then */
  if (!self->sim.is_open)
    return;
  crashed->is_crashed = FALSE;
  hein_sim_note (&self->sim,
                 &(HeinSimNote){ .kind = "restart", .host = crashed->name },
                 "starts again");
  hein_simulation_emit_restarted (self, crashed);
}

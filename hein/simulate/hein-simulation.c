/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <hein/hein-bus.h>

#include "bus/hein-bus-close.h"
#include "hein-sim-driver.h"
#include "hein-sim-port.h"
#include "hein-sim-run.h"
#include "hein-sim-socket.h"
#include "hein-sim-source.h"
#include "hein-sim-stream.h"
#include "hein-simulation-private.h"
#include "io/hein-block.h"

/**
 * HeinSimulation:
 *
 * A network in virtual time, for the tests of programs that use hein. While a
 * simulation is open, every bus that its thread makes is part of it: addresses,
 * calls and signals are the same, but no byte leaves the process, time passes
 * only in [method@Simulation.run], [method@Simulation.run_until] and in calls
 * that wait, and it jumps to the next moment at which something happens. So an
 * hour takes milliseconds, and the same seed gives the same run again.
 *
 * ```c
 * g_autoptr (HeinSimulation) net = hein_simulation_new (7);
 * g_autoptr (HeinBus) hub = NULL;
 * g_autoptr (HeinBus) sensor = NULL;
 *
 * hein_simulation_set_host (net, "hub");
 * hub = hein_bus_new ("hub");
 * hein_bus_listen (hub, "tcp://hub:5555?plaintext=yes", NULL);
 * hein_simulation_set_host (net, "roof");
 * sensor = hein_bus_new ("sensor");
 * hein_bus_dial (sensor, "tcp://hub:5555?plaintext=yes", NULL);
 * hein_simulation_run (net, 1000);
 * ```
 *
 * A host comes into being when it is named. All hosts reach each other, with
 * 100 µs of delay, until [method@Simulation.set_way],
 * [method@Simulation.partition] and their like say otherwise. Addresses of
 * streams are simulated, whatever their protocol, and so is `udp-multicast:`,
 * in one network of all hosts; `inproc:` works as always.
 *
 * The thread must not turn buses from outside of the simulation while it is
 * open: they would live by its clock. One thread may have one open simulation
 * at a time; other threads may have others.
 *
 * Since: 0.9
 */

enum
{
  PROP_0,
  PROP_SEED,
  PROP_IS_CLOSED,
  N_PROPS
};

enum
{
  RESTARTED,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (HeinSimulation, hein_simulation, G_TYPE_OBJECT)

static const HeinWorldFuncs world_funcs = {
  .enter = hein_sim_enter,
  .leave = hein_sim_leave,
  .wait = hein_sim_wait,
  .wake = hein_sim_wake,
  .arm = hein_sim_arm,
  .is_ready = hein_sim_is_ready,
  .set_ready_time = hein_sim_set_ready_time,
  .watch = hein_sim_watch,
  .unwatch = hein_sim_unwatch,
  .fetch = hein_sim_fetch,
  .count_unsent = hein_sim_count_unsent,
  .was_reset = hein_sim_was_reset,
  .listen = hein_sim_listen,
  .stop = hein_sim_stop,
  .look_up = hein_sim_look_up,
  .dial = hein_sim_dial,
  .cancel = hein_sim_cancel,
  .open = hein_sim_open,
};

/* ---- the object ---- */

/* What the environment says, for programs that leave the seed to others. */
static guint64
get_usual_seed (void)
{
  const char *text = g_getenv ("HEIN_SIMULATION_SEED");
  guint64 seed = 1;

  if (text != NULL &&
      !g_ascii_string_to_unsigned (text, 10, 1, G_MAXUINT64, &seed, NULL))
    {
      g_warning ("HEIN_SIMULATION_SEED is a number of at least 1, not %s",
                 text);
      seed = 1;
    }
  return seed;
}

static void
hein_simulation_constructed (GObject *object)
{
  HeinSimulation *self = HEIN_SIMULATION (object);
  HeinSim *sim = &self->sim;
  const gboolean is_own = self->seed != 0;

  G_OBJECT_CLASS (hein_simulation_parent_class)->constructed (object);
  if (!is_own)
    self->seed = get_usual_seed ();
  if (hein_world != NULL)
    g_error ("this thread has an open simulation already");
  sim->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  if (sim->epoll_fd < 0)
    g_error ("a simulation cannot be made: %s", g_strerror (errno));
  sim->owner = object;
  hein_sim_trace_init (&sim->trace, self->seed, is_own);
  sim->world.funcs = &world_funcs;
  sim->world.now_us = G_USEC_PER_SEC;
  /* the beginning of 2026 */
  sim->world.real_us = G_GINT64_CONSTANT (1767225600) * G_USEC_PER_SEC;
  sim->world.dice = self->seed;
  sim->streams_by_fd = g_hash_table_new (NULL, NULL);
  hein_timers_init (&sim->timers);
  hein_sim_map_init (&sim->map);
  hein_sim_program_init (&sim->program, sim);
  sim->driver = hein_sim_driver_new (sim);
  sim->here = hein_sim_map_get_host (&sim->map, "host");
  sim->is_open = TRUE;
  hein_world = &sim->world;
}

static void
hein_simulation_dispose (GObject *object)
{
  hein_simulation_close (HEIN_SIMULATION (object));
  G_OBJECT_CLASS (hein_simulation_parent_class)->dispose (object);
}

static void
hein_simulation_finalize (GObject *object)
{
  hein_sim_trace_clear (&HEIN_SIMULATION (object)->sim.trace);
  G_OBJECT_CLASS (hein_simulation_parent_class)->finalize (object);
}

static void
hein_simulation_get_property (GObject *object,
                              guint prop_id,
                              GValue *value,
                              GParamSpec *pspec)
{
  HeinSimulation *self = HEIN_SIMULATION (object);

  switch (prop_id)
    {
    case PROP_SEED:
      g_value_set_uint64 (value, self->seed);
      break;
    case PROP_IS_CLOSED:
      g_value_set_boolean (value, hein_simulation_get_is_closed (self));
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
hein_simulation_set_property (GObject *object,
                              guint prop_id,
                              const GValue *value,
                              GParamSpec *pspec)
{
  g_assert (prop_id == PROP_SEED);
  HEIN_SIMULATION (object)->seed = g_value_get_uint64 (value);
}

static void
hein_simulation_class_init (HeinSimulationClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->constructed = hein_simulation_constructed;
  object_class->dispose = hein_simulation_dispose;
  object_class->finalize = hein_simulation_finalize;
  object_class->get_property = hein_simulation_get_property;
  object_class->set_property = hein_simulation_set_property;

  /**
   * HeinSimulation:seed:
   *
   * What all chance in the simulation is made of. Where the program gives none,
   * or 0, the environment does: `HEIN_SIMULATION_SEED`, else it is 1.
   *
   * Since: 0.9
   */
  props[PROP_SEED] =
    g_param_spec_uint64 ("seed", NULL, NULL, 0, G_MAXUINT64, 0,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY |
                           G_PARAM_STATIC_STRINGS);
  /**
   * HeinSimulation:is-closed: (getter get_is_closed)
   *
   * Whether the simulation is over: see [method@Simulation.close].
   *
   * Since: 0.9
   */
  props[PROP_IS_CLOSED] =
    g_param_spec_boolean ("is-closed", NULL, NULL, FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  /**
   * HeinSimulation::restarted:
   * @self: a simulation
   * @host: the host
   *
   * A host that has crashed starts again, by [method@Simulation.restart] or as
   * the end of a fault. A handler drops the buses of its programs and makes new
   * ones, which are on this host without [method@Simulation.set_host].
   *
   * A handler in C:
   *
   * ```c
   * static void
   * on_restarted (HeinSimulation *net, const char *host, gpointer user_data);
   * ```
   *
   * Since: 0.9
   */
  signals[RESTARTED] =
    g_signal_new ("restarted", HEIN_TYPE_SIMULATION, G_SIGNAL_RUN_LAST, 0, NULL,
                  NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
hein_simulation_init (HeinSimulation *self)
{
}

void
hein_simulation_emit_restarted (HeinSimulation *self, HeinSimHost *host)
{
  HeinSimHost *here = self->sim.here;

  self->sim.here = host;
  g_signal_emit (self, signals[RESTARTED], 0, host->name);
  /* a handler may have closed the simulation, and its hosts are gone then */
  if (self->sim.is_open)
    self->sim.here = here;
}

/**
 * hein_simulation_new:
 * @seed: what all chance in the simulation is made of: the same seed gives the
 *   same run; 0: the environment variable `HEIN_SIMULATION_SEED` says it, else
 *   it is 1
 *
 * Opens a simulation for the calling thread: see the description of
 * [class@Simulation]. It is an error to open a second one on the same thread
 * before the first one is closed.
 *
 * - Thread: any; everything else only there.
 *
 * Returns: (transfer full): the simulation
 *
 * Since: 0.9
 */
HeinSimulation *
hein_simulation_new (guint64 seed)
{
  return g_object_new (HEIN_TYPE_SIMULATION, "seed", seed, NULL);
}

static void
close_buses (HeinSim *self)
{
  /* all of them, before a handler of any of them runs */
  for (GList *l = self->buses.head; l != NULL; l = l->next)
    hein_bus_refuse_sends (((HeinSimBus *) l->data)->bus);
  while (self->buses.length > 0)
    {
      HeinSimBus *first = self->buses.head->data;
      HeinLoop *loop = hein_loop_ref (first->place.loop);
      g_autoptr (GObject) bus = g_object_ref (first->bus);

      hein_bus_leave_world (HEIN_BUS (bus), TRUE);
      hein_loop_leave_world (loop);
      hein_loop_unref (loop);
    }
}

/**
 * hein_simulation_close:
 * @self: a simulation
 *
 * Ends the simulation, and with it its buses: they lose all connections, what
 * waits to be sent is dropped, calls that wait fail, as they do when a bus is
 * closed, and what is asked of them from now on fails with `HEIN_ERROR_CLOSED`.
 * The thread is in the real world again: what a bus has to tell of its end is
 * told by a main loop of its context, or by [method@Bus.turn], or never. A
 * timeout that has not come yet does not come any more.
 *
 * May be called in a handler, also of a bus of this simulation: then
 * [method@Simulation.run] and its like return when the handler has. Also done
 * when the last reference is dropped; what runs the simulation holds one.
 *
 * - Thread: the one that made the simulation.
 *
 * Since: 0.9
 */
void
hein_simulation_close (HeinSimulation *self)
{
  HeinSim *sim;

  g_return_if_fail (HEIN_IS_SIMULATION (self));

  sim = &self->sim;
  if (!sim->is_open)
    return;
  sim->is_open = FALSE;
  g_clear_pointer (&self->planned, g_ptr_array_unref);
  close_buses (sim);
  hein_sim_streams_clear (sim);
  hein_sim_sockets_clear (sim);
  g_clear_pointer (&sim->streams_by_fd, g_hash_table_unref);
  g_source_destroy (sim->driver);
  g_clear_pointer (&sim->driver, g_source_unref);
  hein_sim_program_clear (&sim->program);
  hein_timers_clear (&sim->timers);
  hein_sim_map_clear (&sim->map);
  close (sim->epoll_fd);
  hein_sim_note (sim, &(HeinSimNote){ .kind = "over" },
                 "the simulation is closed");
  hein_sim_trace_end_file (&sim->trace);
  hein_world = NULL;
  if (!sim->keeps_spares)
    hein_block_trim_all ();
}

/**
 * hein_simulation_get_is_closed: (attributes org.gtk.Method.get_property=is-closed)
 * @self: a simulation
 *
 * Gets whether the simulation is over: see [method@Simulation.close].
 *
 * - Thread: the one that made the simulation.
 *
 * Returns: %TRUE once it is closed
 *
 * Since: 0.9
 */
gboolean
hein_simulation_get_is_closed (HeinSimulation *self)
{
  g_return_val_if_fail (HEIN_IS_SIMULATION (self), TRUE);

  return !self->sim.is_open;
}

/**
 * hein_simulation_get_time_us:
 * @self: a simulation
 *
 * Gets the virtual time, which is also what [func@get_monotonic_time] returns.
 *
 * - Thread: the one that made the simulation.
 *
 * Returns: µs; a simulation begins at one second
 *
 * Since: 0.9
 */
gint64
hein_simulation_get_time_us (HeinSimulation *self)
{
  g_return_val_if_fail (HEIN_IS_SIMULATION (self), 0);

  return self->sim.world.now_us;
}

/**
 * hein_simulation_set_host:
 * @self: a simulation
 * @host: a name or a numeric address
 *
 * Says on which host buses are made from now on. At the beginning that is a
 * host called `host`. It comes into being if there is none of that name.
 *
 * - Thread: the one that made the simulation.
 *
 * Since: 0.9
 */
void
hein_simulation_set_host (HeinSimulation *self, const char *host)
{
  g_return_if_fail (HEIN_IS_SIMULATION (self) && self->sim.is_open);
  g_return_if_fail (host != NULL && *host != '\0');

  self->sim.here = hein_sim_map_get_host (&self->sim.map, host);
}

/**
 * hein_simulation_run:
 * @self: a simulation
 * @time_ms: how much virtual time is to pass, in milliseconds; 0: what happens
 *   at this very moment
 *
 * Runs the simulation: turns its buses, which calls handlers, and lets time
 * pass. May be called in a handler, whose own bus is not turned meanwhile.
 *
 * - Thread: the one that made the simulation.
 *
 * Since: 0.9
 */
void
hein_simulation_run (HeinSimulation *self, guint time_ms)
{
  g_return_if_fail (HEIN_IS_SIMULATION (self) && self->sim.is_open);

  hein_sim_begin (&self->sim);
  hein_sim_run_to (&self->sim,
                   self->sim.world.now_us + (gint64) time_ms * 1000);
  hein_sim_end (&self->sim);
}

static gboolean
run_until (HeinSimulation *self,
           gint64 end_us,
           HeinSimulationFunc func,
           gpointer data)
{
  while (!func (self, data))
    if (!hein_sim_step (&self->sim, end_us))
      {
        self->sim.world.now_us = MAX (self->sim.world.now_us, end_us);
        return func (self, data);
      }
  return TRUE;
}

/**
 * hein_simulation_run_until:
 * @self: a simulation
 * @limit_ms: for how long at most, in milliseconds of virtual time
 * @func: (scope call) (closure data): what to wait for
 * @data: passed to @func
 *
 * Runs the simulation until @func returns %TRUE. It is called at the beginning
 * and after everything that happens.
 *
 * - Thread: the one that made the simulation.
 *
 * Returns: %FALSE when the time was over first, or the simulation was closed
 *
 * Since: 0.9
 */
gboolean
hein_simulation_run_until (HeinSimulation *self,
                           guint limit_ms,
                           HeinSimulationFunc func,
                           gpointer data)
{
  gboolean has_come;

  g_return_val_if_fail (HEIN_IS_SIMULATION (self) && self->sim.is_open, FALSE);
  g_return_val_if_fail (func != NULL, FALSE);

  hein_sim_begin (&self->sim);
  has_come = run_until (self, self->sim.world.now_us + (gint64) limit_ms * 1000,
                        func, data);
  hein_sim_end (&self->sim);
  return has_come;
}

/**
 * hein_simulation_step:
 * @self: a simulation
 *
 * Lets the next thing happen, at whatever time that is.
 *
 * - Thread: the one that made the simulation.
 *
 * Returns: %FALSE when nothing will ever happen
 *
 * Since: 0.9
 */
gboolean
hein_simulation_step (HeinSimulation *self)
{
  gboolean has_more;

  g_return_val_if_fail (HEIN_IS_SIMULATION (self) && self->sim.is_open, FALSE);

  hein_sim_begin (&self->sim);
  has_more = hein_sim_step (&self->sim, G_MAXINT64);
  hein_sim_end (&self->sim);
  return has_more;
}

/**
 * hein_simulation_begin_trace:
 * @self: a simulation
 *
 * Begins to write down what happens, from an empty page:
 * see [method@Simulation.dup_trace].
 *
 * - Thread: the one that made the simulation.
 *
 * Since: 0.9
 */
void
hein_simulation_begin_trace (HeinSimulation *self)
{
  g_return_if_fail (HEIN_IS_SIMULATION (self));

  hein_sim_trace_begin_text (&self->sim.trace);
}

/**
 * hein_simulation_dup_trace:
 * @self: a simulation
 *
 * Gets what has happened since [method@Simulation.begin_trace]: a line for each
 * event, which begins with its time in µs. It grows with the run, without a
 * limit. `hein simulate --trace` shows more, without a change to the program.
 *
 * - Thread: the one that made the simulation.
 *
 * Returns: (transfer full) (nullable): lines of text; %NULL when nothing was
 *   written down
 *
 * Since: 0.9
 */
char *
hein_simulation_dup_trace (HeinSimulation *self)
{
  g_return_val_if_fail (HEIN_IS_SIMULATION (self), NULL);

  return self->sim.trace.text != NULL ? g_strdup (self->sim.trace.text->str)
                                      : NULL;
}

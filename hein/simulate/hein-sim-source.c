/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-sim-source.h"

/*
 * The main context of the program. Before time passes it is iterated until none
 * of its sources is ready, so that timeouts, idle functions and promises come
 * at the time at which they should.
 *
 * GLib compares ready times with the real clock, so a source that waits for a
 * virtual time has none until the time has come.
 */

/* A source that is always ready must not stop the time. */
#define TURNS_MAX 1000

typedef struct
{
  HeinTimer timer;
  GSource *source; /* owned */
} Waiting;

/* ---- sources that wait ---- */

static void
waiting_free (gpointer data)
{
  Waiting *self = data;

  g_source_unref (self->source);
  g_free (self);
}

/* One timer of the simulation stands for all of them, so that those of one time
 * are ready together: then GLib calls them in the order of its own. */
static void
arm_first (HeinSimProgram *self)
{
  const gint64 due_us = hein_timers_get_due_us (&self->waiting);

  if (due_us == G_MAXINT64)
    hein_timers_disarm (&self->sim->timers, &self->due);
  else
    hein_timers_arm (&self->sim->timers, &self->due, due_us);
}

static void
stop_waiting (HeinSimProgram *self, GSource *source)
{
  Waiting *waiting = g_hash_table_lookup (self->by_source, source);

  if (waiting == NULL)
    return;
  hein_timers_disarm (&self->waiting, &waiting->timer);
  g_hash_table_remove (self->by_source, source);
}

static void
make_ready (HeinSimProgram *self, GSource *source)
{
  /* it may be of the private context of a bus, whose descriptor says so */
  self->sim->world.may_be_woken = TRUE;
  if (!g_source_is_destroyed (source))
    g_source_set_ready_time (source, 0);
}

static void
on_due (HeinTimer *timer, gint64 now_us)
{
  HeinSimProgram *self = HEIN_CONTAINER (timer, HeinSimProgram, due);
  HeinTimer *first;

  while ((first = hein_timers_get_first (&self->waiting)) != NULL &&
         first->due_us <= now_us)
    {
      Waiting *waiting = HEIN_CONTAINER (first, Waiting, timer);

      make_ready (self, waiting->source);
      stop_waiting (self, waiting->source);
    }
  arm_first (self);
}

void
hein_sim_set_ready_time (HeinWorld *world, GSource *source, gint64 ready_us)
{
  HeinSim *sim = HEIN_CONTAINER (world, HeinSim, world);
  HeinSimProgram *self = &sim->program;

  stop_waiting (self, source);
  if (ready_us >= 0 && ready_us <= world->now_us)
    make_ready (self, source);
  else
    g_source_set_ready_time (source, -1);
  if (ready_us > world->now_us)
    {
      Waiting *waiting = g_new0 (Waiting, 1);

      waiting->source = g_source_ref (source);
      g_hash_table_insert (self->by_source, source, waiting);
      hein_timers_arm (&self->waiting, &waiting->timer, ready_us);
    }
  arm_first (self);
}

/* ---- turns of the context ---- */

/* Returns how many descriptors there are in @self->polled. */
static guint
query (HeinSimProgram *self, int priority)
{
  int timeout_ms;
  guint n;

  while ((n = g_main_context_query (self->context, priority, &timeout_ms,
                                    (GPollFD *) self->polled->data,
                                    self->polled->len)) > self->polled->len)
    g_array_set_size (self->polled, n);
  return n;
}

/* Returns whether descriptors of buses are ready: those of the simulation are
 * behind one that its driver has added to the context. */
static gboolean
poll_all (HeinSimProgram *self, guint n)
{
  HeinSim *sim = self->sim;
  GPollFD *polled = (GPollFD *) self->polled->data;

  g_main_context_get_poll_func (self->context) (polled, n, 0);
  for (guint i = 0; i < n; i++)
    if (polled[i].fd == sim->epoll_fd && polled[i].revents != 0)
      return TRUE;
  sim->world.may_be_woken = FALSE;
  sim->n_steps = 0;
  return FALSE;
}

/* What g_main_context_iteration() does, with a look at the descriptors between
 * its parts. */
static HeinSimProgramState
iterate (HeinSimProgram *self, gboolean looks)
{
  int priority;
  guint n;

  if (!g_main_context_prepare (self->context, &priority) && !looks)
    return HEIN_SIM_PROGRAM_IDLE;
  n = query (self, priority);
  if (poll_all (self, n))
    return HEIN_SIM_PROGRAM_HAS_TO_WAIT;
  if (!g_main_context_check (self->context, priority,
                             (GPollFD *) self->polled->data, n))
    return HEIN_SIM_PROGRAM_IDLE;
  g_main_context_dispatch (self->context);
  return HEIN_SIM_PROGRAM_TURNED;
}

HeinSimProgramState
hein_sim_program_turn (HeinSimProgram *self, gboolean looks)
{
  g_autoptr (GMainContext) context = g_main_context_ref (self->context);
  const int depth = self->depth;
  HeinSimProgramState state;

  if (self->turned_us != self->sim->world.now_us)
    self->n_turns = 0;
  self->turned_us = self->sim->world.now_us;
  /* another thread may iterate it */
  if (self->n_turns == TURNS_MAX || !g_main_context_acquire (context))
    return looks ? HEIN_SIM_PROGRAM_HAS_TO_WAIT : HEIN_SIM_PROGRAM_IDLE;
  self->depth = g_main_depth ();
  state = iterate (self, looks);
  self->depth = depth;
  g_main_context_release (context);
  self->n_turns += state == HEIN_SIM_PROGRAM_TURNED;
  return state;
}

void
hein_sim_program_init (HeinSimProgram *self, HeinSim *sim)
{
  self->sim = sim;
  self->depth = -1;
  self->context = g_main_context_ref_thread_default ();
  self->by_source = g_hash_table_new_full (NULL, NULL, NULL, waiting_free);
  self->polled = g_array_new (FALSE, FALSE, sizeof (GPollFD));
  hein_timers_init (&self->waiting);
  self->due.expired = on_due;
}

void
hein_sim_program_clear (HeinSimProgram *self)
{
  g_clear_pointer (&self->by_source, g_hash_table_unref);
  g_clear_pointer (&self->polled, g_array_unref);
  hein_timers_clear (&self->waiting);
  g_clear_pointer (&self->context, g_main_context_unref);
}

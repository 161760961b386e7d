/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-sim-run.h"

#include <errno.h>
#include <sys/epoll.h>

#include "bus/hein-turn.h"
#include "hein-sim-port.h"
#include "hein-sim-source.h"
#include "hein-sim-stream.h"
#include "hein-sim-witness.h"

/*
 * What happens next. Buses that have something to do are turned in the order
 * in which that came about; when there are none, the main context of the
 * program is iterated; when that has nothing to do either, time goes on to the
 * first timer.
 *
 * Streams, and what buses tell each other, are in memory: a heartbeat needs no
 * system call. Descriptors of the real world (of a transport that is not
 * simulated, or of a private context in which another thread has ended a task)
 * are looked at before time passes, if there may be some that are ready.
 */

#define N_EVENTS 64
/* After so many steps they are looked at in any case: other threads wake a bus
 * whenever they like. */
#define LOOK_AFTER 64

/* ---- turning ---- */

static void
arm_timer (HeinSimBus *self, gint64 due_us)
{
  HeinTimers *timers = &self->sim->timers;

  if (due_us == G_MAXINT64)
    hein_timers_disarm (timers, &self->due);
  else if (self->due.position == 0 || self->due.due_us != due_us)
    hein_timers_arm (timers, &self->due, due_us);
}

static void
begin_busy (HeinSimBus *self)
{
  self->sim->busy = g_slist_prepend (self->sim->busy, self);
}

/* FALSE: the bus that began last has left meanwhile. */
static gboolean
end_busy (HeinSim *self)
{
  const gboolean is_there = self->busy->data != NULL;

  self->busy = g_slist_delete_link (self->busy, self->busy);
  return is_there;
}

static void
turn (HeinSimBus *self)
{
  g_autoptr (GObject) bus = g_object_ref (self->bus);
  HeinSim *sim = self->sim;
  gboolean has_turned;

  self->is_due = FALSE;
  self->is_turning = TRUE;
  begin_busy (self);
  has_turned = self->turn (bus);
  if (end_busy (sim))
    {
      self->is_turning = FALSE;
      arm_timer (self, hein_loop_get_due_us (self->place.loop));
      if (has_turned)
        hein_sim_bus_queue (self);
      else
        self->is_stuck = sim->has_stuck = TRUE;
    }
}

static gboolean
turn_next (HeinSim *self)
{
  HeinSimBus *bus = g_queue_peek_head (&self->queue);

  if (bus == NULL)
    return FALSE;
  hein_sim_bus_unqueue (bus);
  turn (bus);
  return TRUE;
}

/* The timers of a loop. */
static void
on_due (HeinTimer *timer, gint64 now_us)
{
  HeinSimBus *self = HEIN_CONTAINER (timer, HeinSimBus, due);

  self->is_due = TRUE;
  hein_sim_bus_queue (self);
}

/* A bus could not be turned in its own handler, whose turn was none of the
 * simulation. */
void
hein_sim_begin (HeinSim *self)
{
  g_object_ref (self->owner);
  if (G_LIKELY (!self->has_stuck))
    return;
  self->has_stuck = FALSE;
  for (GList *l = self->buses.head; l != NULL; l = l->next)
    {
      HeinSimBus *bus = l->data;

      bus->is_stuck = FALSE;
      hein_sim_bus_queue (bus);
    }
}

void
hein_sim_end (HeinSim *self)
{
  g_object_unref (self->owner);
}

/* ---- descriptors of the real world ---- */

/* Returns whether a bus has some that are ready. */
static gboolean
look (HeinSim *self)
{
  struct epoll_event events[N_EVENTS];
  const int n = epoll_wait (self->epoll_fd, events, N_EVENTS, 0);

  self->world.may_be_woken = n > 0;
  self->n_steps = 0;
  for (int i = 0; i < n; i++)
    {
      HeinSimBus *bus = events[i].data.ptr;

      bus->place.has_ready = TRUE;
      hein_sim_bus_queue (bus);
    }
  return self->queue.length > 0;
}

static gboolean
must_look (const HeinSim *self)
{
  return self->world.has_descriptors || self->world.may_be_woken ||
         self->n_steps >= LOOK_AFTER;
}

/* Of each change in its epoll set alone: a bus that may not be turned would be
 * found again and again. */
static void
watch_descriptors (HeinSimBus *self)
{
  struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.ptr = self };

  if (epoll_ctl (self->sim->epoll_fd, EPOLL_CTL_ADD,
                 hein_loop_get_fd (self->place.loop), &event) != 0)
    g_error ("a simulation cannot watch a descriptor: %s", g_strerror (errno));
}

/* ---- time ---- */

static void
run_first_timer (HeinSim *self)
{
  HeinTimer *timer = hein_timers_get_first (&self->timers);

  self->world.now_us = MAX (self->world.now_us, timer->due_us);
  hein_timers_disarm (&self->timers, timer);
  timer->expired (timer, self->world.now_us);
}

gboolean
hein_sim_step (HeinSim *self, gint64 end_us)
{
  gint64 due_us;
  HeinSimProgramState state;
  gboolean looks;
  gboolean is_over;

  if (!self->is_open)
    return FALSE;
  due_us = hein_timers_get_due_us (&self->timers);
  is_over = due_us > end_us || due_us == G_MAXINT64;
  self->n_steps++;
  if (turn_next (self))
    return TRUE;
  looks = is_over || must_look (self);
  state = hein_sim_program_turn (&self->program, looks);
  if (state == HEIN_SIM_PROGRAM_HAS_TO_WAIT)
    {
      if (look (self))
        return turn_next (self);
      state = hein_sim_program_turn (&self->program, TRUE);
    }
  if (state == HEIN_SIM_PROGRAM_TURNED)
    return TRUE;
  if (is_over)
    return FALSE;
  run_first_timer (self);
  return TRUE;
}

void
hein_sim_run_to (HeinSim *self, gint64 end_us)
{
  while (hein_sim_step (self, end_us))
    ;
  self->world.now_us = MAX (self->world.now_us, end_us);
}

/* ---- what the world does for loops ---- */

HeinWorldPlace *
hein_sim_enter (HeinWorld *world,
                HeinLoop *loop,
                HeinWorldTurnFunc turn_bus,
                gpointer bus)
{
  HeinSim *self = HEIN_CONTAINER (world, HeinSim, world);
  HeinSimBus *made = g_new0 (HeinSimBus, 1);

  made->place.world = world;
  made->place.loop = loop;
  made->host = self->here;
  made->sim = self;
  made->turn = turn_bus;
  made->bus = bus;
  made->due.expired = on_due;
  made->in_sim.data = made;
  g_queue_push_tail_link (&self->buses, &made->in_sim);
  watch_descriptors (made);
  hein_sim_witness_add (made);
  return &made->place;
}

void
hein_sim_leave (HeinWorldPlace *place)
{
  HeinSimBus *self = hein_sim_bus_from_place (place);
  HeinSim *sim = self->sim;

  hein_sim_witness_end (self);
  hein_sim_forget_bus (self);
  hein_sim_streams_forget_bus (self);
  hein_sim_bus_unqueue (self);
  hein_timers_disarm (&sim->timers, &self->due);
  epoll_ctl (sim->epoll_fd, EPOLL_CTL_DEL, hein_loop_get_fd (place->loop),
             NULL);
  for (GSList *l = sim->busy; l != NULL; l = l->next)
    if (l->data == self)
      l->data = NULL;
  g_queue_unlink (&sim->buses, &self->in_sim);
  g_free (self);
}

void
hein_sim_wake (HeinWorldPlace *place)
{
  HeinSimBus *self = hein_sim_bus_from_place (place);

  self->is_woken = TRUE;
  hein_sim_bus_queue (self);
}

void
hein_sim_arm (HeinWorldPlace *place, gint64 due_us)
{
  arm_timer (hein_sim_bus_from_place (place), due_us);
}

/* Whoever waits within a turn is stopped like all others of its host. */
static gboolean
is_stopped (const HeinSimBus *self)
{
  return self->host->is_paused || self->host->is_crashed;
}

gboolean
hein_sim_is_ready (HeinWorldPlace *place)
{
  HeinSimBus *self = hein_sim_bus_from_place (place);

  if (hein_sim_bus_has_work (self) ||
      hein_loop_get_due_us (place->loop) <= self->sim->world.now_us)
    return TRUE;
  if (must_look (self->sim))
    look (self->sim);
  return place->has_ready;
}

/* FALSE: that will not be before @end_us. */
static gboolean
wait_a_step (HeinSimBus *self, gint64 end_us)
{
  HeinSim *sim = self->sim;
  const gint64 due_us =
    is_stopped (self) ? end_us
                      : MIN (end_us, hein_loop_get_due_us (self->place.loop));

  if (hein_sim_step (sim, due_us))
    return TRUE;
  if (due_us == G_MAXINT64)
    g_error ("a bus waits for ever: nothing will happen in the simulation");
  sim->world.now_us = MAX (sim->world.now_us, due_us);
  return FALSE;
}

/* Others may use the bus meanwhile, which has a turn do what they want. */
static gboolean
may_go_on (HeinSimBus *self)
{
  return !is_stopped (self) &&
         (hein_sim_is_ready (&self->place) || hein_turn_has_work (self->bus));
}

/* A handler of another bus may close this one, or the simulation. */
void
hein_sim_wait (HeinWorldPlace *place, gint64 end_us)
{
  HeinSimBus *self = hein_sim_bus_from_place (place);
  HeinSim *sim = self->sim;
  const gboolean was_turning = self->is_turning;

  self->is_turning = TRUE;
  hein_sim_bus_unqueue (self);
  hein_sim_begin (sim);
  begin_busy (self);
  while (sim->is_open && sim->busy->data != NULL && !may_go_on (self) &&
         wait_a_step (self, end_us))
    ;
  if (end_busy (sim))
    {
      self->is_turning = was_turning;
      hein_sim_bus_queue (self);
    }
  hein_sim_end (sim);
}

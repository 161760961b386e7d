/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "hein-fork.h"
#include "hein-loop-context.h"
#include "hein-spin.h"
#include "hein-world-net.h"

/* The event loop of a bus: timers, descriptors, jobs, and the private
 * context. */

#define N_EVENTS 256
/* How long one turn handles ready descriptors and runs jobs, in µs. */
#define READY_US  1000
#define TIMERS_US 500
#define JOBS_US   750
/* The clock is read once for so many of them; for each descriptor, since one
 * may bring thousands of messages. */
#define TIMERS_CLOCK 16
#define JOBS_CLOCK   4

struct _HeinLoop
{
  /* any thread */
  int ref_count;    /* atomic */
  int news;         /* atomic: HeinNews */
  int event_fd;     /* open until the last reference is gone */
  guint generation; /* of forks: when it differs, the parent owns the loop */

  int epoll_fd; /* -1: closed */
  int timer_fd;

  HeinWatch timer_watch;
  HeinWatch event_watch;
  HeinWatch context_watch;

  HeinLoopContext context;
  HeinWorldPlace *place; /* borrowed from a simulated world; nullable */
  gboolean is_waiting;   /* in that world */

  HeinSpin spin;
  gint64 waits_since_us; /* when the loop became idle; 0: it is busy */

  HeinTimers timers;
  gint64 armed_us; /* the time that the timerfd is set to */
  gint64 now_us;   /* 0 outside of a turn */

  GQueue jobs; /* borrowed HeinJob */

  struct epoll_event ready[N_EVENTS]; /* what epoll_wait returned */
  int n_ready;
  int next_ready;
};

gboolean
hein_loop_is_dead (HeinLoop *self)
{
  return self->epoll_fd < 0 || self->generation != hein_fork_generation;
}

/* ---- timers ---- */

void
hein_loop_arm (HeinLoop *self, HeinTimer *timer, gint64 due_us)
{
  hein_timers_arm (&self->timers, timer, due_us);
}

void
hein_loop_disarm (HeinLoop *self, HeinTimer *timer)
{
  hein_timers_disarm (&self->timers, timer);
}

gint64
hein_loop_get_due_us (HeinLoop *self)
{
  return MIN (self->context.due_us, hein_timers_get_due_us (&self->timers));
}

static void
arm_timer_fd (HeinLoop *self, gint64 due_us)
{
  struct itimerspec spec = { 0 };

  if (hein_loop_is_dead (self))
    return;
  if (self->place != NULL)
    {
      self->armed_us = due_us;
      self->place->world->funcs->arm (self->place, due_us);
      return;
    }
  if (due_us < G_MAXINT64)
    {
      /* a time of zero would disarm the timerfd */
      gint64 at_us = MAX (due_us, 1);

      spec.it_value.tv_sec = at_us / G_USEC_PER_SEC;
      spec.it_value.tv_nsec = at_us % G_USEC_PER_SEC * 1000;
    }
  /* cannot fail, since the time is not negative */
  if (timerfd_settime (self->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL) == 0)
    self->armed_us = due_us;
  else
    g_warning ("a timer cannot be set: %s", g_strerror (errno));
}

/* A timer that was put off is left alone: it costs a turn too many when it
 * fires, where to set it each time costs a system call. Simulated time does not
 * go on by itself, so that there a turn is dearer. */
static inline void
set_timer_fd (HeinLoop *self)
{
  const gint64 due_us = hein_loop_get_due_us (self);

  if (G_UNLIKELY (due_us < self->armed_us ||
                  (self->place != NULL && due_us != self->armed_us)))
    arm_timer_fd (self, due_us);
}

static void
run_timers (HeinLoop *self)
{
  gint64 now_us = hein_loop_get_now_us (self);
  guint n_run = 0;

  /* at most one run each: a timer that is armed for the past waits a turn */
  for (guint n = self->timers.heap->len; n > 0; n--)
    {
      HeinTimer *timer = hein_timers_get_first (&self->timers);

      if (timer == NULL || timer->due_us > now_us)
        break;
      if (++n_run % TIMERS_CLOCK == 0 &&
          hein_world_get_us () >= now_us + READY_US + TIMERS_US)
        break; /* the remaining timers expire in the next turn */
      hein_loop_disarm (self, timer);
      if (!timer->is_plain)
        hein_loop_use_context (self);
      timer->expired (timer, now_us);
    }
}

/* ---- descriptors ---- */

static gboolean
is_of_world (const HeinWatch *watch)
{
  return watch->fd <= HEIN_WORLD_FD_FIRST;
}

/* FALSE: it is one of the real world. */
static gboolean
add_in_world (HeinLoop *self, HeinWatch *watch)
{
  if (!is_of_world (watch))
    {
      hein_loop_use_descriptors (self);
      return FALSE;
    }
  watch->is_added = TRUE;
  self->place->world->funcs->watch (self->place, watch);
  return TRUE;
}

gboolean
hein_loop_add_watch (
  HeinLoop *self, HeinWatch *watch, int fd, guint32 events, GError **error)
{
  struct epoll_event event = { .events = events, .data.ptr = watch };
  int code = EBADF;

  watch->fd = fd;
  watch->events = events;
  watch->is_added = FALSE;
  if (G_UNLIKELY (self->place != NULL) && add_in_world (self, watch))
    return TRUE;
  if (!hein_loop_is_dead (self))
    {
      if (epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
        {
          watch->is_added = TRUE;
          return TRUE;
        }
      code = errno;
    }
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
               "the descriptor cannot be watched: %s", g_strerror (code));
  return FALSE;
}

void
hein_loop_set_events (HeinLoop *self, HeinWatch *watch, guint32 events)
{
  struct epoll_event event = { .events = events, .data.ptr = watch };

  if (!watch->is_added || watch->events == events || hein_loop_is_dead (self))
    return;
  watch->events = events;
  if (G_UNLIKELY (is_of_world (watch)))
    {
      if (self->place != NULL)
        self->place->world->funcs->watch (self->place, watch);
      return;
    }
  /* modifying an entry needs no memory, and so cannot fail */
  if (epoll_ctl (self->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event) != 0)
    g_warning ("a watch cannot be changed: %s", g_strerror (errno));
}

void
hein_loop_remove_watch (HeinLoop *self, HeinWatch *watch)
{
  if (!watch->is_added)
    return;
  watch->is_added = FALSE;
  if (G_UNLIKELY (is_of_world (watch)))
    {
      if (self->place != NULL)
        self->place->world->funcs->unwatch (self->place, watch);
    }
  else if (!hein_loop_is_dead (self))
    epoll_ctl (self->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
  /* its event may be among those that this turn has yet to handle */
  for (int i = self->next_ready; i < self->n_ready; i++)
    if (self->ready[i].data.ptr == watch)
      self->ready[i].data.ptr = NULL;
}

/* ---- jobs ---- */

void
hein_loop_queue_job (HeinLoop *self, HeinJob *job)
{
  job->link.data = job;
  g_queue_push_tail_link (&self->jobs, &job->link);
}

void
hein_loop_cancel (HeinLoop *self, HeinJob *job)
{
  if (job->link.data == NULL)
    return;
  g_queue_unlink (&self->jobs, &job->link);
  job->link.data = NULL;
}

gboolean
hein_loop_has_jobs (HeinLoop *self)
{
  return self->jobs.length > 0 || self->next_ready < self->n_ready;
}

void
hein_loop_run_jobs (HeinLoop *self)
{
  const guint n_jobs = self->jobs.length;
  gint64 end_us = G_MAXINT64;

  /* at most one run each: a job that queues itself again waits for the next
   * turn, as do those for which time has run out */
  for (guint n = 0; n < n_jobs && self->jobs.length > 0; n++)
    {
      if (n == JOBS_CLOCK)
        end_us = hein_world_get_us () + JOBS_US;
      else if (n > JOBS_CLOCK && n % JOBS_CLOCK == 0 &&
               hein_world_get_us () >= end_us)
        break;

      HeinJob *job = g_queue_peek_head (&self->jobs);

      hein_loop_cancel (self, job);
      if (!job->is_plain)
        hein_loop_use_context (self);
      job->run (job);
    }
}

/* ---- what the loop itself watches ---- */

static void
on_context (HeinWatch *watch, guint32 events)
{
  HeinLoop *self = HEIN_CONTAINER (watch, HeinLoop, context_watch);

  hein_loop_context_turn (&self->context);
}

static void
on_timer (HeinWatch *watch, guint32 events)
{
  HeinLoop *self = HEIN_CONTAINER (watch, HeinLoop, timer_watch);
  guint64 n;

  if (read (self->timer_fd, &n, sizeof n) == sizeof n)
    self->armed_us = G_MAXINT64;
}

static void
on_event (HeinWatch *watch, guint32 events)
{
  HeinLoop *self = HEIN_CONTAINER (watch, HeinLoop, event_watch);
  guint64 n;

  /* always before hein_loop_take_news, see the invariant in the header */
  while (read (self->event_fd, &n, sizeof n) < 0 && errno == EINTR)
    ;
}

/* ---- the private context ---- */

void
hein_loop_enter (HeinLoop *self)
{
  hein_loop_context_enter (&self->context);
}

void
hein_loop_leave (HeinLoop *self)
{
  hein_loop_context_leave (&self->context);
}

void
hein_loop_begin (HeinLoop *self)
{
  hein_loop_context_begin (&self->context);
}

void
hein_loop_use_context (HeinLoop *self)
{
  hein_loop_context_use (&self->context);
}

void
hein_loop_end (HeinLoop *self)
{
  hein_loop_context_end (&self->context);
}

gboolean
hein_loop_has_news (HeinLoop *self)
{
  return g_atomic_int_get (&self->news) != 0;
}

/* ---- a simulated world ---- */

gboolean
hein_loop_enter_world (HeinLoop *self,
                       gboolean (*turn) (gpointer bus),
                       gpointer bus)
{
  if (G_LIKELY (hein_world == NULL))
    return FALSE;
  self->place = hein_world->funcs->enter (hein_world, self, turn, bus);
  return TRUE;
}

HeinWorldPlace *
hein_loop_get_place (HeinLoop *self)
{
  return self->place;
}

gboolean
hein_loop_is_waiting (HeinLoop *self)
{
  return self->is_waiting;
}

static void
write_event (HeinLoop *self)
{
  const guint64 one = 1;

  while (write (self->event_fd, &one, sizeof one) < 0 && errno == EINTR)
    ;
}

/* What was told in the world, which needs no descriptor, is told again. */
void
hein_loop_leave_world (HeinLoop *self)
{
  HeinWorldPlace *place = g_steal_pointer (&self->place);

  if (place == NULL)
    return;
  place->world->funcs->leave (place);
  self->armed_us = G_MAXINT64;
  if (hein_loop_has_news (self))
    write_event (self);
}

void
hein_loop_use_descriptors (HeinLoop *self)
{
  if (self->place != NULL)
    self->place->world->has_descriptors = TRUE;
}

/* ---- life ---- */

/* A bus cannot exist without descriptors, so that a failure here is fatal, like
 * that of an allocation. */
static int
check (int result, const char *what)
{
  if (result < 0)
    g_error ("a bus cannot be made, %s: %s", what, g_strerror (errno));
  return result;
}

static void
watch_own (HeinLoop *self, HeinWatch *watch, int fd)
{
  g_autoptr (GError) error = NULL;

  if (!hein_loop_add_watch (self, watch, fd, EPOLLIN, &error))
    g_error ("a bus cannot be made: %s", error->message);
}

HeinLoop *
hein_loop_new (void)
{
  HeinLoop *self = g_new0 (HeinLoop, 1);

  hein_fork_watch ();
  self->ref_count = 1;
  self->generation = hein_fork_generation;
  self->epoll_fd = check (epoll_create1 (EPOLL_CLOEXEC), "epoll_create1");
  self->timer_fd =
    check (timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
           "timerfd_create");
  self->event_fd = check (eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
  hein_loop_context_init (&self->context, check (epoll_create1 (EPOLL_CLOEXEC),
                                                 "epoll_create1"));
  hein_timers_init (&self->timers);
  self->armed_us = G_MAXINT64;
  hein_spin_init (&self->spin);
  self->timer_watch.ready = on_timer;
  self->event_watch.ready = on_event;
  self->context_watch.ready = on_context;
  watch_own (self, &self->timer_watch, self->timer_fd);
  watch_own (self, &self->event_watch, self->event_fd);
  watch_own (self, &self->context_watch, self->context.fd);
  return self;
}

HeinLoop *
hein_loop_ref (HeinLoop *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
hein_loop_unref (HeinLoop *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;
  hein_loop_close (self);
  close (self->event_fd);
  hein_timers_clear (&self->timers);
  g_free (self->context.fds);
  g_free (self);
}

void
hein_loop_close (HeinLoop *self)
{
  if (self->epoll_fd < 0)
    return;
  hein_loop_leave_world (self);
  close (self->epoll_fd);
  close (self->timer_fd);
  hein_loop_context_close (&self->context,
                           self->generation != hein_fork_generation);
  self->epoll_fd = self->timer_fd = -1;
}

void
hein_loop_run_out (HeinLoop *self)
{
  if (!hein_loop_is_dead (self))
    hein_loop_context_run_out (&self->context);
}

int
hein_loop_get_fd (HeinLoop *self)
{
  return self->epoll_fd;
}

void
hein_loop_set_busy_poll (HeinLoop *self, guint limit_us)
{
  hein_spin_set_limit (&self->spin, limit_us);
}

GMainContext *
hein_loop_get_context (HeinLoop *self)
{
  return self->context.context;
}

gint64
hein_loop_get_now_us (HeinLoop *self)
{
  return self->now_us != 0 ? self->now_us : hein_world_get_us ();
}

/* ---- the turn ---- */

void
hein_loop_tell (HeinLoop *self, HeinNews news)
{
  guint old;

  if (self->generation != hein_fork_generation)
    return;
  old = g_atomic_int_or (&self->news, news | HEIN_NEWS_WRITTEN);
  if (old & HEIN_NEWS_WRITTEN)
    return;
  /* of other threads the world learns by the descriptor */
  if (G_UNLIKELY (hein_world != NULL) && self->place != NULL)
    self->place->world->funcs->wake (self->place);
  else
    write_event (self);
}

guint
hein_loop_take_news (HeinLoop *self)
{
  if (G_LIKELY (g_atomic_int_get (&self->news) == 0))
    return 0;
  return g_atomic_int_and (&self->news, 0);
}

static gboolean
has_ready (HeinLoop *self)
{
  return self->next_ready < self->n_ready;
}

/* Handles ready descriptors for a limited time. The rest is first in the next
 * turn; otherwise those at the end of the array could starve. */
static void
run_ready (HeinLoop *self)
{
  const gint64 end_us = self->now_us + READY_US;

  /* a handler may close the loop, which invalidates all other events */
  while (has_ready (self) && self->epoll_fd >= 0)
    {
      const struct epoll_event *event = &self->ready[self->next_ready++];
      HeinWatch *watch = event->data.ptr;
      guint32 events;

      if (watch == NULL)
        continue;
      /* a handler may have paused this watch since the poll */
      events = event->events & (watch->events | EPOLLHUP | EPOLLERR);
      if (!watch->is_plain)
        hein_loop_use_context (self);
      if (events != 0)
        watch->ready (watch, events);
      if (has_ready (self) && hein_world_get_us () >= end_us)
        return;
    }
  self->n_ready = self->next_ready = 0;
}

/* The set is level-triggered: the next poll returns the same events again. */
static gboolean
is_ready (HeinLoop *self)
{
  struct epoll_event event;

  if (G_UNLIKELY (self->place != NULL))
    return self->place->world->funcs->is_ready (self->place);
  return epoll_wait (self->epoll_fd, &event, 1, 0) > 0;
}

/* Fetches the next events, but leaves it to run_ready to handle them. */
static gboolean
fetch (HeinLoop *self, int timeout_ms)
{
  self->next_ready = 0;
  self->n_ready =
    epoll_wait (self->epoll_fd, self->ready, N_EVENTS, timeout_ms);
  return self->n_ready > 0;
}

gboolean
hein_loop_linger (HeinLoop *self)
{
  gint64 now_us = hein_world_get_us ();
  gint64 end_us =
    MIN (now_us + self->spin.limit_us, hein_loop_get_due_us (self));
  gboolean found = FALSE;

  self->waits_since_us = now_us;
  /* a simulated clock stands still meanwhile */
  if (self->place != NULL || !hein_spin_should_begin (&self->spin))
    return FALSE;
  /* an event that is there already does not show whether polling pays off */
  if (has_ready (self) || fetch (self, 0))
    return TRUE;
  while (!found && now_us < end_us)
    {
      found = fetch (self, 0);
      now_us = hein_world_get_us ();
    }
  hein_spin_end (&self->spin, found);
  return found;
}

/* The kernel is asked only when the world has found something there; again
 * until there is nothing more, as the world hears of changes alone. */
static void
fetch_in_world (HeinLoop *self, int timeout_ms)
{
  HeinWorldPlace *place = self->place;
  int n;

  self->n_ready = self->next_ready = 0;
  self->is_waiting = TRUE;
  if (timeout_ms != 0)
    place->world->funcs->wait (place, timeout_ms < 0
                                        ? G_MAXINT64
                                        : place->world->now_us +
                                            (gint64) timeout_ms * 1000);
  self->is_waiting = FALSE;
  /* a handler of another bus may have ended the world, or this bus */
  if (self->place == NULL)
    return;
  self->n_ready = place->world->funcs->fetch (place, self->ready, N_EVENTS / 2);
  if (!place->has_ready)
    return;
  n = epoll_wait (self->epoll_fd, self->ready + self->n_ready, N_EVENTS / 2, 0);
  place->has_ready = n > 0;
  self->n_ready += MAX (n, 0);
}

static void
wait_for_events (HeinLoop *self, int timeout_ms)
{
  if (timeout_ms != 0)
    {
      if (self->context.is_used)
        {
          hein_loop_use_context (self);
          hein_loop_context_sync (&self->context);
        }
      set_timer_fd (self);
      if (hein_loop_linger (self))
        return;
    }
  if (G_UNLIKELY (self->place != NULL))
    fetch_in_world (self, timeout_ms);
  else
    fetch (self, timeout_ms);
}

static void
end_wait (HeinLoop *self)
{
  if (self->waits_since_us == 0)
    return;
  hein_spin_add_gap (&self->spin, self->now_us - self->waits_since_us);
  self->waits_since_us = 0;
}

void
hein_loop_poll (HeinLoop *self, int timeout_ms)
{
  if (!has_ready (self))
    wait_for_events (self, timeout_ms);
  self->now_us = hein_world_get_us ();
  end_wait (self);
  run_ready (self);
  run_timers (self);
  if (self->context.due_us <= self->now_us && !hein_loop_is_dead (self))
    hein_loop_context_turn (&self->context);
}

void
hein_loop_settle (HeinLoop *self, gboolean again)
{
  if (hein_loop_is_dead (self))
    return;
  /* sources may have been attached since enter; checking costs 2 µs */
  if (self->context.is_used)
    {
      g_main_context_acquire (self->context.context);
      hein_loop_context_sync (&self->context);
      g_main_context_release (self->context.context);
    }
  set_timer_fd (self);
  if (again || hein_loop_has_jobs (self))
    hein_loop_tell (self, 0);
  self->now_us = 0;
}

gboolean
hein_loop_is_settled (HeinLoop *self, gboolean is_needed)
{
  return is_ready (self) ||
         (!is_needed && (self->place != NULL ||
                         hein_loop_get_due_us (self) >= self->armed_us));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * One epoll set with everything a bus waits for: sockets, timers (a timerfd),
 * a wake-up (an eventfd) and, behind a nested epoll set, the private
 * GMainContext in which GIO operations of core and plugins run.
 *
 * A turn of the bus is: hein_loop_enter, hein_loop_poll, hein_loop_run_jobs,
 * hein_loop_leave (then the application's handlers), hein_loop_settle.
 * Everything but hein_loop_wake belongs to the thread that turns the loop.
 */
typedef struct _HeinLoop HeinLoop;
typedef struct _HeinWatch HeinWatch;
typedef struct _HeinTimer HeinTimer;
typedef struct _HeinJob HeinJob;

/* A descriptor in the set, embedded in its owner; zeroed means idle. */
struct _HeinWatch
{
  int fd;
  guint32 events; /* EPOLLIN, EPOLLOUT: what it waits for, level-triggered */
  gboolean is_added;
  void (*ready) (HeinWatch *self, guint32 events);
};

/* A point in monotonic time, embedded in its owner; zeroed means disarmed. */
struct _HeinTimer
{
  gint64 due_us;
  guint position; /* 1-based place in the heap, 0 when disarmed */
  void (*expired) (HeinTimer *self, gint64 now_us);
};

/* Something to do once before the turn ends, embedded in its owner. */
struct _HeinJob
{
  GList link; /* link.data is non-NULL while queued */
  void (*run) (HeinJob *self);
};

HeinLoop *hein_loop_new (void);
void hein_loop_free (HeinLoop *self);
/* For a forked child: closes descriptors and frees memory, and touches no
 * epoll set, because that would change the parent's. */
void hein_loop_abandon (HeinLoop *self);

int hein_loop_get_fd (HeinLoop *self);
GMainContext *hein_loop_get_context (HeinLoop *self);
/* Monotonic µs, read once per poll; outside of a turn it is read anew. */
gint64 hein_loop_get_now_us (HeinLoop *self);

void
hein_loop_add_watch (HeinLoop *self, HeinWatch *watch, int fd, guint32 events);
void hein_loop_set_events (HeinLoop *self, HeinWatch *watch, guint32 events);
/* Always before the descriptor is closed; pending events are forgotten. */
void hein_loop_remove_watch (HeinLoop *self, HeinWatch *watch);

/* (Re)arms; firing disarms first, so expired () may arm again. */
void hein_loop_arm (HeinLoop *self, HeinTimer *timer, gint64 due_us);
void hein_loop_disarm (HeinLoop *self, HeinTimer *timer);

void hein_loop_queue_job (HeinLoop *self, HeinJob *job);

/* Queues @job unless it is queued. A job queued by a job runs next turn. */
static inline void
hein_loop_defer (HeinLoop *self, HeinJob *job)
{
  if (job->link.data == NULL)
    hein_loop_queue_job (self, job);
}

void hein_loop_cancel (HeinLoop *self, HeinJob *job);
gboolean hein_loop_has_jobs (HeinLoop *self);

/* Any thread: makes the descriptor readable, so that a turn follows. */
void hein_loop_wake (HeinLoop *self);

/* Makes the private context the thread's default one, and takes it back. */
void hein_loop_enter (HeinLoop *self);
void hein_loop_leave (HeinLoop *self);
/* How long hein_loop_linger and hein_loop_poll stay awake at most. */
void hein_loop_set_busy_poll (HeinLoop *self, guint limit_us);
/* Before somebody else sleeps on the descriptor: looks for a little while, if
 * that has paid lately; TRUE when there is something to do. */
gboolean hein_loop_linger (HeinLoop *self);
/* Waits (timeout_ms < 0: for ever), runs ready watches, due timers and the
 * private context. Between enter and leave only. */
void hein_loop_poll (HeinLoop *self, gint timeout_ms);
void hein_loop_run_jobs (HeinLoop *self);
/* Restores the invariant at the end of a turn: either nothing is left to do,
 * or the descriptor is readable. @again: the caller has more to do itself. */
void hein_loop_settle (HeinLoop *self, gboolean again);

G_END_DECLS

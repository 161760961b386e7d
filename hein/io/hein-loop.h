/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "hein-timers.h"

G_BEGIN_DECLS

/*
 * The event loop of a bus: one epoll set with everything that the bus waits
 * for: sockets, timers (a timerfd), a wake-up (an eventfd) and, behind a nested
 * epoll set, the private GMainContext in which GIO operations of the core and
 * of plugins run.
 *
 * A turn of the bus is: hein_loop_begin, hein_loop_poll, hein_loop_take_news,
 * hein_loop_run_jobs, hein_loop_end, then the application's handlers, then
 * hein_loop_settle.
 *
 * The invariant between turns: the epoll descriptor is readable, or there is no
 * work. Another thread that has work for the bus stores it wherever it likes (a
 * queue, the cancellable itself), and then reports its kind by hein_loop_tell.
 * Reports are bits of one atomic word, and one of these bits says that the
 * eventfd has been written to. The thread that sets that bit writes to the
 * eventfd. Only hein_loop_take_news clears it, together with all other bits,
 * and always after the eventfd was read. So a report from before that is taken
 * now, and a report from after that writes to the eventfd again: none can be
 * lost. (In the opposite order, a report between the two steps would be drained
 * with the old ones, and the bit would stay set for ever.)
 *
 * The loop is reference-counted, since another thread may be about to write
 * while the bus is torn down: hein_loop_close closes everything but the
 * eventfd, which lives as long as the memory.
 *
 * hein_loop_tell, _ref and _unref may be called on any thread, everything else
 * only on the thread that turns the loop. In a forked child, and after
 * hein_loop_close, calls do nothing: an epoll set, a timerfd and an eventfd are
 * shared with the parent, which would see every change.
 */
typedef struct _HeinLoop HeinLoop;
typedef struct _HeinWatch HeinWatch;
typedef struct _HeinJob HeinJob;
typedef struct _HeinWorldPlace HeinWorldPlace;

/* Gets the struct of type @Type that has @pointer as its @member. */
#define HEIN_CONTAINER(pointer, Type, member)                                  \
  ((Type *) G_STRUCT_MEMBER_P (pointer,                                        \
                               -(glong) G_STRUCT_OFFSET (Type, member)))

/* A descriptor in the epoll set, embedded in its owner; zeroed means idle. */
struct _HeinWatch
{
  int fd;
  guint32 events; /* EPOLLIN, EPOLLOUT: level-triggered */
  gboolean is_added;
  gboolean is_plain; /* asks for the private context itself, if it needs it */
  void (*ready) (HeinWatch *self, guint32 events);
};

/* Work to be done once before the turn ends, embedded in its owner. */
struct _HeinJob
{
  GList link;        /* link.data is non-NULL while queued */
  gboolean is_plain; /* asks for the private context itself, if it needs it */
  void (*run) (HeinJob *self);
};

/* What other threads report to the loop, as bits. */
typedef enum
{
  HEIN_NEWS_WRITTEN = 1 << 0, /* the eventfd has been written to */
  HEIN_NEWS_SENT = 1 << 1,    /* another thread has sent messages */
  HEIN_NEWS_CANCELLED = 1 << 2,
  HEIN_NEWS_ABANDONED = 1 << 3, /* the last reference to the bus is gone */
  HEIN_NEWS_SPOOLED = 1 << 4,   /* messages were written to the spool */
} HeinNews;

HeinLoop *hein_loop_new (void);
HeinLoop *hein_loop_ref (HeinLoop *self);
void hein_loop_unref (HeinLoop *self);
/* Closes the loop for good. In a forked child, it closes descriptors without
 * touching the epoll set, because that would affect the parent. */
void hein_loop_close (HeinLoop *self);
/* Returns whether the loop was closed, or belongs to the parent of this
 * process. */
gboolean hein_loop_is_dead (HeinLoop *self);

/* Turns the private context until its tasks have ended: a task that has not
 * returned yet holds a reference to the context, which holds one to the task.
 * To be called before hein_loop_close, between enter and leave. */
void hein_loop_run_out (HeinLoop *self);

int hein_loop_get_fd (HeinLoop *self);
GMainContext *hein_loop_get_context (HeinLoop *self);
/* Monotonic time in µs, read once per poll; outside of a turn, at each call. */
gint64 hein_loop_get_now_us (HeinLoop *self);
/* When the next timer is due; G_MAXINT64: never. */
gint64 hein_loop_get_due_us (HeinLoop *self);
/* Has the simulated world of this thread turn the loop: see hein-world-net.h.
 * Returns FALSE in the real one. */
gboolean hein_loop_enter_world (HeinLoop *self,
                                gboolean (*turn) (gpointer bus),
                                gpointer bus);
/* To be called when the world ends before the loop. */
void hein_loop_leave_world (HeinLoop *self);
/* NULL: the loop is in the real world. */
HeinWorldPlace *hein_loop_get_place (HeinLoop *self);

/* Whoever uses descriptors that the loop does not know says so, lest a
 * simulated world look at none. */
void hein_loop_use_descriptors (HeinLoop *self);

/* @fd: also a number of a simulated world, see HEIN_WORLD_FD_FIRST.
 * Returns FALSE, and leaves @watch idle, when the kernel cannot add it
 * (fs.epoll.max_user_watches, memory). */
gboolean hein_loop_add_watch (
  HeinLoop *self, HeinWatch *watch, int fd, guint32 events, GError **error);
void hein_loop_set_events (HeinLoop *self, HeinWatch *watch, guint32 events);
/* Must be called before the descriptor is closed. Drops its pending events. */
void hein_loop_remove_watch (HeinLoop *self, HeinWatch *watch);

/* (Re)arms @timer. A timer that fires is disarmed first, so that expired () may
 * arm it again. */
void hein_loop_arm (HeinLoop *self, HeinTimer *timer, gint64 due_us);
void hein_loop_disarm (HeinLoop *self, HeinTimer *timer);

void hein_loop_queue_job (HeinLoop *self, HeinJob *job);

/* Queues @job unless it is queued. A job that a job queues runs in the next
 * turn. */
static inline void
hein_loop_defer (HeinLoop *self, HeinJob *job)
{
  if (job->link.data == NULL)
    hein_loop_queue_job (self, job);
}

void hein_loop_cancel (HeinLoop *self, HeinJob *job);
/* Returns whether jobs, or ready descriptors, are left over for the next
 * turn. */
gboolean hein_loop_has_jobs (HeinLoop *self);

/* Reports @news on any thread: makes the descriptor readable, so that a turn
 * follows in which hein_loop_take_news returns @news. */
void hein_loop_tell (HeinLoop *self, HeinNews news);
/* Returns the reports since the last call; in a turn, after hein_loop_poll. */
guint hein_loop_take_news (HeinLoop *self);
gboolean hein_loop_has_news (HeinLoop *self);

/* Pushes the private context as the thread's default, and pops it. */
void hein_loop_enter (HeinLoop *self);
void hein_loop_leave (HeinLoop *self);
/* The same for a turn, most of which only read and write, and need no context:
 * it is pushed by the first hein_loop_use_context between the two. Watches and
 * jobs that are not plain, timers and sources begin with that. */
void hein_loop_begin (HeinLoop *self);
void hein_loop_end (HeinLoop *self);
/* Sees to it that what starts operations in a turn starts them in the private
 * context; elsewhere does nothing. */
void hein_loop_use_context (HeinLoop *self);
/* Limits how long hein_loop_linger and hein_loop_poll poll without sleeping. */
void hein_loop_set_busy_poll (HeinLoop *self, guint limit_us);
/* To be called before the caller sleeps on the descriptor: polls for a moment,
 * provided that this has paid off lately. TRUE when there is work. */
gboolean hein_loop_linger (HeinLoop *self);
/* Waits (timeout_ms < 0: for ever), then runs ready watches, due timers and the
 * private context. To be called between begin and end. */
void hein_loop_poll (HeinLoop *self, int timeout_ms);
void hein_loop_run_jobs (HeinLoop *self);
/* Restores the invariant at the end of a turn: there is no work, or the
 * descriptor is readable. @again: the caller has more work itself. */
void hein_loop_settle (HeinLoop *self, gboolean again);
/* For tests: whether the invariant holds. @is_needed: the caller has work.
 * Timers count as handled when the descriptor becomes readable in time for
 * each. */
gboolean hein_loop_is_settled (HeinLoop *self, gboolean is_needed);

G_END_DECLS

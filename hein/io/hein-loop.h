/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * The engine of a bus: one epoll set with everything that it waits for:
 * sockets, timers (a timerfd), a wake-up (an eventfd) and, behind a nested
 * epoll set, the private GMainContext in which GIO operations of core and
 * plugins run.
 *
 * A turn of the bus is: hein_loop_enter, hein_loop_poll, hein_loop_take_news,
 * hein_loop_run_jobs, hein_loop_leave (then the application's handlers),
 * hein_loop_settle.
 *
 * The invariant, between turns: the descriptor is readable, or nothing is left
 * to do. Other threads leave what there is to do where they please (a queue,
 * the cancellable itself), and then tell its kind: hein_loop_tell. What is told
 * is written in one atomic word, of which one bit says that the descriptor is
 * written to. Whoever sets that bit writes; only hein_loop_take_news resets it,
 * together with all others, and always after the descriptor was read. So news
 * that come before are taken, and news that come after write again: neither can
 * be lost. (The other way round, news between the two would be drained with the
 * old ones, and the bit would stay for ever.)
 *
 * It counts its references, since the thread that tells may still be about to
 * write when the bus is taken apart: hein_loop_close closes everything but the
 * descriptor that is written to, which lives as long as the memory.
 *
 * hein_loop_tell, _ref and _unref may be called on any thread, everything else
 * belongs to the thread that turns the loop. In a forked child, and once it is
 * closed, calls do nothing: an epoll set, a timerfd and an eventfd are shared
 * with the parent, who would see every change.
 */
typedef struct _HeinLoop HeinLoop;
typedef struct _HeinWatch HeinWatch;
typedef struct _HeinTimer HeinTimer;
typedef struct _HeinJob HeinJob;

/* What @pointer, to its @member, is embedded in. */
#define HEIN_CONTAINER(pointer, Type, member)                                  \
  ((Type *) G_STRUCT_MEMBER_P (pointer,                                        \
                               -(glong) G_STRUCT_OFFSET (Type, member)))

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

/* What other threads have to tell, as bits. */
typedef enum
{
  HEIN_NEWS_WRITTEN = 1 << 0, /* the descriptor is written to */
  HEIN_NEWS_SENT = 1 << 1,    /* messages wait to be taken in */
  HEIN_NEWS_CANCELLED = 1 << 2,
  HEIN_NEWS_ABANDONED = 1 << 3, /* nobody has the bus any more */
} HeinNews;

HeinLoop *hein_loop_new (void);
HeinLoop *hein_loop_ref (HeinLoop *self);
void hein_loop_unref (HeinLoop *self);
/* For good. In a forked child it closes descriptors, and touches no epoll set,
 * because that would change the parent's. */
void hein_loop_close (HeinLoop *self);
/* It was closed, or belongs to the parent of this process. */
gboolean hein_loop_is_dead (HeinLoop *self);

/* Before it is closed, between enter and leave: a task of the private context
 * that has yet to tell its end would keep it, and the context the task. */
void hein_loop_run_out (HeinLoop *self);

int hein_loop_get_fd (HeinLoop *self);
GMainContext *hein_loop_get_context (HeinLoop *self);
/* Monotonic µs, read once per poll; outside of a turn it is read anew. */
gint64 hein_loop_get_now_us (HeinLoop *self);

/* FALSE: the kernel has no room for it (fs.epoll.max_user_watches, memory), and
 * @watch is idle. */
gboolean hein_loop_add_watch (
  HeinLoop *self, HeinWatch *watch, int fd, guint32 events, GError **error);
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
/* Also what was ready, and had to wait for the next turn. */
gboolean hein_loop_has_jobs (HeinLoop *self);

/* Any thread: makes the descriptor readable, so that a turn follows in which
 * hein_loop_take_news has @news. */
void hein_loop_tell (HeinLoop *self, HeinNews news);
/* What was told since it was asked last; in a turn, after hein_loop_poll. */
guint hein_loop_take_news (HeinLoop *self);
gboolean hein_loop_has_news (HeinLoop *self);

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
void hein_loop_poll (HeinLoop *self, int timeout_ms);
void hein_loop_run_jobs (HeinLoop *self);
/* Restores the invariant at the end of a turn: either nothing is left to do,
 * or the descriptor is readable. @again: the caller has more to do itself. */
void hein_loop_settle (HeinLoop *self, gboolean again);
/* For tests: whether the descriptor is readable, or nothing @is_needed and it
 * will be readable in time for every timer. */
gboolean hein_loop_is_settled (HeinLoop *self, gboolean is_needed);

G_END_DECLS

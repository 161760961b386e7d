/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* The private GMainContext of a loop, in which GIO operations of the core and
 * of plugins run. */

G_BEGIN_DECLS

typedef struct
{
  GMainContext *context; /* NULL: closed */
  int fd;        /* a nested epoll set with its descriptors; -1: closed */
  int wakeup_fd; /* that of the context itself, which is always watched */
  guint n_entered;
  gboolean is_put_off; /* it is pushed when something needs it */
  GPollFD *fds;        /* owned: what `fd` contains now */
  int n_fds;
  int size_fds;
  gint64 due_us;    /* G_MAXINT64: never */
  gboolean is_used; /* sources may have been attached */
} HeinLoopContext;

/* @fd: an epoll set of its own, which the callee owns. */
void hein_loop_context_init (HeinLoopContext *self, int fd);
/* Watches its descriptors as they are now, and finds out when it is due. */
void hein_loop_context_sync (HeinLoopContext *self);
/* Runs what is ready, and what that makes due, for so many rounds at most. */
void hein_loop_context_turn (HeinLoopContext *self);
/* The same, with descriptors that have become ready meanwhile. */
void hein_loop_context_run_out (HeinLoopContext *self);
/* @is_fork: the parent of this process owns its sources. */
void hein_loop_context_close (HeinLoopContext *self, gboolean is_fork);

/* Pushes it as the thread's default, and pops it. */
void hein_loop_context_enter (HeinLoopContext *self);
void hein_loop_context_leave (HeinLoopContext *self);
/* The same, but the first hein_loop_context_use between the two pushes it. */
void hein_loop_context_begin (HeinLoopContext *self);
void hein_loop_context_end (HeinLoopContext *self);
void hein_loop_context_push (HeinLoopContext *self);

static inline void
hein_loop_context_use (HeinLoopContext *self)
{
  if (self->is_put_off)
    hein_loop_context_push (self);
}

G_END_DECLS

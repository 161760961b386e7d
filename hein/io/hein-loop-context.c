/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-loop-context.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "hein-world.h"

/* The private GMainContext of a loop, watched by a nested epoll set. */

/* How often it is iterated while it has something to do, and for how long. */
#define TURNS_MAX 16
#define TURNS_US  500
/* How often it is iterated when epoll cannot watch it. */
#define BLIND_MS 100

/* Returns FALSE when epoll cannot watch @fd. */
static gboolean
watch_fd (HeinLoopContext *self, GPollFD *fd)
{
  struct epoll_event event = { .events = fd->events, .data.fd = fd->fd };

  if (epoll_ctl (self->fd, EPOLL_CTL_ADD, fd->fd, &event) == 0)
    return TRUE;
  return errno == EEXIST &&
         epoll_ctl (self->fd, EPOLL_CTL_MOD, fd->fd, &event) == 0;
}

/* Returns FALSE when epoll cannot watch one of the descriptors. */
static gboolean
watch_fds (HeinLoopContext *self)
{
  gboolean ok = TRUE;

  for (int i = 0; i < self->n_fds; i++)
    if (self->fds[i].fd != self->wakeup_fd)
      ok &= watch_fd (self, &self->fds[i]);
  return ok;
}

/* GIO closes descriptors and reuses their numbers, so each one is added or
 * modified again: the same number may be another file by now. */
void
hein_loop_context_sync (HeinLoopContext *self)
{
  g_autofree GPollFD *old =
    g_memdup2 (self->fds, self->n_fds * sizeof *self->fds);
  int n_old = self->n_fds;
  int priority;
  int timeout_ms = -1;
  int n;

  if (g_main_context_prepare (self->context, &priority))
    timeout_ms = 0;
  for (;;)
    {
      int query_ms;

      n = g_main_context_query (self->context, priority, &query_ms, self->fds,
                                self->size_fds);
      if (n <= self->size_fds)
        {
          timeout_ms = timeout_ms == 0 ? 0 : query_ms;
          break;
        }
      self->size_fds = n;
      self->fds = g_renew (GPollFD, self->fds, n);
    }
  self->n_fds = n;
  for (int i = 0; i < n_old; i++)
    {
      gboolean stays = FALSE;

      for (int j = 0; j < n && !stays; j++)
        stays = self->fds[j].fd == old[i].fd;
      if (!stays)
        epoll_ctl (self->fd, EPOLL_CTL_DEL, old[i].fd, NULL);
    }
  /* descriptors that the kernel has no room for are polled from time to time */
  if (!watch_fds (self) && (timeout_ms < 0 || timeout_ms > BLIND_MS))
    timeout_ms = BLIND_MS;
  self->due_us = timeout_ms < 0
                   ? G_MAXINT64
                   : hein_world_get_us () + (gint64) timeout_ms * 1000;
  self->is_used = FALSE;
}

/* Whether something runs without a descriptor that is ready: of those, the next
 * poll tells as well, and what a look at them costs is saved. */
static gboolean
is_due (HeinLoopContext *self)
{
  int priority;
  gboolean is_ready;

  g_main_context_acquire (self->context);
  is_ready = g_main_context_prepare (self->context, &priority);
  g_main_context_release (self->context);
  return is_ready;
}

void
hein_loop_context_turn (HeinLoopContext *self)
{
  const gint64 end_us = hein_world_get_us () + TURNS_US;

  hein_loop_context_use (self);
  for (guint n = 0; n < TURNS_MAX; n++)
    if (!g_main_context_iteration (self->context, FALSE) ||
        hein_world_get_us () >= end_us || !is_due (self))
      break;
  self->is_used = TRUE;
}

void
hein_loop_context_run_out (HeinLoopContext *self)
{
  hein_loop_context_use (self);
  for (guint n = 0; n < TURNS_MAX; n++)
    if (!g_main_context_iteration (self->context, FALSE))
      break;
  self->is_used = TRUE;
}

static void
push (HeinLoopContext *self)
{
  if (G_UNLIKELY (hein_world != NULL))
    hein_world->may_be_woken = TRUE;
  g_main_context_push_thread_default (self->context);
}

void
hein_loop_context_enter (HeinLoopContext *self)
{
  if (self->context == NULL)
    return;
  self->n_entered++;
  push (self);
}

static void
leave (HeinLoopContext *self)
{
  self->n_entered--;
  /* it was closed between enter and leave */
  if (self->n_entered == 0 && self->fd < 0)
    g_clear_pointer (&self->context, g_main_context_unref);
}

void
hein_loop_context_leave (HeinLoopContext *self)
{
  if (self->context == NULL)
    return;
  g_main_context_pop_thread_default (self->context);
  leave (self);
}

void
hein_loop_context_begin (HeinLoopContext *self)
{
  if (self->context == NULL)
    return;
  self->n_entered++;
  self->is_put_off = TRUE;
}

void
hein_loop_context_push (HeinLoopContext *self)
{
  self->is_put_off = FALSE;
  push (self);
}

void
hein_loop_context_end (HeinLoopContext *self)
{
  if (self->context == NULL)
    return;
  if (!self->is_put_off)
    g_main_context_pop_thread_default (self->context);
  self->is_put_off = FALSE;
  leave (self);
}

void
hein_loop_context_init (HeinLoopContext *self, int fd)
{
  self->fd = fd;
  self->wakeup_fd = -1;
  self->context =
    g_main_context_new_with_flags (G_MAIN_CONTEXT_FLAGS_OWNERLESS_POLLING);
  g_main_context_acquire (self->context);
  hein_loop_context_sync (self);
  g_main_context_release (self->context);
  /* all that a new context has, and what it keeps for its life */
  if (self->n_fds == 1)
    self->wakeup_fd = self->fds[0].fd;
}

void
hein_loop_context_close (HeinLoopContext *self, gboolean is_fork)
{
  close (self->fd);
  self->fd = -1;
  /* a forked child leaks the context: its sources belong to the parent */
  if (is_fork)
    self->context = NULL;
  else if (self->n_entered == 0)
    g_clear_pointer (&self->context, g_main_context_unref);
}

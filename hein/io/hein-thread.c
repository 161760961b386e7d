/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-thread.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Handles of threads, and waiting until one of them stops using something. */

/* How often a wait checks before it starts to sleep between checks, and how
 * long it sleeps. */
#define N_LOOKS  1000
#define PAUSE_US 50

__thread HeinThread *hein_thread_own;
gboolean hein_thread_needs_fence;

static long
membarrier (int command)
{
  return syscall (SYS_membarrier, command, 0, 0);
}

/* Done before any thread can be an owner, so that all of them agree. */
static void
choose_barrier (void)
{
  static gsize is_chosen;

  if (g_once_init_enter (&is_chosen))
    {
      hein_thread_needs_fence =
        membarrier (MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) != 0;
      g_once_init_leave (&is_chosen, 1);
    }
}

static void
on_thread_exit (gpointer data)
{
  hein_thread_own = NULL;
  hein_thread_unref (data);
}

static GPrivate at_thread_exit = G_PRIVATE_INIT (on_thread_exit);

HeinThread *
hein_thread_self_slow (void)
{
  HeinThread *self = g_new0 (HeinThread, 1);

  choose_barrier ();
  self->ref_count = 1;
  hein_thread_own = self;
  g_private_set (&at_thread_exit, self);
  return self;
}

HeinThread *
hein_thread_ref (HeinThread *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
hein_thread_unref (HeinThread *self)
{
  if (g_atomic_int_dec_and_test (&self->ref_count))
    g_free (self);
}

static gboolean
is_at_work (HeinThread *self)
{
  return __atomic_load_n (&self->n_begun, __ATOMIC_ACQUIRE) != 0;
}

void
hein_thread_wait (HeinThread *self)
{
  __atomic_thread_fence (__ATOMIC_SEQ_CST);
  if (!hein_thread_needs_fence &&
      membarrier (MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0)
    /* some kernels forget the registration in a forked child */
    if (membarrier (MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0)
      membarrier (MEMBARRIER_CMD_PRIVATE_EXPEDITED);
  for (guint n = 0; is_at_work (self); n++)
    {
      if (n < N_LOOKS)
        g_thread_yield ();
      else
        g_usleep (PAUSE_US);
    }
}

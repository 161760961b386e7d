/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-bus-private.h"

#include <pthread.h>

guint hein_fork_generation;
__thread char hein_thread_mark_byte
  __attribute__ ((tls_model ("initial-exec")));

static void
on_fork_child (void)
{
  hein_fork_generation++;
}

/* Counts forks: a bus that was made in an earlier generation belongs to the
 * parent. Cheaper than getpid (), which is a system call. */
void
hein_fork_watch (void)
{
  static gsize is_registered;

  if (g_once_init_enter (&is_registered))
    {
      pthread_atfork (NULL, NULL, on_fork_child);
      g_once_init_leave (&is_registered, 1);
    }
}

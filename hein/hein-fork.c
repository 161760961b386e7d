/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-bus-private.h"

#include <pthread.h>

static guint generation;

static void
on_fork_child (void)
{
  generation++;
}

/* Counts forks: a bus that was made in an earlier generation belongs to the
 * parent. Cheaper than getpid (), which is a system call. */
guint
hein_fork_get_generation (void)
{
  static gsize is_registered;

  if (g_once_init_enter (&is_registered))
    {
      pthread_atfork (NULL, NULL, on_fork_child);
      g_once_init_leave (&is_registered, 1);
    }
  return generation;
}

/* An address that no other living thread has. */
gpointer
hein_thread_mark (void)
{
  static __thread char mark __attribute__ ((tls_model ("initial-exec")));

  return &mark;
}

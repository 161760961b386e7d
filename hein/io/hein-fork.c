/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-fork.h"

#include <pthread.h>

/* Counts forks by pthread_atfork. */

guint hein_fork_generation;

static void
on_fork_child (void)
{
  hein_fork_generation++;
}

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

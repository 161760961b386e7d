/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <dlfcn.h>
#include <sys/timerfd.h>
#include <time.h>

#include <gio/gio.h>

#include "clock.h"

/* A clock that tests put forward. */

static gint64 ahead_us;

/* The time of a machine that was just started, since that is what few test on.
 * As there, it is never negative: a time of zero is long ago. */
gint64
g_get_monotonic_time (void)
{
  static gint64 start_us;
  struct timespec now;
  gint64 now_us;

  clock_gettime (CLOCK_MONOTONIC, &now);
  now_us = now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
  if (start_us == 0)
    start_us = now_us;
  return 1 + now_us - start_us + ahead_us;
}

/* The kernel and GLib know the test's clock by these two only. They call too
 * early rather than too late, and hein looks at the time itself. */
int
timerfd_settime (int fd,
                 int flags,
                 const struct itimerspec *when,
                 struct itimerspec *old)
{
  const gboolean is_off =
    when->it_value.tv_sec == 0 && when->it_value.tv_nsec == 0;
  const struct itimerspec at_once = { .it_value.tv_nsec = !is_off };
  int (*set) (int, int, const struct itimerspec *, struct itimerspec *) =
    dlsym (RTLD_NEXT, "timerfd_settime");

  return set (fd, flags, &at_once, old);
}

void
g_source_set_ready_time (GSource *source, gint64 ready_us)
{
  void (*set) (GSource *, gint64) =
    dlsym (RTLD_NEXT, "g_source_set_ready_time");

  set (source, MIN (ready_us, 0));
}

void
clock_advance (gint64 by_us)
{
  ahead_us += by_us;
}

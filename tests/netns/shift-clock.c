/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#include <sys/syscall.h>
#include <unistd.h>

/* Preloaded, it sets the time of day of a process ahead by SHIFT_CLOCK_S
 * seconds: a namespace for time has none of its own. */

int
clock_gettime (clockid_t clock, struct timespec *now)
{
  const char *shift = getenv ("SHIFT_CLOCK_S");
  const long result = syscall (SYS_clock_gettime, clock, now);

  if (result == 0 && clock == CLOCK_REALTIME && shift != NULL)
    now->tv_sec += atol (shift);
  return (int) result;
}

int
gettimeofday (struct timeval *restrict now, void *restrict zone)
{
  struct timespec precise;
  const int result = clock_gettime (CLOCK_REALTIME, &precise);

  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return result;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-mcap-alarm.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <gio/gio.h>

/* A source that is ready at a time of the monotonic clock. */

typedef struct
{
  GSource parent;
  int fd;
} Alarm;

static gboolean
alarm_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  Alarm *self = (Alarm *) source;
  guint64 n;

  /* nothing to read: the source is ready without its clock */
  while (read (self->fd, &n, sizeof n) < 0 && errno == EINTR)
    continue;
  return callback != NULL ? callback (data) : G_SOURCE_CONTINUE;
}

static void
alarm_finalize (GSource *source)
{
  Alarm *self = (Alarm *) source;

  if (self->fd >= 0)
    close (self->fd);
}

static GSourceFuncs alarm_funcs = {
  .dispatch = alarm_dispatch,
  .finalize = alarm_finalize,
};

GSource *
hein_mcap_alarm_new (GError **error)
{
  g_autoptr (GSource) source = g_source_new (&alarm_funcs, sizeof (Alarm));
  Alarm *self = (Alarm *) source;

  self->fd = timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (self->fd < 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
                   "no clock can be had: %s", g_strerror (errno));
      return NULL;
    }
  g_source_set_static_name (source, "hein-mcap-alarm");
  g_source_add_unix_fd (source, self->fd, G_IO_IN);
  return g_steal_pointer (&source);
}

/* @time_us: 0: never. */
static void
set_clock (GSource *source, gint64 time_us)
{
  const struct itimerspec when = {
    .it_value = { .tv_sec = time_us / G_USEC_PER_SEC,
                  .tv_nsec = time_us % G_USEC_PER_SEC * 1000 },
  };

  timerfd_settime (((Alarm *) source)->fd, TFD_TIMER_ABSTIME, &when, NULL);
}

void
hein_mcap_alarm_set (GSource *source, gint64 time_us)
{
  set_clock (source, time_us);
  g_source_set_ready_time (source, time_us == 0 ? 0 : -1);
}

void
hein_mcap_alarm_stop (GSource *source)
{
  set_clock (source, 0);
  g_source_set_ready_time (source, -1);
}

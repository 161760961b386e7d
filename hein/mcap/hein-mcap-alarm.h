/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Wakes a main context at a time that is exact: the timeouts of a context are
 * of whole milliseconds, and those of a recording are not. */

G_BEGIN_DECLS

/* A source that is never ready before its time is set. NULL with @error: the
 * system has no descriptor left. (transfer full) */
GSource *hein_mcap_alarm_new (GError **error);
/* Makes the source ready at @time_us of the monotonic clock, once; 0: at once,
 * and again and again. It replaces the time that was set before. */
void hein_mcap_alarm_set (GSource *source, gint64 time_us);
/* Makes it ready no more. */
void hein_mcap_alarm_stop (GSource *source);

G_END_DECLS

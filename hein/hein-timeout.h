/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* Timeouts of a main context, which in a simulation go by its time. */

G_BEGIN_DECLS

HEIN_API
guint hein_timeout_add (guint interval_ms, GSourceFunc func, gpointer data);
HEIN_API
guint hein_timeout_add_full (int priority,
                             guint interval_ms,
                             GSourceFunc func,
                             gpointer data,
                             GDestroyNotify notify);
HEIN_API
guint
hein_timeout_add_seconds (guint interval_s, GSourceFunc func, gpointer data);
HEIN_API
guint hein_timeout_add_seconds_full (int priority,
                                     guint interval_s,
                                     GSourceFunc func,
                                     gpointer data,
                                     GDestroyNotify notify);
HEIN_API
GSource *hein_timeout_source_new (guint interval_ms);
HEIN_API
GSource *hein_timeout_source_new_seconds (guint interval_s);
HEIN_API
void hein_source_set_ready_time (GSource *source, gint64 ready_time_us);

G_END_DECLS

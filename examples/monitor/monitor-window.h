/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "monitor-attached.h"

/* The window: buses on the left, and what there is about one of them. */

G_BEGIN_DECLS

#define MONITOR_TYPE_WINDOW (monitor_window_get_type ())
G_DECLARE_FINAL_TYPE (
  MonitorWindow, monitor_window, MONITOR, WINDOW, AdwApplicationWindow)

/* @attached: of MonitorAttached; @local: of MonitorLocal. */
GtkWindow *monitor_window_new (GtkApplication *application,
                               GListStore *attached,
                               GListStore *local);

G_END_DECLS

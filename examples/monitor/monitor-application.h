/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

/* The application: the buses it knows, and its window. */

G_BEGIN_DECLS

#define MONITOR_TYPE_APPLICATION (monitor_application_get_type ())
G_DECLARE_FINAL_TYPE (
  MonitorApplication, monitor_application, MONITOR, APPLICATION, AdwApplication)

MonitorApplication *monitor_application_new (void);

G_END_DECLS

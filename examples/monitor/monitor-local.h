/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "monitor-bus.h"

/* A bus of another program on this machine, which can be looked into. */

G_BEGIN_DECLS

#define MONITOR_TYPE_LOCAL (monitor_local_get_type ())
G_DECLARE_FINAL_TYPE (MonitorLocal, monitor_local, MONITOR, LOCAL, MonitorBus)

/* @file_name: of its control socket in @folder. NULL: that is not how control
 * sockets are called. */
MonitorLocal *monitor_local_new (const char *folder, const char *file_name);
const char *monitor_local_get_file_name (MonitorLocal *self);
/* FALSE: there is no bus any more; the file was left by a program that died. */
gboolean monitor_local_is_there (MonitorLocal *self);

G_END_DECLS

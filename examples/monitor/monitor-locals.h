/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* The buses of this machine that can be looked into. */

G_BEGIN_DECLS

/* At most so many are shown. */
#define MONITOR_LOCALS_MAX 200

/* Adds buses that are new to @store, of MonitorLocal, and removes those that
 * are gone. */
void monitor_locals_update (GListStore *store);

G_END_DECLS

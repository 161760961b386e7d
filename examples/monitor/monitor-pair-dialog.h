/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

/* Makes the keys of this program and of a device known to each other. */

G_BEGIN_DECLS

#define MONITOR_TYPE_PAIR_DIALOG (monitor_pair_dialog_get_type ())
G_DECLARE_FINAL_TYPE (
  MonitorPairDialog, monitor_pair_dialog, MONITOR, PAIR_DIALOG, AdwWindow)

GtkWindow *monitor_pair_dialog_new (GtkWindow *parent);

G_END_DECLS

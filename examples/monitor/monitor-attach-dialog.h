/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "monitor-attached.h"

/* Asks for the address of a bus; emits "attached" with it when it is there. */

G_BEGIN_DECLS

#define MONITOR_TYPE_ATTACH_DIALOG (monitor_attach_dialog_get_type ())
G_DECLARE_FINAL_TYPE (
  MonitorAttachDialog, monitor_attach_dialog, MONITOR, ATTACH_DIALOG, AdwWindow)

/* @address: what is dialled unless somebody changes it; nullable. */
GtkWindow *monitor_attach_dialog_new (GtkWindow *parent, const char *address);

G_END_DECLS

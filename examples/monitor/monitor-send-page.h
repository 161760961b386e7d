/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "monitor-attached.h"

/* The page on which somebody writes a message and sends it. */

G_BEGIN_DECLS

#define MONITOR_TYPE_SEND_PAGE (monitor_send_page_get_type ())
G_DECLARE_FINAL_TYPE (
  MonitorSendPage, monitor_send_page, MONITOR, SEND_PAGE, AdwBin)

GtkWidget *monitor_send_page_new (MonitorAttached *bus);

G_END_DECLS

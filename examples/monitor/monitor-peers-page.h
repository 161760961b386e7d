/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "monitor-bus.h"

/* The page with the figures of a bus, and its peers. */

G_BEGIN_DECLS

#define MONITOR_TYPE_PEERS_PAGE (monitor_peers_page_get_type ())
G_DECLARE_FINAL_TYPE (
  MonitorPeersPage, monitor_peers_page, MONITOR, PEERS_PAGE, AdwBin)

GtkWidget *monitor_peers_page_new (MonitorBus *bus);
/* The bus has changed. */
void monitor_peers_page_update (MonitorPeersPage *self);
/* There is little room: what matters less is not shown. */
void monitor_peers_page_set_narrow (MonitorPeersPage *self, gboolean is_narrow);

G_END_DECLS

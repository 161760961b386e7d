/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

/* The columns of a table of peers. */

G_BEGIN_DECLS

/* A table that can be sorted by each column; @peers: of MonitorPeer. */
GtkWidget *monitor_peer_columns_new_view (GListModel *peers);
/* Leaves out what matters less where there is little room. */
void monitor_peer_columns_set_narrow (GtkColumnView *view, gboolean is_narrow);

G_END_DECLS

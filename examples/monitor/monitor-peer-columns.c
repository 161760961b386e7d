/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-peer-columns.h"

#include "monitor-peer.h"
#include "monitor-text.h"

/* Says what stands in the columns of a table of peers; losses are red. */

typedef struct
{
  const char *title;
  char *(*dup_text) (MonitorPeer *peer);
  double (*get_number) (MonitorPeer *peer); /* NULL: sorted by its text */
  gboolean is_wide;                         /* it takes the room that is left */
  gboolean is_kept; /* where there is little room, too */
} Column;

/* ---- what they say ---- */

static char *
dup_name (MonitorPeer *peer)
{
  return g_strdup (monitor_peer_get_name (peer));
}

static char *
dup_address (MonitorPeer *peer)
{
  return g_strdup (monitor_peer_get_address (peer));
}

static char *
dup_sent (MonitorPeer *peer)
{
  return monitor_text_dup_number (monitor_peer_get_sent_rate (peer));
}

static char *
dup_received (MonitorPeer *peer)
{
  return monitor_text_dup_number (monitor_peer_get_received_rate (peer));
}

static double
get_queued (MonitorPeer *peer)
{
  return (double) monitor_peer_get_queued_bytes (peer);
}

static char *
dup_queued (MonitorPeer *peer)
{
  return monitor_peer_get_queued_bytes (peer) > 0
           ? monitor_text_dup_size (monitor_peer_get_queued_bytes (peer))
           : g_strdup ("0");
}

static double
get_lost (MonitorPeer *peer)
{
  return (double) monitor_peer_get_dropped (peer);
}

static char *
dup_lost (MonitorPeer *peer)
{
  return monitor_text_dup_number (get_lost (peer));
}

static double
get_rtt (MonitorPeer *peer)
{
  return (double) monitor_peer_get_rtt_us (peer);
}

static char *
dup_rtt (MonitorPeer *peer)
{
  const gint64 rtt_us = monitor_peer_get_rtt_us (peer);

  return rtt_us >= 0 ? g_strdup_printf ("%.1f ms", (double) rtt_us / 1000)
                     : g_strdup ("–");
}

static const Column columns[] = {
  { "Name", dup_name, NULL, TRUE, TRUE },
  { "Address", dup_address, NULL, TRUE, FALSE },
  { "Sent/s", dup_sent, monitor_peer_get_sent_rate, FALSE, FALSE },
  { "Received/s", dup_received, monitor_peer_get_received_rate, FALSE, TRUE },
  { "Queued", dup_queued, get_queued, FALSE, FALSE },
  { "Lost", dup_lost, get_lost, FALSE, TRUE },
  { "Round Trip", dup_rtt, get_rtt, FALSE, FALSE },
};

/* ---- cells ---- */

static const Column *
get_column (GtkListItem *item)
{
  return g_object_get_data (G_OBJECT (item), "column");
}

static void
fill (GtkListItem *item)
{
  const Column *column = get_column (item);
  MonitorPeer *peer = gtk_list_item_get_item (item);
  GtkWidget *label = gtk_list_item_get_child (item);
  g_autofree char *text = column->dup_text (peer);
  g_autofree char *details = monitor_peer_dup_details (peer);

  gtk_label_set_text (GTK_LABEL (label), text);
  gtk_widget_set_tooltip_text (label, details);
  if (column->get_number == get_lost && monitor_peer_get_dropped (peer) > 0)
    gtk_widget_add_css_class (label, "error");
  else
    gtk_widget_remove_css_class (label, "error");
}

static void
on_setup (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
  const Column *column = data;
  GtkWidget *label = gtk_label_new (NULL);

  g_object_set_data (G_OBJECT (item), "column", data);
  gtk_label_set_ellipsize (GTK_LABEL (label), column->is_wide
                                                ? PANGO_ELLIPSIZE_END
                                                : PANGO_ELLIPSIZE_NONE);
  gtk_label_set_xalign (GTK_LABEL (label), column->is_wide ? 0 : 1);
  gtk_widget_add_css_class (label, "numeric");
  gtk_list_item_set_child (item, label);
}

static void
on_bind (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
  g_signal_connect_swapped (gtk_list_item_get_item (item), "changed",
                            G_CALLBACK (fill), item);
  fill (item);
}

static void
on_unbind (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
  g_signal_handlers_disconnect_by_data (gtk_list_item_get_item (item), item);
}

/* ---- columns ---- */

static int
compare (gconstpointer a, gconstpointer b, gpointer data)
{
  const Column *column = data;
  MonitorPeer *one = (MonitorPeer *) a, *other = (MonitorPeer *) b;

  if (column->get_number != NULL)
    {
      const double left = column->get_number (one);
      const double right = column->get_number (other);

      return left < right ? -1 : left > right;
    }
  else
    {
      g_autofree char *left = column->dup_text (one);
      g_autofree char *right = column->dup_text (other);

      return g_utf8_collate (left, right);
    }
}

static void
add_column (GtkColumnView *view, const Column *column)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  g_autoptr (GtkSorter) sorter =
    GTK_SORTER (gtk_custom_sorter_new (compare, (gpointer) column, NULL));
  g_autoptr (GtkColumnViewColumn) added =
    gtk_column_view_column_new (column->title, factory);

  g_signal_connect (factory, "setup", G_CALLBACK (on_setup), (gpointer) column);
  g_signal_connect (factory, "bind", G_CALLBACK (on_bind), NULL);
  g_signal_connect (factory, "unbind", G_CALLBACK (on_unbind), NULL);
  gtk_column_view_column_set_sorter (added, sorter);
  gtk_column_view_column_set_expand (added, column->is_wide);
  gtk_column_view_append_column (view, added);
}

GtkWidget *
monitor_peer_columns_new_view (GListModel *peers)
{
  GtkWidget *view = gtk_column_view_new (NULL);
  GtkSortListModel *sorted;
  g_autoptr (GtkNoSelection) model = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    add_column (GTK_COLUMN_VIEW (view), &columns[i]);
  sorted = gtk_sort_list_model_new (g_object_ref (peers),
                                    g_object_ref (gtk_column_view_get_sorter (
                                      GTK_COLUMN_VIEW (view))));
  gtk_sort_list_model_set_incremental (sorted, TRUE);
  model = gtk_no_selection_new (G_LIST_MODEL (sorted));
  gtk_column_view_set_model (GTK_COLUMN_VIEW (view),
                             GTK_SELECTION_MODEL (model));
  gtk_widget_add_css_class (view, "peers");
  gtk_accessible_update_property (GTK_ACCESSIBLE (view),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, "Peers", -1);
  return view;
}

void
monitor_peer_columns_set_narrow (GtkColumnView *view, gboolean is_narrow)
{
  GListModel *shown = gtk_column_view_get_columns (view);

  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    {
      g_autoptr (GtkColumnViewColumn) column = g_list_model_get_item (shown, i);

      gtk_column_view_column_set_visible (column,
                                          !is_narrow || columns[i].is_kept);
    }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-topic-list.h"

#include "monitor-value.h"

/* Makes the rows of the tree of topics. */

/* ---- rows ---- */

static MonitorTopic *
get_topic (GtkListItem *item)
{
  return gtk_tree_list_row_get_item (gtk_list_item_get_item (item));
}

static void
fill (GtkListItem *item)
{
  g_autoptr (MonitorTopic) topic = get_topic (item);
  GtkWidget *expander = gtk_list_item_get_child (item);
  GtkWidget *box = gtk_tree_expander_get_child (GTK_TREE_EXPANDER (expander));
  GtkWidget *level = gtk_widget_get_first_child (box);
  GtkWidget *value = gtk_widget_get_last_child (box);
  HeinMessage *latest = monitor_topic_get_latest (topic);
  g_autofree char *summary =
    latest != NULL ? monitor_value_dup_summary (latest) : g_strdup ("");

  gtk_label_set_text (GTK_LABEL (level), monitor_topic_get_level (topic));
  gtk_label_set_text (GTK_LABEL (value), summary);
  gtk_widget_set_tooltip_text (expander, monitor_topic_get_title (topic));
}

static void
on_setup (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
  GtkWidget *expander = gtk_tree_expander_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *level = gtk_label_new (NULL);
  GtkWidget *value = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (level), 0);
  gtk_label_set_ellipsize (GTK_LABEL (level), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_width_chars (GTK_LABEL (level), 8);
  gtk_label_set_xalign (GTK_LABEL (value), 1);
  gtk_label_set_ellipsize (GTK_LABEL (value), PANGO_ELLIPSIZE_END);
  gtk_label_set_single_line_mode (GTK_LABEL (value), TRUE);
  gtk_widget_set_hexpand (value, TRUE);
  gtk_widget_add_css_class (value, "dim-label");
  gtk_widget_add_css_class (value, "numeric");
  gtk_box_append (GTK_BOX (box), level);
  gtk_box_append (GTK_BOX (box), value);
  gtk_widget_set_margin_top (box, 6);
  gtk_widget_set_margin_bottom (box, 6);
  gtk_tree_expander_set_child (GTK_TREE_EXPANDER (expander), box);
  gtk_list_item_set_child (item, expander);
}

static void
on_bind (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
  g_autoptr (MonitorTopic) topic = get_topic (item);

  gtk_tree_expander_set_list_row (GTK_TREE_EXPANDER (
                                    gtk_list_item_get_child (item)),
                                  gtk_list_item_get_item (item));
  g_signal_connect_swapped (topic, "changed", G_CALLBACK (fill), item);
  fill (item);
}

static void
on_unbind (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
  g_autoptr (MonitorTopic) topic = get_topic (item);

  if (topic != NULL)
    g_signal_handlers_disconnect_by_data (topic, item);
}

/* ---- the list ---- */

static GListModel *
get_below (gpointer item, gpointer data)
{
  GListModel *children = monitor_topic_get_children (item);

  return children != NULL ? g_object_ref (children) : NULL;
}

static void
on_activate (GtkListView *view, guint position, gpointer data)
{
  g_autoptr (GtkTreeListRow) row =
    g_list_model_get_item (G_LIST_MODEL (gtk_list_view_get_model (view)),
                           position);

  if (row != NULL)
    gtk_tree_list_row_set_expanded (row, !gtk_tree_list_row_get_expanded (row));
}

GtkWidget *
monitor_topic_list_new (MonitorTopics *topics)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkTreeListModel *tree =
    gtk_tree_list_model_new (g_object_ref (monitor_topics_get_roots (topics)),
                             FALSE, TRUE, get_below, NULL, NULL);
  GtkSingleSelection *selection =
    gtk_single_selection_new (G_LIST_MODEL (tree));
  GtkWidget *view;

  gtk_single_selection_set_autoselect (selection, FALSE);
  gtk_single_selection_set_can_unselect (selection, TRUE);
  gtk_single_selection_set_selected (selection, GTK_INVALID_LIST_POSITION);
  g_signal_connect (factory, "setup", G_CALLBACK (on_setup), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (on_bind), NULL);
  g_signal_connect (factory, "unbind", G_CALLBACK (on_unbind), NULL);
  view = gtk_list_view_new (GTK_SELECTION_MODEL (selection), factory);
  g_signal_connect (view, "activate", G_CALLBACK (on_activate), NULL);
  gtk_widget_add_css_class (view, "navigation-sidebar");
  gtk_accessible_update_property (GTK_ACCESSIBLE (view),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, "Topics", -1);
  return view;
}

MonitorTopic *
monitor_topic_list_get_chosen (GtkListView *view)
{
  GtkTreeListRow *row = gtk_single_selection_get_selected_item (
    GTK_SINGLE_SELECTION (gtk_list_view_get_model (view)));
  g_autoptr (MonitorTopic) topic =
    row != NULL ? gtk_tree_list_row_get_item (row) : NULL;

  return topic; /* the tree keeps it */
}

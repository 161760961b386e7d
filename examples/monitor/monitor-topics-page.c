/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-topics-page.h"

#include "monitor-topic-list.h"
#include "monitor-topic-view.h"

/* Shows the topics of an attached bus, and the latest value of one. */

struct _MonitorTopicsPage
{
  AdwBin parent_instance;

  MonitorTopics *topics;
  GtkWidget *stack;
  GtkWidget *paned;
  GtkWidget *list;
  GtkWidget *view;
  GtkWidget *left_out;
};

G_DEFINE_FINAL_TYPE (MonitorTopicsPage, monitor_topics_page, ADW_TYPE_BIN)

static void
monitor_topics_page_dispose (GObject *object)
{
  MonitorTopicsPage *self = MONITOR_TOPICS_PAGE (object);

  if (self->topics != NULL)
    g_signal_handlers_disconnect_by_data (self->topics, self);
  g_clear_object (&self->topics);
  G_OBJECT_CLASS (monitor_topics_page_parent_class)->dispose (object);
}

static void
monitor_topics_page_class_init (MonitorTopicsPageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = monitor_topics_page_dispose;
}

static void
monitor_topics_page_init (MonitorTopicsPage *self)
{
}

static void
on_changed (MonitorTopicsPage *self)
{
  const guint64 n = monitor_topics_get_n_left_out (self->topics);
  g_autofree char *said =
    g_strdup_printf ("%d topics are shown. %" G_GUINT64_FORMAT
                     " messages of others are left out.",
                     MONITOR_TOPICS_MAX, n);

  gtk_stack_set_visible_child_name (GTK_STACK (self->stack),
                                    monitor_topics_get_n_topics (self->topics) >
                                        0
                                      ? "topics"
                                      : "empty");
  gtk_label_set_text (GTK_LABEL (self->left_out), said);
  gtk_widget_set_visible (self->left_out, n > 0);
}

static void
on_selected (GtkSingleSelection *selection,
             GParamSpec *pspec,
             MonitorTopicsPage *self)
{
  monitor_topic_view_set_topic (MONITOR_TOPIC_VIEW (self->view),
                                monitor_topic_list_get_chosen (
                                  GTK_LIST_VIEW (self->list)));
}

void
monitor_topics_page_set_narrow (MonitorTopicsPage *self, gboolean is_narrow)
{
  const GtkOrientation orientation =
    is_narrow ? GTK_ORIENTATION_VERTICAL : GTK_ORIENTATION_HORIZONTAL;

  if (gtk_orientable_get_orientation (GTK_ORIENTABLE (self->paned)) ==
      orientation)
    return;
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self->paned), orientation);
  gtk_paned_set_position (GTK_PANED (self->paned), is_narrow ? 220 : 380);
}

/* ---- the page ---- */

static GtkWidget *
new_tree (MonitorTopicsPage *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  self->list = monitor_topic_list_new (self->topics);
  self->left_out = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->left_out), TRUE);
  gtk_widget_add_css_class (self->left_out, "problem");
  gtk_widget_set_visible (self->left_out, FALSE);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), self->list);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled),
                                  GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_widget_set_vexpand (scrolled, TRUE);
  gtk_widget_set_size_request (box, 200, 120);
  gtk_box_append (GTK_BOX (box), self->left_out);
  gtk_box_append (GTK_BOX (box), scrolled);
  return box;
}

static GtkWidget *
new_paned (MonitorTopicsPage *self, MonitorAttached *bus)
{
  self->paned = gtk_paned_new (GTK_ORIENTATION_HORIZONTAL);
  self->view = monitor_topic_view_new (bus);
  gtk_widget_set_size_request (self->view, 160, 120);
  gtk_paned_set_start_child (GTK_PANED (self->paned), new_tree (self));
  gtk_paned_set_end_child (GTK_PANED (self->paned), self->view);
  gtk_paned_set_resize_start_child (GTK_PANED (self->paned), FALSE);
  gtk_paned_set_shrink_start_child (GTK_PANED (self->paned), FALSE);
  gtk_paned_set_shrink_end_child (GTK_PANED (self->paned), FALSE);
  gtk_paned_set_position (GTK_PANED (self->paned), 380);
  g_signal_connect (gtk_list_view_get_model (GTK_LIST_VIEW (self->list)),
                    "notify::selected-item", G_CALLBACK (on_selected), self);
  return self->paned;
}

GtkWidget *
monitor_topics_page_new (MonitorAttached *bus)
{
  MonitorTopicsPage *self = g_object_new (MONITOR_TYPE_TOPICS_PAGE, NULL);
  GtkWidget *empty = adw_status_page_new ();

  self->topics = g_object_ref (monitor_attached_get_topics (bus));
  self->stack = gtk_stack_new ();
  adw_status_page_set_icon_name (ADW_STATUS_PAGE (empty),
                                 "mail-unread-symbolic");
  adw_status_page_set_title (ADW_STATUS_PAGE (empty), "No Messages Yet");
  adw_status_page_set_description (
    ADW_STATUS_PAGE (empty), "Topics appear here when peers send to this bus.");
  gtk_stack_add_named (GTK_STACK (self->stack), new_paned (self, bus),
                       "topics");
  gtk_stack_add_named (GTK_STACK (self->stack), empty, "empty");
  adw_bin_set_child (ADW_BIN (self), self->stack);
  g_signal_connect_swapped (self->topics, "changed", G_CALLBACK (on_changed),
                            self);
  on_changed (self);
  return GTK_WIDGET (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-window.h"

#include "monitor-attach-dialog.h"
#include "monitor-bus-row.h"
#include "monitor-bus-view.h"
#include "monitor-pair-dialog.h"

/* Lists the buses, shows the one that is chosen, and opens the dialogs. */

struct _MonitorWindow
{
  AdwApplicationWindow parent_instance;

  GListStore *attached;
  GListStore *local;
  MonitorBusView *view; /* borrowed of `content`; NULL: no bus is chosen */

  GtkWidget *toasts;
  GtkWidget *leaflet;
  GtkWidget *sidebar;
  GtkWidget *list;
  GtkWidget *content;
  GtkWidget *nothing;
};

G_DEFINE_FINAL_TYPE (MonitorWindow, monitor_window, ADW_TYPE_APPLICATION_WINDOW)

/* ---- the bus that is chosen ---- */

static void
update_narrow (MonitorWindow *self)
{
  if (self->view != NULL)
    monitor_bus_view_set_narrow (self->view, adw_leaflet_get_folded (
                                               ADW_LEAFLET (self->leaflet)));
}

static void
show_nothing (MonitorWindow *self)
{
  self->view = NULL;
  adw_bin_set_child (ADW_BIN (self->content), self->nothing);
  adw_leaflet_set_visible_child (ADW_LEAFLET (self->leaflet), self->sidebar);
}

static void
show_bus (MonitorWindow *self, MonitorBus *bus)
{
  g_autofree char *page = self->view != NULL
                            ? g_strdup (monitor_bus_view_get_page (self->view))
                            : NULL;
  GtkWidget *view;

  if (self->view != NULL && monitor_bus_view_get_bus (self->view) == bus)
    return;
  view = monitor_bus_view_new (bus);
  adw_bin_set_child (ADW_BIN (self->content), view);
  self->view = MONITOR_BUS_VIEW (view);
  if (page != NULL)
    monitor_bus_view_set_page (self->view, page);
  update_narrow (self);
}

static void
on_row_selected (GtkListBox *list, GtkListBoxRow *row, gpointer data)
{
  MonitorWindow *self = MONITOR_WINDOW (data);

  if (row == NULL)
    show_nothing (self);
  else
    show_bus (self, monitor_bus_row_get_bus (MONITOR_BUS_ROW (row)));
}

static void
on_row_activated (GtkListBox *list, GtkListBoxRow *row, gpointer data)
{
  MonitorWindow *self = MONITOR_WINDOW (data);

  adw_leaflet_set_visible_child (ADW_LEAFLET (self->leaflet), self->content);
}

static void
choose (MonitorWindow *self, MonitorBus *bus)
{
  GtkListBoxRow *row;

  for (int i = 0;
       (row = gtk_list_box_get_row_at_index (GTK_LIST_BOX (self->list), i)) !=
       NULL;
       i++)
    if (monitor_bus_row_get_bus (MONITOR_BUS_ROW (row)) == bus)
      {
        gtk_list_box_select_row (GTK_LIST_BOX (self->list), row);
        on_row_activated (NULL, row, self);
        return;
      }
}

/* ---- actions ---- */

static void
on_attached (MonitorAttachDialog *dialog,
             MonitorAttached *bus,
             MonitorWindow *self)
{
  g_list_store_append (self->attached, bus);
  choose (self, MONITOR_BUS (bus));
}

static void
open_attach (MonitorWindow *self, const char *address)
{
  GtkWindow *dialog = monitor_attach_dialog_new (GTK_WINDOW (self), address);

  g_signal_connect_object (dialog, "attached", G_CALLBACK (on_attached), self,
                           0);
  gtk_window_present (dialog);
}

static void
attach (GtkWidget *widget, const char *action, GVariant *parameter)
{
  open_attach (MONITOR_WINDOW (widget), NULL);
}

static void
attach_here (GtkWidget *widget, const char *action, GVariant *parameter)
{
  MonitorWindow *self = MONITOR_WINDOW (widget);

  if (self->view != NULL)
    open_attach (self, monitor_bus_get_address (
                         monitor_bus_view_get_bus (self->view)));
}

static void
detach (GtkWidget *widget, const char *action, GVariant *parameter)
{
  MonitorWindow *self = MONITOR_WINDOW (widget);
  MonitorBus *bus =
    self->view != NULL ? monitor_bus_view_get_bus (self->view) : NULL;
  g_autofree char *name = NULL;
  g_autofree char *said = NULL;
  guint at;

  if (bus == NULL || !MONITOR_IS_ATTACHED (bus) ||
      !g_list_store_find (self->attached, bus, &at))
    return;
  name = g_markup_escape_text (monitor_bus_get_name (bus), -1);
  said = g_strdup_printf ("Detached %s", name);
  monitor_attached_close (MONITOR_ATTACHED (bus));
  g_list_store_remove (self->attached, at);
  adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (self->toasts),
                               adw_toast_new (said));
}

static void
pair (GtkWidget *widget, const char *action, GVariant *parameter)
{
  gtk_window_present (monitor_pair_dialog_new (GTK_WINDOW (widget)));
}

static void
go_back (GtkWidget *widget, const char *action, GVariant *parameter)
{
  MonitorWindow *self = MONITOR_WINDOW (widget);

  adw_leaflet_set_visible_child (ADW_LEAFLET (self->leaflet), self->sidebar);
}

static void
show_page (GtkWidget *widget, const char *action, GVariant *parameter)
{
  MonitorWindow *self = MONITOR_WINDOW (widget);

  if (self->view != NULL)
    monitor_bus_view_set_page (self->view,
                               g_variant_get_string (parameter, NULL));
}

/* ---- the list ---- */

static GtkWidget *
make_row (gpointer bus, gpointer data)
{
  return monitor_bus_row_new (bus);
}

static void
update_header (GtkListBoxRow *row, GtkListBoxRow *before, gpointer data)
{
  MonitorBus *bus = monitor_bus_row_get_bus (MONITOR_BUS_ROW (row));
  MonitorBus *last =
    before != NULL ? monitor_bus_row_get_bus (MONITOR_BUS_ROW (before)) : NULL;
  const gboolean is_first =
    last == NULL || MONITOR_IS_ATTACHED (bus) != MONITOR_IS_ATTACHED (last);
  GtkWidget *label;

  if (is_first == (gtk_list_box_row_get_header (row) != NULL))
    return;
  if (!is_first)
    {
      gtk_list_box_row_set_header (row, NULL);
      return;
    }
  label =
    gtk_label_new (MONITOR_IS_ATTACHED (bus) ? "Attached" : "On This Machine");
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, "heading");
  gtk_widget_add_css_class (label, "dim-label");
  gtk_widget_set_margin_top (label, 12);
  gtk_widget_set_margin_bottom (label, 6);
  gtk_widget_set_margin_start (label, 12);
  gtk_list_box_row_set_header (row, label);
}

static void
show_buses (MonitorWindow *self)
{
  g_autoptr (GListStore) both = g_list_store_new (G_TYPE_LIST_MODEL);
  g_autoptr (GtkFlattenListModel) buses = NULL;
  GtkWidget *none = gtk_label_new ("Nothing is attached, and no program on "
                                   "this machine can be looked into.");

  g_list_store_append (both, self->attached);
  g_list_store_append (both, self->local);
  buses = gtk_flatten_list_model_new (G_LIST_MODEL (g_steal_pointer (&both)));
  gtk_label_set_wrap (GTK_LABEL (none), TRUE);
  gtk_label_set_justify (GTK_LABEL (none), GTK_JUSTIFY_CENTER);
  gtk_widget_add_css_class (none, "dim-label");
  gtk_widget_set_margin_top (none, 24);
  gtk_widget_set_margin_start (none, 18);
  gtk_widget_set_margin_end (none, 18);
  gtk_list_box_set_placeholder (GTK_LIST_BOX (self->list), none);
  gtk_list_box_set_header_func (GTK_LIST_BOX (self->list), update_header, NULL,
                                NULL);
  gtk_list_box_bind_model (GTK_LIST_BOX (self->list), G_LIST_MODEL (buses),
                           make_row, NULL, NULL);
}

/* ---- class ---- */

static void
monitor_window_dispose (GObject *object)
{
  MonitorWindow *self = MONITOR_WINDOW (object);

  self->view = NULL;
  g_clear_object (&self->attached);
  g_clear_object (&self->local);
  g_clear_object (&self->nothing);
  G_OBJECT_CLASS (monitor_window_parent_class)->dispose (object);
}

static void
install_actions (GtkWidgetClass *widget_class)
{
  gtk_widget_class_install_action (widget_class, "win.attach", NULL, attach);
  gtk_widget_class_install_action (widget_class, "win.attach-here", NULL,
                                   attach_here);
  gtk_widget_class_install_action (widget_class, "win.detach", NULL, detach);
  gtk_widget_class_install_action (widget_class, "win.pair", NULL, pair);
  gtk_widget_class_install_action (widget_class, "win.back", NULL, go_back);
  gtk_widget_class_install_action (widget_class, "win.show-page", "s",
                                   show_page);
}

static void
monitor_window_class_init (MonitorWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = monitor_window_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/hein/Monitor/window.ui");
  gtk_widget_class_bind_template_child (widget_class, MonitorWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, MonitorWindow, leaflet);
  gtk_widget_class_bind_template_child (widget_class, MonitorWindow, sidebar);
  gtk_widget_class_bind_template_child (widget_class, MonitorWindow, list);
  gtk_widget_class_bind_template_child (widget_class, MonitorWindow, content);
  gtk_widget_class_bind_template_child (widget_class, MonitorWindow, nothing);
  gtk_widget_class_bind_template_callback (widget_class, on_row_selected);
  gtk_widget_class_bind_template_callback (widget_class, on_row_activated);
  install_actions (widget_class);
}

static void
monitor_window_init (MonitorWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_object_ref (self->nothing); /* it is not always shown */
  g_signal_connect_object (self->leaflet, "notify::folded",
                           G_CALLBACK (update_narrow), self, G_CONNECT_SWAPPED);
}

GtkWindow *
monitor_window_new (GtkApplication *application,
                    GListStore *attached,
                    GListStore *local)
{
  MonitorWindow *self =
    g_object_new (MONITOR_TYPE_WINDOW, "application", application, NULL);

  self->attached = g_object_ref (attached);
  self->local = g_object_ref (local);
  show_nothing (self);
  show_buses (self);
  return GTK_WINDOW (self);
}

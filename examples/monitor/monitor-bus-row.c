/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-bus-row.h"

#include "monitor-text.h"

/* Shows the name of a bus, where it is, and what it has lost. */

struct _MonitorBusRow
{
  GtkListBoxRow parent_instance;

  MonitorBus *bus;
  GtkWidget *name;
  GtkWidget *detail;
  GtkWidget *lost;
  GtkWidget *problem;
};

G_DEFINE_FINAL_TYPE (MonitorBusRow, monitor_bus_row, GTK_TYPE_LIST_BOX_ROW)

static void
update (MonitorBusRow *self)
{
  const char *problem = monitor_bus_get_problem (self->bus);
  const guint64 dropped = monitor_bus_get_dropped (self->bus);
  g_autofree char *number = monitor_text_dup_number ((double) dropped);
  g_autofree char *lost = g_strdup_printf ("%s lost", number);

  gtk_label_set_text (GTK_LABEL (self->name), monitor_bus_get_name (self->bus));
  gtk_label_set_text (GTK_LABEL (self->detail),
                      monitor_bus_get_detail (self->bus));
  gtk_label_set_text (GTK_LABEL (self->lost), lost);
  gtk_widget_set_visible (self->lost, monitor_bus_is_losing (self->bus));
  gtk_widget_set_visible (self->problem, problem != NULL);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self),
                               problem != NULL
                                 ? problem
                                 : monitor_bus_get_detail (self->bus));
}

static void
monitor_bus_row_dispose (GObject *object)
{
  MonitorBusRow *self = MONITOR_BUS_ROW (object);

  if (self->bus != NULL)
    g_signal_handlers_disconnect_by_data (self->bus, self);
  g_clear_object (&self->bus);
  G_OBJECT_CLASS (monitor_bus_row_parent_class)->dispose (object);
}

static void
monitor_bus_row_class_init (MonitorBusRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = monitor_bus_row_dispose;
}

static GtkWidget *
new_label (PangoEllipsizeMode mode, const char *first, const char *second)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), mode);
  if (first != NULL)
    gtk_widget_add_css_class (label, first);
  if (second != NULL)
    gtk_widget_add_css_class (label, second);
  return label;
}

static void
monitor_bus_row_init (MonitorBusRow *self)
{
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *texts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);

  self->name = new_label (PANGO_ELLIPSIZE_END, NULL, NULL);
  self->detail = new_label (PANGO_ELLIPSIZE_MIDDLE, "dim-label", "caption");
  self->lost = new_label (PANGO_ELLIPSIZE_NONE, "error", "caption");
  self->problem = gtk_image_new_from_icon_name ("dialog-warning-symbolic");
  gtk_widget_add_css_class (self->problem, "error");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->problem),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, "Problem", -1);
  gtk_widget_set_hexpand (texts, TRUE);
  gtk_widget_set_margin_top (line, 9);
  gtk_widget_set_margin_bottom (line, 9);
  gtk_box_append (GTK_BOX (texts), self->name);
  gtk_box_append (GTK_BOX (texts), self->detail);
  gtk_box_append (GTK_BOX (line), texts);
  gtk_box_append (GTK_BOX (line), self->lost);
  gtk_box_append (GTK_BOX (line), self->problem);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (self), line);
}

GtkWidget *
monitor_bus_row_new (MonitorBus *bus)
{
  MonitorBusRow *self = g_object_new (MONITOR_TYPE_BUS_ROW, NULL);

  self->bus = g_object_ref (bus);
  g_signal_connect_swapped (bus, "changed", G_CALLBACK (update), self);
  update (self);
  return GTK_WIDGET (self);
}

MonitorBus *
monitor_bus_row_get_bus (MonitorBusRow *self)
{
  return self->bus;
}

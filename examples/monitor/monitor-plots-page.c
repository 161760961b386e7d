/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-plots-page.h"

#include "monitor-attached.h"
#include "monitor-plot.h"

/* Plots the figures of a bus, and a topic of an attached one. */

struct _MonitorPlotsPage
{
  AdwBin parent_instance;

  MonitorBus *bus;
  MonitorPlot *messages;
  MonitorPlot *queue;
  MonitorPlot *topic;
  GtkWidget *topic_box;
  GtkWidget *topic_title;
  MonitorSeries *plotted; /* nullable */
};

G_DEFINE_FINAL_TYPE (MonitorPlotsPage, monitor_plots_page, ADW_TYPE_BIN)

static void
monitor_plots_page_dispose (GObject *object)
{
  MonitorPlotsPage *self = MONITOR_PLOTS_PAGE (object);

  g_clear_object (&self->bus);
  g_clear_object (&self->plotted);
  G_OBJECT_CLASS (monitor_plots_page_parent_class)->dispose (object);
}

static void
monitor_plots_page_class_init (MonitorPlotsPageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = monitor_plots_page_dispose;
}

static void
monitor_plots_page_init (MonitorPlotsPage *self)
{
}

static void
update_topic (MonitorPlotsPage *self)
{
  MonitorSeries *series =
    MONITOR_IS_ATTACHED (self->bus)
      ? monitor_attached_get_plot (MONITOR_ATTACHED (self->bus))
      : NULL;

  if (g_set_object (&self->plotted, series))
    {
      monitor_plot_clear (self->topic);
      if (series != NULL)
        {
          monitor_plot_add (self->topic, series, MONITOR_COLOR_BLUE);
          gtk_label_set_text (GTK_LABEL (self->topic_title),
                              monitor_series_get_name (series));
        }
      gtk_widget_set_visible (self->topic_box, series != NULL);
    }
  monitor_plot_update (self->topic);
}

void
monitor_plots_page_update (MonitorPlotsPage *self)
{
  monitor_plot_update (self->messages);
  monitor_plot_update (self->queue);
  update_topic (self);
}

/* ---- the page ---- */

static GtkWidget *
new_legend (const char *name, const char *class)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *mark = gtk_label_new ("━");

  gtk_widget_add_css_class (mark, class);
  gtk_accessible_update_state (GTK_ACCESSIBLE (mark),
                               GTK_ACCESSIBLE_STATE_HIDDEN, TRUE, -1);
  gtk_box_append (GTK_BOX (box), mark);
  gtk_box_append (GTK_BOX (box), gtk_label_new (name));
  return box;
}

/* @title: of the box, a label. */
static GtkWidget *
new_box (GtkWidget *title, GtkWidget *plot, GtkWidget **head)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 18);

  gtk_widget_add_css_class (title, "heading");
  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_label_set_ellipsize (GTK_LABEL (title), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (title, TRUE);
  gtk_box_append (GTK_BOX (line), title);
  gtk_box_append (GTK_BOX (box), line);
  gtk_box_append (GTK_BOX (box), plot);
  gtk_widget_add_css_class (box, "card");
  gtk_widget_add_css_class (box, "figure");
  if (head != NULL)
    *head = line;
  return box;
}

static GtkWidget *
new_messages (MonitorPlotsPage *self)
{
  GtkWidget *head;
  GtkWidget *plot = monitor_plot_new ("Messages per second");
  GtkWidget *box = new_box (gtk_label_new ("Messages per Second"), plot, &head);

  self->messages = MONITOR_PLOT (plot);
  monitor_plot_add (self->messages,
                    monitor_bus_get_series (self->bus, MONITOR_FIGURE_SENT),
                    MONITOR_COLOR_BLUE);
  monitor_plot_add (self->messages,
                    monitor_bus_get_series (self->bus, MONITOR_FIGURE_RECEIVED),
                    MONITOR_COLOR_GREEN);
  monitor_plot_add (self->messages,
                    monitor_bus_get_series (self->bus, MONITOR_FIGURE_LOST),
                    MONITOR_COLOR_RED);
  gtk_box_append (GTK_BOX (head), new_legend ("Sent", "accent"));
  gtk_box_append (GTK_BOX (head), new_legend ("Received", "success"));
  gtk_box_append (GTK_BOX (head), new_legend ("Lost", "error"));
  return box;
}

static GtkWidget *
new_queue (MonitorPlotsPage *self)
{
  GtkWidget *plot = monitor_plot_new ("Queued bytes");

  self->queue = MONITOR_PLOT (plot);
  monitor_plot_add (self->queue,
                    monitor_bus_get_series (self->bus, MONITOR_FIGURE_QUEUED),
                    MONITOR_COLOR_PURPLE);
  return new_box (gtk_label_new ("Bytes Queued for Peers"), plot, NULL);
}

static GtkWidget *
new_topic (MonitorPlotsPage *self)
{
  GtkWidget *plot = monitor_plot_new ("Topic");

  self->topic = MONITOR_PLOT (plot);
  self->topic_title = gtk_label_new (NULL);
  self->topic_box = new_box (self->topic_title, plot, NULL);
  gtk_widget_set_visible (self->topic_box, FALSE);
  return self->topic_box;
}

GtkWidget *
monitor_plots_page_new (MonitorBus *bus)
{
  MonitorPlotsPage *self = g_object_new (MONITOR_TYPE_PLOTS_PAGE, NULL);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 18);
  GtkWidget *clamp = adw_clamp_new ();
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  self->bus = g_object_ref (bus);
  gtk_box_append (GTK_BOX (box), new_messages (self));
  gtk_box_append (GTK_BOX (box), new_queue (self));
  gtk_box_append (GTK_BOX (box), new_topic (self));
  gtk_widget_set_margin_top (box, 18);
  gtk_widget_set_margin_bottom (box, 18);
  gtk_widget_set_margin_start (box, 12);
  gtk_widget_set_margin_end (box, 12);
  adw_clamp_set_child (ADW_CLAMP (clamp), box);
  adw_clamp_set_maximum_size (ADW_CLAMP (clamp), 900);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), clamp);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled),
                                  GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  adw_bin_set_child (ADW_BIN (self), scrolled);
  monitor_plots_page_update (self);
  return GTK_WIDGET (self);
}

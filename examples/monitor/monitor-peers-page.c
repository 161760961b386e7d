/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-peers-page.h"

#include <math.h>

#include "monitor-peer-columns.h"
#include "monitor-text.h"

/* Shows the figures of a bus, and its peers in a table. */

struct _MonitorPeersPage
{
  AdwBin parent_instance;

  MonitorBus *bus;
  GtkWidget *figures[MONITOR_N_FIGURES]; /* labels */
  GtkWidget *stack;
  GtkWidget *empty;
  GtkWidget *hidden;
  GtkWidget *view;
};

G_DEFINE_FINAL_TYPE (MonitorPeersPage, monitor_peers_page, ADW_TYPE_BIN)

static void
monitor_peers_page_dispose (GObject *object)
{
  g_clear_object (&MONITOR_PEERS_PAGE (object)->bus);
  G_OBJECT_CLASS (monitor_peers_page_parent_class)->dispose (object);
}

static void
monitor_peers_page_class_init (MonitorPeersPageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = monitor_peers_page_dispose;
}

static void
monitor_peers_page_init (MonitorPeersPage *self)
{
}

/* ---- figures ---- */

static const char *const captions[MONITOR_N_FIGURES] = { "sent per second",
                                                         "received per second",
                                                         "lost", "queued" };

static GtkWidget *
new_figure (MonitorPeersPage *self, guint figure)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  GtkWidget *caption = gtk_label_new (captions[figure]);

  self->figures[figure] = gtk_label_new ("–");
  gtk_widget_add_css_class (self->figures[figure], "title-2");
  gtk_widget_add_css_class (self->figures[figure], "numeric");
  gtk_label_set_ellipsize (GTK_LABEL (self->figures[figure]),
                           PANGO_ELLIPSIZE_END);
  gtk_label_set_ellipsize (GTK_LABEL (caption), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (caption, "dim-label");
  gtk_widget_add_css_class (caption, "caption");
  gtk_widget_add_css_class (box, "card");
  gtk_widget_add_css_class (box, "figure");
  gtk_box_append (GTK_BOX (box), self->figures[figure]);
  gtk_box_append (GTK_BOX (box), caption);
  return box;
}

static char *
dup_figure (MonitorPeersPage *self, guint figure)
{
  const double last =
    monitor_series_get_last (monitor_bus_get_series (self->bus, figure));

  if (figure == MONITOR_FIGURE_LOST)
    return monitor_text_dup_number (
      (double) monitor_bus_get_dropped (self->bus));
  if (isnan (last))
    return g_strdup ("–");
  return figure == MONITOR_FIGURE_QUEUED
           ? monitor_text_dup_size ((guint64) last)
           : monitor_text_dup_number (last);
}

static void
update_figures (MonitorPeersPage *self)
{
  for (guint i = 0; i < MONITOR_N_FIGURES; i++)
    {
      g_autofree char *text = dup_figure (self, i);
      g_autofree char *said = g_strdup_printf ("%s %s", text, captions[i]);

      gtk_label_set_text (GTK_LABEL (self->figures[i]), text);
      gtk_accessible_update_property (GTK_ACCESSIBLE (self->figures[i]),
                                      GTK_ACCESSIBLE_PROPERTY_LABEL, said, -1);
    }
  if (monitor_bus_get_dropped (self->bus) > 0)
    gtk_widget_add_css_class (self->figures[MONITOR_FIGURE_LOST], "error");
}

/* ---- peers ---- */

static void
update_empty (MonitorPeersPage *self)
{
  const char *address = monitor_bus_get_address (self->bus);
  g_autofree char *said =
    address != NULL
      ? g_strdup_printf ("Programs that dial %s appear here.", address)
      : g_strdup ("Peers appear here as soon as they are connected.");
  g_autofree char *escaped = g_markup_escape_text (said, -1);

  adw_status_page_set_description (ADW_STATUS_PAGE (self->empty), escaped);
}

static void
update_hidden (MonitorPeersPage *self)
{
  const guint64 n = monitor_bus_get_n_hidden (self->bus);
  g_autofree char *said = g_strdup_printf ("There are %" G_GUINT64_FORMAT
                                           " more peers, which are not shown.",
                                           n);

  gtk_label_set_text (GTK_LABEL (self->hidden), said);
  gtk_widget_set_visible (self->hidden, n > 0);
}

void
monitor_peers_page_update (MonitorPeersPage *self)
{
  GListModel *peers = monitor_bus_get_peers (self->bus);

  update_figures (self);
  update_empty (self);
  update_hidden (self);
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack),
                                    g_list_model_get_n_items (peers) > 0
                                      ? "peers"
                                      : "empty");
}

void
monitor_peers_page_set_narrow (MonitorPeersPage *self, gboolean is_narrow)
{
  monitor_peer_columns_set_narrow (GTK_COLUMN_VIEW (self->view), is_narrow);
}

/* ---- the page ---- */

static GtkWidget *
new_figures (MonitorPeersPage *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);

  gtk_box_set_homogeneous (GTK_BOX (box), TRUE);
  for (guint i = 0; i < MONITOR_N_FIGURES; i++)
    gtk_box_append (GTK_BOX (box), new_figure (self, i));
  gtk_widget_set_margin_top (box, 18);
  gtk_widget_set_margin_bottom (box, 18);
  gtk_widget_set_margin_start (box, 12);
  gtk_widget_set_margin_end (box, 12);
  return box;
}

static GtkWidget *
new_stack (MonitorPeersPage *self)
{
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  self->view =
    monitor_peer_columns_new_view (monitor_bus_get_peers (self->bus));
  self->empty = adw_status_page_new ();
  self->stack = gtk_stack_new ();
  adw_status_page_set_icon_name (ADW_STATUS_PAGE (self->empty),
                                 "system-users-symbolic");
  adw_status_page_set_title (ADW_STATUS_PAGE (self->empty), "Nobody Is There");
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), self->view);
  gtk_stack_add_named (GTK_STACK (self->stack), scrolled, "peers");
  gtk_stack_add_named (GTK_STACK (self->stack), self->empty, "empty");
  gtk_widget_set_vexpand (self->stack, TRUE);
  return self->stack;
}

GtkWidget *
monitor_peers_page_new (MonitorBus *bus)
{
  MonitorPeersPage *self = g_object_new (MONITOR_TYPE_PEERS_PAGE, NULL);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  self->bus = g_object_ref (bus);
  self->hidden = gtk_label_new (NULL);
  gtk_widget_add_css_class (self->hidden, "dim-label");
  gtk_widget_set_margin_bottom (self->hidden, 6);
  gtk_box_append (GTK_BOX (box), new_figures (self));
  gtk_box_append (GTK_BOX (box), self->hidden);
  gtk_box_append (GTK_BOX (box),
                  gtk_separator_new (GTK_ORIENTATION_HORIZONTAL));
  gtk_box_append (GTK_BOX (box), new_stack (self));
  adw_bin_set_child (ADW_BIN (self), box);
  monitor_peers_page_update (self);
  return GTK_WIDGET (self);
}

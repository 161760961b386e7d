/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-bus-view.h"

#include "monitor-attached.h"
#include "monitor-peers-page.h"
#include "monitor-plots-page.h"
#include "monitor-send-page.h"
#include "monitor-topics-page.h"

/* Puts the pages of a bus together, and tells them that it has changed. */

struct _MonitorBusView
{
  GtkBox parent_instance;

  MonitorBus *bus;
  GtkWidget *peers;
  GtkWidget *topics; /* NULL: not an attached bus */
  GtkWidget *plots;

  GtkWidget *title;
  GtkWidget *back;
  GtkWidget *attach;
  GtkWidget *detach;
  GtkWidget *problem_revealer;
  GtkWidget *problem;
  GtkWidget *stack;
};

G_DEFINE_FINAL_TYPE (MonitorBusView, monitor_bus_view, GTK_TYPE_BOX)

static void
update_problem (MonitorBusView *self)
{
  const char *problem = monitor_bus_get_problem (self->bus);
  g_autofree char *said =
    problem != NULL
      ? g_strdup_printf ("%s: %s", monitor_bus_get_name (self->bus), problem)
      : NULL;

  if (said != NULL)
    gtk_label_set_text (GTK_LABEL (self->problem), said);
  gtk_revealer_set_reveal_child (GTK_REVEALER (self->problem_revealer),
                                 said != NULL);
}

static void
on_changed (MonitorBusView *self)
{
  adw_view_switcher_title_set_title (ADW_VIEW_SWITCHER_TITLE (self->title),
                                     monitor_bus_get_name (self->bus));
  monitor_peers_page_update (MONITOR_PEERS_PAGE (self->peers));
  monitor_plots_page_update (MONITOR_PLOTS_PAGE (self->plots));
  update_problem (self);
}

MonitorBus *
monitor_bus_view_get_bus (MonitorBusView *self)
{
  return self->bus;
}

const char *
monitor_bus_view_get_page (MonitorBusView *self)
{
  return adw_view_stack_get_visible_child_name (ADW_VIEW_STACK (self->stack));
}

void
monitor_bus_view_set_page (MonitorBusView *self, const char *page)
{
  AdwViewStack *stack = ADW_VIEW_STACK (self->stack);

  if (adw_view_stack_get_child_by_name (stack, page) != NULL)
    adw_view_stack_set_visible_child_name (stack, page);
}

void
monitor_bus_view_set_narrow (MonitorBusView *self, gboolean is_narrow)
{
  gtk_widget_set_visible (self->back, is_narrow);
  monitor_peers_page_set_narrow (MONITOR_PEERS_PAGE (self->peers), is_narrow);
  if (self->topics != NULL)
    monitor_topics_page_set_narrow (MONITOR_TOPICS_PAGE (self->topics),
                                    is_narrow);
}

/* ---- pages ---- */

static void
add_page (MonitorBusView *self,
          GtkWidget *page,
          const char *name,
          const char *title,
          const char *icon)
{
  adw_view_stack_add_titled_with_icon (ADW_VIEW_STACK (self->stack), page, name,
                                       title, icon);
}

/* Nobody but its peers sees what a bus sends. */
static GtkWidget *
new_private_page (void)
{
  GtkWidget *page = adw_status_page_new ();
  GtkWidget *button = gtk_button_new_with_mnemonic ("_Attach…");

  adw_status_page_set_icon_name (ADW_STATUS_PAGE (page),
                                 "changes-prevent-symbolic");
  adw_status_page_set_title (ADW_STATUS_PAGE (page), "Messages Are Private");
  adw_status_page_set_description (
    ADW_STATUS_PAGE (page),
    "Programs on this machine learn names, addresses and figures of a bus. "
    "Attach to it as a peer to see what it sends to peers.");
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "win.attach-here");
  gtk_widget_set_halign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "pill");
  adw_status_page_set_child (ADW_STATUS_PAGE (page), button);
  return page;
}

static void
add_pages (MonitorBusView *self)
{
  self->peers = monitor_peers_page_new (self->bus);
  self->plots = monitor_plots_page_new (self->bus);
  add_page (self, self->peers, "peers", "Peers", "system-users-symbolic");
  if (MONITOR_IS_ATTACHED (self->bus))
    {
      MonitorAttached *attached = MONITOR_ATTACHED (self->bus);

      self->topics = monitor_topics_page_new (attached);
      add_page (self, self->topics, "topics", "Topics", "mail-unread-symbolic");
      add_page (self, self->plots, "plots", "Plots", "monitor-plot-symbolic");
      add_page (self, monitor_send_page_new (attached), "send", "Send",
                "document-send-symbolic");
      return;
    }
  add_page (self, new_private_page (), "topics", "Topics",
            "mail-unread-symbolic");
  add_page (self, self->plots, "plots", "Plots", "monitor-plot-symbolic");
}

/* ---- class ---- */

static void
monitor_bus_view_dispose (GObject *object)
{
  MonitorBusView *self = MONITOR_BUS_VIEW (object);

  if (self->bus != NULL)
    g_signal_handlers_disconnect_by_data (self->bus, self);
  g_clear_object (&self->bus);
  G_OBJECT_CLASS (monitor_bus_view_parent_class)->dispose (object);
}

static void
monitor_bus_view_class_init (MonitorBusViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = monitor_bus_view_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/hein/Monitor/bus-view.ui");
  gtk_widget_class_bind_template_child (widget_class, MonitorBusView, title);
  gtk_widget_class_bind_template_child (widget_class, MonitorBusView, back);
  gtk_widget_class_bind_template_child (widget_class, MonitorBusView, attach);
  gtk_widget_class_bind_template_child (widget_class, MonitorBusView, detach);
  gtk_widget_class_bind_template_child (widget_class, MonitorBusView,
                                        problem_revealer);
  gtk_widget_class_bind_template_child (widget_class, MonitorBusView, problem);
  gtk_widget_class_bind_template_child (widget_class, MonitorBusView, stack);
}

static void
monitor_bus_view_init (MonitorBusView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
monitor_bus_view_new (MonitorBus *bus)
{
  MonitorBusView *self = g_object_new (MONITOR_TYPE_BUS_VIEW, NULL);
  const gboolean is_attached = MONITOR_IS_ATTACHED (bus);

  self->bus = g_object_ref (bus);
  gtk_widget_set_visible (self->attach, !is_attached);
  gtk_widget_set_visible (self->detach, is_attached);
  add_pages (self);
  g_signal_connect_swapped (bus, "changed", G_CALLBACK (on_changed), self);
  on_changed (self);
  return GTK_WIDGET (self);
}
